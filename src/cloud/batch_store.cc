#include "cloud/batch_store.h"

#include <utility>

#include "cloud/clock.h"
#include "cloud/random.h"
#include "cloud/vault.h"
#include "store/database.h"

namespace yun::cloud {

namespace {

constexpr std::string_view kNames[] = {"validating", "failed",  "in_progress", "finalizing",
                                       "completed",  "expired", "cancelling",  "cancelled"};
constexpr std::string_view kTable = "batch_line";
constexpr std::string_view kOpen = "status IN ('validating', 'in_progress', 'finalizing', 'cancelling')";

constexpr std::string_view kColumns =
    "SELECT id, workspace_id, key_id, endpoint, input_file_id, completion_window, model, status, metadata, errors, "
    "total, completed, failed, output_file_id, error_file_id, output_ms, created_ms, expires_ms, begun_ms, "
    "finalizing_ms, cancelling_ms, ended_ms FROM batch ";

Batch BatchOf(const store::Row& row) {
  Batch batch;
  std::size_t i = 0;
  for (std::string* text : {&batch.id, &batch.workspace_id, &batch.key_id, &batch.endpoint, &batch.input_file_id,
                            &batch.window, &batch.model})
    *text = row.Text(i++);
  const std::string_view status = row.Text(i++);
  for (std::size_t s = 0; s < std::size(kNames); ++s)
    if (kNames[s] == status) batch.status = static_cast<BatchStatus>(s);
  for (std::string* text : {&batch.metadata, &batch.errors}) *text = row.Text(i++);
  for (std::int64_t* number : {&batch.total, &batch.completed, &batch.failed}) *number = row.Int(i++);
  for (std::string* text : {&batch.output_file_id, &batch.error_file_id}) *text = row.Text(i++);
  for (std::int64_t* number : {&batch.output_ms, &batch.created_ms, &batch.expires_ms, &batch.begun_ms,
                               &batch.finalizing_ms, &batch.cancelling_ms, &batch.ended_ms})
    *number = row.Int(i++);
  return batch;
}

/// What a line's answer is sealed for.
std::string RowOf(std::string_view id, std::int64_t line) { return fmt::format("{}:{}", id, line); }

}  // namespace

std::string_view BatchStatusName(BatchStatus status) { return kNames[static_cast<std::size_t>(status)]; }

Result<Batch> BatchStore::Add(Batch batch) {
  batch.id = "batch_" + RandomHex(12);
  batch.created_ms = clock_.unix_ms();
  batch.expires_ms += batch.created_ms;
  RETURN_IF_ERROR(database_.Write([&batch](store::Connection& c) -> Status {
    ASSIGN_OR_RETURN(const store::Rows file, c.Query("SELECT 1 FROM file WHERE id = ? AND workspace_id = ?",
                                                     {batch.input_file_id, batch.workspace_id}));
    if (file.empty()) return Fail(Code::kNotFound, "there is no such file");
    ASSIGN_OR_RETURN(const store::Rows all,
                     c.Query("SELECT COUNT(*) FROM batch WHERE workspace_id = ?", {batch.workspace_id}));
    ASSIGN_OR_RETURN(const store::Rows open,
                     c.Query("SELECT COUNT(*) FROM batch WHERE workspace_id = ? AND " + std::string(kOpen),
                             {batch.workspace_id}));
    if (open[0].Int(0) >= kBatchesOpenMax)
      return Fail(Code::kTooMany, "{} batches of this workspace have not ended; try again when one has",
                  kBatchesOpenMax);
    if (all[0].Int(0) >= kBatchesOfWorkspaceMax)
      return Fail(Code::kTooMany, "{} batches of this workspace are kept, for 30 days after their end; no more are",
                  kBatchesOfWorkspaceMax);
    RETURN_IF_ERROR(c.Execute(
        "INSERT INTO batch (id, workspace_id, key_id, endpoint, input_file_id, completion_window, metadata, "
        "output_ms, created_ms, expires_ms, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'validating')",
        {batch.id, batch.workspace_id, batch.key_id, batch.endpoint, batch.input_file_id, batch.window, batch.metadata,
         batch.output_ms, batch.created_ms, batch.expires_ms}));
    return {};
  }));
  return batch;
}

Result<Batch> BatchStore::Find(std::string_view workspace_id, std::string_view id) const {
  Batch batch;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& c) -> Status {
    if (!store::IsStorableText(id)) return Fail(Code::kNotFound, "there is no such batch");
    ASSIGN_OR_RETURN(const store::Rows rows,
                     c.Query(std::string(kColumns) + "WHERE id = ? AND workspace_id = ?", {id, workspace_id}));
    if (rows.empty()) return Fail(Code::kNotFound, "there is no such batch");
    batch = BatchOf(rows[0]);
    return {};
  }));
  return batch;
}

