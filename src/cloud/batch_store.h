// Batches in the database: what was asked, how far it is, and the answers of its lines, sealed, until they are a file.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cloud/file_store.h"

namespace yun::cloud {

enum class BatchStatus {
  kValidating,
  kFailed,  // its input is not what it should be
  kInProgress,
  kFinalizing,
  kCompleted,
  kExpired,
  kCancelling,
  kCancelled,
};
std::string_view BatchStatusName(BatchStatus status);  // "validating", ...

inline constexpr std::int64_t kBatchesOfWorkspaceMax = 1'000;  // that are kept at a time
inline constexpr std::int64_t kBatchesOpenMax = 50;            // of them, that have not ended
inline constexpr std::int64_t kBatchAnswersBytesMax = static_cast<std::int64_t>(kFileBytesMax) / 2;  // of both files
inline constexpr std::int64_t kBatchKeptMs = std::int64_t{30} * 24 * 3600 * 1000;                     // after its end

struct Batch {
  std::string id, workspace_id, key_id, endpoint, input_file_id, window, model;
  BatchStatus status = BatchStatus::kValidating;
  std::string metadata, errors;  // JSON; empty: none
  std::int64_t total = 0, completed = 0, failed = 0;
  std::string output_file_id, error_file_id;  // empty: none
  std::int64_t output_ms = 0;                 // how long its files are kept; 0: for ever
  std::int64_t created_ms = 0, expires_ms = 0, begun_ms = 0, finalizing_ms = 0, cancelling_ms = 0, ended_ms = 0;
};

struct BatchList {
  bool more = false;
  std::vector<Batch> batches;
};

/// One line that has been answered.
struct BatchAnswer {
  std::int64_t line = 0;
  bool good = false;       // status 200
  std::string text;        // a line of one of the two files
  std::string receipt_id;  // empty: it cost nothing
};

/// thread: all methods from any thread   errors: of all, as store::Database
class BatchStore {
 public:
  BatchStore(store::Database& database, const Vault& vault, const Clock& clock)
      : database_(database), vault_(vault), clock_(clock) {}

  /// Keeps a new batch; fills in id, created_ms, and expires_ms from what it holds: a time from now.
  /// errors: kTooMany, kNotFound (the input file)
  Result<Batch> Add(Batch batch);
  /// errors: kNotFound (also of another workspace)
  Result<Batch> Find(std::string_view workspace_id, std::string_view id) const;
  /// The latest first. errors: kNotFound (`after`)
  Result<BatchList> List(std::string_view workspace_id, std::string_view after, std::int64_t limit) const;
  /// It will begin no more lines. errors: kNotFound, kInvalidArgument (it has ended: says how)
  Status Cancel(std::string_view workspace_id, std::string_view id);
  /// Whether a batch that has not ended reads this file.
  Result<bool> IsInput(std::string_view workspace_id, std::string_view file_id) const;

  /// Those that have not ended, the oldest first.
  Result<std::vector<Batch>> Open() const;
  Status Begin(std::string_view id, std::int64_t total, std::string_view model);
  Status Refuse(std::string_view id, std::string_view errors);
  /// Written once, however often it is given. `done` is called after the commit, on the database's thread.
  /// errors: kAlreadyExists (the line has another answer)
  Status PutAnswer(std::string_view id, const BatchAnswer& answer, std::function<void(const Status&)> done);
  /// The lines that have an answer, and how many bytes it takes.
  Result<std::map<std::int64_t, std::int64_t>> Answered(std::string_view id) const;
  /// In order of lines. errors: as Vault::Unseal
  Result<std::vector<BatchAnswer>> Answers(std::string_view id) const;
  Status Finalize(std::string_view id);
  /// Ends it with its files, whose bytes are there, and lets go of the answers.
  Status Finish(std::string_view id, BatchStatus status, const std::optional<StoredFile>& output,
                const std::optional<StoredFile>& errors);
  /// Forgets what ended kBatchKeptMs ago.
  Status Sweep();

 private:
  store::Database& database_;  // borrows:
  const Vault& vault_;         // borrows:
  const Clock& clock_;         // borrows:
};

}  // namespace yun::cloud
