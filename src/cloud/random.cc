#include "cloud/random.h"

#include <sodium.h>

#include <cstring>

#include "base/check.h"

namespace yun::cloud {
namespace {

bool Ready() {
  static const bool ready = sodium_init() >= 0;
  return ready;
}

}  // namespace

std::string RandomBytes(std::size_t bytes) {
  CHECK(Ready());
  std::string raw(bytes, '\0');
  randombytes_buf(raw.data(), raw.size());
  return raw;
}

std::string RandomHex(std::size_t bytes) { return HexOf(RandomBytes(bytes)); }

std::string RandomId(std::string_view prefix) { return std::string(prefix) + RandomHex(10); }

std::string HexOf(std::string_view bytes) {
  std::string hex(2 * bytes.size() + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  hex.resize(2 * bytes.size());
  return hex;
}

std::optional<std::string> ParseHex(std::string_view hex) {
  std::string bytes(hex.size() / 2, '\0');
  std::size_t size = 0;
  if (hex.size() % 2 != 0 || sodium_hex2bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), hex.data(),
                                            hex.size(), nullptr, &size, nullptr) != 0 ||
      size != bytes.size())
    return {};
  return bytes;
}

std::string Sha256(std::string_view bytes) {
  std::string hash(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(hash.data()),
                     reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  return hash;
}

std::string KeyedHash(const ServerKey& key, std::string_view purpose, std::string_view text) {
  CHECK(Ready() && purpose.size() <= crypto_generichash_blake2b_PERSONALBYTES);
  unsigned char personal[crypto_generichash_blake2b_PERSONALBYTES] = {};
  std::memcpy(personal, purpose.data(), purpose.size());
  std::string hash(32, '\0');
  crypto_generichash_blake2b_salt_personal(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                                           reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                                           key.Reveal().data(), key.Reveal().size(), nullptr, personal);
  return hash;
}

bool SameSecret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string Seal(const ServerKey& key, std::string_view purpose, std::string_view text) {
  const std::string own = KeyedHash(key, "seal", purpose);
  std::string sealed = RandomBytes(crypto_secretbox_NONCEBYTES);
  sealed.resize(sealed.size() + crypto_secretbox_MACBYTES + text.size());
  auto* bytes = reinterpret_cast<unsigned char*>(sealed.data());
  CHECK(crypto_secretbox_easy(bytes + crypto_secretbox_NONCEBYTES, reinterpret_cast<const unsigned char*>(text.data()),
                              text.size(), bytes, reinterpret_cast<const unsigned char*>(own.data())) == 0);
  return sealed;
}

std::optional<std::string> Unseal(const ServerKey& key, std::string_view purpose, std::string_view sealed) {
  constexpr std::size_t kExtra = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
  if (sealed.size() < kExtra) return {};
  const std::string own = KeyedHash(key, "seal", purpose);
  std::string text(sealed.size() - kExtra, '\0');
  const auto* bytes = reinterpret_cast<const unsigned char*>(sealed.data());
  if (crypto_secretbox_open_easy(reinterpret_cast<unsigned char*>(text.data()), bytes + crypto_secretbox_NONCEBYTES,
                                 sealed.size() - crypto_secretbox_NONCEBYTES, bytes,
                                 reinterpret_cast<const unsigned char*>(own.data())) != 0)
    return {};
  return text;
}

}  // namespace yun::cloud
