// The schema's steps: which have been applied, and those that are missing.
#pragma once
#include <cstdint>
#include <vector>

#include "store/session.h"

namespace yun::store {

/// The table that records them: version, name, SHA-256 of the text, when.
inline constexpr const char* kMigrationTable = "schema_migration";

/// Whether the numbers run from 1 without gaps. errors: kInternal
Status CheckMigrations(const std::vector<Migration>& migrations);

/// How many of `migrations` the database has; 0 for an empty one.
/// errors: kInvalidArgument (tables of something else), kUnsupported (it has more), kCorrupt (one of them differs)
Result<std::size_t> AppliedMigrations(Session& session, const std::vector<Migration>& migrations);

/// Applies what is missing, each step in a transaction. errors: as AppliedMigrations, as Connection::Query
Status Migrate(Session& session, const std::vector<Migration>& migrations);

}  // namespace yun::store
