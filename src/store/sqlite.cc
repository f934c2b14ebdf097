#include "store/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/file.h"
#include "store/statement_cache.h"

namespace yun::store {
namespace {

namespace fs = std::filesystem;

// Another program that looks into the file (a shell, a backup) may hold it for a moment.
constexpr int kBusyTimeoutMs = 5000;
constexpr std::int64_t kMmapBytes = 64 << 20;
constexpr int kCacheKiB = 16 << 10;  // a connection
// The log is copied into the file at each kCheckpointPages of 4 KiB; it is cut back to kLogBytes when it grew beyond.
constexpr int kCheckpointPages = 4000;
constexpr int kLogBytes = 64 << 20;

struct CloseDatabase {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using DatabaseHandle = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

Code CodeOf(int extended, Access access) {
  if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY) return Code::kAlreadyExists;
  switch (extended & 0xFF) {
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return Code::kInvalidArgument;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Code::kUnavailable;
    case SQLITE_NOMEM:
      return Code::kNoMemory;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Code::kCorrupt;
    case SQLITE_TOOBIG:
      return Code::kTooLarge;
    case SQLITE_READONLY:
      return access == Access::kRead ? Code::kInternal : Code::kDisk;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return Code::kDisk;
    default:
      return Code::kInternal;
  }
}

const char* AdviceOf(Code code) {
  switch (code) {
    case Code::kDisk:
      return ": is the disk full, or may this user not write there?";
    case Code::kCorrupt:
      return ": the file is damaged, or no database: restore a backup";
    case Code::kUnavailable:
      return ": another program holds the file: close it, then try again";
    default:
      return "";
  }
}

class SqliteSession final : public Session {
 public:
  SqliteSession(DatabaseHandle db, std::string path, Access access)
      : db_(std::move(db)), path_(std::move(path)), access_(access), statements_(kStatementsMax) {}

  static Result<std::unique_ptr<SqliteSession>> Open(const std::string& path, Access access, int flags) {
    sqlite3* raw = nullptr;
    const int rc = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    DatabaseHandle db(raw);
    if (rc != SQLITE_OK) return Fail(CodeOf(rc, access), "{}: cannot open the database: {}", path, sqlite3_errstr(rc));
    sqlite3_extended_result_codes(raw, 1);
    sqlite3_busy_timeout(raw, kBusyTimeoutMs);
    // "text" is a name, never a string, as in PostgreSQL; SQL cannot damage the file.
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    auto session = std::make_unique<SqliteSession>(std::move(db), path, access);
    RETURN_IF_ERROR(
        session->Script("PRAGMA foreign_keys = ON; PRAGMA case_sensitive_like = ON; PRAGMA secure_delete = ON;"
                        "PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY"));
    RETURN_IF_ERROR(session->Script(fmt::format("PRAGMA cache_size = -{}", kCacheKiB)));
    return session;
  }

  Status Begin() override {
    savepoint_ = SavepointState::kNone;
    return Commands({access_ == Access::kWrite ? "BEGIN IMMEDIATE" : "BEGIN"});
  }
  Status Commit() override {
    Status status = Commands({"COMMIT"});
    if (!status) Rollback();
    return status;
  }
  void Rollback() override {
    if (!sqlite3_get_autocommit(db_.get())) (void)Commands({"ROLLBACK"});
  }

  Status Script(std::string_view sql) override {
    const int rc = sqlite3_exec(db_.get(), WithBlobType(sql, "BLOB").c_str(), nullptr, nullptr, nullptr);
    return rc == SQLITE_OK ? Status() : Status(Failed(sql));
  }

  Status Each(const std::string& sql, const std::function<Status(const Row&)>& row) override {
    ASSIGN_OR_RETURN(sqlite3_stmt * statement, Prepared(sql));
    const Resetter resetter{statement};
    int rc;
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) RETURN_IF_ERROR(row(RowOf(statement)));
    if (rc != SQLITE_DONE) return Failed(sql);
    return {};
  }

  Result<std::vector<Table>> Tables() override {
    std::vector<Table> out;
    RETURN_IF_ERROR(
        Each("SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c "
             "WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY t.name, c.cid",
             [&](const Row& row) -> Status {
               if (out.empty() || out.back().name != row.Text(0)) out.push_back({std::string(row.Text(0)), {}});
               out.back().columns.emplace_back(row.Text(1));
               return {};
             }));
    return out;
  }

  Status SuspendForeignKeys() override { return Script("PRAGMA defer_foreign_keys = ON"); }
  Status ResumeForeignKeys() override { return {}; }  // the commit looks at them

