// yun top: what a running server does, live in the terminal; all of it from /metrics.
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/metrics_fetch.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/table.h"

namespace yun::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRefreshMilliseconds = 1000;
constexpr double kRateSeconds = 5;       // speeds are of the last seconds
constexpr std::size_t kReadings = 61;    // times are of the last minute
constexpr std::size_t kRowsMax = 1000;   // workspaces

struct Options : MetricsServer {
  bool once = false;
};

struct Reading {
  Clock::time_point at;
  MetricsText text;
};

Result<Reading> Read(const Options& options) {
  ASSIGN_OR_RETURN(MetricsText text, FetchMetrics(options));
  return Reading{Clock::now(), std::move(text)};
}

/// The readings of the last minute, and what they say of speeds and times.
class History {
 public:
  void Add(Reading reading) {
    readings_.push_back(std::move(reading));
    if (readings_.size() > kReadings) readings_.pop_front();
  }
  const MetricsText& now() const { return readings_.back().text; }

  /// Of a counter, per second.
  double Rate(std::string_view name, const MetricsText::Filter& filter = {}) const {
    const Reading& last = readings_.back();
    for (const Reading& then : readings_) {
      const double seconds = std::chrono::duration<double>(last.at - then.at).count();
      if (seconds > kRateSeconds + 0.5 || seconds <= 0) continue;
      return std::max(0., last.text.Sum(name, filter) - then.text.Sum(name, filter)) / seconds;
    }
    return 0;
  }
  /// Of a histogram of seconds: of what came in the last minute, else since the server's start.
  std::string Time(std::string_view name, double q, const MetricsText::Filter& filter) const {
    const std::map<double, double> all = now().Buckets(name, filter);
    std::optional<double> seconds = Quantile(Since(all, readings_.front().text.Buckets(name, filter)), q);
    if (!seconds) seconds = Quantile(all, q);
    if (!seconds) return "-";
    return *seconds < 1 ? fmt::format("{:.0f} ms", 1000 * *seconds) : fmt::format("{:.1f} s", *seconds);
  }

 private:
  std::deque<Reading> readings_;
};

std::string Share(double part, double whole) { return whole > 0 ? fmt::format("{:.0f} %", 100 * part / whole) : "-"; }

