// Random names and secrets, and what keeps secrets: hashes and seals with the server's key.
#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace yun::cloud {

std::string RandomBytes(std::size_t bytes);
/// Random bytes as lower-case hex: 2 * bytes digits.
std::string RandomHex(std::size_t bytes);
/// "acc_" + 20 random hex digits, for the prefix "acc_".
std::string RandomId(std::string_view prefix);
/// Lower-case hex of any bytes.
std::string HexOf(std::string_view bytes);
/// Bytes of hex digits in either case; nothing when it is anything else.
std::optional<std::string> ParseHex(std::string_view hex);
/// 32 raw bytes.
std::string Sha256(std::string_view bytes);
/// Takes as long for any two texts of one length.
bool SameSecret(std::string_view a, std::string_view b);

/// 256 bits that belong to one cloud: <home>/server.key.
using ServerKey = Secret<std::array<unsigned char, 32>>;
/// BLAKE2b-256 of `text`, keyed with the server key and another function for each `purpose` (at most 16 bytes);
/// 32 raw bytes.
std::string KeyedHash(const ServerKey& key, std::string_view purpose, std::string_view text);
/// Encrypts and authenticates (XSalsa20-Poly1305) with a key of this purpose; 40 bytes longer than `text`.
std::string Seal(const ServerKey& key, std::string_view purpose, std::string_view text);
/// Nothing when it was sealed with another key or for another purpose, or was changed.
std::optional<std::string> Unseal(const ServerKey& key, std::string_view purpose, std::string_view sealed);

}  // namespace yun::cloud
