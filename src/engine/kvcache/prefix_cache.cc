#include "engine/kvcache/prefix_cache.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "base/check.h"

namespace yun::engine {

std::size_t PrefixCache::Hash::operator()(const Key& key) const {
  // wyhash's step: the two halves of a 128-bit product, folded.
  const auto mix = [](std::uint64_t a, std::uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a ^ 0xa0761d6478bd642fu) * (b ^ 0xe7037ed1a0b428dbu);
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  std::uint64_t hash = mix(seed ^ key.salt, key.parent);
  for (std::size_t i = 0; i < kBlockTokens; i += 2)
    hash = mix(hash, std::uint64_t{static_cast<std::uint32_t>(key.tokens[i])} << 32 |
                         static_cast<std::uint32_t>(key.tokens[i + 1]));
  return hash ^ seed;
}

PrefixCache::PrefixCache(BlockPool& pool, bool enabled, SnapshotStore* snapshots)
    : pool_(pool),
      snapshots_(snapshots),
      enabled_(enabled),
      tree_(0, Hash{std::uint64_t{std::random_device{}()} << 32 | std::random_device{}()}),
      nodes_(pool.size()) {}

PrefixCache::~PrefixCache() {
  while (UnpinFirst()) {}
  MakeFree(pool_.free() + evictable());
}

PrefixCache::Key PrefixCache::KeyOf(std::uint64_t salt, std::uint32_t parent, std::span<const std::int32_t> tokens,
                                    std::size_t index) {
  Key key{salt, parent, {}};
  std::copy_n(tokens.begin() + static_cast<std::ptrdiff_t>(index * kBlockTokens), kBlockTokens, key.tokens.begin());
  return key;
}

template <class F>
void PrefixCache::Walk(std::uint64_t salt, std::span<const std::int32_t> tokens, std::uint64_t limit, F visit) const {
  if (!enabled_) return;
  const std::size_t blocks_max = std::min<std::uint64_t>(limit, tokens.size()) / kBlockTokens;
  std::uint32_t parent = kRoot;
  for (std::size_t i = 0; i < blocks_max; ++i) {
    const auto found = tree_.find(KeyOf(salt, parent, tokens, i));
    if (found == tree_.end()) return;
    parent = found->second;
    visit(parent);
  }
}

std::uint64_t PrefixCache::Find(std::uint64_t salt, std::span<const std::int32_t> tokens, std::uint64_t limit) const {
  std::uint64_t found = 0;
  Walk(salt, tokens, limit, [&](std::uint32_t) { found += kBlockTokens; });
  return found;
}

CachedPrefix PrefixCache::Match(std::uint64_t salt, std::span<const std::int32_t> tokens, std::uint64_t limit) {
  CachedPrefix prefix;
  Walk(salt, tokens, limit, [&](std::uint32_t block) {
    pool_.Share(block);
    prefix.blocks.push_back(block);
    if (!nodes_[block].snapshot) return;
    prefix.snapshot = *nodes_[block].snapshot;
    prefix.snapshot_blocks = static_cast<std::uint32_t>(prefix.blocks.size());
  });
  return prefix;
}

void PrefixCache::Insert(std::uint64_t salt, std::span<const std::int32_t> tokens, BlockTable& table) {
  if (!enabled_) return;
  const std::size_t full = tokens.size() / kBlockTokens;
  CHECK(full <= table.size());
  std::size_t i = full;
  while (i > 0 && nodes_[table[i - 1]].key == nullptr) --i;  // what is in the tree is there with all that is above it
  for (; i < full; ++i) {
    const auto [place, is_new] = tree_.try_emplace(KeyOf(salt, i == 0 ? kRoot : table[i - 1], tokens, i), table[i]);
    if (is_new) {
      pool_.Keep(table[i]);
      nodes_[table[i]] = {&place->first, {}};
    } else {
      pool_.Share(place->second);
      pool_.Drop(table[i]);
      table[i] = place->second;
    }
  }
}

bool PrefixCache::MakeFree(std::uint32_t blocks) {
  if (blocks > pool_.free() + evictable()) return false;
  while (pool_.free() < blocks) {
    const std::uint32_t block = pool_.LongestIdle();
    Node& node = nodes_[block];
    CHECK(node.key != nullptr);
    if (node.snapshot) snapshots_->Free(*node.snapshot);
    tree_.erase(tree_.find(*node.key));
    node = {};
    pool_.Forget(block);
    ++counters_.evictions;
  }
  return true;
}

Result<EntryId> PrefixCache::Pin(std::uint64_t salt, std::span<const std::int32_t> tokens, double now_s, double ttl_s) {
  if (!(ttl_s > 0) || std::isinf(ttl_s)) return Fail(Code::kInvalidArgument, "the time to live must be above 0");
  if (tokens.size() < kBlockTokens)
    return Fail(Code::kInvalidArgument, "a prefix of {} tokens is too short to keep; it takes {}", tokens.size(),
                kBlockTokens);
  const std::size_t blocks = tokens.size() / kBlockTokens;
  CachedPrefix prefix = Match(salt, tokens, tokens.size());
  const auto covered = [&](const Entry& entry) {
    const std::size_t size = entry.blocks.size();
    return entry.salt == salt && entry.expires_s <= now_s + ttl_s && size <= prefix.blocks.size() &&
           entry.blocks.back() == prefix.blocks[size - 1];
  };
  std::size_t entries_after = entries_.size(), blocks_after = pinned_blocks_ + blocks;
  for (const auto& [id, entry] : entries_)
    if (covered(entry)) --entries_after, blocks_after -= entry.blocks.size();
  Status may;
  if (prefix.blocks.size() < blocks)
    may = Fail(Code::kNotFound, "this prefix is not in the cache; compute it first");
  else if (entries_after >= kPinnedEntriesMax)
    may = Fail(Code::kTooMany, "{} prefixes are kept already; drop one first", entries_.size());
  else if (blocks_after > static_cast<std::uint64_t>(kPinnedShareMax * pool_.size()))
    may = Fail(Code::kTooLarge, "kept prefixes may take {:.0f} % of the cache; {} tokens more do not fit",
               kPinnedShareMax * 100, tokens.size());
  if (!may) {
    pool_.Release(prefix.blocks);
    return tl::unexpected(std::move(may.error()));
  }
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto next = std::next(entry);
    if (covered(entry->second)) Erase(entry);
    entry = next;
  }
  pinned_blocks_ += static_cast<std::uint32_t>(blocks);
  entries_[++last_entry_] = {salt, blocks * kBlockTokens, now_s + ttl_s, std::move(prefix.blocks)};
  return last_entry_;
}

