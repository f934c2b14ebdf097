// Time as a thing that is passed in, so that tests can set it.
#pragma once
#include <atomic>
#include <cstdint>

namespace yun::cloud {

/// thread: all methods from any thread
struct Clock {
  virtual ~Clock() = default;
  /// Wall time in Unix milliseconds. It may step in either direction.
  virtual std::int64_t unix_ms() const = 0;
  /// Nanoseconds of a clock that never steps; its zero means nothing.
  virtual std::int64_t steady_ns() const = 0;
};

/// The machine's clocks.
const Clock& SystemClock();

/// Clocks that stand still until they are moved.
class ManualClock : public Clock {
 public:
  explicit ManualClock(std::int64_t unix_ms = 1'767'225'600'000) : unix_ms_(unix_ms) {}  // 2026-01-01
  std::int64_t unix_ms() const override { return unix_ms_; }
  std::int64_t steady_ns() const override { return steady_ns_; }
  /// Moves both.
  void Advance(std::int64_t ms) {
    unix_ms_ += ms;
    steady_ns_ += ms * 1'000'000;
  }
  /// Moves steady time alone, by less than a millisecond if need be.
  void AdvanceSteady(std::int64_t ns) { steady_ns_ += ns; }
  /// Steps the wall clock alone.
  void SetUnix(std::int64_t unix_ms) { unix_ms_ = unix_ms; }

 private:
  std::atomic<std::int64_t> unix_ms_, steady_ns_{1'000'000'000};
};

inline constexpr std::int64_t kMinuteMs = 60'000, kHourMs = 60 * kMinuteMs, kDayMs = 24 * kHourMs;

}  // namespace yun::cloud
