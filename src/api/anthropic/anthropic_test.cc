#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>

#include "api/anthropic/parse.h"
#include "api/anthropic/write.h"

namespace yun::api::anthropic {
namespace {

namespace json = boost::json;

const std::string kHi = R"("messages":[{"role":"user","content":"hi"}])";
std::string Hi(const std::string& more) {
  return R"({"model":"m","max_tokens":9,)" + kHi + (more.empty() ? "" : "," + more) + "}";
}
std::string Messages(const std::string& list, const std::string& more = "") {
  return R"({"model":"m","max_tokens":9,"messages":[)" + list + "]" + more + "}";
}
const std::string kTool = R"("tools":[{"name":"f","description":"d","input_schema":{"type":"object"}}])";

TEST(AnthropicParse, NamesTheFieldAtFault) {
  struct Bad {
    std::string body, param, code;
  };
  const std::string use = R"({"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":{}}]})";
  const Bad cases[] = {
      {"{", "", "invalid_json"},
      {R"({"model":"m",)" + kHi + "}", "max_tokens", "missing_required_parameter"},
      {R"({"max_tokens":1,)" + kHi + "}", "model", "missing_required_parameter"},
      {R"({"model":"m","max_tokens":1})", "messages", "missing_required_parameter"},
      {Messages(""), "messages", "invalid_value"},
      {Messages(R"({"role":"system","content":"x"})"), "messages.0.role", "invalid_value"},
      {Messages(R"({"role":"user"})"), "messages.0.content", "missing_required_parameter"},
      {Messages(R"({"role":"user","content":1})"), "messages.0.content", "invalid_type"},
      {Messages(R"({"role":"user","content":[{"type":"image","source":{}}]})"), "messages.0.content.0.type",
       "unsupported_value"},
      {Messages(R"({"role":"user","content":[{"type":"text"}]})"), "messages.0.content.0.text",
       "missing_required_parameter"},
      {Messages(R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"1"}]})"), "messages.0.content",
       "invalid_value"},
      {Messages(R"({"role":"user","content":"a"},)" + use +
                R"(,{"role":"user","content":[{"type":"text","text":"x"},{"type":"tool_result","tool_use_id":"1"}]})"),
       "messages.2.content.1", "invalid_value"},
      {Messages(R"({"role":"user","content":"a"},)" + use), "messages.1.content", "invalid_value"},
      {Messages(R"({"role":"user","content":"a"},{"role":"assistant","content":"b "})"), "messages.1.content",
       "invalid_value"},
      {Hi(R"("temperature":2)"), "temperature", "invalid_value"},
      {Hi(R"("top_p":0)"), "top_p", "invalid_value"},
      {Hi(R"("stop_sequences":[" "])"), "stop_sequences", "invalid_value"},
      {Hi(R"("stop_sequences":"a")"), "stop_sequences", "invalid_type"},
      {Hi(R"("tools":[{"name":"f"}])"), "tools.0.input_schema", "missing_required_parameter"},
      {Hi(R"("tools":[{"name":"a b","input_schema":{}}])"), "tools.0.name", "invalid_value"},
      {Hi(R"("tools":[{"name":"","input_schema":{}}])"), "tools.0.name", "invalid_value"},
      {Hi(R"("tools":[{"type":"bash_20250124","name":"bash"}])"), "tools.0.type", "unsupported_value"},
      {Hi(R"("tool_choice":{"type":"any"})"), "tool_choice", "invalid_value"},
      {Hi(kTool + R"(,"tool_choice":{"type":"tool","name":"g"})"), "tool_choice.name", "invalid_value"},
      {Hi(R"("thinking":{"type":"enabled"})"), "thinking.budget_tokens", "missing_required_parameter"},
      {Hi(R"("thinking":{"type":"on"})"), "thinking.type", "invalid_value"},
      {Hi(R"("output_config":{"effort":"big"})"), "output_config.effort", "invalid_value"},
      {Hi(R"("output_config":{"format":{"type":"json_schema"}})"), "output_config.format.schema",
       "missing_required_parameter"},
      {Hi(R"("mcp_servers":[{}])"), "mcp_servers", "unsupported_parameter"},
      {Hi(R"("nonsense":1)"), "nonsense", "unknown_parameter"},
  };
  for (const Bad& c : cases) {
    SCOPED_TRACE(c.body);
    const auto parsed = ParseMessages(c.body);
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().status, 400);
    EXPECT_EQ(parsed.error().param, c.param) << parsed.error().message;
    EXPECT_EQ(parsed.error().code, c.code) << parsed.error().message;
  }
}

