// HTTP(S) client for pulls: libcurl behind a plain interface. Redirects, proxies from the environment, ranges.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace yun::http {

struct FetchRequest {
  std::string url;
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>>
      headers;  // not sent on to another host, scheme or port after a redirect
  std::string body;
  std::uint64_t range_begin = 0;  // with a value > 0 a Range header is sent
  std::uint64_t range_end = 0;    // inclusive; 0: to the end
  std::uint32_t connect_seconds_max = 20;
  std::uint32_t stall_seconds_max = 60;  // no byte for this long fails the transfer
  std::uint32_t total_seconds_max = 0;   // of one answer, however slowly it comes; 0: as long as it takes
  bool own_server = false;  // to 127.0.0.1 or ::1 a certificate is not checked: it names the machine as others see it
  std::uint32_t redirects_max = 8;       // only to http and https, never from https to http; 0: 3xx is the answer
  bool public_only = false;  // connects to IsPublicAddress alone, through no proxy: for URLs that strangers give
  const std::atomic<bool>* cancel = nullptr;  // borrows
};

struct FetchResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // of the last response; names lower case
  std::string body;                                          // empty when a sink took it
  std::string_view Header(std::string_view name) const;
};

/// Receives body bytes of a 2xx answer; false stops the transfer (kCancelled).
using BodySink = std::function<bool(std::string_view)>;

/// Blocking. Proxies come from the environment (http_proxy, https_proxy, no_proxy), other certificates from
/// SSL_CERT_FILE. A server that ignores a range with range_begin > 0 gives status 200 here, and the sink is not called:
/// start anew. A status of 4xx/5xx is not an error here: look at `status` (the body is then kept, to 64 KiB). errors:
/// kNetwork (name, refused, cut off early, stalled, TLS, another range), kPermissionDenied (public_only), kCancelled,
/// kTooLarge (body over body_bytes_max without a sink)
Result<FetchResponse> Fetch(const FetchRequest& request, const BodySink& sink = {},
                            std::uint64_t body_bytes_max = 64u << 20);

}  // namespace yun::http
