// What a decision of the limiter costs: 10 000 keys of 100 accounts, with rules at every scope.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "cloud/clock.h"
#include "cloud/rate_limit.h"

namespace yun::cloud {
namespace {

struct Names {
  std::string account, workspace, key;
};

void BM_Admit(benchmark::State& state) {
  static RateLimiter limiter(SystemClock());
  static const std::vector<Names> names = [] {
    std::vector<Names> made;
    for (int i = 0; i < 10'000; ++i) {
      Names n{"acc_" + std::to_string(i % 100), "ws_" + std::to_string(i % 1000), "key_" + std::to_string(i)};
      const Limits limits{600'000'000, 600'000'000'000, 100'000, 0};
      limiter.Set({n.account, LimitScope::kAccount, n.account, LimitRule::kEveryModel, limits});
      limiter.Set({n.account, LimitScope::kWorkspace, n.workspace, "m", limits});
      limiter.Set({n.account, LimitScope::kKey, n.key, LimitRule::kEveryModel, limits});
      made.push_back(std::move(n));
    }
    return made;
  }();
  std::size_t i = static_cast<std::size_t>(state.thread_index()) * 7919;
  for (auto _ : state) {
    const Names& n = names[i++ % names.size()];
    auto decision = limiter.Admit({n.account, n.workspace, n.key, "m"}, 1000, 1000);
    if (decision.refusal) state.SkipWithError("refused");
    decision.hold.Settle(200);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Admit)->Threads(1)->Threads(2)->UseRealTime();

}  // namespace
}  // namespace yun::cloud

BENCHMARK_MAIN();