Result<BatchList> BatchStore::List(std::string_view workspace_id, std::string_view after, std::int64_t limit) const {
  std::string where = "WHERE workspace_id = ?";
  std::vector<store::Value> params = {workspace_id};
  if (!after.empty()) {
    ASSIGN_OR_RETURN(const Batch from, Find(workspace_id, after));
    where += " AND (created_ms < ? OR (created_ms = ? AND id < ?))";
    params.insert(params.end(), {from.created_ms, from.created_ms, after});
  }
  params.emplace_back(limit + 1);
  BatchList list;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& c) -> Status {
    list = {};
    ASSIGN_OR_RETURN(const store::Rows rows,
                     c.Query(std::string(kColumns) + where + " ORDER BY created_ms DESC, id DESC LIMIT ?", params));
    for (const store::Row& row : rows) list.batches.push_back(BatchOf(row));
    return {};
  }));
  list.more = static_cast<std::int64_t>(list.batches.size()) > limit;
  if (list.more) list.batches.pop_back();
  return list;
}

Status BatchStore::Cancel(std::string_view workspace_id, std::string_view id) {
  ASSIGN_OR_RETURN(const Batch batch, Find(workspace_id, id));
  return database_.Write([id = batch.id, now = clock_.unix_ms()](store::Connection& c) -> Status {
    ASSIGN_OR_RETURN(const std::int64_t changed,
                     c.Execute("UPDATE batch SET status = 'cancelling', cancelling_ms = ? WHERE id = ? AND status IN "
                               "('validating', 'in_progress')",
                               {now, id}));
    if (changed > 0) return {};
    ASSIGN_OR_RETURN(const store::Rows rows, c.Query("SELECT status FROM batch WHERE id = ?", {id}));
    const std::string status(rows.empty() ? "gone" : rows[0].Text(0));
    if (status == "cancelling") return {};
    return Fail(Code::kInvalidArgument, "Cannot cancel a batch with status '{}'.", status);
  });
}

Result<bool> BatchStore::IsInput(std::string_view workspace_id, std::string_view file_id) const {
  bool is = false;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& c) -> Status {
    if (!store::IsStorableText(file_id)) return {};
    ASSIGN_OR_RETURN(const store::Rows rows,
                     c.Query("SELECT 1 FROM batch WHERE workspace_id = ? AND input_file_id = ? AND " +
                                 std::string(kOpen) + " LIMIT 1",
                             {workspace_id, file_id}));
    is = !rows.empty();
    return {};
  }));
  return is;
}

Result<std::vector<Batch>> BatchStore::Open() const {
  std::vector<Batch> batches;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& c) -> Status {
    batches.clear();
    ASSIGN_OR_RETURN(const store::Rows rows,
                     c.Query(std::string(kColumns) + "WHERE " + std::string(kOpen) + " ORDER BY created_ms, id"));
    for (const store::Row& row : rows) batches.push_back(BatchOf(row));
    return {};
  }));
  return batches;
}

Status BatchStore::Begin(std::string_view id, std::int64_t total, std::string_view model) {
  return database_.Write([id = std::string(id), total, model = std::string(model),
                          now = clock_.unix_ms()](store::Connection& c) -> Status {
    RETURN_IF_ERROR(c.Execute("UPDATE batch SET total = ?, model = ?, begun_ms = ? WHERE id = ?",
                              {total, model, now, id}));
    RETURN_IF_ERROR(
        c.Execute("UPDATE batch SET status = 'in_progress' WHERE id = ? AND status = 'validating'", {id}));
    return {};
  });
}

Status BatchStore::Refuse(std::string_view id, std::string_view errors) {
  return database_.Write([id = std::string(id), errors = std::string(errors),
                          now = clock_.unix_ms()](store::Connection& c) -> Status {
    RETURN_IF_ERROR(c.Execute("UPDATE batch SET status = 'failed', errors = ?, ended_ms = ? WHERE id = ?",
                              {errors, now, id}));
    return {};
  });
}

