#include "cloud/web_json.h"

#include <gtest/gtest.h>

namespace yun::cloud {
namespace {

TEST(WebJson, Objects) {
  const auto object = ParseJsonObject(R"({"a":"b","n":1})", "answer");
  ASSERT_TRUE(object) << object.error().message;
  EXPECT_EQ(TextOf(*object, "a"), "b");
  EXPECT_EQ(TextOf(*object, "n"), "") << "no text";
  EXPECT_EQ(TextOf(*object, "none"), "");
  const auto nested = [](int depth) { return R"({"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}"; };
  EXPECT_TRUE(ParseJsonObject(nested(kWebJsonDepthMax - 1), "answer"));
  for (const std::string& text : {std::string(), std::string("[]"), std::string("{} x"), nested(kWebJsonDepthMax)}) {
    const auto refused = ParseJsonObject(text, "answer");
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, Code::kCorrupt);
    EXPECT_EQ(refused.error().message, "answer: no JSON object");
  }
}

}  // namespace
}  // namespace yun::cloud
