#include "cloud/totp.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/check.h"
#include "cloud/random.h"

namespace yun::cloud {
namespace {

constexpr std::size_t kSecretBytes = 20;
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

}  // namespace

Secret<std::string> MakeTotpSecret() { return Secret<std::string>(RandomBytes(kSecretBytes)); }

std::string TotpCode(std::string_view secret, std::int64_t step, int digits) {
  unsigned char counter[8];
  for (int i = 0; i < 8; ++i) counter[i] = static_cast<unsigned char>(static_cast<std::uint64_t>(step) >> (56 - 8 * i));
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  CHECK(::HMAC(::EVP_sha1(), secret.data(), static_cast<int>(secret.size()), counter, sizeof counter, mac, &size));
  // RFC 4226, 5.3: dynamic truncation.
  const unsigned at = mac[size - 1] & 15u;
  const std::uint32_t number = (mac[at] & 0x7fu) << 24 | mac[at + 1] << 16 | mac[at + 2] << 8 | mac[at + 3];
  std::uint32_t modulus = 1;
  for (int i = 0; i < digits; ++i) modulus *= 10;
  return fmt::format("{:0{}}", number % modulus, digits);
}

std::optional<std::int64_t> TotpStep(std::string_view secret, std::string_view code, std::int64_t now_ms,
                                     std::int64_t last_step) {
  const std::int64_t now = now_ms / kTotpStepMs;
  for (std::int64_t step = now - kTotpSkewSteps; step <= now + kTotpSkewSteps; ++step)
    if (SameSecret(TotpCode(secret, step), code)) return step > last_step ? std::optional(step) : std::nullopt;
  return {};
}

std::string Base32(std::string_view bytes) {
  std::string out;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : bytes) {
    held = held << 8 | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 5; bits -= 5) out += kAlphabet[held >> (bits - 5) & 31];
  }
  if (bits > 0) out += kAlphabet[held << (5 - bits) & 31];
  return out;
}

std::optional<std::string> ParseBase32(std::string_view text) {
  std::string out;
  std::uint32_t held = 0;
  int bits = 0;
  for (char c : text) {
    if (c == ' ') continue;
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return {};
    held = held << 5 | static_cast<std::uint32_t>(value);
    bits += 5;
    if (bits >= 8) out += static_cast<char>(held >> (bits -= 8) & 255);
  }
  return out;
}

std::string TotpUri(std::string_view secret, std::string_view issuer, std::string_view person) {
  const std::string by = PercentEncoded(issuer);
  return fmt::format("otpauth://totp/{}:{}?secret={}&issuer={}&algorithm=SHA1&digits={}&period={}", by,
                     PercentEncoded(person), Base32(secret), by, kTotpDigits, kTotpStepMs / 1000);
}

}  // namespace yun::cloud
