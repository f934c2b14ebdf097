// The bytes in front of an answer's body.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http/server.h"

namespace yun::http {

/// The standard words for a status, "OK" for 200.
std::string_view StatusText(int status);

struct ResponseHead {
  int status = 200;
  std::string_view content_type;                // empty: no such header
  std::optional<std::uint64_t> content_length;  // none: chunked, or to the end of the connection
  bool chunked = false;
  bool http_1_0 = false;  // the client's version: a kept connection must then be said
  bool keep_alive = true;
};

/// Status line, Date, Server, framing, Connection and `headers`, up to and with the empty line. Line breaks inside a
/// given header become spaces: no value can add a header.
std::string FormatHead(const ResponseHead& head, const Headers& headers);

}  // namespace yun::http
