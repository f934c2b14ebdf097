// The byte-level alphabet: GPT-2's printable character for each of the 256 bytes, in which vocabularies are written.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace yun {

/// The bytes a vocabulary entry stands for; empty optional when it has a character outside the alphabet.
std::optional<std::string> FromByteLevel(std::string_view valid_utf8);
/// A byte's character, as UTF-8.
std::string_view ByteLevelCharacter(unsigned char byte);

}  // namespace yun
