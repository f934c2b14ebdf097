#include "store/database.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <future>
#include <limits>
#include <map>
#include <thread>

#include "store/migrate.h"
#include "store/session.h"
#include "store/sqlite.h"
#include "store/test_database.h"

namespace yun::store {
namespace {

using namespace std::string_literals;

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max(), kMin = std::numeric_limits<std::int64_t>::min();

const std::vector<Migration> kSteps = {
    {1, "0001_things",
     "-- 'one' \"thing\"; and another?\n"
     "CREATE TABLE thing (id BIGINT PRIMARY KEY, name TEXT, size DOUBLE PRECISION, bytes {{blob}});"
     "CREATE UNIQUE INDEX thing_name ON thing (name);"},
    {2, "0002_parts",
     "CREATE TABLE part (id TEXT PRIMARY KEY, thing BIGINT NOT NULL REFERENCES thing (id), "
     "within TEXT REFERENCES part (id), amount BIGINT NOT NULL CHECK (amount >= 0));"},
    {3, "0003_seed", "INSERT INTO thing (id, name) VALUES (0, 'nothing');"},
    {4, "0004_colour", "ALTER TABLE thing ADD COLUMN colour TEXT; UPDATE thing SET colour = 'none';"},
};

std::vector<Migration> FirstSteps(std::size_t n) { return {kSteps.begin(), kSteps.begin() + static_cast<long>(n)}; }

Status Do(Connection& c, std::string_view sql, std::initializer_list<Value> params = {}) {
  RETURN_IF_ERROR(c.Execute(sql, params));
  return {};
}

Status InsertThing(Connection& c, std::int64_t id) {
  return Do(c, "INSERT INTO thing (id, name) VALUES (?, ?)", {id, std::to_string(id)});
}

std::string Said(const Status& status) { return status ? "ok" : status.error().message; }
Code CodeOf(const Status& status) {
  EXPECT_FALSE(status.has_value());
  return status ? Code::kInternal : status.error().code;
}
testing::AssertionResult IsOk(const char* expr, const Status& status) {
  if (status) return testing::AssertionSuccess();
  return testing::AssertionFailure() << expr << ": " << status.error().message;
}
#define EXPECT_OK(expr) EXPECT_PRED_FORMAT1(IsOk, expr)

class DatabaseTest : public OnEachDatabase {
 protected:
  std::unique_ptr<Database> Open(std::vector<Migration> steps = kSteps) { return OpenUrl(url(), std::move(steps)); }
  static std::unique_ptr<Database> OpenUrl(const std::string& url, std::vector<Migration> steps = kSteps) {
    auto db = Database::Open(url, {.migrations = std::move(steps)});
    EXPECT_TRUE(db.has_value()) << db.error().message;
    return db ? std::move(*db) : nullptr;
  }
  Status TryOpen(std::vector<Migration> steps = kSteps) {
    auto db = Database::Open(url(), {.migrations = std::move(steps)});
    if (!db) return tl::unexpected<Error>(db.error());
    return {};
  }

  static Rows Select(Database& db, std::string_view sql, std::initializer_list<Value> params = {}) {
    Rows out;
    EXPECT_OK(db.Read([&](Connection& c) -> Status {
      ASSIGN_OR_RETURN(out, c.Query(sql, params));
      return {};
    }));
    return out;
  }
  static std::int64_t SelectInt(Database& db, std::string_view sql, std::initializer_list<Value> params = {}) {
    const Rows rows = Select(db, sql, params);
    return rows.size() == 1 ? rows[0].Int(0) : -1;
  }
  /// Every row of every table, in order of columns and rows.
  static std::map<std::string, std::vector<std::vector<Value>>> Everything(Database& db) {
    std::map<std::string, std::vector<std::vector<Value>>> out;
    for (const char* table : {"thing", "part"}) {
      for (const Row& row : Select(db, "SELECT * FROM "s + table + " ORDER BY id")) out[table].push_back(row.values());
    }
    return out;
  }
};
YUN_ON_EACH_DATABASE(DatabaseTest);

/// Holds the writer thread until Release.
class Gate {
 public:
  explicit Gate(Database& db) {
    const auto entered = std::make_shared<std::promise<void>>();
    auto has_entered = entered->get_future();
    EXPECT_OK(db.Enqueue([entered, released = release_.get_future().share()](Connection&) -> Status {
      entered->set_value();
      released.wait();
      return {};
    }));
    has_entered.wait();
  }
  ~Gate() { Release(); }
  void Release() {
    if (!std::exchange(open_, true)) release_.set_value();
  }

 private:
  std::promise<void> release_;
  bool open_ = false;
};

// ---- values and SQL

TEST_P(DatabaseTest, ValuesComeBackAsTheyWent) {
  auto db = Open();
  const std::string all_bytes = [] {
    std::string out;
    for (int i = 0; i < 256; ++i) out += static_cast<char>(i);
    return out;
  }();
  const std::vector<std::vector<Value>> rows = {
      {1, "plain", 1.5, Blob{"abc"}},
      {kMax, "", 0.1, Blob{""}},
      {kMin, "汉字 ünï 🙂 \x01\x7f", -1e308, Blob{all_bytes}},
      {2, Value(), Value(), Value()},
      {(std::int64_t{1} << 53) + 1, std::string(100'000, 'x'), 5e-324, Blob{std::string(100'000, '\0')}},
  };
  for (const auto& row : rows) {
    EXPECT_OK(db->Write([&](Connection& c) -> Status {
      RETURN_IF_ERROR(c.Execute("INSERT INTO thing (id, name, size, bytes) VALUES (?, ?, ?, ?)", row));
      return {};
    }));
  }
  for (const auto& row : rows) {
    const Rows found = Select(*db, "SELECT id, name, size, bytes FROM thing WHERE id = ?", {row[0]});
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].values(), row);
  }
  const Rows nothing = Select(*db, "SELECT name, size, bytes, id FROM thing WHERE id = 2");
  EXPECT_TRUE(nothing[0].IsNull(0));
  EXPECT_EQ(nothing[0].Text(0), "");
  EXPECT_EQ(nothing[0].Real(1), 0);
  EXPECT_EQ(nothing[0].MaybeInt(1), std::nullopt);
  EXPECT_EQ(nothing[0].MaybeInt(3), 2);
}

