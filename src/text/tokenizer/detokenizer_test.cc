#include "text/tokenizer/detokenizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "text/tokenizer/tiny_tokenizer.h"
#include "text/unicode/utf8.h"

namespace yun {
namespace {

struct Answer {
  std::vector<std::string> pieces;
  std::string joined, stop;
  bool stopped = false;
};

Answer Detokenize(const Tokenizer& tokenizer, const std::vector<TokenId>& ids, std::vector<std::string> stop,
                  bool skip = true) {
  Detokenizer detokenizer(tokenizer, std::move(stop), skip);
  Answer run;
  for (const TokenId id : ids) run.pieces.push_back(detokenizer.Push(id));
  run.pieces.push_back(detokenizer.Finish());
  for (const std::string& piece : run.pieces) run.joined += piece;
  run.stop = detokenizer.stop_string();
  run.stopped = detokenizer.stopped();
  return run;
}

std::vector<TokenId> ByteIds(std::string_view text) {
  std::vector<TokenId> ids;  // the tiny tokenizer's first 256 ids are the bytes
  for (const char c : text) ids.push_back(static_cast<unsigned char>(c));
  return ids;
}

TEST(Detokenizer, NeverHalfACharacter) {
  const auto tokenizer = TinyTokenizer();
  const Answer run = Detokenize(*tokenizer, ByteIds("a\xE4\xBD\xA0\xF0\x9F\x98\x80z"), {});
  EXPECT_EQ(run.pieces,
            (std::vector<std::string>{"a", "", "", "\xE4\xBD\xA0", "", "", "", "\xF0\x9F\x98\x80", "z", ""}));
  // Broken: replaced as soon as it is certain; what is open at the end is replaced by Finish.
  EXPECT_EQ(Detokenize(*tokenizer, ByteIds("\xE4\xBDz\xF0\x9F"), {}).pieces,
            (std::vector<std::string>{"", "", "\xEF\xBF\xBDz", "", "", "\xEF\xBF\xBD"}));
}

TEST(Detokenizer, StopStrings) {
  const auto tokenizer = TinyTokenizer();
  const struct {
    std::string_view text;
    std::vector<std::string> stop;
    std::string_view out, found;
  } kCases[] = {
      {"hello END more", {"END"}, "hello ", "END"},
      {"hello EN", {"END"}, "hello EN", ""},
      {"aab", {"ab"}, "a", "ab"},
      {"aaaab", {"aab"}, "aa", "aab"},
      {"abc", {"b", "abc"}, "", "abc"},    // the one that starts first
      {"abd", {"b", "abc"}, "a", "b"},     // which did not come to be
      {"ab", {"b", "abc"}, "a", "b"},      // nor here, at the end
      {"xabc", {"abc", "ab"}, "x", "ab"},  // of two that start together, the shorter
      {"text", {"", ""}, "text", ""},
      {"text", {"text"}, "", "text"},
      {"\xE4\xBD\xA0\xE5\xA5\xBD", {"\xE5\xA5\xBD"}, "\xE4\xBD\xA0", "\xE5\xA5\xBD"},
      {"\n\nUser:", {"\nUser:", "\n\n\n"}, "\n", "\nUser:"},
  };
  for (const auto& c : kCases) {
    const Answer run = Detokenize(*tokenizer, ByteIds(c.text), c.stop);
    EXPECT_EQ(run.joined, c.out) << c.text;
    EXPECT_EQ(run.stop, c.found) << c.text;
    EXPECT_EQ(run.stopped, !c.found.empty());
  }
}

TEST(Detokenizer, HoldsBackNoMoreThanItMust) {
  const auto tokenizer = TinyTokenizer();
  Detokenizer detokenizer(*tokenizer, {"END"});
  const auto push = [&](char c) { return detokenizer.Push(static_cast<unsigned char>(c)); };
  EXPECT_EQ(push('x'), "x");
  EXPECT_EQ(push('E'), "");
  EXPECT_EQ(push('E'), "E");
  EXPECT_EQ(push('N'), "");
  EXPECT_EQ(push('x'), "ENx");
  EXPECT_EQ(push('E'), "");
  EXPECT_EQ(push('N'), "");
  EXPECT_EQ(push('D'), "");
  EXPECT_TRUE(detokenizer.stopped());
  EXPECT_EQ(push('y'), "");
  EXPECT_EQ(detokenizer.Finish(), "");
}

TEST(Detokenizer, SpecialTokens) {
  const auto tokenizer = TinyTokenizer();
  std::vector<TokenId> ids = ByteIds("a\xE4\xBD");
  ids.push_back(tokenizer->Find("<|end|>"));
  ids.push_back(0xA0);
  EXPECT_EQ(Detokenize(*tokenizer, ids, {}, true).joined, "a\xE4\xBD\xA0");
  EXPECT_EQ(Detokenize(*tokenizer, ids, {}, false).joined, "a\xEF\xBF\xBD<|end|>\xEF\xBF\xBD");
  EXPECT_EQ(Detokenize(*tokenizer, ids, {"<|end|>"}, false).joined, "a\xEF\xBF\xBD");
}

TEST(Detokenizer, EqualsDecodeCutAtTheStop) {
  const auto tokenizer = TinyTokenizer();
  std::mt19937 random(9);
  for (int round = 0; round < 20'000; ++round) {
    // Few different tokens, so that stop strings are met; now and then any token, or none.
    std::vector<TokenId> ids(random() % 24);
    const bool wild = round % 4 == 0;
    for (TokenId& id : ids) {
      constexpr std::string_view kFew = "aab\xE4\xBD\xA0\xF0\x9F\x98\x80\xFFth e";
      id = wild ? static_cast<TokenId>(random() % 290) - 5 : static_cast<unsigned char>(kFew[random() % kFew.size()]);
    }
    const bool skip = random() % 2;
    const std::string whole = tokenizer->Decode(ids, skip);
    std::vector<std::string> stop;
    for (std::size_t i = random() % 4; i > 0; --i) {
      if (whole.empty() || random() % 3 == 0) {
        std::string text;
        for (std::size_t k = 1 + random() % 3; k > 0; --k) text += "ab t"[random() % 4];
        stop.push_back(text);
      } else {
        std::size_t from = random() % whole.size(), to = std::min(whole.size(), from + 1 + random() % 6);
        const auto inside = [&](std::size_t at) { return at < whole.size() && (whole[at] & 0xC0) == 0x80; };
        while (inside(from)) --from;
        while (inside(to)) ++to;
        stop.push_back(whole.substr(from, to - from));
      }
    }
    std::size_t cut = std::string::npos;
    for (const std::string& text : stop) cut = std::min(cut, whole.find(text));
    const Answer run = Detokenize(*tokenizer, ids, stop, skip);
    ASSERT_EQ(run.joined, whole.substr(0, cut));
    ASSERT_EQ(run.stopped, cut != std::string::npos);
    for (const std::string& piece : run.pieces) ASSERT_TRUE(unicode::IsValid(piece));
    if (run.stopped) {
      ASSERT_EQ(whole.compare(cut, run.stop.size(), run.stop), 0);
    }
  }
}

}  // namespace
}  // namespace yun
