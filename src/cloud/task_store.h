// Requests that are answered later, in the database: who asked what, how far it is, and its answer for a day.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yun::store {
class Database;
}

namespace yun::cloud {

struct Clock;

enum class TaskStatus { kPending, kRunning, kSucceeded, kFailed, kCanceled };
std::string_view TaskStatusName(TaskStatus status);  // "PENDING", ...
std::optional<TaskStatus> ParseTaskStatus(std::string_view name);

struct Task {
  std::string id, workspace_id, key_id, request_id, model;
  std::string path, body;  // what is asked
  TaskStatus status = TaskStatus::kPending;
  std::int64_t submitted_ms = 0, scheduled_ms = 0, ended_ms = 0;  // 0: not yet
  std::string answer;                                             // of one that has ended
};

struct TaskFilter {
  std::string workspace_id;
  std::string model, key_id;          // empty: any
  std::optional<TaskStatus> status;
  std::int64_t from_ms = 0, to_ms = INT64_MAX;  // of submission, [from, to)
  std::int64_t offset = 0, limit = 100;
};
struct TaskList {
  std::int64_t total = 0;   // that fit, on all pages
  std::vector<Task> tasks;  // latest first; without body and answer
};

inline constexpr std::int64_t kTasksOfWorkspaceMax = 10'000;  // that are kept at a time, ended ones too
inline constexpr std::int64_t kTaskAttemptsMax = 3;           // begun so often, it is not begun again
inline constexpr std::int64_t kTaskKeptMs = std::int64_t{24} * 3600 * 1000;    // after its end
inline constexpr std::int64_t kTaskWaitMsMax = std::int64_t{3} * 3600 * 1000;  // for its turn

/// thread: all methods from any thread   errors: of all, as store::Database
class TaskStore {
 public:
  TaskStore(store::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  /// Keeps a new task, pending from now on. errors: kTooMany (kTasksOfWorkspaceMax)
  Status Add(const Task& task);
  /// errors: kNotFound (also a task of another workspace)
  Result<Task> Find(std::string_view workspace_id, std::string_view id) const;
  Result<TaskList> List(const TaskFilter& filter) const;
  /// errors: kNotFound; kInvalidArgument when it is not pending any more
  Status Cancel(std::string_view workspace_id, std::string_view id);

  /// The task that waits longest of the workspace whose turn it is, the next after `last` that `may`; it runs from now
  /// on. Nothing when none waits.
  Result<std::optional<Task>> Take(std::string_view last = {},
                                   const std::function<bool(std::string_view workspace_id)>& may = {});
  /// Ends a running task.
  Status Finish(std::string_view id, TaskStatus status, std::string_view answer);
  /// A running task waits again, as if it had not been begun.
  Status PutBack(std::string_view id);

  /// At a start: what ran when the server ended waits again, or fails after kTaskAttemptsMax with `answer`.
  Status Recover(std::string_view answer);
  /// Fails what has waited for kTaskWaitMsMax with `answer`; forgets what ended kTaskKeptMs ago.
  Status Sweep(std::string_view answer);

 private:
  store::Database& database_;  // borrows:
  const Clock& clock_;         // borrows:
};

}  // namespace yun::cloud
