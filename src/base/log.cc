#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>

namespace yun {
void SetUpLogging(const char* level) {
  auto logger = spdlog::stderr_color_mt("yun");
  spdlog::set_default_logger(logger);
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
  const auto parsed = spdlog::level::from_str(level ? level : "info");
  spdlog::set_level(parsed == spdlog::level::off && level && std::string_view(level) != "off" ? spdlog::level::info
                                                                                              : parsed);
}
}  // namespace yun
