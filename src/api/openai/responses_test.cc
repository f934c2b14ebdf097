#include "api/openai/responses.h"

#include <gtest/gtest.h>

#include <string>

namespace yun::api::openai {
namespace {

namespace json = boost::json;

std::string Body(const std::string& more) {
  return R"({"model":"m","input":"hi")" + (more.empty() ? "" : "," + more) + "}";
}

TEST(ParseResponses, NamesTheFieldAtFault) {
  struct Bad {
    std::string body, param, code;
  };
  const Bad cases[] = {
      {"{", "", "invalid_json"},
      {R"({"model":"m"})", "input", "missing_required_parameter"},
      {R"({"input":"x"})", "model", "missing_required_parameter"},
      {R"({"model":"m","input":1})", "input", "invalid_type"},
      {R"({"model":"m","input":[1]})", "input[0]", "invalid_type"},
      {R"({"model":"m","input":[{"type":"web_search_call"}]})", "input[0].type", "unsupported_value"},
      {R"({"model":"m","input":[{"role":"robot","content":"a"}]})", "input[0].role", "invalid_value"},
      {R"({"model":"m","input":[{"role":"user"}]})", "input[0].content", "missing_required_parameter"},
      {R"({"model":"m","input":[{"role":"user","content":[{"type":"input_image"}]}]})", "input[0].content[0].type",
       "unsupported_value"},
      {R"({"model":"m","input":[{"type":"function_call","call_id":"1","name":"f"}]})", "input[0].arguments",
       "missing_required_parameter"},
      {Body(R"("max_output_tokens":3)"), "max_output_tokens", "invalid_value"},
      {Body(R"("max_output_tokens":-3)"), "max_output_tokens", "invalid_value"},
      {Body(R"("temperature":3)"), "temperature", "invalid_value"},
      {Body(R"("text":{"format":{"type":"yaml"}})"), "text.format.type", "invalid_value"},
      {Body(R"("text":{"format":{"type":"json_schema","name":"n"}})"), "text.format.schema",
       "missing_required_parameter"},
      {Body(R"("reasoning":{"effort":"lots"})"), "reasoning.effort", "invalid_value"},
      {Body(R"("tools":[{"type":"web_search"}])"), "tools[0].type", "invalid_value"},
      {Body(R"("tools":[{"type":"function"}])"), "tools[0].name", "missing_required_parameter"},
      {Body(R"("tools":[{"type":"function","name":"a<b"}])"), "tools[0].name", "invalid_value"},
      {Body(R"("tool_choice":{"type":"function","name":"f"})"), "tool_choice", "invalid_value"},
      {Body(R"("previous_response_id":"a","conversation":"b")"), "conversation", "invalid_value"},
      {Body(R"("background":true)"), "background", "unsupported_value"},
      {Body(R"("truncation":"auto")"), "truncation", "unsupported_value"},
      {Body(R"("metadata":{"a":1})"), "metadata", "invalid_type"},
      {Body(R"("messages":[])"), "messages", "unknown_parameter"},
  };
  for (const Bad& c : cases) {
    SCOPED_TRACE(c.body);
    const auto parsed = ParseResponses(c.body);
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().param, c.param) << parsed.error().message;
    EXPECT_EQ(parsed.error().code, c.code) << parsed.error().message;
  }
}

TEST(ParseResponses, ReadsEveryParameter) {
  const auto parsed = ParseResponses(
      Body(R"("instructions":"be kind","max_output_tokens":50,"temperature":0.5,"stream":true,"store":false,)"
           R"("tools":[{"type":"function","name":"f","parameters":{"type":"object"},"strict":true}],)"
           R"("tool_choice":{"type":"function","name":"f"},"parallel_tool_calls":false,"reasoning":{"effort":"low"},)"
           R"("text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"}},"verbosity":"medium"},)"
           R"("metadata":{"k":"v"},"include":[],"conversation":{"id":"conv_1"})"));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(parsed->chat.max_tokens, 50u);
  EXPECT_EQ(parsed->chat.sampling.temperature, 0.5);
  EXPECT_TRUE(parsed->chat.stream);
  EXPECT_FALSE(parsed->store || parsed->chat.parallel_tool_calls);
  EXPECT_EQ(parsed->chat.tool_name, "f");
  EXPECT_TRUE(parsed->chat.tools[0].at("function").at("strict").as_bool());
  EXPECT_EQ(parsed->chat.thinking_budget, 4096u);
  EXPECT_EQ(parsed->chat.constraint.text, R"({"type":"object"})");
  EXPECT_EQ(parsed->conversation, "conv_1");
  EXPECT_EQ(json::serialize(*MessagesOf(*parsed, {})),
            R"([{"role":"system","content":"be kind"},{"role":"user","content":"hi"}])");
}

TEST(ParseResponses, ItemsBecomeMessages) {
  const auto before = ParseItems(
      json::parse(R"([{"role":"user","content":"a"},{"type":"reasoning","id":"rs_1","summary":[],)"
                  R"("content":[{"type":"reasoning_text","text":"t"}]},)"
                  R"({"type":"message","id":"msg_1","role":"assistant","content":[{"type":"output_text","text":"b"}]},)"
                  R"({"type":"function_call","call_id":"c1","name":"f","arguments":"{\"k\":1}"},)"
                  R"({"type":"function_call","call_id":"c2","name":"g","arguments":"{}"}])"),
      "items");
  ASSERT_TRUE(before.has_value()) << before.error().message;
  const auto next = ParseResponses(
      R"({"model":"m","input":[{"type":"function_call_output","call_id":"c2","output":"two"},)"
      R"({"type":"function_call_output","call_id":"c1","output":[{"type":"input_text","text":"one"}]},)"
      R"({"role":"developer","content":"d"}]})");
  ASSERT_TRUE(next.has_value()) << next.error().message;
  EXPECT_EQ(json::serialize(*MessagesOf(*next, *before)),
            R"([{"role":"user","content":"a"},{"role":"assistant","content":"b","reasoning_content":"t","tool_calls":[)"
            R"({"id":"c1","type":"function","function":{"name":"f","arguments":{"k":1}}},)"
            R"({"id":"c2","type":"function","function":{"name":"g","arguments":{}}}]},)"
            R"({"role":"tool","tool_call_id":"c2","content":"two"},{"role":"tool","tool_call_id":"c1",)"
            R"("content":"one"},{"role":"system","content":"d"}])");
  EXPECT_EQ(MessagesOf(*next, {}).error().param, "input[0].call_id");
}

