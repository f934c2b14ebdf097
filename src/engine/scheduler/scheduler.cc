#include "engine/scheduler/scheduler.h"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "base/check.h"

namespace yun::engine {

using State = ScheduledSequence::State;

Scheduler::Scheduler(const SchedulerOptions& options, BlockPool& pool, SnapshotStore* snapshots)
    : options_(options),
      pool_(pool),
      cache_(pool, options.prefix_cache, snapshots),
      lanes_{FairQueue(options.fair), FairQueue(options.fair)} {
  CHECK(options.running_max > 0 && options.step_tokens_max > 0);
  options_.running_max = std::min(options.running_max, options.step_tokens_max);
  set_mixed_prefill_tokens_max(options.mixed_prefill_tokens_max);
}

void Scheduler::set_mixed_prefill_tokens_max(std::uint32_t rows) {
  options_.mixed_prefill_tokens_max = std::clamp(rows, 1u, options_.step_tokens_max);
}

void Scheduler::Add(ScheduledSequence* sequence) {
  CHECK(sequence->state == State::kNone && sequence->tokens != nullptr && sequence->weight > 0);
  CHECK(sequence->prompt_tokens > 0 && sequence->prompt_tokens <= sequence->tokens->size());
  sequence->state = State::kWaiting;
  lanes_[sequence->idle].Join(sequence);
  if (sequence->leader) children_.push_back(sequence);
}

void Scheduler::Remove(ScheduledSequence* sequence) {
  if (sequence->state == State::kNone) return;
  FairQueue& lane = lanes_[sequence->idle];
  if (sequence->admitted && sequence->computed_max < sequence->prompt_tokens) {  // it was charged for all of them
    const std::uint64_t never = sequence->prompt_tokens - sequence->computed_max;
    lane.Charge(*sequence, -options_.weight_prefill * static_cast<double>(never));
  }
  if (sequence->state == State::kRunning) std::erase(running_, sequence);
  else lane.Leave(sequence);
  std::erase(parked_, sequence);
  sequence->fetching = false;
  std::erase(children_, sequence);
  for (ScheduledSequence* child : children_)
    if (child->leader == sequence) child->leader = nullptr;
  pool_.Release(sequence->blocks);
  sequence->state = State::kNone;
  WakeFollowers(sequence);
}

const Plan& Scheduler::PlanStep(double now_s) {
  cache_.Expire(now_s);
  Unpark();
  plan_.rows.clear();
  plan_.copies.clear();
  left_ = prompt_left_ = options_.step_tokens_max;
  PlanLane(false);
  const bool others = lanes_[0].Front() != nullptr || (!options_.chunked && !plan_.rows.empty());
  if (!others) PlanLane(true);
  PlanDrafts();
  return plan_;
}

void Scheduler::PlanLane(bool idle) {
  if (options_.chunked) {
    PlanStreams(idle);
    if (!idle && !plan_.rows.empty()) prompt_left_ = options_.mixed_prefill_tokens_max;
  }
  PlanPrompts(idle);
  if (!options_.chunked && plan_.rows.empty()) PlanStreams(idle);
}

void Scheduler::PlanStreams(bool idle) {
  order_ = running_;
  for (ScheduledSequence* sequence : order_) {
    if (left_ == 0) return;
    if (sequence->state != State::kRunning || sequence->idle != idle || sequence->remaining() != 1) continue;
    if (Reserve(sequence, sequence->tokens->size())) PlanItem(sequence, 1);
  }
}

void Scheduler::PlanPrompts(bool idle) {
  order_ = running_;
  for (ScheduledSequence* sequence : order_) {
    if (sequence->idle != idle || sequence->state != State::kRunning || sequence->remaining() <= 1) continue;
    Admit(idle, sequence->priority);
    if (prompt_rows_left() == 0) return;
    if (sequence->state != State::kRunning) continue;
    const std::uint64_t rows = std::min<std::uint64_t>(prompt_rows_left(), sequence->remaining());
    if (!Reserve(sequence, sequence->computed + rows)) continue;
    prompt_left_ -= static_cast<std::uint32_t>(rows);
    PlanItem(sequence, rows);
  }
  Admit(idle, std::numeric_limits<std::int64_t>::min());
}

void Scheduler::PlanDrafts() {
  for (ScheduledRows& item : plan_.rows) {
    ScheduledSequence& sequence = *item.sequence;
    if (sequence.remaining() != item.rows || item.rows != 1) continue;
    // Blocks for drafts are taken while there are any; nobody gives way for them.
    std::uint64_t drafts = std::min(sequence.draft, left_);
    while (drafts > 0 && sequence.blocks.size() * kBlockTokens < sequence.tokens->size() + drafts) {
      if (cache_.MakeFree(1)) sequence.blocks.push_back(pool_.Take());
      else drafts = sequence.blocks.size() * kBlockTokens - sequence.tokens->size();
    }
    item.drafts = static_cast<std::uint32_t>(drafts);
    item.rows += item.drafts;
    left_ -= item.drafts;
  }
}

void Scheduler::PlanItem(ScheduledSequence* sequence, std::uint64_t rows) {
  plan_.rows.push_back({sequence, static_cast<std::uint32_t>(rows), 0});
  left_ -= static_cast<std::uint32_t>(rows);
}

void Scheduler::Admit(bool idle, std::int64_t priority_above) {
  while (prompt_rows_left() > 0) {
    ScheduledSequence* sequence = lanes_[idle].Front();
    if (sequence == nullptr || sequence->priority <= priority_above || !AdmitOne(sequence)) return;
  }
}

bool Scheduler::AdmitOne(ScheduledSequence* sequence) {
  const std::vector<std::int32_t>& tokens = *sequence->tokens;
  CachedPrefix prefix;
  if (sequence->use_cache) prefix = cache_.Match(sequence->salt, tokens, tokens.size() - 1);  // one is left to compute
  const std::uint64_t matched = prefix.blocks.size() * kBlockTokens;
  if (ParkIfShared(sequence, matched)) {
    pool_.Release(prefix.blocks);
    return true;
  }
  if (const auto answer = Fetch(sequence, prefix.blocks); answer != PrefixTier::Answer::kNone) {
    pool_.Release(prefix.blocks);
    return answer == PrefixTier::Answer::kComes;
  }
  std::uint64_t reserved = tokens.size();
  if (!options_.paged)
    reserved = std::max(reserved, std::uint64_t{sequence->prompt_tokens} + sequence->answer_max);
  const std::uint32_t blocks = BlockPool::BlocksFor(reserved) - static_cast<std::uint32_t>(prefix.blocks.size());
  const std::uint64_t rows = std::min<std::uint64_t>(prompt_rows_left(), tokens.size() - matched);
  const bool whole = matched + rows == tokens.size();
  if ((!options_.chunked && !whole && !plan_.rows.empty()) || !MakeRoomFor(*sequence, blocks)) {
    pool_.Release(prefix.blocks);
    return false;
  }
  sequence->blocks = std::move(prefix.blocks);
  for (std::uint32_t i = 0; i < blocks; ++i) sequence->blocks.push_back(pool_.Take());
  sequence->computed = matched;
  if (!sequence->admitted) {
    sequence->cached = matched;
    if (sequence->use_cache) cache_.CountLookup(sequence->prompt_tokens, matched);
    const auto tokens_new = static_cast<double>(sequence->prompt_tokens - matched);
    lanes_[sequence->idle].Charge(*sequence, options_.weight_prefill * tokens_new);
  }
  sequence->computed_max = std::max(sequence->computed_max, matched);
  Run(sequence);
  prompt_left_ -= static_cast<std::uint32_t>(rows);
  PlanItem(sequence, rows);
  return true;
}

bool Scheduler::MakeRoomFor(const ScheduledSequence& sequence, std::uint32_t blocks) {
  const auto lower = [&](const ScheduledSequence* other) { return Rank(*other) < Rank(sequence); };
  // One block stays for each that runs, so that it is not the first to be preempted when they grow.
  const std::int64_t spare = options_.paged ? 1 : 0;
  const auto available = [&] { return std::int64_t{pool_.free()} + cache_.evictable() - spare * std::ssize(running_); };
  std::int64_t reachable = available();
  auto other = running_.rbegin();
  for (; other != running_.rend() && lower(*other); ++other) reachable += spare + std::ssize((*other)->blocks);
  if (other != running_.rend() && reachable < blocks) return false;  // alone it will fit
  while (running_.size() >= options_.running_max || available() < blocks) {
    if (!running_.empty() && lower(running_.back())) Preempt(Victim(0));
    else if (!running_.empty() || !cache_.UnpinFirst()) return false;
  }
  return cache_.MakeFree(blocks);
}

void Scheduler::Run(ScheduledSequence* sequence) {
  lanes_[sequence->idle].Leave(sequence);
  sequence->state = State::kRunning;
  sequence->admitted = true;
  if (std::exchange(sequence->leader, nullptr)) std::erase(children_, sequence);
  const auto place = std::upper_bound(running_.begin(), running_.end(), sequence,
                                      [](const auto* a, const auto* b) { return Rank(*a) > Rank(*b); });
  running_.insert(place, sequence);
}

bool Scheduler::Reserve(ScheduledSequence* sequence, std::uint64_t tokens) {
  BlockTable& table = sequence->blocks;
  // Only a block that is begun can be shared and yet be written: another answer to the same prompt has it too.
  const std::uint64_t first = sequence->computed / kBlockTokens;
  const auto copy = [&] { return sequence->computed % kBlockTokens != 0 && pool_.references(table[first]) > 1; };
  const auto missing = [&] {
    return std::max(BlockPool::BlocksFor(tokens), static_cast<std::uint32_t>(table.size())) - table.size() + copy();
  };
  while (!cache_.MakeFree(static_cast<std::uint32_t>(missing()))) {
    if (ScheduledSequence* victim = Victim(1)) {
      Preempt(victim);
      if (victim == sequence) return false;
    } else if (!cache_.UnpinFirst()) {
      CHECK(tier_ != nullptr);  // alone in the pool a sequence fits, but for what is being fetched
      Preempt(sequence);
      return false;
    }
  }
  if (copy()) {
    const std::uint32_t from = table[first];
    table[first] = pool_.Take();
    plan_.copies.push_back({from, table[first]});
    pool_.Drop(from);
  }
  while (table.size() < BlockPool::BlocksFor(tokens)) table.push_back(pool_.Take());
  return true;
}

ScheduledSequence* Scheduler::Victim(std::size_t first) const {
  ScheduledSequence* victim = nullptr;
  for (std::size_t i = running_.size(); i > first && Rank(*running_[i - 1]) == Rank(*running_.back()); --i)
    if (victim == nullptr || running_[i - 1]->computed < victim->computed) victim = running_[i - 1];
  return victim;
}

void Scheduler::Preempt(ScheduledSequence* sequence) {
  std::erase_if(plan_.rows, [&](const ScheduledRows& item) {
    if (item.sequence == sequence) left_ += item.rows;
    return item.sequence == sequence;
  });
  std::erase(running_, sequence);
  pool_.Release(sequence->blocks);
  sequence->computed = 0;
  sequence->fetched = false;
  sequence->state = State::kWaiting;
  lanes_[sequence->idle].Join(sequence);
  WakeFollowers(sequence);
  ++sequence->preemptions;
  ++preemptions_;
}

bool Scheduler::ParkIfShared(ScheduledSequence* sequence, std::uint64_t matched) {
  if (ScheduledSequence* leader = sequence->leader; leader && leader->computed_max < sequence->prompt_tokens) {
    Park(sequence, leader, sequence->prompt_tokens);
    return true;
  }
  if (!sequence->use_cache || !cache_.enabled()) return false;
  const std::span<const std::int32_t> mine(*sequence->tokens);
  const std::uint64_t next = matched + kBlockTokens;
  ScheduledSequence* awaited = nullptr;
  std::uint64_t shared_max = 0;
  for (ScheduledSequence* other : running_) {
    const std::span<const std::int32_t> theirs(*other->tokens);
    if (!other->use_cache || other->salt != sequence->salt || other->remaining() <= 1 || Rank(*other) < Rank(*sequence))
      continue;
    if (next >= mine.size() || next > theirs.size() || mine[next - 1] != theirs[next - 1]) continue;
    const auto end = std::mismatch(mine.begin(), mine.end() - 1, theirs.begin(), theirs.end()).first;
    const auto shared = static_cast<std::uint64_t>(end - mine.begin()) / kBlockTokens * kBlockTokens;
    if (shared >= next && shared > other->computed && shared > shared_max) awaited = other, shared_max = shared;
  }
  if (awaited) Park(sequence, awaited, shared_max);
  return awaited != nullptr;
}

void Scheduler::Park(ScheduledSequence* sequence, ScheduledSequence* awaited, std::uint64_t tokens) {
  lanes_[sequence->idle].Park(sequence);
  sequence->state = State::kParked;
  sequence->awaited = awaited;
  sequence->awaited_tokens = tokens;
  parked_.push_back(sequence);
}

void Scheduler::WakeFollowers(const ScheduledSequence* sequence) {
  for (ScheduledSequence* follower : parked_)
    if (follower->awaited == sequence) follower->awaited = nullptr;
}

void Scheduler::Unpark() {
  std::erase_if(parked_, [&](ScheduledSequence* sequence) {
    if (sequence->fetching) return false;
    if (sequence->awaited && sequence->awaited->computed < sequence->awaited_tokens) return false;
    sequence->awaited = nullptr;
    sequence->state = State::kWaiting;
    lanes_[sequence->idle].Unpark(sequence);
    return true;
  });
}

PrefixTier::Answer Scheduler::Fetch(ScheduledSequence* sequence, const BlockTable& cached) {
  if (tier_ == nullptr || sequence->fetched || !sequence->use_cache) return PrefixTier::Answer::kNone;
  const auto answer = tier_->Fetch(*sequence, cached, static_cast<std::uint32_t>(running_.size()));
  if (answer == PrefixTier::Answer::kComes) {
    Park(sequence, nullptr, 0);
    sequence->fetching = true;
  }
  return answer;
}

void Scheduler::Prefetch() {
  if (tier_ == nullptr) return;
  Unpark();
  for (FairQueue& lane : lanes_) {
    auto answer = PrefixTier::Answer::kComes;
    while (answer == PrefixTier::Answer::kComes) {
      ScheduledSequence* next = lane.Front();
      if (next == nullptr || next->leader != nullptr) break;
      CachedPrefix prefix = cache_.Match(next->salt, *next->tokens, next->tokens->size() - 1);
      answer = Fetch(next, prefix.blocks);
      pool_.Release(prefix.blocks);
    }
  }
}

void Scheduler::Fetched(ScheduledSequence* sequence) {
  CHECK(sequence->fetching && sequence->state == State::kParked);
  sequence->fetching = false;
  sequence->fetched = true;
}

void Scheduler::Computed(ScheduledSequence* sequence, std::uint32_t rows) {
  CHECK(sequence->state == State::kRunning && sequence->computed + rows <= sequence->tokens->size());
  const std::uint64_t before = sequence->computed_max;
  const std::uint64_t known = before - std::min(before, sequence->computed);
  sequence->recomputed += std::min<std::uint64_t>(rows, known);
  sequence->computed += rows;
  CHECK(sequence->computed <= sequence->blocks.size() * kBlockTokens);
  if (sequence->computed > before) {
    // The row of the prompt's last token, and each after it, gives a token of the answer.
    const std::uint64_t first = std::max<std::uint64_t>(before, sequence->prompt_tokens - 1);
    const auto generated = static_cast<double>(sequence->computed - std::min(first, sequence->computed));
    lanes_[sequence->idle].Charge(*sequence, options_.weight_decode * generated);
    sequence->computed_max = sequence->computed;
  }
  if (sequence->use_cache)
    cache_.Insert(sequence->salt, std::span(*sequence->tokens).first(sequence->computed), sequence->blocks);
}

bool Scheduler::Fork(const ScheduledSequence* leader, ScheduledSequence* child) {
  CHECK(child->state == State::kWaiting || child->state == State::kParked);
  CHECK(child->prompt_tokens == leader->prompt_tokens && child->salt == leader->salt);
  if (leader->state != State::kRunning || leader->computed < leader->prompt_tokens || child->admitted) return false;
  const std::uint32_t shared = BlockPool::BlocksFor(leader->prompt_tokens);
  std::uint32_t extra = 0;
  if (!options_.paged)  // and one for the copy of the last shared block
    extra = BlockPool::BlocksFor(std::uint64_t{child->prompt_tokens} + child->answer_max) - shared + 1;
  if (running_.size() >= options_.running_max || !cache_.MakeFree(extra)) return false;
  if (child->state == State::kParked) {
    lanes_[child->idle].Unpark(child);
    std::erase(parked_, child);
    child->awaited = nullptr;
  }
  child->blocks.assign(leader->blocks.begin(), leader->blocks.begin() + shared);
  for (const std::uint32_t block : child->blocks) pool_.Share(block);
  for (; extra > 1; --extra) child->blocks.push_back(pool_.Take());
  child->computed = child->computed_max = child->cached = child->prompt_tokens;
  Run(child);
  lanes_[child->idle].Charge(*child, options_.weight_decode);  // its first token comes from the leader's last row
  return true;
}

std::uint64_t Scheduler::PromptTokensAhead(const ScheduledSequence& sequence) const {
  std::uint64_t under_way = 0;
  for (const ScheduledSequence* other : running_)
    if (other->remaining() > 1 && Rank(*other) >= Rank(sequence)) under_way += other->remaining();
  return under_way + lanes_[sequence.idle].TokensAhead(sequence, options_.weight_prefill);
}

}  // namespace yun::engine
