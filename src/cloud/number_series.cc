#include "cloud/number_series.h"

#include <fmt/format.h>

#include "cloud/month.h"
#include "store/database.h"

namespace yun::cloud {

Result<std::string> NextNumber(store::Connection& connection, const BillingSettings& settings, std::string_view what,
                               std::string_view account_id, std::int64_t at_ms) {
  std::string series = settings.number_prefix;
  if (!what.empty()) series += fmt::format("-{}", what);
  // The id without its prefix: two accounts never share a series.
  if (settings.series_per_account) series += fmt::format("-{}", account_id.substr(account_id.find('_') + 1));
  series += fmt::format("-{}", Month::Of(at_ms).year);
  ASSIGN_OR_RETURN(const store::Rows rows,
                   connection.Query("INSERT INTO number_series (name, last_number) VALUES (?, 1) ON CONFLICT (name) DO "
                                    "UPDATE SET last_number = number_series.last_number + 1 RETURNING last_number",
                                    {series}));
  return fmt::format("{}-{:06}", series, rows.at(0).Int(0));
}

}  // namespace yun::cloud