TEST(AnthropicParse, MessagesBecomeWhatTemplatesRead) {
  struct Case {
    std::string body, want;
  };
  const Case cases[] = {
      {Hi(R"("system":"s")"), R"([{"role":"system","content":"s"},{"role":"user","content":"hi"}])"},
      {Hi(R"("system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=1.2; cch=ab;"},)"
          R"({"type":"text","text":"s","cache_control":{"type":"ephemeral"}}])"),
       R"([{"role":"system","content":"s"},{"role":"user","content":"hi"}])"},
      {Hi(R"("system":"x-anthropic-billing-header: a")"), R"([{"role":"user","content":"hi"}])"},
      {Messages(R"({"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]})"),
       R"([{"role":"user","content":"a\nb"}])"},
      {Messages(R"({"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"t",)"
                R"("signature":""},{"type":"text","text":"x"},{"type":"tool_use","id":"1","name":"f",)"
                R"("input":{"k":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"1",)"
                R"("content":[{"type":"text","text":"r"}]},{"type":"text","text":"and?"}]})"),
       R"([{"role":"user","content":"a"},{"role":"assistant","content":"x","reasoning_content":"t","tool_calls":[)"
       R"({"id":"1","type":"function","function":{"name":"f","arguments":{"k":1}}}]},)"
       R"({"role":"tool","tool_call_id":"1","content":"r"},{"role":"user","content":"and?"}])"},
  };
  for (const Case& c : cases) {
    const auto parsed = ParseMessages(c.body);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
    EXPECT_EQ(json::serialize(parsed->messages), c.want);
    EXPECT_FALSE(parsed->continues);
  }
}

