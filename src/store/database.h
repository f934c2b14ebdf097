// One small database interface over SQLite and PostgreSQL: rows in, rows out, all writes through one thread.
//
// The SQL text is the same for both: `?` for parameters, INSERT ... ON CONFLICT ... DO NOTHING or DO UPDATE, RETURNING,
// and the types BIGINT, DOUBLE PRECISION, TEXT and {{blob}} (in migrations: BLOB or BYTEA). Truth values are BIGINT
// 0 and 1; ids come from the application. What the two understand differently, and how it is evened out:
//   a parameter has the type of its Value: no number for a TEXT column, no text for a BIGINT one
//   a NULL alone tells no type: write CAST(? AS BIGINT) IS NULL
//   SUM(bigint) is a BIGINT, AVG a DOUBLE PRECISION, a comparison 0 or 1; NULL sorts first or last: say NULLS FIRST
//   text is UTF-8 without NUL, doubles are finite: anything else is refused (kInvalidArgument); bytes are a Blob
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/check.h"
#include "base/result.h"
#include "store/queue_stats.h"

namespace yun::store {

/// UTF-8 without NUL: what both databases keep as it is.
bool IsStorableText(std::string_view text);

struct Blob {
  std::string bytes;
  bool operator==(const Blob&) const = default;
};

/// NULL, BIGINT, DOUBLE PRECISION, TEXT or bytes.
struct Value : std::variant<std::monostate, std::int64_t, double, std::string, Blob> {
  using variant::variant;
  Value() = default;
  Value(std::string_view text) : variant(std::string(text)) {}
  template <class T>
  Value(const std::optional<T>& maybe) {
    if (maybe) *this = Value(*maybe);
  }
};

/// A row of a result; columns by their place in the SELECT, from 0. A column of another type than asked for is a bug
/// (CHECK); NULL reads as 0 or as empty.
class Row {
 public:
  Row() = default;
  explicit Row(std::vector<Value> values) : values_(std::move(values)) {}

  std::size_t size() const { return values_.size(); }
  bool IsNull(std::size_t i) const { return std::holds_alternative<std::monostate>(at(i)); }
  std::int64_t Int(std::size_t i) const { return IsNull(i) ? 0 : As<std::int64_t>(i); }
  std::optional<std::int64_t> MaybeInt(std::size_t i) const {
    return IsNull(i) ? std::nullopt : std::optional(As<std::int64_t>(i));
  }
  /// Also of a BIGINT.
  double Real(std::size_t i) const {
    if (const auto* n = std::get_if<std::int64_t>(&at(i))) return static_cast<double>(*n);
    return IsNull(i) ? 0 : As<double>(i);
  }
  /// Lives as long as the row.
  std::string_view Text(std::size_t i) const { return IsNull(i) ? std::string_view() : As<std::string>(i); }
  std::string_view Bytes(std::size_t i) const { return IsNull(i) ? std::string_view() : As<Blob>(i).bytes; }
  const std::vector<Value>& values() const { return values_; }

 private:
  const Value& at(std::size_t i) const {
    CHECK(i < values_.size());
    return values_[i];
  }
  template <class T>
  const T& As(std::size_t i) const {
    const T* value = std::get_if<T>(&at(i));
    CHECK(value != nullptr);
    return *value;
  }
  std::vector<Value> values_;
};
using Rows = std::vector<Row>;

inline constexpr std::size_t kRowsMax = 1'000'000;     // of one result: put a LIMIT in the query
inline constexpr std::size_t kParametersMax = 32'000;  // of one statement (SQLite: 32 766, PostgreSQL: 65 535)
inline constexpr std::size_t kStatementsMax = 256;     // prepared ones kept a connection, the latest used

/// A session within a transaction. Statements are prepared once and kept by their text: make no text of values.
/// After a statement has failed, all that follow in the same Read or Write fail with its error, and a Write is rolled
/// back whatever its function returns: say ON CONFLICT where a conflict is expected.
/// thread: one at a time
class Connection {
 public:
  virtual ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// errors: kAlreadyExists (a unique or primary key is taken), kInvalidArgument (another constraint; a value that no
  /// database here can hold), kTooLarge (more than kRowsMax rows), kUnavailable (the server is gone), kDisk, kCorrupt,
  /// kNoMemory, kPermissionDenied, kInternal (the SQL is wrong). Messages hold no values
  Result<Rows> Query(std::string_view sql, std::span<const Value> params);
  Result<Rows> Query(std::string_view sql, std::initializer_list<Value> params = {}) {
    return Query(sql, std::span(params.begin(), params.size()));
  }
  /// The number of rows that were inserted, changed or deleted. errors: as Query
  Result<std::int64_t> Execute(std::string_view sql, std::span<const Value> params);
  Result<std::int64_t> Execute(std::string_view sql, std::initializer_list<Value> params = {}) {
    return Execute(sql, std::span(params.begin(), params.size()));
  }

