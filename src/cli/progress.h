// A progress line on a terminal; now and then a plain line elsewhere. Both go to stderr.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace yun::cli {

/// "639.4 MB": powers of 1000, as disks and hubs count.
std::string SizeText(std::uint64_t bytes);
/// "2 min 5 s"
std::string DurationText(double seconds);
/// A moment on this machine's clock, in a form of strftime.
std::string LocalTime(std::int64_t unix_seconds, const char* form);

/// thread: one
class Progress {
 public:
  /// `quiet` prints nothing at all.
  explicit Progress(std::string label, bool quiet = false);
  ~Progress() { Finish(); }
  Progress(const Progress&) = delete;

  /// `total` 0: not known. `at_hand`: bytes of `done` that cost no time now (they do not count for the speed).
  /// May be called as often as one likes; it prints about ten times a second.
  void Update(std::uint64_t done, std::uint64_t total, std::string_view what, std::uint64_t at_hand = 0);
  /// A line for people, above the bar.
  void Note(std::string_view text);
  /// Ends the line; the last state stays to be read.
  void Finish();

 private:
  using Clock = std::chrono::steady_clock;
  std::string Line() const;
  void Draw();
  void Sample(Clock::time_point now);

  std::string label_, what_;
  bool quiet_, terminal_;
  bool drawn_ = false, dirty_ = false;
  std::uint64_t done_ = 0, total_ = 0;
  Clock::time_point start_, last_draw_, last_sample_;
  std::uint64_t last_sample_bytes_ = 0;
  double bytes_per_second_ = 0;  // smoothed
  bool has_speed_ = false;
  int last_tenth_ = -1;
};

}  // namespace yun::cli
