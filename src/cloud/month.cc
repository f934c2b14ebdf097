#include "cloud/month.h"

#include <fmt/format.h>

#include <chrono>

namespace yun::cloud {
namespace {

namespace chrono = std::chrono;

chrono::year_month_day DateOf(std::int64_t unix_ms) {
  return chrono::floor<chrono::days>(chrono::sys_time<chrono::milliseconds>(chrono::milliseconds(unix_ms)));
}

bool Digits(std::string_view text, int& value) {
  value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  return true;
}

}  // namespace

Result<Month> Month::Parse(std::string_view text) {
  Month month;
  if (text.size() != 7 || text[4] != '-' || !Digits(text.substr(0, 4), month.year) ||
      !Digits(text.substr(5), month.month) || month.year < 1970 || month.month < 1 || month.month > 12)
    return Fail(Code::kInvalidArgument, "a month is written like 2026-11");
  return month;
}

Month Month::Of(std::int64_t unix_ms) {
  const chrono::year_month_day date = DateOf(unix_ms);
  return {static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month()))};
}

std::string Month::Text() const { return fmt::format("{:04}-{:02}", year, month); }

std::int64_t Month::from_ms() const {
  const chrono::sys_days first(chrono::year(year) / month / 1);
  return chrono::duration_cast<chrono::milliseconds>(first.time_since_epoch()).count();
}

std::int64_t Month::to_ms() const { return Plus(1).from_ms(); }

Month Month::Plus(int months) const {
  const int count = year * 12 + month - 1 + months;
  return {count / 12, count % 12 + 1};
}

std::string DateText(std::int64_t unix_ms) {
  const chrono::year_month_day date = DateOf(unix_ms);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

}  // namespace yun::cloud
