// Backups of either kind are SQLite files; what a backup holds goes back table by table.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "store/session.h"

namespace yun::store {

/// A new file `path` that appears when it is complete. errors: kAlreadyExists, kDisk
Status WriteBackup(Backend& backend, const std::string& path, const std::vector<Migration>& migrations);

/// The backup, checked, with the schema of `migrations`: an older one is brought up to date in a copy.
/// errors: kNotFound, kCorrupt, kUnsupported (of a newer yun), kDisk
Result<std::unique_ptr<Session>> OpenBackup(const std::string& path, const std::vector<Migration>& migrations);

/// Replaces the rows of `to`, inside its transaction, by those of `from`, table by table; both have one schema.
Status CopyTables(Session& from, Session& to);

/// CopyTables into a database that holds only what `migrations` put there. errors: kAlreadyExists (it holds more)
Status Restore(Session& backup, Session& to, const std::vector<Migration>& migrations);

}  // namespace yun::store