std::vector<CacheEntry> PrefixCache::List(std::uint64_t salt) const {
  std::vector<CacheEntry> list;
  for (const auto& [id, entry] : entries_)
    if (entry.salt == salt) list.push_back({id, entry.tokens, entry.expires_s});
  return list;
}

void PrefixCache::Erase(std::map<EntryId, Entry>::iterator entry) {
  pinned_blocks_ -= static_cast<std::uint32_t>(entry->second.blocks.size());
  pool_.Release(entry->second.blocks);
  entries_.erase(entry);
}

Status PrefixCache::Unpin(EntryId id, std::uint64_t salt) {
  const auto entry = entries_.find(id);
  if (entry == entries_.end() || entry->second.salt != salt)
    return Fail(Code::kNotFound, "no kept prefix has the number {}", id);
  Erase(entry);
  return {};
}

void PrefixCache::Expire(double now_s) {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto next = std::next(entry);
    if (entry->second.expires_s <= now_s) Erase(entry);
    entry = next;
  }
}

bool PrefixCache::UnpinFirst(std::optional<std::uint64_t> salt) {
  auto first = entries_.end();
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry)
    if ((!salt || entry->second.salt == *salt) &&
        (first == entries_.end() || entry->second.expires_s < first->second.expires_s))
      first = entry;
  if (first == entries_.end()) return false;
  Erase(first);
  return true;
}

void PrefixCache::AttachSnapshot(std::uint32_t block, std::uint64_t snapshot) {
  CHECK(snapshots_ != nullptr && block < nodes_.size() && nodes_[block].key != nullptr);
  if (nodes_[block].snapshot) snapshots_->Free(*nodes_[block].snapshot);
  nodes_[block].snapshot = snapshot;
}

}  // namespace yun::engine
