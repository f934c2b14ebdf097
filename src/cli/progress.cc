#include "cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace yun::cli {
namespace {

constexpr auto kDrawEvery = std::chrono::milliseconds(100);
constexpr auto kSampleEvery = std::chrono::milliseconds(500);
constexpr auto kPlainEvery = std::chrono::seconds(10);
constexpr double kSpeedHalfLifeSeconds = 3;
constexpr int kColumnsDefault = 80;

int Columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return kColumnsDefault;
}

}  // namespace

std::string LocalTime(std::int64_t unix_seconds, const char* form) {
  const std::time_t time = unix_seconds;
  std::tm local{};
  char text[32];
  if (localtime_r(&time, &local) == nullptr || std::strftime(text, sizeof text, form, &local) == 0) return "?";
  return text;
}

std::string SizeText(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  for (const char* unit : {"kB", "MB", "GB", "TB"}) {
    value /= 1000;
    if (value < 999.95) return fmt::format("{:.1f} {}", value, unit);
  }
  return fmt::format("{:.1f} PB", value / 1000);
}

std::string DurationText(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::clamp(std::round(seconds), 0.0, 1e9));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
}

Progress::Progress(std::string label, bool quiet)
    : label_(std::move(label)),
      quiet_(quiet),
      terminal_(isatty(STDERR_FILENO) == 1),
      start_(Clock::now()),
      last_draw_(start_),
      last_sample_(start_) {}

void Progress::Sample(Clock::time_point now) {
  const double seconds = std::chrono::duration<double>(now - last_sample_).count();
  if (now - last_sample_ < kSampleEvery) return;
  const double gained = done_ > last_sample_bytes_ ? static_cast<double>(done_ - last_sample_bytes_) : 0;
  const double keep = has_speed_ ? std::exp2(-seconds / kSpeedHalfLifeSeconds) : 0;
  bytes_per_second_ = keep * bytes_per_second_ + (1 - keep) * gained / seconds;
  has_speed_ = true;
  last_sample_ = now;
  last_sample_bytes_ = done_;
}

void Progress::Update(std::uint64_t done, std::uint64_t total, std::string_view what, std::uint64_t at_hand) {
  if (quiet_) return;
  const auto now = Clock::now();
  if (done_ == 0 && last_sample_bytes_ == 0) last_sample_bytes_ = std::min(at_hand, done);
  done_ = done;
  total_ = total;
  what_ = what;
  dirty_ = true;
  Sample(now);
  if (terminal_) {
    if (now - last_draw_ >= kDrawEvery) Draw();
    return;
  }
  const int tenth = total > 0 ? static_cast<int>(static_cast<double>(done) / static_cast<double>(total) * 10) : -1;
  if (tenth == last_tenth_ && now - last_draw_ < kPlainEvery) return;
  if (tenth != last_tenth_ && now - last_draw_ < std::chrono::seconds(1) && tenth < 10) return;
  last_tenth_ = tenth;
  Draw();
}

std::string Progress::Line() const {
  std::string right;
  if (total_ > 0) {
    const double part = std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
    std::string done = SizeText(done_);
    const std::string total = SizeText(total_);
    // "93.1/98.4 MB": the unit once, when it is the same.
    const std::string unit = total.substr(total.find(' '));
    if (done.ends_with(unit)) done.resize(done.size() - unit.size());
    right = fmt::format("{:3.0f}%  {}/{}", std::floor(part * 100), done, total);
  } else {
    right = SizeText(done_);
  }
  if (has_speed_ && !(total_ > 0 && done_ >= total_)) {
    right += fmt::format("  {}/s", SizeText(static_cast<std::uint64_t>(bytes_per_second_)));
    if (total_ > done_ && bytes_per_second_ > 1) {
      right += fmt::format("  {} left", DurationText(static_cast<double>(total_ - done_) / bytes_per_second_));
    }
  }
  return right;
}

void Progress::Draw() {
  last_draw_ = Clock::now();
  dirty_ = false;
  const std::string left = fmt::format("{}  {}", label_, what_), right = Line();
  if (!terminal_) {
    std::fprintf(stderr, "%s  %s\n", left.c_str(), right.c_str());
    return;
  }
  const int columns = Columns() - 1;
  const int room = columns - static_cast<int>(left.size() + right.size()) - 6;
  std::string bar;
  if (room >= 8 && total_ > 0) {
    const int width = std::min(room, 40);
    const int filled =
        static_cast<int>(std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_)) * width);
    bar = "  [" + std::string(static_cast<std::size_t>(filled), '=') +
          std::string(static_cast<std::size_t>(width - filled), ' ') + "]";
  }
  std::string line = left + bar + "  " + right;
  if (static_cast<int>(line.size()) > columns) line.resize(static_cast<std::size_t>(std::max(columns, 0)));
  std::fprintf(stderr, "\r%s\x1b[K", line.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void Progress::Note(std::string_view text) {
  if (quiet_) return;
  if (drawn_) std::fprintf(stderr, "\r\x1b[K");
  std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
  if (drawn_) Draw();
}

void Progress::Finish() {
  if (quiet_) return;
  if (dirty_) Draw();
  if (drawn_) std::fprintf(stderr, "\n");
  drawn_ = false;
}

}  // namespace yun::cli
