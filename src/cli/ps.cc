// yun ps: which models are in memory, how much they take, who waits.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/metrics_fetch.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/table.h"

namespace yun::cli {
namespace {

std::string Bytes(double bytes) { return SizeText(static_cast<std::uint64_t>(std::max(0., bytes))); }

Status Print(const MetricsServer& server) {
  ASSIGN_OR_RETURN(const MetricsText now, FetchMetrics(server));
  Table table({"MODEL", "WEIGHTS", "STATE", "RUN", "WAIT", "LOADS", "LAST LOAD", "CACHE", "ADAPTERS"});
  for (const std::string& model : now.Values("yun_weight_bytes", "model_name")) {
    const MetricsText::Filter of = {{"model_name", model}};
    const auto sum = [&](std::string_view name) { return now.Sum(name, of); };
    std::string state = sum("yun_weight_bytes_resident") > 0 ? "in memory" : "away";
    if (sum("yun_weights_failed") > 0) state = "failed: see yun admin model list";
    if (sum("yun_model_waits") > 0)
      state = fmt::format("waits for room, {:.0f} before it, about {:.1f} s", sum("yun_model_line"),
                          sum("yun_model_wait_seconds"));
    if (sum("yun_model_pinned") > 0) state += ", pinned";
    const double load = sum("yun_model_load_seconds");
    table.Add({model, Bytes(sum("yun_weight_bytes")), state, fmt::format("{:.0f}", sum("yun_num_requests_running")),
               fmt::format("{:.0f}", sum("yun_num_requests_waiting")),
               fmt::format("{:.0f}", sum("yun_weight_loads_total")), load > 0 ? fmt::format("{:.2f} s", load) : "-",
               Bytes(sum("yun_kv_cache_bytes")), Bytes(sum("yun_adapter_bytes"))});
  }
  for (const std::string& line : table.Lines()) std::printf("%s\n", line.c_str());
  if (const double most = now.Sum("yun_memory_bytes_max"); most > 0)
    std::printf("%s of %s in use, %s of it whichever weights are there\n",
                Bytes(now.Sum("yun_memory_bytes_used")).c_str(), Bytes(most).c_str(),
                Bytes(now.Sum("yun_memory_bytes_fixed")).c_str());
  return {};
}

}  // namespace

void RegisterPs(CLI::App& app, int& exit_code) {
  auto server = std::make_shared<MetricsServer>();
  CLI::App* c = app.add_subcommand("ps", "The models of a running server: what is in memory, who waits");
  AddMetricsServer(*c, *server);
  c->footer(
      "Examples:\n"
      "  yun serve --memory 4GB smollm2 qwen3:0.6b\n"
      "  yun ps\n"
      "  yun ps --url http://10.0.0.5:8460 --key sk-...");
  c->callback([server, &exit_code] {
    const Status done = Print(*server);
    exit_code = done ? 0 : Report(done.error());
  });
}

}  // namespace yun::cli
