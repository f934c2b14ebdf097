#include "cloud/receipt_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

namespace yun::cloud {

std::string LinesText(const std::vector<ChargeLine>& lines) {
  std::string text = "[";
  for (const ChargeLine& line : lines) {
    text += fmt::format("{}[\"{}\",{},{},{},{}]", text.size() > 1 ? "," : "", KindName(line.kind), line.units,
                        line.free_units, line.micro_per_million, line.amount_micro);
  }
  return text + "]";
}

std::vector<ChargeLine> LinesOf(std::string_view text) {
  boost::json::error_code ec;
  const boost::json::value root = boost::json::parse(text, ec);
  if (ec || !root.is_array()) return {};
  std::vector<ChargeLine> lines;
  for (const boost::json::value& item : root.get_array()) {
    const boost::json::array* values = item.if_array();
    if (values == nullptr || values->size() != 5 || !(*values)[0].is_string()) return {};
    const auto kind = KindOfName((*values)[0].get_string());
    if (!kind || !std::all_of(values->begin() + 1, values->end(), [](const auto& v) { return v.is_int64(); }))
      return {};
    const auto number = [&](std::size_t i) { return (*values)[i].get_int64(); };
    lines.push_back({*kind, number(1), number(2), number(3), number(4)});
  }
  return lines;
}

void AddReceipt(BulkInsert& insert, const Receipt& r) {
  insert.Add(r.id, r.workspace_id, r.account_id, r.key_id, r.model, r.app, r.partner_id, r.request_id, r.started_ms,
             r.ended_ms, static_cast<std::int64_t>(r.end_reason), static_cast<std::int64_t>(r.batch));
  for (const std::int64_t units : r.units.of) insert.Add(units);
  insert.Add(LinesText(r.lines), r.amount_micro, r.partner_micro, r.free_units,
             static_cast<std::int64_t>(r.discount_ppm), r.currency, r.price_version);
}

Receipt ReceiptOf(const store::Row& row) {
  Receipt r;
  std::size_t at = 0;
  const auto text = [&] { return std::string(row.Text(at++)); };
  r.id = text();
  r.workspace_id = text();
  r.account_id = text();
  r.key_id = text();
  r.model = text();
  r.app = text();
  r.partner_id = text();
  r.request_id = text();
  r.started_ms = row.Int(at++);
  r.ended_ms = row.Int(at++);
  r.end_reason = static_cast<EndReason>(row.Int(at++));
  r.batch = row.Int(at++) != 0;
  for (std::int64_t& units : r.units.of) units = row.Int(at++);
  r.lines = LinesOf(row.Text(at++));
  r.amount_micro = row.Int(at++);
  r.partner_micro = row.Int(at++);
  r.free_units = row.Int(at++);
  r.discount_ppm = static_cast<std::int32_t>(row.Int(at++));
  r.currency = text();
  r.price_version = text();
  return r;
}

Result<std::vector<Receipt>> QueryReceipts(store::Database& db, const ReceiptQuery& query,
                                           const std::vector<std::string>& workspaces) {
  std::vector<Receipt> found;
  const auto later = [](const Receipt& a, const Receipt& b) {
    return std::tie(a.ended_ms, a.id) > std::tie(b.ended_ms, b.id);
  };
  RETURN_IF_ERROR(db.Read([&](store::Connection& connection) -> Status {
    std::int64_t before_ms = INT64_MAX;
    if (!query.before.empty()) {
      ASSIGN_OR_RETURN(const store::Rows rows,
                       connection.Query("SELECT ended_ms FROM receipt WHERE id = ?", {query.before}));
      if (rows.empty()) return Fail(Code::kNotFound, "no receipt '{}' to go on from", query.before);
      before_ms = rows[0].Int(0);
    }
    for (const std::string& workspace : workspaces) {
      // (ended_ms, id) < (before_ms, before), written so that the index over both is used.
      std::string sql = fmt::format(
          "SELECT {} FROM receipt WHERE workspace_id = ? AND ended_ms >= ? AND ended_ms < ? AND ended_ms <= ? "
          "AND (ended_ms < ? OR id < ?)",
          kReceiptColumns);
      std::vector<store::Value> params = {workspace, query.from_ms, query.to_ms, before_ms, before_ms, query.before};
      if (!query.key_id.empty()) {
        sql += " AND key_id = ?";
        params.emplace_back(query.key_id);
      }
      if (!query.model.empty()) {
        sql += " AND model = ?";
        params.emplace_back(query.model);
      }
      params.emplace_back(static_cast<std::int64_t>(query.rows_max));
      ASSIGN_OR_RETURN(const store::Rows rows,
                       connection.Query(sql + " ORDER BY ended_ms DESC, id DESC LIMIT ?", params));
      for (const store::Row& row : rows) found.push_back(ReceiptOf(row));
    }
    return {};
  }));
  std::sort(found.begin(), found.end(), later);
  if (found.size() > query.rows_max) found.resize(query.rows_max);
  return found;
}

}  // namespace yun::cloud
