// The limiter on a simulated clock: every window of every trace is counted again, by plain loops.
#include "cloud/rate_limit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <random>
#include <thread>

#include "cloud/clock.h"

namespace yun::cloud {
namespace {

constexpr std::int64_t kMs = 1'000'000, kS = 1000 * kMs;
const LimitSubject kSubject = {"acc_1", "ws_1", "key_1", "m"};

LimitRule Rule(Limits limits, LimitScope scope = LimitScope::kWorkspace, std::string id = "ws_1",
               std::string model = LimitRule::kEveryModel) {
  return {"acc_1", scope, std::move(id), std::move(model), limits};
}

struct Admitted {
  std::int64_t at;
  std::int64_t amount;
};

/// The largest sum of any window [t, t + span).
std::int64_t WorstWindow(const std::vector<Admitted>& trace, std::int64_t span) {
  std::int64_t worst = 0, sum = 0;
  std::size_t first = 0;
  for (const Admitted& a : trace) {
    sum += a.amount;
    while (trace[first].at <= a.at - span) sum -= trace[first++].amount;
    worst = std::max(worst, sum);
  }
  return worst;
}

/// The smallest sum of any window of a minute that lies in the trace, all of whose time was asked.
std::int64_t LeastMinute(const std::vector<Admitted>& trace, std::int64_t begin, std::int64_t end) {
  std::int64_t least = INT64_MAX;
  for (std::int64_t t = begin; t + 60 * kS <= end; t += kS / 2) {
    std::int64_t sum = 0;
    for (const Admitted& a : trace)
      if (a.at >= t && a.at < t + 60 * kS) sum += a.amount;
    least = std::min(least, sum);
  }
  return least;
}

TEST(RateLimiter, WithoutRulesAllMay) {
  ManualClock clock;
  RateLimiter limiter(clock);
  for (int i = 0; i < 1000; ++i) {
    const auto decision = limiter.Admit(kSubject, 1 << 20, 0);
    EXPECT_FALSE(decision.refusal);
    EXPECT_EQ(decision.left.requests.limit, 0);
  }
}

TEST(RateLimiter, RequestsUnderFullDemand) {
  for (const std::int64_t rpm : {1, 7, 59, 60, 61, 100, 600, 1000, 6000, 60000}) {
    ManualClock clock;
    RateLimiter limiter(clock);
    limiter.Set(Rule({.requests_per_minute = rpm}));
    std::vector<Admitted> trace;
    const std::int64_t begin = clock.steady_ns(), end = begin + 190 * kS;
    std::mt19937_64 random(static_cast<std::uint64_t>(rpm));
    while (clock.steady_ns() < end) {
      while (!limiter.Admit(kSubject, 0, 0).refusal) trace.push_back({clock.steady_ns(), 1});
      clock.AdvanceSteady(static_cast<std::int64_t>(random() % (2 * kMs)));
    }
    EXPECT_LE(WorstWindow(trace, kS), (rpm + 59) / 60) << rpm;
    EXPECT_LE(WorstWindow(trace, 60 * kS), rpm);
    EXPECT_GE(static_cast<double>(LeastMinute(trace, begin, end)), 0.99 * static_cast<double>(rpm) - 1e-9) << rpm;
  }
}

TEST(RateLimiter, TokensUnderFullDemand) {
  for (const std::int64_t tpm : {600, 6001, 60'000, 1'000'000, 100'000'000}) {
    for (const std::int64_t size : {std::int64_t{1}, tpm / 1000 + 1, tpm / 60, tpm / 50, tpm / 7}) {
      if (tpm / size > 100'000) continue;
      ManualClock clock;
      RateLimiter limiter(clock);
      limiter.Set(Rule({.tokens_per_minute = tpm}));
      std::vector<Admitted> trace;
      const std::int64_t begin = clock.steady_ns(), end = begin + 190 * kS;
      while (clock.steady_ns() < end) {
        while (!limiter.Admit(kSubject, size, size).refusal) trace.push_back({clock.steady_ns(), size});
        clock.AdvanceSteady(kMs);
      }
      // A request larger than a second's share takes up the seconds that follow it.
      std::vector<Admitted> spread;
      for (const Admitted& a : trace)
        for (std::int64_t left = a.amount * 60, at = a.at; left > 0; left -= tpm, at += kS)
          spread.push_back({at, std::min(left, tpm)});
      std::stable_sort(spread.begin(), spread.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
      if (size * 60 <= tpm) {
        EXPECT_LE(WorstWindow(trace, kS) * 60, tpm) << tpm << " " << size;
      }
      EXPECT_LE(WorstWindow(spread, 60 * kS), 61 * tpm) << tpm << " " << size;
      const double least = static_cast<double>(LeastMinute(spread, begin, end)) / 60;
      // What does not fill a second's share to its end leaves the rest unused.
      const std::int64_t fits = size * 60 <= tpm ? tpm / 60 / size * size * 60 : tpm;
      EXPECT_GE(least, 0.99 * static_cast<double>(fits) - static_cast<double>(size)) << tpm << " " << size;
    }
  }
}

// Rules of chance, demand of chance in gusts, answers of chance: no window of any scope is passed.
TEST(RateLimiter, NoWindowIsEverPassed) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    std::mt19937_64 random(seed);
    const auto below = [&](std::int64_t n) {
      return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
    };
    ManualClock clock;
    RateLimiter limiter(clock);
    struct Watched {
      LimitRule rule;
      std::vector<Admitted> requests, tokens;
      std::int64_t running = 0;
    };
    std::vector<Watched> watched;
    const std::pair<LimitScope, const char*> scopes[] = {
        {LimitScope::kAccount, "acc_1"}, {LimitScope::kWorkspace, "ws_1"}, {LimitScope::kKey, "key_1"}};
    for (const auto& [scope, id] : scopes)
      for (const char* model : {"m", "*"})
        if (below(2) == 0)
          watched.push_back({Rule({below(2) * (1 + below(3000)), below(2) * (1 + below(200'000)),
                                   below(2) * (1 + below(20))}, scope, id, model), {}, {}});
    for (const Watched& w : watched) limiter.Set(w.rule);
    struct Running {
      RateLimiter::Hold hold;
      std::int64_t reserved, ends;
    };
    std::deque<Running> running;
    const std::int64_t end = clock.steady_ns() + 150 * kS;
    while (clock.steady_ns() < end) {
      const std::int64_t gust = below(8) == 0 ? below(200) : below(3);
      for (std::int64_t i = 0; i < gust; ++i) {
        const std::int64_t tokens = 1 + below(below(5) == 0 ? 3000 : 100);
        auto decision = limiter.Admit(kSubject, tokens, tokens);
        const std::int64_t now = clock.steady_ns();
        if (decision.refusal) {
          EXPECT_GE(decision.refusal->retry_after_ns, 0);
          continue;
        }
        for (Watched& w : watched) {
          if (w.rule.limits == Limits{}) continue;
          w.requests.push_back({now, 1});
          if (const std::int64_t tpm = w.rule.limits.tokens_per_minute; tpm > 0 && tokens * 60 <= tpm)
            w.tokens.push_back({now, tokens * 60});
          ++w.running;
          EXPECT_LE(w.running, w.rule.limits.concurrent > 0 ? w.rule.limits.concurrent : w.running);
        }
        running.push_back({std::move(decision.hold), tokens, now + below(20 * kS)});
      }
      clock.AdvanceSteady(below(300 * kMs));
      for (std::size_t i = 0; i < running.size();) {
        if (running[i].ends > clock.steady_ns()) {
          ++i;
          continue;
        }
        // Tokens given back may be had again, so such a trace says nothing of tokens: half of the seeds give none.
        if (seed % 2 == 0) running[i].hold.Settle(below(running[i].reserved + 1));
        running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
        for (Watched& w : watched) w.running -= w.rule.limits != Limits{};
      }
    }
    for (const Watched& w : watched) {
      const Limits& limits = w.rule.limits;
      if (limits.requests_per_minute > 0) {
        EXPECT_LE(WorstWindow(w.requests, kS), (limits.requests_per_minute + 59) / 60) << "seed " << seed;
        EXPECT_LE(WorstWindow(w.requests, 60 * kS), limits.requests_per_minute) << "seed " << seed;
      }
      if (limits.tokens_per_minute > 0 && seed % 2 == 1) {
        EXPECT_LE(WorstWindow(w.tokens, kS), limits.tokens_per_minute) << "seed " << seed;
      }
    }
  }
}

TEST(RateLimiter, SaysWhenToComeBackAndWhatIsLeft) {
  ManualClock clock;
  RateLimiter limiter(clock);
  limiter.Set(Rule({.requests_per_minute = 60}, LimitScope::kKey, "key_1"));
  limiter.Set(Rule({.requests_per_minute = 2}, LimitScope::kAccount, "acc_1", "other"));
  auto first = limiter.Admit(kSubject, 0, 0);
  ASSERT_FALSE(first.refusal);
  EXPECT_EQ(first.left.requests.limit, 60);
  EXPECT_EQ(first.left.requests.remaining, 59);
  EXPECT_EQ(first.left.requests.reset_ns, 60 * kS);
  clock.Advance(400);
  const auto second = limiter.Admit(kSubject, 0, 0);
  ASSERT_TRUE(second.refusal);
  EXPECT_EQ(second.refusal->kind, LimitKind::kRequests);
  EXPECT_TRUE(second.refusal->per_second);
  EXPECT_EQ(second.refusal->retry_after_ns, 600 * kMs);
  EXPECT_EQ(second.left.requests.remaining, 59);
  clock.AdvanceSteady(second.refusal->retry_after_ns);
  EXPECT_FALSE(limiter.Admit(kSubject, 0, 0).refusal);
  // Another key of the same workspace has its own.
  EXPECT_FALSE(limiter.Admit({"acc_1", "ws_1", "key_2", "m"}, 0, 0).refusal);
  // A removed rule holds no longer.
  limiter.Set(Rule({}, LimitScope::kKey, "key_1"));
  EXPECT_FALSE(limiter.Admit(kSubject, 0, 0).refusal);
  EXPECT_EQ(limiter.Rules().size(), 1u);
}

TEST(RateLimiter, TokensAreCorrectedAtTheEnd) {
  ManualClock clock;
  RateLimiter limiter(clock);
  limiter.Set(Rule({.tokens_per_minute = 6000}));  // 100 a second
  auto long_one = limiter.Admit(kSubject, 1000, 1000);  // ten seconds of it
  ASSERT_FALSE(long_one.refusal);
  EXPECT_EQ(long_one.left.tokens.remaining, 5000);
  clock.Advance(500);
  auto refused = limiter.Admit(kSubject, 10, 10);
  ASSERT_TRUE(refused.refusal);
  EXPECT_EQ(refused.refusal->kind, LimitKind::kTokens);
  EXPECT_TRUE(refused.refusal->per_second);
  EXPECT_EQ(refused.refusal->retry_after_ns, 9500 * kMs);
  long_one.hold.Settle(50);
  EXPECT_EQ(limiter.Left(kSubject).tokens.remaining, 5950);
  EXPECT_FALSE(limiter.Admit(kSubject, 50, 50).refusal);  // the other half of this second
  EXPECT_TRUE(limiter.Admit(kSubject, 1, 1).refusal);

  // An answer that becomes longer than was reserved delays those that follow.
  clock.Advance(60'000);
  auto unknown = limiter.Admit(kSubject, 100, 10);
  ASSERT_FALSE(unknown.refusal);
  unknown.hold.Settle(600);
  refused = limiter.Admit(kSubject, 1, 1);
  ASSERT_TRUE(refused.refusal);
  EXPECT_EQ(refused.refusal->retry_after_ns, 6 * kS);

  // What can never be had is said at once; what may be less is cut to the minute.
  clock.Advance(60'000);
  refused = limiter.Admit(kSubject, 6001, 6001);
  ASSERT_TRUE(refused.refusal);
  EXPECT_TRUE(refused.refusal->never);
  EXPECT_FALSE(limiter.Admit(kSubject, 100'000, 20).refusal);
}

TEST(RateLimiter, RampsAndStreamsAtOnce) {
  ManualClock clock;
  RateLimiter limiter(clock);
  limiter.Set(Rule({.requests_per_minute = 6'000'000, .burst_per_second = 10}));
  std::vector<std::int64_t> in_second;
  for (int second = 0; second < 60; ++second) {
    std::int64_t n = 0;
    for (int i = 0; i < 1000; ++i, clock.Advance(1)) {
      const auto decision = limiter.Admit(kSubject, 0, 0);
      EXPECT_TRUE(!decision.refusal || decision.refusal->kind == LimitKind::kBurst);
      n += !decision.refusal;
    }
    in_second.push_back(n);
  }
  EXPECT_EQ(in_second[0], 10);
  EXPECT_LE(in_second[10], 40);
  EXPECT_GE(in_second[59], 500);  // twice the mean of ten seconds, again and again
  for (std::size_t i = 10; i < in_second.size(); ++i) {
    std::int64_t sum = 0;
    for (std::size_t j = i - 10; j < i; ++j) sum += in_second[j];
    EXPECT_LE(in_second[i], std::max<std::int64_t>(10, sum / 10 * 3)) << i;  // what comes meanwhile counts in the mean
  }

  limiter.Set(Rule({.concurrent = 2}));
  auto a = limiter.Admit(kSubject, 0, 0), b = limiter.Admit(kSubject, 0, 0);
  auto c = limiter.Admit(kSubject, 0, 0);
  EXPECT_FALSE(a.refusal || b.refusal);
  ASSERT_TRUE(c.refusal);
  EXPECT_EQ(c.refusal->kind, LimitKind::kConcurrent);
  b.hold.Settle(0);
  EXPECT_FALSE(limiter.Admit(kSubject, 0, 0).refusal);
}

// Threads in a race get together what one would get.
TEST(RateLimiter, ThreadsTogether) {
  ManualClock clock;
  RateLimiter limiter(clock);
  limiter.Set(Rule({.requests_per_minute = 12'000}));  // 200 a second
  for (int second = 0; second < 3; ++second) {
    std::atomic<int> admitted{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int asked = 0; asked < 200; ++asked)
          if (!limiter.Admit(kSubject, 0, 0).refusal) ++admitted;
      });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(admitted, 200);
    clock.Advance(1000);
  }
}

}  // namespace
}  // namespace yun::cloud
