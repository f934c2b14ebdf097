// What stands before every handler: who really asks behind proxies, how often an address may, and headers that browsers
// obey.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "cloud/clock.h"
#include "cloud/ip_range.h"
#include "net/http/server.h"
#include "server/auth/session.h"

namespace yun::server {

/// The address of "192.0.2.1:80" or "[::1]:80", without port.
std::string HostOf(std::string_view remote);

/// The client's address: the peer's, or where that is a trusted proxy, what it says in X-Forwarded-For: the last
/// address there that is no trusted proxy. What others write there is not believed.
Origin OriginOf(const http::Request& request, const std::vector<cloud::IpRange>& trusted_proxies);

/// For every answer, beside those that a handler set itself.
void AddSecurityHeaders(http::Headers& headers, bool secure);

/// What lets pages of other origins use the data routes: nothing but for the origins named ("*": any; a browser
/// sends no key by itself). For a preflight also what it asks for.
/// source: Fetch Standard, section 3.2
http::Headers CorsHeaders(const http::Request& request, const std::vector<std::string>& origins);
/// Whether it is a browser's question before the request itself.
bool IsPreflight(const http::Request& request);
/// "*", or a scheme, host and port as a browser sends them. errors: kInvalidArgument
Status CheckCorsOrigin(std::string_view origin);

inline constexpr std::int64_t kWrongKeysPerMinute = 60;  // of one address
inline constexpr std::size_t kAddressesMax = 65536;      // more, and those who were not seen for long are forgotten

/// Counts what comes from each address, before anybody is asked who they are. IPv6 counts by its first 64 bits. Wrong
/// keys from this machine itself do not count: a proxy that says nothing would keep everybody out.
/// thread: all methods from any thread
class AddressLimiter {
 public:
  /// requests_per_second: of one address, twice that at once; 0: any number
  AddressLimiter(const cloud::Clock& clock, std::int64_t requests_per_second)
      : clock_(clock), requests_per_second_(requests_per_second) {}

  /// Seconds until it may come again; 0: it may now, and is counted.
  int Wait(std::string_view ip);
  void NoteWrongKey(std::string_view ip);

 private:
  /// A bucket of what may still be done; full after a second or a minute of nothing.
  struct Address {
    double requests = 0, keys = 0;
    std::int64_t seen_ns = 0;
  };
  struct Hash {
    std::size_t operator()(const cloud::IpAddress& ip) const {
      return std::hash<std::string_view>()({reinterpret_cast<const char*>(ip.data()), ip.size()});
    }
  };
  using Addresses = std::unordered_map<cloud::IpAddress, Address, Hash>;
  Address& Find(Addresses& addresses, const cloud::IpAddress& ip) const;

  const cloud::Clock& clock_;  // borrows:
  const std::int64_t requests_per_second_;
  Guarded<Addresses> addresses_;
};

}  // namespace yun::server