TEST_P(DatabaseTest, TextThatOneKindCannotHoldIsRefusedByBoth) {
  auto db = Open();
  for (const std::string& text : {"a\0b"s, "12345678\0"s, "\xff"s, "\xc0\x80"s, "\xed\xa0\x80"s, "\xf4\x90\x80\x80"s,
                                  "1234567\xc3"s, "\xe2\x82"s, "\x80"s, "\xf0\x80\x80\x80"s}) {
    EXPECT_FALSE(IsStorableText(text));
    EXPECT_EQ(
        CodeOf(db->Write([&](Connection& c) { return Do(c, "INSERT INTO thing (id, name) VALUES (1, ?)", {text}); })),
        Code::kInvalidArgument);
  }
  EXPECT_EQ(CodeOf(db->Write([&](Connection& c) {
              return Do(c, "INSERT INTO thing (id, size) VALUES (1, ?)", {std::numeric_limits<double>::infinity()});
            })),
            Code::kInvalidArgument);
  EXPECT_TRUE(IsStorableText("12345678 é ퟿  \U0010FFFF"));
  EXPECT_EQ(SelectInt(*db, "SELECT count(*) FROM thing"), 1);
}

TEST_P(DatabaseTest, SqlInAValueIsText) {
  auto db = Open();
  std::int64_t id = 10;
  for (const char* text : {"'; DROP TABLE thing; --", "\" OR 1=1 --", "?", "$1", "\\'; DELETE FROM thing;",
                           "%' OR '1'='1", "/* */", "x'); INSERT INTO thing (id) VALUES (99); --"}) {
    EXPECT_OK(
        db->Write([&](Connection& c) { return Do(c, "INSERT INTO thing (id, name) VALUES (?, ?)", {++id, text}); }));
    const Rows rows = Select(*db, "SELECT id FROM thing WHERE name = ?", {text});
    ASSERT_EQ(rows.size(), 1u) << text;
    EXPECT_EQ(rows[0].Int(0), id);
  }
  EXPECT_EQ(SelectInt(*db, "SELECT count(*) FROM thing"), 9);
}

TEST_P(DatabaseTest, BothKindsAnswerTheSame) {
  auto db = Open();
  EXPECT_OK(db->Write([&](Connection& c) -> Status {
    for (const std::int64_t id : {1, 2, 3}) RETURN_IF_ERROR(InsertThing(c, id));
    return Do(c, "UPDATE thing SET name = 'Name', size = 2.5 WHERE id = 3");
  }));
  struct {
    const char* sql;
    std::vector<Value> params, row;
  } cases[] = {
      {"SELECT count(*), sum(id), avg(id), max(id), sum(size) FROM thing", {}, {4, 6, 1.5, 3, 2.5}},
      {"SELECT sum(id) FROM thing WHERE id > 100", {}, {Value()}},
      {"SELECT COALESCE(sum(id), 0) FROM thing WHERE id > 100", {}, {0}},
      {"SELECT id > 1, id = 1 OR id = 2, EXISTS (SELECT 1 FROM part) FROM thing WHERE id = 2", {}, {1, 1, 0}},
      {"SELECT '?', ?, '''?', \"id\" /* ? */ FROM thing WHERE id = ? -- ?", {"x", 1}, {"?", "x", "'?", 1}},
      {"SELECT count(*) FROM thing WHERE name LIKE 'name'", {}, {0}},
      {"SELECT count(*) FROM thing WHERE name LIKE ?", {"N%"}, {1}},
      {"SELECT 7 / 2, -7 / 2, 7 % 2, ? / ?", {7, 2}, {3, -3, 1, 3}},
      {"SELECT CASE WHEN CAST(? AS BIGINT) IS NULL THEN 1 ELSE 0 END", {Value()}, {1}},
      {"SELECT id FROM thing ORDER BY size NULLS FIRST, id DESC LIMIT ? OFFSET ?", {1, 1}, {1}},
      {"SELECT name || ? FROM thing WHERE id = ?", {"!", 1}, {"1!"}},
      {"SELECT sum(id * ?) FROM thing WHERE id IN (?, ?)",
       {1'000'000'000'000'000'000, 1, 2},
       {3'000'000'000'000'000'000}},
      {"WITH t AS (SELECT id FROM thing) SELECT max(id) FROM t", {}, {3}},
  };
  for (const auto& c : cases) {
    Rows rows;
    EXPECT_OK(db->Read([&](Connection& connection) -> Status {
      ASSIGN_OR_RETURN(rows, connection.Query(c.sql, c.params));
      return {};
    })) << c.sql;
    ASSERT_EQ(rows.size(), 1u) << c.sql;
    EXPECT_EQ(rows[0].values(), c.row) << c.sql;
  }
}

TEST_P(DatabaseTest, ChangedRowsAreCounted) {
  auto db = Open();
  EXPECT_OK(db->Write([&](Connection& c) -> Status {
    const auto changed = [&](std::string_view sql, std::initializer_list<Value> params = {}) {
      const auto n = c.Execute(sql, params);
      EXPECT_TRUE(n.has_value()) << n.error().message;
      return n.value_or(-1);
    };
    EXPECT_EQ(changed("INSERT INTO thing (id, name) VALUES (1, 'a'), (2, 'b')"), 2);
    EXPECT_EQ(changed("INSERT INTO thing (id, name) VALUES (?, 'c') ON CONFLICT (id) DO NOTHING", {2}), 0);
    EXPECT_EQ(
        changed("INSERT INTO thing (id, name) VALUES (?, 'd') ON CONFLICT (id) DO UPDATE SET name = excluded.name",
                {2}),
        1);
    EXPECT_EQ(changed("UPDATE thing SET size = 1 WHERE id > 100"), 0);
    EXPECT_EQ(changed("SELECT * FROM thing"), 0);
    EXPECT_EQ(changed("DELETE FROM thing WHERE id >= 1"), 2);
    const auto rows = c.Query("INSERT INTO thing (id, name) VALUES (?, ?) RETURNING id, name", {5, "five"});
    EXPECT_TRUE(rows && rows->size() == 1 && (*rows)[0].Text(1) == "five");
    return {};
  }));
}