 protected:
  Connection() = default;
  struct Outcome {
    Rows rows;
    std::int64_t changed = 0;
  };
  virtual Result<Outcome> Run(std::string_view sql, std::span<const Value> params) = 0;
  std::optional<Error> failed_;  // of the current Read or Write

 private:
  Result<Outcome> RunChecked(std::string_view sql, std::span<const Value> params);
};

/// One step of the schema. Numbers begin at 1 and have no gaps.
struct Migration {
  std::int64_t version = 0;
  std::string name;  // "0001_cloud"
  std::string sql;   // several statements; {{blob}} stands for the type of bytes
};

/// Those of migrations/NNNN_name.sql, which are part of the program.
std::vector<Migration> EmbeddedMigrations();

struct DatabaseOptions {
  std::optional<std::vector<Migration>> migrations;  // nothing: EmbeddedMigrations()
  int readers = 4;                                   // connections for Read, opened when first needed
  std::chrono::milliseconds batch_time_max{5};       // under load, when a commit has to come
};

inline constexpr std::size_t kWritesQueuedMax = 65'536;
inline constexpr std::size_t kBatchJobsMax = 256;  // of one commit

/// A database that this process owns: a second process is refused as long as this one lives.
///
/// Writes run one after another, in the order in which they were given, on one writer thread. It commits when nothing
/// is left to do, or after kBatchJobsMax writes or `batch_time_max`: many writes share one commit (and one wait for the
/// disk), each inside a savepoint of its own, so one that fails takes only itself back. A write is reported only after
/// the commit, and is then safe from a killed process. From a power cut: with PostgreSQL as its synchronous_commit
/// says; with SQLite what the kernel had written back (the last half minute may be lost, never the order), or all of
/// it with `?synchronous=full`, which waits for the disk at each commit.
///
/// thread: all methods from any thread, but from a function given to Read or Write only what the docstring permits
class Database {
 public:
  using Work = std::function<Status(Connection&)>;
  using Done = std::function<void(const Status&)>;

  /// "sqlite:/path/file.db" (also with ?synchronous=full), a plain path, or "postgres://..." ("postgresql://...", as
  /// libpq reads it). Creates a SQLite file, but no PostgreSQL database; then brings the schema up to date, each
  /// migration in a transaction.
  /// errors: kUnavailable (another process owns it; PostgreSQL cannot be reached), kInvalidArgument (the address; a
  /// database of something else), kUnsupported (made by a newer yun), kCorrupt (an applied migration reads otherwise
  /// now; the file is damaged), kDisk, kPermissionDenied, kNotFound
  static Result<std::unique_ptr<Database>> Open(std::string_view url, DatabaseOptions options = {});

  /// Writes what is queued, then closes.
  virtual ~Database() = default;

  /// Runs `work` on a pooled connection that sees one consistent state, and cannot write. Waits while all of them are
  /// busy. Not from within another Read's function (CHECK: it could wait for itself).
  /// errors: those of `work`, kUnavailable, kDisk
  virtual Status Read(const Work& work) = 0;

  /// Runs `work` on the writer thread inside a transaction and returns after the commit. It runs at most once; with an
  /// error nothing of it is stored, except: a PostgreSQL that is lost during the commit itself leaves it open, and the
  /// message says so. Not from within the writer thread (CHECK).
  /// errors: those of `work` and of its statements, kTooMany (kWritesQueuedMax), kUnavailable, kDisk
  virtual Status Write(Work work) = 0;

  /// Write without waiting: `done` is called on the writer thread after the commit (or the failure), in order; it
  /// should be short, and may Enqueue. With kTooMany neither function is ever called. May be called from `work`.
  virtual Status Enqueue(Work work, Done done = {}) = 0;

  /// Everything that was enqueued before is committed, or was reported as failed. Not from the writer thread.
  virtual Status Flush() = 0;

  /// One consistent state of the running database as a SQLite file of its own, whatever the kind. Writes go on
  /// meanwhile. The file appears when it is complete. errors: kAlreadyExists (there is a file), kDisk, as Read
  virtual Status Backup(const std::string& path) = 0;

  /// Fills this database, which must hold nothing but what its migrations put there, with a backup of either kind and
  /// of this schema or an older one. All or nothing.
  /// errors: kAlreadyExists (not empty), kNotFound, kCorrupt (no backup), kUnsupported (of a newer yun), as Write
  virtual Status RestoreFrom(const std::string& path) = 0;

  /// The number of the latest migration.
  virtual std::int64_t schema_version() const = 0;
  /// "sqlite" or "postgres"
  virtual const char* kind() const = 0;
  /// Of the writer.
  virtual QueueStats queue() const = 0;
};

}  // namespace yun::store
