#include "cli/admin_text.h"

#include <charconv>
#include <chrono>
#include <optional>

#include "cloud/month.h"
#include "cloud/tax.h"

namespace yun::cli {

namespace {

constexpr int kDecimals = 6;
constexpr std::int64_t kMicro = 1'000'000;
constexpr std::int64_t kWholeMax = 9'000'000'000;  // with six decimals below 2^53
constexpr std::int64_t kSpanMax = 100'000;         // of any unit

std::optional<std::int64_t> Digits(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || text[0] == '-' || ec != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

}  // namespace

Result<std::int64_t> ParseMoney(std::string_view text) {
  const auto wrong = [&] {
    return Fail(Code::kInvalidArgument, "'{}' is no amount: write 5, 0.30 or -1.5, with at most six decimals", text);
  };
  std::string_view rest = text;
  const bool minus = rest.starts_with('-');
  if (minus) rest.remove_prefix(1);
  const std::size_t point = std::min(rest.find('.'), rest.size());
  const auto whole = Digits(rest.substr(0, point));
  if (!whole || *whole > kWholeMax) return wrong();
  std::int64_t micro = *whole * kMicro;
  if (point < rest.size()) {
    std::string decimals(rest.substr(point + 1));
    if (decimals.size() > kDecimals) return wrong();
    const bool none = decimals.empty();
    decimals.resize(kDecimals, '0');
    const auto part = Digits(decimals);
    if (none || !part) return wrong();
    micro += *part;
  }
  return minus ? -micro : micro;
}

std::string MoneyText(std::int64_t micro) {
  std::string text = cloud::MicroText(micro);
  while (text.ends_with('0') && text[text.size() - 3] != '.') text.pop_back();
  return text;
}

Result<std::int64_t> ParseSpan(std::string_view text) {
  if (!text.empty()) {
    const auto count = Digits(text.substr(0, text.size() - 1));
    const char unit = text.back();
    const std::int64_t ms = unit == 's'   ? 1000
                            : unit == 'm' ? 60'000
                            : unit == 'h' ? 3'600'000
                            : unit == 'd' ? 86'400'000
                                          : 0;
    if (count && *count <= kSpanMax && ms > 0) return *count * ms;
  }
  return Fail(Code::kInvalidArgument, "'{}' is no time span: write 90s, 30m, 24h or 7d", text);
}

Result<std::int64_t> ParseTime(std::string_view text, std::int64_t now_ms) {
  namespace c = std::chrono;
  if (text == "now") return now_ms;
  if (text.starts_with('+')) {
    ASSIGN_OR_RETURN(const std::int64_t span, ParseSpan(text.substr(1)));
    return now_ms + span;
  }
  if (text.size() >= 10 && text[4] == '-' && text[7] == '-') {
    const auto year = Digits(text.substr(0, 4)), month = Digits(text.substr(5, 2)), day = Digits(text.substr(8, 2));
    std::optional<std::int64_t> hour = 0, minute = 0;
    bool form = text.size() == 10;
    if (text.size() == 16 && (text[10] == 'T' || text[10] == ' ') && text[13] == ':') {
      hour = Digits(text.substr(11, 2)), minute = Digits(text.substr(14, 2));
      form = hour && minute && *hour < 24 && *minute < 60;
    }
    if (form && year && month && day) {
      const c::year_month_day date{c::year(static_cast<int>(*year)), c::month(static_cast<unsigned>(*month)),
                                   c::day(static_cast<unsigned>(*day))};
      if (date.ok())
        return c::duration_cast<c::milliseconds>(c::sys_days(date).time_since_epoch()).count() +
               (*hour * 60 + *minute) * 60'000;
    }
  } else if (const auto span = ParseSpan(text)) {
    return std::max<std::int64_t>(0, now_ms - *span);
  }
  return Fail(Code::kInvalidArgument,
              "'{}' is no time: write 2026-11-22, 2026-11-22T10:30 (UTC), 7d (ago), +30d (from now) or now", text);
}

std::string TimeText(std::int64_t unix_ms) {
  namespace c = std::chrono;
  if (unix_ms == 0) return "-";
  const c::sys_seconds at{c::floor<c::seconds>(c::milliseconds(unix_ms))};
  const c::hh_mm_ss time(at - c::floor<c::days>(at));
  return fmt::format("{} {:02}:{:02}:{:02}", cloud::DateText(unix_ms), time.hours().count(), time.minutes().count(),
                     time.seconds().count());
}

}  // namespace yun::cli
