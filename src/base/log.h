// Logging goes to stderr, one line an event. Secrets never reach it (base/secret.h).
#pragma once
#include <spdlog/spdlog.h>

namespace yun {
namespace log = ::spdlog;
/// Sets the level by name: trace, debug, info, warn, error, off; unknown names mean info.
void SetUpLogging(const char* level);
}  // namespace yun
