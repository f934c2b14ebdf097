// Who is computed in the next step, and with how many rows. Knows tokens and blocks; no weights, no text, no clock.
//
// The policy, in the order in which PlanStep applies it:
//  1. Each running stream gets its row.
//  2. Prompts under way go on, then new ones begin, with what is left of the step; while somebody decodes, with at most
//     mixed_prefill_tokens_max rows, so that a long prompt never stalls a stream.
//  3. Of those that wait the highest priority is next, then the tenant that got the least (fair_queue.h). Nobody passes
//     the one whose turn it is when it does not fit.
//  4. A waiting sequence preempts lower ranks (Rank()) for slots and blocks. The idle lane is the lowest: it gets what
//     is left when nobody else waits.
//  5. A prompt that begins as another under way does waits until that one has computed what they share; one of which a
//     lower tier has more than the cache, until that has been fetched.
//  6. What is still left of the step goes to drafts.
// Blocks come from the free ones, then from what the prefix cache keeps, then from running sequences: of the lowest
// rank the one with the least to compute again. It loses time, never its answer. The longest running of the highest
// rank never gives way, so something always gets done.
// To change the policy, change the function that names the rule, and run engine_test: its simulator tries thousands of
// random traces.
#pragma once
#include <cstdint>
#include <vector>

#include "engine/kvcache/block_pool.h"
#include "engine/kvcache/prefix_cache.h"
#include "engine/scheduler/fair_queue.h"
#include "engine/scheduler/scheduled_sequence.h"

namespace yun::engine {

struct SchedulerOptions {
  std::uint32_t running_max = 64;       // at most step_tokens_max: each stream has its row in each step
  std::uint32_t step_tokens_max = 512;  // rows of a step
  /// Rows of prompts in a step while others decode.
  std::uint32_t mixed_prefill_tokens_max = 256;
  // Switches, to compare policies.
  bool fair = true;          // virtual token counters; else first come first served
  bool chunked = true;       // prompts are cut and mixed with streams; else they are computed whole, streams wait
  bool paged = true;         // blocks as tokens come; else for prompt and longest answer at once
  bool prefix_cache = true;  // what was computed is kept and found again
  // What a computed prompt token and a generated token cost a tenant.
  double weight_prefill = 1, weight_decode = 2;
};

/// Rows of one sequence in a step: tokens [computed, computed + rows), the last `drafts` of them proposed ones.
struct ScheduledRows {
  ScheduledSequence* sequence;
  std::uint32_t rows;
  std::uint32_t drafts;
};

/// Keys and values of a whole block, to be copied in all layers.
struct BlockCopy {
  std::uint32_t from, to;
};

/// A step: first the copies, in order, then the rows.
struct Plan {
  std::vector<ScheduledRows> rows;
  std::vector<BlockCopy> copies;
};

/// Where keys and values are kept beside the cache's memory, and can be had without computing them.
class PrefixTier {
 public:
  virtual ~PrefixTier() = default;
  enum class Answer {
    kNone,   // there is nothing more of it
    kComes,  // into blocks that it takes from the pool; then Scheduler::Fetched
    kBusy,   // perhaps later
  };
  /// `cached`: the beginning of the sequence that is in the cache, held by the caller.
  /// spare: blocks of the pool that are to stay free
  virtual Answer Fetch(ScheduledSequence& sequence, const BlockTable& cached, std::uint32_t spare) = 0;
};

/// thread: the engine thread
class Scheduler {
 public:
  /// borrows: pool, and snapshots where not null
  Scheduler(const SchedulerOptions& options, BlockPool& pool, SnapshotStore* snapshots = nullptr);

  /// borrows: sequence, until Remove. Alone in the pool it must fit, prompt and answer.
  void Add(ScheduledSequence* sequence);
  /// Forgets a sequence; its blocks are free at once, but for the full ones that the prefix cache keeps.
  /// Does nothing for one that was never added.
  void Remove(ScheduledSequence* sequence);

