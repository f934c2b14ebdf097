// AES-256-GCM (NIST SP 800-38D): what is sealed opens only with its key, unchanged and in its place.
#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "base/secret.h"

namespace yun::cipher {

inline constexpr std::size_t kKeyBytes = 32, kNonceBytes = 12, kTagBytes = 16;

using Key = Secret<std::array<unsigned char, kKeyBytes>>;
using Nonce = std::array<unsigned char, kNonceBytes>;  // never twice with one key
using Tag = std::array<unsigned char, kTagBytes>;

/// `place` is authenticated too. `out` may be where `text` is.
/// shapes: text, out [bytes], at most INT32_MAX
Tag Seal(const Key& key, const Nonce& nonce, std::string_view place, std::span<const unsigned char> text,
         unsigned char* out);
/// False where anything was changed; `out` is then worth nothing.
[[nodiscard]] bool Unseal(const Key& key, const Nonce& nonce, std::string_view place,
                          std::span<const unsigned char> sealed, const Tag& tag, unsigned char* out);

/// A key made of another for one purpose (HMAC-SHA256).
Key Derive(const Key& key, std::string_view purpose);
/// From the system's generator.
void Random(std::span<unsigned char> out);

}  // namespace yun::cipher
