#include "cloud/dialogs.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "cloud/random.h"
#include "store/database.h"

namespace yun::cloud {
namespace {

constexpr std::string_view kResponseTable = "stored_response", kItemTable = "conversation_item";
constexpr std::size_t kIdBytes = 16;
constexpr std::int64_t kSweepPeriodNs = 600 * std::int64_t{1'000'000'000};

Error NotFound(std::string_view what, std::string_view id) {
  return {Code::kNotFound, fmt::format("{} '{}' was not found; it is kept for {} days.", what, id.substr(0, 64),
                                       kDialogKeptMs / kDayMs)};
}

/// Both texts of a response as they are sealed together: the first one's length, a line break, both.
std::string Joined(const StoredResponse& response) {
  return fmt::format("{}\n{}{}", response.input.size(), response.input, response.response);
}
Status Split(std::string_view joined, StoredResponse& out) {
  const std::size_t line = joined.find('\n');
  std::size_t size = 0;
  for (const char c : joined.substr(0, std::min(line, std::size_t{12}))) {
    if (c < '0' || c > '9') return Fail(Code::kCorrupt, "a stored response cannot be read");
    size = size * 10 + static_cast<std::size_t>(c - '0');
  }
  if (line == std::string_view::npos || size > joined.size() - line - 1)
    return Fail(Code::kCorrupt, "a stored response cannot be read");
  out.input = joined.substr(line + 1, size);
  out.response = joined.substr(line + 1 + size);
  return {};
}

}  // namespace

Dialogs::~Dialogs() {
  if (Status flushed = database_.Flush(); !flushed) log::warn("dialogs: {}", flushed.error().message);
}

Status Dialogs::Keep(std::string_view workspace_id, StoredResponse response) {
  SweepSometimes();
  const std::string id = response.id;
  const bool taken = pending_.With([&](auto& pending) {
    if (pending.size() >= kPendingResponsesMax) return false;
    pending[id] = {std::string(workspace_id), response};
    return true;
  });
  if (!taken) return Fail(Code::kTooMany, "too many responses are being stored");
  std::string sealed = vault_.Seal(kResponseTable, id, Joined(response));
  const std::int64_t now = clock_.unix_ms();
  Status queued = database_.Enqueue(
      [id, workspace = std::string(workspace_id), previous = response.previous_id, model = response.model,
       sealed = std::move(sealed), now](store::Connection& connection) -> Status {
        const Result<std::int64_t> done = connection.Execute(
            "INSERT INTO stored_response (id, workspace_id, previous_id, model, created_ms, body) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            {id, workspace, previous, model, now, store::Blob{sealed}});
        if (!done) return tl::unexpected(done.error());
        return {};
      },
      [this, id](const Status& status) {
        if (!status) log::error("response {} is not stored: {}", id, status.error().message);
        pending_.With([&](auto& pending) { pending.erase(id); });
      });
  if (!queued) pending_.With([&](auto& pending) { pending.erase(id); });
  return queued;
}

Result<StoredResponse> Dialogs::Load(std::string_view workspace_id, std::string_view id) {
  StoredResponse out;
  bool found = false;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows,
                     connection.Query("SELECT previous_id, model, body FROM stored_response "
                                      "WHERE id = ? AND workspace_id = ? AND created_ms > ?",
                                      {id, workspace_id, clock_.unix_ms() - kDialogKeptMs}));
    if (rows.empty()) return {};
    found = true;
    out.id = id;
    out.previous_id = rows[0].Text(0);
    out.model = rows[0].Text(1);
    ASSIGN_OR_RETURN(const std::string joined, vault_.Unseal(kResponseTable, id, rows[0].Bytes(2)));
    return Split(joined, out);
  }));
  if (!found) return tl::unexpected(NotFound("The response", id));
  return out;
}

Result<StoredResponse> Dialogs::Find(std::string_view workspace_id, std::string_view id) {
  const auto on_its_way = pending_.With([&](const auto& pending) -> std::optional<StoredResponse> {
    const auto at = pending.find(id);
    if (at == pending.end() || at->second.workspace_id != workspace_id) return {};
    return at->second.response;
  });
  if (on_its_way) return *on_its_way;
  return Load(workspace_id, id);
}

