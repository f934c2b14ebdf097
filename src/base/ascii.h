// ASCII letters, whatever the locale: lower case, and what goes into an address.
#pragma once
#include <string>
#include <string_view>

namespace yun {

constexpr char LowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
std::string LowerAscii(std::string_view text);

/// "a/b" -> "a%2Fb": all but RFC 3986's unreserved characters and those of `also_plain`.
std::string PercentEncoded(std::string_view text, std::string_view also_plain = {});

}  // namespace yun
