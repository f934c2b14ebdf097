// Keys that an operator keeps in a file.
#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cipher/aes_gcm.h"

namespace yun::cipher {

inline constexpr std::size_t kFileKeysMax = 32;

/// Two lower-case digits a byte.
std::string Hex(std::span<const unsigned char> bytes);

/// A key a line, 64 hex digits each; empty lines and those that begin with # do not count. There is at least one.
/// Warns when others on the machine may read it. With `make`, a file that is not there is made, with a new key.
/// errors: kNotFound, kCorrupt (says which line), kTooLarge, kDisk
Result<std::vector<Key>> ReadKeyFile(const std::filesystem::path& file, bool make);

}  // namespace yun::cipher
