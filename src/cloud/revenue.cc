#include "cloud/revenue.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>

#include "base/log.h"
#include "cloud/clock.h"
#include "cloud/rollup.h"
#include "cloud/usage.h"
#include "store/database.h"

namespace yun::cloud {
namespace {

namespace json = boost::json;
__extension__ using Wide = __int128;

constexpr std::size_t kWorkspacesMax = 200'000;  // that are charged in a month
constexpr std::size_t kModelsMax = 10'000;

/// part / whole in millionths, rounded down; nothing of nothing.
std::optional<std::int64_t> PpmOf(std::int64_t part, std::int64_t whole) {
  if (whole <= 0) return {};
  return static_cast<std::int64_t>(static_cast<Wide>(part) * 1'000'000 / whole);
}

Result<std::vector<UsageRow>> MonthBy(store::Database& database, std::string_view currency, Month month,
                                      std::uint32_t by, std::size_t rows_max) {
  UsageQuery query;
  query.from_ms = month.from_ms();
  query.to_ms = month.to_ms();
  query.granularity = Granularity::kMonth;
  query.by = by;
  query.currency = currency;
  query.rows_max = rows_max;
  return QueryUsage(database, query);
}

using Charged = std::map<std::string, std::int64_t, std::less<>>;

std::int64_t Of(const Charged& charged, std::string_view workspace_id) {
  const auto found = charged.find(workspace_id);
  return found == charged.end() ? 0 : found->second;
}

template <class Optional>
json::value Maybe(const Optional& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

}  // namespace

void Revenue::AddCpuTime(std::string_view model, std::int64_t at_ms, std::int64_t cpu_us) {
  if (cpu_us <= 0) return;
  cpu_time_.With([&](CpuTime& counted) {
    if (counted.us.empty()) counted.since_ms = at_ms;
    counted.us[{at_ms - at_ms % kDayMs, std::string(model)}] += cpu_us;
    if (std::abs(at_ms - counted.since_ms) >= kMinuteMs) WriteLocked(counted);
  });
}

void Revenue::WriteCpuTime() {
  cpu_time_.With([&](CpuTime& counted) { WriteLocked(counted); });
}

void Revenue::WriteLocked(CpuTime& counted) {
  if (counted.us.empty()) return;
  const Status queued = database_.Enqueue([us = std::move(counted.us)](store::Connection& connection) -> Status {
    for (const auto& [day_and_model, cpu_us] : us)
      RETURN_IF_ERROR(connection.Execute(
          "INSERT INTO chip_use (day_ms, model, cpu_ms) VALUES (?, ?, ?) ON CONFLICT (day_ms, model) DO UPDATE SET "
          "cpu_ms = chip_use.cpu_ms + excluded.cpu_ms",
          {day_and_model.first, day_and_model.second, (cpu_us + 500) / 1000}));
    return {};
  });
  if (!queued) log::warn("CPU time of models could not be written: {}", queued.error().message);
  counted.us.clear();
}

Result<std::vector<RevenueMonth>> Revenue::Months(std::string_view currency, Month first, Month last) const {
  if (last < first || first.Plus(kRevenueMonthsMax - 1) < last)
    return Fail(Code::kInvalidArgument, "1 to {} months, the first before the last", kRevenueMonthsMax);
  std::vector<RevenueMonth> months;
  Charged before;
  std::int64_t before_usage = 0;
  for (Month month = first.Plus(-1); month <= last; month = month.Plus(1)) {
    ASSIGN_OR_RETURN(const std::vector<UsageRow> rows,
                     MonthBy(database_, currency, month, kByWorkspace, kWorkspacesMax));
    RevenueMonth revenue{.month = month};
    Charged charged;
    for (const UsageRow& row : rows) {
      revenue.requests += row.requests;
      if (row.amount_micro <= 0) continue;
      charged[row.workspace_id] = row.amount_micro;
      revenue.usage_micro += row.amount_micro;
      revenue.partners_micro += row.partner_micro;
      (Of(before, row.workspace_id) > 0 ? revenue.recurring_micro : revenue.new_micro) += row.amount_micro;
    }
    for (const auto& [workspace_id, micro] : before)
      if (Of(charged, workspace_id) == 0) revenue.lost_micro += micro;
    revenue.platform_micro = revenue.usage_micro - revenue.partners_micro;
    revenue.workspaces = static_cast<std::int64_t>(charged.size());
    revenue.growth_ppm = PpmOf(revenue.usage_micro - before_usage, before_usage);
    revenue.retention_ppm = PpmOf(revenue.recurring_micro, before_usage);
    before = std::move(charged);
    before_usage = revenue.usage_micro;
    if (month < first) continue;
    RETURN_IF_ERROR(database_.Read([&](store::Connection& connection) -> Status {
      ASSIGN_OR_RETURN(const store::Rows credited,
                       connection.Query("SELECT COALESCE(SUM(amount_micro), 0) FROM credit_note WHERE currency = ? AND "
                                        "issued_ms >= ? AND issued_ms < ?",
                                        {currency, month.from_ms(), month.to_ms()}));
      revenue.credited_micro = credited.at(0).Int(0);
      return {};
    }));
    months.push_back(revenue);
  }
  return months;
}

Result<std::vector<WorkspaceRevenue>> Revenue::TopWorkspaces(std::string_view currency, Month month,
                                                             std::size_t limit) const {
  ASSIGN_OR_RETURN(std::vector<UsageRow> rows, MonthBy(database_, currency, month, kByWorkspace, kWorkspacesMax));
  ASSIGN_OR_RETURN(const std::vector<UsageRow> rows_before,
                   MonthBy(database_, currency, month.Plus(-1), kByWorkspace, kWorkspacesMax));
  Charged before;
  for (const UsageRow& row : rows_before) before[row.workspace_id] = row.amount_micro;
  std::int64_t usage = 0;
  for (const UsageRow& row : rows) usage += row.amount_micro;
  std::ranges::sort(rows, [](const UsageRow& a, const UsageRow& b) {
    return a.amount_micro != b.amount_micro ? a.amount_micro > b.amount_micro : a.workspace_id < b.workspace_id;
  });
  rows.resize(std::min(rows.size(), limit));
  std::vector<WorkspaceRevenue> top;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& connection) -> Status {
    for (const UsageRow& row : rows) {
      ASSIGN_OR_RETURN(const store::Rows account,
                       connection.Query("SELECT account_id FROM workspace WHERE id = ?", {row.workspace_id}));
      top.push_back({row.workspace_id, account.empty() ? std::string() : std::string(account[0].Text(0)),
                     row.amount_micro, PpmOf(row.amount_micro, usage).value_or(0), Of(before, row.workspace_id)});
    }
    return {};
  }));
  return top;
}

