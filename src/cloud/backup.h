// A cloud in one file: its database as it was at one instant, and the key without which its secrets say nothing.
//
// The file is a tar archive: database.sqlite (whatever the kind of the database), server.key, and last manifest.json
// with the size and SHA-256 of both. It holds secrets: mode 0600.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yun::store {
class Database;
}

namespace yun::cloud {

struct BackupFile {
  std::int64_t bytes = 0;
  std::string sha256;  // of the whole file
  std::int64_t made_ms = 0;
  std::int64_t schema_version = 0;
};

/// Where a cloud keeps its database unless it is told otherwise: "sqlite:<home>/cloud.db".
std::string DefaultDatabase(const std::filesystem::path& home);

/// Writes `file`, which appears when it is complete; the cloud may go on working meanwhile.
/// errors: kAlreadyExists (there is a file), kDisk, those of store::Database::Backup
Result<BackupFile> MakeBackup(store::Database& database, const std::filesystem::path& home,
                              const std::filesystem::path& file, std::int64_t now_ms);

/// Reads the whole file and compares its hashes. errors: kNotFound, kCorrupt, kDisk
Result<BackupFile> CheckBackup(const std::filesystem::path& file);

/// Makes the cloud of a backup in `home`, which must hold none, with the database at `database_url` (made if it is a
/// file; empty). The engine's counters begin with what the restored ledger has charged: requests that ran while the
/// backup was made are forgotten. errors: kAlreadyExists (something is there: says what), those of CheckBackup and
/// store::Database::RestoreFrom
Result<BackupFile> RestoreBackup(const std::filesystem::path& file, const std::filesystem::path& home,
                                 std::string_view database_url);

}  // namespace yun::cloud
