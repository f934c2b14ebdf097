// What kind a character is, by one table look-up: the sets that the pre-tokenizers' regexes name.
#pragma once
#include <cstdint>
#include <vector>

namespace yun::unicode {

enum Class : std::uint8_t {
  kLetter = 1,    // \p{L}
  kMark = 2,      // \p{M}
  kNumber = 4,    // \p{N}
  kNumeric = 8,   // kNumber and what newer Unicode adds to it: the Digits pre-tokenizer
  kSpace = 16,    // \s
  kNewline = 32,  // \r \n
  // May change under NFC, or join what stands before it. All others are starters that are their own NFC: a text may be
  // cut before one, and both sides normalised alone.
  kNfcUnsafe = 64,
};

/// The classes of every code point; built once, at first use. thread: any
class ClassTable {
 public:
  static const ClassTable& Get();

  /// code: at most 0x10FFFF
  std::uint8_t operator[](char32_t code) const { return pages_[index_[code >> 8] * 256u + (code & 255u)]; }
  /// Classes of U+0000 to U+00FF.
  const std::uint8_t* latin() const { return pages_.data() + index_[0] * 256u; }

 private:
  ClassTable();
  std::uint16_t index_[0x1100];
  std::vector<std::uint8_t> pages_;
};

}  // namespace yun::unicode
