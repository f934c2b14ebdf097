#include "engine/scheduler/scheduler.h"

#include <algorithm>

namespace yun::engine {

void Scheduler::Remove(ScheduledSequence* sequence) {
  pool_.Release(sequence->blocks);
  std::erase(waiting_, sequence);
  std::erase(running_, sequence);
}

void Scheduler::Preempt(std::size_t index) {
  ScheduledSequence* sequence = running_[index];
  pool_.Release(sequence->blocks);
  sequence->computed = 0;
  std::erase_if(plan_, [&](const ScheduledRows& rows) { return rows.sequence == sequence; });
  running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(index));
  waiting_.push_front(sequence);
  ++preemptions_;
}

bool Scheduler::Reserve(ScheduledSequence* sequence, std::uint64_t tokens) {
  while (!pool_.Grow(sequence->blocks, tokens)) {
    const bool itself = running_.back() == sequence;
    Preempt(running_.size() - 1);
    if (itself) return false;
  }
  return true;
}

const std::vector<ScheduledRows>& Scheduler::Plan() {
  plan_.clear();
  std::uint32_t left = options_.step_tokens_max;

  // Streams first: one row each.
  bool decoding = false;
  for (std::size_t i = 0; i < running_.size() && left > 0; ++i) {
    ScheduledSequence* sequence = running_[i];
    if (sequence->tokens - sequence->computed != 1) continue;
    if (!Reserve(sequence, sequence->tokens)) break;  // it was the youngest: none come after it
    plan_.push_back({sequence, 1});
    decoding = true;
    --left;
  }
  if (decoding) left = std::min(left, options_.mixed_prefill_tokens_max);

  // Then prompts under way, then new ones, oldest first.
  for (std::size_t i = 0; i < running_.size() && left > 0; ++i) {
    ScheduledSequence* sequence = running_[i];
    if (sequence->tokens - sequence->computed <= 1) continue;
    const auto rows = static_cast<std::uint32_t>(std::min<std::uint64_t>(left, sequence->tokens - sequence->computed));
    if (!Reserve(sequence, sequence->computed + rows)) break;
    plan_.push_back({sequence, rows});
    left -= rows;
  }
  while (left > 0 && !waiting_.empty() && running_.size() < options_.running_max) {
    ScheduledSequence* sequence = waiting_.front();
    // Admitted only when its whole length so far fits beside the others, so that it does not push them out at once.
    if (BlockPool::BlocksFor(sequence->tokens) > pool_.free()) break;
    const auto rows = static_cast<std::uint32_t>(std::min<std::uint64_t>(left, sequence->tokens - sequence->computed));
    pool_.Grow(sequence->blocks, sequence->tokens);
    waiting_.pop_front();
    running_.push_back(sequence);
    plan_.push_back({sequence, rows});
    left -= rows;
  }
  return plan_;
}

}  // namespace yun::engine
