#include "api/openai/write.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <limits>

namespace yun::api::openai {
namespace {

namespace json = boost::json;

std::string Text(const json::value& value) { return std::string(value.as_string()); }

const AnswerHead kChat{Dialog::kChat, "chatcmpl-1", 42, "m"};
const AnswerHead kText{Dialog::kCompletion, "cmpl-1", 42, "m"};

Choice Finished() {
  Choice c;
  c.text = "a \"quote\"\n\xe4\xb8\xad";
  c.finish_reason = "stop";
  return c;
}

TEST(Write, WholeAnswers) {
  const json::value chat = json::parse(WriteAnswer(kChat, {Finished()}, {3, 2, 1}));
  EXPECT_EQ(Text(chat.at("object")), "chat.completion");
  EXPECT_EQ(Text(chat.at("choices").at(0).at("message").at("content")), "a \"quote\"\n\xe4\xb8\xad");
  EXPECT_EQ(Text(chat.at("choices").at(0).at("message").at("role")), "assistant");
  EXPECT_EQ(Text(chat.at("choices").at(0).at("finish_reason")), "stop");
  EXPECT_TRUE(chat.at("choices").at(0).at("logprobs").is_null());
  EXPECT_EQ(chat.at("usage").at("total_tokens").as_int64(), 5);
  EXPECT_EQ(chat.at("usage").at("prompt_tokens_details").at("cached_tokens").as_int64(), 1);
  const json::value text = json::parse(WriteAnswer(kText, {Finished(), Finished()}, {3, 2, 1}));
  EXPECT_EQ(Text(text.at("object")), "text_completion");
  EXPECT_EQ(text.at("choices").as_array().size(), 2u);
  EXPECT_EQ(Text(text.at("choices").at(0).at("text")), "a \"quote\"\n\xe4\xb8\xad");
}

TEST(Write, ChunksOfAStream) {
  struct Case {
    std::string_view text, finish;
    bool first, usage;
    std::string want;  // what follows the head
  };
  const Case cases[] = {
      {"hi", "", true, false,
       R"("choices":[{"index":0,"delta":{"role":"assistant","content":"hi"},"logprobs":null,"finish_reason":null}]})"},
      {"", "", true, true,
       R"("choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,)"
       R"("finish_reason":null}],"usage":null})"},
      {"x", "", false, false,
       R"("choices":[{"index":0,"delta":{"content":"x"},"logprobs":null,"finish_reason":null}]})"},
      {"", "length", false, false, R"("choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"length"}]})"},
  };
  for (const Case& c : cases) {
    Choice choice;
    choice.text = c.text;
    choice.finish_reason = c.finish;
    EXPECT_EQ(
        WriteChunk(kChat, choice, c.first, c.usage),
        R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":42,"model":"m","system_fingerprint":null,)" +
            c.want);
  }
  EXPECT_EQ(Text(json::parse(WriteChunk(kText, Finished(), true, false)).at("choices").at(0).at("text")),
            Finished().text);
  const json::value usage = json::parse(WriteUsageChunk(kChat, {1, 2, 0}));
  EXPECT_TRUE(usage.at("choices").as_array().empty());
  EXPECT_EQ(usage.at("usage").at("completion_tokens").as_int64(), 2);
}

TEST(Write, Logprobs) {
  Choice c = Finished();
  c.with_logprobs = true;
  c.logprobs = {{{"\xe4\xb8\xad", -0.5}, {{"\xe4\xb8\xad", -0.5}, {"\xff", -std::numeric_limits<double>::infinity()}}},
                {{"b", -1}, {}}};
  const json::value chat = json::parse(WriteAnswer(kChat, {c}, {}));
  const json::value& first = chat.at("choices").at(0).at("logprobs").at("content").at(0);
  EXPECT_EQ(Text(first.at("token")), "\xe4\xb8\xad");
  EXPECT_EQ(first.at("bytes"), json::parse("[228,184,173]"));
  EXPECT_EQ(Text(first.at("top_logprobs").at(1).at("token")), "\\xff");
  EXPECT_EQ(first.at("top_logprobs").at(1).at("logprob").as_double(), -9999.0);
  c.text_offset = 10;
  const json::value text = json::parse(WriteAnswer(kText, {c}, {})).at("choices").at(0).at("logprobs");
  EXPECT_EQ(text.at("tokens"), json::parse(R"(["中","b"])"));
  EXPECT_EQ(text.at("text_offset"), json::parse("[10,11]"));
  EXPECT_EQ(text.at("top_logprobs").at(0).at("bytes:\\xff").as_double(), -9999.0);
}

TEST(Write, ModelsAndErrors) {
  EXPECT_EQ(WriteModelList({{"a", 1}, {"b", 2}}),
            R"({"object":"list","data":[{"id":"a","object":"model","created":1,"owned_by":"yun"},{"id":"b",)"
            R"("object":"model","created":2,"owned_by":"yun"}]})");
  EXPECT_EQ(WriteError({400, "no \"x\"", "messages", "invalid_type"}, "req_1"),
            R"({"error":{"message":"no \"x\"","type":"invalid_request_error","param":"messages",)"
            R"("code":"invalid_type"},"request_id":"req_1"})");
  EXPECT_EQ(WriteError({401, "m", "", ""}, ""),
            R"({"error":{"message":"m","type":"invalid_request_error","param":null,"code":null}})");
}

}  // namespace
}  // namespace yun::api::openai