TEST(AnthropicParse, ReadsEveryParameter) {
  const auto parsed = ParseMessages(Messages(
      R"({"role":"user","content":"a"},{"role":"assistant","content":"{"})",
      R"(,"temperature":0.5,"top_p":0.9,"top_k":5,"stop_sequences":["x"],"stream":true,"metadata":{"user_id":"u"},)"
      R"("thinking":{"type":"enabled","budget_tokens":2048},"service_tier":"auto","output_config":{"effort":"low",)"
      R"("format":{"type":"json_schema","schema":{"type":"object"}}},)" +
          kTool + R"(,"tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true})"));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(parsed->answer_tokens, 9u);
  EXPECT_EQ(parsed->max_tokens, 0u);
  EXPECT_EQ(parsed->sampling.temperature, 0.5);
  EXPECT_EQ(parsed->sampling.top_k, 5);
  EXPECT_EQ(parsed->stop, std::vector<std::string>{"x"});
  EXPECT_TRUE(parsed->stream && parsed->continues);
  EXPECT_EQ(parsed->user, "u");
  EXPECT_EQ(parsed->thinking_budget, 2048u);
  EXPECT_TRUE(parsed->template_variables.at("enable_thinking").as_bool());
  EXPECT_EQ(parsed->constraint.kind, ConstraintKind::kJsonSchema);
  EXPECT_EQ(parsed->tool_choice, ToolChoice::kNamed);
  EXPECT_EQ(parsed->tool_name, "f");
  EXPECT_FALSE(parsed->parallel_tool_calls);
  EXPECT_EQ(json::serialize(parsed->tools),
            R"([{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}])");
  EXPECT_FALSE(ParseMessages(Hi(""))->template_variables.at("enable_thinking").as_bool());
  EXPECT_TRUE(ParseMessages(Hi(kTool + R"(,"tool_choice":{"type":"none"})"))->tools.empty());
  EXPECT_EQ(ParseMessages(R"({"model":"q[1m]","max_tokens":1,)" + kHi + "}")->model, "q");
  EXPECT_TRUE(ParseCountTokens(R"({"model":"m",)" + kHi + "}").has_value());
}

TEST(AnthropicParse, MarksOfWhatIsToBeKept) {
  const std::string marked = R"("cache_control":{"type":"ephemeral"})";
  const std::string hour = R"("cache_control":{"type":"ephemeral","ttl":"1h"})";
  const std::string head = R"({"model":"m","max_tokens":5,)";
  const auto parsed = ParseMessages(
      head + R"("system":[{"type":"text","text":"x-anthropic-billing-header: 1\nBe."},{"type":"text","text":"Kind.",)" +
      hour + R"(}],"tools":[{"name":"f","input_schema":{},)" + marked +
      R"(}],"messages":[{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"tool_use","id":"t1",)"
      R"("name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1",)"
      R"("content":"abc",)" +
      marked + R"(},{"type":"text","text":"more",)" + marked + R"(},{"type":"text","text":"again"}]}]})");
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  const auto& marks = parsed->cache_marks;
  ASSERT_EQ(marks.size(), 4u);
  const auto is = [&](std::size_t i, std::size_t message, std::size_t bytes, double seconds) {
    return marks[i].message == message && marks[i].bytes == bytes && marks[i].seconds == seconds;
  };
  EXPECT_TRUE(is(0, 0, 9, 300)) << "tools: behind the system prompt";
  EXPECT_TRUE(is(1, 0, 9, 3600)) << "without the line that was left out";
  EXPECT_TRUE(is(2, 3, 3, 300)) << "a result is a message";
  EXPECT_TRUE(is(3, 4, 4, 300)) << "up to the block";
  const auto whole = ParseMessages(head + marked + R"(,"messages":[{"role":"user","content":"hello"}]})");
  EXPECT_EQ(whole->cache_marks[0].bytes, 5u);
  std::string many;
  for (int i = 0; i < 5; ++i) many += (i ? "," : "") + (R"({"type":"text","text":"a",)" + marked + "}");
  EXPECT_EQ(ParseMessages(head + R"("messages":[{"role":"user","content":[)" + many + "]}]}").error().message,
            "A maximum of 4 blocks with cache_control may be provided. Found 5.");
  for (const char* bad : {"1", R"({"type":"forever"})", R"({"type":"ephemeral","ttl":"2h"})"})
    EXPECT_FALSE(ParseMessages(head + R"("messages":[{"role":"user","content":[{"type":"text","text":"a",)"
                                      R"("cache_control":)" + bad + "}]}]}"))
        << bad;
}

TEST(AnthropicWrite, AWholeMessage) {
  Choice choice;
  choice.thinking = "hm";
  choice.text = "a\"b";
  choice.calls = {{"call_1", "f", R"({"a": 1})"}, {"call_2", "g", R"({"cut)"}};
  choice.finish = Finish::kToolCalls;
  const UsageCounts usage{.prompt_tokens = 7, .completion_tokens = 3, .cached_tokens = 2};
  EXPECT_EQ(MakeAnswerWriter("msg_1", "m")->Whole({choice}, usage),
            R"({"id":"msg_1","type":"message","role":"assistant","model":"m","content":[)"
            R"({"type":"thinking","thinking":"hm","signature":""},{"type":"text","text":"a\"b"},)"
            R"({"type":"tool_use","id":"toolu_1","name":"f","input":{"a": 1}},)"
            R"({"type":"tool_use","id":"toolu_2","name":"g","input":{}}],"stop_reason":"tool_use",)"
            R"("stop_sequence":null,"usage":{"input_tokens":5,"cache_creation_input_tokens":0,)"
            R"("cache_read_input_tokens":2,"output_tokens":3}})");
}

