// SQLite: WAL, one writer, readers that see a snapshot each.
#pragma once
#include <memory>
#include <string>

#include "store/session.h"

namespace yun::store {

struct SqliteOptions {
  bool synchronous_full = false;  // wait for the disk at each commit
};

/// Takes the lock of `path` (<path>.lock) and makes the file, mode 0600, when there is none.
/// errors: kUnavailable (locked by another process), kDisk
Result<std::unique_ptr<Backend>> OpenSqlite(const std::string& path, SqliteOptions options);

/// A database in memory, for one session.
Result<std::unique_ptr<Session>> OpenSqliteMemory();
/// A file that nothing else uses, without a write-ahead log; kWrite makes it. errors: kNotFound, kCorrupt, kDisk
Result<std::unique_ptr<Session>> OpenSqliteFile(const std::string& path, Access access);

}  // namespace yun::store
