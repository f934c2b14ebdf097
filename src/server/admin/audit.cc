// The audit log: read, checked, exported.
#include "cloud/audit_log.h"

#include "cloud/directory.h"
#include "server/admin/parts.h"

namespace yun::server::admin {

namespace json = boost::json;
using cloud::AuditFilter;
using cloud::AuditRecord;
using cloud::Right;

namespace {

std::vector<Field> Filters() {
  return {Text("person_id", "who"),
          Text("action", "\"key.create\""),
          Text("target", "an id"),
          Time("from_ms", ""),
          Time("to_ms", ""),
          LimitField(),
          CursorField(),
          Text("format", "jsonl: a record a line, as they are hashed").OneOf({"json", "jsonl"})};
}
const Schema kQuery{"AuditQuery", Filters()};
const Schema& CloudQuery() {
  static const Schema schema = [] {
    Schema s{"CloudAuditQuery", Filters()};
    s.fields.push_back(Text("workspace_id", "").Like(kId));
    s.fields.push_back(Text("account_id", "").Like(kId));
    return s;
  }();
  return schema;
}
const Schema kRecord{"AuditRecord",
                     {Integer("id", "1, 2, 3, ... without gaps").Required(), Time("at_ms", "").Required(),
                      Text("person_id", "").Required(), Text("key_id", "").Required(), Text("ip", "").Required(),
                      Text("action", "").Required(), Text("target", "").Required(), Text("workspace_id", "").Required(),
                      Text("account_id", "").Required(), Any("detail", "what changed").Required(),
                      Text("hash", "SHA-256 over the hash before and this record").Required()}};
const Schema kHead{"AuditHead",
                   {Boolean("ok", "").Required(), Integer("rows", "").Required(),
                    Text("hash", "of the last: written down elsewhere, it shows a tail that was cut").Required(),
                    Text("problem", "the first row that does not fit")}};

json::object Write(const AuditRecord& r) {
  json::error_code ec;
  json::value detail = json::parse(r.entry.detail_json, ec);
  if (ec) detail = r.entry.detail_json;
  return {{"id", r.id},
          {"at_ms", r.at_ms},
          {"person_id", r.entry.actor.person_id},
          {"key_id", r.entry.actor.key_id},
          {"ip", r.entry.actor.ip},
          {"action", r.entry.action},
          {"target", r.entry.target},
          {"workspace_id", r.entry.workspace_id},
          {"account_id", r.entry.account_id},
          {"detail", std::move(detail)},
          {"hash", r.hash}};
}

Result<Reply> Listed(const Parts& parts, const Ask& ask, AuditFilter filter) {
  filter.person_id = ask.query.Text("person_id");
  filter.action = ask.query.Text("action");
  filter.target = ask.query.Text("target");
  filter.from_ms = ask.query.Integer("from_ms");
  filter.to_ms = ask.query.Integer("to_ms", filter.to_ms);
  const std::string cursor = ask.query.Text("cursor");
  if (!cursor.empty()) {
    if (cursor.size() > 18 || cursor.find_first_not_of("0123456789") != std::string::npos)
      return Fail(Code::kInvalidArgument, "Invalid 'cursor': give the next_cursor of the page before.");
    filter.after_id = std::stoll(cursor);
  }
  const std::int64_t limit = ask.query.Integer("limit", kPageItems);
  filter.limit = limit + 1;
  ASSIGN_OR_RETURN(std::vector<AuditRecord> records, parts.directory->audit().List(filter));
  const bool more = records.size() > static_cast<std::size_t>(limit);
  if (more) records.resize(static_cast<std::size_t>(limit));
  const std::string next = more ? std::to_string(records.back().id) : "";
  if (ask.query.Text("format") == "jsonl") {
    Reply reply{.content_type = "application/jsonl"};
    for (const AuditRecord& record : records) reply.body += cloud::AuditLog::Line(record, true) + "\n";
    if (more) reply.headers.emplace_back("x-next-cursor", next);
    return reply;
  }
  json::array items;
  for (const AuditRecord& record : records) items.push_back(Write(record));
  return PageReply(std::move(items), next);
}

Result<Reply> List(const Parts& parts, const Ask& ask) {
  AuditFilter filter;
  filter.workspace_id = ask.query.Text("workspace_id");
  filter.account_id = ask.query.Text("account_id");
  return Listed(parts, ask, std::move(filter));
}

Result<Reply> ListOfWorkspace(const Parts& parts, const Ask& ask) {
  AuditFilter filter;
  filter.workspace_id = ask.workspace->id;
  return Listed(parts, ask, std::move(filter));
}

Result<Reply> Verify(const Parts& parts, const Ask&) {
  const auto head = parts.directory->audit().Verify();
  if (!head && head.error().code != Code::kCorrupt) return tl::unexpected<Error>(head.error());
  if (!head) return Json({{"ok", false}, {"rows", 0}, {"hash", ""}, {"problem", head.error().message}});
  return Json({{"ok", true}, {"rows", head->rows}, {"hash", head->hash}});
}

}  // namespace

std::vector<Route> AuditRoutes() {
  const std::vector<std::string_view> types = {"application/json", "application/jsonl"};
  return {
      {"GET", "/audit", "audit.list", "Who did what, when, from where; oldest first", Whose::kCloud, Right::kOperate,
       List, &CloudQuery(), nullptr, &kRecord, true, 200, Audit::kHere, false, types},
      {"GET", "/audit/verify", "audit.verify", "Walks the chain of hashes", Whose::kCloud, Right::kOperate, Verify,
       nullptr, nullptr, &kHead},
      {"GET", "/workspaces/{workspace_id}/audit", "audit.workspace", "A workspace's part of it", Whose::kWorkspace,
       Right::kSeeAudit, ListOfWorkspace, &kQuery, nullptr, &kRecord, true, 200, Audit::kHere, false, types},
  };
}

}  // namespace yun::server::admin
