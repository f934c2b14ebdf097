// Which addresses are the world's, and not this machine's or its network's.
#pragma once
#include <sys/socket.h>

namespace yun::http {

/// False for loopback, private, link-local (clouds' metadata services), shared, multicast, reserved and unspecified
/// addresses, for IPv6 that stands for such an IPv4, and for other families.
/// source: IANA's special-purpose address registries (RFC 6890 and later)
bool IsPublicAddress(const sockaddr& address);

}  // namespace yun::http
