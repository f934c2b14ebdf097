// Addresses and CIDR ranges of IPv4 and IPv6.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace yun::cloud {

/// 128 bits, most significant first; IPv4 as ::ffff:a.b.c.d, so that both spellings of it are equal.
using IpAddress = std::array<std::uint8_t, 16>;

/// "192.0.2.1", "2001:db8::1", also with a port ("192.0.2.1:80", "[::1]:80"). Nothing when it is neither.
std::optional<IpAddress> ParseIp(std::string_view text);

struct IpRange {
  IpAddress address{};
  int bits = 128;  // of the 128 that must agree
  bool Contains(const IpAddress& ip) const;
};

/// "10.0.0.0/8", "2001:db8::/32", or one address. errors: kInvalidArgument (also bits set behind the prefix)
Result<IpRange> ParseIpRange(std::string_view text);

}  // namespace yun::cloud