Result<std::vector<StoredResponse>> Dialogs::Chain(std::string_view workspace_id, std::string_view id) {
  std::vector<StoredResponse> out;
  std::size_t bytes = 0;
  for (std::string next(id); !next.empty(); next = out.back().previous_id) {
    auto found = Find(workspace_id, next);
    if (!found && found.error().code == Code::kNotFound && !out.empty()) break;  // older ones are gone
    if (!found) return tl::unexpected(found.error());
    bytes += found->input.size() + found->response.size();
    out.push_back(std::move(*found));
    if (out.size() > kChainMax || bytes > kChainBytesMax)
      return Fail(Code::kTooLarge, "the dialog before this has more than {} responses or {} bytes", kChainMax,
                  kChainBytesMax);
  }
  std::ranges::reverse(out);
  return out;
}

Status Dialogs::Remove(std::string_view workspace_id, std::string_view id) {
  RETURN_IF_ERROR(database_.Flush());  // one that is on its way must not come back
  bool found = false;
  RETURN_IF_ERROR(database_.Write([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const std::int64_t gone,
                     connection.Execute("DELETE FROM stored_response WHERE id = ? AND workspace_id = ?",
                                        {id, workspace_id}));
    found = gone > 0;
    return {};
  }));
  if (!found) return tl::unexpected(NotFound("The response", id));
  return {};
}

Result<Conversation> Dialogs::MakeConversation(std::string_view workspace_id, std::string_view metadata) {
  SweepSometimes();
  Conversation made{"conv_" + RandomHex(kIdBytes), std::string(metadata), clock_.unix_ms()};
  RETURN_IF_ERROR(database_.Write([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const store::Rows count,
                     connection.Query("SELECT COUNT(*) FROM conversation WHERE workspace_id = ?", {workspace_id}));
    if (count[0].Int(0) >= static_cast<std::int64_t>(kConversationsMax))
      return Fail(Code::kTooMany, "this workspace has {} conversations, the most there may be", kConversationsMax);
    ASSIGN_OR_RETURN(const std::int64_t done,
                     connection.Execute("INSERT INTO conversation (id, workspace_id, created_ms, touched_ms, metadata) "
                                        "VALUES (?, ?, ?, ?, ?)",
                                        {made.id, workspace_id, made.created_ms, made.created_ms, metadata}));
    (void)done;
    return {};
  }));
  return made;
}

Result<Conversation> Dialogs::FindConversation(std::string_view workspace_id, std::string_view id) {
  std::optional<Conversation> out;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows,
                     connection.Query("SELECT metadata, created_ms FROM conversation "
                                      "WHERE id = ? AND workspace_id = ? AND touched_ms > ?",
                                      {id, workspace_id, clock_.unix_ms() - kDialogKeptMs}));
    if (!rows.empty()) out = {std::string(id), std::string(rows[0].Text(0)), rows[0].Int(1)};
    return {};
  }));
  if (!out) return tl::unexpected(NotFound("The conversation", id));
  return std::move(*out);
}

/// Keeps it for another while. errors: kNotFound
Status Dialogs::Touch(store::Connection& connection, std::string_view workspace_id,
                      std::string_view conversation_id) const {
  const std::int64_t now = clock_.unix_ms();
  ASSIGN_OR_RETURN(const std::int64_t touched,
                   connection.Execute("UPDATE conversation SET touched_ms = ? "
                                      "WHERE id = ? AND workspace_id = ? AND touched_ms > ?",
                                      {now, conversation_id, workspace_id, now - kDialogKeptMs}));
  if (touched == 0) return tl::unexpected(NotFound("The conversation", conversation_id));
  return {};
}

Status Dialogs::SetMetadata(std::string_view workspace_id, std::string_view id, std::string_view metadata) {
  return database_.Write([&](store::Connection& connection) -> Status {
    RETURN_IF_ERROR(Touch(connection, workspace_id, id));
    ASSIGN_OR_RETURN(const std::int64_t done,
                     connection.Execute("UPDATE conversation SET metadata = ? WHERE id = ?", {metadata, id}));
    (void)done;
    return {};
  });
}

Status Dialogs::RemoveConversation(std::string_view workspace_id, std::string_view id) {
  return database_.Write([&](store::Connection& connection) -> Status {
    RETURN_IF_ERROR(Touch(connection, workspace_id, id));
    for (const char* sql :
         {"DELETE FROM conversation_item WHERE conversation_id = ?", "DELETE FROM conversation WHERE id = ?"}) {
      ASSIGN_OR_RETURN(const std::int64_t done, connection.Execute(sql, {id}));
      (void)done;
    }
    return {};
  });
}

