// Bills over a large ledger: 10 million entries, a year of 200 workspaces. Filling takes a minute or two; the database
// is bills.db in the current folder (YUN_BENCH_DATABASE: another address), and used again.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>

#include "base/check.h"
#include "cloud/clock.h"
#include "cloud/invoice.h"
#include "cloud/partner.h"
#include "cloud/revenue.h"
#include "cloud/statement.h"
#include "store/database.h"

namespace yun::cloud {
namespace {

constexpr std::int64_t kTransactions = 3'333'334, kWorkspaces = 200;
constexpr Month kFirst{2026, 1}, kNow{2027, 1};

/// A table numbers(i) of 0 to n - 1.
std::string Numbers(std::int64_t n) {
  return "WITH RECURSIVE numbers(i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < " +
         std::to_string(n) + ") ";
}

void Fill(store::Database& database) {
  const auto run = [&](const std::string& sql) {
    const Status done = database.Write([&](store::Connection& connection) -> Status {
      RETURN_IF_ERROR(connection.Execute(sql));
      return {};
    });
    CHECK(done.has_value());
  };
  const std::string from = std::to_string(kFirst.from_ms());
  const std::string workspace = "'ws_' || (i % " + std::to_string(kWorkspaces) + ")";
  const std::string at =
      "(" + from + " + i * " + std::to_string((kNow.from_ms() - kFirst.from_ms()) / kTransactions) + ")";
  // One transaction of 10 000 is a top-up.
  run("INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, note) " +
      Numbers(kTransactions) +
      "SELECT i + 1, CASE WHEN i % 10000 = 0 THEN 'top_up' ELSE 'settle' END, 'rcp_' || i, "
      "'rcp_' || i, " +
      workspace + ", " + at + ", '' FROM numbers");
  run("INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) " + Numbers(3 * kTransactions) +
      "SELECT i / 3 + 1, i % 3, CASE i % 3 WHEN 0 THEN 'ws:ws_' || (i / 3 % " + std::to_string(kWorkspaces) +
      ") || ':available' WHEN 1 THEN 'platform:revenue' ELSE 'partner:prt_1:payable' END, CASE i % 3 WHEN 0 THEN -1000 "
      "WHEN 1 THEN 700 ELSE 300 END, 'CNY' FROM numbers");
  run("INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) " + Numbers(kWorkspaces) +
      "SELECT 'ws:ws_' || i || ':available', 'CNY', -16666000, 'ws_' || i, 'acc_1' FROM numbers");
  // Days and months of workspace x model x key; the model of one partner.
  const auto rollup = [&](int granularity, std::int64_t steps, std::int64_t step_ms, int level) {
    const std::int64_t models = 3, keys = level == 0 ? 2 : 1, workspaces = level < 2 ? kWorkspaces : 1;
    const std::string m = std::to_string(models), k = std::to_string(keys), w = std::to_string(workspaces);
    const std::string step =
        step_ms > 0 ? from + " + i / (" + m + " * " + k + " * " + w + ") * " + std::to_string(step_ms) : "0";
    std::string start = step;
    if (step_ms == 0) {
      start = "CASE i / (" + m + " * " + k + " * " + w + ")";
      for (int month = 0; month < steps; ++month)
        start += " WHEN " + std::to_string(month) + " THEN " + std::to_string(kFirst.Plus(month).from_ms());
      start += " END";
    }
    run("INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, "
        "currency, "
        "requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, "
        "units_image, units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, "
        "partner_micro) " +
        Numbers(steps * models * keys * workspaces) + "SELECT " + std::to_string(granularity) + ", " +
        std::to_string(level) + ", " + (level < 2 ? "'ws_' || (i / (" + m + " * " + k + ") % " + w + ")" : "''") +
        ", " + start + ", " + (level == 0 ? "'key_' || (i / " + m + " % " + k + ")" : "''") + ", 'model_' || (i % " +
        m + "), '', " + (level == 0 ? "CASE WHEN i % " + m + " = 0 THEN 'prt_1' ELSE '' END" : "''") +
        ", 'CNY', 8, 0, 1000, 100, 0, 500, 0, 0, 0, 0, 0, 0, 0, 8000, 800 FROM numbers");
  };
  const std::int64_t days = (kNow.from_ms() - kFirst.from_ms()) / kDayMs;
  for (int level = 0; level < 3; ++level) {
    rollup(2, days, kDayMs, level);
    rollup(3, 12, 0, level);
  }
  for (int month = 0; month < 12; ++month)
    run("INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) " +
        Numbers(kWorkspaces * 9) + "SELECT 'ws_' || (i / 9), " + std::to_string(kFirst.Plus(month).from_ms()) +
        ", 'model_' || (i / 3 % 3), CASE i % 3 WHEN 2 THEN 3 ELSE i % 3 END, 'CNY', 30000, 80000 FROM numbers");
  run("INSERT INTO partner (id, name, account_id, sandbox_workspace_id, status, created_ms) VALUES ('prt_1', 'P', "
      "'acc_2', '', 'active', 0)");
}

struct Filled {
  std::unique_ptr<store::Database> database;
  ManualClock clock{kNow.from_ms() + kIssueAfterMs};
  std::unique_ptr<Partners> partners;

