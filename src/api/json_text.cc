#include "api/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

namespace yun::api {
namespace {

namespace json = boost::json;

constexpr double kLogprobLeast = -9999.0;  // JSON has no -inf; OpenAI writes this

/// Bytes of the character that begins there; 0: none does.
std::size_t CharacterBytes(std::string_view s) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(s[k]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xc2 && lead < 0xe0 ? 2
                             : lead >= 0xe0 && lead < 0xf0 ? 3
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                                                           : 0;
  if (length == 0 || length > s.size()) return 0;
  for (std::size_t k = 1; k < length; ++k)
    if ((byte(k) & 0xc0) != 0x80) return 0;
  if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f) || (lead == 0xf0 && byte(1) < 0x90) ||
      (lead == 0xf4 && byte(1) > 0x8f))
    return 0;
  return length;
}

bool ValidUtf8(std::string_view s) {
  while (!s.empty()) {
    const std::size_t length = CharacterBytes(s);
    if (length == 0) return false;
    s.remove_prefix(length);
  }
  return true;
}

json::object Token(const TokenText& token) {
  json::array bytes;
  for (unsigned char c : token.bytes) bytes.emplace_back(static_cast<std::uint64_t>(c));
  return {{"token", TokenName(token.bytes, "")},
          {"logprob", WritableLogprob(token.logprob)},
          {"bytes", std::move(bytes)}};
}

}  // namespace

std::string Quote(std::string_view text) { return json::serialize(json::value(json::string(text))); }

std::string ValidText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = CharacterBytes(text);
    length > 0 ? out.append(text.substr(0, length)) : out.append("?");
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::string TokenName(const std::string& bytes, std::string_view prefix) {
  if (ValidUtf8(bytes)) return bytes;
  std::string out(prefix);
  for (unsigned char c : bytes) out += fmt::format("\\x{:02x}", c);
  return out;
}

double WritableLogprob(double logprob) {
  return std::isfinite(logprob) && logprob > kLogprobLeast ? logprob : kLogprobLeast;
}

std::string TokenLogprobs(const std::vector<LogprobEntry>& entries) {
  json::array out;
  for (const LogprobEntry& entry : entries) {
    json::object token = Token(entry.token);
    json::array top;
    for (const TokenText& t : entry.top) top.emplace_back(Token(t));
    token["top_logprobs"] = std::move(top);
    out.emplace_back(std::move(token));
  }
  return json::serialize(out);
}

}  // namespace yun::api
