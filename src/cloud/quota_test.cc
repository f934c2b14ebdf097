#include "cloud/quota.h"

#include <gtest/gtest.h>

#include "cloud/clock.h"
#include "store/database.h"
#include "store/test_database.h"

namespace yun::cloud {
namespace {

LimitRule Of(LimitScope scope, std::string id, std::string model, Limits limits) {
  return {"acc_1", scope, std::move(id), std::move(model), limits};
}

class QuotasTest : public store::OnEachDatabase {};

TEST_P(QuotasTest, OneAccountDoesNotTakeAllRules) {
  ManualClock clock;
  auto database = store::Database::Open(url());
  ASSERT_TRUE(database) << database.error().message;
  ASSERT_TRUE((*database)->Write([](store::Connection& c) -> Status {
    for (std::size_t i = 0; i < kLimitRulesOfAccountMax; ++i)
      RETURN_IF_ERROR(c.Execute("INSERT INTO limit_rule (account_id, scope, scope_id, model, requests_per_minute, "
                                "tokens_per_minute, concurrent, burst_per_second) VALUES ('acc_1', 'key', 'key_1', ?, "
                                "1, 0, 0, 0)",
                                {fmt::format("m{}", i)}));
    return {};
  }));
  RateLimiter limiter(clock);
  auto quotas = Quotas::Open(**database, limiter);
  ASSERT_TRUE(quotas) << quotas.error().message;
  EXPECT_EQ((*quotas)->Set(Of(LimitScope::kKey, "key_1", "m", {.requests_per_minute = 1})).error().code,
            Code::kTooMany);
  EXPECT_TRUE((*quotas)->Set(Of(LimitScope::kKey, "key_1", "m0", {.requests_per_minute = 2})));
  EXPECT_TRUE((*quotas)->Set({"acc_2", LimitScope::kKey, "key_2", "m", {.requests_per_minute = 1}}));
}

TEST_P(QuotasTest, AreKeptAndHold) {
  ManualClock clock;
  const LimitSubject subject = {"acc_1", "ws_1", "key_1", "m"};
  {
    auto database = store::Database::Open(url());
    ASSERT_TRUE(database) << database.error().message;
    RateLimiter limiter(clock);
    auto quotas = Quotas::Open(**database, limiter);
    ASSERT_TRUE(quotas) << quotas.error().message;
    EXPECT_TRUE((*quotas)->List().empty());
    EXPECT_TRUE((*quotas)->Set(Of(LimitScope::kAccount, "acc_1", "m", {.requests_per_minute = 100})));
    EXPECT_TRUE((*quotas)->Set(Of(LimitScope::kWorkspace, "ws_1", "m", {.requests_per_minute = 60})));
    EXPECT_TRUE((*quotas)->Set(Of(LimitScope::kWorkspace, "ws_2", "m", {.requests_per_minute = 40})));
    // More than the account has, from either side.
    EXPECT_EQ((*quotas)->Set(Of(LimitScope::kWorkspace, "ws_3", "m", {.requests_per_minute = 1})).error().code,
              Code::kInvalidArgument);
    EXPECT_EQ((*quotas)->Set(Of(LimitScope::kAccount, "acc_1", "m", {.requests_per_minute = 99})).error().code,
              Code::kInvalidArgument);
    EXPECT_TRUE((*quotas)->Set(Of(LimitScope::kWorkspace, "ws_2", "m", {.requests_per_minute = 39})));
    EXPECT_TRUE((*quotas)->Set(Of(LimitScope::kKey, "key_1", "*", {.concurrent = 1})));
    EXPECT_FALSE((*quotas)->Set(Of(LimitScope::kKey, "key_1", "*", {.concurrent = -1})));
    EXPECT_FALSE((*quotas)->Set(Of(LimitScope::kKey, "", "*", {.concurrent = 1})));
    EXPECT_FALSE((*quotas)->Set(Of(LimitScope::kKey, "key_1", "", {.concurrent = 1})));
    EXPECT_EQ((*quotas)->List("acc_1").size(), 4u);
    EXPECT_TRUE((*quotas)->List("acc_2").empty());
    // It holds at once.
    auto first = limiter.Admit(subject, 0, 0);
    EXPECT_FALSE(first.refusal);
    EXPECT_TRUE(limiter.Admit(subject, 0, 0).refusal);
  }
  {
    auto database = store::Database::Open(url());
    ASSERT_TRUE(database);
    RateLimiter limiter(clock);
    auto quotas = Quotas::Open(**database, limiter);
    ASSERT_TRUE(quotas);
    ASSERT_EQ((*quotas)->List().size(), 4u);
    EXPECT_EQ((*quotas)->List()[2].limits.requests_per_minute, 39);
    EXPECT_TRUE((*quotas)->Set(Of(LimitScope::kKey, "key_1", "*", {})));
    EXPECT_EQ((*quotas)->List().size(), 3u);
  }
}

YUN_ON_EACH_DATABASE(QuotasTest);

}  // namespace
}  // namespace yun::cloud
