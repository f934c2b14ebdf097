#include "store/migrate.h"

#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <ctime>

#include "base/log.h"

namespace yun::embedded {
std::vector<std::pair<std::string_view, std::string_view>> store_migrations();
}

namespace yun::store {
namespace {

std::string Sha256Hex(std::string_view bytes) {
  unsigned char digest[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(digest, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  std::string out;
  for (const unsigned char byte : digest) out += fmt::format("{:02x}", byte);
  return out;
}

Status ReadTransaction(Session& session, const Database::Work& work) {
  RETURN_IF_ERROR(session.Begin());
  Status status = RunWork(session, work);
  session.Rollback();
  return status;
}

Status WriteTransaction(Session& session, const Database::Work& work) {
  RETURN_IF_ERROR(session.Begin());
  Status status = RunWork(session, work);
  if (status) return session.Commit();
  session.Rollback();
  return status;
}

Status Apply(Session& session, const Migration& migration) {
  return WriteTransaction(session, [&](Connection& c) -> Status {
    RETURN_IF_ERROR(session.Script(migration.sql));
    RETURN_IF_ERROR(c.Execute(
        "INSERT INTO schema_migration (version, name, checksum, applied_unix) VALUES (?, ?, ?, ?)",
        {migration.version, migration.name, Sha256Hex(migration.sql), static_cast<std::int64_t>(std::time(nullptr))}));
    return {};
  });
}

}  // namespace

std::vector<Migration> EmbeddedMigrations() {
  std::vector<Migration> out;
  for (const auto& [file, sql] : embedded::store_migrations()) {
    Migration migration{.name = std::string(file.substr(0, file.rfind('.'))), .sql = std::string(sql)};
    std::from_chars(file.data(), file.data() + file.size(), migration.version);
    out.push_back(std::move(migration));
  }
  return out;
}

Status CheckMigrations(const std::vector<Migration>& migrations) {
  for (std::size_t i = 0; i < migrations.size(); ++i) {
    if (migrations[i].version != static_cast<std::int64_t>(i + 1))
      return Fail(Code::kInternal, "migration {} stands where {} should: numbers begin at 1 and have no gaps",
                  migrations[i].name, i + 1);
  }
  return {};
}

Result<std::size_t> AppliedMigrations(Session& session, const std::vector<Migration>& migrations) {
  std::size_t applied = 0;
  RETURN_IF_ERROR(ReadTransaction(session, [&](Connection& c) -> Status {
    ASSIGN_OR_RETURN(const auto tables, session.Tables());
    if (std::none_of(tables.begin(), tables.end(), [](const Table& t) { return t.name == kMigrationTable; })) {
      if (tables.empty()) return {};
      return Fail(Code::kInvalidArgument, "the database holds tables of something else (\"{}\"): give yun an empty one",
                  tables[0].name);
    }
    ASSIGN_OR_RETURN(const auto rows, c.Query("SELECT version, name, checksum FROM schema_migration ORDER BY version"));
    for (const Row& row : rows) {
      if (row.Int(0) > static_cast<std::int64_t>(migrations.size()))
        return Fail(Code::kUnsupported,
                    "the database was made by a newer yun (schema {}, \"{}\"; this one knows {}): "
                    "use that one, or a backup from before",
                    row.Int(0), row.Text(1), migrations.size());
      const Migration& known = migrations[applied];
      if (row.Int(0) != known.version || row.Text(2) != Sha256Hex(known.sql))
        return Fail(Code::kCorrupt,
                    "schema step {} of the database (\"{}\") is not this program's (\"{}\"): it was made "
                    "by another build of yun; use that one",
                    row.Int(0), row.Text(1), known.name);
      ++applied;
    }
    return {};
  }));
  return applied;
}

Status Migrate(Session& session, const std::vector<Migration>& migrations) {
  ASSIGN_OR_RETURN(const auto applied, AppliedMigrations(session, migrations));
  if (applied == 0) {
    RETURN_IF_ERROR(WriteTransaction(session, [&](Connection& c) -> Status {
      RETURN_IF_ERROR(
          c.Execute("CREATE TABLE IF NOT EXISTS schema_migration (version BIGINT PRIMARY KEY, "
                    "name TEXT NOT NULL, checksum TEXT NOT NULL, applied_unix BIGINT NOT NULL)"));
      return {};
    }));
  }
  for (std::size_t i = applied; i < migrations.size(); ++i) {
    log::debug("store: schema step {}", migrations[i].name);
    if (auto status = Apply(session, migrations[i]); !status)
      return Wrap(std::move(status.error()), "schema step " + migrations[i].name);
  }
  return {};
}

}  // namespace yun::store
