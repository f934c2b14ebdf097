#include "api/openai/parse.h"

#include <gtest/gtest.h>

#include <string>

#include "api/fields.h"

namespace yun::api::openai {
namespace {

const std::string kHi = R"("messages":[{"role":"user","content":"hi"}])";
std::string Chat(const std::string& more) { return R"({"model":"m",)" + kHi + (more.empty() ? "" : "," + more) + "}"; }
std::string Messages(const std::string& list) { return R"({"model":"m","messages":[)" + list + "]}"; }
std::string Completion(const std::string& more) { return R"({"model":"m",)" + more + "}"; }

struct Bad {
  std::string body, param, code;
};

TEST(ParseChat, NamesTheFieldAtFault) {
  const Bad cases[] = {
      {"", "", "invalid_json"},
      {"{", "", "invalid_json"},
      {"[]", "", "invalid_json"},
      {"{} x", "", "invalid_json"},
      {"{\"model\":\"\xff\"}", "", "invalid_json"},
      {"{\"model\":\"m\",\"messages\":" + std::string(1000, '[') + std::string(1000, ']') + "}", "", "invalid_json"},
      {R"({"messages":[]})", "model", "missing_required_parameter"},
      {R"({"model":3,)" + kHi + "}", "model", "invalid_type"},
      {R"({"model":"",)" + kHi + "}", "model", "invalid_value"},
      {R"({"model":"m"})", "messages", "missing_required_parameter"},
      {R"({"model":"m","messages":"hi"})", "messages", "invalid_type"},
      {Messages(""), "messages", "invalid_value"},
      {Messages("1"), "messages[0]", "invalid_type"},
      {Messages(R"({"content":"x"})"), "messages[0].role", "missing_required_parameter"},
      {Messages(R"({"role":7,"content":"x"})"), "messages[0].role", "invalid_type"},
      {Messages(R"({"role":"robot","content":"x"})"), "messages[0].role", "invalid_value"},
      {Messages(R"({"role":"user"})"), "messages[0].content", "missing_required_parameter"},
      {Messages(R"({"role":"user","content":5})"), "messages[0].content", "invalid_type"},
      {Messages(R"({"role":"user","content":[5]})"), "messages[0].content[0]", "invalid_type"},
      {Messages(
           R"({"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"x"}}]})"),
       "messages[0].content[1].type", "unsupported_value"},
      {Messages(R"({"role":"user","content":[{"type":"text"}]})"), "messages[0].content[0].text",
       "missing_required_parameter"},
      {Messages(R"({"role":"tool","content":"x","tool_call_id":"1"})"), "messages[0].role", "invalid_value"},
      {Messages(R"({"role":"user","content":"a","tool_calls":[]})"), "messages[0].tool_calls", "invalid_value"},
      {Messages(R"({"role":"assistant","tool_calls":[{"id":"1"}]})"), "messages[0].tool_calls[0].function",
       "missing_required_parameter"},
      {Messages(R"({"role":"user","content":"a","name":1})"), "messages[0].name", "invalid_type"},
      {Chat(R"("temperature":"hot")"), "temperature", "invalid_type"},
      {Chat(R"("temperature":-0.1)"), "temperature", "invalid_value"},
      {Chat(R"("temperature":2.1)"), "temperature", "invalid_value"},
      {Chat(R"("temperature":1e999)"), "temperature", "invalid_value"},
      {Chat(R"("top_p":0)"), "top_p", "invalid_value"},
      {Chat(R"("top_p":1.01)"), "top_p", "invalid_value"},
      {Chat(R"("min_p":1)"), "min_p", "invalid_value"},
      {Chat(R"("top_k":-2)"), "top_k", "invalid_value"},
      {Chat(R"("top_k":1.5)"), "top_k", "invalid_type"},
      {Chat(R"("top_k":99999999999)"), "top_k", "invalid_value"},
      {Chat(R"("repetition_penalty":0)"), "repetition_penalty", "invalid_value"},
      {Chat(R"("presence_penalty":-2.5)"), "presence_penalty", "invalid_value"},
      {Chat(R"("frequency_penalty":3)"), "frequency_penalty", "invalid_value"},
      {Chat(R"("n":0)"), "n", "invalid_value"},
      {Chat(R"("n":129)"), "n", "invalid_value"},
      {Chat(R"("n":true)"), "n", "invalid_type"},
      {Chat(R"("max_tokens":0)"), "max_tokens", "invalid_value"},
      {Chat(R"("max_tokens":18446744073709551615)"), "max_tokens", "invalid_value"},
      {Chat(R"("max_completion_tokens":-1)"), "max_completion_tokens", "invalid_value"},
      {Chat(R"("seed":1.5)"), "seed", "invalid_type"},
      {Chat(R"("priority":-1)"), "priority", "invalid_value"},
      {Chat(R"("priority":1001)"), "priority", "invalid_value"},
      {Chat(R"("service_tier":"scale")"), "service_tier", "unsupported_value"},
      {Chat(R"("service_tier":1)"), "service_tier", "unsupported_value"},
      {Chat(R"("timeout":0)"), "timeout", "invalid_value"},
      {Chat(R"("timeout":"1 s")"), "timeout", "invalid_type"},
      {Chat(R"("ttft_objective_ms":-5)"), "ttft_objective_ms", "invalid_value"},
      {Chat(R"("cache_salt":"")"), "cache_salt", "invalid_value"},
      {Chat(R"("cache_salt":7)"), "cache_salt", "invalid_type"},
      {Chat(R"("deterministic":1)"), "deterministic", "invalid_type"},
      {Chat(R"("stop":"")"), "stop", "invalid_value"},
      {Chat(R"("stop":[1])"), "stop", "invalid_type"},
      {Chat(R"("stop":["a","a","a","a","a","a","a","a","a","a","a","a","a","a","a","a","a"])"), "stop",
       "invalid_value"},
      {Chat("\"stop\":\"" + std::string(kStopBytesMax + 1, 'x') + "\""), "stop", "invalid_value"},
      {Chat(R"("stop_token_ids":[-1])"), "stop_token_ids", "invalid_value"},
      {Chat(R"("stop_token_ids":[4294967296])"), "stop_token_ids", "invalid_value"},
      {Chat(R"("logit_bias":{"a":1})"), "logit_bias", "invalid_value"},
      {Chat(R"("logit_bias":{"-1":1})"), "logit_bias", "invalid_value"},
      {Chat(R"("logit_bias":{"1":101})"), "logit_bias", "invalid_value"},
      {Chat(R"("logit_bias":{"1":"x"})"), "logit_bias", "invalid_type"},
      {Chat(R"("logprobs":1)"), "logprobs", "invalid_type"},
      {Chat(R"("top_logprobs":3)"), "top_logprobs", "invalid_value"},
      {Chat(R"("logprobs":true,"top_logprobs":21)"), "top_logprobs", "invalid_value"},
      {Chat(R"("stream":"yes")"), "stream", "invalid_type"},
      {Chat(R"("stream_options":{"include_usage":true})"), "stream_options", "invalid_value"},
      {Chat(R"("stream":true,"stream_options":{"include_usage":1})"), "stream_options.include_usage", "invalid_type"},
      {Chat(R"("stream":true,"stream_options":{"speed":1})"), "stream_options", "unknown_parameter"},
      {Chat(R"("temprature":1)"), "temprature", "unknown_parameter"},
      {Chat(R"("response_format":{"type":"json_schema"})"), "response_format.json_schema",
       "missing_required_parameter"},
      {Chat(R"("response_format":{"type":"json_schema","json_schema":{"name":"n"}})"),
       "response_format.json_schema.schema", "missing_required_parameter"},
      {Chat(R"("response_format":{"type":"json_schema","json_schema":{"schema":[]}})"),
       "response_format.json_schema.schema", "invalid_type"},
      {Chat(R"("response_format":{"type":"json_schema","json_schema":{"schema":{},"strict":1}})"),
       "response_format.json_schema.strict", "invalid_type"},
      {Chat(R"("response_format":{"type":"json_schema","json_schema":{"schema":{},"x":1}})"),
       "response_format.json_schema.x", "unknown_parameter"},
      {Chat(R"("response_format":{"type":"grammar"})"), "response_format.type", "invalid_value"},
      {Chat(R"("guided_json":[1])"), "guided_json", "invalid_type"},
      {Chat(R"("guided_regex":1)"), "guided_regex", "invalid_type"},
      {Chat(R"("guided_choice":[])"), "guided_choice", "invalid_value"},
      {Chat(R"("guided_choice":["a",1])"), "guided_choice", "invalid_type"},
      {Chat(R"("guided_choice":["a",""])"), "guided_choice", "invalid_value"},
      {Chat(R"("guided_regex":"a","guided_json":{})"), "guided_regex", "invalid_value"},
      {Chat(R"("response_format":{"type":"json_object"},"guided_grammar":"start: \"a\"")"), "guided_grammar",
       "invalid_value"},
      {Chat(R"("structured_outputs":{"json":{},"regex":"a"})"), "structured_outputs.regex", "invalid_value"},
      {Chat(R"("structured_outputs":{"xml":"a"})"), "structured_outputs.xml", "unknown_parameter"},
      {Chat(R"("response_format":"text")"), "response_format", "invalid_type"},
      {Chat(R"("tool_choice":"required")"), "tool_choice", "invalid_value"},
      {Chat(R"("tool_choice":"any")"), "tool_choice", "invalid_value"},
      {Chat(R"("tool_choice":1)"), "tool_choice", "invalid_type"},
      {Chat(R"("tool_choice":{"type":"function"})"), "tool_choice.function.name", "missing_required_parameter"},
      {Chat(R"("tool_choice":{"type":"function","function":{"name":"f"}})"), "tool_choice", "invalid_value"},
      {Chat(R"("tool_choice":{"type":"function","function":{"name":"f"}},
               "tools":[{"type":"function","function":{"name":"g"}}])"),
       "tool_choice.function.name", "invalid_value"},
      {Chat(R"("tools":[{"type":"function","function":{"name":"g","parameters":[]}}])"),
       "tools[0].function.parameters", "invalid_type"},
      {Chat(R"("tools":[{"type":"function","function":{"name":"g","strict":1}}])"), "tools[0].function.strict",
       "invalid_type"},
      {Chat(R"("parallel_tool_calls":1)"), "parallel_tool_calls", "invalid_type"},
      {Chat(R"("thinking_budget":0)"), "thinking_budget", "invalid_value"},
      {Chat(R"("thinking_budget":9,"reasoning_effort":"low")"), "reasoning_effort", "invalid_value"},
      {Messages(R"({"role":"user","content":"a","partial":true})"), "messages[0].partial", "invalid_value"},
      {Messages(R"({"role":"assistant","content":"a","partial":true},{"role":"user","content":"b"})"),
       "messages[0].partial", "invalid_value"},
      {Messages(R"({"role":"assistant","content":"a","partial":1})"), "messages[0].partial", "invalid_type"},
      {Chat(R"("tools":{})"), "tools", "invalid_type"},
      {Chat(R"("tools":[{"type":"web_search"}])"), "tools[0].type", "invalid_value"},
      {Chat(R"("tools":[{"type":"function","function":{}}])"), "tools[0].function.name", "missing_required_parameter"},
      {Chat(R"("tools":[{"type":"function","function":{"name":"a b"}}])"), "tools[0].function.name", "invalid_value"},
      {Chat(R"("tools":[{"type":"function","function":{"name":"a\u0000"}}])"), "tools[0].function.name",
       "invalid_value"},
      {Chat(R"("functions":[])"), "functions", "unsupported_parameter"},
      {Chat(R"("reasoning_effort":"lots")"), "reasoning_effort", "invalid_value"},
      {Chat(R"("enable_search":true)"), "enable_search", "unsupported_value"},
      {Chat(R"("store":true)"), "store", "unsupported_value"},
      {Chat(R"("modalities":["audio"])"), "modalities", "unsupported_value"},
      {Chat(R"("enable_thinking":"no")"), "enable_thinking", "invalid_type"},
      {Chat(R"("chat_template_kwargs":{"messages":[]})"), "chat_template_kwargs", "invalid_value"},
  };
  for (const Bad& c : cases) {
    SCOPED_TRACE(c.body.substr(0, 200));
    const auto parsed = ParseChatRequest(c.body);
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().status, 400);
    EXPECT_EQ(parsed.error().param, c.param) << parsed.error().message;
    EXPECT_EQ(parsed.error().code, c.code) << parsed.error().message;
    EXPECT_FALSE(parsed.error().message.empty());
  }
  EXPECT_EQ(ParseChatRequest(std::string(kBodyBytesMax + 1, ' ')).error().status, 413);
}

