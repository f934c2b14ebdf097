#include "server/edge.h"

#include <algorithm>

#include "base/ascii.h"

namespace yun::server {

namespace {

constexpr double kBurstSeconds = 2;  // of requests
constexpr double kNanoseconds = 1e9;
constexpr std::int64_t kForgottenNs = 60'000'000'000;  // all buckets are full by then
constexpr std::size_t kHopsMax = 32;                   // of X-Forwarded-For

/// Known as one: an IPv6 network has 64 bits of addresses for each of its hosts.
std::optional<cloud::IpAddress> CountedAs(std::string_view ip) {
  std::optional<cloud::IpAddress> address = cloud::ParseIp(ip);
  if (!address) return {};
  static const auto four = *cloud::ParseIpRange("::ffff:0:0/96");
  if (!four.Contains(*address)) std::fill(address->begin() + 8, address->end(), std::uint8_t{0});
  return address;
}

bool IsLoopback(std::string_view ip) {
  static const auto four = *cloud::ParseIpRange("127.0.0.0/8"), six = *cloud::ParseIpRange("::1");
  const auto address = cloud::ParseIp(ip);
  return address && (four.Contains(*address) || six.Contains(*address));
}

}  // namespace

std::string HostOf(std::string_view remote) {
  if (const std::size_t colon = remote.rfind(':'); colon != std::string_view::npos) remote = remote.substr(0, colon);
  if (remote.starts_with('[') && remote.ends_with(']')) remote = remote.substr(1, remote.size() - 2);
  return std::string(remote);
}

Origin OriginOf(const http::Request& request, const std::vector<cloud::IpRange>& trusted_proxies) {
  Origin origin{HostOf(request.remote), request.tls};
  const auto trusted = [&](std::string_view ip) {
    const auto address = cloud::ParseIp(ip);
    return address && std::any_of(trusted_proxies.begin(), trusted_proxies.end(),
                                  [&](const cloud::IpRange& range) { return range.Contains(*address); });
  };
  if (!trusted(origin.ip)) return origin;
  origin.secure = origin.secure || request.Header("x-forwarded-proto") == "https";
  std::string all;  // a header that came several times is one list
  for (const auto& [name, value] : request.headers)
    if (name == "x-forwarded-for") all += (all.empty() ? "" : ",") + value;
  std::string_view hops = all;
  for (std::size_t i = 0; i < kHopsMax && !hops.empty(); ++i) {
    const std::size_t comma = hops.rfind(',');
    std::string_view hop = comma == std::string_view::npos ? hops : hops.substr(comma + 1);
    hops = comma == std::string_view::npos ? std::string_view() : hops.substr(0, comma);
    while (hop.starts_with(' ')) hop.remove_prefix(1);
    while (hop.ends_with(' ')) hop.remove_suffix(1);
    const bool plain = cloud::ParseIp(hop).has_value() && !hop.starts_with('[');
    if (!plain) break;  // nothing before it can be believed either
    origin.ip = hop;
    if (!trusted(hop)) break;
  }
  return origin;
}

void AddSecurityHeaders(http::Headers& headers, bool secure) {
  const auto add = [&](const char* name, const char* value) {
    const bool there = std::any_of(headers.begin(), headers.end(), [&](const auto& header) {
      return std::equal(header.first.begin(), header.first.end(), name, name + std::string_view(name).size(),
                        [](char a, char b) { return LowerAscii(a) == b; });
    });
    if (!there) headers.emplace_back(name, value);
  };
  add("x-content-type-options", "nosniff");
  add("x-frame-options", "DENY");
  add("referrer-policy", "no-referrer");
  add("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  if (secure) add("strict-transport-security", "max-age=31536000");
}

http::Headers CorsHeaders(const http::Request& request, const std::vector<std::string>& origins) {
  const std::string_view origin = request.Header("origin");
  if (origin.empty() || origins.empty()) return {};
  const bool any = std::ranges::find(origins, "*") != origins.end();
  if (!any && std::ranges::find(origins, origin) == origins.end()) return {{"vary", "origin"}};
  http::Headers out = {{"access-control-allow-origin", any ? "*" : std::string(origin)}, {"vary", "origin"}};
  if (!IsPreflight(request)) {
    out.emplace_back("access-control-expose-headers",
                     "x-request-id, request-id, retry-after, x-yun-receipt-id, x-yun-queue-place, "
                     "x-yun-start-estimate-ms, x-yun-model-line, x-ratelimit-limit-requests, "
                     "x-ratelimit-remaining-requests, x-ratelimit-reset-requests, x-ratelimit-limit-tokens, "
                     "x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens");
    return out;
  }
  out.emplace_back("access-control-allow-methods", "GET, POST, DELETE");
  if (const std::string_view headers = request.Header("access-control-request-headers"); !headers.empty())
    out.emplace_back("access-control-allow-headers", headers);
  out.emplace_back("access-control-max-age", "86400");
  return out;
}

bool IsPreflight(const http::Request& request) {
  return request.method == "OPTIONS" && !request.Header("origin").empty() &&
         !request.Header("access-control-request-method").empty();
}

Status CheckCorsOrigin(std::string_view origin) {
  if (origin == "*") return {};
  const std::size_t scheme = origin.find("://");
  const std::string_view host = scheme == std::string_view::npos ? "" : origin.substr(scheme + 3);
  if (host.empty() || host.find_first_of("/?#* ") != std::string_view::npos)
    return Fail(Code::kInvalidArgument,
                "'{}' is no origin: it is '*', or as a browser sends it, for example https://app.example.org", origin);
  return {};
}

AddressLimiter::Address& AddressLimiter::Find(Addresses& addresses, const cloud::IpAddress& ip) const {
  const std::int64_t now = clock_.steady_ns();
  if (addresses.size() >= kAddressesMax && !addresses.contains(ip)) {
    std::erase_if(addresses, [&](const auto& entry) { return now - entry.second.seen_ns > kForgottenNs; });
    if (addresses.size() >= kAddressesMax) addresses.clear();
  }
  const double requests_max = kBurstSeconds * static_cast<double>(requests_per_second_);
  const auto [found, made] = addresses.try_emplace(ip);
  Address& address = found->second;
  if (made) {
    address.requests = requests_max;
    address.keys = kWrongKeysPerMinute;
  } else {
    const double seconds = static_cast<double>(now - address.seen_ns) / kNanoseconds;
    address.requests = std::min(requests_max, address.requests + seconds * static_cast<double>(requests_per_second_));
    address.keys = std::min<double>(kWrongKeysPerMinute, address.keys + seconds * kWrongKeysPerMinute / 60);
  }
  address.seen_ns = now;
  return address;
}

int AddressLimiter::Wait(std::string_view ip) {
  const auto counted = CountedAs(ip);
  if (!counted) return 0;
  return addresses_.With([&](Addresses& addresses) {
    if (requests_per_second_ == 0 && !addresses.contains(*counted)) return 0;  // nothing to remember of it
    Address& address = Find(addresses, *counted);
    if (address.keys < 1) return 60 / static_cast<int>(kWrongKeysPerMinute);
    if (requests_per_second_ == 0) return 0;
    if (address.requests < 1) return 1;
    address.requests -= 1;
    return 0;
  });
}

void AddressLimiter::NoteWrongKey(std::string_view ip) {
  const auto counted = CountedAs(ip);
  if (!counted || IsLoopback(ip)) return;
  addresses_.With([&](Addresses& addresses) {
    Address& address = Find(addresses, *counted);
    address.keys = std::max(address.keys - 1, 0.);
  });
}

}  // namespace yun::server
