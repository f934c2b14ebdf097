#include "cloud/rollup.h"

#include <fmt/format.h>

#include "cloud/month.h"
#include "cloud/rollup_writer.h"
#include "store/database.h"

namespace yun::cloud {
namespace {

constexpr int kLevels = 3;  // 0: all columns, 1: workspace and model, 2: model

constexpr std::string_view kHead =
    "INSERT INTO usage_rollup (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency, "
    "requests, errors, units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, "
    "units_audio_second, units_embedding, units_rerank, units_training, free_units, amount_micro, partner_micro) "
    "VALUES";
constexpr std::size_t kColumns = 9 + 2 + kKinds + 3;

std::string Tail() {
  std::string tail =
      "ON CONFLICT (granularity, level, workspace_id, start_ms, key_id, model, app, partner_id, currency) "
      "DO UPDATE SET ";
  std::string columns = "requests, errors, " + std::string(kUnitColumns) + ", free_units, amount_micro, partner_micro";
  for (std::size_t at = 0; at < columns.size();) {
    const std::size_t end = std::min(columns.find(", ", at), columns.size());
    const std::string name = columns.substr(at, end - at);
    tail += fmt::format("{}{} = usage_rollup.{} + excluded.{}", at == 0 ? "" : ", ", name, name, name);
    at = end + 2;
  }
  return tail;
}

}  // namespace

std::int64_t StepStart(Granularity granularity, std::int64_t unix_ms) {
  switch (granularity) {
    case Granularity::kMinute:
      return unix_ms - unix_ms % kMinuteMs;
    case Granularity::kHour:
      return unix_ms - unix_ms % kHourMs;
    case Granularity::kDay:
      return unix_ms - unix_ms % kDayMs;
    case Granularity::kMonth:
      break;
  }
  return Month::Of(unix_ms).from_ms();
}

std::int64_t NextStep(Granularity granularity, std::int64_t unix_ms) {
  switch (granularity) {
    case Granularity::kMinute:
      return StepStart(granularity, unix_ms) + kMinuteMs;
    case Granularity::kHour:
      return StepStart(granularity, unix_ms) + kHourMs;
    case Granularity::kDay:
      return StepStart(granularity, unix_ms) + kDayMs;
    case Granularity::kMonth:
      break;
  }
  return Month::Of(unix_ms).to_ms();
}

RollupWriter::RollupWriter() : insert_(kHead, kColumns, Tail()) {}

RollupWriter::Sum& RollupWriter::Sum::operator+=(const Sum& other) {
  requests += other.requests;
  errors += other.errors;
  units += other.units;
  free_units += other.free_units;
  amount_micro += other.amount_micro;
  partner_micro += other.partner_micro;
  return *this;
}

void RollupWriter::Add(const Receipt& receipt) {
  const bool error = receipt.end_reason == EndReason::kError || receipt.end_reason == EndReason::kInterrupted;
  sums_[{StepStart(Granularity::kMinute, receipt.ended_ms), receipt.workspace_id, receipt.key_id, receipt.model,
         receipt.app, receipt.partner_id, receipt.currency}] +=
      {1, error, receipt.units, receipt.free_units, receipt.amount_micro, receipt.partner_micro};
}

Status RollupWriter::Write(store::Connection& db) {
  insert_.Clear();
  for (std::size_t g = 0; g < kGranularities; ++g) {
    for (int level = 0; level < kLevels; ++level) {
      // Sums of sums: a batch has few minutes, so what is coarser is made of what is finer.
      std::map<Key, Sum> coarse;
      for (const auto& [key, sum] : sums_) {
        const auto& [minute, workspace, key_id, model, app, partner, currency] = key;
        const bool all = level == 0;
        coarse[{StepStart(static_cast<Granularity>(g), minute), level < 2 ? workspace : "", all ? key_id : "", model,
                all ? app : "", all ? partner : "", currency}] += sum;
      }
      for (const auto& [key, sum] : coarse) {
        const auto& [start, workspace, key_id, model, app, partner, currency] = key;
        insert_.Add(static_cast<std::int64_t>(g), static_cast<std::int64_t>(level), workspace, start, key_id, model,
                    app, partner, currency, sum.requests, sum.errors);
        for (const std::int64_t units : sum.units.of) insert_.Add(units);
        insert_.Add(sum.free_units, sum.amount_micro, sum.partner_micro);
      }
    }
  }
  return insert_.Run(db);
}

Status PruneRollups(store::Connection& db, std::string_view workspace_id, std::int64_t now_ms) {
  for (const auto& [granularity, kept_ms] :
       {std::pair{Granularity::kMinute, kMinutesKeptMs}, std::pair{Granularity::kHour, kHoursKeptMs}}) {
    for (int level = 0; level < kLevels; ++level) {
      RETURN_IF_ERROR(db.Execute(
          "DELETE FROM usage_rollup WHERE granularity = ? AND level = ? AND workspace_id = ? AND start_ms < ?",
          {static_cast<std::int64_t>(granularity), static_cast<std::int64_t>(level),
           std::string(level < 2 ? workspace_id : ""), StepStart(granularity, now_ms - kept_ms)}));
    }
  }
  return {};
}

Result<std::vector<UsageRow>> QueryUsage(store::Database& db, const UsageQuery& query) {
  const bool detail = (query.by & (kByKey | kByApp | kByPartner)) != 0 || !query.key_id.empty() || !query.app.empty() ||
                      !query.partner_id.empty();
  const bool workspace = (query.by & kByWorkspace) != 0 || !query.workspace_id.empty() || !query.account_id.empty();
  const std::int64_t level = detail ? 0 : workspace ? 1 : 2;

  const struct {
    std::uint32_t by;
    std::string_view column;
  } kDimensions[] = {{kByTime, "start_ms"}, {kByWorkspace, "workspace_id"}, {kByKey, "key_id"}, {kByModel, "model"},
                     {kByApp, "app"},       {kByPartner, "partner_id"}};
  std::string columns, groups;
  for (const auto& dimension : kDimensions) {
    const bool grouped = (query.by & dimension.by) != 0;
    columns += grouped ? fmt::format("{}, ", dimension.column) : dimension.by == kByTime ? "0, " : "'', ";
    if (grouped) groups += fmt::format("{}, ", dimension.column);
  }
  std::string sums = "SUM(requests), SUM(errors)";
  for (std::size_t i = 0; i < kKinds; ++i) sums += fmt::format(", SUM(units_{})", KindName(static_cast<Kind>(i)));
  sums += ", SUM(free_units), SUM(amount_micro), SUM(partner_micro)";

  std::vector<UsageRow> out;
  RETURN_IF_ERROR(db.Read([&](store::Connection& connection) -> Status {
    std::string where = "granularity = ? AND level = ? AND start_ms >= ? AND start_ms < ?";
    std::vector<store::Value> params = {
        static_cast<std::int64_t>(query.granularity), level, StepStart(query.granularity, query.from_ms),
        query.to_ms == StepStart(query.granularity, query.to_ms) ? query.to_ms
                                                                 : NextStep(query.granularity, query.to_ms)};
    const auto filter = [&](std::string_view column, const std::string& value) {
      if (value.empty()) return;
      where += fmt::format(" AND {} = ?", column);
      params.emplace_back(value);
    };
    if (level == 2) {
      where += " AND workspace_id = ''";  // the whole key of the level, for the index
    } else {
      filter("workspace_id", query.workspace_id);
    }
    if (!query.account_id.empty()) {
      where += " AND workspace_id IN (SELECT workspace_id FROM ledger_balance WHERE account_id = ?)";
      params.emplace_back(query.account_id);
    }
    filter("key_id", query.key_id);
    filter("model", query.model);
    filter("app", query.app);
    filter("partner_id", query.partner_id);
    filter("currency", query.currency);
    params.emplace_back(static_cast<std::int64_t>(query.rows_max) + 1);
    ASSIGN_OR_RETURN(
        const store::Rows rows,
        connection.Query(fmt::format("SELECT {}currency, {} FROM usage_rollup WHERE {} GROUP BY {}currency "
                                     "ORDER BY {}currency LIMIT ?",
                                     columns, sums, where, groups, groups),
                         params));
    if (rows.size() > query.rows_max)
      return Fail(Code::kTooLarge, "more than {} rows: ask for a shorter time or fewer groups", query.rows_max);
    for (const store::Row& row : rows) {
      UsageRow usage{row.Int(0),
                     std::string(row.Text(1)),
                     std::string(row.Text(2)),
                     std::string(row.Text(3)),
                     std::string(row.Text(4)),
                     std::string(row.Text(5)),
                     std::string(row.Text(6)),
                     row.Int(7),
                     row.Int(8)};
      for (std::size_t i = 0; i < kKinds; ++i) usage.units.of[i] = row.Int(9 + i);
      usage.free_units = row.Int(9 + kKinds);
      usage.amount_micro = row.Int(10 + kKinds);
      usage.partner_micro = row.Int(11 + kKinds);
      out.push_back(std::move(usage));
    }
    return {};
  }));
  return out;
}

}  // namespace yun::cloud