TEST_P(DatabaseTest, ErrorsHaveCodesAndHoldNoValues) {
  auto db = Open();
  struct {
    const char* sql;
    std::vector<Value> params;
    Code code;
  } cases[] = {
      {"INSERT INTO thing (id, name) VALUES (?, ?)", {0, "secret"}, Code::kAlreadyExists},
      {"INSERT INTO thing (id, name) VALUES (?, 'nothing')", {77777}, Code::kAlreadyExists},
      {"INSERT INTO part (id, thing, amount) VALUES (?, 123456, 1)", {"secret"}, Code::kInvalidArgument},
      {"INSERT INTO part (id, thing, amount) VALUES (?, 0, -5)", {"secret"}, Code::kInvalidArgument},
      {"INSERT INTO part (id, thing, amount) VALUES (?, 0, ?)", {"secret", Value()}, Code::kInvalidArgument},
      {"SELEC ?", {"secret"}, Code::kInternal},
      {"SELECT missing FROM thing WHERE name = ?", {"secret"}, Code::kInternal},
      {"SELECT \"no column, no text\"", {}, Code::kInternal},
      {"SELECT * FROM thing WHERE id = ?", {}, Code::kInternal},
      {"SELECT * FROM thing WHERE name = ?", {"secret", "secret"}, Code::kInternal},
      {"SELECT 1; SELECT 2", {}, Code::kInternal},
  };
  for (const auto& c : cases) {
    const Status status = db->Write([&](Connection& connection) -> Status {
      RETURN_IF_ERROR(connection.Query(c.sql, c.params));
      return {};
    });
    EXPECT_EQ(CodeOf(status), c.code) << c.sql << ": " << Said(status);
    EXPECT_EQ(Said(status).find("secret"), std::string::npos) << Said(status);
  }
  const Status wrote = db->Read([](Connection& c) { return InsertThing(c, 1); });
  EXPECT_EQ(CodeOf(wrote), Code::kInternal) << Said(wrote);
  EXPECT_EQ(SelectInt(*db, "SELECT count(*) FROM thing"), 1);
}

TEST_P(DatabaseTest, MoreStatementsThanAreKept) {
  auto db = Open();
  for (int round = 0; round < 2; ++round) {
    EXPECT_OK(db->Write([&](Connection& c) -> Status {
      for (std::size_t i = 0; i < kStatementsMax + 50; ++i) {
        ASSIGN_OR_RETURN(const auto rows, c.Query("SELECT ? + " + std::to_string(i), {1}));
        EXPECT_EQ(rows[0].Int(0), static_cast<std::int64_t>(i) + 1);
      }
      return {};
    }));
  }
}

// ---- writes

TEST_P(DatabaseTest, AFailingWriteTakesBackOnlyItself) {
  auto db = Open();
  std::vector<Code> codes(30, Code::kInternal);
  std::vector<int> well(30, -1);
  {
    Gate gate(*db);
    for (std::int64_t i = 0; i < 30; ++i) {
      EXPECT_OK(db->Enqueue(
          [i](Connection& c) -> Status {
            RETURN_IF_ERROR(InsertThing(c, 100 + i));
            if (i % 5 == 1) return Fail(Code::kDeadline, "no");
            if (i % 5 == 2) (void)c.Execute("INSERT INTO thing (id) VALUES (0)");  // its failure is overlooked
            if (i % 5 == 3) (void)c.Execute("SELEC");
            return {};
          },
          [&, i](const Status& status) {
            well[static_cast<std::size_t>(i)] = status.has_value();
            if (!status) codes[static_cast<std::size_t>(i)] = status.error().code;
          }));
    }
  }
  EXPECT_OK(db->Flush());
  for (std::size_t i = 0; i < 30; ++i) {
    EXPECT_EQ(well[i], i % 5 == 0 || i % 5 == 4) << i;
    EXPECT_EQ(SelectInt(*db, "SELECT count(*) FROM thing WHERE id = ?", {static_cast<std::int64_t>(100 + i)}), well[i]);
    EXPECT_EQ(codes[i], i % 5 == 1 ? Code::kDeadline : i % 5 == 2 ? Code::kAlreadyExists : Code::kInternal) << i;
  }
}

TEST_P(DatabaseTest, AfterAFailedStatementNoOtherRuns) {
  auto db = Open();
  EXPECT_EQ(CodeOf(db->Write([](Connection& c) -> Status {
              EXPECT_FALSE(c.Execute("INSERT INTO thing (id) VALUES (0)"));
              EXPECT_FALSE(c.Execute("INSERT INTO thing (id) VALUES (1)"));
              const auto rows = c.Query("SELECT 1");
              EXPECT_EQ(rows.error().code, Code::kAlreadyExists);
              return {};
            })),
            Code::kAlreadyExists);
  EXPECT_OK(db->Write([](Connection& c) { return InsertThing(c, 1); }));
}

TEST_P(DatabaseTest, WritesThatWaitShareOneCommit) {
  auto opened = Database::Open(url(), {.migrations = kSteps, .batch_time_max = std::chrono::hours(1)});
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  const auto db = std::move(*opened);
  std::atomic<int> reported = 0;
  {
    Gate gate(*db);
    for (std::int64_t i = 1; i <= 20; ++i) {
      EXPECT_OK(db->Enqueue(
          [&, i](Connection& c) -> Status {
            // What came before in this commit is there for this write, and for nobody else yet.
            ASSIGN_OR_RETURN(const auto rows, c.Query("SELECT count(*) FROM thing"));
            EXPECT_EQ(rows[0].Int(0), i);
            EXPECT_EQ(SelectInt(*db, "SELECT count(*) FROM thing"), 1);
            EXPECT_EQ(reported, 0);
            return InsertThing(c, i);
          },
          [&](const Status& status) {
            EXPECT_OK(status);
            EXPECT_EQ(SelectInt(*db, "SELECT count(*) FROM thing"), 21);
            ++reported;
          }));
    }
  }
  EXPECT_OK(db->Flush());
  EXPECT_EQ(reported, 20);
}