TEST(Parse, NamesOfTools) {
  for (const std::string good : {"f", "get_weather", "mcp__files__read-file", "server.tool", "server:tool", "a/b"})
    EXPECT_TRUE(IsToolName(good)) << good;
  for (const std::string bad : {"", "a b", "a\nb", "a>b", "<f", "a\"", "a=b", "a\\b", "f\x7F", "\xE5\xA4\xA9", "f(x)"})
    EXPECT_FALSE(IsToolName(bad)) << bad;
  EXPECT_TRUE(IsToolName(std::string(kToolNameBytesMax, 'a')));
  EXPECT_FALSE(IsToolName(std::string(kToolNameBytesMax + 1, 'a')));
}

TEST(Parse, ReadsHowARequestIsServed) {
  const std::string terms =
      R"("priority":3,"service_tier":"flex","timeout":1.5,"ttft_objective_ms":250,)"
      R"("cache_salt":"s","deterministic":true)";
  const auto check = [](const Generation& wish) {
    EXPECT_EQ(wish.priority, 3);
    EXPECT_TRUE(wish.idle);
    EXPECT_EQ(wish.timeout_s, 1.5);
    EXPECT_EQ(wish.ttft_objective_s, 0.25);
    EXPECT_EQ(wish.cache_salt, "s");
    EXPECT_TRUE(wish.deterministic);
  };
  const auto chat = ParseChatRequest(Chat(terms));
  ASSERT_TRUE(chat.has_value()) << chat.error().message;
  check(*chat);
  const auto completion = ParseCompletionRequest(Completion(R"("prompt":"x",)" + terms));
  ASSERT_TRUE(completion.has_value()) << completion.error().message;
  check(*completion);
  const auto plain = ParseChatRequest(Chat(R"("service_tier":"default")"));
  ASSERT_TRUE(plain.has_value());
  EXPECT_FALSE(plain->idle || plain->deterministic);
  EXPECT_EQ(plain->timeout_s, 0);
}

