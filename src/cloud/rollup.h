// Usage summed by minute, hour, day and month (UTC), kept up to date in the transaction that settles, so that it always
// agrees with receipts. Three levels of detail: (workspace, key, model, app, partner), (workspace, model), (model); a
// query reads the coarsest that can answer it. Minutes are kept for two days, hours for 90, days and months for ever.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "cloud/clock.h"
#include "cloud/usage.h"

namespace yun::store {
class Connection;
class Database;
}  // namespace yun::store

namespace yun::cloud {

enum class Granularity : std::uint8_t { kMinute, kHour, kDay, kMonth };
inline constexpr std::size_t kGranularities = 4;
inline constexpr std::int64_t kMinutesKeptMs = 2 * kDayMs, kHoursKeptMs = 90 * kDayMs;
/// Where the step begins that holds a time.
std::int64_t StepStart(Granularity granularity, std::int64_t unix_ms);
/// Where the step after it begins.
std::int64_t NextStep(Granularity granularity, std::int64_t unix_ms);

/// Columns to group by, as bits.
enum UsageBy : std::uint32_t { kByTime = 1, kByWorkspace = 2, kByKey = 4, kByModel = 8, kByApp = 16, kByPartner = 32 };

struct UsageQuery {
  std::int64_t from_ms = 0, to_ms = 0;  // [from, to), widened to whole steps of the granularity
  Granularity granularity = Granularity::kDay;
  std::uint32_t by = kByTime;
  std::string workspace_id, key_id, model, app, partner_id;  // empty: all
  std::string account_id;                                    // of this account's workspaces
  std::string currency;                                      // empty: all, each a row of its own
  std::size_t rows_max = 50'000;
};

/// Sums; what was not grouped by is empty (time: 0).
struct UsageRow {
  std::int64_t start_ms = 0;
  std::string workspace_id, key_id, model, app, partner_id, currency;
  std::int64_t requests = 0, errors = 0;  // errors: ended by kError or kInterrupted
  Units units;
  std::int64_t free_units = 0;
  std::int64_t amount_micro = 0, partner_micro = 0;  // charged; of this, the partner's
};

/// Ordered by time, then by the other columns. A granularity that is no longer kept for `from_ms` has no rows there.
/// errors: kTooLarge (more than rows_max), as Database::Read
Result<std::vector<UsageRow>> QueryUsage(store::Database& db, const UsageQuery& query);

}  // namespace yun::cloud
