#include "engine/scheduler/scheduler.h"

#include <gtest/gtest.h>

#include <deque>
#include <numeric>
#include <vector>

namespace yun::engine {
namespace {

/// Requests whose tokens are a prefix of 0, 1, 2... from `first`; answers are anything.
class SchedulerTest : public testing::Test {
 protected:
  struct Request {
    std::vector<std::int32_t> tokens;
    ScheduledSequence sequence;
  };

  ScheduledSequence& Request_(std::uint32_t tokens, std::int32_t first = -1) {
    Request& request = requests_.emplace_back();
    request.tokens.resize(tokens);
    if (first < 0) first = 100000 * static_cast<std::int32_t>(requests_.size());
    std::iota(request.tokens.begin(), request.tokens.end(), first);
    request.sequence.id = requests_.size();
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
};

TEST_F(SchedulerTest, StreamsComeBeforePromptsAndLongPromptsAreCut) {
  BlockPool pool(100);
  Scheduler scheduler({.running_max = 8, .step_tokens_max = 64, .mixed_prefill_tokens_max = 16}, pool);
  ScheduledSequence &a = Request_(10), &b = Request_(100);
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
  ScheduledSequence &a = Request_(32), &b = Request_(32);
  scheduler.Add(&a);
  scheduler.Add(&b);
  ASSERT_EQ(Step(scheduler).size(), 2u);
  const auto rows = Step(scheduler);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].sequence, &a);
  EXPECT_EQ(b.computed, 0u);
  EXPECT_TRUE(b.blocks.empty());
  EXPECT_EQ(scheduler.preemptions(), 1u);
  scheduler.Remove(&a);
  ASSERT_EQ(Step(scheduler).size(), 1u);
  EXPECT_EQ(b.state, ScheduledSequence::State::kRunning);
  scheduler.Remove(&b);
  EXPECT_EQ(pool.free() + pool.idle(), pool.size());
}

}  // namespace
}  // namespace yun::engine