Result<std::vector<ModelProfit>> Revenue::ByModel(std::string_view currency, Month month) const {
  ASSIGN_OR_RETURN(const std::vector<UsageRow> rows, MonthBy(database_, currency, month, kByModel, kModelsMax));
  std::map<std::string, ModelProfit, std::less<>> models;
  for (const UsageRow& row : rows) {
    ModelProfit& profit = models[row.model];
    profit.income_micro = row.amount_micro;
    profit.partners_micro = row.partner_micro;
    profit.requests = row.requests;
    profit.tokens = row.units.Total() - row.units[Kind::kImage] - row.units[Kind::kAudioSecond];
  }
  BillingSettings settings;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(settings, LoadBillingSettings(connection));
    ASSIGN_OR_RETURN(const store::Rows chips,
                     connection.Query("SELECT model, SUM(cpu_ms) FROM chip_use WHERE day_ms >= ? AND day_ms < ? GROUP "
                                      "BY model",
                                      {month.from_ms(), month.to_ms()}));
    for (const store::Row& row : chips) models[std::string(row.Text(0))].cpu_ms = row.Int(1);
    return {};
  }));
  std::vector<ModelProfit> list;
  for (auto& [model, profit] : models) {
    profit.model = model;
    profit.chips_micro =
        static_cast<std::int64_t>(static_cast<Wide>(profit.cpu_ms) * settings.cpu_hour_micro / kHourMs);
    // milliwatts x milliseconds are 1e-6 joules; a kilowatt hour is 3.6e6 joules.
    profit.energy_micro = static_cast<std::int64_t>(static_cast<Wide>(profit.cpu_ms) * settings.cpu_milliwatts *
                                                    settings.kwh_micro / 3'600'000'000'000);
    if (currency == settings.cost_currency)
      profit.margin_micro = profit.income_micro - profit.partners_micro - profit.chips_micro - profit.energy_micro;
    list.push_back(std::move(profit));
  }
  std::ranges::stable_sort(list, std::ranges::greater(), &ModelProfit::income_micro);
  return list;
}

std::string RevenueMonthsJson(std::string_view currency, const std::vector<RevenueMonth>& months) {
  json::array list;
  for (const RevenueMonth& month : months)
    list.push_back(json::object{{"month", month.month.Text()},
                                {"usage_micro", month.usage_micro},
                                {"recurring_micro", month.recurring_micro},
                                {"new_micro", month.new_micro},
                                {"lost_micro", month.lost_micro},
                                {"partners_micro", month.partners_micro},
                                {"platform_micro", month.platform_micro},
                                {"credited_micro", month.credited_micro},
                                {"workspaces", month.workspaces},
                                {"requests", month.requests},
                                {"growth_ppm", Maybe(month.growth_ppm)},
                                {"retention_ppm", Maybe(month.retention_ppm)}});
  return json::serialize(json::object{{"currency", currency}, {"months", std::move(list)}});
}

std::string TopWorkspacesJson(std::string_view currency, const std::vector<WorkspaceRevenue>& workspaces) {
  json::array list;
  for (const WorkspaceRevenue& workspace : workspaces)
    list.push_back(json::object{{"workspace_id", workspace.workspace_id},
                                {"account_id", workspace.account_id},
                                {"usage_micro", workspace.usage_micro},
                                {"share_ppm", workspace.share_ppm},
                                {"before_micro", workspace.before_micro}});
  return json::serialize(json::object{{"currency", currency}, {"workspaces", std::move(list)}});
}

std::string ModelProfitsJson(std::string_view currency, const std::vector<ModelProfit>& models) {
  json::array list;
  for (const ModelProfit& model : models)
    list.push_back(json::object{{"model", model.model},
                                {"income_micro", model.income_micro},
                                {"partners_micro", model.partners_micro},
                                {"requests", model.requests},
                                {"tokens", model.tokens},
                                {"cpu_ms", model.cpu_ms},
                                {"chips_micro", model.chips_micro},
                                {"energy_micro", model.energy_micro},
                                {"margin_micro", Maybe(model.margin_micro)}});
  return json::serialize(json::object{{"currency", currency}, {"models", std::move(list)}});
}

}  // namespace yun::cloud
