#include "api/dashscope/parse.h"

#include <gtest/gtest.h>

namespace yun::api::dashscope {
namespace {

const std::string kHi = R"("input":{"messages":[{"role":"user","content":"hi"}]})";

std::string Body(const std::string& parameters, const std::string& model = "m") {
  return R"({"model":")" + model + "\"," + kHi + R"(,"parameters":{)" + parameters + "}}";
}

std::string Messages(const std::string& messages) {
  return R"({"model":"m","input":{"messages":[)" + messages + "]}}";
}

GenerationRequest Read(const std::string& body, Service service = Service::kText, bool stream = false) {
  auto parsed = ParseGenerationRequest(body, service, stream);
  EXPECT_TRUE(parsed.has_value()) << body << ": " << (parsed ? "" : parsed.error().message);
  return parsed ? *parsed : GenerationRequest();
}

TEST(DashscopeParse, ReadsEveryParameter) {
  const GenerationRequest r = Read(Body(
      R"("temperature":0,"top_p":0.9,"top_k":20,"repetition_penalty":1.1,"presence_penalty":-2,"max_tokens":7,
         "max_completion_tokens":9,"seed":9223372036854775807,"n":3,"stop":["a","b"],"logprobs":true,"top_logprobs":5,
         "incremental_output":true,"stream":true,"enable_thinking":false,"thinking_budget":100,
         "preserve_thinking":true,"tool_stream":true,"enable_search":false,"vl_high_resolution_images":true,
         "priority":3,"service_tier":"flex","not_known_to_us":1)"));
  const ChatRequest& c = r.chat;
  EXPECT_EQ(c.model, "m");
  EXPECT_EQ(c.sampling.temperature, 0.0);
  EXPECT_EQ(c.sampling.top_p, 0.9);
  EXPECT_EQ(c.sampling.top_k, 20);
  EXPECT_EQ(c.sampling.repetition_penalty, 1.1);
  EXPECT_EQ(c.sampling.presence_penalty, -2);
  EXPECT_EQ(c.answer_tokens, 7u);
  EXPECT_EQ(c.max_tokens, 9u);
  EXPECT_EQ(c.sampling.seed, 9223372036854775807u);
  EXPECT_EQ(c.n, 3u);
  EXPECT_EQ(c.stop, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(c.logprobs, 5);
  EXPECT_TRUE(r.incremental && c.stream && c.idle);
  EXPECT_EQ(c.priority, 3);
  EXPECT_EQ(c.thinking_budget, 100u);
  EXPECT_FALSE(c.template_variables.at("enable_thinking").as_bool());
  EXPECT_TRUE(c.template_variables.at("preserve_thinking").as_bool());
  EXPECT_FALSE(c.parallel_tool_calls);  // unlike OpenAI's
}

TEST(DashscopeParse, LeavesWhatIsAbsentToTheModel) {
  for (const std::string& body :
       {Body(""), Body(R"("temperature":null,"stop":null,"n":null)"), "{\"model\":\"m\"," + kHi + "}"}) {
    const GenerationRequest r = Read(body);
    EXPECT_FALSE(r.chat.sampling.temperature || r.chat.sampling.top_p || r.chat.sampling.top_k || r.chat.sampling.seed);
    EXPECT_EQ(r.chat.n, 1u);
    EXPECT_EQ(r.chat.logprobs, -1);
    EXPECT_FALSE(r.incremental || r.chat.stream);
  }
  EXPECT_TRUE(Read(Body(""), Service::kText, true).chat.stream);
}

TEST(DashscopeParse, TopKIsOffAboveAHundredAndWhenNull) {
  EXPECT_EQ(Read(Body(R"("top_k":100)")).chat.sampling.top_k, 100);
  EXPECT_EQ(Read(Body(R"("top_k":101)")).chat.sampling.top_k, 0);
  EXPECT_EQ(Read(Body(R"("top_k":9223372036854775807)")).chat.sampling.top_k, 0);
  EXPECT_EQ(Read(Body(R"("top_k":null)")).chat.sampling.top_k, 0);
}

TEST(DashscopeParse, Stops) {
  EXPECT_EQ(Read(Body(R"("stop":"a")")).chat.stop, std::vector<std::string>{"a"});
  EXPECT_EQ(Read(Body(R"("stop":[1,2])")).chat.stop_ids, (std::vector<std::int32_t>{1, 2}));
  const GenerationRequest r = Read(Body(R"("stop":[[1,2],[3]])"));
  EXPECT_EQ(r.chat.stop_ids, std::vector<std::int32_t>{3});
  EXPECT_EQ(r.stop_sequences, (std::vector<std::vector<std::int32_t>>{{1, 2}}));
}

TEST(DashscopeParse, TheFormOfAnAnswer) {
  struct Case {
    std::string model, parameters;
    Service service;
    ResultFormat format;
  };
  const auto text = ResultFormat::kText, message = ResultFormat::kMessage;
  const std::string tool = R"("tools":[{"type":"function","function":{"name":"f"}}])";
  const Case cases[] = {
      {"m", "", Service::kText, text},
      {"m", R"("result_format":"message")", Service::kText, message},
      {"Qwen3-Max", "", Service::kText, message},
      {"qwq-32b", "", Service::kText, message},
      {"qwen2.5", "", Service::kText, text},
      {"qwen3-max", R"("result_format":"text")", Service::kText, text},
      {"m", R"("result_format":"text","enable_thinking":true)", Service::kText, message},
      {"m", R"("result_format":"text","enable_thinking":false)", Service::kText, text},
      {"m", R"("result_format":"text",)" + tool, Service::kText, message},
      {"m", R"("result_format":"text","n":2)", Service::kText, message},
      {"m", R"("logprobs":true)", Service::kText, message},
      {"m", R"("result_format":"text")", Service::kMultimodal, message},
  };
  for (const Case& c : cases)
    EXPECT_EQ(Read(Body(c.parameters, c.model), c.service).format, c.format) << c.model << " " << c.parameters;
  EXPECT_EQ(Read(Body("\"n\":4," + tool)).chat.n, 1u);  // with tools there is one answer
}

TEST(DashscopeParse, Inputs) {
  EXPECT_EQ(boost::json::serialize(Read(R"({"model":"m","input":{"prompt":"hi"}})").chat.messages),
            R"([{"role":"user","content":"hi"}])");
  const auto later = Read(R"({"model":"m","input":{"prompt":"so?","history":[{"user":"a","bot":"b"}]}})");
  EXPECT_EQ(boost::json::serialize(later.chat.messages),
            R"([{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"so?"}])");
  EXPECT_EQ(boost::json::serialize(Read(Messages(R"({"role":"user","content":[{"text":"a","cache_control":)"
                                                 R"({"type":"ephemeral"}},{"type":"text","text":"b"}]})"),
                                        Service::kMultimodal)
                                       .chat.messages),
            R"([{"role":"user","content":"a\nb"}])");
  const GenerationRequest r = Read(
      Messages(R"({"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{"id":"1","index":0,)"
               R"("type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},)"
               R"({"role":"tool","content":"x","tool_call_id":"1"},)"
               R"({"role":"assistant","content":"so","partial":true})"));
  EXPECT_TRUE(r.chat.continues);
  EXPECT_EQ(r.chat.messages.size(), 4u);
  EXPECT_TRUE(r.chat.messages[1].at("tool_calls").at(0).at("function").at("arguments").is_object());
}

TEST(DashscopeParse, ThinkingWithASchemaAndTools) {
  const GenerationRequest r = Read(Body(R"("enable_thinking":true,"response_format":{"type":"json_schema",
      "json_schema":{"name":"n","schema":{"type":"object"}}},"tools":[{"type":"function","function":{"name":"search"}}],
      "tool_choice":{"type":"function","function":{"name":"search"}})"));
  EXPECT_EQ(r.chat.constraint.kind, ConstraintKind::kJsonSchema);
  EXPECT_EQ(r.chat.tool_choice, ToolChoice::kNamed);
  EXPECT_TRUE(r.chat.template_variables.at("enable_thinking").as_bool());
  EXPECT_EQ(Read(Body(R"("reasoning_effort":"low")")).chat.thinking_budget, 4096u);
}

TEST(DashscopeParse, WhatIsWrongIsSaidInTheVendorsWords) {
  struct Case {
    std::string body, param, text;
  };
  const Case cases[] = {
      {"{", "", "not valid JSON"},
      {"{" + kHi + "}", "model", R"(Required parameter "model" missing from request.)"},
      {R"({"model":3,)" + kHi + "}", "model", "expected a string"},
      {R"({"model":"m"})", "input", "Required input parameter missing from request."},
      {R"({"model":"m","input":"hi"})", "input", "expected an object"},
      {R"({"model":"m",)" + kHi + R"(,"parameters":[]})", "parameters", "expected an object"},
      {R"({"model":"m","input":{}})", "messages",
       R"(Either "prompt" or "messages" must exist and cannot both be none)"},
      {Messages(""), "messages", "[] is too short"},
      {Messages(R"({"role":"tool","content":"x","tool_call_id":"1"})"), "messages[0].role",
       R"(Messages with role "tool" must be a response to a preceding message with "tool_calls")"},
      {Messages(R"({"role":"user","content":[{"image":"http://x"},{"text":"a"}]})"), "messages[0].content[0]",
       "parts of kind 'image' are not supported yet"},
      {Messages(R"({"role":"user","content":[{"txt":"a"}]})"), "messages[0].content[0].text", "Missing"},
      {Messages(R"({"role":"user","content":["a"]})"), "messages[0].content[0]", "expected an object"},
      {R"({"model":"m","input":{"messages":[{"role":"user","content":"a"}],"history":[]}})", "history", "supported"},
      {R"({"model":"m","input":{"prompt":"a","history":[{"user":"x"}]}})", "history[0].bot", "Missing"},
      {R"({"model":"m","input":{"prompt":"a","history":{}}})", "history", "array"},
      {Body(R"("temperature":2)"), "temperature", "Temperature should be in [0.0, 2.0)"},
      {Body(R"("temperature":-1)"), "temperature", "Temperature should be in [0.0, 2.0)"},
      {Body(R"("temperature":"x")"), "temperature", "expected a number"},
      {Body(R"("top_p":0)"), "top_p", "Range of top_p should be (0.0, 1.0]"},
      {Body(R"("top_p":1.5)"), "top_p", "Range of top_p should be (0.0, 1.0]"},
      {Body(R"("top_k":-1)"), "top_k", "Parameter top_k be greater than or equal to 0"},
      {Body(R"("top_k":1.5)"), "top_k", "expected an integer"},
      {Body(R"("repetition_penalty":0)"), "repetition_penalty", "Repetition_penalty should be greater than 0.0"},
      {Body(R"("presence_penalty":3)"), "presence_penalty", "Presence_penalty should be in [-2.0, 2.0]"},
      {Body(R"("n":5)"), "n", "Range of n should be [1, 4]"},
      {Body(R"("n":0)"), "n", "Range of n should be [1, 4]"},
      {Body(R"("max_tokens":0)"), "max_tokens", "Range of max_tokens should be [1, "},
      {Body(R"("seed":-1)"), "seed", "Range of seed should be [0, 9223372036854775807]"},
      {Body(R"("top_logprobs":6)"), "top_logprobs", "Range of top_logprobs should be [0, 5]"},
      {Body(R"("result_format":"xml")"), "result_format", "neither text nor message"},
      {Body(R"("stop":["a",1])"), "stop", "cannot be mixed"},
      {Body(R"("stop":[[1],2])"), "stop", "cannot be mixed"},
      {Body(R"("stop":[[]])"), "stop", "1 to 64"},
      {Body(R"("stop":[-1])"), "stop", "a token id is"},
      {Body(R"("stop":[[1,"a"]])"), "stop", "a token id is"},
      {Body(R"("stop":[""])"), "stop", "must not be empty"},
      {Body(R"("stop":[true])"), "stop", "a token id is"},
      {Body(R"("stop":7)"), "stop", "expected"},
      {Body(R"("enable_search":true)"), "enable_search", "not supported"},
      {Body(R"("enable_code_interpreter":true)"), "enable_code_interpreter", "not supported"},
      {Body(R"("ocr_options":{})"), "ocr_options", "not supported"},
      {Body(R"("incremental_output":"yes")"), "incremental_output", "expected a boolean"},
      {Body(R"("tool_choice":"required")"), "tool_choice", "'tools' is missing"},
      {Body(R"("tools":[{"type":"function","function":{"name":"a\"b"}}])"), "tools[0].function.name", "does not match"},
      {Body(R"("enable_thinking":1)"), "enable_thinking", "expected a boolean"},
      {Body(R"("thinking_budget":0)"), "thinking_budget", "range"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.body);
    const auto parsed = ParseGenerationRequest(c.body, Service::kText, false);
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().status, 400);
    EXPECT_EQ(parsed.error().param, c.param) << parsed.error().message;
    EXPECT_NE(parsed.error().message.find(c.text), std::string::npos) << parsed.error().message;
  }
  const auto speech = ParseGenerationRequest(R"({"model":"m","input":{"text":"a","voice":"b"}})", Service::kMultimodal,
                                             false);
  ASSERT_FALSE(speech.has_value());
  EXPECT_NE(speech.error().message.find("speech"), std::string::npos);
}

}  // namespace
}  // namespace yun::api::dashscope
