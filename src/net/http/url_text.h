// Percent-encoded text of paths and queries.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace yun::http {

/// "a%20b" -> "a b"; nothing when an escape is broken or stands for NUL.
std::optional<std::string> PercentDecode(std::string_view text);

}  // namespace yun::http
