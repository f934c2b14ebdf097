// A connection's bytes, whole and in pieces: both must give the same requests, within the limits, without a crash.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "net/http/request_reader.h"
#include "net/http/url_text.h"

namespace yun::http {
namespace {

constexpr ReaderLimits kLimits{.header_bytes_max = 2048, .body_bytes_max = 4096};

// An error ends it. Which error is found first may depend on the pieces; what was read before it may not.
std::vector<Request> ReadAll(std::string_view bytes, std::size_t piece_bytes) {
  std::vector<Request> seen;
  RequestReader reader(kLimits);
  std::string inbox;
  while (!bytes.empty()) {
    inbox += bytes.substr(0, piece_bytes);
    bytes.remove_prefix(std::min(piece_bytes, bytes.size()));
    for (;;) {
      const std::size_t used = reader.Feed(inbox);
      CHECK(used <= inbox.size());
      inbox.erase(0, used);
      CHECK(reader.body_bytes() <= kLimits.body_bytes_max);
      if (reader.state() == RequestReader::State::kFailed) {
        CHECK(reader.error_status() >= 400 && !reader.error_message().empty());
        return seen;
      }
      if (reader.state() == RequestReader::State::kDone) {
        seen.push_back(reader.Take());
      } else if (used == 0) {
        break;
      }
    }
    CHECK(inbox.size() <= std::max<std::size_t>(kLimits.header_bytes_max + 4, kChunkHeadBytesMax));
  }
  return seen;
}

void CheckOne(const Request& request) {
  CHECK(!request.method.empty() && !request.path.empty());
  CHECK(request.path.find('\0') == request.path.npos);
  CHECK(request.body.size() <= kLimits.body_bytes_max);
  for (const auto& [name, value] : request.headers) {
    CHECK(!name.empty() && value.find_first_of(std::string_view("\r\n\0", 3)) == value.npos);
  }
  for (const auto& [key, value] : ParseQuery(request.query)) {
    CHECK(key.size() + value.size() <= request.query.size());
  }
}

}  // namespace
}  // namespace yun::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yun::http;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::vector<Request> whole = ReadAll(bytes, bytes.size() + 1);
  const std::vector<Request> pieces = ReadAll(bytes, 1 + data[0] % 64);
  CHECK(whole.size() == pieces.size());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    CheckOne(whole[i]);
    CHECK(whole[i].path == pieces[i].path);
    CHECK(whole[i].headers == pieces[i].headers);
    CHECK(whole[i].body == pieces[i].body);
  }
  ParseQuery(bytes);
  PercentDecode(bytes);
  return 0;
}