  /// Copies the whole database, as it is at one moment, into `to`.
  Status CopyTo(SqliteSession& to) {
    sqlite3_backup* backup = sqlite3_backup_init(to.db_.get(), "main", db_.get(), "main");
    if (backup == nullptr) return to.Failed("backup");
    // All pages in one step: a step ends with a snapshot, and writes between two steps would begin the copy anew.
    const int rc = sqlite3_backup_step(backup, -1);
    const int finished = sqlite3_backup_finish(backup);
    if (rc == SQLITE_DONE && finished == SQLITE_OK) return {};
    const Code code = CodeOf(rc == SQLITE_DONE ? finished : rc, Access::kWrite);
    return Fail(code, "{}: cannot be written: {}{}", to.path_, sqlite3_errstr(rc == SQLITE_DONE ? finished : rc),
                AdviceOf(code));
  }

 protected:
  Result<Outcome> Run(std::string_view sql, std::span<const Value> params) override {
    ASSIGN_OR_RETURN(sqlite3_stmt * statement, Prepared(sql));
    const Resetter resetter{statement};
    if (const int wanted = sqlite3_bind_parameter_count(statement); wanted != static_cast<int>(params.size()))
      return Fail(Code::kInternal, "{} values for {} parameters: {}", params.size(), wanted, sql);
    for (std::size_t i = 0; i < params.size(); ++i) {
      if (Bind(statement, static_cast<int>(i + 1), params[i]) != SQLITE_OK) return Failed(sql);
    }
    Outcome out;
    const std::int64_t before = sqlite3_total_changes64(db_.get());
    int rc;
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
      if (out.rows.size() == kRowsMax) return Fail(Code::kTooLarge, "more than {} rows: {}", kRowsMax, sql);
      out.rows.push_back(RowOf(statement));
    }
    if (rc != SQLITE_DONE) return Failed(sql);
    if (sqlite3_total_changes64(db_.get()) != before) out.changed = sqlite3_changes64(db_.get());
    return out;
  }

  Status Commands(std::initializer_list<const char*> all) override {
    for (const char* sql : all) {
      ASSIGN_OR_RETURN(sqlite3_stmt * statement, Prepared(sql));
      const Resetter resetter{statement};
      if (sqlite3_step(statement) != SQLITE_DONE) return Failed(sql);
    }
    return {};
  }

 private:
  struct Resetter {
    sqlite3_stmt* statement;
    ~Resetter() {
      sqlite3_reset(statement);
      sqlite3_clear_bindings(statement);
    }
  };

  Result<sqlite3_stmt*> Prepared(std::string_view sql) {
    if (Statement* known = statements_.Find(sql)) return known->get();
    sqlite3_stmt* raw = nullptr;
    const char* tail = nullptr;
    const int rc =
        sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw, &tail);
    Statement statement(raw);
    if (rc != SQLITE_OK) return Failed(sql);
    const std::string_view rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
    if (raw == nullptr || rest.find_first_not_of(" \n;") != rest.npos)
      return Fail(Code::kInternal, "not one statement: {}", sql);
    statements_.Add(std::string(sql), std::move(statement));
    return raw;
  }

  /// `value` must live until the statement is reset.
  static int Bind(sqlite3_stmt* statement, int at, const Value& value) {
    if (const auto* n = std::get_if<std::int64_t>(&value)) return sqlite3_bind_int64(statement, at, *n);
    if (const auto* real = std::get_if<double>(&value)) return sqlite3_bind_double(statement, at, *real);
    if (const auto* text = std::get_if<std::string>(&value))
      return sqlite3_bind_text64(statement, at, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
    if (const auto* blob = std::get_if<Blob>(&value))
      return sqlite3_bind_blob64(statement, at, blob->bytes.data(), blob->bytes.size(), SQLITE_STATIC);
    return sqlite3_bind_null(statement, at);
  }

  static Row RowOf(sqlite3_stmt* statement) {
    const int columns = sqlite3_column_count(statement);
    std::vector<Value> values;
    values.reserve(static_cast<std::size_t>(columns));
    for (int i = 0; i < columns; ++i) {
      const auto bytes = [&](const void* data) {
        const auto n = static_cast<std::size_t>(sqlite3_column_bytes(statement, i));
        return n == 0 ? std::string() : std::string(static_cast<const char*>(data), n);
      };
      switch (sqlite3_column_type(statement, i)) {
        case SQLITE_INTEGER:
          values.emplace_back(std::int64_t{sqlite3_column_int64(statement, i)});
          break;
        case SQLITE_FLOAT:
          values.emplace_back(sqlite3_column_double(statement, i));
          break;
        case SQLITE_TEXT:
          values.emplace_back(bytes(sqlite3_column_text(statement, i)));
          break;
        case SQLITE_BLOB:
          values.emplace_back(Blob{bytes(sqlite3_column_blob(statement, i))});
          break;
        default:
          values.emplace_back();
      }
    }
    return Row(std::move(values));
  }

  tl::unexpected<Error> Failed(std::string_view sql) const {
    const Code code = CodeOf(sqlite3_extended_errcode(db_.get()), access_);
    if (code == Code::kInternal) return Fail(code, "{}: {} in: {}", path_, sqlite3_errmsg(db_.get()), sql);
    return Fail(code, "{}: {}{}", path_, sqlite3_errmsg(db_.get()), AdviceOf(code));
  }

  DatabaseHandle db_;
  std::string path_;
  Access access_;
  StatementCache<Statement> statements_;  // after db_: goes first
};

