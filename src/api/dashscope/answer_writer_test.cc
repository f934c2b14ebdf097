#include "api/dashscope/answer_writer.h"

#include <gtest/gtest.h>

#include <utility>

#include "api/dashscope/write.h"

namespace yun::api::dashscope {
namespace {

/// A frame of a stream; choice: the object within "choices", or the output itself where it begins with '{"text"'.
std::string Frame(int id, const std::string& choice, const std::string& usage) {
  const std::string output = choice.starts_with("{\"text\"") ? choice : "{\"choices\":[" + choice + "]}";
  return "id:" + std::to_string(id) + "\nevent:result\n:HTTP_STATUS/200\ndata:{\"output\":" + output +
         ",\"usage\":" + usage + ",\"request_id\":\"r\"}\n\n";
}

const char kUsage1[] = R"({"total_tokens":4,"output_tokens":1,"input_tokens":3})";
const char kUsage2[] = R"({"total_tokens":5,"output_tokens":2,"input_tokens":3})";
const char kUsageEnd[] =
    R"({"total_tokens":5,"output_tokens":2,"input_tokens":3,"prompt_tokens_details":{"cached_tokens":0}})";
const UsageCounts kOne{.prompt_tokens = 3, .completion_tokens = 1, .choice_tokens = 1};
const UsageCounts kTwo{.prompt_tokens = 3, .completion_tokens = 2, .choice_tokens = 2};

TEST(DashscopeWriter, WholeAnswers) {
  Choice c;
  c.text = "a \"b\"\n\xe4\xb8\xad";
  c.finish = Finish::kStop;
  const UsageCounts usage{.prompt_tokens = 3, .completion_tokens = 2, .cached_tokens = 1};
  EXPECT_EQ(MakeAnswerWriter({.request_id = "r", .format = ResultFormat::kText})->Whole({c}, usage),
            R"({"request_id":"r","output":{"text":"a \"b\"\n中","finish_reason":"stop"},"usage":{"total_tokens":5,)"
            R"("output_tokens":2,"input_tokens":3,"prompt_tokens_details":{"cached_tokens":1}}})");
  EXPECT_EQ(MakeAnswerWriter({.request_id = "r"})->Whole({c}, usage),
            R"({"request_id":"r","output":{"text":null,"finish_reason":null,"choices":[{"message":{"content":)"
            R"("a \"b\"\n中","role":"assistant"},"finish_reason":"stop"}]},"usage":{"total_tokens":5,)"
            R"("output_tokens":2,"input_tokens":3,"prompt_tokens_details":{"cached_tokens":1}}})");
  EXPECT_EQ(MakeAnswerWriter({.request_id = "r", .service = Service::kMultimodal})->Whole({c}, usage),
            R"({"request_id":"r","output":{"text":null,"finish_reason":null,"choices":[{"message":{"content":[{"text":)"
            R"("a \"b\"\n中"}],"role":"assistant"},"finish_reason":"stop"}]},"usage":{"total_tokens":5,)"
            R"("output_tokens":2,"input_tokens":3,"input_tokens_details":{"text_tokens":3},)"
            R"("output_tokens_details":{"text_tokens":2},"prompt_tokens_details":{"cached_tokens":1}}})");
}

TEST(DashscopeWriter, ThinkingAndCallsAreAMessageWhateverWasAskedFor) {
  Choice c;
  c.thinking = "hm";
  c.calls = {{"call_1", "f", R"({"a": 1})"}, {"call_2", "g", "{}"}};
  c.finish = Finish::kToolCalls;
  const UsageCounts usage{.prompt_tokens = 3, .completion_tokens = 5, .thinking_tokens = 2, .cache_write_tokens = 3};
  EXPECT_EQ(MakeAnswerWriter({.request_id = "r", .format = ResultFormat::kText})->Whole({c}, usage),
            R"({"request_id":"r","output":{"text":null,"finish_reason":null,"choices":[{"message":{"content":"",)"
            R"("reasoning_content":"hm","tool_calls":[{"index":0,"id":"call_1","type":"function","function":)"
            R"({"name":"f","arguments":"{\"a\": 1}"}},{"index":1,"id":"call_2","type":"function","function":)"
            R"({"name":"g","arguments":"{}"}}],"role":"assistant"},"finish_reason":"tool_calls"}]},"usage":)"
            R"({"total_tokens":8,"output_tokens":5,"input_tokens":3,"output_tokens_details":{"reasoning_tokens":2},)"
            R"("prompt_tokens_details":{"cached_tokens":0,"cache_creation_input_tokens":3,"cache_type":"ephemeral",)"
            R"("cache_creation":{"ephemeral_5m_input_tokens":3}}}})");
}

std::string Streamed(WriterOptions options, const std::vector<Piece>& pieces, Finish finish) {
  const auto writer = MakeAnswerWriter(std::move(options));
  std::string out;
  writer->Begin(out, {.prompt_tokens = 3});
  for (std::size_t i = 0; i < pieces.size(); ++i) writer->Write(out, pieces[i], i ? kTwo : kOne);
  writer->EndChoice(out, 0, finish, "", kTwo);
  writer->End(out, kTwo);
  return out;
}

