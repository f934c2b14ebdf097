// Usage in sums, and the receipts that they are sums of.
#include "cloud/directory.h"
#include "cloud/ledger.h"
#include "cloud/rollup.h"
#include "server/admin/parts.h"

namespace yun::server::admin {

namespace json = boost::json;
using cloud::Receipt;
using cloud::Right;
using cloud::UsageRow;

namespace {

constexpr std::int64_t kUsageRowsMax = 10'000;
constexpr std::int64_t kDefaultSpanMs = 30 * cloud::kDayMs;

const Schema kUnits{"Units",
                    {Integer("input", ""), Integer("cached_input", ""), Integer("cache_write", ""),
                     Integer("output", ""), Integer("thinking", ""), Integer("image", ""), Integer("audio_second", ""),
                     Integer("embedding", ""), Integer("rerank", ""), Integer("training", "")}};
const Schema kRow{
    "UsageRow",
    {Time("start_ms", "with by=time"), Text("workspace_id", ""), Text("key_id", ""), Text("model", ""), Text("app", ""),
     Text("partner_id", ""), Text("currency", "").Required(), Integer("requests", "").Required(),
     Integer("errors", "ended by our own failure").Required(), Object("units", "", kUnits).Required(),
     Integer("free_units", "of these, for nothing").Required(), Amount("amount_micro", "charged").Required(),
     Amount("partner_micro", "of this, the partners'").Required()}};
const Schema kUsage{
    "Usage",
    {Time("from_ms", "").Required(), Time("to_ms", "").Required(),
     Text("granularity", "").OneOf({"minute", "hour", "day"}).Required(), Objects("data", "", kRow).Required()}};
const Schema kLine{
    "ReceiptLine",
    {Text("kind", "").Required(), Integer("units", "").Required(), Integer("free_units", "").Required(),
     Integer("micro_per_million", "before batch and discount").Required(), Amount("amount_micro", "").Required()}};
const Schema kReceipt{
    "Receipt",
    {Text("id", "").Required(), Text("workspace_id", "").Required(), Text("key_id", "").Required(),
     Text("model", "").Required(), Text("app", "").Required(), Text("partner_id", "").Required(),
     Text("request_id", "").Required(), Time("started_ms", "").Required(), Time("ended_ms", "").Required(),
     Text("end_reason", "").Required(), Boolean("batch", "").Required(), Object("units", "", kUnits).Required(),
     Objects("lines", "", kLine).Required(), Amount("amount_micro", "").Required(),
     Amount("partner_micro", "").Required(), Integer("free_units", "").Required(),
     Integer("discount_ppm", "").Required(), Text("currency", "").Required(), Text("price_version", "").Required()}};

std::vector<Field> UsageFields() {
  return {Time("from_ms", "30 days ago when left out"),
          Time("to_ms", "now when left out"),
          Text("granularity", "minutes are kept for two days, hours for 90").OneOf({"minute", "hour", "day"}),
          Texts("by", "a row for each").OneOf({"time", "workspace", "key", "model", "app", "partner"}).Between(0, 6),
          Text("key_id", "only of this key"),
          Text("model", "only of this model"),
          Text("app", "only of this app")};
}
const Schema kUsageQuery{"UsageQuery", UsageFields()};
const Schema& CloudUsageQuery() {
  static const Schema schema = [] {
    Schema s{"CloudUsageQuery", UsageFields()};
    for (const std::string_view name : {"workspace_id", "account_id", "partner_id", "currency"})
      s.fields.push_back(Text(name, "only of this one"));
    return s;
  }();
  return schema;
}
const Schema kReceiptQuery{"ReceiptQuery",
                           {Text("key_id", "only of this key"), Text("model", "only of this model"),
                            Time("from_ms", "of the end"), Time("to_ms", ""), LimitField(), CursorField()}};

json::object Write(const cloud::Units& units) {
  json::object out;
  for (std::size_t k = 0; k < cloud::kKinds; ++k)
    if (units.of[k] != 0) out[cloud::KindName(static_cast<cloud::Kind>(k))] = units.of[k];
  return out;
}

json::object Write(const UsageRow& row, std::uint32_t by) {
  json::object out;
  if (by & cloud::kByTime) out["start_ms"] = row.start_ms;
  if (by & cloud::kByWorkspace) out["workspace_id"] = row.workspace_id;
  if (by & cloud::kByKey) out["key_id"] = row.key_id;
  if (by & cloud::kByModel) out["model"] = row.model;
  if (by & cloud::kByApp) out["app"] = row.app;
  if (by & cloud::kByPartner) out["partner_id"] = row.partner_id;
  out["currency"] = row.currency;
  out["requests"] = row.requests;
  out["errors"] = row.errors;
  out["units"] = Write(row.units);
  out["free_units"] = row.free_units;
  out["amount_micro"] = row.amount_micro;
  out["partner_micro"] = row.partner_micro;
  return out;
}

json::object Write(const Receipt& r) {
  json::array lines;
  for (const cloud::ChargeLine& line : r.lines)
    lines.push_back({{"kind", cloud::KindName(line.kind)},
                     {"units", line.units},
                     {"free_units", line.free_units},
                     {"micro_per_million", line.micro_per_million},
                     {"amount_micro", line.amount_micro}});
  return {{"id", r.id},
          {"workspace_id", r.workspace_id},
          {"key_id", r.key_id},
          {"model", r.model},
          {"app", r.app},
          {"partner_id", r.partner_id},
          {"request_id", r.request_id},
          {"started_ms", r.started_ms},
          {"ended_ms", r.ended_ms},
          {"end_reason", cloud::EndReasonName(r.end_reason)},
          {"batch", r.batch},
          {"units", Write(r.units)},
          {"lines", std::move(lines)},
          {"amount_micro", r.amount_micro},
          {"partner_micro", r.partner_micro},
          {"free_units", r.free_units},
          {"discount_ppm", r.discount_ppm},
          {"currency", r.currency},
          {"price_version", r.price_version}};
}

Result<Reply> Query(const Parts& parts, cloud::UsageQuery query, const Values& wish) {
  query.to_ms = wish.Integer("to_ms", parts.ledger->now_ms() + 1);
  query.from_ms = wish.Integer("from_ms", std::max<std::int64_t>(0, query.to_ms - kDefaultSpanMs));
  if (query.from_ms >= query.to_ms) return Fail(Code::kInvalidArgument, "'from_ms' must be before 'to_ms'.");
  const std::string granularity = wish.Text("granularity", "day");
  query.granularity = granularity == "minute" ? cloud::Granularity::kMinute
                      : granularity == "hour" ? cloud::Granularity::kHour
                                              : cloud::Granularity::kDay;
  query.by = wish.Has("by") ? 0u : static_cast<std::uint32_t>(cloud::kByTime);
  constexpr std::pair<std::string_view, std::uint32_t> kColumns[] = {
      {"time", cloud::kByTime}, {"workspace", cloud::kByWorkspace}, {"key", cloud::kByKey}, {"model", cloud::kByModel},
      {"app", cloud::kByApp},   {"partner", cloud::kByPartner}};
  for (const std::string& name : wish.Texts("by"))
    for (const auto& [column, bit] : kColumns)
      if (name == column) query.by |= bit;
  query.key_id = wish.Text("key_id");
  query.model = wish.Text("model");
  query.app = wish.Text("app");
  query.rows_max = kUsageRowsMax;
  RETURN_IF_ERROR(parts.ledger->Flush());  // what has been answered is counted
  ASSIGN_OR_RETURN(const std::vector<UsageRow> rows, cloud::QueryUsage(*parts.database, query));
  json::array data;
  for (const UsageRow& row : rows) data.push_back(Write(row, query.by));
  return Json(
      {{"from_ms", query.from_ms}, {"to_ms", query.to_ms}, {"granularity", granularity}, {"data", std::move(data)}});
}

Result<Reply> OfWorkspace(const Parts& parts, const Ask& ask) {
  cloud::UsageQuery query;
  query.workspace_id = ask.workspace->id;
  return Query(parts, std::move(query), ask.query);
}

Result<Reply> OfCloud(const Parts& parts, const Ask& ask) {
  cloud::UsageQuery query;
  query.workspace_id = ask.query.Text("workspace_id");
  query.account_id = ask.query.Text("account_id");
  query.partner_id = ask.query.Text("partner_id");
  query.currency = ask.query.Text("currency");
  return Query(parts, std::move(query), ask.query);
}

Result<Reply> Receipts(const Parts& parts, const Ask& ask) {
  cloud::ReceiptQuery query;
  query.workspace_id = ask.workspace->id;
  query.key_id = ask.query.Text("key_id");
  query.model = ask.query.Text("model");
  query.from_ms = ask.query.Integer("from_ms");
  query.to_ms = ask.query.Integer("to_ms", query.to_ms);
  query.before = ask.query.Text("cursor");
  const std::int64_t limit = ask.query.Integer("limit", kPageItems);
  query.rows_max = static_cast<std::size_t>(limit) + 1;
  RETURN_IF_ERROR(parts.ledger->Flush());
  ASSIGN_OR_RETURN(std::vector<Receipt> receipts, parts.ledger->ListReceipts(query));
  const bool more = receipts.size() > static_cast<std::size_t>(limit);
  if (more) receipts.resize(static_cast<std::size_t>(limit));
  json::array items;
  for (const Receipt& receipt : receipts) items.push_back(Write(receipt));
  return PageReply(std::move(items), more ? receipts.back().id : "");
}

Result<Reply> ShowReceipt(const Parts& parts, const Ask& ask) {
  const auto receipt = parts.ledger->FindReceipt(ask.Path("receipt_id"));
  if (!receipt && receipt.error().code != Code::kNotFound) return tl::unexpected<Error>(receipt.error());
  if (!receipt || receipt->workspace_id != ask.workspace->id) return NoSuch("receipt");
  return Json(Write(*receipt));
}

}  // namespace

std::vector<Route> UsageRoutes() {
  return {
      {"GET", "/usage", "usage.cloud", "The usage of all", Whose::kCloud, Right::kOperate, OfCloud, &CloudUsageQuery(),
       nullptr, &kUsage},
      {"GET", "/workspaces/{workspace_id}/usage", "usage.show", "Requests, tokens and charges in sums",
       Whose::kWorkspace, Right::kSeeUsage, OfWorkspace, &kUsageQuery, nullptr, &kUsage},
      {"GET", "/workspaces/{workspace_id}/receipts", "receipt.list", "What each request cost, the latest first",
       Whose::kWorkspace, Right::kSeeUsage, Receipts, &kReceiptQuery, nullptr, &kReceipt, true},
      {"GET", "/workspaces/{workspace_id}/receipts/{receipt_id}", "receipt.show", "One receipt", Whose::kWorkspace,
       Right::kSeeUsage, ShowReceipt, nullptr, nullptr, &kReceipt},
  };
}

}  // namespace yun::server::admin
