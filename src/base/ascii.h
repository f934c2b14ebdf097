// ASCII text, whatever the locale: lower case, what goes into an address, whole numbers.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yun {

constexpr char LowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
std::string LowerAscii(std::string_view text);

/// "a/b" -> "a%2Fb": all but RFC 3986's unreserved characters and those of `also_plain`.
std::string PercentEncoded(std::string_view text, std::string_view also_plain = {});

/// The text as a whole number in decimal, a '-' before it allowed; nullopt: it is something else, or beyond 64 bits.
std::optional<std::int64_t> WholeNumber(std::string_view text);

}  // namespace yun
