#include "cloud/task_store.h"

#include <utility>

#include "cloud/clock.h"
#include "store/database.h"

namespace yun::cloud {

namespace {

constexpr std::string_view kNames[] = {"PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED"};

constexpr std::string_view kColumns =
    "SELECT id, workspace_id, key_id, request_id, model, path, status, submitted_ms, scheduled_ms, ended_ms";

Task TaskOf(const store::Row& row) {
  Task task;
  task.id = row.Text(0), task.workspace_id = row.Text(1), task.key_id = row.Text(2), task.request_id = row.Text(3);
  task.model = row.Text(4), task.path = row.Text(5);
  task.status = ParseTaskStatus(row.Text(6)).value_or(TaskStatus::kFailed);
  task.submitted_ms = row.Int(7), task.scheduled_ms = row.Int(8), task.ended_ms = row.Int(9);
  return task;
}

store::Value Bytes(std::string_view text) { return store::Blob{std::string(text)}; }

}  // namespace

std::string_view TaskStatusName(TaskStatus status) { return kNames[static_cast<std::size_t>(status)]; }

std::optional<TaskStatus> ParseTaskStatus(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kNames); ++i)
    if (kNames[i] == name) return static_cast<TaskStatus>(i);
  return {};
}

Status TaskStore::Add(const Task& task) {
  return database_.Write([task, now = clock_.unix_ms()](store::Connection& c) -> Status {
    ASSIGN_OR_RETURN(const store::Rows kept, c.Query("SELECT COUNT(*) FROM task WHERE workspace_id = ?",
                                                     {task.workspace_id}));
    if (kept[0].Int(0) >= kTasksOfWorkspaceMax)
      return Fail(Code::kTooMany, "{} tasks of this workspace are kept already, for a day after their end; no more are",
                  kTasksOfWorkspaceMax);
    RETURN_IF_ERROR(c.Execute(
        "INSERT INTO task (id, workspace_id, key_id, request_id, model, path, body, status, submitted_ms) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, 'PENDING', ?)",
        {task.id, task.workspace_id, task.key_id, task.request_id, task.model, task.path, Bytes(task.body), now}));
    return {};
  });
}

Result<Task> TaskStore::Find(std::string_view workspace_id, std::string_view id) const {
  Task task;
  const Status read = database_.Read([&](store::Connection& c) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows,
                     c.Query(std::string(kColumns) + ", answer FROM task WHERE id = ? AND workspace_id = ?",
                             {id, workspace_id}));
    if (rows.empty()) return Fail(Code::kNotFound, "there is no such task");
    task = TaskOf(rows[0]);
    task.answer = rows[0].Bytes(10);
    return {};
  });
  if (!read) return tl::unexpected<Error>(read.error());
  return task;
}

Result<TaskList> TaskStore::List(const TaskFilter& filter) const {
  std::string where = " FROM task WHERE workspace_id = ? AND submitted_ms >= ? AND submitted_ms < ?";
  std::vector<store::Value> params = {filter.workspace_id, filter.from_ms, filter.to_ms};
  const auto also = [&](std::string_view condition, std::string_view value) {
    if (value.empty()) return;
    where += condition;
    params.emplace_back(value);
  };
  also(" AND model = ?", filter.model);
  also(" AND key_id = ?", filter.key_id);
  also(" AND status = ?", filter.status ? TaskStatusName(*filter.status) : "");
  TaskList list;
  const Status read = database_.Read([&](store::Connection& c) -> Status {
    list = {};
    ASSIGN_OR_RETURN(const store::Rows total, c.Query("SELECT COUNT(*)" + where, params));
    list.total = total[0].Int(0);
    std::vector<store::Value> page = params;
    page.emplace_back(filter.limit);
    page.emplace_back(filter.offset);
    ASSIGN_OR_RETURN(const store::Rows rows,
                     c.Query(std::string(kColumns) + where + " ORDER BY submitted_ms DESC, id LIMIT ? OFFSET ?", page));
    for (const store::Row& row : rows) list.tasks.push_back(TaskOf(row));
    return {};
  });
  if (!read) return tl::unexpected<Error>(read.error());
  return list;
}