  /// The next step; empty when there is nothing to do. Blocks are taken for every row of it. Valid until the next one.
  /// cost: linear in running and parked sequences, and in waiting tenants for each sequence admitted
  const Plan& PlanStep(double now_s);
  /// After a step: the first `rows` of the sequence's rows hold committed tokens (accepted drafts are in `tokens` by
  /// now). Charges the tenant, and gives full blocks to the prefix cache.
  void Computed(ScheduledSequence* sequence, std::uint32_t rows);
  /// The leader's prompt is computed: the child, with the same prompt and still waiting, takes part in its blocks and
  /// runs, as if it had computed the prompt itself. False if there is no room: then it waits and goes the usual way.
  bool Fork(const ScheduledSequence* leader, ScheduledSequence* child);

  /// borrows: tier
  void set_tier(PrefixTier* tier) { tier_ = tier; }
  /// Fetches for those whose turn is next, also where nothing can be computed now.
  void Prefetch();
  /// What the tier had of the sequence is in the cache, or could not be had.
  void Fetched(ScheduledSequence* sequence);

  void set_mixed_prefill_tokens_max(std::uint32_t rows);

  std::size_t waiting() const { return lanes_[0].waiting() + lanes_[1].waiting(); }
  std::size_t running() const { return running_.size(); }
  std::uint64_t preemptions() const { return preemptions_; }
  TenantService tenant(std::uint64_t tenant, bool idle = false) const { return lanes_[idle].Of(tenant); }
  /// Prompt tokens to be computed before those of a new sequence, waiting and under way: for an estimate of its wait.
  std::uint64_t PromptTokensAhead(const ScheduledSequence& sequence) const;
  PrefixCache& cache() { return cache_; }
  const PrefixCache& cache() const { return cache_; }

 private:
  void PlanLane(bool idle);
  void PlanStreams(bool idle);
  void PlanPrompts(bool idle);
  void PlanDrafts();
  void PlanItem(ScheduledSequence* sequence, std::uint64_t rows);
  std::uint32_t prompt_rows_left() const { return std::min(left_, prompt_left_); }

  /// Begins those whose turn it is and whose rank is above, as far as rows, slots and blocks go.
  void Admit(bool idle, std::int64_t priority_above);
  /// False if nobody else may begin in this step.
  bool AdmitOne(ScheduledSequence* sequence);
  /// Slots and blocks for one that waits, from lower ranks if need be. False if there are too few.
  bool MakeRoomFor(const ScheduledSequence& sequence, std::uint32_t blocks);
  void Run(ScheduledSequence* sequence);

  /// Blocks for a running sequence, up to so many tokens; a shared one that would be written is copied. False if the
  /// sequence itself had to give way.
  bool Reserve(ScheduledSequence* sequence, std::uint64_t tokens);
  /// Of the lowest rank in running_[first..] the one with the least to compute again; null if there is none.
  ScheduledSequence* Victim(std::size_t first) const;
  void Preempt(ScheduledSequence* sequence);

  /// Rule 5: parks a sequence if another is computing what it would compute next. That one runs and its rank is no
  /// lower, so it goes on in each step; if it is preempted or removed after all, the parked one is woken.
  bool ParkIfShared(ScheduledSequence* sequence, std::uint64_t matched);
  void Park(ScheduledSequence* sequence, ScheduledSequence* awaited, std::uint64_t tokens);
  void WakeFollowers(const ScheduledSequence* sequence);
  void Unpark();
  /// Parks a sequence if a lower tier has more of it. kBusy: it cannot be said yet.
  PrefixTier::Answer Fetch(ScheduledSequence* sequence, const BlockTable& cached);

  SchedulerOptions options_;
  BlockPool& pool_;  // borrows
  PrefixCache cache_;
  PrefixTier* tier_ = nullptr;  // borrows
  FairQueue lanes_[2];                       // [idle]
  std::vector<ScheduledSequence*> running_;  // highest rank first, then longest running
  std::vector<ScheduledSequence*> parked_;
  std::vector<ScheduledSequence*> children_;  // of leaders, not admitted yet
  std::uint64_t preemptions_ = 0;

  // Of the step being planned.
  Plan plan_;
  std::uint32_t left_ = 0, prompt_left_ = 0;  // rows
  std::vector<ScheduledSequence*> order_;  // running_ as it was before preemptions
};

}  // namespace yun::engine