class SqliteBackend final : public Backend {
 public:
  SqliteBackend(std::string path, SqliteOptions options, int lock)
      : path_(std::move(path)), options_(options), lock_(lock) {}
  ~SqliteBackend() override { ::close(lock_); }

  Result<std::unique_ptr<Session>> Connect(Access access) override {
    ASSIGN_OR_RETURN(auto session, SqliteSession::Open(path_, access, SQLITE_OPEN_READWRITE));
    // The journal's kind is written in the file: readers find it there.
    if (access == Access::kWrite) {
      std::string journal;
      RETURN_IF_ERROR(session->Each("PRAGMA journal_mode = WAL", [&](const Row& row) -> Status {
        journal = row.Text(0);
        return {};
      }));
      if (journal != "wal")
        return Fail(Code::kDisk, "{}: this file system cannot hold a database (no shared memory): use a local disk",
                    path_);
    }
    RETURN_IF_ERROR(
        session->Script(fmt::format("PRAGMA synchronous = {}; PRAGMA mmap_size = {}; PRAGMA wal_autocheckpoint = {}; "
                                    "PRAGMA journal_size_limit = {}; "
                                    "PRAGMA query_only = {}",
                                    options_.synchronous_full ? "FULL" : "NORMAL", kMmapBytes, kCheckpointPages,
                                    kLogBytes, access == Access::kRead ? "ON" : "OFF")));
    return session;
  }

  Status Backup(const std::string& path, const std::vector<Migration>&) override {
    ASSIGN_OR_RETURN(auto from, SqliteSession::Open(path_, Access::kRead, SQLITE_OPEN_READWRITE));
    ASSIGN_OR_RETURN(auto to, SqliteSession::Open(path, Access::kWrite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
    RETURN_IF_ERROR(from->CopyTo(*to));
    // A file of its own again, without a log beside it.
    return to->Script("PRAGMA journal_mode = DELETE");
  }

  const char* kind() const override { return "sqlite"; }

 private:
  std::string path_;
  SqliteOptions options_;
  int lock_;
};

/// The open lock file, locked. Its bytes say who holds it; it stays when the process ends, the lock does not.
Result<int> Lock(const std::string& path) {
  const std::string lock_path = path + ".lock";
  const int fd = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return Fail(Code::kDisk, "{}: cannot be made: {}: is there such a folder, and may this user write there?",
                lock_path, std::strerror(errno));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    char holder[32] = {};
    const ssize_t n = ::read(fd, holder, sizeof holder - 1);
    ::close(fd);
    return Fail(Code::kUnavailable,
                "{}: in use by another yun (process {}): stop that one, or give this one another "
                "database",
                path, n > 0 ? holder : "unknown");
  }
  const std::string self = std::to_string(::getpid());
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, self.data(), self.size(), 0) < 0) {
    ::close(fd);
    return Fail(Code::kDisk, "{}: cannot be written: {}", lock_path, std::strerror(errno));
  }
  return fd;
}

}  // namespace

Result<std::unique_ptr<Backend>> OpenSqlite(const std::string& given, SqliteOptions options) {
  std::error_code error;
  // One lock for one file, by whatever links it was reached.
  const fs::path real = fs::weakly_canonical(fs::absolute(given, error), error);
  const std::string path = error ? given : real.string();
  ASSIGN_OR_RETURN(const int lock, Lock(path));
  auto backend = std::make_unique<SqliteBackend>(path, options, lock);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Fail(Code::kDisk, "{}: cannot be opened: {}", path, std::strerror(errno));
  ::close(fd);
  return backend;
}

Result<std::unique_ptr<Session>> OpenSqliteMemory() {
  return SqliteSession::Open(":memory:", Access::kWrite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY);
}

Result<std::unique_ptr<Session>> OpenSqliteFile(const std::string& path, Access access) {
  std::error_code error;
  if (access == Access::kRead && !fs::exists(path, error)) return Fail(Code::kNotFound, "{}: no such file", path);
  return SqliteSession::Open(
      path, access, access == Access::kRead ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
}

}  // namespace yun::store