TEST_P(DatabaseTest, WritesKeepTheirOrder) {
  auto db = Open();
  EXPECT_OK(db->Write([](Connection& c) { return Do(c, "UPDATE thing SET size = 0 WHERE id = 0"); }));
  std::vector<int> ran, reported;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_OK(db->Enqueue(
        [&, i](Connection&) -> Status {
          ran.push_back(i);
          return {};
        },
        [&, i](const Status&) { reported.push_back(i); }));
  }
  EXPECT_OK(db->Flush());
  ASSERT_EQ(ran.size(), 1000u);
  EXPECT_TRUE(std::is_sorted(ran.begin(), ran.end()));
  EXPECT_EQ(ran, reported);
}

TEST_P(DatabaseTest, TheQueueIsBounded) {
  auto db = Open();
  std::atomic<std::size_t> reported = 0;
  {
    Gate gate(*db);
    const auto enqueue = [&] {
      return db->Enqueue([](Connection&) -> Status { return {}; }, [&](const Status&) { ++reported; });
    };
    for (std::size_t i = 0; i < kWritesQueuedMax; ++i) ASSERT_TRUE(enqueue());
    EXPECT_EQ(db->queue().waiting, kWritesQueuedMax);
    EXPECT_GT(db->queue().oldest_seconds, 0) << "the one that holds the writer up";
    const Status refused = enqueue();
    EXPECT_EQ(CodeOf(refused), Code::kTooMany);
    EXPECT_GT(refused.error().retry_after_s, 0u);
    EXPECT_EQ(CodeOf(db->Write([](Connection&) -> Status { return {}; })), Code::kTooMany);
  }
  EXPECT_OK(db->Flush());
  EXPECT_EQ(reported, kWritesQueuedMax);
}

TEST_P(DatabaseTest, WhatIsQueuedIsWrittenBeforeItCloses) {
  {
    auto db = Open();
    Gate gate(*db);
    for (std::int64_t i = 1; i <= 500; ++i) EXPECT_OK(db->Enqueue([i](Connection& c) { return InsertThing(c, i); }));
    gate.Release();
  }
  EXPECT_EQ(SelectInt(*Open(), "SELECT count(*) FROM thing"), 501);
}

TEST_P(DatabaseTest, AWriteMayBeEnqueuedByAnother) {
  auto db = Open();
  std::promise<Status> last;
  EXPECT_OK(db->Enqueue(
      [&](Connection& c) -> Status {
        RETURN_IF_ERROR(db->Enqueue([](Connection& inner) { return InsertThing(inner, 2); }));
        return InsertThing(c, 1);
      },
      [&](const Status&) {
        EXPECT_OK(db->Enqueue([](Connection& c) { return InsertThing(c, 3); },
                              [&](const Status& status) { last.set_value(status); }));
      }));
  EXPECT_OK(last.get_future().get());
  EXPECT_EQ(SelectInt(*db, "SELECT count(*) FROM thing"), 4);
}

TEST_P(DatabaseTest, ReadersSeeOneState) {
  auto db = Open();
  EXPECT_OK(db->Read([&](Connection& c) -> Status {
    ASSIGN_OR_RETURN(const auto before, c.Query("SELECT count(*) FROM thing"));
    RETURN_IF_ERROR(db->Write([](Connection& w) { return InsertThing(w, 1); }));
    ASSIGN_OR_RETURN(const auto after, c.Query("SELECT count(*) FROM thing"));
    EXPECT_EQ(before[0].Int(0), after[0].Int(0));
    return {};
  }));
  EXPECT_EQ(SelectInt(*db, "SELECT count(*) FROM thing"), 2);
}

TEST_P(DatabaseTest, ManyThreadsMoveAmountsAndTheSumStays) {
  auto db = Open();
  constexpr int kAccounts = 8, kThreads = 6, kMoves = 100;
  EXPECT_OK(db->Write([](Connection& c) -> Status {
    for (int i = 0; i < kAccounts; ++i)
      RETURN_IF_ERROR(Do(c, "INSERT INTO part (id, thing, amount) VALUES (?, 0, 10)", {std::to_string(i)}));
    return {};
  }));
  std::atomic<int> moved = 0, refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kMoves; ++i) {
        const std::string from = std::to_string((t + i) % kAccounts), to = std::to_string((t * 3 + i * 5) % kAccounts);
        // The second statement fails (CHECK) when there is too little: then the first one must not stay.
        const Status status = db->Write([&](Connection& c) -> Status {
          RETURN_IF_ERROR(Do(c, "UPDATE part SET amount = amount + 7 WHERE id = ?", {to}));
          return Do(c, "UPDATE part SET amount = amount - 7 WHERE id = ?", {from});
        });
        ++(status ? moved : refused);
        EXPECT_TRUE(status || status.error().code == Code::kInvalidArgument) << Said(status);
        EXPECT_EQ(SelectInt(*db, "SELECT sum(amount) FROM part"), kAccounts * 10);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_GT(moved, 0);
  EXPECT_GT(refused, 0);
  EXPECT_EQ(moved + refused, kThreads * kMoves);
}

// ---- processes that end, disks that fill

/// A child that opens the database and writes pairs of rows; a byte of the pipe for each that was reported as written.
pid_t StartWriter(const std::string& url, int* acknowledged) {
  int ends[2];
  CHECK(::pipe(ends) == 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(ends[0]);
    auto db = Database::Open(url, {.migrations = kSteps});
    if (!db) ::_exit(1);
    std::int64_t next = 1;
    (void)(*db)->Read([&](Connection& c) -> Status {
      ASSIGN_OR_RETURN(const auto rows, c.Query("SELECT COALESCE(max(id), 0) FROM thing"));
      next = rows[0].Int(0) + 1;
      return {};
    });
    for (;; ++next) {
      const std::int64_t id = next;
      while (!(*db)->Enqueue(
          [id](Connection& c) -> Status {
            RETURN_IF_ERROR(InsertThing(c, id));
            return Do(c, "INSERT INTO part (id, thing, amount) VALUES (?, ?, 1)", {std::to_string(id), id});
          },
          [&](const Status& status) {
            if (!status || ::write(ends[1], "", 1) != 1) ::_exit(2);
          })) {
        std::this_thread::yield();
      }
    }
  }
  ::close(ends[1]);
  *acknowledged = ends[0];
  return pid;
}

