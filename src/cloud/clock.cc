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

}  // namespace

const Clock& SystemClock() {
  static const MachineClock clock;
  return clock;
}

}  // namespace yun::cloud
