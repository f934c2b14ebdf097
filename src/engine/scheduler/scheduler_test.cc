#include "engine/scheduler/scheduler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <numeric>
#include <vector>

#include "base/check.h"

namespace yun::engine {
namespace {

/// Requests whose tokens are a prefix of 0, 1, 2... from `first`; answers are anything.
class SchedulerTest : public testing::Test {
 protected:
  struct Request {
    std::vector<std::int32_t> tokens;
    ScheduledSequence sequence;
  };

  ScheduledSequence& New(std::uint32_t tokens, std::int32_t first = -1) {
    Request& request = requests_.emplace_back();
    request.tokens.resize(tokens);
    if (first < 0) first = 100000 * static_cast<std::int32_t>(last_id_ % 10000 + 1);
    std::iota(request.tokens.begin(), request.tokens.end(), first);
    request.sequence.id = ++last_id_;
    request.sequence.tokens = &request.tokens;
    request.sequence.prompt_tokens = tokens;
    request.sequence.answer_max = 64;
    return request.sequence;
  }
  void Append(const ScheduledSequence& sequence) {
    for (Request& request : requests_)
      if (&request.sequence == &sequence) request.tokens.push_back(7);
  }
  /// One step, drafts all refused; each finished prompt and stream gets a token. Returns who was in it.
  std::vector<ScheduledRows> Step(Scheduler& scheduler) {
    const std::vector<ScheduledRows> rows = scheduler.PlanStep(0).rows;
    for (const ScheduledRows& item : rows) {
      scheduler.Computed(item.sequence, item.rows - item.drafts);
      if (item.sequence->remaining() == 0) Append(*item.sequence);
    }
    return rows;
  }

  std::deque<Request> requests_;
  std::uint64_t last_id_ = 0;
};

TEST_F(SchedulerTest, StreamsComeBeforePromptsAndLongPromptsAreCut) {
  BlockPool pool(100);
  Scheduler scheduler({.running_max = 8, .step_tokens_max = 64, .mixed_prefill_tokens_max = 16}, pool);
  ScheduledSequence &a = New(10), &b = New(100);
  scheduler.Add(&a);
  ASSERT_EQ(Step(scheduler).size(), 1u);
  scheduler.Add(&b);
  const auto rows = Step(scheduler);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].sequence, &a);
  EXPECT_EQ(rows[0].rows, 1u);
  EXPECT_EQ(rows[1].rows, 16u);
  scheduler.Remove(&a);
  EXPECT_EQ(Step(scheduler)[0].rows, 64u);
  scheduler.Remove(&b);
}

TEST_F(SchedulerTest, TheYoungestGivesWayAndComesBack) {
  BlockPool pool(5);
  Scheduler scheduler({.running_max = 8, .step_tokens_max = 512, .mixed_prefill_tokens_max = 512}, pool);
  ScheduledSequence &a = New(32), &b = New(32);
  scheduler.Add(&a);
  scheduler.Add(&b);
  ASSERT_EQ(Step(scheduler).size(), 2u);
  const auto rows = Step(scheduler);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].sequence, &a);
  EXPECT_EQ(b.computed, 0u);
  EXPECT_TRUE(b.blocks.empty());
  EXPECT_EQ(scheduler.preemptions(), 1u);
  EXPECT_EQ(a.preemptions, 0u);
  EXPECT_EQ(b.preemptions, 1u);
  scheduler.Remove(&a);
  ASSERT_EQ(Step(scheduler).size(), 1u);
  EXPECT_EQ(b.state, ScheduledSequence::State::kRunning);
  scheduler.Remove(&b);
  EXPECT_EQ(pool.free() + pool.idle(), pool.size());
}

TEST_F(SchedulerTest, EqualPrefixesAtOnceAreComputedOnce) {
  BlockPool pool(400);
  Scheduler scheduler({.step_tokens_max = 512}, pool);
  for (int i = 0; i < 16; ++i) {
    ScheduledSequence& sequence = New(1000, 0);
    requests_.back().tokens.back() = -1 - i;  // the last token differs
    scheduler.Add(&sequence);
  }
  std::uint64_t rows = 0;
  for (int step = 0; step < 8; ++step)
    for (const ScheduledRows& item : Step(scheduler))
      if (item.rows > 1) rows += item.rows;
  EXPECT_EQ(rows, 1000u + 15 * 8);  // 62 blocks are shared, 8 tokens are everybody's own
  EXPECT_EQ(scheduler.cache().counters().hits, 15u * 992);
  EXPECT_EQ(scheduler.running(), 16u);
  for (Request& request : requests_) scheduler.Remove(&request.sequence);
}

