// The operator's view of the business: what recurs, what grows, who uses most, and what each model earns and costs.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "cloud/billing_settings.h"
#include "cloud/month.h"

namespace yun::store {
class Database;
}

namespace yun::cloud {

inline constexpr int kRevenueMonthsMax = 120;

/// Usage is charged by use, so what "recurs" is what workspaces paid that had also paid in the month before.
struct RevenueMonth {
  Month month;
  std::int64_t usage_micro = 0;      // all charges of the month
  std::int64_t recurring_micro = 0;  // by workspaces that were charged in the month before too
  std::int64_t new_micro = 0;        // by the others; recurring + new = usage
  std::int64_t lost_micro = 0;       // the month before's charges of workspaces that are not charged now
  std::int64_t partners_micro = 0;   // of usage: the partners' part
  std::int64_t platform_micro = 0;   // of usage: ours
  std::int64_t credited_micro = 0;   // credit notes issued in the month, for whatever month
  std::int64_t workspaces = 0;       // that were charged
  std::int64_t requests = 0;
  std::optional<std::int64_t> growth_ppm;     // usage against the month before; nothing when that was 0
  std::optional<std::int64_t> retention_ppm;  // recurring against all of the month before
};

struct WorkspaceRevenue {
  std::string workspace_id;
  std::string account_id;
  std::int64_t usage_micro = 0;
  std::int64_t share_ppm = 0;     // of the month's usage
  std::int64_t before_micro = 0;  // in the month before
};

struct ModelProfit {
  std::string model;
  std::int64_t income_micro = 0;    // charges
  std::int64_t partners_micro = 0;  // of them for partners
  std::int64_t requests = 0;
  std::int64_t tokens = 0;  // of all kinds that are tokens
  std::int64_t cpu_ms = 0;
  std::int64_t chips_micro = 0;   // cpu time x price of a CPU-hour
  std::int64_t energy_micro = 0;  // cpu time x power x price of energy
  /// income - partners - chips - energy; nothing when costs are in another currency.
  std::optional<std::int64_t> margin_micro;
};

/// thread: all methods from any thread, but not from within a Read or Write of the database
class Revenue {
 public:
  // borrows: database
  explicit Revenue(store::Database& database) : database_(database) {}
  ~Revenue() { WriteCpuTime(); }

  /// Adds CPU time that a request has used, of all threads. Counted in memory, for the path of a request, and written
  /// about once a minute; a killed process loses what it had not written: this is an estimate of costs, not money.
  void AddCpuTime(std::string_view model, std::int64_t at_ms, std::int64_t cpu_us);
  /// Writes now what is counted, without waiting for it.
  void WriteCpuTime();

  /// From `first` to `last`, each month once. errors: kInvalidArgument (order, kRevenueMonthsMax), the database's
  Result<std::vector<RevenueMonth>> Months(std::string_view currency, Month first, Month last) const;
  Result<std::vector<WorkspaceRevenue>> TopWorkspaces(std::string_view currency, Month month, std::size_t limit) const;
  /// Each model that earned or cost something, the greatest income first.
  Result<std::vector<ModelProfit>> ByModel(std::string_view currency, Month month) const;

 private:
  struct CpuTime {
    std::map<std::pair<std::int64_t, std::string>, std::int64_t> us;  // by day and model
    std::int64_t since_ms = 0;                                        // the oldest that is not written
  };
  void WriteLocked(CpuTime& counted);

  store::Database& database_;
  Guarded<CpuTime> cpu_time_;
};

std::string RevenueMonthsJson(std::string_view currency, const std::vector<RevenueMonth>& months);
std::string TopWorkspacesJson(std::string_view currency, const std::vector<WorkspaceRevenue>& workspaces);
std::string ModelProfitsJson(std::string_view currency, const std::vector<ModelProfit>& models);

}  // namespace yun::cloud
