#include "engine/kvcache/block_pool.h"

#include "base/check.h"

namespace yun::engine {

BlockPool::BlockPool(std::uint32_t blocks) : size_(blocks), used_(blocks, false) {
  free_.reserve(blocks);
  for (std::uint32_t i = blocks; i > 0; --i) free_.push_back(i - 1);  // low blocks first: memory is touched as needed
}

bool BlockPool::Grow(BlockTable& table, std::uint64_t tokens) {
  const std::uint32_t needed = BlocksFor(tokens);
  if (needed <= table.size()) return true;
  if (needed - table.size() > free_.size()) return false;
  while (table.size() < needed) {
    const std::uint32_t block = free_.back();
    free_.pop_back();
    CHECK(!used_[block]);
    used_[block] = true;
    table.push_back(block);
  }
  return true;
}

void BlockPool::Release(BlockTable& table) {
  for (std::uint32_t i = static_cast<std::uint32_t>(table.size()); i > 0; --i) {
    const std::uint32_t block = table[i - 1];
    CHECK(block < size_ && used_[block]);
    used_[block] = false;
    free_.push_back(block);
  }
  table.clear();
}

}  // namespace yun::engine
