#include "text/unicode/nfc.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "text/unicode/classes.h"
#include "text/unicode/utf8.h"

namespace yun::unicode {
namespace {

// The longest canonical decomposition has 4 characters; Hangul has 3.
constexpr int kMaxDecomposition = 32;

// The first position at or after `from` of a character that is kNfcUnsafe, or the end; *before is the start of the
// character in front of it (or itself at the text's start).
std::size_t FindUnsafe(std::string_view text, std::size_t from, const ClassTable& classes, std::size_t* before) {
  std::size_t i = from, previous = from;
  while (i < text.size()) {
    if (i + 8 <= text.size()) {
      std::uint64_t word;
      std::memcpy(&word, text.data() + i, 8);
      if ((word & 0x8080808080808080u) == 0) {
        i += 8;
        previous = i - 1;
        continue;
      }
    }
    int bytes;
    const char32_t code = DecodeValid(text.data() + i, &bytes);
    if (classes[code] & kNfcUnsafe) {
      *before = previous;
      return i;
    }
    previous = i;
    i += static_cast<std::size_t>(bytes);
  }
  *before = text.size();
  return text.size();
}

// Appends the NFC of one stretch. utf8proc decomposes and composes; the ordering is ours, since utf8proc's is quadratic
// on a long run of marks. A character that is not kNfcUnsafe counts as a starter, also where utf8proc's newer Unicode
// gives it a combining class: the reference library's NFC does not know it.
void AppendNfc(std::string_view text, const ClassTable& classes, std::vector<utf8proc_int32_t>* codes,
               std::string* out) {
  codes->clear();
  for (std::size_t i = 0; i < text.size();) {
    int bytes;
    const char32_t code = DecodeValid(text.data() + i, &bytes);
    i += static_cast<std::size_t>(bytes);
    utf8proc_int32_t parts[kMaxDecomposition];
    const utf8proc_ssize_t count =
        utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code), parts, kMaxDecomposition,
                                static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE), nullptr);
    if (count < 1 || count > kMaxDecomposition) {
      codes->push_back(static_cast<utf8proc_int32_t>(code));
    } else {
      codes->insert(codes->end(), parts, parts + count);
    }
  }
  const auto combining = [&](utf8proc_int32_t code) {
    const bool starter = !(classes[static_cast<char32_t>(code)] & kNfcUnsafe);
    return starter ? utf8proc_propval_t{0} : utf8proc_get_property(code)->combining_class;
  };
  for (auto run = codes->begin(); run != codes->end();) {
    if (combining(*run) == 0) {
      ++run;
      continue;
    }
    auto stop = run;
    while (stop != codes->end() && combining(*stop) != 0) ++stop;
    if (stop - run > 1) {
      std::stable_sort(run, stop, [&](utf8proc_int32_t a, utf8proc_int32_t b) { return combining(a) < combining(b); });
    }
    run = stop;
  }
  const utf8proc_ssize_t count =
      utf8proc_normalize_utf32(codes->data(), static_cast<utf8proc_ssize_t>(codes->size()),
                               static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  for (utf8proc_ssize_t i = 0; i < count; ++i)
    Append(static_cast<char32_t>((*codes)[static_cast<std::size_t>(i)]), out);
}

}  // namespace

bool IsNfcQuick(std::string_view valid_utf8) {
  std::size_t before;
  return FindUnsafe(valid_utf8, 0, ClassTable::Get(), &before) == valid_utf8.size();
}

std::string Nfc(std::string_view text) {
  const ClassTable& classes = ClassTable::Get();
  std::string out;
  out.reserve(text.size());
  std::vector<utf8proc_int32_t> codes;
  std::size_t done = 0;
  while (done < text.size()) {
    std::size_t start;
    std::size_t at = FindUnsafe(text, done, classes, &start);
    out.append(text.substr(done, start - done));
    if (at == text.size()) break;
    // The stretch runs from the safe character in front to the next safe one.
    while (at < text.size()) {
      int bytes;
      if (!(classes[DecodeValid(text.data() + at, &bytes)] & kNfcUnsafe)) break;
      at += static_cast<std::size_t>(bytes);
    }
    AppendNfc(text.substr(start, at - start), classes, &codes, &out);
    done = at;
  }
  return out;
}

}  // namespace yun::unicode
