#include "text/tokenizer/bpe.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/check.h"

namespace yun {
namespace {

// Up to here, looking through all pairs for the best is quicker than a heap (and quadratic does not hurt).
constexpr std::size_t kShortBytes = 128;
// Positions in a heap are 32-bit; a longer piece (nothing real has one) is cut.
constexpr std::size_t kMaxPieceBytes = 1u << 30;

static_assert(std::endian::native == std::endian::little, "WordCache's keys are laid out for little-endian");

// The first n < 32 bytes at p and zeros, then n itself as the last byte.
inline void MakeKey(const char* p, std::size_t n, std::size_t readable, std::uint64_t (&key)[4]) {
  if (readable >= 32) {
    std::memcpy(key, p, 32);
    const std::size_t word = n / 8;
    key[word] &= (1ull << (n % 8 * 8)) - 1;
    for (std::size_t i = word + 1; i < 4; ++i) key[i] = 0;
  } else {
    std::memset(key, 0, 32);
    std::memcpy(key, p, n);
  }
  key[3] |= static_cast<std::uint64_t>(n) << 56;
}

}  // namespace

void WordCache::Free::operator()(Slot* slots) const { std::free(slots); }

WordCache::WordCache() {
  auto* slots = static_cast<Slot*>(std::aligned_alloc(alignof(Slot), kSlots * sizeof(Slot)));
  if (slots == nullptr) throw std::bad_alloc();
  std::memset(static_cast<void*>(slots), 0, kSlots * sizeof(Slot));
  slots_.reset(slots);
}

WordCache::Slot& WordCache::At(const std::uint64_t (&key)[4]) {
  std::uint64_t hash = key[0] * 0x9E3779B97F4A7C15u;
  hash = (hash ^ hash >> 32 ^ key[1]) * 0xC2B2AE3D27D4EB4Fu;
  if (key[2] | (key[3] & ~(0xFFull << 56))) {
    hash = (hash ^ hash >> 32 ^ key[2]) * 0x165667B19E3779F9u;
    hash = (hash ^ hash >> 32 ^ key[3]) * 0x9E3779B97F4A7C15u;
  }
  return slots_[hash >> (64 - std::countr_zero(kSlots))];
}

Status Bpe::AddMerge(TokenId left, TokenId right, TokenId merged) {
  if (added_.size() >= kMaxMerges) return Fail(Code::kTooLarge, "more than {} merges", kMaxMerges);
  CHECK(left >= 0 && left < kMaxTokens && right >= 0 && right < kMaxTokens && merged >= 0);
  added_.push_back({left, right});
  merged_.push_back(merged);
  return {};
}

void Bpe::Finish(const Vocab* vocab, Options options) {
  vocab_ = vocab;
  options_ = options;
  for (int b = 0; b < 256; ++b) {
    const char byte = static_cast<char>(b);
    bytes_[static_cast<std::size_t>(b)] = vocab->Find({&byte, 1});
  }
  // At most 5/8 full.
  const std::size_t slots = std::bit_ceil(added_.size() * 8 / 5 + 2);
  rules_.assign(slots, kFree);
  mask_ = slots - 1;
  shift_ = 64 - std::countr_zero(slots);
  for (std::size_t rank = 0; rank < added_.size(); ++rank) {
    const std::uint64_t pair = PairOf(added_[rank][0], added_[rank][1]);
    std::size_t slot = SlotOf(pair);
    while (rules_[slot] != kFree && rules_[slot] >> kRankBits != pair) slot = (slot + 1) & mask_;
    rules_[slot] = pair << kRankBits | rank;
  }
  added_ = {};
  byte_ranks_.assign(256 * 256, kNoRank);
  for (std::size_t a = 0; a < 256; ++a) {
    for (std::size_t b = 0; b < 256; ++b) {
      if (bytes_[a] >= 0 && bytes_[b] >= 0) byte_ranks_[a << 8 | b] = Find(bytes_[a], bytes_[b]);
    }
  }
}

void Bpe::EncodeCached(const char* p, std::size_t n, std::size_t readable, WordCache& cache,
                       std::vector<TokenId>* out) const {
  std::uint64_t key[4];
  MakeKey(p, n, readable, key);
  WordCache::Slot& slot = cache.At(key);
  if (slot.key[0] == key[0] && slot.key[1] == key[1] && slot.key[2] == key[2] && slot.key[3] == key[3]) {
    if (slot.count == 1) {
      out->push_back(slot.ids[0]);
    } else {
      out->insert(out->end(), slot.ids, slot.ids + slot.count);
    }
    return;
  }
  const std::size_t before = out->size();
  EncodeNew(p, n, out);
  const std::size_t count = out->size() - before;
  if (count > WordCache::kMaxIds) return;
  std::memcpy(slot.key, key, sizeof key);
  std::copy(out->begin() + static_cast<std::ptrdiff_t>(before), out->end(), slot.ids);
  slot.count = static_cast<std::int32_t>(count);
}

template <class Push>
void Bpe::Symbols(const char* p, std::size_t n, Push&& push) const {
  bool in_unknown = false;
  for (std::size_t i = 0; i < n; ++i) {
    const TokenId id = bytes_[static_cast<unsigned char>(p[i])];
    if (id >= 0) {
      push(id);
      in_unknown = false;
    } else if (options_.unknown >= 0) {
      if (!in_unknown || !options_.fuse_unknown) push(options_.unknown);
      in_unknown = true;
    }
  }
}

void Bpe::EncodeNew(const char* p, std::size_t n, std::vector<TokenId>* out) const {
  while (n > kMaxPieceBytes) {
    EncodeNew(p, kMaxPieceBytes, out);
    p += kMaxPieceBytes;
    n -= kMaxPieceBytes;
  }
  if (options_.ignore_merges) {
    if (const TokenId whole = vocab_->Find({p, n}); whole >= 0) {
      out->push_back(whole);
      return;
    }
  }
  if (n > kShortBytes) {
    std::vector<TokenId> ids;
    ids.reserve(n);
    Symbols(p, n, [&](TokenId id) { ids.push_back(id); });
    MergeLong(ids, out);
    return;
  }
  TokenId ids[kShortBytes];
  std::uint32_t ranks[kShortBytes];  // of ids[i] and ids[i + 1]
  std::size_t count = 0;
  Symbols(p, n, [&](TokenId id) { ids[count++] = id; });
  if (count == n && options_.unknown < 0) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(p);
    for (std::size_t i = 0; i + 1 < n; ++i)
      ranks[i] = byte_ranks_[static_cast<std::size_t>(bytes[i]) << 8 | bytes[i + 1]];
  } else {
    for (std::size_t i = 0; i + 1 < count; ++i) ranks[i] = Find(ids[i], ids[i + 1]);
  }
  MergeShort(ids, ranks, count, out);
}

