#include "cloud/audit_log.h"

#include <algorithm>
#include <boost/json.hpp>

#include "cloud/clock.h"
#include "cloud/random.h"
#include "store/database.h"

namespace yun::cloud {
namespace {

namespace json = boost::json;

constexpr std::int64_t kVerifyPage = 5000;  // rows in memory at a time

std::string Quoted(std::string_view text) { return json::serialize(json::string(text)); }

std::string HashOf(std::string_view before, const AuditRecord& record) {
  return HexOf(Sha256(std::string(before) + "\n" + AuditLog::Line(record, false)));
}

AuditRecord RecordOf(const store::Row& row) {
  AuditRecord record;
  record.id = row.Int(0);
  record.at_ms = row.Int(1);
  AuditEntry& e = record.entry;
  e.actor = {std::string(row.Text(2)), std::string(row.Text(3)), std::string(row.Text(4))};
  e.action = row.Text(5);
  e.target = row.Text(6);
  e.workspace_id = row.Text(7);
  e.account_id = row.Text(8);
  e.detail_json = row.Text(9);
  record.hash = row.Text(10);
  return record;
}

constexpr std::string_view kColumns =
    "SELECT id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash FROM audit_log";

Result<std::vector<AuditRecord>> Page(store::Connection& c, const AuditFilter& f, std::int64_t limit) {
  std::string sql(kColumns);
  sql += " WHERE id > ? AND at_ms >= ? AND at_ms < ?";
  std::vector<store::Value> params = {f.after_id, f.from_ms, f.to_ms};
  const auto also = [&](std::string_view column, const std::string& value) {
    if (value.empty()) return;
    sql += " AND ";
    sql += column;
    sql += " = ?";
    params.emplace_back(value);
  };
  also("workspace_id", f.workspace_id);
  also("account_id", f.account_id);
  also("person_id", f.person_id);
  also("action", f.action);
  also("target", f.target);
  sql += " ORDER BY id LIMIT ?";
  params.emplace_back(limit);
  ASSIGN_OR_RETURN(const store::Rows rows, c.Query(sql, params));
  std::vector<AuditRecord> records;
  records.reserve(rows.size());
  for (const store::Row& row : rows) records.push_back(RecordOf(row));
  return records;
}

}  // namespace

std::string AuditLog::Line(const AuditRecord& record, bool with_hash) {
  const AuditEntry& e = record.entry;
  std::string line = fmt::format(
      R"({{"id":{},"at_ms":{},"person":{},"key":{},"ip":{},"action":{},)"
      R"("target":{},"workspace":{},"account":{},"detail":{})",
      record.id, record.at_ms, Quoted(e.actor.person_id), Quoted(e.actor.key_id), Quoted(e.actor.ip), Quoted(e.action),
      Quoted(e.target), Quoted(e.workspace_id), Quoted(e.account_id), e.detail_json);
  if (with_hash) line += fmt::format(R"(,"hash":"{}")", record.hash);
  return line + "}";
}

Status AuditLog::Append(store::Connection& connection, const AuditEntry& entry) const {
  json::error_code ec;
  const json::value detail = json::parse(entry.detail_json, ec);
  if (ec || !detail.is_object())
    return Fail(Code::kInternal, "audit log: the detail of {} is no JSON object", entry.action);
  AuditRecord record{0, clock_.unix_ms(), entry, {}};
  AuditEntry& e = record.entry;
  e.detail_json = json::serialize(detail);  // one line
  if (e.detail_json.size() > kAuditDetailBytesMax)
    return Fail(Code::kTooLarge, "audit log: the detail of {} has {} bytes, at most {} are kept", entry.action,
                e.detail_json.size(), kAuditDetailBytesMax);
  ASSIGN_OR_RETURN(const store::Rows head,
                   connection.Query("UPDATE audit_head SET id = id + 1 WHERE one = 1 RETURNING id, hash"));
  if (head.size() != 1) return Fail(Code::kCorrupt, "audit log: the head of the chain is missing");
  record.id = head[0].Int(0);
  record.hash = HashOf(head[0].Text(1), record);
  RETURN_IF_ERROR(connection.Execute("UPDATE audit_head SET hash = ? WHERE one = 1", {record.hash}));
  RETURN_IF_ERROR(connection.Execute(
      "INSERT INTO audit_log (id, at_ms, person_id, key_id, ip, action, target, workspace_id, account_id, detail, hash)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {record.id, record.at_ms, e.actor.person_id, e.actor.key_id, e.actor.ip, e.action, e.target, e.workspace_id,
       e.account_id, e.detail_json, record.hash}));
  return {};
}

Status AuditLog::Append(const AuditEntry& entry) const {
  return database_.Write([this, entry](store::Connection& c) { return Append(c, entry); });
}

Result<AuditHead> AuditLog::Verify() const {
  AuditHead head;
  const Status read = database_.Read([&head](store::Connection& c) -> Status {
    head = {};
    AuditFilter all;
    all.from_ms = INT64_MIN;
    while (true) {
      ASSIGN_OR_RETURN(const std::vector<AuditRecord> page, Page(c, all, kVerifyPage));
      for (const AuditRecord& record : page) {
        if (record.id != head.rows + 1)
          return Fail(Code::kCorrupt, "audit log: row {} is missing; {} follows {}", head.rows + 1, record.id,
                      head.rows);
        if (record.hash != HashOf(head.hash, record))
          return Fail(Code::kCorrupt, "audit log: row {} was changed: its hash does not fit", record.id);
        head = {record.id, record.hash};
      }
      if (page.empty()) break;
      all.after_id = head.rows;
    }
    ASSIGN_OR_RETURN(const store::Rows end, c.Query("SELECT id, hash FROM audit_head WHERE one = 1"));
    if (end.size() != 1 || end[0].Int(0) != head.rows || end[0].Text(1) != head.hash)
      return Fail(Code::kCorrupt, "audit log: the last rows are missing; {} are left", head.rows);
    return {};
  });
  if (!read) return tl::unexpected<Error>(read.error());
  return head;
}

Result<std::vector<AuditRecord>> AuditLog::List(const AuditFilter& filter) const {
  std::vector<AuditRecord> records;
  const Status read = database_.Read([&](store::Connection& c) -> Status {
    ASSIGN_OR_RETURN(records, Page(c, filter, std::clamp<std::int64_t>(filter.limit, 1, kAuditPageMax)));
    return {};
  });
  if (!read) return tl::unexpected<Error>(read.error());
  return records;
}

Status AuditLog::Export(const AuditFilter& filter, const std::function<bool(std::string_view)>& sink) const {
  AuditFilter next = filter;
  next.limit = kVerifyPage;
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<AuditRecord> page, List(next));
    for (const AuditRecord& record : page)
      if (!sink(Line(record, true) + "\n")) return Fail(Code::kCancelled, "audit log: the export was stopped");
    if (page.empty()) return {};
    next.after_id = page.back().id;
  }
}

}  // namespace yun::cloud
