// UTF-8: decoding, checking, and U+FFFD for what is broken (one for each maximal subpart, as Python's
// errors="replace").
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace yun::unicode {

constexpr char32_t kReplacement = 0xFFFD;
constexpr std::string_view kReplacementUtf8 = "\xEF\xBF\xBD";

struct Decoded {
  char32_t code = kReplacement;
  int bytes = 0;  // consumed: of a broken sequence, its maximal subpart
  bool valid = false;
  bool unfinished = false;  // broken only because the text ends; more bytes may complete it
};

/// The first character of a text that is not empty.
Decoded DecodeFirst(std::string_view text);

/// The first character of text known to be valid; sets *bytes.
inline char32_t DecodeValid(const char* p, int* bytes) {
  const auto* u = reinterpret_cast<const unsigned char*>(p);
  if (u[0] < 0x80) {
    *bytes = 1;
    return u[0];
  }
  if (u[0] < 0xE0) {
    *bytes = 2;
    return static_cast<char32_t>((u[0] & 0x1F) << 6 | (u[1] & 0x3F));
  }
  if (u[0] < 0xF0) {
    *bytes = 3;
    return static_cast<char32_t>((u[0] & 0x0F) << 12 | (u[1] & 0x3F) << 6 | (u[2] & 0x3F));
  }
  *bytes = 4;
  return static_cast<char32_t>((u[0] & 0x07) << 18 | (u[1] & 0x3F) << 12 | (u[2] & 0x3F) << 6 | (u[3] & 0x3F));
}

void Append(char32_t code, std::string* out);

/// How many leading bytes are valid UTF-8: text.size() when all are.
std::size_t ValidPrefix(std::string_view text);
inline bool IsValid(std::string_view text) { return ValidPrefix(text) == text.size(); }

/// The text with U+FFFD for each maximal broken subpart.
std::string ReplaceInvalid(std::string_view text);

/// Appends what is certain of `bytes` to `out` (broken parts replaced) and returns how many trailing bytes (at most 3)
/// may still become a character; those are not appended.
std::size_t AppendReplaced(std::string_view bytes, std::string* out);

}  // namespace yun::unicode
