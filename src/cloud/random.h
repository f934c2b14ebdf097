// Random names and secrets, and the hash under which secrets are kept.
#pragma once
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace yun::cloud {

/// Random bytes as lower-case hex: 2 * bytes digits.
std::string RandomHex(std::size_t bytes);
/// "acc_" + 20 random hex digits, for the prefix "acc_".
std::string RandomId(std::string_view prefix);
/// Lower-case hex of any bytes.
std::string HexOf(std::string_view bytes);
/// SHA-256 as 64 hex digits.
std::string Sha256Hex(std::string_view bytes);

/// 256 bits that belong to one cloud (<home>/server.key).
using ServerKey = Secret<std::array<unsigned char, 32>>;
/// BLAKE2b-256 of `text`, keyed with the server key and apart for each `purpose`; 32 raw bytes.
std::string KeyedHash(const ServerKey& key, std::string_view purpose, std::string_view text);

}  // namespace yun::cloud
