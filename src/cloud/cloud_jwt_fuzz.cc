// Key sets and tokens from a provider that may be anybody: first byte 'k' a set, else a token against fixed keys.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "cloud/jwt.h"

namespace {
// RFC 7515, appendix A.3.
constexpr std::string_view kKeys =
    R"({"keys":[{"kty":"EC","crv":"P-256","kid":"e","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'k') {
    if (const auto keys = yun::cloud::ParseJwks(text)) CHECK(keys->size() <= yun::cloud::kJwksKeysMax);
    return 0;
  }
  static const auto keys = yun::cloud::ParseJwks(kKeys);
  (void)yun::cloud::VerifyJwt(text, *keys);
  if (const auto bytes = yun::cloud::ParseBase64Url(text)) CHECK(yun::cloud::Base64Url(*bytes) == text);
  return 0;
}
