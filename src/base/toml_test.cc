#include "base/toml.h"

#include <gtest/gtest.h>

namespace yun {
namespace {

TEST(Toml, WhatItReads) {
  const auto root = ParseToml(
      "# comment\r\n"
      "name = \"a \\\"b\\\" \\u00e9 \\U0001F600\\n\" # tail\r\n"
      "path = 'c:\\x'\n"
      "big = 9_223_372_036_854_775_807\nsmall = -9223372036854775808\nyes = true\nno = false\n"
      "\"odd key\" = [1, 2, # inside\n  3,\n]\n"
      "sums = { a = 'x', \"b.c\" = 'y' }\nempty = {}\n"
      "[table]\nname = 'inner'\n"
      "[[model]]\nname = 'one'\n\n[[model]]\nname = 'two'\n[other]\nx = +5");
  ASSERT_TRUE(root) << root.error().message;
  EXPECT_EQ(*root->String("name"), "a \"b\" \xC3\xA9 \xF0\x9F\x98\x80\n");
  EXPECT_EQ(*root->String("path"), "c:\\x");
  EXPECT_EQ(*root->Integer("big"), INT64_MAX);
  EXPECT_EQ(*root->Integer("small"), INT64_MIN);
  EXPECT_EQ(root->Find("yes")->number, 1);
  EXPECT_EQ(root->Find("odd key")->items.size(), 3u);
  EXPECT_EQ(*root->Find("sums")->String("b.c"), "y");
  EXPECT_TRUE(root->Find("empty")->members.empty());
  EXPECT_EQ(*root->Find("table")->String("name"), "inner");
  ASSERT_EQ(root->Find("model")->items.size(), 2u);
  EXPECT_EQ(*root->Find("model")->items[1].String("name"), "two");
  EXPECT_EQ(root->Find("model")->items[1].line, 18u);
  EXPECT_EQ(*root->Find("other")->Integer("x"), 5);
  EXPECT_EQ(root->Find("nothing"), nullptr);
  EXPECT_FALSE(root->Integer("name"));
  EXPECT_TRUE(ParseToml(""));
}

TEST(Toml, WhatItRefuses) {
  for (const char* text : {"a",
                           "a =",
                           "= 1",
                           "a = 1 2",
                           "a = 1\na = 2",
                           "[.",
                           "[a",
                           "[[a]",
                           "[a]\n[a]",
                           "a = [1",
                           "a = [1 2]",
                           "a = {b=1",
                           "a = {b=1,}",
                           "a = \"x",
                           "a = \"\\q\"",
                           "a = \"\\ud800\"",
                           "a = \"\\u12\"",
                           "a = 'x\ny'",
                           "a = \"\"\"x\"\"\"",
                           "a.b = 1",
                           "[a.b]",
                           "a = 1.5",
                           "a = 1e5",
                           "a = 2020-01-01",
                           "a = 0x10",
                           "a = 1_",
                           "a = _1",
                           "a = -",
                           "a = 9223372036854775808",
                           "a = -9223372036854775809",
                           "a = nan",
                           "a = [1]\n[[a]]",
                           "[a]\n[[a]]",
                           "a = \"\x01\"",
                           "\xEF\xBF\xBF = 1"}) {
    const auto root = ParseToml(text);
    ASSERT_FALSE(root) << text;
    EXPECT_EQ(root.error().code, Code::kCorrupt) << text;
    EXPECT_NE(root.error().message.find("line "), std::string::npos) << text;
  }
  EXPECT_EQ(ParseToml("a = 1\nb = [\n  x").error().message, "line 3, column 3: expected a value");
  EXPECT_FALSE(ParseToml("a = " + std::string(100000, '[')));
  EXPECT_EQ(ParseToml(std::string(5u << 20, ' ')).error().code, Code::kTooLarge);
}

TEST(Toml, QuotedTextComesBack) {
  std::string all;
  for (int c = 1; c < 128; ++c) all += static_cast<char>(c);
  const auto root = ParseToml("a = " + TomlQuoted(all));
  ASSERT_TRUE(root) << root.error().message;
  EXPECT_EQ(*root->String("a"), all);
}

}  // namespace
}  // namespace yun
