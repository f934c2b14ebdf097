#include "api/values.h"

#include <fmt/format.h>

#include <bit>
#include <iterator>

namespace yun::api {

void AppendNumbers(std::string& out, std::span<const float> values) {
  out += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    fmt::format_to(std::back_inserter(out), "{}", values[i]);
  }
  out += ']';
}

void AppendBase64(std::string& out, std::span<const float> values) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::uint32_t group = 0;
  int bytes = 0;
  const auto flush = [&] {
    group <<= 8 * (3 - bytes);
    for (int i = 0; i < 4; ++i) out += i <= bytes ? kDigits[group >> (18 - 6 * i) & 63] : '=';
    group = 0, bytes = 0;
  };
  out.reserve(out.size() + (values.size() * sizeof(float) + 2) / 3 * 4);
  for (const float value : values)
    for (int shift = 0; shift < 32; shift += 8) {
      group = group << 8 | (std::bit_cast<std::uint32_t>(value) >> shift & 0xff);
      if (++bytes == 3) flush();
    }
  if (bytes > 0) flush();
}

}  // namespace yun::api