Status BatchStore::PutAnswer(std::string_view id, const BatchAnswer& answer, std::function<void(const Status&)> done) {
  store::Blob sealed{vault_.Seal(kTable, RowOf(id, answer.line), answer.text)};
  return database_.Enqueue(
      [id = std::string(id), line = answer.line, good = std::int64_t{answer.good}, receipt_id = answer.receipt_id,
       sealed = std::move(sealed)](store::Connection& c) -> Status {
        ASSIGN_OR_RETURN(const std::int64_t made,
                         c.Execute("INSERT INTO batch_line (batch_id, line, good, receipt_id, answer) "
                                   "VALUES (?, ?, ?, ?, ?) ON CONFLICT (batch_id, line) DO NOTHING",
                                   {id, line, good, receipt_id, sealed}));
        if (made == 0) {
          ASSIGN_OR_RETURN(const store::Rows there,
                           c.Query("SELECT 1 FROM batch_line WHERE batch_id = ? AND line = ? AND receipt_id = ? AND "
                                   "receipt_id <> ''",
                                   {id, line, receipt_id}));
          if (!there.empty()) return {};  // this very answer: its commit was reported as failed
          return Fail(Code::kAlreadyExists, "line {} of {} has an answer", line, id);
        }
        RETURN_IF_ERROR(c.Execute("UPDATE batch SET completed = completed + ?, failed = failed + ? WHERE id = ?",
                                  {good, 1 - good, id}));
        return {};
      },
      std::move(done));
}

Result<std::map<std::int64_t, std::int64_t>> BatchStore::Answered(std::string_view id) const {
  std::map<std::int64_t, std::int64_t> lines;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& c) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows,
                     c.Query("SELECT line, CAST(LENGTH(answer) AS BIGINT) FROM batch_line WHERE batch_id = ?",
                             {id}));
    for (const store::Row& row : rows) lines[row.Int(0)] = row.Int(1);
    return {};
  }));
  return lines;
}

Result<std::vector<BatchAnswer>> BatchStore::Answers(std::string_view id) const {
  std::vector<BatchAnswer> answers;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& c) -> Status {
    answers.clear();
    ASSIGN_OR_RETURN(const store::Rows rows,
                     c.Query("SELECT line, good, receipt_id, answer FROM batch_line WHERE batch_id = ? ORDER BY line",
                             {id}));
    for (const store::Row& row : rows) {
      BatchAnswer answer{row.Int(0), row.Int(1) != 0, {}, std::string(row.Text(2))};
      ASSIGN_OR_RETURN(answer.text, vault_.Unseal(kTable, RowOf(id, answer.line), row.Bytes(3)));
      answers.push_back(std::move(answer));
    }
    return {};
  }));
  return answers;
}

Status BatchStore::Finalize(std::string_view id) {
  return database_.Write([id = std::string(id), now = clock_.unix_ms()](store::Connection& c) -> Status {
    RETURN_IF_ERROR(c.Execute("UPDATE batch SET status = 'finalizing', finalizing_ms = ? WHERE id = ? AND "
                              "status = 'in_progress'",
                              {now, id}));
    return {};
  });
}

Status BatchStore::Finish(std::string_view id, BatchStatus status, const std::optional<StoredFile>& output,
                          const std::optional<StoredFile>& errors) {
  return database_.Write([&, now = clock_.unix_ms()](store::Connection& c) -> Status {
    for (const auto* file : {&output, &errors})
      if (*file) RETURN_IF_ERROR(FileStore::PutRow(c, **file));
    RETURN_IF_ERROR(c.Execute(
        "UPDATE batch SET status = ?, output_file_id = ?, error_file_id = ?, ended_ms = ? WHERE id = ?",
        {BatchStatusName(status), output ? output->id : "", errors ? errors->id : "", now, id}));
    // The rows themselves stay: they tell a start after a crash which answers were delivered, and so are owed for.
    RETURN_IF_ERROR(c.Execute("UPDATE batch_line SET answer = NULL WHERE batch_id = ?", {id}));
    return {};
  });
}

Status BatchStore::Sweep() {
  return database_.Write([before = clock_.unix_ms() - kBatchKeptMs](store::Connection& c) -> Status {
    RETURN_IF_ERROR(c.Execute(
        "DELETE FROM batch_line WHERE batch_id IN (SELECT id FROM batch WHERE ended_ms > 0 AND ended_ms < ?)",
        {before}));
    RETURN_IF_ERROR(c.Execute("DELETE FROM batch WHERE ended_ms > 0 AND ended_ms < ?", {before}));
    return {};
  });
}

}  // namespace yun::cloud
