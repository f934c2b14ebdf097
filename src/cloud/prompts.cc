#include "cloud/prompts.h"

#include <algorithm>
#include <chrono>

#include "base/log.h"
#include "cloud/clock.h"
#include "store/database.h"

namespace yun::cloud {
namespace {

constexpr std::int64_t kDay = std::int64_t{24} * 3600 * 1000;
constexpr auto kSweepPeriod = std::chrono::minutes(10);
constexpr std::string_view kRequest = "prompt.request", kAnswer = "prompt.answer";  // places of the vault

std::string PlaceOf(std::string_view workspace_id, std::string_view receipt_id) {
  return fmt::format("{}/{}", workspace_id, receipt_id);
}

}  // namespace

Prompts::Prompts(store::Database& database, const Vault& vault, const Directory& directory)
    : database_(database), vault_(vault), directory_(directory) {
  sweeper_ = std::jthread([this](const std::stop_token& stop) { SweepNowAndThen(stop); });
}

Prompts::~Prompts() {
  sweeper_.request_stop();
  sweeper_.join();
  (void)database_.Flush();
}

void Prompts::Keep(StoredPrompt prompt) {
  const std::size_t bytes = prompt.request.size() + prompt.answer.size();
  if (bytes > kPromptBytesMax) {
    ++too_large_;
    return;
  }
  const auto leave = [this, bytes] {
    --queued_;
    bytes_queued_ -= bytes;
  };
  const bool fits = queued_.fetch_add(1) < kPromptsQueuedMax;
  if (bytes_queued_.fetch_add(bytes) + bytes > kPromptBytesQueuedMax || !fits) {
    ++queue_full_;
    return leave();
  }
  const std::string place = PlaceOf(prompt.workspace_id, prompt.receipt_id);
  auto work = [row = std::vector<store::Value>{prompt.receipt_id, prompt.workspace_id, prompt.key_id, prompt.model,
                                               directory_.clock().unix_ms(), static_cast<std::int64_t>(bytes),
                                               store::Blob{vault_.Seal(kRequest, place, prompt.request)},
                                               store::Blob{vault_.Seal(kAnswer, place, prompt.answer)}}](
                  store::Connection& db) -> Status {
    RETURN_IF_ERROR(db.Execute("INSERT INTO prompt (receipt_id, workspace_id, key_id, model, created_ms, bytes, "
                               "request, answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                               row));
    return {};
  };
  const Status queued = database_.Enqueue(std::move(work), [this, leave](const Status& written) {
    ++(written ? stored_ : failed_);
    if (!written) log::warn("a prompt could not be stored: {}", written.error().message);
    leave();
  });
  if (queued) return;
  ++queue_full_;
  leave();
}

std::int64_t Prompts::KeptSince(std::string_view workspace_id) const {
  const auto workspace = directory_.FindWorkspace(workspace_id);
  return directory_.clock().unix_ms() - (workspace ? workspace->retention_days * kDay : 0);
}

Result<StoredPrompt> Prompts::Find(std::string_view workspace_id, std::string_view receipt_id) const {
  StoredPrompt prompt;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& db) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows,
                     db.Query("SELECT receipt_id, workspace_id, key_id, model, created_ms, bytes, request, answer "
                              "FROM prompt WHERE receipt_id = ? AND workspace_id = ? AND created_ms > ?",
                              {receipt_id, workspace_id, KeptSince(workspace_id)}));
    if (rows.empty()) return Fail(Code::kNotFound, "there is no stored prompt of this receipt");
    const store::Row& row = rows[0];
    prompt = {std::string(row.Text(0)), std::string(row.Text(1)), std::string(row.Text(2)), std::string(row.Text(3)),
              row.Int(4),               row.Int(5)};
    const std::string place = PlaceOf(prompt.workspace_id, prompt.receipt_id);
    ASSIGN_OR_RETURN(prompt.request, vault_.Unseal(kRequest, place, row.Bytes(6)));
    ASSIGN_OR_RETURN(prompt.answer, vault_.Unseal(kAnswer, place, row.Bytes(7)));
    return {};
  }));
  return prompt;
}