TEST(ParseChat, ReadsEveryParameter) {
  const auto parsed = ParseChatRequest(Chat(
      R"("temperature":0,"top_p":0.9,"top_k":20,"min_p":0.05,"repetition_penalty":1.1,"presence_penalty":1,
         "frequency_penalty":-1,
         "logit_bias":{"12":-100,"3":1.5},"seed":-7,"stop":["a","b"],"stop_token_ids":[5],"max_completion_tokens":9,
         "max_tokens":99,
         "n":2,"logprobs":true,"top_logprobs":3,"ignore_eos":true,"stream":true,"stream_options":{"include_usage":true},
         "user":"u","enable_thinking":false,"response_format":{"type":"text"},"service_tier":"auto",
         "metadata":{"a":"b"},"tool_choice":null,"store":false)"));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  const ChatRequest& r = *parsed;
  EXPECT_EQ(r.model, "m");
  EXPECT_EQ(r.sampling.temperature, 0.0);
  EXPECT_EQ(r.sampling.top_p, 0.9);
  EXPECT_EQ(r.sampling.top_k, 20);
  EXPECT_EQ(r.sampling.min_p, 0.05);
  EXPECT_EQ(r.sampling.repetition_penalty, 1.1);
  EXPECT_EQ(r.sampling.presence_penalty, 1);
  EXPECT_EQ(r.sampling.frequency_penalty, -1);
  EXPECT_EQ(r.sampling.logit_bias.size(), 2u);
  EXPECT_EQ(r.sampling.seed, static_cast<std::uint64_t>(-7));
  EXPECT_EQ(r.stop, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(r.stop_ids, (std::vector<std::int32_t>{5}));
  EXPECT_EQ(r.max_tokens, 9u);
  EXPECT_EQ(r.answer_tokens, 99u);
  EXPECT_EQ(r.n, 2u);
  EXPECT_EQ(r.logprobs, 3);
  EXPECT_TRUE(r.ignore_eos && r.stream && r.include_usage);
  EXPECT_EQ(r.user, "u");
  EXPECT_FALSE(r.template_variables.at("enable_thinking").as_bool());
}

TEST(ParseChat, ReadsWhatTheAnswerMustLookLike) {
  struct Case {
    const char* fields;
    ConstraintKind kind;
    const char *text, *param;
  };
  const Case cases[] = {
      {R"("response_format":{"type":"text"})", ConstraintKind::kNone, "", ""},
      {R"("response_format":{"type":"json_object"})", ConstraintKind::kJsonObject, "", "response_format"},
      {R"("response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"description":"d",
           "schema":{"z":1,"a":[null]}}})",
       ConstraintKind::kJsonSchema, R"({"z":1,"a":[null]})", "response_format.json_schema.schema"},
      {R"("guided_json":{"type":"null"})", ConstraintKind::kJsonSchema, R"({"type":"null"})", "guided_json"},
      {R"("guided_json":"{}")", ConstraintKind::kJsonSchema, "{}", "guided_json"},
      {R"("guided_regex":"a+")", ConstraintKind::kRegex, "a+", "guided_regex"},
      {R"("guided_choice":["a","\"é"])", ConstraintKind::kChoice, R"(["a","\"é"])", "guided_choice"},
      {R"("guided_grammar":"start: \"a\"")", ConstraintKind::kLark, R"(start: "a")", "guided_grammar"},
      {R"("structured_outputs":{"json":null,"regex":"b"})", ConstraintKind::kRegex, "b", "structured_outputs.regex"},
      {R"("structured_outputs":{"json_object":true})", ConstraintKind::kJsonObject, "",
       "structured_outputs.json_object"},
      {R"("structured_outputs":{"choice":["x"],"json_object":false})", ConstraintKind::kChoice, R"(["x"])",
       "structured_outputs.choice"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.fields);
    const auto parsed = ParseChatRequest(Chat(c.fields));
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
    EXPECT_EQ(parsed->constraint.kind, c.kind);
    EXPECT_EQ(parsed->constraint.text, c.text);
    EXPECT_EQ(parsed->constraint.param, c.param);
  }
}

