// The known pre-tokenizer regexes as hand-written scanners: each cuts a text into the pieces the regex's matches give.
// Every character belongs to exactly one piece, in order. Text must be valid UTF-8.
//
//   kQwen2   (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|
//            \s*[\r\n]+|\s+(?!\S)|\s+
//   kQwen35  the same with \p{L} as [\p{L}\p{M}] (but not in the optional character before the letters)
//   kLlama3  the same as kQwen2 with \p{N}{1,3}
//   kGpt2    's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "text/unicode/classes.h"
#include "text/unicode/utf8.h"

namespace yun::pretokenize {

/// Reads characters and their classes from valid UTF-8.
class Cursor {
 public:
  explicit Cursor(std::string_view text)
      : end_(text.data() + text.size()), classes_(unicode::ClassTable::Get()), latin_(classes_.latin()) {}

  const char* end() const { return end_; }
  /// The class of the character at p < end; sets *bytes.
  std::uint8_t At(const char* p, int* bytes) const {
    const auto lead = static_cast<unsigned char>(*p);
    if (lead < 0x80) {
      *bytes = 1;
      return latin_[lead];
    }
    return classes_[unicode::DecodeValid(p, bytes)];
  }
  /// The first place at or after p where a character's (class & mask) is not `want`-like: in the mask for `Skip`,
  /// outside of it for `SkipNot`.
  const char* Skip(const char* p, std::uint8_t mask) const {
    int bytes;
    while (p < end_ && (At(p, &bytes) & mask)) p += bytes;
    return p;
  }
  const char* SkipNot(const char* p, std::uint8_t mask) const {
    int bytes;
    while (p < end_ && !(At(p, &bytes) & mask)) p += bytes;
    return p;
  }

 private:
  const char* end_;
  const unicode::ClassTable& classes_;
  const std::uint8_t* latin_;
};

/// Bytes of the contraction after the apostrophe at p ('s 't 're 've 'm 'll 'd), or 0.
template <bool kIgnoreCase>
inline std::ptrdiff_t Contraction(const char* p, const char* end) {
  const std::ptrdiff_t left = end - p;
  if (left < 2) return 0;
  const auto lower = [](char c) { return kIgnoreCase && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  const char a = lower(p[1]);
  if (a == 's' || a == 't' || a == 'm' || a == 'd') return 2;
  // U+017F, the long s, is an s when case is ignored.
  if (kIgnoreCase && left >= 3 && p[1] == '\xC5' && p[2] == '\xBF') return 3;
  if (left < 3) return 0;
  const char b = lower(p[2]);
  if ((a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l')) return 3;
  return 0;
}

/// The end of the piece that starts with white space at p: \s*[\r\n]+|\s+(?!\S)|\s+ (the first only with kLines).
template <bool kLines>
inline const char* SpaceRun(const Cursor& cursor, const char* p) {
  const char* last = p;  // start of the run's last character
  const char* after_newline = nullptr;
  const char* q = p;
  int bytes;
  while (q < cursor.end()) {
    const std::uint8_t kind = cursor.At(q, &bytes);
    if (!(kind & unicode::kSpace)) break;
    last = q;
    q += bytes;
    if (kLines && (kind & unicode::kNewline)) after_newline = q;
  }
  if (kLines && after_newline != nullptr) return after_newline;
  if (q == cursor.end() || last == p) return q;
  return last;
}

template <int kDigits, bool kMarks, class Sink>
void ScanQwen(std::string_view text, Sink&& sink) {
  using namespace unicode;
  constexpr std::uint8_t kWord = kMarks ? kLetter | kMark : kLetter;
  const Cursor cursor(text);
  const char* p = text.data();
  const char* const end = cursor.end();
  while (p < end) {
    int bytes;
    const std::uint8_t kind = cursor.At(p, &bytes);
    const char* q = p + bytes;
    if (kind & kWord) {
      q = cursor.Skip(q, kWord);
    } else if (kind & kNumber) {
      for (int i = 1; i < kDigits && q < end && (cursor.At(q, &bytes) & kNumber); ++i) q += bytes;
    } else {
      std::ptrdiff_t contraction = 0;
      if (*p == '\'' && (contraction = Contraction<true>(p, end)) > 0) {
        q = p + contraction;
      } else {
        int next_bytes = 0;
        const std::uint8_t next = q < end ? cursor.At(q, &next_bytes) : 0;
        if ((next & kWord) && !(kind & kNewline)) {
          q = cursor.Skip(q + next_bytes, kWord);
        } else if (!(kind & kSpace) || (*p == ' ' && q < end && !(next & (kSpace | kWord | kNumber)))) {
          q = cursor.SkipNot(q, kSpace | kWord | kNumber);
          while (q < end && (*q == '\r' || *q == '\n')) ++q;
        } else {
          q = SpaceRun<true>(cursor, p);
        }
      }
    }
    sink(p, static_cast<std::size_t>(q - p));
    p = q;
  }
}

template <class Sink>
void ScanGpt2(std::string_view text, Sink&& sink) {
  using namespace unicode;
  constexpr std::uint8_t kAll = kSpace | kLetter | kNumber;
  const Cursor cursor(text);
  const char* p = text.data();
  const char* const end = cursor.end();
  while (p < end) {
    int bytes;
    std::uint8_t kind = cursor.At(p, &bytes);
    const char* q = p + bytes;
    std::ptrdiff_t contraction = 0;
    if (*p == '\'' && (contraction = Contraction<false>(p, end)) > 0) {
      q = p + contraction;
    } else {
      if (*p == ' ' && q < end) {  // " ?": the run's kind is that of the next character
        const std::uint8_t next = cursor.At(q, &bytes);
        if (!(next & kSpace)) {
          kind = next;
          q += bytes;
        }
      }
      if (kind & kSpace) {
        q = SpaceRun<false>(cursor, p);
      } else if (kind & kLetter) {
        q = cursor.Skip(q, kLetter);
      } else if (kind & kNumber) {
        q = cursor.Skip(q, kNumber);
      } else {
        q = cursor.SkipNot(q, kAll);
      }
    }
    sink(p, static_cast<std::size_t>(q - p));
    p = q;
  }
}

/// The Digits pre-tokenizer: numeric characters (each alone, or in runs) and what is between them.
template <bool kIndividual, class Digits, class Between>
void ScanDigits(std::string_view text, Digits&& digits, Between&& between) {
  const Cursor cursor(text);
  const char* p = text.data();
  const char* const end = cursor.end();
  while (p < end) {
    const char* q = cursor.SkipNot(p, unicode::kNumeric);
    if (q > p) between(p, static_cast<std::size_t>(q - p));
    p = q;
    if (p == end) break;
    int bytes;
    cursor.At(p, &bytes);
    q = kIndividual ? p + bytes : cursor.Skip(p, unicode::kNumeric);
    digits(p, static_cast<std::size_t>(q - p));
    p = q;
  }
}

}  // namespace yun::pretokenize
