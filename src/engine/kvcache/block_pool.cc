#include "engine/kvcache/block_pool.h"

#include "base/check.h"

namespace yun::engine {

BlockPool::BlockPool(std::uint32_t blocks) : slots_(std::size_t{blocks} + 1) {
  slots_[blocks].before = slots_[blocks].after = blocks;
  free_.reserve(blocks);
  for (std::uint32_t i = blocks; i > 0; --i) free_.push_back(i - 1);  // low blocks first: memory is touched as needed
}

std::uint32_t BlockPool::Take() {
  CHECK(!free_.empty());
  const std::uint32_t block = free_.back();
  free_.pop_back();
  CHECK(slots_[block].references == 0);
  slots_[block].references = 1;
  return block;
}

void BlockPool::Share(std::uint32_t block) {
  CHECK(block < size() && slots_[block].references > 0);
  if (IsIdle(block)) Unqueue(block);
  ++slots_[block].references;
}

void BlockPool::Drop(std::uint32_t block) {
  CHECK(block < size() && slots_[block].references > (slots_[block].kept ? 1u : 0u));
  if (--slots_[block].references == 0) free_.push_back(block);
  else if (IsIdle(block)) Queue(block);
}

void BlockPool::Release(BlockTable& table) {
  for (; !table.empty(); table.pop_back()) Drop(table.back());
}

void BlockPool::Keep(std::uint32_t block) {
  CHECK(block < size() && !slots_[block].kept && slots_[block].references > 0);
  slots_[block].kept = true;
  ++slots_[block].references;
}

std::uint32_t BlockPool::LongestIdle() const {
  CHECK(idle_ > 0);
  return slots_.back().after;
}

void BlockPool::Forget(std::uint32_t block) {
  CHECK(block < size() && IsIdle(block));
  Unqueue(block);
  slots_[block].kept = false;
  Drop(block);
}

void BlockPool::Queue(std::uint32_t block) {
  const std::uint32_t end = size(), last = slots_[end].before;
  slots_[block].before = last;
  slots_[block].after = end;
  slots_[last].after = slots_[end].before = block;
  ++idle_;
}

void BlockPool::Unqueue(std::uint32_t block) {
  const Slot& slot = slots_[block];
  slots_[slot.before].after = slot.after;
  slots_[slot.after].before = slot.before;
  --idle_;
}

}  // namespace yun::engine
