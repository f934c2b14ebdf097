#include "engine/scheduler/fair_queue.h"

#include <gtest/gtest.h>

#include <deque>

namespace yun::engine {
namespace {

class FairQueueTest : public testing::Test {
 protected:
  ScheduledSequence* Join(std::uint64_t tenant, double arrival_s = 0) {
    ScheduledSequence& sequence = sequences_.emplace_back();
    sequence.id = sequences_.size();
    sequence.tenant = tenant;
    sequence.arrival_s = arrival_s;
    sequence.tokens = &tokens_;
    queue_.Join(&sequence);
    return &sequence;
  }

  FairQueue queue_{true};
  std::vector<std::int32_t> tokens_ = std::vector<std::int32_t>(100);
  std::deque<ScheduledSequence> sequences_;
};

TEST_F(FairQueueTest, TheTenantThatGotLeastIsNext) {
  ScheduledSequence *a = Join(1), *b = Join(2);
  EXPECT_EQ(queue_.Front(), a);
  queue_.Charge(*a, 10);
  EXPECT_EQ(queue_.Front(), b);
  b->weight = 4;
  queue_.Charge(*b, 36);  // a quarter of it counts
  EXPECT_EQ(queue_.Front(), b);
  a->priority = 0;
  queue_.Leave(b);
  EXPECT_EQ(queue_.Front(), a);
}

TEST_F(FairQueueTest, StayingAwaySavesNothingUp) {
  ScheduledSequence* a = Join(1);
  queue_.Charge(*a, 100);
  Join(2);
  EXPECT_EQ(queue_.Of(2).counter, 100) << "lifted to the least of those who wait";
  queue_.Charge(*a, 100);
  Join(3);
  EXPECT_EQ(queue_.Of(3).counter, 100);
}

TEST_F(FairQueueTest, WhoComesToAnEmptyQueueIsLiftedToTheLastOneThere) {
  ScheduledSequence* a = Join(1);
  queue_.Leave(a);
  queue_.Charge(*a, 50);  // it runs
  Join(2);
  EXPECT_EQ(queue_.Of(2).counter, 50);
}

TEST_F(FairQueueTest, WithinATenantBegunOnesThenDeadlinesThenArrivals) {
  ScheduledSequence *late = Join(1, 2), *early = Join(1, 1), *hurried = Join(1, 3), *begun = Join(1, 4);
  for (ScheduledSequence* sequence : {hurried, begun}) queue_.Leave(sequence);
  hurried->ttft_deadline_s = 5;
  begun->admitted = true;
  for (ScheduledSequence* sequence : {hurried, begun}) queue_.Join(sequence);
  for (ScheduledSequence* next : {begun, hurried, early, late}) {
    EXPECT_EQ(queue_.Front(), next);
    queue_.Leave(next);
  }
  EXPECT_EQ(queue_.Front(), nullptr);
}

TEST_F(FairQueueTest, ParkedOnesArePassedOver) {
  ScheduledSequence *a = Join(1, 1), *b = Join(1, 2);
  queue_.Park(a);
  EXPECT_EQ(queue_.Front(), b);
  EXPECT_EQ(queue_.waiting(), 2u);
  queue_.Unpark(a);
  EXPECT_EQ(queue_.Front(), a);
}

TEST_F(FairQueueTest, SomebodyElsesQueueIsNotAhead) {
  ScheduledSequence mine;
  mine.tenant = 2;
  EXPECT_EQ(queue_.TokensAhead(mine, 1), 0u);
  for (int i = 0; i < 10; ++i) Join(1);
  EXPECT_EQ(queue_.TokensAhead(mine, 1), 0u) << "its turn is next";
  Join(2);
  EXPECT_EQ(queue_.TokensAhead(mine, 1), 200u) << "100 of its own, and as many of the other's";
  mine.tenant = 1;
  EXPECT_EQ(queue_.TokensAhead(mine, 1), 1100u);
  mine.priority = 1;
  EXPECT_EQ(queue_.TokensAhead(mine, 1), 0u);
}

TEST_F(FairQueueTest, TenantsThatAreAwayAreForgotten) {
  for (std::uint64_t tenant = 0; tenant < 3 * kTenantsMax; ++tenant) {
    ScheduledSequence* sequence = Join(tenant);
    queue_.Charge(*sequence, 1);
    queue_.Leave(sequence);
    sequences_.clear();
  }
  EXPECT_EQ(queue_.Of(0).service, 0);
  EXPECT_EQ(queue_.waiting(), 0u);
}

}  // namespace
}  // namespace yun::engine
