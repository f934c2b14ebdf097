// toml++ without exceptions, and its errors as ours. For sources of this room only: the header is heavy.
#pragma once
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "base/result.h"

namespace yun::hub {

inline Result<toml::table> ParseToml(std::string_view text) {
  toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return Fail(Code::kCorrupt, "line {}, column {}: {}", error.source().begin.line, error.source().begin.column,
                error.description());
  }
  return std::move(parsed).table();
}

}  // namespace yun::hub
