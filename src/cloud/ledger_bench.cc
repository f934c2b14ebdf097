// What money costs. Settlements a second, and how long a books' page takes when there are millions of rows.
//
// The database and the meter's journal are made in the current folder (YUN_BENCH_DATABASE: another address, an empty
// database). YUN_LEDGER_ROWS: entries that the books hold for the BM_Books* (300 000 when it is not set), spread over a
// year, 20 workspaces, 10 keys each, a model a key (of 5); books.db is kept and used again.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

#include "cloud/ledger.h"
#include "cloud/month.h"
#include "cloud/rollup.h"
#include "store/database.h"

namespace yun::cloud {
namespace {

namespace fs = std::filesystem;

constexpr int kWorkspaces = 20, kKeys = 10, kModels = 5;
constexpr std::int64_t kYearStart = 1'763'596'800'000;  // 2025-11-20
constexpr std::int64_t kYearMs = 365 * kDayMs;
constexpr std::string_view kPrices =
    "version = \"bench\"\n[[price]]\nmodel = \"*\"\ncurrency = \"CNY\"\ninput = 300_000\ncached_input = 60_000\n"
    "output = 600_000\n";

std::string WorkspaceOf(int i) { return "ws_0123456789abcdef012345" + std::to_string(10 + i); }
std::string KeyOf(int workspace, int i) { return "key_0123456789abcdef" + std::to_string(workspace * kKeys + i); }
std::string ModelOf(int i) { return "qwen3-" + std::to_string(i) + "b"; }

/// Money over a database and a journal of its own.
struct Books {
  Books(const std::string& name, const Clock& clock, bool keep) {
    const fs::path folder = fs::current_path() / (name + ".meter");
    const char* given = std::getenv("YUN_BENCH_DATABASE");
    if (!keep && given == nullptr) {
      for (const char* suffix : {"", "-wal", "-shm", ".lock"}) fs::remove(name + ".db" + suffix);
      fs::remove_all(folder);
    }
    fs::create_directories(folder);
    auto opened = store::Database::Open(given ? given : "sqlite:" + (fs::current_path() / (name + ".db")).string());
    Check(opened);
    db = std::move(*opened);
    auto made = Meter::Open(folder);
    Check(made);
    meter = std::move(*made);
    LedgerOptions options;
    options.share_of = [](std::string_view, std::string_view) { return PartnerShare{"prt_bench", 300'000}; };
    auto ledger_opened = Ledger::Open(*db, *meter, clock, options);
    Check(ledger_opened);
    ledger = std::move(*ledger_opened);
    Check(ledger->LoadPrices(kPrices, "bench"));
    for (int i = 0; i < kWorkspaces; ++i)
      Check(ledger->TopUp(WorkspaceOf(i), {.account_id = "acc_bench"}, 1'000'000'000'000, NewId("top_"), ""));
  }
  template <class T, class E>
  static void Check(const tl::expected<T, E>& result) {
    if (result) return;
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    std::exit(1);
  }

  std::shared_ptr<Reservation> Reserve(std::uint32_t random) {
    ReserveRequest request;
    const int workspace = static_cast<int>(random % kWorkspaces);
    request.workspace_id = WorkspaceOf(workspace);
    request.key_id = KeyOf(workspace, static_cast<int>((random >> 8) % kKeys));
    request.model = ModelOf(static_cast<int>((random >> 8) % kKeys % kModels));
    request.request_id = "0123456789abcdef0123456789abcdef";
    request.terms.account_id = "acc_bench";
    request.most[Kind::kInput] = 200;
    request.most[Kind::kOutput] = 100;
    auto reservation = ledger->Reserve(request);
    Check(reservation);
    Units used;
    used[Kind::kInput] = 150;
    used[Kind::kCachedInput] = 50;
    used[Kind::kOutput] = 1 + (random >> 24) % 100;
    (*reservation)->tickets[0]->Used(used);
    return std::move(*reservation);
  }

  std::unique_ptr<store::Database> db;
  std::unique_ptr<Meter> meter;
  std::unique_ptr<Ledger> ledger;
};

/// Reserve, one Used, settle: as many as the database takes, until all are committed.
void BM_Settle(benchmark::State& state) {
  Books books("settle", SystemClock(), false);
  std::mt19937 random(1);
  constexpr int kChunk = 20'000;
  for (auto _ : state) {
    for (int i = 0; i < kChunk; ++i) books.ledger->Settle(books.Reserve(random()), EndReason::kStop);
    Books::Check(books.ledger->Flush());
  }
  state.SetItemsProcessed(state.iterations() * kChunk);
  state.SetLabel(books.db->kind());
}
BENCHMARK(BM_Settle)->Unit(benchmark::kMillisecond)->UseRealTime()->MinTime(8);

/// The same with reservations that were posted before their end: two transactions a request.
void BM_SettleLong(benchmark::State& state) {
  ManualClock clock(kYearStart);
  Books books("settle", clock, false);
  std::mt19937 random(1);
  constexpr int kChunk = 10'000;
  for (auto _ : state) {
    std::vector<std::shared_ptr<Reservation>> open;
    for (int i = 0; i < kChunk; ++i) open.push_back(books.Reserve(random()));
    clock.Advance(2'000);
    Books::Check(books.ledger->Flush());
    for (const auto& reservation : open) books.ledger->Settle(reservation, EndReason::kStop);
    Books::Check(books.ledger->Flush());
  }
  state.SetItemsProcessed(state.iterations() * kChunk);
  state.SetLabel(books.db->kind());
}
BENCHMARK(BM_SettleLong)->Unit(benchmark::kMillisecond)->UseRealTime()->MinTime(4);

/// What a request waits for: the calls themselves, with the writer at work beside them.
void BM_ReserveAndSettleCalls(benchmark::State& state) {
  Books books("settle", SystemClock(), false);
  std::mt19937 random(1);
  for (auto _ : state) {
    books.ledger->Settle(books.Reserve(random()), EndReason::kStop);
    if (books.ledger->queue().waiting > 20'000) {
      state.PauseTiming();
      Books::Check(books.ledger->Flush());
      state.ResumeTiming();
    }
  }
}
BENCHMARK(BM_ReserveAndSettleCalls)->Unit(benchmark::kMicrosecond)->UseRealTime();

/// What the engine's thread pays a step and sequence.
void BM_TicketUsed(benchmark::State& state) {
  Books books("settle", SystemClock(), false);
  const auto reservation = books.Reserve(1);
  Units units = reservation->tickets[0]->used();
  for (auto _ : state) reservation->tickets[0]->Used(units);
  books.ledger->Settle(reservation, EndReason::kStop);
}
BENCHMARK(BM_TicketUsed);

std::int64_t EntriesWanted() {
  const char* given = std::getenv("YUN_LEDGER_ROWS");
  return given ? std::atoll(given) : 300'000;
}

/// A year of books with EntriesWanted() entries.
Books& FullBooks() {
  static ManualClock clock(kYearStart);
  static Books* books = [] {
    auto* made = new Books("books", clock, true);
    std::int64_t entries = 0;
    Books::Check(made->db->Read([&](store::Connection& db) -> Status {
      ASSIGN_OR_RETURN(const store::Rows rows, db.Query("SELECT COUNT(*) FROM ledger_entry"));
      entries = rows[0].Int(0);
      return {};
    }));
    const std::int64_t total = std::max<std::int64_t>(EntriesWanted() / 3, 1);
    std::mt19937 random(2);
    std::int64_t made_now = 0;
    while (entries < EntriesWanted()) {
      made->ledger->Settle(made->Reserve(random()), EndReason::kStop);
      entries += 3;
      if (++made_now % 1'000 == 0) clock.Advance(std::max<std::int64_t>(1, 1'000 * kYearMs / total));
      if (made_now % 50'000 == 0) {
        Books::Check(made->ledger->Flush());
        std::fprintf(stderr, "\r%lld entries", static_cast<long long>(entries));
      }
    }
    Books::Check(made->ledger->Flush());
    return made;
  }();
  clock.SetUnix(std::max(clock.unix_ms(), books->ledger->now_ms()));
  return *books;
}

template <class F>
void Measure(benchmark::State& state, F&& f) {
  Books& books = FullBooks();
  std::size_t rows = 0;
  for (auto _ : state) {
    const auto result = f(books);
    Books::Check(result);
    rows = result->size();
  }
  state.counters["rows"] = static_cast<double>(rows);
  state.SetLabel(books.db->kind());
}
#define BOOKS(name) BENCHMARK(name)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(10)

void BM_BooksBalance(benchmark::State& state) {
  Measure(state, [](Books& books) -> Result<std::string> {
    const Balance balance = books.ledger->BalanceOf(WorkspaceOf(3));
    return std::to_string(balance.available_micro);
  });
}
BOOKS(BM_BooksBalance);

/// The balance as the database has it.
void BM_BooksBalanceByQuery(benchmark::State& state) {
  Measure(state, [](Books& books) {
    Result<store::Rows> rows;
    Books::Check(books.db->Read([&](store::Connection& db) -> Status {
      rows = db.Query("SELECT account, amount_micro FROM ledger_balance WHERE account IN (?, ?)",
                      {"ws:" + WorkspaceOf(3) + ":available", "ws:" + WorkspaceOf(3) + ":reserved"});
      return {};
    }));
    return rows;
  });
}
BOOKS(BM_BooksBalanceByQuery);

/// The console's usage page: thirty days by day and model, and the latest hundred requests.
void BM_BooksUsagePage(benchmark::State& state) {
  Measure(state, [](Books& books) -> Result<std::vector<Receipt>> {
    const std::int64_t now = books.ledger->now_ms();
    UsageQuery query{.from_ms = now - 30 * kDayMs, .to_ms = now, .by = kByTime | kByModel};
    query.workspace_id = WorkspaceOf(3);
    RETURN_IF_ERROR(QueryUsage(*books.db, query));
    return books.ledger->ListReceipts({.workspace_id = WorkspaceOf(3)});
  });
}
BOOKS(BM_BooksUsagePage);

/// A page from the middle of the year, of one key.
void BM_BooksReceiptsOfAKey(benchmark::State& state) {
  Measure(state, [](Books& books) {
    return books.ledger->ListReceipts(
        {.workspace_id = WorkspaceOf(3), .key_id = KeyOf(3, 4), .to_ms = kYearStart + kYearMs / 2});
  });
}
BOOKS(BM_BooksReceiptsOfAKey);

/// What an invoice sums: a month of an account by workspace and model.
void BM_BooksInvoiceMonth(benchmark::State& state) {
  Measure(state, [](Books& books) {
    const Month month = Month::Of(books.ledger->now_ms() - 10 * kDayMs);
    UsageQuery query{.from_ms = month.from_ms(), .to_ms = month.to_ms(), .granularity = Granularity::kMonth};
    query.by = kByWorkspace | kByModel;
    query.account_id = "acc_bench";
    return QueryUsage(*books.db, query);
  });
}
BOOKS(BM_BooksInvoiceMonth);

void Year(benchmark::State& state, Granularity granularity, std::uint32_t by, std::string workspace = {}) {
  Measure(state, [&](Books& books) {
    UsageQuery query{.from_ms = kYearStart, .to_ms = kYearStart + kYearMs, .granularity = granularity, .by = by};
    query.workspace_id = workspace;
    return QueryUsage(*books.db, query);
  });
}
void BM_BooksYearByDay(benchmark::State& state) { Year(state, Granularity::kDay, kByTime); }
void BM_BooksYearByDayAndModel(benchmark::State& state) { Year(state, Granularity::kDay, kByTime | kByModel); }
void BM_BooksYearOfAWorkspace(benchmark::State& state) {
  Year(state, Granularity::kDay, kByTime | kByModel, WorkspaceOf(3));
}
void BM_BooksYearOfAWorkspaceByKey(benchmark::State& state) {
  Year(state, Granularity::kDay, kByTime | kByKey, WorkspaceOf(3));
}
void BM_BooksYearByMonthAndWorkspace(benchmark::State& state) {
  Year(state, Granularity::kMonth, kByTime | kByWorkspace);
}
BOOKS(BM_BooksYearByDay);
BOOKS(BM_BooksYearByDayAndModel);
BOOKS(BM_BooksYearOfAWorkspace);
BOOKS(BM_BooksYearOfAWorkspaceByKey);
BOOKS(BM_BooksYearByMonthAndWorkspace);

/// The last two days by minute, the last 90 by hour.
void BM_BooksRecent(benchmark::State& state) {
  Measure(state, [&](Books& books) {
    const std::int64_t now = books.ledger->now_ms();
    const bool minutes = state.range(0) == 0;
    UsageQuery query{.from_ms = now - (minutes ? kMinutesKeptMs : kHoursKeptMs), .to_ms = now};
    query.granularity = minutes ? Granularity::kMinute : Granularity::kHour;
    return QueryUsage(*books.db, query);
  });
}
BOOKS(BM_BooksRecent)->Arg(0)->Arg(1);

void BM_BooksReconcile(benchmark::State& state) {
  Measure(state, [&](Books& books) -> Result<std::vector<Reconciliation::Line>> {
    ASSIGN_OR_RETURN(const Reconciliation found, books.ledger->Reconcile(state.range(0) == 1));
    if (!found.ok()) return Fail(Code::kInternal, "the books are not in order");
    return found.lines;
  });
}
BENCHMARK(BM_BooksReconcile)->ArgName("quick")->Arg(1)->Arg(0)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace yun::cloud
