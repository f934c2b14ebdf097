// The figures of a running server.
#pragma once
#include <CLI/CLI.hpp>
#include <string>

#include "base/result.h"
#include "cli/metrics_text.h"

namespace yun::cli {

struct MetricsServer {
  std::string url = "http://127.0.0.1:8460", key;
};

/// --url and --key.
void AddMetricsServer(CLI::App& command, MetricsServer& server);

/// errors: kPermissionDenied (says what to do), kNetwork, as MetricsText::Parse
Result<MetricsText> FetchMetrics(const MetricsServer& server);

}  // namespace yun::cli