std::vector<std::string> Screen(const Options& options, const History& history) {
  const MetricsText& now = history.now();
  std::vector<std::string> lines = {
      fmt::format("yun at {}   {:.0f} requests in flight   {} resident   {:.0f} % of a core", options.url,
                  now.Sum("yun_http_requests_in_flight"),
                  SizeText(static_cast<std::uint64_t>(std::max(0., now.Sum("process_resident_memory_bytes")))),
                  100 * history.Rate("process_cpu_seconds_total")),
      ""};
  Table models({"MODEL", "RUN", "WAIT", "IN/S", "OUT/S", "TTFT P50", "P95", "GAP P95", "BATCH", "CACHE", "KEPT", "HIT",
                "PREEMPTED", "ACCEPTED"});
  for (const std::string& model : now.Values("yun_num_requests_running", "model_name")) {
    const MetricsText::Filter of = {{"model_name", model}};
    const auto sum = [&](std::string_view name) { return now.Sum(name, of); };
    const double blocks = sum("yun_kv_cache_blocks");
    const double steps = history.Rate("yun_steps_total", of);
    models.Add({model, fmt::format("{:.0f}", sum("yun_num_requests_running")),
                fmt::format("{:.0f}", sum("yun_num_requests_waiting")),
                fmt::format("{:.1f}", history.Rate("yun_prompt_tokens_total", of) +
                                          history.Rate("yun_prefix_cache_hits_total", of)),
                fmt::format("{:.1f}", history.Rate("yun_generation_tokens_total", of)),
                history.Time("yun_time_to_first_token_seconds", 0.5, of),
                history.Time("yun_time_to_first_token_seconds", 0.95, of),
                history.Time("yun_inter_token_latency_seconds", 0.95, of),
                steps > 0 ? fmt::format("{:.1f}", history.Rate("yun_iteration_sequences_sum", of) / steps) : "-",
                Share(sum("yun_kv_cache_blocks_used"), blocks), Share(sum("yun_kv_cache_blocks_cached"), blocks),
                Share(sum("yun_prefix_cache_hits_total"), sum("yun_prefix_cache_queries_total")),
                fmt::format("{:.0f}", sum("yun_num_preemptions_total")),
                Share(sum("yun_spec_decode_num_accepted_tokens_total"),
                      sum("yun_spec_decode_num_draft_tokens_total"))});
  }
  for (std::string& line : models.Lines()) lines.push_back(std::move(line));

  std::vector<std::string> workspaces = now.Values("yun_requests_total", "workspace");
  if (workspaces.empty()) return lines;
  const auto tokens = [](const std::string& workspace, std::string_view kind) {
    return MetricsText::Filter{{"workspace", workspace}, {"kind", kind}};
  };
  std::vector<std::pair<double, std::string>> busiest;
  for (std::string& workspace : workspaces)
    busiest.emplace_back(-history.Rate("yun_request_tokens_total", tokens(workspace, "generated")),
                         std::move(workspace));
  std::stable_sort(busiest.begin(), busiest.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  if (busiest.size() > kRowsMax) busiest.resize(kRowsMax);
  Table rows({"WORKSPACE", "OUT/S", "TTFT P50", "P95", "GAP P95", "QUEUE P95", "CACHED", "DONE", "ABORTED", "REFUSED",
              "FAILED", "CPU S"});
  for (const auto& [rate, workspace] : busiest) {
    const MetricsText::Filter of = {{"workspace", workspace}};
    const auto ended = [&](std::string_view reason) {
      return now.Sum("yun_requests_total", {{"workspace", workspace}, {"finished_reason", reason}});
    };
    rows.Add({workspace, fmt::format("{:.1f}", -rate), history.Time("yun_time_to_first_token_seconds", 0.5, of),
              history.Time("yun_time_to_first_token_seconds", 0.95, of),
              history.Time("yun_inter_token_latency_seconds", 0.95, of),
              history.Time("yun_request_queue_time_seconds", 0.95, of),
              Share(now.Sum("yun_request_tokens_total", tokens(workspace, "cached")),
                    now.Sum("yun_request_tokens_total", tokens(workspace, "prompt"))),
              fmt::format("{:.0f}", ended("stop") + ended("length")), fmt::format("{:.0f}", ended("abort")),
              fmt::format("{:.0f}", ended("refused")), fmt::format("{:.0f}", ended("timeout") + ended("error")),
              fmt::format("{:.1f}", now.Sum("yun_request_cpu_seconds_total", of))});
  }
  lines.emplace_back();
  for (std::string& line : rows.Lines()) lines.push_back(std::move(line));
  return lines;
}

/// The terminal's second screen, without echo and line editing, until this goes.
class Terminal {
 public:
  Terminal() {
    keys_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (keys_) {
      termios raw = before_;
      raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
      ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    Put("\033[?1049h\033[?25l");  // second screen, no cursor
  }
  ~Terminal() {
    Put("\033[?25h\033[?1049l");
    if (keys_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  Terminal(const Terminal&) = delete;

  void Draw(const std::vector<std::string>& lines) const {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
      size.ws_row = 24, size.ws_col = 80;
    std::string out = "\033[H";
    for (std::size_t i = 0; i < lines.size() && i + 1 < size.ws_row; ++i)
      out += lines[i].substr(0, size.ws_col) + "\033[K\r\n";
    Put(out + "q ends\033[J");
  }
  /// Waits; false when a key or a signal asks for the end.
  bool Wait(int milliseconds) const {
    const Clock::time_point until = Clock::now() + std::chrono::milliseconds(milliseconds);
    pollfd input{STDIN_FILENO, POLLIN, 0};
    while (!Interrupted()) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
      if (left <= 0) return true;
      if (::poll(&input, keys_ ? 1 : 0, static_cast<int>(left)) <= 0) continue;
      char key = 0;
      if (::read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q' || key == 4) return false;  // 4: Ctrl-D
    }
    return false;
  }

 private:
  static void Put(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }
  termios before_{};
  bool keys_ = false;
};

/// Two readings, a second apart, for the speeds between them.
Status PrintOnce(const Options& options) {
  History history;
  ASSIGN_OR_RETURN(Reading first, Read(options));
  history.Add(std::move(first));
  if (::poll(nullptr, 0, kRefreshMilliseconds) != 0 || Interrupted()) return Fail(Code::kCancelled, "stopped");
  ASSIGN_OR_RETURN(Reading second, Read(options));
  history.Add(std::move(second));
  for (const std::string& line : Screen(options, history)) std::printf("%s\n", line.c_str());
  return {};
}

Status Watch(const Options& options) {
  ASSIGN_OR_RETURN(Reading first, Read(options));  // a wrong address is an error, not a screen
  History history;
  history.Add(std::move(first));
  const Terminal terminal;
  std::vector<std::string> lines;
  std::string trouble;
  do {
    lines = Screen(options, history);
    if (!trouble.empty()) lines[1] = trouble + "; the figures are the last that came";
    terminal.Draw(lines);
    if (!terminal.Wait(kRefreshMilliseconds)) break;
    Result<Reading> reading = Read(options);
    trouble = reading ? "" : reading.error().message;
    if (reading) history.Add(std::move(*reading));
  } while (!Interrupted());
  return {};
}

}  // namespace

void RegisterTop(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("top", "what a running server does, live");
  AddMetricsServer(*c, *options);
  c->add_flag("--once", options->once, "print once and end; so it is too when the output is no terminal");
  c->footer(
      "Speeds are of the last five seconds, times of the last minute (since the start, when nothing came in it).\n"
      "IN/S OUT/S tokens a second; TTFT time to first token; GAP between tokens; BATCH requests in a step;\n"
      "CACHE blocks held by requests; KEPT blocks kept for their prefix; HIT of looked-up prompt tokens;\n"
      "ACCEPTED of drafted tokens.\n"
      "Examples:\n"
      "  yun top                              the server on this machine; q or Ctrl-C ends\n"
      "  yun top --url http://10.0.0.5:8460 --key sk-...\n"
      "  yun top --once                       one screen, for a script or a report");
  c->callback([options, &exit_code] {
    Interrupted();  // watches from here on
    const bool once = options->once || !::isatty(STDOUT_FILENO);
    const Status done = once ? PrintOnce(*options) : Watch(*options);
    exit_code = done || Interrupted() ? 0 : Report(done.error());
  });
}

}  // namespace yun::cli