  static Filled& Get() {
    static Filled filled;
    return filled;
  }

 private:
  Filled() {
    const char* kept = std::getenv("YUN_BENCH_DATABASE");
    const auto here = "sqlite:" + (std::filesystem::current_path() / "bills.db").string();
    auto opened = store::Database::Open(kept ? kept : here);
    CHECK(opened.has_value());
    database = std::move(*opened);
    bool empty = false;
    CHECK(database
              ->Read([&](store::Connection& connection) -> Status {
                ASSIGN_OR_RETURN(const store::Rows rows, connection.Query("SELECT COUNT(*) FROM partner"));
                empty = rows.at(0).Int(0) == 0;
                return {};
              })
              .has_value());
    if (empty) Fill(*database);
    auto made = Partners::Open(*database, clock);
    CHECK(made.has_value());
    partners = std::move(*made);
  }
};

BillTo Customer(std::int64_t workspaces) {
  BillTo to;
  to.account_id = "acc_1";
  to.name = "A customer";
  to.currency = "CNY";
  to.tax_name = "VAT";
  to.tax_ppm = 60'000;
  for (std::int64_t i = 0; i < workspaces; ++i) to.workspaces.push_back({"ws_" + std::to_string(i), "W"});
  return to;
}

Result<Invoice> InvoiceOf(std::int64_t workspaces) {
  return DraftInvoice(*Filled::Get().database, Customer(workspaces), kNow.Plus(-1));
}

void BM_Invoice(benchmark::State& state) {
  Filled::Get();
  for (auto _ : state) {
    const auto invoice = InvoiceOf(state.range(0));
    CHECK(invoice && !invoice->lines.empty());
    benchmark::DoNotOptimize(InvoiceJson(*invoice));
  }
}
BENCHMARK(BM_Invoice)->Arg(1)->Arg(200)->Unit(benchmark::kMillisecond);

void BM_InvoicePdf(benchmark::State& state) {
  const auto invoice = InvoiceOf(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(InvoicePdf(*invoice));
}
BENCHMARK(BM_InvoicePdf)->Arg(1)->Arg(20)->Unit(benchmark::kMillisecond);

void BM_Statement(benchmark::State& state) {
  Filled& filled = Filled::Get();
  const Month month = kNow.Plus(-static_cast<int>(state.range(1)));
  for (auto _ : state) {
    const auto statement = StatementOf(*filled.database, Customer(state.range(0)), month.from_ms(), month.to_ms());
    CHECK(statement && !statement->lines.empty());
  }
}
BENCHMARK(BM_Statement)->Args({1, 1})->Args({1, 12})->Args({200, 1})->Unit(benchmark::kMillisecond);

void BM_RevenueYear(benchmark::State& state) {
  const Revenue revenue(*Filled::Get().database);
  for (auto _ : state) CHECK(revenue.Months("CNY", kFirst, kNow.Plus(-1))->size() == 12);
}
BENCHMARK(BM_RevenueYear)->Unit(benchmark::kMillisecond);

void BM_TopWorkspacesAndModels(benchmark::State& state) {
  const Revenue revenue(*Filled::Get().database);
  for (auto _ : state) {
    CHECK(revenue.TopWorkspaces("CNY", kNow.Plus(-1), 20)->size() == 20);
    CHECK(revenue.ByModel("CNY", kNow.Plus(-1))->size() == 3);
  }
}
BENCHMARK(BM_TopWorkspacesAndModels)->Unit(benchmark::kMillisecond);

void BM_PayoutStatement(benchmark::State& state) {
  Filled& filled = Filled::Get();
  const Month month = kNow.Plus(-1);
  for (auto _ : state) {
    const auto statement = filled.partners->StatementOf("prt_1", "CNY", month.from_ms(), month.to_ms());
    CHECK(statement && statement->earned_micro > 0);
  }
}
BENCHMARK(BM_PayoutStatement)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace yun::cloud