TEST_F(SchedulerTest, AHigherPriorityTakesSlotsAndBlocksOfLowerOnes) {
  BlockPool pool(8);
  Scheduler scheduler({.running_max = 2}, pool);
  ScheduledSequence &a = New(40), &b = New(30), &urgent = New(64);
  urgent.priority = 1;
  scheduler.Add(&a);
  scheduler.Add(&b);
  Step(scheduler);
  scheduler.Add(&urgent);
  Step(scheduler);
  EXPECT_EQ(urgent.computed, 64u);
  EXPECT_EQ(a.state, ScheduledSequence::State::kRunning) << "b had less to compute again";
  EXPECT_EQ(b.state, ScheduledSequence::State::kWaiting);
  for (Request& request : requests_) scheduler.Remove(&request.sequence);
}

TEST_F(SchedulerTest, TheIdleLaneGivesWayWithinOneStep) {
  BlockPool pool(100);
  Scheduler scheduler({.running_max = 2, .step_tokens_max = 64}, pool);
  ScheduledSequence &batch = New(200), &batch2 = New(20), &a = New(100), &b = New(10);
  batch.idle = batch2.idle = true;
  batch.priority = 9;  // among batch work only
  scheduler.Add(&batch);
  scheduler.Add(&batch2);
  EXPECT_EQ(Step(scheduler)[0].sequence, &batch);
  scheduler.Add(&a);
  auto rows = Step(scheduler);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].sequence, &a);
  EXPECT_EQ(rows[0].rows, 64u) << "all of the step";
  EXPECT_EQ(batch.state, ScheduledSequence::State::kRunning) << "its slot is not needed yet";
  scheduler.Add(&b);
  rows = Step(scheduler);
  EXPECT_EQ(rows.size(), 2u);
  EXPECT_EQ(batch.state, ScheduledSequence::State::kWaiting);
  for (Request& request : requests_) scheduler.Remove(&request.sequence);
}

TEST_F(SchedulerTest, AForkedAnswerCopiesABlockWhenItWritesIt) {
  BlockPool pool(10);
  Scheduler scheduler({}, pool);
  ScheduledSequence &leader = New(20, 0), &child = New(20, 0);
  child.leader = &leader;
  scheduler.Add(&child);
  scheduler.Add(&leader);
  const auto rows = Step(scheduler);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].sequence, &leader);
  ASSERT_TRUE(scheduler.Fork(&leader, &child));
  Append(child);
  EXPECT_EQ(child.blocks, leader.blocks);
  EXPECT_EQ(pool.free(), 8u);
  const std::uint32_t shared = child.blocks[1];
  const Plan& plan = scheduler.PlanStep(0);
  ASSERT_EQ(plan.rows.size(), 2u);
  ASSERT_EQ(plan.copies.size(), 1u) << "the other one has it alone then";
  EXPECT_EQ(plan.copies[0].from, shared);
  EXPECT_EQ(pool.free(), 7u);
  EXPECT_NE(child.blocks[1], leader.blocks[1]);
  EXPECT_EQ(child.blocks[0], leader.blocks[0]);
  for (Request& request : requests_) scheduler.Remove(&request.sequence);
}

TEST_F(SchedulerTest, AChildWhoseLeaderLeavesComputesThePromptItself) {
  BlockPool pool(10);
  Scheduler scheduler({.step_tokens_max = 16}, pool);
  ScheduledSequence &leader = New(40, 0), &child = New(40, 0);
  child.leader = &leader;
  scheduler.Add(&leader);
  scheduler.Add(&child);
  Step(scheduler);
  scheduler.Remove(&leader);
  EXPECT_EQ(child.leader, nullptr);
  EXPECT_EQ(Step(scheduler)[0].sequence, &child);
  EXPECT_EQ(child.cached, 16u);
  scheduler.Remove(&child);
}

