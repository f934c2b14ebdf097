#include "api/openai/batch.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace yun::api::openai {
namespace {

constexpr std::string_view kUrl = "/v1/chat/completions";

std::string Line(std::string_view id, std::string_view model = "m") {
  return fmt::format(R"({{"custom_id":"{}","method":"POST","url":"{}","body":{{"model":"{}","n":1.0}}}})", id, kUrl,
                     model);
}

TEST(BatchInput, Lines) {
  const std::string text = "\xef\xbb\xbf" + Line("a") + "\r\n\n  \n" + Line("b");
  const BatchInput input = ParseBatchInput(text, kUrl);
  EXPECT_TRUE(input.errors.empty());
  EXPECT_EQ(input.model, "m");
  ASSERT_EQ(input.lines.size(), 2u);
  EXPECT_EQ(input.lines[1].number, 1);
  EXPECT_EQ(input.lines[1].custom_id, "b");
  EXPECT_EQ(boost::json::parse(BodyOf(input.lines[0].text)), boost::json::parse(R"({"model":"m","n":1.0})"));
}

TEST(BatchInput, EveryErrorNamesItsLine) {
  std::string text = Line("a") + "\n" + Line("a", "other") + "\n{\n[]\n";
  for (std::size_t i = 0; i < 2 * kBatchErrorsMax; ++i) text += "x\n";
  const BatchInput input = ParseBatchInput(text, kUrl);
  ASSERT_EQ(input.errors.size(), kBatchErrorsMax);
  EXPECT_EQ(input.errors[0].code, "duplicate_custom_id");
  EXPECT_EQ(input.errors[1].code, "mismatched_model");
  EXPECT_EQ(input.errors[1].line, 2);
  EXPECT_EQ(input.errors[2].line, 3);
  EXPECT_EQ(input.errors[3].code, "invalid_json_line");
  std::string many;
  for (std::size_t i = 0; i <= kBatchLinesMax; ++i) many += "x\n";
  EXPECT_EQ(ParseBatchInput(many, kUrl).lines.size(), kBatchLinesMax);
}

TEST(BatchRequest, Window) {
  const auto parse = [](std::string_view window) {
    return ParseBatchRequest(fmt::format(
        R"({{"input_file_id":"f","endpoint":"{}","completion_window":"{}"}})", kUrl, window));
  };
  EXPECT_EQ(parse("24h")->window_hours, 24);
  EXPECT_EQ(parse("14d")->window_hours, 336);
  for (const char* wrong : {"", "h", "23h", "337h", "15d", "24", "24m", "-24h", "99999999999999999999h"}) {
    const auto wish = parse(wrong);
    ASSERT_FALSE(wish) << wrong;
    EXPECT_EQ(wish.error().param, "completion_window");
  }
}

TEST(BatchAnswer, IsOneLineOfJson) {
  const std::string answer = WriteBatchAnswer("b", "a\n\"", 200, "r", R"({"x":"\n"})");
  EXPECT_EQ(answer.find('\n'), std::string::npos);
  EXPECT_EQ(boost::json::parse(answer).at_pointer("/response/body/x").as_string(), "\n");
  EXPECT_TRUE(boost::json::parse(WriteBatchFailure("b", "a", "batch_expired", "late")).at("response").is_null());
}

}  // namespace
}  // namespace yun::api::openai
