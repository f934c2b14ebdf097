// A first line as Content-Type, the rest as a form: what is read lies within the body and the limits.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "net/http/multipart.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yun::http;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  if (line == text.npos) return 0;
  const std::string_view body = text.substr(line + 1);
  const auto parts = ParseForm(text.substr(0, line), body);
  if (!parts) {
    CHECK(!parts.error().message.empty());
    return 0;
  }
  CHECK(parts->size() <= kFormPartsMax);
  std::size_t bytes = 0;
  for (const FormPart& part : *parts) {
    CHECK(!part.name.empty());
    CHECK(part.name.size() + part.filename.size() <= kPartHeadBytesMax);
    CHECK(part.bytes.empty() || (part.bytes.data() >= body.data() &&
                                 part.bytes.data() + part.bytes.size() <= body.data() + body.size()));
    bytes += part.bytes.size();
  }
  CHECK(bytes <= body.size());
  return 0;
}
