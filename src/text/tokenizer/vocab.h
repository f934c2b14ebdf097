// Token id -> bytes, and bytes -> token id.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/tokenizer/tokenizer.h"

namespace yun {

/// Limits of one vocabulary; a file beyond them is refused.
constexpr std::int64_t kMaxTokens = 1 << 21;        // the largest known vocabularies have some 2^18
constexpr std::size_t kMaxTokenBytes = 16 * 1024;   // one token's text
constexpr std::size_t kMaxVocabBytes = 512u << 20;  // all of them

class Vocab {
 public:
  /// Gives an id its bytes. `findable`: an ordinary token that BPE may produce; added tokens are not.
  /// errors: kCorrupt (id out of range, given twice), kTooLarge
  Status Set(std::int64_t id, std::string_view bytes, bool findable);
  /// Takes a token that Set made findable out of Find, from the next Index on.
  void Hide(TokenId id) { entries_[static_cast<std::size_t>(id)].findable = false; }
  /// Makes Find work; call after the last Set.
  void Index();

  /// -1 when no findable token has these bytes.
  TokenId Find(std::string_view bytes) const;
  std::string_view Bytes(TokenId id) const {
    if (id < 0 || static_cast<std::size_t>(id) >= entries_.size()) return {};
    const Entry& entry = entries_[static_cast<std::size_t>(id)];
    return std::string_view(bytes_).substr(entry.offset, entry.size);
  }
  bool Has(TokenId id) const { return id >= 0 && id < size() && entries_[static_cast<std::size_t>(id)].set; }
  std::int32_t size() const { return static_cast<std::int32_t>(entries_.size()); }

 private:
  struct Entry {
    std::uint32_t offset = 0;
    std::uint16_t size = 0;
    bool set = false, findable = false;
  };
  std::vector<Entry> entries_;
  std::string bytes_;
  std::vector<TokenId> slots_;  // open addressing, -1 free
};

}  // namespace yun
