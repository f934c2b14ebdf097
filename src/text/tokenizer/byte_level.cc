#include "text/tokenizer/byte_level.h"

#include <array>
#include <cstdint>

#include "text/unicode/utf8.h"

namespace yun {
namespace {

// Printable Latin-1 characters stand for themselves; the other bytes, in order, for U+0100 and on.
struct Alphabet {
  std::array<std::string, 256> characters;
  std::array<std::int16_t, 512> bytes;
  Alphabet() {
    bytes.fill(-1);
    char32_t next = 256;
    for (int b = 0; b < 256; ++b) {
      const bool printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || (b >= 0xAE && b <= 0xFF);
      const char32_t code = printable ? static_cast<char32_t>(b) : next++;
      unicode::Append(code, &characters[static_cast<std::size_t>(b)]);
      bytes[code] = static_cast<std::int16_t>(b);
    }
  }
};

const Alphabet& GetAlphabet() {
  static const Alphabet alphabet;
  return alphabet;
}

}  // namespace

std::optional<std::string> FromByteLevel(std::string_view text) {
  const Alphabet& alphabet = GetAlphabet();
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    int bytes;
    const char32_t code = unicode::DecodeValid(text.data() + i, &bytes);
    i += static_cast<std::size_t>(bytes);
    if (code >= alphabet.bytes.size() || alphabet.bytes[code] < 0) return std::nullopt;
    out.push_back(static_cast<char>(alphabet.bytes[code]));
  }
  return out;
}

std::string_view ByteLevelCharacter(unsigned char byte) { return GetAlphabet().characters[byte]; }

}  // namespace yun