Result<std::vector<StoredPrompt>> Prompts::List(std::string_view workspace_id, std::int64_t before_ms,
                                                std::string_view before_id, std::size_t rows_max) const {
  std::vector<StoredPrompt> prompts;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& db) -> Status {
    ASSIGN_OR_RETURN(
        const store::Rows rows,
        db.Query("SELECT receipt_id, workspace_id, key_id, model, created_ms, bytes FROM prompt WHERE workspace_id = ? "
                 "AND created_ms > ? AND (created_ms < ? OR (created_ms = ? AND receipt_id < ?)) "
                 "ORDER BY created_ms DESC, receipt_id DESC LIMIT ?",
                 {workspace_id, KeptSince(workspace_id), before_ms, before_ms, before_id,
                  static_cast<std::int64_t>(std::min(rows_max, kPromptsListedMax))}));
    for (const store::Row& row : rows)
      prompts.push_back({std::string(row.Text(0)), std::string(row.Text(1)), std::string(row.Text(2)),
                         std::string(row.Text(3)), row.Int(4), row.Int(5), {}, {}});
    return {};
  }));
  return prompts;
}

Status Prompts::Delete(std::string_view workspace_id, std::string_view receipt_id) {
  return database_.Write([&](store::Connection& db) -> Status {
    ASSIGN_OR_RETURN(const std::int64_t gone, db.Execute("DELETE FROM prompt WHERE receipt_id = ? AND workspace_id = ?",
                                                         {receipt_id, workspace_id}));
    if (gone == 0) return Fail(Code::kNotFound, "there is no stored prompt of this receipt");
    return {};
  });
}

Result<std::int64_t> Prompts::RemoveSome(std::string_view workspace_id, std::int64_t before_ms) {
  std::int64_t removed = 0;
  RETURN_IF_ERROR(database_.Write([&](store::Connection& db) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows,
                     db.Query("SELECT receipt_id, bytes FROM prompt WHERE workspace_id = ? AND created_ms <= ? "
                              "ORDER BY created_ms LIMIT ?",
                              {workspace_id, before_ms, static_cast<std::int64_t>(kPromptsRemovedMax)}));
    std::int64_t bytes = 0;
    for (const store::Row& row : rows) {
      if (removed > 0 && bytes + row.Int(1) > kPromptBytesRemovedMax) break;
      RETURN_IF_ERROR(db.Execute("DELETE FROM prompt WHERE receipt_id = ?", {row.Text(0)}));
      bytes += row.Int(1);
      ++removed;
    }
    return {};
  }));
  return removed;
}

Result<std::int64_t> Prompts::Clear(std::string_view workspace_id) {
  const std::int64_t now_ms = directory_.clock().unix_ms();  // not those that come meanwhile, or it might not end
  RETURN_IF_ERROR(database_.Flush());
  std::int64_t all = 0;
  for (;;) {
    ASSIGN_OR_RETURN(const std::int64_t some, RemoveSome(workspace_id, now_ms));
    if (some == 0) return all;
    all += some;
  }
}

Status Prompts::Sweep(const std::stop_token& stop) {
  std::string workspace_id;
  for (;;) {
    bool found = false;
    RETURN_IF_ERROR(database_.Read([&](store::Connection& db) -> Status {
      ASSIGN_OR_RETURN(const store::Rows rows,
                       db.Query("SELECT workspace_id FROM prompt WHERE workspace_id > ? ORDER BY workspace_id LIMIT 1",
                                {workspace_id}));
      found = !rows.empty();
      if (found) workspace_id = rows[0].Text(0);
      return {};
    }));
    if (!found) return {};
    const std::int64_t since = KeptSince(workspace_id);
    for (;;) {
      ASSIGN_OR_RETURN(const std::int64_t some, RemoveSome(workspace_id, since));
      if (stop.stop_requested()) return {};
      if (some == 0) break;
    }
  }
}

void Prompts::SweepNowAndThen(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (const Status swept = Sweep(stop); !swept)
      log::warn("old prompts could not be removed: {}", swept.error().message);
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, kSweepPeriod, [] { return false; });
  }
}

PromptCounts Prompts::counts() const { return {stored_, queue_full_, too_large_, failed_}; }

}  // namespace yun::cloud