/// The events of a stream, without their sequence numbers, which must count from 0.
json::array Events(const std::string& stream) {
  json::array out;
  for (std::size_t at = 0; at < stream.size();) {
    const std::size_t end = stream.find("\n\n", at);
    const std::string one = stream.substr(at, end - at);
    const std::size_t data = one.find("\ndata: ");
    json::object event = json::parse(one.substr(data + 7)).as_object();
    EXPECT_EQ(one.substr(7, data - 7), event.at("type").as_string());
    EXPECT_EQ(event.at("sequence_number").to_number<std::size_t>(), out.size());
    event.erase("sequence_number");
    out.push_back(std::move(event));
    at = end + 2;
  }
  return out;
}

TEST(WriteResponses, AStreamSaysWhatTheWholeAnswerSays) {
  const auto request = ParseResponses(Body(""));
  ASSERT_TRUE(request.has_value());
  const UsageCounts usage{.prompt_tokens = 3, .completion_tokens = 5, .cached_tokens = 1, .thinking_tokens = 2};
  Choice choice;
  choice.thinking = "hm";
  choice.text = "hello";
  choice.calls = {{"call_1", "f", R"({"a":1})"}};
  choice.finish = Finish::kToolCalls;
  const auto whole = MakeResponseWriter("resp_ab", 42, *request);
  const json::value body = json::parse(whole->Whole({choice}, usage));
  EXPECT_EQ(body, json::value(whole->response()));

  const auto writer = MakeResponseWriter("resp_ab", 42, *request);
  std::string out;
  writer->Begin(out, {});
  writer->Write(out, {.part = Part::kThinking, .text = "hm"}, {});
  writer->Write(out, {.text = "hel"}, {});
  writer->Write(out, {.text = "lo"}, {});
  writer->Write(out, {.part = Part::kCallBegin, .text = "f", .call_id = "call_1"}, {});
  writer->Write(out, {.part = Part::kCallArguments, .text = R"({"a":)"}, {});
  writer->Write(out, {.part = Part::kCallArguments, .text = "1}"}, {});
  writer->Write(out, {.part = Part::kCallEnd}, {});
  writer->EndChoice(out, 0, Finish::kToolCalls, "", {});
  writer->End(out, usage);
  const json::array events = Events(out);
  std::string types;
  for (const json::value& event : events) types += std::string(event.at("type").as_string()).substr(9) + " ";
  EXPECT_EQ(types,
            "created in_progress output_item.added content_part.added reasoning_text.delta reasoning_text.done "
            "content_part.done output_item.done output_item.added content_part.added output_text.delta "
            "output_text.delta output_text.done content_part.done output_item.done output_item.added "
            "function_call_arguments.delta function_call_arguments.delta function_call_arguments.done "
            "output_item.done completed ");
  EXPECT_EQ(events.back().at("response"), body);
  EXPECT_EQ(events[10], json::parse(R"({"type":"response.output_text.delta","delta":"hel","item_id":"msg_ab01",)"
                                    R"("output_index":1,"logprobs":[],"content_index":0})"));
  EXPECT_EQ(body.at("output").at(2),
            json::parse(R"({"id":"fc_ab02","type":"function_call","status":"completed","arguments":"{\"a\":1}",)"
                        R"("call_id":"call_1","name":"f"})"));
  EXPECT_EQ(body.at("usage").at("output_tokens_details").at("reasoning_tokens").as_int64(), 2);
}

TEST(WriteResponses, CutAndFailed) {
  const auto request = ParseResponses(Body(""));
  const auto writer = MakeResponseWriter("resp_ab", 42, *request);
  Choice choice;
  choice.text = "hel";
  choice.finish = Finish::kLength;
  const json::value body = json::parse(writer->Whole({choice}, {}));
  EXPECT_EQ(body.at("status").as_string(), "incomplete");
  EXPECT_EQ(body.at("incomplete_details").at("reason").as_string(), "max_output_tokens");
  EXPECT_EQ(body.at("output").at(0).at("status").as_string(), "incomplete");
  std::string out;
  const auto failing = MakeResponseWriter("resp_ab", 42, *request);
  failing->Fail(out, {500, "broken"}, "r");
  const json::array events = Events(out);
  EXPECT_EQ(events[0].at("response").at("status").as_string(), "failed");
  EXPECT_EQ(events[1].at("message").as_string(), "broken");
  EXPECT_EQ(events[1].at("error").at("message").as_string(), "broken");
}

}  // namespace
}  // namespace yun::api::openai