TEST(DashscopeWriter, AStreamOfWhatIsNew) {
  EXPECT_EQ(Streamed({.request_id = "r", .incremental = true}, {{.text = "he"}, {.text = "y"}}, Finish::kStop),
            Frame(1, R"({"message":{"content":"he","role":"assistant"},"finish_reason":"null"})", kUsage1) +
                Frame(2, R"({"message":{"content":"y","role":"assistant"},"finish_reason":"null"})", kUsage2) +
                Frame(3, R"({"message":{"content":"","role":"assistant"},"finish_reason":"stop"})", kUsageEnd));
}

TEST(DashscopeWriter, AStreamOfAllSoFar) {
  EXPECT_EQ(Streamed({.request_id = "r"}, {{.text = "he"}, {.text = "y"}}, Finish::kLength),
            Frame(1, R"({"message":{"content":"he","role":"assistant"},"finish_reason":"null"})", kUsage1) +
                Frame(2, R"({"message":{"content":"hey","role":"assistant"},"finish_reason":"null"})", kUsage2) +
                Frame(3, R"({"message":{"content":"hey","role":"assistant"},"finish_reason":"length"})", kUsageEnd));
}

TEST(DashscopeWriter, AStreamOfText) {
  const WriterOptions text{.request_id = "r", .format = ResultFormat::kText};
  EXPECT_EQ(Streamed(text, {{.text = "he"}, {.text = "y"}}, Finish::kStopString),
            Frame(1, R"({"text":"he","finish_reason":"null"})", kUsage1) +
                Frame(2, R"({"text":"hey","finish_reason":"null"})", kUsage2) +
                Frame(3, R"({"text":"hey","finish_reason":"stop"})", kUsageEnd));
}

TEST(DashscopeWriter, AStreamOfPartsOfContent) {
  const std::string out = Streamed({.request_id = "r", .service = Service::kMultimodal, .incremental = true},
                                   {{.text = "he"}}, Finish::kStop);
  EXPECT_NE(out.find(R"({"message":{"content":[{"text":"he"}],"role":"assistant"},"finish_reason":"null"})"),
            std::string::npos)
      << out;
  EXPECT_NE(out.find(R"({"message":{"content":[{"text":""}],"role":"assistant"},"finish_reason":"stop"})"),
            std::string::npos)
      << out;
}

const std::vector<Piece> kCall = {{.part = Part::kThinking, .text = "hm"},
                                  {.part = Part::kCallBegin, .text = "f", .call_id = "call_1"},
                                  {.part = Part::kCallArguments, .text = "{\"a\""},
                                  {.part = Part::kCallArguments, .text = ":1}"},
                                  {.part = Part::kCallEnd},
                                  {.part = Part::kCallBegin, .text = "g", .call = 1, .call_id = "call_2"}};

TEST(DashscopeWriter, CallsInAStreamOfWhatIsNew) {
  const std::string a = R"({"message":{"content":"","reasoning_content":")", end = R"(,"role":"assistant"},)";
  EXPECT_EQ(
      Streamed({.request_id = "r", .incremental = true}, kCall, Finish::kToolCalls),
      Frame(1, a + "hm\"" + end + R"("finish_reason":"null"})", kUsage1) +
          Frame(2, a + R"(","tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"f",)"
                       R"("arguments":""}}])" + end + R"("finish_reason":"null"})", kUsage2) +
          Frame(3, a + R"(","tool_calls":[{"index":0,"id":"","type":"function","function":{"arguments":"{\"a\""}}])" +
                       end + R"("finish_reason":"null"})", kUsage2) +
          Frame(4, a + R"(","tool_calls":[{"index":0,"id":"","type":"function","function":{"arguments":":1}"}}])" +
                       end + R"("finish_reason":"null"})", kUsage2) +
          Frame(5, a + R"(","tool_calls":[{"index":1,"id":"call_2","type":"function","function":{"name":"g",)"
                       R"("arguments":""}}])" + end + R"("finish_reason":"null"})", kUsage2) +
          Frame(6, a + "\"" + end + R"("finish_reason":"tool_calls"})", kUsageEnd));
}

TEST(DashscopeWriter, CallsInAStreamOfAllSoFar) {
  const std::string out = Streamed({.request_id = "r", .format = ResultFormat::kText}, kCall, Finish::kToolCalls);
  EXPECT_NE(out.find(R"({"choices":[{"message":{"content":"","reasoning_content":"hm","tool_calls":[{"index":0,)"
                     R"("id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"index":1,)"
                     R"("id":"call_2","type":"function","function":{"name":"g","arguments":""}}],"role":"assistant"},)"
                     R"("finish_reason":"tool_calls"}]})"),
            std::string::npos)
      << out;
}

