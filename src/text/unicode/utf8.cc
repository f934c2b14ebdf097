#include "text/unicode/utf8.h"

#include <cstdint>
#include <cstring>

namespace yun::unicode {

Decoded DecodeFirst(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true, false};
  // The second byte's range is narrower for some leads: no overlong forms, no surrogates, nothing above U+10FFFF.
  int length = 0;
  unsigned char low = 0x80, high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {kReplacement, 1, false, false};
  }
  char32_t code = lead & (0x7F >> length);
  for (int i = 1; i < length; ++i) {
    if (static_cast<std::size_t>(i) == text.size()) return {kReplacement, i, false, true};
    const unsigned char next = byte(i);
    if (next < low || next > high) return {kReplacement, i, false, false};
    low = 0x80;
    high = 0xBF;
    code = code << 6 | (next & 0x3F);
  }
  return {code, length, true, false};
}

void Append(char32_t code, std::string* out) {
  if (code < 0x80) {
    out->push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out->push_back(static_cast<char>(0xC0 | code >> 6));
    out->push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else if (code < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | code >> 12));
    out->push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else {
    out->push_back(static_cast<char>(0xF0 | code >> 18));
    out->push_back(static_cast<char>(0x80 | (code >> 12 & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (code & 0x3F)));
  }
}

std::size_t ValidPrefix(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    if (i + 8 <= text.size()) {
      std::uint64_t word;
      std::memcpy(&word, text.data() + i, 8);
      if ((word & 0x8080808080808080u) == 0) {
        i += 8;
        continue;
      }
    }
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      ++i;
      continue;
    }
    const Decoded first = DecodeFirst(text.substr(i));
    if (!first.valid) return i;
    i += static_cast<std::size_t>(first.bytes);
  }
  return i;
}

std::size_t AppendReplaced(std::string_view bytes, std::string* out) {
  while (!bytes.empty()) {
    const std::size_t valid = ValidPrefix(bytes);
    out->append(bytes.substr(0, valid));
    bytes.remove_prefix(valid);
    if (bytes.empty()) break;
    const Decoded broken = DecodeFirst(bytes);
    if (broken.unfinished) return bytes.size();
    out->append(kReplacementUtf8);
    bytes.remove_prefix(static_cast<std::size_t>(broken.bytes));
  }
  return 0;
}

std::string ReplaceInvalid(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  if (AppendReplaced(text, &out) > 0) out.append(kReplacementUtf8);
  return out;
}

}  // namespace yun::unicode