TEST(ParseChat, LeavesWhatIsAbsentToTheModel) {
  const auto parsed = ParseChatRequest(Chat(R"("temperature":null,"stop":null,"n":null)"));
  ASSERT_TRUE(parsed.has_value());
  EXPECT_FALSE(parsed->sampling.temperature || parsed->sampling.top_p || parsed->sampling.top_k ||
               parsed->sampling.seed);
  EXPECT_EQ(parsed->max_tokens, 0u);
  EXPECT_EQ(parsed->n, 1u);
  EXPECT_EQ(parsed->logprobs, -1);
}

TEST(ParseChat, MessagesBecomeWhatTemplatesRead) {
  struct Case {
    std::string messages, want;
  };
  const Case cases[] = {
      {R"({"role":"developer","content":"d"})", R"([{"role":"system","content":"d"}])"},
      {R"({"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]})",
       R"([{"role":"user","content":"a\nb"}])"},
      {R"({"content":"order","role":"user","extra":1})", R"([{"content":"order","role":"user","extra":1}])"},
      {R"({"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function",)"
       R"("function":{"name":"f","arguments":"{\"b\":1,\"a\":2}"}}]},
          {"role":"tool","tool_call_id":"1","content":"x"},{"role":"tool","tool_call_id":"2","content":"y"})",
       R"([{"role":"assistant","content":"","tool_calls":[{"id":"1","type":"function",)"
       R"("function":{"name":"f","arguments":{"b":1,"a":2}}}]},{"role":"tool","tool_call_id":"1",)"
       R"("content":"x"},{"role":"tool","tool_call_id":"2","content":"y"}])"},
      {R"({"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"not json"}}]})",
       R"([{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"not json"}}],"content":""}])"},
      {R"({"role":"assistant","content":"c","tool_calls":null,"name":null})",
       R"([{"role":"assistant","content":"c"}])"},
  };
  for (const Case& c : cases) {
    const auto parsed = ParseChatRequest(Messages(c.messages));
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
    EXPECT_EQ(boost::json::serialize(parsed->messages), c.want);
  }
}

