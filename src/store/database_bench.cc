// What a settlement costs the database: a posting with three entries, a receipt and three balances, in one write.
// YUN_BENCH_DATABASE gives another database than a SQLite file in the current folder (an empty one, or this bench's).
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

#include "store/database.h"

namespace yun::store {
namespace {

constexpr std::int64_t kWorkspaces = 200;

const std::vector<Migration> kSchema = {
    {1, "0001_bench",
     "CREATE TABLE posting (id BIGINT PRIMARY KEY, idempotency_key TEXT NOT NULL UNIQUE, created_ms BIGINT NOT NULL);"
     "CREATE TABLE entry (posting_id BIGINT NOT NULL, line BIGINT NOT NULL, account TEXT NOT NULL, "
     "amount_micro BIGINT NOT NULL, PRIMARY KEY (posting_id, line));"
     "CREATE INDEX entry_by_account ON entry (account, posting_id);"
     "CREATE TABLE balance (account TEXT PRIMARY KEY, amount_micro BIGINT NOT NULL);"
     "CREATE TABLE receipt (id TEXT PRIMARY KEY, workspace TEXT NOT NULL, model TEXT NOT NULL, prompt_tokens BIGINT, "
     "output_tokens BIGINT, amount_micro BIGINT NOT NULL, created_ms BIGINT NOT NULL);"}};

std::string FileUrl(const char* options) {
  return "sqlite:" + (std::filesystem::current_path() / "database_bench.db").string() + options;
}

/// One database a benchmark: of YUN_BENCH_DATABASE, or a new file. Ids go on from one to the next.
class Ledger {
 public:
  explicit Ledger(const char* options) {
    const char* given = std::getenv("YUN_BENCH_DATABASE");
    if (given == nullptr) {
      for (const char* suffix : {"", "-wal", "-shm", ".lock"})
        std::filesystem::remove("database_bench.db" + std::string(suffix));
    }
    auto db = Database::Open(given != nullptr ? given : FileUrl(options), {.migrations = kSchema});
    if (db) {
      db_ = std::move(*db);
      (void)db_->Read([&](Connection& c) -> Status {
        ASSIGN_OR_RETURN(const auto rows, c.Query("SELECT COALESCE(max(id), 0) FROM posting"));
        next_ = rows[0].Int(0) + 1;
        return {};
      });
    } else {
      std::fprintf(stderr, "%s\n", db.error().message.c_str());
    }
  }

  Database* db() { return db_.get(); }
  Database::Work Settlement() {
    return [id = next_++](Connection& c) -> Status {
      const std::string workspace = "workspace:" + std::to_string(id % kWorkspaces), key = "rcpt_" + std::to_string(id);
      RETURN_IF_ERROR(
          c.Execute("INSERT INTO posting (id, idempotency_key, created_ms) VALUES (?, ?, ?)", {id, key, id}));
      RETURN_IF_ERROR(
          c.Execute("INSERT INTO receipt (id, workspace, model, prompt_tokens, output_tokens, amount_micro, "
                    "created_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    {key, workspace, "qwen3:4b", 100, 20, 300, id}));
      const std::pair<const std::string, std::int64_t> entries[] = {
          {workspace, -300}, {"income", 200}, {"partner", 100}};
      for (std::int64_t line = 0; line < 3; ++line) {
        const auto& [account, amount] = entries[line];
        RETURN_IF_ERROR(c.Execute("INSERT INTO entry (posting_id, line, account, amount_micro) VALUES (?, ?, ?, ?)",
                                  {id, line, account, amount}));
        RETURN_IF_ERROR(
            c.Execute("INSERT INTO balance (account, amount_micro) VALUES (?, ?) ON CONFLICT (account) DO "
                      "UPDATE SET amount_micro = balance.amount_micro + excluded.amount_micro",
                      {account, amount}));
      }
      return {};
    };
  }

 private:
  std::unique_ptr<Database> db_;
  std::atomic<std::int64_t> next_ = 1;
};

const char* OptionsOf(benchmark::State& state) {
  const bool full = state.range(0) != 0;
  if (std::getenv("YUN_BENCH_DATABASE") == nullptr) state.SetLabel(full ? "synchronous=full" : "synchronous=normal");
  return full ? "?synchronous=full" : "";
}

/// Settlements without waiting for each: 10 000, then all of them committed.
void BM_Enqueue(benchmark::State& state) {
  constexpr int kSettlements = 10'000;
  Ledger ledger(OptionsOf(state));
  if (ledger.db() == nullptr) return state.SkipWithError("no database");
  std::atomic<int> failed = 0;
  for (auto _ : state) {
    for (int i = 0; i < kSettlements; ++i) {
      if (!ledger.db()->Enqueue(ledger.Settlement(), [&](const Status& s) { failed += !s; })) ++failed;
    }
    if (!ledger.db()->Flush() || failed > 0) state.SkipWithError("a write failed");
  }
  state.SetItemsProcessed(state.iterations() * kSettlements);
}
BENCHMARK(BM_Enqueue)->Arg(0)->Arg(1)->Iterations(20)->Unit(benchmark::kMillisecond)->UseRealTime();

/// Settlements that wait for their commit; the time is that of one of them.
std::unique_ptr<Ledger> shared;
void BM_Write(benchmark::State& state) {
  if (state.thread_index() == 0) shared = std::make_unique<Ledger>(OptionsOf(state));
  for (auto _ : state) {
    if (shared->db() == nullptr || !shared->db()->Write(shared->Settlement())) {
      state.SkipWithError("a write failed");
      break;
    }
  }
  if (state.thread_index() == 0) state.SetItemsProcessed(state.iterations() * state.threads());
  if (state.thread_index() == 0) shared.reset();
}
BENCHMARK(BM_Write)->Arg(0)->Arg(1)->Iterations(2000)->Threads(1)->Threads(8)->Threads(64)->UseRealTime();

/// A balance, by a connection of the pool.
void BM_Read(benchmark::State& state) {
  Ledger ledger("");
  if (ledger.db() == nullptr || !ledger.db()->Write(ledger.Settlement())) return state.SkipWithError("no database");
  for (auto _ : state) {
    const Status status = ledger.db()->Read([&](Connection& c) -> Status {
      ASSIGN_OR_RETURN(const auto rows, c.Query("SELECT amount_micro FROM balance WHERE account = ?", {"income"}));
      benchmark::DoNotOptimize(rows[0].Int(0));
      return {};
    });
    if (!status) state.SkipWithError("a read failed");
  }
}
BENCHMARK(BM_Read)->UseRealTime();

}  // namespace
}  // namespace yun::store

BENCHMARK_MAIN();