TEST(AnthropicWrite, AStream) {
  const auto writer = MakeAnswerWriter("msg_1", "m");
  std::string out;
  writer->Begin(out, {.prompt_tokens = 7});
  writer->Write(out, {.part = Part::kThinking, .text = "t"}, {});
  writer->Write(out, {.text = "a"}, {});
  writer->Write(out, {.text = "b"}, {});
  writer->Write(out, {.part = Part::kCallBegin, .text = "f", .call_id = "call_1"}, {});
  writer->Write(out, {.part = Part::kCallArguments, .text = "{}"}, {});
  writer->Write(out, {.part = Part::kCallEnd}, {});
  writer->EndChoice(out, 0, Finish::kStopString, "END", {});
  writer->End(out, {.prompt_tokens = 7, .completion_tokens = 3});
  const auto event = [](std::string_view name, std::string_view data) {
    return "event: " + std::string(name) + "\ndata: " + std::string(data) + "\n\n";
  };
  const auto block = [&](int index, std::string_view begin, std::initializer_list<std::string_view> deltas) {
    const std::string at = R"("index":)" + std::to_string(index);
    std::string text = event("content_block_start", R"({"type":"content_block_start",)" + at + R"(,"content_block":)" +
                                                        std::string(begin) + "}");
    for (std::string_view delta : deltas)
      text += event("content_block_delta",
                    R"({"type":"content_block_delta",)" + at + R"(,"delta":)" + std::string(delta) + "}");
    return text + event("content_block_stop", R"({"type":"content_block_stop",)" + at + "}");
  };
  const std::string usage = R"("cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":)";
  EXPECT_EQ(
      out,
      event("message_start",
            R"({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m",)"
            R"("content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":7,)" +
                usage + "0}}}") +
          event("ping", R"({"type":"ping"})") +
          block(0, R"({"type":"thinking","thinking":"","signature":""})",
                {R"({"type":"thinking_delta","thinking":"t"})", R"({"type":"signature_delta","signature":""})"}) +
          block(1, R"({"type":"text","text":""})",
                {R"({"type":"text_delta","text":"a"})", R"({"type":"text_delta","text":"b"})"}) +
          block(2, R"({"type":"tool_use","id":"toolu_1","name":"f","input":{}})",
                {R"({"type":"input_json_delta","partial_json":"{}"})"}) +
          event("message_delta", R"({"type":"message_delta","delta":{"stop_reason":"stop_sequence",)"
                                 R"("stop_sequence":"END"},"usage":{"input_tokens":7,)" +
                                     usage + "3}}") +
          event("message_stop", R"({"type":"message_stop"})"));
  out.clear();
  writer->Fail(out, {504, "late", "", "request_timeout"}, "req_1");
  EXPECT_EQ(out, event("error", R"({"type":"error","error":{"type":"timeout_error","message":"late"},)"
                                R"("request_id":"req_1"})"));
}

TEST(AnthropicWrite, ErrorsAndModels) {
  const std::pair<ApiError, std::string_view> cases[] = {
      {{400, "m"}, "invalid_request_error"}, {{400, "m", "", "Arrearage"}, "billing_error"},
      {{401, "m"}, "authentication_error"},  {{403, "m"}, "permission_error"},
      {{404, "m"}, "not_found_error"},       {{413, "m"}, "request_too_large"},
      {{429, "m"}, "rate_limit_error"},      {{500, "m"}, "api_error"},
      {{503, "m"}, "overloaded_error"},
  };
  for (const auto& [error, type] : cases)
    EXPECT_EQ(json::parse(WriteError(error, "r")).at("error").at("type").as_string(), type);
  EXPECT_EQ(WriteModelList({{"a", 0}}, true),
            R"({"data":[{"type":"model","id":"a","display_name":"a","created_at":"1970-01-01T00:00:00Z"}],)"
            R"("has_more":true,"first_id":"a","last_id":"a"})");
  EXPECT_EQ(WriteModelList({}, false), R"({"data":[],"has_more":false,"first_id":null,"last_id":null})");
}

}  // namespace
}  // namespace yun::api::anthropic
