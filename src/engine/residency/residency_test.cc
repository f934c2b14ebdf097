#include "engine/residency/residency.h"

#include <gtest/gtest.h>

namespace yun::engine {
namespace {

using What = Residency::What;

TEST(Residency, LoadsOnDemandAndDropsTheColdest) {
  Residency residency({.bytes = 20});
  const MemberId a = *residency.Add(10), b = *residency.Add(10), c = *residency.Add(10);
  double now = 0;
  for (const MemberId id : {a, b}) {
    residency.Wants(id, now + 1, now);
    EXPECT_EQ(residency.Decide(now).member, id);
    residency.Rests(id, now += 1);
  }
  EXPECT_EQ(residency.bytes_resident(), 20u);
  residency.Wants(c, now + 1, now);
  const auto drop = residency.Decide(now);
  EXPECT_EQ(drop.what, What::kDrop);
  EXPECT_EQ(drop.member, a) << "used longest ago";
  EXPECT_EQ(residency.Decide(now).what, What::kNothing) << "a second must not go";
  residency.Away(a);
  const auto run = residency.Decide(now);
  EXPECT_EQ(run.what, What::kRun);
  EXPECT_EQ(run.member, c);
}

TEST(Residency, TheEarliestDeadlineComputes) {
  Residency residency({});
  const MemberId a = *residency.Add(10), b = *residency.Add(10);
  residency.Wants(a, 5, 0);
  EXPECT_EQ(residency.Decide(0).member, a);
  residency.Wants(b, 6, 0);
  EXPECT_EQ(residency.Decide(0).member, b) << "let in";
  EXPECT_EQ(residency.Decide(0).member, a);
  residency.Wants(a, 7, 1);
  EXPECT_EQ(residency.Decide(1).member, b);
}

TEST(Residency, WorkGivesWayAfterItsQuantum) {
  Residency residency({.bytes = 10, .quantum_s = 1, .quantum_loads = 4});
  const MemberId a = *residency.Add(10), b = *residency.Add(10);
  residency.Wants(a, 1, 0);
  EXPECT_EQ(residency.Decide(0).member, a);
  residency.Came(a, 0.5);
  residency.Wants(b, 1, 0.1);
  EXPECT_EQ(residency.PlaceInLine(b), 0u);
  EXPECT_NEAR(residency.WaitSeconds(b, 0.5), 2, 1e-9);
  EXPECT_EQ(residency.Decide(2.4).member, a) << "after the load four times as long";
  EXPECT_EQ(residency.Decide(2.5).what, What::kDrop);
  residency.Away(a);
  EXPECT_EQ(residency.Decide(2.5).member, b);
  EXPECT_EQ(residency.PlaceInLine(a), 0u) << "it goes on later";
}

TEST(Residency, WhoIsAheadGivesWayToWhoIsDue) {
  Residency residency({.bytes = 20, .quantum_s = 1, .quantum_loads = 0});
  const MemberId a = *residency.Add(10), b = *residency.Add(10), c = *residency.Add(10), d = *residency.Add(10);
  for (const MemberId id : {a, b}) {
    residency.Wants(id, 0, 0);
    EXPECT_EQ(residency.Decide(0).member, id);
  }
  residency.Wants(a, 4, 1);
  residency.Wants(b, 5, 1);
  residency.Wants(c, 6, 1);
  EXPECT_EQ(residency.Decide(2).member, a) << "due before the one that waits";
  residency.Wants(d, 4.5, 2);
  EXPECT_EQ(residency.PlaceInLine(c), 1u);
  const auto drop = residency.Decide(2);
  EXPECT_EQ(drop.what, What::kDrop);
  EXPECT_EQ(drop.member, b);
  residency.Away(b);
  residency.Rests(b, 2);
  EXPECT_EQ(residency.Decide(2).member, d);
  residency.Wants(c, 60, 3);
  residency.Wants(a, 7, 3);
  residency.Wants(d, 5, 3);
  EXPECT_EQ(residency.Decide(3).what, What::kDrop) << "who waits does not fall back by asking again";
}

TEST(Residency, RequestLevelNeverTakesWorkAway) {
  Residency residency({.bytes = 10, .switches = false});
  const MemberId a = *residency.Add(10), b = *residency.Add(10);
  residency.Wants(a, 1, 0);
  EXPECT_EQ(residency.Decide(0).member, a);
  residency.Wants(b, 1, 0);
  EXPECT_EQ(residency.Decide(1000).member, a);
  residency.Rests(a, 1001);
  EXPECT_EQ(residency.Decide(1001).what, What::kDrop);
}

TEST(Residency, PinnedModelsStayAndLeaveRoom) {
  Residency residency({.bytes = 25});
  const MemberId a = *residency.Add(10), b = *residency.Add(10), c = *residency.Add(12);
  EXPECT_EQ(residency.Add(26).error().code, Code::kNoMemory);
  EXPECT_TRUE(residency.Pin(a, true));
  EXPECT_EQ(residency.Pin(b, true).error().code, Code::kNoMemory) << "the third could never come";
  EXPECT_EQ(residency.Add(16).error().code, Code::kNoMemory);
  residency.Wants(a, 1, 0);
  residency.Decide(0);
  residency.Rests(a, 0);
  residency.Wants(b, 1, 1);
  EXPECT_EQ(residency.Decide(1).member, b);
  residency.Rests(b, 2);
  residency.Wants(c, 1, 3);
  EXPECT_EQ(residency.Decide(3).member, b) << "not the pinned one, though it is colder";
}

TEST(Residency, WhoJoinsLaterTakesRoomFromTheColdest) {
  Residency residency({.bytes = 20});
  const MemberId a = *residency.Add(8), b = *residency.Add(8);
  for (const MemberId id : {a, b}) {
    residency.Wants(id, 1, 0);
    EXPECT_EQ(residency.Decide(0).member, id);
    residency.Rests(id, id == a ? 1 : 2);
  }
  const Status never = residency.Reserve(11, 10);
  EXPECT_EQ(never.error().code, Code::kNoMemory) << "its own weights could never come";
  EXPECT_NE(never.error().message.find("11 bytes beside 10 bytes for weights, and there are 10"), std::string::npos)
      << never.error().message;
  ASSERT_TRUE(residency.Reserve(6, 2));
  EXPECT_FALSE(residency.Grant(6)) << "it waits until there is room";
  const auto drop = residency.Decide(3);
  EXPECT_EQ(drop.what, What::kDrop);
  EXPECT_EQ(drop.member, a);
  residency.Away(a);
  EXPECT_EQ(residency.Decide(3).what, What::kNothing);
  EXPECT_TRUE(residency.Grant(6));
  ASSERT_TRUE(residency.Add(2));
  EXPECT_EQ(residency.Add(15).error().code, Code::kNoMemory);
}

TEST(Residency, ReservedBytesMakeModelsLeave) {
  Residency residency({.bytes = 30, .quantum_s = 1, .quantum_loads = 4});
  const MemberId a = *residency.Add(10), b = *residency.Add(10);
  ASSERT_TRUE(residency.Reserve(2));
  ASSERT_TRUE(residency.Grant(2));
  residency.Wants(a, 1, 0);
  EXPECT_EQ(residency.Decide(0).member, a);
  residency.Wants(b, 1, 0);
  EXPECT_EQ(residency.Decide(0).member, b);
  residency.Rests(a, 0.1);
  const Status never = residency.Reserve(19);
  EXPECT_EQ(never.error().code, Code::kNoMemory) << "a model could never come again";
  EXPECT_NE(never.error().message.find("19 bytes, and there are 18"), std::string::npos) << never.error().message;
  ASSERT_TRUE(residency.Reserve(5));
  EXPECT_TRUE(residency.Grant(5)) << "there was room";
  EXPECT_EQ(residency.bytes_fixed(), 7u);
  ASSERT_TRUE(residency.Reserve(8));
  EXPECT_FALSE(residency.Grant(8));
  EXPECT_EQ(residency.bytes_fixed(), 7u) << "not yet";
  const auto drop = residency.Decide(0.2);
  EXPECT_EQ(drop.what, What::kDrop);
  EXPECT_EQ(drop.member, a) << "it has no work";
  EXPECT_EQ(residency.Decide(0.2).member, b) << "one is enough";
  residency.Away(a);
  EXPECT_TRUE(residency.Grant(8));
  EXPECT_EQ(residency.Reserve(6).error().code, Code::kNoMemory);
  residency.Release(8);
  residency.Wants(a, 1, 0.3);
  EXPECT_EQ(residency.Decide(0.3).member, a) << "there is room again";
  residency.Away(b);
  ASSERT_TRUE(residency.Reserve(13));
  EXPECT_EQ(residency.Decide(0.4).what, What::kRun) << "it fits beside the one that is there";
  residency.Waive(13);
  ASSERT_TRUE(residency.Reserve(13));
  EXPECT_TRUE(residency.Grant(13));
}

}  // namespace
}  // namespace yun::engine