TEST_F(SchedulerTest, DraftsGetWhatIsLeft) {
  BlockPool pool(3);
  Scheduler scheduler({.step_tokens_max = 6}, pool);
  ScheduledSequence &a = New(2), &b = New(2);
  scheduler.Add(&a);
  scheduler.Add(&b);
  Step(scheduler);
  a.draft = 3;
  b.draft = 3;
  auto rows = Step(scheduler);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].drafts, 3u);
  EXPECT_EQ(rows[1].drafts, 1u) << "six rows in all";
  scheduler.Remove(&a);
  b.draft = 0;
  while (b.tokens->size() < 46) Step(scheduler);
  b.draft = 5;
  EXPECT_EQ(Step(scheduler)[0].drafts, 2u) << "48 tokens fit";
  scheduler.Remove(&b);
}

TEST_F(SchedulerTest, PagedBlocksComeAsTokensDo) {
  for (const bool paged : {true, false}) {
    BlockPool pool(20);
    Scheduler scheduler({.paged = paged}, pool);
    for (int i = 0; i < 10; ++i) scheduler.Add(&New(16));  // and 64 of answer: five blocks
    Step(scheduler);
    EXPECT_EQ(scheduler.running(), paged ? 10u : 4u);
    for (Request& request : requests_) scheduler.Remove(&request.sequence);
    requests_.clear();
  }
}

TEST_F(SchedulerTest, WholePromptsStopStreams) {
  BlockPool pool(100);
  Scheduler scheduler({.step_tokens_max = 64, .chunked = false}, pool);
  ScheduledSequence &a = New(10), &b = New(40), &c = New(40);
  scheduler.Add(&a);
  Step(scheduler);
  scheduler.Add(&b);
  scheduler.Add(&c);
  for (ScheduledSequence* prompt : {&b, &c}) {
    const auto rows = Step(scheduler);
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].sequence, prompt);
    EXPECT_EQ(rows[0].rows, 40u);
  }
  EXPECT_EQ(Step(scheduler).size(), 3u);
  for (Request& request : requests_) scheduler.Remove(&request.sequence);
}

/// Two tenants that always have requests waiting, one with ten times as many and longer ones: over any stretch of time
/// the difference of what they got stays within the bound that fair_queue.h names; first come first served leaves it.
TEST_F(SchedulerTest, TwoBackloggedTenantsGetTheSame) {
  for (const bool fair : {true, false}) {
    constexpr std::uint32_t kPrompt = 60;
    BlockPool pool(60);
    Scheduler scheduler({.running_max = 8, .step_tokens_max = 64, .fair = fair, .prefix_cache = false}, pool);
    std::uint64_t running_tokens_max = 0;
    double least = 0, most = 0;
    for (int step = 0; step < 6000; ++step) {
      for (const std::uint64_t tenant : {0, 1}) {
        while (scheduler.tenant(tenant).waiting < (tenant == 0 ? 100 : 10)) {
          ScheduledSequence& sequence = New(tenant == 0 ? kPrompt : 20);
          sequence.tenant = tenant;
          sequence.answer_max = tenant == 0 ? 40 : 10;
          scheduler.Add(&sequence);
        }
      }
      Step(scheduler);
      std::uint64_t running_tokens = 0;
      for (Request& request : requests_) {
        running_tokens += request.sequence.blocks.empty() ? 0 : request.tokens.size();
        if (request.tokens.size() >= request.sequence.prompt_tokens + request.sequence.answer_max)
          scheduler.Remove(&request.sequence);
      }
      running_tokens_max = std::max(running_tokens_max, running_tokens);
      while (!requests_.empty() && requests_.front().sequence.state == ScheduledSequence::State::kNone)
        requests_.pop_front();
      const double gap = scheduler.tenant(0).service - scheduler.tenant(1).service;
      least = std::min(least, gap);
      most = std::max(most, gap);
    }
    const double bound = 2 * std::max<double>(1 * kPrompt, 2 * static_cast<double>(running_tokens_max));
    if (fair) EXPECT_LE(most - least, bound);
    else EXPECT_GT(most - least, bound);
    for (Request& request : requests_) scheduler.Remove(&request.sequence);
    requests_.clear();
  }
}

