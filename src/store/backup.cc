#include "store/backup.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/file.h"
#include "store/migrate.h"
#include "store/sqlite.h"

namespace yun::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kRowsAtOnce = 100;  // in one INSERT

/// A name that the schema gave, as a name in SQL.
std::string Quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + '"';
}

std::string ColumnList(const Table& table) {
  std::string out;
  for (const auto& column : table.columns) out += (out.empty() ? "" : ", ") + Quoted(column);
  return out;
}

std::string InsertOf(const Table& table, std::size_t rows) {
  std::string row = "(";
  for (std::size_t i = 0; i < table.columns.size(); ++i) row += i == 0 ? "?" : ", ?";
  row += ")";
  std::string out = "INSERT INTO " + Quoted(table.name) + " (" + ColumnList(table) + ") VALUES " + row;
  for (std::size_t i = 1; i < rows; ++i) out += ", " + row;
  return out;
}

Result<std::int64_t> CountOf(Connection& c, const Table& table) {
  ASSIGN_OR_RETURN(const auto rows, c.Query("SELECT count(*) FROM " + Quoted(table.name)));
  return rows.at(0).Int(0);
}

Status CopyTable(Session& from, Session& to, const Table& table) {
  const std::size_t rows_at_once = std::clamp<std::size_t>(kParametersMax / table.columns.size(), 1, kRowsAtOnce);
  RETURN_IF_ERROR(to.Execute("DELETE FROM " + Quoted(table.name)));
  std::vector<Value> values;
  std::int64_t copied = 0;
  const auto insert = [&]() -> Status {
    const std::size_t rows = values.size() / table.columns.size();
    if (rows == 0) return {};
    RETURN_IF_ERROR(to.Execute(InsertOf(table, rows), values));
    values.clear();
    copied += static_cast<std::int64_t>(rows);
    return {};
  };
  RETURN_IF_ERROR(
      from.Each("SELECT " + ColumnList(table) + " FROM " + Quoted(table.name), [&](const Row& row) -> Status {
        values.insert(values.end(), row.values().begin(), row.values().end());
        return values.size() / table.columns.size() >= rows_at_once ? insert() : Status();
      }));
  RETURN_IF_ERROR(insert());
  ASSIGN_OR_RETURN(const auto count, CountOf(to, table));
  if (count != copied) return Fail(Code::kInternal, "table {}: {} rows of {} were copied", table.name, count, copied);
  return {};
}

/// A name beside `path` that nobody else has; the file is removed at the end.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& path) {
    static std::atomic<unsigned> made = 0;
    path_ = fmt::format("{}.{}-{}.partial", path, ::getpid(), made++);
    Remove();
  }
  ~TemporaryFile() { Remove(); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  void Remove() const {
    for (const char* suffix : {"", "-journal"}) ::unlink((path_ + suffix).c_str());
  }
  std::string path_;
};

tl::unexpected<Error> Damaged(const std::string& path, std::string_view why) {
  return Fail(Code::kCorrupt, "{}: no backup of yun: {}: take another one", path, why);
}

/// The steps of the schema that the file has, after a look at every page of it.
Result<std::size_t> StepsOf(Session& file, const std::string& path, const std::vector<Migration>& migrations) {
  std::string verdict;
  auto checked = file.Each("PRAGMA quick_check(1)", [&](const Row& row) -> Status {
    verdict = row.Text(0);
    return {};
  });
  if (!checked || verdict != "ok") return Damaged(path, checked ? verdict : checked.error().message);
  auto steps = AppliedMigrations(file, migrations);
  if (!steps && steps.error().code == Code::kInvalidArgument) return Damaged(path, steps.error().message);
  if (!steps) return Wrap(std::move(steps.error()), path);
  if (*steps == 0 && !migrations.empty()) return Damaged(path, "it is empty");
  return steps;
}

/// An older backup's copy, brought up to date. Its name is gone when this returns, its bytes when it is closed.
Result<std::unique_ptr<Session>> OpenUpdatedCopy(const std::string& path, const std::vector<Migration>& migrations) {
  std::error_code error;
  const fs::path folder = fs::temp_directory_path(error);
  const TemporaryFile copy((folder / "yun-restore").string());
  if (!error) fs::copy_file(path, copy.path(), error);
  if (error) return Fail(Code::kDisk, "{}: cannot be copied to {}: {}", path, copy.path(), error.message());
  ASSIGN_OR_RETURN(auto session, OpenSqliteFile(copy.path(), Access::kWrite));
  RETURN_IF_ERROR(Migrate(*session, migrations));
  return session;
}

}  // namespace

Status WriteBackup(Backend& backend, const std::string& path, const std::vector<Migration>& migrations) {
  std::error_code error;
  if (fs::exists(path, error))
    return Fail(Code::kAlreadyExists, "{}: there is a file already: give another name", path);
  const TemporaryFile partial(path + ".partial");
  RETURN_IF_ERROR(backend.Backup(partial.path(), migrations));
  // link, not rename: a file that came meanwhile stays.
  if (::link(partial.path().c_str(), path.c_str()) != 0)
    return Fail(errno == EEXIST ? Code::kAlreadyExists : Code::kDisk, "{}: {}", path, std::strerror(errno));
  return SyncFolder(fs::absolute(path, error).parent_path());
}

Result<std::unique_ptr<Session>> OpenBackup(const std::string& path, const std::vector<Migration>& migrations) {
  ASSIGN_OR_RETURN(auto file, OpenSqliteFile(path, Access::kRead));
  ASSIGN_OR_RETURN(const auto steps, StepsOf(*file, path, migrations));
  if (steps == migrations.size()) return file;
  return OpenUpdatedCopy(path, migrations);
}

Status CopyTables(Session& from, Session& to) {
  ASSIGN_OR_RETURN(const auto tables, from.Tables());
  RETURN_IF_ERROR(to.SuspendForeignKeys());
  for (const Table& table : tables) RETURN_IF_ERROR(CopyTable(from, to, table));
  return to.ResumeForeignKeys();
}

Status Restore(Session& backup, Session& to, const std::vector<Migration>& migrations) {
  ASSIGN_OR_RETURN(auto fresh, OpenSqliteMemory());
  RETURN_IF_ERROR(Migrate(*fresh, migrations));
  ASSIGN_OR_RETURN(const auto tables, fresh->Tables());
  for (const Table& table : tables) {
    ASSIGN_OR_RETURN(const auto now, CountOf(to, table));
    ASSIGN_OR_RETURN(const auto at_first, CountOf(*fresh, table));
    if (now != at_first)
      return Fail(Code::kAlreadyExists, "the database is not empty (table {}): restore into a new one", table.name);
  }
  return CopyTables(backup, to);
}

}  // namespace yun::store
