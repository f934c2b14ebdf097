// Who is computed in the next step, and with how many rows. Knows token counts and blocks; no weights, no text.
#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "engine/kvcache/block_pool.h"

namespace yun::engine {

/// What the scheduler knows of a request. `tokens` is prompt plus answer so far; of these `computed` are in the cache.
struct ScheduledSequence {
  std::uint64_t id = 0;
  std::uint64_t tokens = 0;
  std::uint64_t computed = 0;
  BlockTable blocks;
};

struct SchedulerOptions {
  std::uint32_t running_max = 64;
  std::uint32_t step_tokens_max = 512;
  /// While others decode, a prompt gets at most this many rows a step, so that no stream waits long for it.
  std::uint32_t mixed_prefill_tokens_max = 256;
};

/// Rows of one sequence in a step: tokens [computed, computed + rows).
struct ScheduledRows {
  ScheduledSequence* sequence;
  std::uint32_t rows;
};

/// First come, first served, with continuous batching: in each step every running stream gets its row, and what is left
/// of the step's tokens goes to prompts in order of arrival. When blocks run out the youngest running sequence gives
/// its blocks back and waits to be computed again (it loses time, never its answer).
/// thread: the engine thread
class Scheduler {
 public:
  Scheduler(const SchedulerOptions& options, BlockPool& pool) : options_(options), pool_(pool) {}

  /// borrows: sequence, until Remove
  void Add(ScheduledSequence* sequence) { waiting_.push_back(sequence); }
  /// Frees the blocks of a sequence and forgets it.
  void Remove(ScheduledSequence* sequence);
  /// The next step; empty when there is nothing to do. Blocks are taken for every row of it. The caller adds `rows` to
  /// each sequence's `computed` once the step is done. Valid until the next call.
  const std::vector<ScheduledRows>& Plan();

  std::size_t waiting() const { return waiting_.size(); }
  std::size_t running() const { return running_.size(); }
  std::uint64_t preemptions() const { return preemptions_; }

 private:
  /// Takes blocks for a sequence, preempting younger ones if need be. False if the sequence itself had to give way.
  bool Reserve(ScheduledSequence* sequence, std::uint64_t tokens);
  void Preempt(std::size_t index);

  SchedulerOptions options_;
  BlockPool& pool_;  // borrows
  std::deque<ScheduledSequence*> waiting_;
  std::vector<ScheduledSequence*> running_;  // by arrival, oldest first
  std::vector<ScheduledRows> plan_;
  std::uint64_t preemptions_ = 0;
};

}  // namespace yun::engine
