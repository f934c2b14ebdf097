#include "text/tokenizer/pretokenize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "text/unicode/classes.h"
#include "text/unicode/utf8.h"

namespace yun::pretokenize {
namespace {

using testing::ElementsAre;
using unicode::ClassTable;

std::vector<std::string> Pieces(const PreTokenizer& pre, std::string_view text) {
  std::vector<std::string> out;
  pre.Run(text, [&](const char* p, std::size_t n) { out.emplace_back(p, n); });
  return out;
}

std::unique_ptr<Regex> Compile(std::string_view pattern) {
  auto regex = Regex::Compile(std::string(pattern));
  EXPECT_TRUE(regex) << regex.error().message;
  return std::move(*regex);
}

bool Matches(const Regex& regex, std::string_view text) {
  std::size_t start, stop;
  return regex.Find(text, 0, &start, &stop) && start == 0 && stop == text.size();
}

// The table against PCRE2's properties: they may differ only where PCRE2's Unicode is older (it calls the character
// unassigned), and at U+180E, which was a space once.
TEST(Classes, EqualPcre2) {
  const auto letter = Compile(R"(\p{L})"), number = Compile(R"(\p{N})"), mark = Compile(R"(\p{M})"),
             space = Compile(R"(\s)"), unassigned = Compile(R"(\p{Cn})");
  int differ = 0;
  for (char32_t code = 0; code < 0x33000; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    std::string text;
    unicode::Append(code, &text);
    const int expected = (Matches(*letter, text) ? unicode::kLetter : 0) |
                         (Matches(*number, text) ? unicode::kNumber : 0) | (Matches(*mark, text) ? unicode::kMark : 0) |
                         (Matches(*space, text) ? unicode::kSpace : 0);
    const int got = ClassTable::Get()[code] & (unicode::kLetter | unicode::kNumber | unicode::kMark | unicode::kSpace);
    if (got == expected || code == 0x180E) continue;
    ++differ;
    EXPECT_TRUE(Matches(*unassigned, text)) << std::hex << static_cast<int>(code);
  }
  EXPECT_LT(differ, 12'000);
}

class Scanner : public testing::TestWithParam<Kind> {};

TEST_P(Scanner, EqualsPcre2OnRandomText) {
  const PreTokenizer scanner(std::vector<Step>{{GetParam(), nullptr}});
  auto regex = Regex::Compile(std::string(PatternOf(GetParam())));
  ASSERT_TRUE(regex);
  const PreTokenizer oracle(std::vector<Step>{{Kind::kRegex, std::shared_ptr<const Regex>(std::move(*regex))}});

  std::mt19937 random(4);
  // Mostly what the patterns speak of; else any character whose class PCRE2's older Unicode agrees about.
  const std::u32string_view kNear =
      U"'sStTrReEvVmMlLdD \u017f\u017f''  \n\r\t\v\f"
      U"\u0085\u00a0\u3000xyzABC0129\u00b2\u0663.,!_-(){}你好あعé\u0301\u0940\U0001f600\u200d";
  const auto letter = Compile(R"(\p{L})"), number = Compile(R"(\p{N})"), mark = Compile(R"(\p{M})");
  const auto any = [&] {
    while (true) {
      const char32_t code = static_cast<char32_t>(random() % 0x20000);
      if ((code >= 0xD800 && code < 0xE000) || code == 0x180E) continue;
      std::string text;
      unicode::Append(code, &text);
      const int classes = ClassTable::Get()[code];
      if (Matches(*letter, text) == !!(classes & unicode::kLetter) &&
          Matches(*number, text) == !!(classes & unicode::kNumber) &&
          Matches(*mark, text) == !!(classes & unicode::kMark)) {
        return code;
      }
    }
  };
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const std::size_t size = random() % 24;
    for (std::size_t i = 0; i < size; ++i) {
      unicode::Append(random() % 20 == 0 ? any() : kNear[random() % kNear.size()], &text);
    }
    ASSERT_EQ(Pieces(scanner, text), Pieces(oracle, text)) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Scanner, testing::Values(Kind::kQwen2, Kind::kQwen35, Kind::kLlama3, Kind::kGpt2));

TEST(PreTokenizer, Steps) {
  const auto pre = [](std::vector<Step> steps) { return PreTokenizer(std::move(steps)); };
  const PreTokenizer smollm = pre({{Kind::kDigits, nullptr}, {Kind::kGpt2, nullptr}});
  EXPECT_THAT(Pieces(smollm, "in 2024  x"), ElementsAre("in", " ", "2", "0", "2", "4", " ", " x"));
  EXPECT_THAT(Pieces(pre({{Kind::kDigitRuns, nullptr}, {Kind::kGpt2, nullptr}}), "in 2024  x"),
              ElementsAre("in", " ", "2024", " ", " x"));
  EXPECT_THAT(Pieces(pre({{Kind::kPrefixSpace, nullptr}, {Kind::kGpt2, nullptr}}), "a b"), ElementsAre(" a", " b"));
  EXPECT_THAT(Pieces(pre({{Kind::kPrefixSpace, nullptr}}), " a b"), ElementsAre(" a b"));
  EXPECT_THAT(Pieces(pre({}), "a b"), ElementsAre("a b"));
  EXPECT_THAT(Pieces(pre({}), ""), ElementsAre());
  for (const Kind kind : {Kind::kQwen2, Kind::kQwen35, Kind::kLlama3, Kind::kGpt2, Kind::kDigits, Kind::kDigitRuns}) {
    EXPECT_THAT(Pieces(pre({{kind, nullptr}}), ""), ElementsAre());
    // The same scanner, reached in the general way.
    EXPECT_EQ(Pieces(pre({{kind, nullptr}}), "it's 123 \n x"),
              Pieces(pre({{Kind::kRegex, std::shared_ptr<const Regex>(Compile("(?s).+"))}, {kind, nullptr}}),
                     "it's 123 \n x"));
  }
}

TEST(PreTokenizer, KnownPatternsAreScanned) {
  for (const Kind kind : {Kind::kQwen2, Kind::kQwen35, Kind::kLlama3, Kind::kGpt2}) {
    const auto step = StepOfPattern(std::string(PatternOf(kind)));
    ASSERT_TRUE(step);
    EXPECT_EQ(step->kind, kind);
  }
  const auto other = StepOfPattern("x+");
  ASSERT_TRUE(other);
  EXPECT_EQ(other->kind, Kind::kRegex);
}

TEST(Regex, HostilePatterns) {
  for (const std::string& pattern :
       {std::string("("), std::string("\\C"), std::string(1000, '('), std::string(100'000, 'x'), std::string("(?"),
        std::string("[z-a]"), std::string("\\p{Nope}")}) {
    EXPECT_FALSE(Regex::Compile(pattern)) << pattern.substr(0, 20);
  }
  // Exponential backtracking ends at the limit, and all the text is still there.
  const PreTokenizer pre(std::vector<Step>{{Kind::kRegex, std::shared_ptr<const Regex>(Compile("(a+a+)+b"))}});
  const std::string text(300, 'a');
  std::string joined;
  for (const std::string& piece : Pieces(pre, text)) joined += piece;
  EXPECT_EQ(joined, text);
  // Matches that are empty, or end before they start, give no pieces and no endless loop.
  for (const char* pattern : {"x*", "", "(?=a)", "a?\\K", "\\b"}) {
    const PreTokenizer empty(std::vector<Step>{{Kind::kRegex, std::shared_ptr<const Regex>(Compile(pattern))}});
    joined.clear();
    for (const std::string& piece : Pieces(empty, "ab xx ab")) joined += piece;
    EXPECT_EQ(joined, "ab xx ab") << pattern;
  }
}

}  // namespace
}  // namespace yun::pretokenize
