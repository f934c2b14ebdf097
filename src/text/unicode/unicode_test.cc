#include <gtest/gtest.h>
#include <utf8proc.h>

#include <random>
#include <string>

#include "text/unicode/classes.h"
#include "text/unicode/nfc.h"
#include "text/unicode/utf8.h"

namespace yun::unicode {
namespace {

#define R "\xEF\xBF\xBD"

TEST(Utf8, ReplacesEachMaximalBrokenPart) {
  const struct {
    std::string_view in, out;
  } kCases[] = {
      {"", ""},
      {"plain ascii, long enough for a word", "plain ascii, long enough for a word"},
      {"\xE4\xBD\xA0\xE5\xA5\xBD", "\xE4\xBD\xA0\xE5\xA5\xBD"},
      {"\x80", R},
      {"a\xC3", "a" R},
      {"\xC3(", R "("},
      {"\xC0\xAF", R R},  // overlong: neither byte can begin or go on
      {"\xE2\x82", R},    // one maximal part
      {"\xE2\x28\xA1", R "(" R},
      {"\xE0\x80\x80", R R R},  // overlong
      {"\xED\xA0\x80", R R R},  // a surrogate
      {"\xF0\x9F\x98", R},
      {"\xF0\x9F\x98z", R "z"},
      {"\xF0\x80\x80\x80", R R R R},
      {"\xF4\x90\x80\x80", R R R R},  // above U+10FFFF
      {"\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},
      {"\xF5\x80", R R},
      {"\xFF\xFE", R R},
      {"\xE4\xBD\xE4\xBD\xA0", R "\xE4\xBD\xA0"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(ReplaceInvalid(c.in), c.out);
    EXPECT_EQ(IsValid(c.in), c.in == c.out);
    EXPECT_TRUE(IsValid(ReplaceInvalid(c.in)));
  }
}

TEST(Utf8, PiecesGiveWhatTheWholeGives) {
  std::mt19937 random(3);
  const std::string_view kBytes(
      "\xF0\x9F\x98\x80\xE4\xBD\xA0\xC3\xA9\xED\xA0\xFF"
      "ab",
      14);
  for (int round = 0; round < 2000; ++round) {
    std::string whole, joined, pending;
    while (whole.size() < 20) {
      const std::size_t start = random() % kBytes.size();
      const std::string_view piece = kBytes.substr(start, 1 + random() % 5);
      whole += piece;
      pending += piece;
      const std::size_t rest = AppendReplaced(pending, &joined);
      ASSERT_LE(rest, 3u);
      pending.erase(0, pending.size() - rest);
    }
    if (!pending.empty()) joined += kReplacementUtf8;
    ASSERT_EQ(joined, ReplaceInvalid(whole));
  }
}

TEST(Utf8, AppendAndDecodeAreInverse) {
  for (char32_t code = 0; code < 0x110000; code += code < 0x3000 ? 1 : 37) {
    if (code >= 0xD800 && code < 0xE000) continue;
    std::string text;
    Append(code, &text);
    const Decoded first = DecodeFirst(text);
    ASSERT_TRUE(first.valid);
    ASSERT_EQ(first.code, code);
    int bytes;
    ASSERT_EQ(DecodeValid(text.data(), &bytes), code);
    ASSERT_EQ(static_cast<std::size_t>(bytes), text.size());
  }
}

TEST(Classes, Samples) {
  const struct {
    char32_t code;
    int classes;
  } kCases[] = {
      {U'a', kLetter},
      {U'Z', kLetter},
      {U'0', kNumber | kNumeric},
      {U' ', kSpace},
      {U'\n', kSpace | kNewline},
      {U'\r', kSpace | kNewline},
      {U'\t', kSpace},
      {0x85, kSpace},
      {0xA0, kSpace},
      {0x3000, kSpace},
      {0x200B, 0},
      {U'\'', 0},
      {U'_', 0},
      {0x4E00, kLetter},
      {0x3042, kLetter},
      {0x627, kLetter},
      {0xB2, kNumber | kNumeric},
      {0x2167, kNumber | kNumeric},
      {0x301, kMark | kNfcUnsafe},
      {0x93F, kMark},
      {0x1F600, 0},
      {0x17F, kLetter},
      {0xE9, kLetter},
      {0x212B, kLetter | kNfcUnsafe},
      {0x10FFFF, 0},
      {0x2EBF0, kLetter},
      {0x11DE0, kNumeric},
      {0x898, kMark},  // a mark of Unicode 14, which the reference's NFC does not know
  };
  for (const auto& c : kCases) EXPECT_EQ(ClassTable::Get()[c.code], c.classes) << std::hex << int(c.code);
}

TEST(Nfc, Cases) {
  const struct {
    std::u32string_view in, out;
  } kCases[] = {
      {U"", U""},
      {U"plain", U"plain"},
      {U"e\u0301", U"\u00e9"},
      {U"caf\u0065\u0301 caf\u00e9", U"caf\u00e9 caf\u00e9"},
      {U"a\u0323\u0302", U"\u1ead"},
      {U"a\u0302\u0323", U"\u1ead"},
      {U"\u00e2\u0323", U"\u1ead"},
      {U"\u212b\u2126", U"\u00c5\u03a9"},
      {U"\n\u0340", U"\n\u0300"},
      {U"\u1112\u1161\u11ab", U"\ud55c"},
      {U"\ud558\u11ab", U"\ud55c"},
      {U"\u0958", U"\u0915\u093c"},                                // excluded from composition
      {U"\u4e00\u0301\u0898\u0323", U"\u4e00\u0301\u0898\u0323"},  // an unknown mark: nothing moves past it
  };
  const auto utf8 = [](std::u32string_view text) {
    std::string out;
    for (const char32_t c : text) Append(c, &out);
    return out;
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(Nfc(utf8(c.in)), utf8(c.out)) << utf8(c.in);
    if (c.in != c.out) {
      EXPECT_FALSE(IsNfcQuick(utf8(c.in)));
    }
  }
}

// utf8proc's own NFC agrees wherever only characters of Unicode 9 occur.
TEST(Nfc, EqualsUtf8proc) {
  std::mt19937 random(5);
  std::vector<char32_t> alphabet;
  for (char32_t c = 0x20; c < 0x600; ++c) alphabet.push_back(c);
  for (char32_t c = 0x300; c < 0x350; ++c) alphabet.insert(alphabet.end(), 12, c);
  for (char32_t c = 0x1100; c < 0x11C3; ++c) alphabet.push_back(c);
  for (char32_t c = 0xAC00; c < 0xAD00; ++c) alphabet.push_back(c);
  for (char32_t c = 0x1E00; c < 0x2000; ++c) alphabet.push_back(c);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) Append(alphabet[random() % alphabet.size()], &text);
    utf8proc_uint8_t* expected = utf8proc_NFC(reinterpret_cast<const utf8proc_uint8_t*>(text.c_str()));
    ASSERT_NE(expected, nullptr);
    ASSERT_EQ(Nfc(text), reinterpret_cast<const char*>(expected));
    if (IsNfcQuick(text)) {
      ASSERT_EQ(text, reinterpret_cast<const char*>(expected));
    }
    std::free(expected);
  }
}

// A sort that is quadratic takes hours for this.
TEST(Nfc, LongRunOfMarks) {
  std::string text = "a";
  for (int i = 0; i < 300'000; ++i) text += i % 2 ? "\xCC\xA3" : "\xCC\x81";  // below, above
  const std::string normal = Nfc(text);
  EXPECT_EQ(normal.substr(0, 5), "\xE1\xBA\xA1\xCC\xA3");  // the first of the 150,000 dots below has joined the a
  EXPECT_EQ(normal.size(), text.size());                   // 1 + 2 bytes became 3
}

}  // namespace
}  // namespace yun::unicode
