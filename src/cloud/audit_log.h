// Who did what, when, from where: rows are only ever added, and each holds the hash of the one before.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yun::store {
class Connection;
class Database;
}  // namespace yun::store

namespace yun::cloud {

struct Clock;

/// Who makes a change. All empty: the server itself.
struct Actor {
  std::string person_id;
  std::string key_id;  // when it came with an API key
  std::string ip;
};

struct AuditEntry {
  Actor actor;
  std::string action;              // "key.create"
  std::string target;              // an id
  std::string workspace_id;        // whose members may see it; empty: operators alone
  std::string account_id;          // may be empty
  std::string detail_json = "{}";  // what changed; never a secret
};

struct AuditRecord {
  std::int64_t id = 0;  // 1, 2, 3, ... without gaps
  std::int64_t at_ms = 0;
  AuditEntry entry;
  std::string hash;  // SHA-256 over the previous hash and this row's canonical text; 64 hex digits
};

struct AuditFilter {
  std::string workspace_id, account_id, person_id, action, target;  // empty: any
  std::int64_t from_ms = 0, to_ms = INT64_MAX;                      // [from, to)
  std::int64_t after_id = 0;                                        // for pages: ids above this one
  std::int64_t limit = 1000;                                        // at most kAuditPageMax
};
inline constexpr std::int64_t kAuditPageMax = 10000;
inline constexpr std::size_t kAuditDetailBytesMax = 16u << 10;

/// What Verify found. The head tells two logs apart, and shows that a tail was cut when it was written down elsewhere.
struct AuditHead {
  std::int64_t rows = 0;
  std::string hash;
};

/// thread: all methods from any thread
class AuditLog {
 public:
  AuditLog(store::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  /// Adds a row in the caller's transaction: the change and its record stand or fall together.
  /// errors: kTooLarge (detail), as store::Connection
  Status Append(store::Connection& connection, const AuditEntry& entry) const;
  /// The same in a transaction of its own, for what changes no row (a failed sign-in).
  Status Append(const AuditEntry& entry) const;

  /// Walks the chain from the first row. errors: kCorrupt (names the first row that does not fit)
  Result<AuditHead> Verify() const;
  /// Oldest first.
  Result<std::vector<AuditRecord>> List(const AuditFilter& filter) const;
  /// One JSON object a row, oldest first; `sink` gets whole lines, and false from it stops.
  Status Export(const AuditFilter& filter, const std::function<bool(std::string_view line)>& sink) const;

  /// A row as one line of JSON: what is hashed (without `hash`) and what is exported (with it).
  static std::string Line(const AuditRecord& record, bool with_hash);

 private:
  store::Database& database_;  // borrows
  const Clock& clock_;         // borrows
};

}  // namespace yun::cloud
