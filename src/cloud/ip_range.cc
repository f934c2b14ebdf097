#include "cloud/ip_range.h"

#include <arpa/inet.h>

#include <charconv>
#include <string>

namespace yun::cloud {
namespace {

constexpr int kMappedBits = 96;  // of ::ffff:0:0/96, in front of an IPv4 address
constexpr std::size_t kAddressBytesMax = INET6_ADDRSTRLEN;

struct Parsed {
  IpAddress address;
  bool v4 = false;
};

std::optional<Parsed> ParseAddress(std::string_view text) {
  if (text.size() >= kAddressBytesMax) return {};
  const std::string terminated(text);
  Parsed parsed{};
  if (::inet_pton(AF_INET, terminated.c_str(), parsed.address.data() + 12) == 1) {
    parsed.address[10] = parsed.address[11] = 0xff;
    parsed.v4 = true;
    return parsed;
  }
  if (::inet_pton(AF_INET6, terminated.c_str(), parsed.address.data()) == 1) return parsed;
  return {};
}

}  // namespace

std::optional<IpAddress> ParseIp(std::string_view text) {
  std::string_view host = text;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || (end + 1 < text.size() && text[end + 1] != ':')) return {};
    host = text.substr(1, end - 1);
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos && text.rfind(':') == colon) {
    host = text.substr(0, colon);
  }
  const std::optional<Parsed> parsed = ParseAddress(host);
  return parsed ? std::optional(parsed->address) : std::nullopt;
}

bool IpRange::Contains(const IpAddress& ip) const {
  for (int i = 0; i < 16; ++i) {
    const int inside = bits - 8 * i;
    if (inside <= 0) return true;
    const unsigned mask = inside >= 8 ? 0xffu : 0xffu & (0xff00u >> inside);
    if ((ip[i] & mask) != (address[i] & mask)) return false;
  }
  return true;
}

Result<IpRange> ParseIpRange(std::string_view text) {
  const auto wrong = [&](std::string_view what) {
    return Fail(Code::kInvalidArgument, "'{}': {}; a range is written as 10.0.0.0/8 or 2001:db8::/32",
                text.substr(0, 64), what);
  };
  const std::size_t slash = text.find('/');
  const std::optional<Parsed> parsed = ParseAddress(text.substr(0, slash));
  if (!parsed) return wrong("no IP address");
  IpRange range{parsed->address, 128};
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    int bits = -1;
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (ec != std::errc() || end != digits.data() + digits.size() || bits < 0 || bits > (parsed->v4 ? 32 : 128))
      return wrong("the length of the prefix is wrong");
    range.bits = bits + (parsed->v4 ? kMappedBits : 0);
  }
  for (int bit = range.bits; bit < 128; ++bit)
    if (range.address[bit / 8] & (0x80u >> (bit % 8))) return wrong("bits are set behind the prefix");
  return range;
}

}  // namespace yun::cloud