TEST_P(DatabaseTest, AKilledProcessLosesNothingThatWasReported) {
  std::int64_t reported = 0;
  for (int round = 0; round < 4; ++round) {
    int acknowledged = -1;
    const pid_t pid = StartWriter(url(), &acknowledged);
    char buffer[4096];
    const std::int64_t enough = reported + 300 + 700 * round;
    while (reported < enough) {
      const ssize_t n = ::read(acknowledged, buffer, sizeof buffer);
      ASSERT_GT(n, 0);
      reported += n;
    }
    ::kill(pid, SIGKILL);
    ASSERT_EQ(::waitpid(pid, nullptr, 0), pid);
    for (ssize_t n; (n = ::read(acknowledged, buffer, sizeof buffer)) > 0;) reported += n;
    ::close(acknowledged);

    auto db = Open();
    ASSERT_NE(db, nullptr);
    const std::int64_t things = SelectInt(*db, "SELECT max(id) FROM thing");
    EXPECT_GE(things, reported);
    EXPECT_EQ(SelectInt(*db, "SELECT count(*) FROM thing"), things + 1);
    EXPECT_EQ(SelectInt(*db, "SELECT count(*) FROM part JOIN thing ON part.thing = thing.id"), things);
    reported = things;  // some were stored, and not yet reported
  }
}

TEST_P(DatabaseTest, ASecondOwnerIsRefused) {
  {
    auto db = Open();
    Status again = TryOpen();
    EXPECT_EQ(CodeOf(again), Code::kUnavailable);
    EXPECT_NE(Said(again).find("in use by another yun"), std::string::npos) << Said(again);
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(Database::Open(url(), {.migrations = kSteps}) ? 1 : 0);
    int status = -1;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_OK(db->Write([](Connection& c) { return InsertThing(c, 1); }));
  }
  EXPECT_EQ(SelectInt(*Open(), "SELECT count(*) FROM thing"), 2);
}

