#include "engine/scheduler/scheduler.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace yun::engine {
namespace {

TEST(Scheduler, StreamsComeBeforePromptsAndLongPromptsAreCut) {
  BlockPool pool(100);
  Scheduler scheduler({.running_max = 8, .step_tokens_max = 64, .mixed_prefill_tokens_max = 16}, pool);
  ScheduledSequence a{.id = 1, .tokens = 10}, b{.id = 2, .tokens = 100};
  scheduler.Add(&a);
  ASSERT_EQ(scheduler.Plan().size(), 1u);
  a.computed = 10, a.tokens = 11;
  scheduler.Add(&b);
  const auto plan = scheduler.Plan();
  ASSERT_EQ(plan.size(), 2u);
  EXPECT_EQ(plan[0].sequence, &a);
  EXPECT_EQ(plan[0].rows, 1u);
  EXPECT_EQ(plan[1].rows, 16u);
}

TEST(Scheduler, TheYoungestGivesWayAndComesBack) {
  BlockPool pool(4);
  Scheduler scheduler({.running_max = 8, .step_tokens_max = 512, .mixed_prefill_tokens_max = 512}, pool);
  ScheduledSequence a{.id = 1, .tokens = 32}, b{.id = 2, .tokens = 32};
  scheduler.Add(&a);
  scheduler.Add(&b);
  ASSERT_EQ(scheduler.Plan().size(), 2u);
  for (auto* s : {&a, &b}) s->computed = 32, s->tokens = 33;
  const auto plan = scheduler.Plan();
  ASSERT_EQ(plan.size(), 1u);
  EXPECT_EQ(plan[0].sequence, &a);
  EXPECT_EQ(b.computed, 0u);
  EXPECT_TRUE(b.blocks.empty());
  EXPECT_EQ(scheduler.preemptions(), 1u);
  scheduler.Remove(&a);
  ASSERT_EQ(scheduler.Plan().size(), 1u);
  EXPECT_EQ(scheduler.Plan()[0].sequence, &b);
}

/// Random traces under a seed: blocks never lost, step bounds kept, every request ends.
TEST(Scheduler, RandomTracesKeepTheInvariants) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 rng(seed);
    const std::uint32_t blocks = 8 + rng() % 40;
    BlockPool pool(blocks);
    const SchedulerOptions options = {1 + static_cast<std::uint32_t>(rng() % 8),
                                      1 + static_cast<std::uint32_t>(rng() % 100),
                                      1 + static_cast<std::uint32_t>(rng() % 50)};
    Scheduler scheduler(options, pool);
    struct Request {
      ScheduledSequence sequence;
      std::uint64_t goal = 0;
    };
    std::map<std::uint64_t, std::unique_ptr<Request>> requests;
    std::uint64_t next = 0, finished = 0;
    const std::uint64_t total = 1 + rng() % 30;
    for (int step = 0; finished < total; ++step) {
      ASSERT_LT(step, 200000) << "nobody may starve; seed " << seed;
      if (next < total && rng() % 4 == 0) {
        auto request = std::make_unique<Request>();
        request->sequence.id = next;
        request->sequence.tokens = 1 + rng() % (blocks * kBlockTokens / 2);
        request->goal = std::min<std::uint64_t>(request->sequence.tokens + 1 + rng() % 60, blocks * kBlockTokens);
        scheduler.Add(&request->sequence);
        requests[next++] = std::move(request);
      }
      if (!requests.empty() && rng() % 50 == 0) {  // a client leaves
        auto it = std::next(requests.begin(), static_cast<std::ptrdiff_t>(rng() % requests.size()));
        scheduler.Remove(&it->second->sequence);
        requests.erase(it);
        ++finished;
      }
      std::uint32_t rows = 0;
      const auto plan = scheduler.Plan();
      for (const ScheduledRows& item : plan) {
        ScheduledSequence& s = *item.sequence;
        ASSERT_GE(item.rows, 1u);
        ASSERT_LE(s.computed + item.rows, s.tokens);
        ASSERT_GE(s.blocks.size() * kBlockTokens, s.computed + item.rows);
        rows += item.rows;
      }
      ASSERT_LE(rows, options.step_tokens_max) << "seed " << seed;
      std::vector<std::uint64_t> done;
      for (const ScheduledRows& item : plan) {
        ScheduledSequence& s = *item.sequence;
        s.computed += item.rows;
        if (s.computed == s.tokens && ++s.tokens > requests[s.id]->goal) done.push_back(s.id);
      }
      for (const std::uint64_t id : done) {
        scheduler.Remove(&requests[id]->sequence);
        requests.erase(id);
        ++finished;
      }
      std::size_t held = 0;
      for (const auto& [id, request] : requests) held += request->sequence.blocks.size();
      ASSERT_EQ(held + pool.free(), pool.size()) << "seed " << seed;
    }
    EXPECT_EQ(pool.free(), pool.size());
  }
}

}  // namespace
}  // namespace yun::engine
