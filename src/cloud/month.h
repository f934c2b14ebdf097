// A month of the calendar in UTC: what invoices, revenue and pay-outs are cut into.
#pragma once
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yun::cloud {

struct Month {
  int year = 1970;
  int month = 1;  // 1 to 12
  auto operator<=>(const Month&) const = default;

  /// "2026-11", years 1970 to 9999. errors: kInvalidArgument
  static Result<Month> Parse(std::string_view text);
  /// The month that holds an instant.
  static Month Of(std::int64_t unix_ms);
  std::string Text() const;
  /// The first instant, and the first of the next month.
  std::int64_t from_ms() const;
  std::int64_t to_ms() const;
  Month Plus(int months) const;
};

/// "2026-11-22" of an instant, in UTC.
std::string DateText(std::int64_t unix_ms);

}  // namespace yun::cloud