TEST(ParseChat, ToolsKeepTheirOrderAndGoWithChoiceNone) {
  const std::string tools = R"("tools":[{"type":"function","function":{"name":"f","parameters":{"z":1,"a":2}}}])";
  EXPECT_EQ(boost::json::serialize(ParseChatRequest(Chat(tools))->tools),
            R"([{"type":"function","function":{"name":"f","parameters":{"z":1,"a":2}}}])");
  EXPECT_TRUE(ParseChatRequest(Chat(tools + R"(,"tool_choice":"none")"))->tools.empty());
  EXPECT_FALSE(ParseChatRequest(Chat(tools + R"(,"parallel_tool_calls":false)"))->parallel_tool_calls);
  const auto required = ParseChatRequest(Chat(tools + R"(,"tool_choice":"required")"));
  EXPECT_EQ(required->tool_choice, ToolChoice::kRequired);
  const auto named = ParseChatRequest(Chat(tools + R"(,"tool_choice":{"type":"function","function":{"name":"f"}})"));
  EXPECT_EQ(named->tool_choice, ToolChoice::kNamed);
  EXPECT_EQ(named->tool_name, "f");
}

TEST(ParseChat, HowMuchIsThought) {
  EXPECT_EQ(ParseChatRequest(Chat(R"("thinking_budget":50)"))->thinking_budget, 50u);
  EXPECT_EQ(ParseChatRequest(Chat(R"("reasoning_effort":"low")"))->thinking_budget, 4096u);
  EXPECT_EQ(ParseChatRequest(Chat(R"("reasoning_effort":"max")"))->thinking_budget, 0u);
  const auto none = ParseChatRequest(Chat(R"("reasoning_effort":"none")"));
  EXPECT_FALSE(none->template_variables.at("enable_thinking").as_bool());
}

