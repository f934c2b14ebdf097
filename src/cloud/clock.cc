#include "cloud/clock.h"

#include <chrono>

namespace yun::cloud {
namespace {

struct MachineClock : Clock {
  std::int64_t unix_ms() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  std::int64_t steady_ns() const override { return std::chrono::steady_clock::now().time_since_epoch().count(); }
};

std::int64_t MonthStartPlus(std::int64_t unix_ms, int months) {
  using namespace std::chrono;
  const year_month_day day{floor<days>(sys_time<milliseconds>(milliseconds(unix_ms)))};
  const sys_days first{(day.year() / day.month() + std::chrono::months(months)) / 1};
  return duration_cast<milliseconds>(first.time_since_epoch()).count();
}

}  // namespace

const Clock& SystemClock() {
  static const MachineClock clock;
  return clock;
}

std::int64_t MonthStart(std::int64_t unix_ms) { return MonthStartPlus(unix_ms, 0); }
std::int64_t NextMonthStart(std::int64_t unix_ms) { return MonthStartPlus(unix_ms, 1); }

}  // namespace yun::cloud
