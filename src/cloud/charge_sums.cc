#include "cloud/charge_sums.h"

#include "store/database.h"

namespace yun::cloud {

ChargeSums::ChargeSums()
    : insert_("INSERT INTO charge_month (workspace_id, month_ms, model, kind, currency, units, amount_micro) VALUES", 7,
              "ON CONFLICT (workspace_id, month_ms, model, kind, currency) DO UPDATE SET units = charge_month.units + "
              "excluded.units, amount_micro = charge_month.amount_micro + excluded.amount_micro") {}

void ChargeSums::Add(std::string_view workspace_id, std::string_view model, std::string_view currency,
                     std::int64_t ended_ms, std::span<const ChargeLine> lines) {
  const std::int64_t month_ms = Month::Of(ended_ms).from_ms();
  for (const ChargeLine& line : lines) {
    Sum& sum = sums_[{std::string(workspace_id), month_ms, std::string(model), line.kind, std::string(currency)}];
    sum.units += line.units;
    sum.amount_micro += line.amount_micro;
  }
}

Status ChargeSums::Write(store::Connection& connection) {
  insert_.Clear();
  for (const auto& [key, sum] : sums_) {
    const auto& [workspace_id, month_ms, model, kind, currency] = key;
    insert_.Add(workspace_id, month_ms, model, static_cast<std::int64_t>(kind), currency, sum.units, sum.amount_micro);
  }
  return insert_.Run(connection);
}

Result<std::vector<ChargeRow>> ChargesOf(store::Connection& connection, std::string_view workspace_id, Month month,
                                         std::string_view currency, std::size_t rows_max) {
  ASSIGN_OR_RETURN(
      const store::Rows rows,
      connection.Query("SELECT model, kind, units, amount_micro FROM charge_month WHERE workspace_id = ? "
                       "AND month_ms = ? AND currency = ? ORDER BY model, kind LIMIT ?",
                       {workspace_id, month.from_ms(), currency, static_cast<std::int64_t>(rows_max) + 1}));
  if (rows.size() > rows_max) return Fail(Code::kTooLarge, "a bill of more than {} lines", rows_max);
  std::vector<ChargeRow> charges;
  for (const store::Row& row : rows) {
    if (row.Int(1) < 0 || row.Int(1) >= static_cast<std::int64_t>(kKinds))
      return Fail(Code::kCorrupt, "charge_month: no kind {}", row.Int(1));
    charges.push_back(
        {std::string(workspace_id), std::string(row.Text(0)), static_cast<Kind>(row.Int(1)), row.Int(2), row.Int(3)});
  }
  return charges;
}

}  // namespace yun::cloud
