// Signed tokens of an OpenID provider: JWS (RFC 7515) in compact form, keys as JWK sets (RFC 7517). RS256 and ES256.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yun::cloud {

inline constexpr std::size_t kJwtBytesMax = 64u << 10;
inline constexpr std::size_t kJwksBytesMax = 256u << 10;
inline constexpr std::size_t kJwksKeysMax = 64;
inline constexpr int kRsaBitsMin = 2048, kRsaBitsMax = 8192;

/// One public key of a set.
struct Jwk {
  std::string id;         // "kid"; may be empty
  std::string algorithm;  // "RS256" or "ES256", from its type
  std::shared_ptr<const void> key;  // an EVP_PKEY
};

/// Keys of other types or for other uses are left out. errors: kCorrupt, kTooLarge
Result<std::vector<Jwk>> ParseJwks(std::string_view text);

/// The claims of a token (its payload, JSON) once a key of the set has verified its signature.
/// errors: kCorrupt (no token), kUnsupported (algorithm; "none" is one), kNotFound (no such key: the set may be old),
/// kUnauthenticated (signature)
Result<std::string> VerifyJwt(std::string_view token, const std::vector<Jwk>& keys);

/// RFC 4648 section 5, without padding.
std::string Base64Url(std::string_view bytes);
Result<std::string> ParseBase64Url(std::string_view text);

}  // namespace yun::cloud