TEST(ParseChat, AnAnswerBegunByTheCaller) {
  const auto parsed = ParseChatRequest(
      Messages(R"({"role":"user","content":"a"},{"role":"assistant","content":"b","partial":true})"));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_TRUE(parsed->continues);
  EXPECT_EQ(boost::json::serialize(parsed->messages.back()), R"({"role":"assistant","content":"b"})");
}

TEST(ParseCompletion, PromptInItsFourForms) {
  struct Case {
    std::string prompt;
    std::vector<Prompt> want;
  };
  using Ids = std::vector<std::int32_t>;
  const Case cases[] = {
      {R"("a b")", {Prompt("a b")}},
      {R"(["a","b"])", {Prompt("a"), Prompt("b")}},
      {R"([1,2])", {Prompt(Ids{1, 2})}},
      {R"([[1],[2,3]])", {Prompt(Ids{1}), Prompt(Ids{2, 3})}},
  };
  for (const Case& c : cases) {
    const auto parsed = ParseCompletionRequest(Completion("\"prompt\":" + c.prompt));
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
    EXPECT_EQ(parsed->prompts, c.want);
    EXPECT_EQ(parsed->max_tokens, 16u);
  }
}

TEST(ParseCompletion, NamesTheFieldAtFault) {
  const std::string p = R"("prompt":"a",)";
  const Bad cases[] = {
      {Completion(R"("n":1)"), "prompt", "missing_required_parameter"},
      {Completion(R"("prompt":"")"), "prompt", "invalid_value"},
      {Completion(R"("prompt":[])"), "prompt", "invalid_value"},
      {Completion(R"("prompt":[[]])"), "prompt", "invalid_value"},
      {Completion(R"("prompt":[1,"a"])"), "prompt", "invalid_type"},
      {Completion(R"("prompt":["a",1])"), "prompt", "invalid_type"},
      {Completion(R"("prompt":[1.5])"), "prompt", "invalid_type"},
      {Completion(R"("prompt":[-1])"), "prompt", "invalid_value"},
      {Completion(R"("prompt":{})"), "prompt", "invalid_type"},
      {Completion(p + R"("echo":true,"logprobs":1)"), "echo", "unsupported_value"},
      {Completion(p + R"("echo":1)"), "echo", "invalid_type"},
      {Completion(p + R"("suffix":"x")"), "suffix", "unsupported_parameter"},
      {Completion(p + R"("best_of":2)"), "best_of", "unsupported_value"},
      {Completion(p + R"("logprobs":21)"), "logprobs", "invalid_value"},
      {Completion(p + R"("logprobs":true)"), "logprobs", "invalid_type"},
      {Completion(p + R"("messages":[])"), "messages", "unknown_parameter"},
  };
  for (const Bad& c : cases) {
    SCOPED_TRACE(c.body);
    const auto parsed = ParseCompletionRequest(c.body);
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().param, c.param);
    EXPECT_EQ(parsed.error().code, c.code);
  }
  std::string many = "\"prompt\":[";
  for (std::size_t i = 0; i <= kPromptsMax; ++i) many += i ? ",\"a\"" : "\"a\"";
  EXPECT_EQ(ParseCompletionRequest(Completion(many + "]")).error().param, "prompt");
}

TEST(ParseChat, MarksOfWhatIsToBeKept) {
  std::string parts;
  for (int i = 0; i < 5; ++i)
    parts += (i ? "," : "") + std::string(R"({"type":"text","text":"ab","cache_control":{"type":"ephemeral"}})");
  const auto parsed = ParseChatRequest(R"({"model":"m","messages":[{"role":"system","content":"s"},)"
                                       R"({"role":"user","content":[)" + parts + "]}]}");
  ASSERT_TRUE(parsed.has_value());
  ASSERT_EQ(parsed->cache_marks.size(), kCacheMarksMax) << "the last count";
  EXPECT_EQ(parsed->cache_marks.front().message, 1u);
  EXPECT_EQ(parsed->cache_marks.front().bytes, 5u) << "of five marks the second: ab, a line break, ab";
  EXPECT_EQ(parsed->cache_marks.back().bytes, 14u);
  EXPECT_EQ(ParseChatRequest(R"({"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a",)"
                             R"("cache_control":{"type":"x"}}]}]})")
                .error()
                .param,
            "messages[0].content[0].cache_control.type");
}

}  // namespace
}  // namespace yun::api::openai
