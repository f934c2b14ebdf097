// Money, times and durations as people write and read them on a command line.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yun::cli {

/// "5", "0.30", "-1.5", up to six decimals -> micro-units. errors: kInvalidArgument
Result<std::int64_t> ParseMoney(std::string_view text);
/// 5000000 -> "5.00"; more decimals only where they say something.
std::string MoneyText(std::int64_t micro);

/// "90s", "30m", "24h", "7d" -> milliseconds. errors: kInvalidArgument
Result<std::int64_t> ParseSpan(std::string_view text);
/// "2026-11-22" (midnight in UTC), "2026-11-22T10:30" (UTC), "now", "7d" (so long before `now_ms`) or "+7d" (after) ->
/// Unix milliseconds. errors: kInvalidArgument
Result<std::int64_t> ParseTime(std::string_view text, std::int64_t now_ms);
/// "2026-11-22 10:30:05" in UTC; "-" for 0.
std::string TimeText(std::int64_t unix_ms);

}  // namespace yun::cli
