// Keys and values of prefixes computed before, so that the next prompt that begins alike need not compute them again.
//
// A tree whose nodes are full blocks of 16 tokens; a path from a root spells a prefix, and each salt has a root of
// its own: who cannot name the salt cannot find out what is cached under it. One hash table for the whole tree finds
// a node by its parent and its tokens.
//
// Why the line of idle blocks (block_pool.h) is all that eviction needs: a table that holds a node holds all nodes
// above it (Insert sees to that by exchanging copies), and tables are dropped last block first. So a node never
// stands in the line before one below it, and the first in line is always a leaf.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "engine/kvcache/block_pool.h"

namespace yun::engine {

/// Explicit entries: their number, and the share of the pool that they may hold together.
inline constexpr std::size_t kPinnedEntriesMax = 1024;
inline constexpr double kPinnedShareMax = 0.5;

/// Owner of what models with recurrent layers need beside keys and values to go on from a block's edge.
class SnapshotStore {
 public:
  virtual ~SnapshotStore() = default;
  /// The node is gone: so is its snapshot.
  virtual void Free(std::uint64_t snapshot) = 0;
};

/// A prefix that is in the cache; the caller holds a reference to each block.
struct CachedPrefix {
  BlockTable blocks;
  std::uint64_t snapshot = 0;         // the deepest one on the way
  std::uint32_t snapshot_blocks = 0;  // and where it lies: after so many blocks; 0: there is none
};

using EntryId = std::uint64_t;

/// A prefix that somebody asked to keep.
struct CacheEntry {
  EntryId id = 0;
  std::uint64_t tokens = 0;
  double expires_s = 0;
};

/// units: tokens (lookups, hits), blocks (evictions); since start
struct PrefixCacheCounters {
  std::uint64_t lookups = 0, hits = 0, evictions = 0;
};

/// thread: the engine thread
class PrefixCache {
 public:
  /// borrows: pool and snapshots, for its whole life. Not enabled: nothing is ever found, kept or pinned.
  explicit PrefixCache(BlockPool& pool, bool enabled = true, SnapshotStore* snapshots = nullptr);
  ~PrefixCache();
  PrefixCache(const PrefixCache&) = delete;
  PrefixCache& operator=(const PrefixCache&) = delete;

  bool enabled() const { return enabled_; }

  /// The longest cached prefix of the first `limit` tokens, in whole blocks.
  CachedPrefix Match(std::uint64_t salt, std::span<const std::int32_t> tokens, std::uint64_t limit);
  /// Tokens of the prefix that Match would find; nothing is held by it.
  std::uint64_t Find(std::uint64_t salt, std::span<const std::int32_t> tokens, std::uint64_t limit) const;
  /// Keeps the full blocks of `tokens`, which `table` holds and whose keys and values have been computed. Where the
  /// tree has the same content already, the table takes the tree's block and drops its own.
  void Insert(std::uint64_t salt, std::span<const std::int32_t> tokens, BlockTable& table);
  /// Frees idle blocks, least recently used first, until `blocks` are free. False if that cannot be (nothing is lost).
  bool MakeFree(std::uint32_t blocks);
  /// Blocks that MakeFree could free beside those that are.
  std::uint32_t evictable() const { return pool_.idle(); }

  /// Keeps a cached prefix (its whole blocks) for some time, against eviction. Of entries under the same salt those
  /// that it covers, and that would not outlive it, become this one.
  /// errors: kNotFound (not all of it is cached), kTooMany (entries), kTooLarge (share of the pool), kInvalidArgument
  Result<EntryId> Pin(std::uint64_t salt, std::span<const std::int32_t> tokens, double now_s, double ttl_s);
  std::vector<CacheEntry> List(std::uint64_t salt) const;
  /// errors: kNotFound (no such entry under this salt)
  Status Unpin(EntryId id, std::uint64_t salt);
  void Expire(double now_s);
  /// Gives up the entry (of this salt, if one is given) that expires first: running requests come before kept prefixes.
  /// False if there is none.
  bool UnpinFirst(std::optional<std::uint64_t> salt = {});
  std::uint32_t pinned_blocks() const { return pinned_blocks_; }

  /// Leaves a snapshot at the end of a block that is in the tree; an earlier one there is freed.
  void AttachSnapshot(std::uint32_t block, std::uint64_t snapshot);

  void CountLookup(std::uint64_t tokens, std::uint64_t hits) { counters_.lookups += tokens, counters_.hits += hits; }
  const PrefixCacheCounters& counters() const { return counters_; }

 private:
  static constexpr std::uint32_t kRoot = ~0u;
  struct Key {
    std::uint64_t salt;
    std::uint32_t parent;  // block, or kRoot
    std::array<std::int32_t, kBlockTokens> tokens;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::uint64_t seed;  // drawn at start, so that nobody can prepare prompts that collide
    std::size_t operator()(const Key& key) const;
  };
  struct Node {
    const Key* key = nullptr;  // of the table's entry; null: this block is not in the tree
    std::optional<std::uint64_t> snapshot;
  };
  struct Entry {
    std::uint64_t salt, tokens;
    double expires_s;
    BlockTable blocks;
  };
  /// Calls visit(block) for each block of the longest cached prefix.
  template <class F>
  void Walk(std::uint64_t salt, std::span<const std::int32_t> tokens, std::uint64_t limit, F visit) const;
  static Key KeyOf(std::uint64_t salt, std::uint32_t parent, std::span<const std::int32_t> tokens, std::size_t index);
  void Erase(std::map<EntryId, Entry>::iterator entry);

  BlockPool& pool_;           // borrows
  SnapshotStore* snapshots_;  // borrows; may be null
  bool enabled_;
  std::unordered_map<Key, std::uint32_t, Hash> tree_;
  std::vector<Node> nodes_;  // by block
  std::map<EntryId, Entry> entries_;
  EntryId last_entry_ = 0;
  std::uint32_t pinned_blocks_ = 0;  // counted once an entry
  PrefixCacheCounters counters_;
};

}  // namespace yun::engine
