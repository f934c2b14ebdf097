// What a request of a paying workspace costs before and behind its answer: the key is looked up, limits and balance are
// asked, what was used is written down and charged, 2 000 times a second while the ledger's writer works beside it.
// Database and journal are made in the current folder.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "cloud/admission.h"
#include "cloud/directory.h"
#include "cloud/ledger.h"
#include "cloud/quota.h"
#include "store/database.h"

namespace yun::cloud {
namespace {

namespace fs = std::filesystem;
using Time = std::chrono::steady_clock;

constexpr int kKeys = 200, kRequestsASecond = 2000, kSeconds = 10;
constexpr std::string_view kPrices =
    "version = \"bench\"\n[[price]]\nmodel = \"*\"\ncurrency = \"CNY\"\nfrom = \"2020-01-01\"\ninput = 300_000\n"
    "output = 600_000\n";

template <class T>
T Take(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

double Quantile(std::vector<double>& sorted, double p) {
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(p * static_cast<double>(sorted.size())))];
}

void BM_AdmitAndSettle(benchmark::State& state) {
  const fs::path home = fs::current_path() / "admission.bench";
  fs::remove_all(home);
  fs::create_directories(home);
  {
    const Clock& clock = SystemClock();
    auto db = Take(store::Database::Open("sqlite:" + (home / "cloud.db").string()));
    auto directory = Take(Directory::Open(*db, home, clock));
    auto meter = Take(Meter::Open(home));
    RateLimiter limiter(clock);
    auto quotas = Take(Quotas::Open(*db, limiter));
    auto ledger = Take(Ledger::Open(*db, *meter, clock));
    Take(ledger->LoadPrices(kPrices, "bench"));
    Admission admission(limiter, *ledger);

    const auto first = Take(directory->MakeFirst("CNY"));
    const Workspace workspace = *directory->FindWorkspace(first.workspace_id);
    Take(ledger->TopUp(workspace.id, {.account_id = workspace.account_id}, 1'000'000'000'000, "bench", ""));
    Take(ledger->CreateBudget({.workspace_id = workspace.id, .amount_micro = 1'000'000'000'000}));
    const auto limit = [&](LimitScope scope, const std::string& id) {
      const Limits wide{10'000'000, 1'000'000'000, 10'000, 0};
      Take(quotas->Set({workspace.account_id, scope, id, LimitRule::kEveryModel, wide}));
    };
    limit(LimitScope::kAccount, workspace.account_id);
    limit(LimitScope::kWorkspace, workspace.id);
    std::vector<std::string> secrets;
    for (int i = 0; i < kKeys; ++i) {
      const MadeKey made = Take(directory->MakeKey({}, {.workspace_id = workspace.id, .person_id = first.person_id,
                                                        .name = "bench"}));
      secrets.push_back(made.secret.Reveal());
      limit(LimitScope::kKey, made.key.id);
    }

    AdmissionRequest request;
    request.model = "qwen3-0.6b";
    request.request_id = "req_0123456789abcdef";
    request.input[Kind::kInput] = 20;
    request.output_tokens = 16;
    request.output_tokens_given = true;
    Units used;
    used[Kind::kInput] = 20;
    used[Kind::kOutput] = 8;
    std::vector<double> before, behind, both;
    for (auto _ : state) {
      const Time::time_point start = Time::now();
      for (int i = 0; i < kRequestsASecond * kSeconds; ++i) {
        std::this_thread::sleep_until(start + std::chrono::microseconds(1'000'000LL * i / kRequestsASecond));
        const Time::time_point a = Time::now();
        const auto principal = directory->Verify(secrets[static_cast<std::size_t>(i % kKeys)]);
        const Admission::Answer answer = admission.Admit(*principal, request);
        if (!answer.grant) {
          std::fprintf(stderr, "refused: %s\n", answer.refusal->message.c_str());
          std::exit(1);
        }
        const Time::time_point b = Time::now();
        answer.grant->ticket(0)->Used(used);
        answer.grant->Settle(EndReason::kStop);
        const Time::time_point c = Time::now();
        const auto us = [](Time::duration d) { return std::chrono::duration<double, std::micro>(d).count(); };
        before.push_back(us(b - a));
        behind.push_back(us(c - b));
        both.push_back(us(c - a));
      }
      Take(ledger->Flush());
    }
    for (auto& [name, times] : {std::pair("admit", &before), {"settle", &behind}, {"both", &both}}) {
      std::sort(times->begin(), times->end());
      state.counters[std::string(name) + "_p50_us"] = Quantile(*times, 0.5);
      state.counters[std::string(name) + "_p99_us"] = Quantile(*times, 0.99);
    }
  }
  fs::remove_all(home);
}
BENCHMARK(BM_AdmitAndSettle)->Unit(benchmark::kSecond)->UseRealTime()->Iterations(1);

}  // namespace
}  // namespace yun::cloud