TEST(SqliteTest, AFullDiskIsToldAndPassesBy) {
  const TestDatabase database("sqlite");
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    auto db = Database::Open(database.url(), {.migrations = kSteps});
    if (!db) ::_exit(1);
    const auto write = [&](std::int64_t id) {
      return (*db)->Write([&](Connection& c) -> Status {
        RETURN_IF_ERROR(InsertThing(c, id));
        return Do(c, "UPDATE thing SET bytes = ? WHERE id = ?", {Blob{std::string(100'000, 'x')}, id});
      });
    };
    struct rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 1'000'000;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::int64_t written = 0;
    Status status;
    while ((status = write(written + 1))) {
      if (++written > 100) ::_exit(2);
    }
    if (status.error().code != Code::kDisk) ::_exit(3);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    if (!write(1000)) ::_exit(4);
    std::int64_t count = 0;
    (void)(*db)->Read([&](Connection& c) -> Status {
      ASSIGN_OR_RETURN(const auto rows, c.Query("SELECT count(*) FROM thing WHERE id > 0"));
      count = rows[0].Int(0);
      return {};
    });
    ::_exit(count == written + 1 ? 0 : 5);
  }
  int status = -1;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(SqliteTest, AddressesThatCannotBeReadAreRefused) {
  for (const char* url : {"", "sqlite:", "mysql://root:secret@host/db", "sqlite:/tmp/x.db?cache=1", "postgres://[",
                          "/no/such/folder/yun.db"}) {
    const auto db = Database::Open(url, {.migrations = kSteps});
    ASSERT_FALSE(db.has_value()) << url;
    EXPECT_EQ(db.error().message.find("secret"), std::string::npos) << db.error().message;
  }
  const auto db = Database::Open("postgres://me:secret@/none?host=/no/such/folder", {.migrations = kSteps});
  ASSERT_FALSE(db.has_value());
  EXPECT_EQ(db.error().code, Code::kUnavailable);
  EXPECT_EQ(db.error().message.find("secret"), std::string::npos) << db.error().message;
}

TEST(SqliteTest, AnotherFileIsNoDatabase) {
  const TestDatabase database("sqlite");
  std::ofstream(database.folder() / "yun.db") << std::string(10'000, 'x');
  const auto db = Database::Open(database.url(), {.migrations = kSteps});
  ASSERT_FALSE(db.has_value());
  EXPECT_EQ(db.error().code, Code::kCorrupt) << db.error().message;
}

TEST(SqliteTest, WaitsForTheDiskWhenTold) {
  const TestDatabase database("sqlite");
  for (const auto& [option, level] : {std::pair("", 1), {"?synchronous=full", 2}, {"?synchronous=normal", 1}}) {
    auto db = Database::Open(database.url() + option, {.migrations = kSteps});
    ASSERT_TRUE(db.has_value()) << db.error().message;
    EXPECT_OK((*db)->Write([level = level](Connection& c) -> Status {
      ASSIGN_OR_RETURN(const auto rows, c.Query("PRAGMA synchronous"));
      EXPECT_EQ(rows[0].Int(0), level);
      return {};
    }));
  }
}

// ---- migrations

TEST_P(DatabaseTest, EveryStepLeadsToTheLatestSchema) {
  for (std::size_t first = 0; first <= kSteps.size(); ++first) {
    const TestDatabase scratch(GetParam());
    {
      auto db = OpenUrl(scratch.url(), FirstSteps(first));
      EXPECT_EQ(db->schema_version(), static_cast<std::int64_t>(first));
      if (first > 0) {
        EXPECT_OK(db->Write([](Connection& c) { return InsertThing(c, 7); }));
      }
    }
    for (int again = 0; again < 2; ++again) {
      auto db = OpenUrl(scratch.url());
      ASSERT_NE(db, nullptr);
      EXPECT_EQ(db->schema_version(), 4);
      EXPECT_EQ(SelectInt(*db, "SELECT count(*) FROM thing WHERE colour = 'none'"), first == 0 || first == 4 ? 1 : 2);
      const Rows steps =
          Select(*db, "SELECT version, name, checksum, applied_unix FROM schema_migration ORDER BY version");
      ASSERT_EQ(steps.size(), 4u);
      for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(steps[i].Text(1), kSteps[i].name);
        EXPECT_EQ(steps[i].Text(2).size(), 64u);
        EXPECT_GT(steps[i].Int(3), 1'600'000'000);
      }
    }
  }
}

TEST_P(DatabaseTest, AStepThatChangedIsRefused) {
  Open();
  auto changed = kSteps;
  changed[1].sql += " ";
  const Status status = TryOpen(changed);
  EXPECT_EQ(CodeOf(status), Code::kCorrupt);
  EXPECT_NE(Said(status).find("0002_parts"), std::string::npos) << Said(status);
}

TEST_P(DatabaseTest, ADatabaseOfANewerProgramIsRefused) {
  Open();
  const Status status = TryOpen(FirstSteps(3));
  EXPECT_EQ(CodeOf(status), Code::kUnsupported);
  EXPECT_NE(Said(status).find("newer yun"), std::string::npos) << Said(status);
}

TEST_P(DatabaseTest, AStepThatFailsLeavesTheStepBefore) {
  auto broken = kSteps;
  broken[3].sql = "ALTER TABLE thing ADD COLUMN colour TEXT; UPDATE thing SET missing = 1;";
  const Status status = TryOpen(broken);
  EXPECT_FALSE(status.has_value());
  EXPECT_NE(Said(status).find("0004_colour"), std::string::npos) << Said(status);
  auto db = Open();
  ASSERT_NE(db, nullptr);
  EXPECT_EQ(Select(*db, "SELECT colour FROM thing")[0].Text(0), "none");
}

TEST_P(DatabaseTest, ADatabaseOfSomethingElseIsRefused) {
  if (GetParam() == "postgres"s) {
    TestDatabase::RunSql("CREATE TABLE " + url().substr(url().rfind("%3D") + 3) + ".other (id BIGINT)");
  } else {
    EXPECT_OK((*OpenSqliteFile(folder() / "yun.db", Access::kWrite))->Script("CREATE TABLE other (id BIGINT)"));
  }
  const Status status = TryOpen();
  EXPECT_EQ(CodeOf(status), Code::kInvalidArgument);
  EXPECT_NE(Said(status).find("\"other\""), std::string::npos) << Said(status);
}

TEST_P(DatabaseTest, TheProgramsOwnStepsApply) {
  const auto steps = EmbeddedMigrations();
  ASSERT_TRUE(CheckMigrations(steps)) << CheckMigrations(steps).error().message;
  for (std::size_t first = 0; first <= steps.size(); ++first) {
    const TestDatabase scratch(GetParam());
    ASSERT_NE(OpenUrl(scratch.url(), {steps.begin(), steps.begin() + static_cast<long>(first)}), nullptr);
    const auto db = Database::Open(scratch.url());
    ASSERT_TRUE(db.has_value()) << db.error().message;
    EXPECT_EQ((*db)->schema_version(), static_cast<std::int64_t>(steps.size()));
  }
}

TEST(MigrationsTest, NumbersHaveNoGaps) {
  EXPECT_FALSE(CheckMigrations({{2, "0002_a", ""}}));
  EXPECT_FALSE(CheckMigrations({{1, "0001_a", ""}, {1, "0001_b", ""}}));
  EXPECT_TRUE(CheckMigrations({}));
}

// ---- backups

class BackupTest : public testing::TestWithParam<std::pair<const char*, const char*>> {};
INSTANTIATE_TEST_SUITE_P(Kinds, BackupTest,
                         testing::Values(std::pair("sqlite", "sqlite"), std::pair("sqlite", "postgres"),
                                         std::pair("postgres", "sqlite"), std::pair("postgres", "postgres")),
                         [](const auto& info) { return info.param.first + "_to_"s + info.param.second; });

class BackupDatabaseTest : public DatabaseTest {};
YUN_ON_EACH_DATABASE(BackupDatabaseTest);

/// Rows of each kind, and parts within parts whose outer one comes after them in some orders.
Status Fill(Connection& c, std::int64_t rows) {
  for (std::int64_t i = 1; i <= rows; ++i) {
    RETURN_IF_ERROR(Do(c, "INSERT INTO thing (id, name, size, bytes) VALUES (?, ?, ?, ?)",
                       {i, i % 7 == 0 ? Value() : Value("ding " + std::to_string(i)), i * 0.1,
                        i % 3 == 0 ? Value() : Value(Blob{std::string(static_cast<std::size_t>(i % 50), '\0')})}));
    RETURN_IF_ERROR(Do(c, "INSERT INTO part (id, thing, amount) VALUES (?, ?, ?)", {std::to_string(i), i, kMax - i}));
  }
  return Do(c, "UPDATE part SET within = '1' WHERE id <> '1' AND amount > ?", {kMax - rows / 2});
}

TEST_P(BackupTest, ABackupWhileWritingIsOneStateAndComesBack) {
  const auto [from_kind, to_kind] = GetParam();
  if ((from_kind == "postgres"s || to_kind == "postgres"s) && TestPostgres().empty())
    GTEST_SKIP() << "no PostgreSQL is installed";
  const TestDatabase from_database(from_kind), to_database(to_kind);
  auto from = Database::Open(from_database.url(), {.migrations = kSteps});
  auto to = Database::Open(to_database.url(), {.migrations = kSteps});
  ASSERT_TRUE(from && to);
  EXPECT_OK((*from)->Write([](Connection& c) { return Fill(c, 1000); }));

  std::atomic<bool> stop = false;
  std::atomic<std::int64_t> id = 2000;
  std::thread writer([&] {
    while (!stop) {
      ++id;
      EXPECT_OK((*from)->Write([&](Connection& c) -> Status {
        RETURN_IF_ERROR(InsertThing(c, id));
        return Do(c, "INSERT INTO part (id, thing, amount) VALUES (?, ?, 1)", {std::to_string(id), id.load()});
      }));
    }
  });
  while (id < 2010) std::this_thread::yield();
  const std::string file = from_database.folder() / "backup.db";
  const std::int64_t before = id - 1;
  const Status backup = (*from)->Backup(file);
  stop = true;
  writer.join();
  EXPECT_OK(backup);
  EXPECT_OK((*to)->RestoreFrom(file));

  std::int64_t last = 0;
  EXPECT_OK((*to)->Read([&](Connection& c) -> Status {
    ASSIGN_OR_RETURN(const auto rows, c.Query("SELECT max(id), count(*) FROM thing"));
    last = rows[0].Int(0);
    EXPECT_EQ(rows[0].Int(1), 1001 + last - 2000);
    return {};
  }));
  EXPECT_GE(last, before);
  for (const char* sql :
       {"SELECT * FROM thing WHERE id <= ? ORDER BY id", "SELECT * FROM part WHERE thing <= ? ORDER BY thing"}) {
    Rows rows[2];
    for (const int i : {0, 1}) {
      EXPECT_OK((i == 0 ? *from : *to)->Read([&](Connection& c) -> Status {
        ASSIGN_OR_RETURN(rows[i], c.Query(sql, {last}));
        return {};
      }));
    }
    ASSERT_EQ(rows[0].size(), rows[1].size()) << sql;
    for (std::size_t i = 0; i < rows[0].size(); ++i) ASSERT_EQ(rows[0][i].values(), rows[1][i].values()) << sql;
  }
  // The constraints are there again.
  EXPECT_EQ(CodeOf((*to)->Write(
                [](Connection& c) { return Do(c, "INSERT INTO part (id, thing, amount) VALUES ('x', 99999999, 1)"); })),
            Code::kInvalidArgument);
  EXPECT_EQ(CodeOf((*to)->RestoreFrom(file)), Code::kAlreadyExists);
}

TEST_P(BackupDatabaseTest, ABackupOfAnOlderSchemaIsBroughtUpToDate) {
  const std::string file = folder() / "backup.db";
  {
    const TestDatabase old(GetParam());
    auto db = OpenUrl(old.url(), FirstSteps(2));
    EXPECT_OK(db->Write([](Connection& c) { return Fill(c, 250); }));
    EXPECT_OK(db->Backup(file));
  }
  auto db = Open();
  EXPECT_OK(db->RestoreFrom(file));
  EXPECT_EQ(SelectInt(*db, "SELECT count(*) FROM thing WHERE colour = 'none'"), 251);
}

TEST_P(BackupDatabaseTest, WhatIsNoBackupIsRefusedAndNothingChanges) {
  auto db = Open();
  const auto path = [&](const char* name) { return (folder() / name).string(); };
  EXPECT_EQ(CodeOf(db->RestoreFrom(path("missing.db"))), Code::kNotFound);
  std::ofstream(path("empty.db")).close();
  EXPECT_EQ(CodeOf(db->RestoreFrom(path("empty.db"))), Code::kCorrupt);
  std::ofstream(path("text.db")) << std::string(5000, 'y');
  EXPECT_EQ(CodeOf(db->RestoreFrom(path("text.db"))), Code::kCorrupt);

  const TestDatabase other("sqlite");
  {
    auto newer = kSteps;
    newer.push_back({5, "0005_later", "CREATE TABLE later (id BIGINT);"});
    auto source = OpenUrl(other.url(), newer);
    EXPECT_OK(source->Write([](Connection& c) { return Fill(c, 2000); }));
    EXPECT_OK(source->Backup(path("newer.db")));
    EXPECT_EQ(CodeOf(source->Backup(path("newer.db"))), Code::kAlreadyExists);
    EXPECT_FALSE(source->Backup(path("no/such/folder.db")).has_value());
  }
  EXPECT_EQ(CodeOf(db->RestoreFrom(path("newer.db"))), Code::kUnsupported);

  // A page of it overwritten, and a part of it missing.
  const TestDatabase same("sqlite");
  {
    auto source = OpenUrl(same.url());
    EXPECT_OK(source->Write([](Connection& c) { return Fill(c, 2000); }));
    EXPECT_OK(source->Backup(path("page.db")));
  }
  std::filesystem::copy_file(path("page.db"), path("cut.db"));
  std::filesystem::resize_file(path("cut.db"), std::filesystem::file_size(path("cut.db")) / 2);
  std::fstream(path("page.db"), std::ios::in | std::ios::out)
      .seekp(8 * 4096)
      .write(std::string(4096, 'z').data(), 4096);
  EXPECT_EQ(CodeOf(db->RestoreFrom(path("cut.db"))), Code::kCorrupt);
  EXPECT_EQ(CodeOf(db->RestoreFrom(path("page.db"))), Code::kCorrupt);
  EXPECT_EQ(SelectInt(*db, "SELECT count(*) FROM thing"), 1);
  for (const auto& entry : std::filesystem::directory_iterator(folder()))
    EXPECT_EQ(entry.path().string().find(".partial"), std::string::npos) << entry.path();
}

TEST_P(BackupDatabaseTest, AnEmptyDatabaseGoesThereAndBack) {
  const std::string file = folder() / "backup.db";
  auto db = Open();
  const auto before = Everything(*db);
  EXPECT_OK(db->Backup(file));
  EXPECT_OK(db->RestoreFrom(file));
  EXPECT_EQ(Everything(*db), before);
}

// ---- a PostgreSQL that goes away

class PostgresTest : public DatabaseTest {
 protected:
  /// Ends the writer's connection: it holds the lock.
  void CutWriter() {
    EXPECT_EQ(
        TestDatabase::RunSql("SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND "
                             "objid = hashtext('" +
                             Schema() + "')::oid"),
        "1");
  }
  /// Those that TestDatabase gave this name: other tests run beside this one.
  void CutWriterAndReader() {
    EXPECT_EQ(TestDatabase::RunSql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE "
                                   "application_name = '" +
                                   Schema() + "'"),
              "2");
  }
  std::string Schema() const { return url().substr(url().rfind("%3D") + 3); }
};
INSTANTIATE_TEST_SUITE_P(Kinds, PostgresTest, testing::Values("postgres"));

TEST_P(PostgresTest, IdleConnectionsThatWereCutAreOpenedAgain) {
  auto db = Open();
  for (std::int64_t i = 1; i <= 3; ++i) {
    EXPECT_EQ(SelectInt(*db, "SELECT count(*) FROM thing"), i);
    CutWriterAndReader();
    EXPECT_OK(db->Write([&](Connection& c) { return InsertThing(c, i); }));
  }
  EXPECT_EQ(CodeOf(TryOpen()), Code::kUnavailable);  // it is ours again
}

TEST_P(PostgresTest, ACutWithinATransactionStoresNothing) {
  auto db = Open();
  std::vector<Status> ends;
  {
    Gate gate(*db);
    for (std::int64_t i = 1; i <= 5; ++i) {
      EXPECT_OK(db->Enqueue(
          [&, i](Connection& c) -> Status {
            RETURN_IF_ERROR(InsertThing(c, i));
            if (i == 3) CutWriter();
            return Do(c, "UPDATE thing SET size = 1 WHERE id = ?", {i});
          },
          [&](const Status& status) { ends.push_back(status); }));
    }
  }
  EXPECT_OK(db->Flush());
  ASSERT_EQ(ends.size(), 5u);
  // On a slow machine those before the cut may have had a commit of their own.
  for (const Status& end : {ends[0], ends[1]})
    if (!end) EXPECT_EQ(end.error().code, Code::kUnavailable);
  EXPECT_EQ(CodeOf(ends[2]), Code::kUnavailable);
  for (const std::size_t i : {3, 4}) EXPECT_OK(ends[i]);
  const auto stored = std::count_if(ends.begin(), ends.end(), [](const Status& end) { return end.has_value(); });
  EXPECT_EQ(SelectInt(*db, "SELECT count(*) FROM thing"), 1 + stored);
}

TEST_P(PostgresTest, ACutDuringTheCommitTellsWhatBecameOfIt) {
  auto db = Open();
  // A commit that takes its time, in which it is cut.
  TestDatabase::RunSql(
      "SET search_path = " + Schema() +
      "; CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN "
      "NULL; END'; CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON thing DEFERRABLE INITIALLY DEFERRED FOR "
      "EACH ROW WHEN (NEW.id = 13) EXECUTE FUNCTION slow()");
  std::thread cutter([&] {
    while (TestDatabase::RunSql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COMMIT%' AND wait_event = "
                                "'PgSleep'") != "1") {
      std::this_thread::yield();
    }
    CutWriter();
  });
  const Status status = db->Write([](Connection& c) { return InsertThing(c, 13); });
  cutter.join();
  EXPECT_EQ(CodeOf(status), Code::kUnavailable);
  EXPECT_NE(Said(status).find("nothing of this was stored"), std::string::npos) << Said(status);
  EXPECT_OK(db->Write([](Connection& c) { return InsertThing(c, 14); }));
  EXPECT_EQ(SelectInt(*db, "SELECT count(*) FROM thing"), 2);
}

/// Stands between libpq and the server, by sockets in a folder of its own. Once told to, it lets the next COMMIT
/// through and its answer not.
class AnswerEater {
 public:
  AnswerEater(const std::filesystem::path& folder, std::string server) : server_(std::move(server)) {
    listener_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const auto address = Address((folder / ".s.PGSQL.5432").string());
    CHECK(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    CHECK(::listen(listener_, 8) == 0);
    acceptor_ = std::thread([this] {
      for (int client; (client = ::accept(listener_, nullptr, nullptr)) >= 0;)
        pairs_.emplace_back([this, client] { Serve(client); });
    });
  }
  ~AnswerEater() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (auto& pair : pairs_) pair.join();
    ::close(listener_);
  }
  void EatTheNextAnswer() { hungry_ = true; }

 private:
  static sockaddr_un Address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    CHECK(path.size() < sizeof address.sun_path);
    std::copy(path.begin(), path.end(), address.sun_path);
    return address;
  }

  void Serve(int client) {
    const int server = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const auto address = Address(server_);
    bool open = ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    bool eat = false;
    char bytes[1 << 16];
    while (open) {
      pollfd ends[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
      if (::poll(ends, 2, -1) < 0) break;
      for (const int i : {0, 1}) {
        if (ends[i].revents == 0) continue;
        const ssize_t n = ::read(ends[i].fd, bytes, sizeof bytes);
        if (i == 0 && std::string_view(bytes, static_cast<std::size_t>(std::max<ssize_t>(n, 0))).find("COMMIT") !=
                          std::string_view::npos) {
          eat = hungry_.exchange(false);
        }
        open = open && n > 0 && !(i == 1 && eat) && ::write(ends[1 - i].fd, bytes, static_cast<std::size_t>(n)) == n;
      }
    }
    ::close(server);
    ::close(client);
  }

  std::string server_;
  int listener_ = -1;
  std::atomic<bool> hungry_ = false;
  std::vector<std::thread> pairs_;  // of the acceptor, then of the destructor
  std::thread acceptor_;
};

TEST_P(PostgresTest, ACommitWhoseAnswerIsLostIsFoundToBeDone) {
  const std::unique_ptr<PGconn, void (*)(PGconn*)> real(PQconnectdb(TestPostgres().c_str()), PQfinish);
  const std::string host = PQhost(real.get());
  if (!host.starts_with('/')) GTEST_SKIP() << "the tests' PostgreSQL has no socket in a folder";
  AnswerEater eater(folder(), host + "/.s.PGSQL." + PQport(real.get()));
  {
    auto db = OpenUrl("postgres://" + std::string(PQuser(real.get())) + "@/" + PQdb(real.get()) +
                      "?host=" + folder().string() + "&options=-csearch_path%3D" + Schema());
    ASSERT_NE(db, nullptr);
    for (std::int64_t i = 1; i <= 3; ++i) {
      eater.EatTheNextAnswer();
      EXPECT_OK(db->Write([&](Connection& c) { return InsertThing(c, i); }));
    }
    EXPECT_EQ(SelectInt(*db, "SELECT count(*) FROM thing"), 4);
  }
}

}  // namespace
}  // namespace yun::store
