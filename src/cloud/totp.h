// One-time codes from a shared secret and the time: RFC 6238 with SHA-1, 30 s, six digits, as authenticators have it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace yun::cloud {

inline constexpr std::int64_t kTotpStepMs = 30000;
inline constexpr int kTotpDigits = 6;
inline constexpr std::int64_t kTotpSkewSteps = 1;  // clocks may differ by this many steps

/// A new secret of 160 bits (RFC 4226, section 4), raw bytes.
Secret<std::string> MakeTotpSecret();
/// The code of one step. `digits`: 6 to 8.
std::string TotpCode(std::string_view secret, std::int64_t step, int digits = kTotpDigits);
/// The step whose code this is, near `now_ms` and after `last_step` (a code is good once); nothing when none is.
std::optional<std::int64_t> TotpStep(std::string_view secret, std::string_view code, std::int64_t now_ms,
                                     std::int64_t last_step);
/// RFC 4648, without padding.
std::string Base32(std::string_view bytes);
std::optional<std::string> ParseBase32(std::string_view text);
/// "otpauth://totp/..." for a QR code.
std::string TotpUri(std::string_view secret, std::string_view issuer, std::string_view person);

}  // namespace yun::cloud