Status Dialogs::AddItems(std::string_view workspace_id, std::string_view conversation_id,
                         const std::vector<ConversationItem>& items) {
  std::vector<std::string> sealed;
  for (const ConversationItem& item : items)
    sealed.push_back(vault_.Seal(kItemTable, fmt::format("{} {}", conversation_id, item.id), item.body));
  return database_.Write([&](store::Connection& connection) -> Status {
    RETURN_IF_ERROR(Touch(connection, workspace_id, conversation_id));
    ASSIGN_OR_RETURN(const store::Rows last,
                     connection.Query("SELECT COALESCE(MAX(number), 0) FROM conversation_item "
                                      "WHERE conversation_id = ?",
                                      {conversation_id}));
    const std::int64_t begin = last[0].Int(0) + 1;
    for (std::size_t i = 0; i < items.size(); ++i) {
      ASSIGN_OR_RETURN(const std::int64_t done,
                       connection.Execute("INSERT INTO conversation_item (conversation_id, number, id, body) "
                                          "VALUES (?, ?, ?, ?)",
                                          {conversation_id, begin + static_cast<std::int64_t>(i), items[i].id,
                                           store::Blob{sealed[i]}}));
      (void)done;
    }
    const std::int64_t end = begin + static_cast<std::int64_t>(items.size());
    ASSIGN_OR_RETURN(const std::int64_t gone,
                     connection.Execute("DELETE FROM conversation_item WHERE conversation_id = ? AND number < ?",
                                        {conversation_id, end - static_cast<std::int64_t>(kConversationItemsKept)}));
    (void)gone;
    return {};
  });
}

Result<std::vector<ConversationItem>> Dialogs::Items(std::string_view workspace_id, std::string_view conversation_id) {
  ASSIGN_OR_RETURN(const Conversation found, FindConversation(workspace_id, conversation_id));
  std::vector<ConversationItem> out;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows,
                     connection.Query("SELECT id, body FROM conversation_item WHERE conversation_id = ? "
                                      "ORDER BY number",
                                      {found.id}));
    for (const store::Row& row : rows) {
      ASSIGN_OR_RETURN(std::string body,
                       vault_.Unseal(kItemTable, fmt::format("{} {}", found.id, row.Text(0)), row.Bytes(1)));
      out.push_back({std::string(row.Text(0)), std::move(body)});
    }
    return {};
  }));
  return out;
}

Status Dialogs::RemoveItem(std::string_view workspace_id, std::string_view conversation_id, std::string_view item_id) {
  return database_.Write([&](store::Connection& connection) -> Status {
    RETURN_IF_ERROR(Touch(connection, workspace_id, conversation_id));
    ASSIGN_OR_RETURN(const std::int64_t gone,
                     connection.Execute("DELETE FROM conversation_item WHERE conversation_id = ? AND id = ?",
                                        {conversation_id, item_id}));
    if (gone == 0) return tl::unexpected(NotFound("The item", item_id));
    return {};
  });
}

namespace {

Status RemoveBefore(store::Connection& connection, std::int64_t before) {
  for (const char* sql : {"DELETE FROM stored_response WHERE created_ms <= ?",
                          "DELETE FROM conversation_item WHERE conversation_id IN "
                          "(SELECT id FROM conversation WHERE touched_ms <= ?)",
                          "DELETE FROM conversation WHERE touched_ms <= ?"}) {
    ASSIGN_OR_RETURN(const std::int64_t gone, connection.Execute(sql, {before}));
    (void)gone;
  }
  return {};
}

}  // namespace

Status Dialogs::Sweep() {
  const std::int64_t before = clock_.unix_ms() - kDialogKeptMs;
  return database_.Write([before](store::Connection& connection) { return RemoveBefore(connection, before); });
}

void Dialogs::SweepSometimes() {
  std::int64_t due = next_sweep_ns_;
  const std::int64_t now = clock_.steady_ns();
  if (now < due || !next_sweep_ns_.compare_exchange_strong(due, now + kSweepPeriodNs)) return;
  const std::int64_t before = clock_.unix_ms() - kDialogKeptMs;
  const Status queued = database_.Enqueue(
      [before](store::Connection& connection) { return RemoveBefore(connection, before); },
      [](const Status& swept) {
        if (!swept) log::warn("old dialogs could not be removed: {}", swept.error().message);
      });
  if (!queued) log::warn("old dialogs could not be removed: {}", queued.error().message);
}

}  // namespace yun::cloud
