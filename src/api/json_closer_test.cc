#include "api/json_closer.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace yun::api {
namespace {

namespace json = boost::json;

TEST(JsonCloser, EveryBeginningOfJsonBecomesWhole) {
  const std::string_view texts[] = {
      R"({"a": [1, -2.5e+3, true, false, null, "x\"\\\u00e9y"], "b": {"c": {}, "d": []}, "": "中"})",
      R"([[], [{}], "", {"k": "v"}])", R"("text")", "-12.5e-3", "true", "[1 , 2 , { \"a\" : null } ]", "{}"};
  for (const std::string_view text : texts) {
    JsonCloser pieces;
    for (std::size_t end = 0; end <= text.size(); ++end) {
      if (end > 0) pieces.Push(text.substr(end - 1, 1));
      if (end < text.size() && (text[end] & 0xc0) == 0x80) continue;  // within a character: never cut there
      JsonCloser closer;
      closer.Push(text.substr(0, end));
      EXPECT_EQ(closer.Closing(), pieces.Closing());
      const std::string whole = std::string(text.substr(0, end)) + closer.Closing();
      json::error_code ec;
      (void)json::parse(whole, ec);
      EXPECT_FALSE(ec) << whole << ": " << ec.message();
      if (end == text.size()) EXPECT_EQ(closer.Closing(), "");
    }
  }
}

TEST(JsonCloser, AddsNoMoreThanIsMissing) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "{}"},          {"{", "}"},           {R"({"a)", R"(":null})"}, {R"({"a")", ":null}"},
      {R"({"a":)", "null}"}, {R"({"a":tr)", "ue}"}, {R"({"a":1.)", "0}"},    {R"({"a":1,)", R"("":null})"},
      {"[1,", "null]"},    {R"(["\)", R"(\"])"},   {R"(["\u1)", R"(000"])"}, {R"({"a":[{)", "}]}"},
  };
  for (const auto& [text, closing] : cases) {
    JsonCloser closer;
    closer.Push(text);
    EXPECT_EQ(closer.Closing(), closing) << text;
  }
}

}  // namespace
}  // namespace yun::api
