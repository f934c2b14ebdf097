#include "api/openai/answer_writer.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <limits>

namespace yun::api::openai {
namespace {

namespace json = boost::json;

std::string Text(const json::value& value) { return std::string(value.as_string()); }

const AnswerHead kChat{Dialog::kChat, "chatcmpl-1", 42, "m"};
const AnswerHead kText{Dialog::kCompletion, "cmpl-1", 42, "m"};
const std::string kChunkHead =
    R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":42,"model":"m","system_fingerprint":null,)";

Choice Finished() {
  Choice c;
  c.text = "a \"quote\"\n\xe4\xb8\xad";
  c.finish = Finish::kStop;
  return c;
}

json::value Whole(WriterOptions options, const std::vector<Choice>& choices, const UsageCounts& usage = {}) {
  return json::parse(MakeAnswerWriter(std::move(options))->Whole(choices, usage));
}

TEST(AnswerWriter, WholeAnswers) {
  const json::value chat = Whole({.head = kChat}, {Finished()}, {3, 2, 1});
  EXPECT_EQ(Text(chat.at("object")), "chat.completion");
  EXPECT_EQ(Text(chat.at("choices").at(0).at("message").at("content")), "a \"quote\"\n\xe4\xb8\xad");
  EXPECT_EQ(Text(chat.at("choices").at(0).at("message").at("role")), "assistant");
  EXPECT_EQ(Text(chat.at("choices").at(0).at("finish_reason")), "stop");
  EXPECT_TRUE(chat.at("choices").at(0).at("logprobs").is_null());
  EXPECT_EQ(chat.at("usage").at("total_tokens").as_int64(), 5);
  EXPECT_EQ(chat.at("usage").at("prompt_tokens_details").at("cached_tokens").as_int64(), 1);
  const json::value text = Whole({.head = kText}, {Finished(), Finished()}, {3, 2, 1});
  EXPECT_EQ(Text(text.at("object")), "text_completion");
  EXPECT_EQ(text.at("choices").as_array().size(), 2u);
  EXPECT_EQ(Text(text.at("choices").at(0).at("text")), "a \"quote\"\n\xe4\xb8\xad");
}

TEST(AnswerWriter, ThinkingAndCalls) {
  Choice c;
  c.thinking = "hm";
  c.calls = {{"call_1", "f", R"({"a": 1})"}};
  c.finish = Finish::kToolCalls;
  const json::value answer = Whole({.head = kChat}, {c}, {3, 2, 1, 1});
  EXPECT_EQ(answer.at("choices").at(0).at("message"),
            json::parse(R"({"role":"assistant","content":null,"refusal":null,"reasoning_content":"hm","tool_calls":[)"
                        R"({"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\": 1}"}}]})"));
  EXPECT_EQ(Text(answer.at("choices").at(0).at("finish_reason")), "tool_calls");
  EXPECT_EQ(answer.at("usage").at("completion_tokens_details").at("reasoning_tokens").as_int64(), 1);
}

std::string Chunk(const std::string& choice) { return kChunkHead + "\"choices\":[" + choice + "]}\n\n"; }

TEST(AnswerWriter, ChunksOfAStream) {
  const auto writer = MakeAnswerWriter({.head = kChat});
  std::string out;
  const auto written = [&] { return std::exchange(out, {}); };
  writer->Write(out, {.part = Part::kThinking, .text = "hm"}, {});
  EXPECT_EQ(written(),
            Chunk(R"({"index":0,"delta":{"role":"assistant","content":null,"reasoning_content":"hm"},"logprobs":null,)"
                  R"("finish_reason":null})"));
  writer->Write(out, {.text = "hi"}, {});
  EXPECT_EQ(written(), Chunk(R"({"index":0,"delta":{"content":"hi"},"logprobs":null,"finish_reason":null})"));
  writer->Write(out, {.part = Part::kCallBegin, .text = "f", .call_id = "call_1"}, {});
  EXPECT_EQ(written(), Chunk(R"({"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function",)"
                             R"("function":{"name":"f","arguments":""}}]},"logprobs":null,"finish_reason":null})"));
  writer->Write(out, {.part = Part::kCallArguments, .text = "{}"}, {});
  EXPECT_EQ(written(), Chunk(R"({"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]},)"
                             R"("logprobs":null,"finish_reason":null})"));
  writer->Write(out, {.part = Part::kCallEnd}, {});
  EXPECT_EQ(written(), "");
  writer->EndChoice(out, 0, Finish::kToolCalls, "", {});
  EXPECT_EQ(written(), Chunk(R"({"index":0,"delta":{},"logprobs":null,"finish_reason":"tool_calls"})"));
  writer->EndChoice(out, 1, Finish::kLength, "", {});
  EXPECT_EQ(written(),
            Chunk(R"({"index":1,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null})") +
                Chunk(R"({"index":1,"delta":{},"logprobs":null,"finish_reason":"length"})"));
  writer->End(out, {});
  EXPECT_EQ(written(), "data: [DONE]\n\n");
}

TEST(AnswerWriter, UsageOfAStream) {
  const auto writer = MakeAnswerWriter({.head = kChat, .include_usage = true});
  std::string out;
  writer->Write(out, {.text = "x"}, {});
  EXPECT_EQ(out, kChunkHead + R"("choices":[{"index":0,"delta":{"role":"assistant","content":"x"},"logprobs":null,)" +
                     R"("finish_reason":null}],"usage":null})" + "\n\n");
  out.clear();
  writer->End(out, {1, 2, 0});
  EXPECT_EQ(out, kChunkHead + R"("choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,)" +
                     R"("prompt_tokens_details":{"cached_tokens":0}}})" + "\n\ndata: [DONE]\n\n");
}

TEST(AnswerWriter, Logprobs) {
  Choice c = Finished();
  c.logprobs = {{{"\xe4\xb8\xad", -0.5}, {{"\xe4\xb8\xad", -0.5}, {"\xff", -std::numeric_limits<double>::infinity()}}},
                {{"b", -1}, {}}};
  const json::value chat = Whole({.head = kChat, .with_logprobs = true}, {c});
  const json::value& first = chat.at("choices").at(0).at("logprobs").at("content").at(0);
  EXPECT_EQ(Text(first.at("token")), "\xe4\xb8\xad");
  EXPECT_EQ(first.at("bytes"), json::parse("[228,184,173]"));
  EXPECT_EQ(Text(first.at("top_logprobs").at(1).at("token")), "\\xff");
  EXPECT_EQ(first.at("top_logprobs").at(1).at("logprob").as_double(), -9999.0);
  const auto writer = MakeAnswerWriter({.head = kText, .with_logprobs = true});
  const json::value text = json::parse(writer->Whole({c}, {})).at("choices").at(0).at("logprobs");
  EXPECT_EQ(text.at("tokens"), json::parse(R"(["中","b"])"));
  EXPECT_EQ(text.at("text_offset"), json::parse("[0,1]"));
  EXPECT_EQ(text.at("top_logprobs").at(0).at("bytes:\\xff").as_double(), -9999.0);
  std::string out;
  writer->Write(out, {.text = "中", .logprobs = {c.logprobs[0]}}, {});
  out.clear();
  writer->Write(out, {.text = "b", .logprobs = {c.logprobs[1]}}, {});  // offsets go on
  EXPECT_NE(out.find(R"("text_offset":[1])"), std::string::npos) << out;
}

}  // namespace
}  // namespace yun::api::openai
