// Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html
#include "net/http/server.h"

namespace yun::http {

std::string SseEvent(std::string_view data, std::string_view event) {
  std::string out;
  out.reserve(data.size() + event.size() + 24);
  if (!event.empty()) out.append("event: ").append(event).append("\n");
  // A carriage return ends a line for the reader too, so it must not stay inside one.
  for (;;) {
    const std::size_t end = data.find_first_of("\r\n");
    out.append("data: ").append(data.substr(0, end)).append("\n");
    if (end == std::string_view::npos) break;
    const bool crlf = data[end] == '\r' && end + 1 < data.size() && data[end + 1] == '\n';
    data.remove_prefix(end + (crlf ? 2 : 1));
  }
  out += '\n';
  return out;
}

}  // namespace yun::http
