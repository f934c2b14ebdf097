// Byte-pair encoding of one piece: the pair with the lowest rank, leftmost first, until no pair merges.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/tokenizer/vocab.h"

namespace yun {

constexpr std::size_t kMaxMerges = (1u << 22) - 1;

/// Pieces lately encoded by one thread, with their ids: most pieces of a text have been seen before.
/// Direct mapped, one cache line an entry; a piece too long for its slot is not kept.
class WordCache {
 public:
  static constexpr std::size_t kSlots = 1u << 15;  // 2 MiB
  static constexpr std::size_t kMaxBytes = 31;
  static constexpr std::size_t kMaxIds = 7;

  struct alignas(64) Slot {
    std::uint64_t key[4];  // the piece, zeros, and its length in the last byte; length 0: free
    TokenId ids[kMaxIds];
    std::int32_t count;
  };

  WordCache();
  Slot& At(const std::uint64_t (&key)[4]);

 private:
  struct Free {
    void operator()(Slot* slots) const;
  };
  std::unique_ptr<Slot[], Free> slots_;
};

class Bpe {
 public:
  struct Options {
    bool ignore_merges = false;  // a piece that is a token as it stands is not split
    TokenId unknown = -1;        // for a byte without a token; -1: such a byte is left out
    bool fuse_unknown = false;   // a run of them gives one
  };

  /// One rule: left and right become `merged`; rank is the order of the calls. A pair given again keeps its last rank.
  Status AddMerge(TokenId left, TokenId right, TokenId merged);
  /// borrows: vocab, indexed
  void Finish(const Vocab* vocab, Options options);

  /// Appends a piece's ids. `readable` bytes from p on are memory of ours (at least n): lets short pieces be read
  /// whole.
  void Encode(const char* p, std::size_t n, std::size_t readable, WordCache& cache, std::vector<TokenId>* out) const {
    if (n == 1 && bytes_[static_cast<unsigned char>(*p)] >= 0) {
      out->push_back(bytes_[static_cast<unsigned char>(*p)]);
    } else if (n <= WordCache::kMaxBytes) {
      EncodeCached(p, n, readable, cache, out);
    } else {
      EncodeNew(p, n, out);
    }
  }

 private:
  // A rule in one word, so that the table of a large vocabulary is 2 MiB and stays near the processor:
  // left << 43 | right << 22 | rank. Free: all ones, which is the rank kNoRank too.
  static constexpr int kRankBits = 22, kIdBits = 21;
  static_assert(kMaxTokens <= std::int64_t{1} << kIdBits && kMaxMerges < (1u << kRankBits));
  static constexpr std::uint32_t kNoRank = (1u << kRankBits) - 1;
  static constexpr std::uint64_t kFree = ~0ull;

  static std::uint64_t PairOf(TokenId left, TokenId right) {
    return static_cast<std::uint64_t>(left) << kIdBits | static_cast<std::uint64_t>(right);
  }
  std::size_t SlotOf(std::uint64_t pair) const { return (pair * 0x9E3779B97F4A7C15u) >> shift_; }
  /// The rank of the rule that joins the two, or kNoRank.
  std::uint32_t Find(TokenId left, TokenId right) const {
    const std::uint64_t pair = PairOf(left, right);
    for (std::size_t slot = SlotOf(pair);; slot = (slot + 1) & mask_) {
      const std::uint64_t rule = rules_[slot];
      if (rule >> kRankBits == pair || rule == kFree) return static_cast<std::uint32_t>(rule) & kNoRank;
    }
  }
  void EncodeCached(const char* p, std::size_t n, std::size_t readable, WordCache& cache,
                    std::vector<TokenId>* out) const;
  void EncodeNew(const char* p, std::size_t n, std::vector<TokenId>* out) const;
  void MergeShort(TokenId* ids, std::uint32_t* ranks, std::size_t n, std::vector<TokenId>* out) const;
  void MergeLong(const std::vector<TokenId>& ids, std::vector<TokenId>* out) const;
  template <class Push>
  void Symbols(const char* p, std::size_t n, Push&& push) const;

  const Vocab* vocab_ = nullptr;
  Options options_;
  std::array<TokenId, 256> bytes_{};
  std::vector<std::array<TokenId, 2>> added_;  // the rules' pairs, until Finish
  std::vector<TokenId> merged_;                // by rank
  std::vector<std::uint64_t> rules_;           // open addressing
  std::vector<std::uint32_t> byte_ranks_;      // of two bytes' tokens: first << 8 | second
  std::size_t mask_ = 0;
  int shift_ = 63;
};

}  // namespace yun
