// What the database needs of a connection of either kind, below what its users see.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"

namespace yun::store {

enum class Access { kRead, kWrite };

struct Table {
  std::string name;
  std::vector<std::string> columns;
};

/// A connection that knows transactions. thread: one at a time
class Session : public Connection {
 public:
  /// Opens a transaction: of one consistent state for kRead, for writing otherwise. A connection that was lost is
  /// opened again first.
  virtual Status Begin() = 0;
  /// With an error nothing was stored, unless the message says that it is open. errors: as Connection::Query
  virtual Status Commit() = 0;
  /// Ends the transaction if there is one.
  virtual void Rollback() = 0;

  /// A point to come back to; the one before it is given up.
  Status Savepoint();
  /// errors: the whole transaction is gone
  Status RollBackToSavepoint();

  /// Several statements without parameters; {{blob}} stands for the type of bytes.
  virtual Status Script(std::string_view sql) = 0;
  /// Calls `row` for each row, without keeping them.
  virtual Status Each(const std::string& sql, const std::function<Status(const Row&)>& row) = 0;
  /// The tables, by name, of this database (PostgreSQL: of the current schema).
  virtual Result<std::vector<Table>> Tables() = 0;
  /// Until the end of the transaction, or ResumeForeignKeys, rows may come in any order.
  virtual Status SuspendForeignKeys() = 0;
  virtual Status ResumeForeignKeys() = 0;

  /// Forgets that a statement failed: the next work begins.
  void ForgetFailure() { failed_.reset(); }
  const std::optional<Error>& failure() const { return failed_; }

 protected:
  /// Statements without parameters or results that are run often.
  virtual Status Commands(std::initializer_list<const char*> sql) = 0;
  enum class SavepointState { kNone, kUsed, kFresh };
  SavepointState savepoint_ = SavepointState::kNone;  // to be set back when a transaction begins
};

/// Runs `work`; a statement that failed in it counts although `work` may have overlooked it.
Status RunWork(Session& session, const Database::Work& work);

/// A database of one kind, owned by this process as long as this object lives.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual Result<std::unique_ptr<Session>> Connect(Access access) = 0;
  /// Writes one consistent state into a new SQLite file. `migrations` made the database.
  virtual Status Backup(const std::string& path, const std::vector<Migration>& migrations) = 0;
  virtual const char* kind() const = 0;
};

/// `sql` with `blob` for each {{blob}}.
std::string WithBlobType(std::string_view sql, std::string_view blob);

}  // namespace yun::store
