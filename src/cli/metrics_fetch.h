// The figures of a running server.
#pragma once
#include <string>

#include "base/result.h"
#include "cli/metrics_text.h"

namespace yun::cli {

/// key: may be empty. errors: kPermissionDenied (says what to do), kNetwork, as MetricsText::Parse
Result<MetricsText> FetchMetrics(const std::string& url, const std::string& key);

}  // namespace yun::cli
