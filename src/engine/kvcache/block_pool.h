// Which cache blocks are free, and which belong to whom. Bookkeeping only: no memory of keys and values here.
#pragma once
#include <cstdint>
#include <vector>

namespace yun::engine {

/// Tokens of a cache block.
inline constexpr std::uint32_t kBlockTokens = 16;

/// The blocks of one sequence, in order: token t lies in block t / kBlockTokens.
using BlockTable = std::vector<std::uint32_t>;

/// thread: the engine thread
class BlockPool {
 public:
  explicit BlockPool(std::uint32_t blocks);

  std::uint32_t size() const { return size_; }
  std::uint32_t free() const { return static_cast<std::uint32_t>(free_.size()); }
  static std::uint32_t BlocksFor(std::uint64_t tokens) {
    return static_cast<std::uint32_t>((tokens + kBlockTokens - 1) / kBlockTokens);
  }

  /// Grows the table until it holds `tokens`. False (and nothing changed) when too few blocks are free.
  bool Grow(BlockTable& table, std::uint64_t tokens);
  /// Gives all blocks of the table back and empties it.
  void Release(BlockTable& table);

 private:
  std::uint32_t size_;
  std::vector<std::uint32_t> free_;
  std::vector<bool> used_;
};

}  // namespace yun::engine
