// Which cache blocks are free, and how many hold each of the others. Bookkeeping only: no keys and values here.
#pragma once
#include <cstdint>
#include <vector>

namespace yun::engine {

/// Tokens of a cache block.
inline constexpr std::uint32_t kBlockTokens = 16;

/// The blocks of one sequence, in order: token t lies in block t / kBlockTokens.
using BlockTable = std::vector<std::uint32_t>;

/// Blocks with reference counts: one for each table a block stands in, one for the prefix cache if it keeps the block.
/// Kept blocks that nothing else holds are idle; they stand in a line, the one dropped longest ago first.
/// Every misuse (a block dropped twice, taken when none is free) is a CHECK.
/// thread: the engine thread
class BlockPool {
 public:
  explicit BlockPool(std::uint32_t blocks);

  std::uint32_t size() const { return static_cast<std::uint32_t>(slots_.size() - 1); }
  std::uint32_t free() const { return static_cast<std::uint32_t>(free_.size()); }
  std::uint32_t references(std::uint32_t block) const { return slots_[block].references; }
  static std::uint32_t BlocksFor(std::uint64_t tokens) {
    return static_cast<std::uint32_t>((tokens + kBlockTokens - 1) / kBlockTokens);
  }

  /// A free block, now with one reference; there must be one.
  std::uint32_t Take();
  /// One more reference to a block that is held.
  void Share(std::uint32_t block);
  /// One reference less; free at none.
  void Drop(std::uint32_t block);
  /// Drops all blocks of the table, last first, and empties it.
  void Release(BlockTable& table);

  // For the prefix cache.
  /// The cache's own reference to a block that is held.
  void Keep(std::uint32_t block);
  bool kept(std::uint32_t block) const { return slots_[block].kept; }
  std::uint32_t idle() const { return idle_; }
  /// The block idle for longest; there must be one.
  std::uint32_t LongestIdle() const;
  /// Gives the cache's reference to an idle block up: it is free.
  void Forget(std::uint32_t block);

 private:
  struct Slot {
    std::uint32_t references = 0;
    bool kept = false;
    std::uint32_t before = 0, after = 0;  // neighbours in the line of idle blocks
  };
  bool IsIdle(std::uint32_t block) const { return slots_[block].kept && slots_[block].references == 1; }
  void Queue(std::uint32_t block);
  void Unqueue(std::uint32_t block);

  std::vector<Slot> slots_;  // one more than blocks: the last is both ends of the line of idle ones
  std::vector<std::uint32_t> free_;
  std::uint32_t idle_ = 0;
};

}  // namespace yun::engine