/// A tier that has the first `has` tokens of everything; blocks come when the test says so.
class FakeTier : public PrefixTier {
 public:
  FakeTier(Scheduler& scheduler, BlockPool& pool, std::uint32_t has) : scheduler_(scheduler), pool_(pool), has_(has) {}
  Answer Fetch(ScheduledSequence& sequence, const BlockTable& cached, std::uint32_t) override {
    const std::size_t blocks = std::min<std::size_t>(has_, sequence.tokens->size() - 1) / kBlockTokens;
    if (blocks <= cached.size()) return Answer::kNone;
    if (busy || sequence_) return Answer::kBusy;
    sequence_ = &sequence;
    table_ = cached;
    for (const std::uint32_t block : table_) pool_.Share(block);
    CHECK(scheduler_.cache().MakeFree(static_cast<std::uint32_t>(blocks - cached.size())));
    while (table_.size() < blocks) table_.push_back(pool_.Take());
    return Answer::kComes;
  }
  void Come(bool forgotten = false) {
    scheduler_.cache().Insert(sequence_->salt, std::span(*sequence_->tokens).first(table_.size() * kBlockTokens),
                              table_);
    pool_.Release(table_);
    if (!forgotten) scheduler_.Fetched(sequence_);
    sequence_ = nullptr;
  }
  const ScheduledSequence* sequence() const { return sequence_; }
  bool busy = false;

 private:
  Scheduler& scheduler_;
  BlockPool& pool_;
  std::uint32_t has_;
  ScheduledSequence* sequence_ = nullptr;
  BlockTable table_;
};

TEST_F(SchedulerTest, WhatALowerTierHasIsWaitedForWhileOthersGoOn) {
  BlockPool pool(100);
  Scheduler scheduler({.running_max = 8, .step_tokens_max = 64}, pool);
  ScheduledSequence &stream = New(10), &a = New(100), &b = New(20);
  scheduler.Add(&stream);
  Step(scheduler);
  FakeTier tier(scheduler, pool, 80);
  scheduler.set_tier(&tier);
  scheduler.Add(&a);
  EXPECT_EQ(Step(scheduler).size(), 1u);
  EXPECT_EQ(tier.sequence(), &a);
  EXPECT_EQ(scheduler.waiting(), 1u);
  scheduler.Add(&b);  // its 16 tokens could be had too, but not now: nobody else's turn comes either
  EXPECT_EQ(Step(scheduler).size(), 1u);
  tier.Come();
  EXPECT_EQ(Step(scheduler).size(), 2u);
  EXPECT_EQ(a.cached, 80u);
  EXPECT_EQ(a.computed, 100u);
  EXPECT_EQ(tier.sequence(), &b);
  tier.Come();
  Step(scheduler);
  EXPECT_EQ(b.cached, 16u);
  for (ScheduledSequence* sequence : {&stream, &a, &b}) scheduler.Remove(sequence);
  EXPECT_EQ(pool.free() + pool.idle(), pool.size());
}

TEST_F(SchedulerTest, PrefetchNeedsNoStep) {
  BlockPool pool(100);
  Scheduler scheduler({.running_max = 8, .step_tokens_max = 64}, pool);
  FakeTier tier(scheduler, pool, 80);
  scheduler.set_tier(&tier);
  ScheduledSequence& a = New(100);
  scheduler.Add(&a);
  tier.busy = true;
  scheduler.Prefetch();
  EXPECT_TRUE(Step(scheduler).empty());
  tier.busy = false;
  scheduler.Prefetch();
  EXPECT_EQ(tier.sequence(), &a);
  scheduler.Remove(&a);  // its client has left
  tier.Come(true);
  EXPECT_TRUE(Step(scheduler).empty());
  EXPECT_EQ(pool.idle(), 5u);
}

TEST_F(SchedulerTest, WhatIsBeingFetchedNeverStopsOthersForGood) {
  BlockPool pool(10);
  Scheduler scheduler({.running_max = 8, .step_tokens_max = 64}, pool);
  ScheduledSequence &a = New(64), &b = New(97);
  scheduler.Add(&a);
  Step(scheduler);
  FakeTier tier(scheduler, pool, 80);
  scheduler.set_tier(&tier);
  scheduler.Add(&b);
  Step(scheduler);
  ASSERT_EQ(tier.sequence(), &b);
  for (int i = 0; i < 40 && a.preemptions == 0; ++i) Step(scheduler);
  EXPECT_EQ(a.preemptions, 1u);
  EXPECT_TRUE(Step(scheduler).empty());
  tier.Come();
  scheduler.set_tier(nullptr);
  const std::uint64_t before = a.tokens->size();
  for (int i = 0; i < 10; ++i) Step(scheduler);
  EXPECT_GT(a.tokens->size(), before);
}

}  // namespace
}  // namespace yun::engine