TEST(DashscopeWriter, ChoicesSayTheirIndexAndCountTheirOwnTokens) {
  const auto writer = MakeAnswerWriter({.request_id = "r", .incremental = true, .numbered = true});
  std::string out;
  writer->Write(out, {.choice = 1, .text = "x"}, {.prompt_tokens = 3, .completion_tokens = 9, .choice_tokens = 1});
  EXPECT_EQ(out,
            Frame(1, R"({"message":{"content":"x","role":"assistant"},"finish_reason":"null","index":1})", kUsage1));
  out.clear();
  writer->EndChoice(out, 0, Finish::kStop, "", {.prompt_tokens = 3, .completion_tokens = 9, .choice_tokens = 2});
  EXPECT_EQ(out,
            Frame(2, R"({"message":{"content":"","role":"assistant"},"finish_reason":"stop","index":0})", kUsageEnd));
}

TEST(DashscopeWriter, Logprobs) {
  const std::vector<LogprobEntry> entry = {{{"b", -1}, {{"c", -2}}}};
  const char text[] = R"("logprobs":{"content":[{"token":"b","logprob":-1E0,"bytes":[98],"top_logprobs":)"
                      R"([{"token":"c","logprob":-2E0,"bytes":[99]}]}]}})";
  Choice c;
  c.text = "b";
  c.logprobs = entry;
  c.finish = Finish::kStop;
  EXPECT_NE(MakeAnswerWriter({.with_logprobs = true})->Whole({c}, {}).find(text), std::string::npos);
  std::string out;
  MakeAnswerWriter({.with_logprobs = true})->Write(out, {.text = "b", .logprobs = entry}, kOne);
  EXPECT_NE(out.find(text), std::string::npos) << out;
}

TEST(DashscopeWriter, AFailureInTheMiddle) {
  const auto writer = MakeAnswerWriter({.request_id = "r", .incremental = true});
  std::string out;
  writer->Write(out, {.text = "x"}, kOne);
  out.clear();
  writer->Fail(out, {500, "it \"broke\"", "", "internal"}, "r");
  EXPECT_EQ(out, "id:2\nevent:error\n:HTTP_STATUS/500\nstatus:500\n"
                 R"(data:{"code":"InternalError","message":"it \"broke\"","request_id":"r"})" "\n\n");
}

TEST(DashscopeWrite, ErrorsHaveTheirNativeNames) {
  struct Case {
    int status;
    const char *code, *param, *native;
  };
  const Case cases[] = {
      {400, "invalid_value", "top_p", "InvalidParameter"},
      {400, "invalid_json", "", "InvalidParameter"},
      {400, "missing_required_parameter", "model", "BadRequest.EmptyModel"},
      {400, "missing_required_parameter", "input", "BadRequest.EmptyInput"},
      {400, "missing_required_parameter", "messages[0].role", "InvalidParameter"},
      {400, "Arrearage", "", "Arrearage"},
      {401, "invalid_api_key", "", "InvalidApiKey"},
      {403, "access_denied", "", "AccessDenied"},
      {403, "budget_exceeded", "", "AccessDenied"},
      {404, "model_not_found", "model", "ModelNotFound"},
      {404, "unknown_url", "", "NotFound"},
      {405, "method_not_allowed", "", "MethodNotAllowed"},
      {413, "too_large", "", "BadRequest.TooLarge"},
      {429, "limit_requests", "", "Throttling.RateQuota"},
      {429, "limit_burst_rate", "", "Throttling.BurstRate"},
      {429, "insufficient_quota", "", "Throttling.AllocationQuota"},
      {429, "rate_limit_exceeded", "", "Throttling"},
      {500, "internal", "", "InternalError"},
      {503, "unavailable", "", "ServiceUnavailable"},
      {504, "request_timeout", "", "RequestTimeOut"},
      {408, "request_timeout", "", "RequestTimeOut"},
  };
  for (const Case& c : cases) EXPECT_EQ(NativeCode({c.status, "m", c.param, c.code}), c.native) << c.code;
  ApiError finer{403, "m", "", "access_denied"};
  finer.native = "Model.AccessDenied";
  EXPECT_EQ(NativeCode(finer), "Model.AccessDenied");
  EXPECT_EQ(WriteError({400, "a\n\xe4\xb8", "", "x"}, "r"),
            R"({"code":"InvalidParameter","message":"a\n??","request_id":"r"})");
  EXPECT_EQ(WriteError({.message = "Too long.", .param = "", .code = "context_length_exceeded", .tokens_max = 7}, "r"),
            R"({"code":"InvalidParameter","message":"Range of input length should be [1, 7]. Too long.",)"
            R"("request_id":"r"})");
}

TEST(DashscopeWrite, APageOfModels) {
  EXPECT_EQ(WriteModels({.total = 2, .page_no = 1, .page_size = 1, .ids = {"m\""}}, "r"),
            R"({"request_id":"r","output":{"total":2,"page_no":1,"page_size":1,"models":[{"model":"m\"","name":"m\"",)"
            R"("provider":"yun","opensource":true}]}})");
}

}  // namespace
}  // namespace yun::api::dashscope
