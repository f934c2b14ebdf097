#include <gtest/gtest.h>

#include "net/http/response_head.h"
#include "net/http/server.h"
#include "net/http/url_text.h"

namespace yun::http {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

TEST(ParseQuery, Cases) {
  const std::pair<std::string, Pairs> cases[] = {
      {"", {}},
      {"a=1&b=%20", {{"a", "1"}, {"b", " "}}},
      {"a", {{"a", ""}}},
      {"a=", {{"a", ""}}},
      {"=v", {{"", "v"}}},
      {"&&a=1&", {{"a", "1"}}},
      {"a=b=c", {{"a", "b=c"}}},
      {"a+b=c+d", {{"a b", "c d"}}},
      {"a=%E4%BA%91", {{"a", "云"}}},
      {"a=%zz&b=%4", {{"a", "%zz"}, {"b", "%4"}}},
      {"a=1&a=2", {{"a", "1"}, {"a", "2"}}},
  };
  for (const auto& [query, pairs] : cases) EXPECT_EQ(ParseQuery(query), pairs) << query;
}

TEST(PercentDecode, Cases) {
  EXPECT_EQ(PercentDecode("/a%2Fb+c"), "/a/b+c");
  EXPECT_EQ(PercentDecode(""), "");
  for (const char* broken : {"%", "%4", "%zz", "a%", "%0", "%00", "a%00b", "%-1"}) {
    EXPECT_EQ(PercentDecode(broken), std::nullopt) << broken;
  }
}

TEST(SseEvent, Cases) {
  EXPECT_EQ(SseEvent("a"), "data: a\n\n");
  EXPECT_EQ(SseEvent(""), "data: \n\n");
  EXPECT_EQ(SseEvent("a\nb"), "data: a\ndata: b\n\n");
  EXPECT_EQ(SseEvent("a\r\nb\rc\n"), "data: a\ndata: b\ndata: c\ndata: \n\n");
  EXPECT_EQ(SseEvent("x", "error"), "event: error\ndata: x\n\n");
}

TEST(FormatHead, NoValueAddsAHeader) {
  const std::string head = FormatHead({.status = 200, .content_type = "a\r\nb"}, {{"X\r\nY", "1\n2"}});
  EXPECT_NE(head.find("Content-Type: a  b\r\n"), head.npos);
  EXPECT_NE(head.find("X  Y: 1 2\r\n"), head.npos);
}

}  // namespace
}  // namespace yun::http