void Bpe::MergeShort(TokenId* ids, std::uint32_t* ranks, std::size_t n, std::vector<TokenId>* out) const {
  while (n > 1) {
    std::size_t best = 0;
    std::uint32_t rank = ranks[0];
    for (std::size_t i = 1; i + 1 < n; ++i) {
      if (ranks[i] < rank) {
        rank = ranks[i];
        best = i;
      }
    }
    if (rank == kNoRank) break;
    ids[best] = merged_[rank];
    if (best > 0) ranks[best - 1] = Find(ids[best - 1], ids[best]);
    if (best + 2 < n) ranks[best] = Find(ids[best], ids[best + 2]);
    for (std::size_t i = best + 1; i + 1 < n; ++i) ids[i] = ids[i + 1];
    for (std::size_t i = best + 1; i + 2 < n; ++i) ranks[i] = ranks[i + 1];
    --n;
  }
  out->insert(out->end(), ids, ids + n);
}

void Bpe::MergeLong(const std::vector<TokenId>& start, std::vector<TokenId>* out) const {
  struct Symbol {
    TokenId id;
    std::uint32_t previous, next;  // positions; kEnd: none
    std::uint32_t rank;            // with the next
  };
  constexpr std::uint32_t kEnd = ~0u;
  const auto n = static_cast<std::uint32_t>(start.size());
  if (n == 0) return;
  std::vector<Symbol> symbols(n);
  std::vector<std::uint64_t> heap;  // rank << 32 | position; stale when the symbol's rank is another by now
  heap.reserve(n);
  for (std::uint32_t i = 0; i < n; ++i) {
    const bool last = i + 1 == n;
    symbols[i] = {start[i], i == 0 ? kEnd : i - 1, last ? kEnd : i + 1, last ? kNoRank : Find(start[i], start[i + 1])};
    if (symbols[i].rank != kNoRank) heap.push_back(static_cast<std::uint64_t>(symbols[i].rank) << 32 | i);
  }
  std::make_heap(heap.begin(), heap.end(), std::greater<>());
  const auto renew = [&](std::uint32_t i) {
    Symbol& symbol = symbols[i];
    symbol.rank = symbol.next == kEnd ? kNoRank : Find(symbol.id, symbols[symbol.next].id);
    if (symbol.rank == kNoRank) return;
    heap.push_back(static_cast<std::uint64_t>(symbol.rank) << 32 | i);
    std::push_heap(heap.begin(), heap.end(), std::greater<>());
  };
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), std::greater<>());
    const std::uint64_t top = heap.back();
    heap.pop_back();
    const auto at = static_cast<std::uint32_t>(top);
    Symbol& symbol = symbols[at];
    if (symbol.rank != top >> 32) continue;
    Symbol& right = symbols[symbol.next];
    symbol.id = merged_[symbol.rank];
    right.rank = kNoRank;  // gone: its heap entries are stale
    symbol.next = right.next;
    if (symbol.next != kEnd) symbols[symbol.next].previous = at;
    if (symbol.previous != kEnd) renew(symbol.previous);
    renew(at);
  }
  for (std::uint32_t i = 0; i != kEnd; i = symbols[i].next) out->push_back(symbols[i].id);
}

}  // namespace yun