Status TaskStore::Cancel(std::string_view workspace_id, std::string_view id) {
  return database_.Write([workspace = std::string(workspace_id), id = std::string(id),
                          now = clock_.unix_ms()](store::Connection& c) -> Status {
    ASSIGN_OR_RETURN(const std::int64_t changed,
                     c.Execute("UPDATE task SET status = 'CANCELED', ended_ms = ? "
                               "WHERE id = ? AND workspace_id = ? AND status = 'PENDING'",
                               {now, id, workspace}));
    if (changed > 0) return {};
    ASSIGN_OR_RETURN(const store::Rows rows,
                     c.Query("SELECT status FROM task WHERE id = ? AND workspace_id = ?", {id, workspace}));
    if (rows.empty()) return Fail(Code::kNotFound, "there is no such task");
    return Fail(Code::kInvalidArgument, "the task is {}", rows[0].Text(0));
  });
}

Result<std::optional<Task>> TaskStore::Take(std::string_view last,
                                            const std::function<bool(std::string_view workspace_id)>& may) {
  std::string turn;  // empty: nobody's
  RETURN_IF_ERROR(database_.Read([&](store::Connection& c) -> Status {
    std::string after(last), first;
    turn.clear();
    for (;;) {
      ASSIGN_OR_RETURN(
          const store::Rows next,
          c.Query("SELECT workspace_id FROM task WHERE status = 'PENDING' AND workspace_id > ? ORDER BY workspace_id "
                  "LIMIT 1",
                  {after}));
      if (next.empty() && after.empty()) return {};
      after = next.empty() ? "" : std::string(next[0].Text(0));
      if (next.empty()) continue;     // from the first again
      if (after == first) return {};  // all have been asked
      if (first.empty()) first = after;
      if (may && !may(after)) continue;
      turn = after;
      return {};
    }
  }));
  std::optional<Task> taken;
  if (turn.empty()) return taken;
  RETURN_IF_ERROR(database_.Write([&taken, &turn, now = clock_.unix_ms()](store::Connection& c) -> Status {
    taken.reset();
    ASSIGN_OR_RETURN(const store::Rows rows, c.Query(std::string(kColumns) +
                                                         ", body FROM task WHERE status = 'PENDING' AND "
                                                         "workspace_id = ? ORDER BY submitted_ms, id LIMIT 1",
                                                     {turn}));
    if (rows.empty()) return {};
    taken = TaskOf(rows[0]);
    taken->body = rows[0].Bytes(10);
    taken->status = TaskStatus::kRunning;
    taken->scheduled_ms = now;
    RETURN_IF_ERROR(c.Execute(
        "UPDATE task SET status = 'RUNNING', scheduled_ms = ?, attempts = attempts + 1 WHERE id = ?",
        {now, taken->id}));
    return {};
  }));
  return taken;
}

Status TaskStore::Finish(std::string_view id, TaskStatus status, std::string_view answer) {
  return database_.Write([id = std::string(id), status, answer = std::string(answer),
                          now = clock_.unix_ms()](store::Connection& c) -> Status {
    RETURN_IF_ERROR(c.Execute("UPDATE task SET status = ?, answer = ?, ended_ms = ? "
                              "WHERE id = ? AND status = 'RUNNING'",
                              {TaskStatusName(status), Bytes(answer), now, id}));
    return {};
  });
}

Status TaskStore::PutBack(std::string_view id) {
  return database_.Write([id = std::string(id)](store::Connection& c) -> Status {
    RETURN_IF_ERROR(c.Execute(
        "UPDATE task SET status = 'PENDING', scheduled_ms = 0, attempts = attempts - 1 WHERE id = ? AND "
        "status = 'RUNNING'",
        {id}));
    return {};
  });
}

Status TaskStore::Recover(std::string_view answer) {
  return database_.Write([answer = std::string(answer), now = clock_.unix_ms()](store::Connection& c) -> Status {
    RETURN_IF_ERROR(c.Execute(
        "UPDATE task SET status = 'FAILED', answer = ?, ended_ms = ? WHERE status = 'RUNNING' AND attempts >= ?",
        {Bytes(answer), now, kTaskAttemptsMax}));
    RETURN_IF_ERROR(c.Execute("UPDATE task SET status = 'PENDING', scheduled_ms = 0 WHERE status = 'RUNNING'"));
    return {};
  });
}

Status TaskStore::Sweep(std::string_view answer) {
  return database_.Write([answer = std::string(answer), now = clock_.unix_ms()](store::Connection& c) -> Status {
    RETURN_IF_ERROR(c.Execute(
        "UPDATE task SET status = 'FAILED', answer = ?, ended_ms = ? WHERE status = 'PENDING' AND submitted_ms < ?",
        {Bytes(answer), now, now - kTaskWaitMsMax}));
    RETURN_IF_ERROR(c.Execute("DELETE FROM task WHERE ended_ms > 0 AND ended_ms < ?", {now - kTaskKeptMs}));
    return {};
  });
}

}  // namespace yun::cloud
