#include "api/dashscope/schema.h"

#include <limits>

#include "api/dashscope/parse.h"
#include "api/dashscope/values.h"
#include "api/openai/files.h"
#include "api/openai/schema.h"
#include "api/schema.h"

namespace yun::api::dashscope {
namespace {

namespace json = boost::json;
using namespace schema;

constexpr std::int64_t kIdMax = std::numeric_limits<std::int32_t>::max();

/// Where in the notes of a parser its objects are: it reads the body, then `input`, then `parameters`.
constexpr std::size_t kWhole = 0, kInput = 1, kParameters = 2;

Object Whole(const FieldNotes& notes, Object input, Object parameters) {
  return Body(notes.bodies()[kWhole],
              {{"model", Text(1, kNameBytesMax)},
               {"input", About("What is asked.", std::move(input))},
               {"parameters", About("How it is answered.", OrNull(std::move(parameters)))}},
              {"model", "input"});
}

Object Messages() { return OrNull(List(Reference("NativeMessage"), 1, kMessagesMax)); }

/// `chat`: OpenAI's body, whose fields mean the same here.
Object GenerationBody(const Object& chat) {
  FieldNotes notes;
  (void)ParseGenerationRequest(R"({"model":"-","input":{"prompt":"-"}})", Service::kText, false);
  const Object turn = Struct({{"user", Text()}, {"bot", Text()}}, {"user", "bot"});
  Object input = NeedsOneOf(
      {{"prompt"}, {"messages"}},
      Body(notes.bodies()[kInput],
           {{"messages", Messages()},
            {"prompt", About("One message of a user.", OrNull(Text()))},
            {"history", About("What was said before the prompt.", OrNull(List(turn, 0, kMessagesMax / 2 - 1)))}}));
  const Object token = Integer(0, kIdMax);
  const Object stop = Text(1, kStopBytesMax);
  Object own{{"stop", OrNull(Either({stop, List(stop, 0, kStopsMax), List(token, 0, kStopsMax),
                                     List(List(token, 1, kStopSequenceTokensMax), 0, kStopsMax)}))},
             {"top_k", OrNull(Object{{"type", "integer"}, {"minimum", 0}})},
             {"logprobs", About("Whether logarithmic probabilities are given.", OrNull(Boolean()))},
             {"result_format", About("text or message; tools, thinking, n and logprobs have message always.",
                                     OrNull(OneOf({"text", "message"})))}};
  const json::object& as_chat = chat.at("properties").as_object();
  for (const char* key :
       {"tools", "tool_choice", "reasoning_effort", "chat_template_kwargs", "enable_thinking", "preserve_thinking",
        "response_format", "guided_json", "guided_regex", "guided_grammar", "guided_choice", "structured_outputs"})
    own[key] = as_chat.at(key);
  return Whole(notes, std::move(input), Body(notes.bodies()[kParameters], std::move(own)));
}

Object EmbeddingBody() {
  FieldNotes notes;
  (void)ParseTextEmbedding(R"({"model":"-","input":{"texts":"-"}})");
  const Object text{{"type", "string"}, {"minLength", 1}};
  const Object item = Either({text, Struct({{"text", text}}, {"text"})});
  return Whole(notes,
               Body(notes.bodies()[kInput],
                    {{"texts", About("One text, or several.", Either({text, List(item, 1, kTextsMax)}))}}, {"texts"}),
               Body(notes.bodies()[kParameters], {}));
}

Object RerankBody() {
  FieldNotes notes;
  (void)ParseTextRerank(R"({"model":"-","input":{"query":"-","documents":["-"]}})");
  const Object text{{"type", "string"}, {"minLength", 1}};
  const Object item = Either({text, Struct({{"text", text}}, {"text"})});
  return Whole(notes,
               Body(notes.bodies()[kInput],
                    {{"query", About("What the documents are asked for.", item)},
                     {"documents", About("What is ranked.", List(item, 1, kDocumentsMax))}},
                    {"query", "documents"}),
               Body(notes.bodies()[kParameters], {}));
}

Object TokenizerBody() {
  FieldNotes notes;
  (void)ParseTokenizer(R"({"model":"-","input":{"prompt":"-"}})");
  return Whole(notes,
               NeedsOneOf({{"prompt"}, {"messages"}},
                          Body(notes.bodies()[kInput],
                               {{"messages", Messages()}, {"prompt", About("A text.", OrNull(Text()))}})),
               Any());
}

// ---- answers

Object Usage() {
  return Struct({{"input_tokens", Integer()}, {"output_tokens", Integer()}, {"total_tokens", Integer()}},
                {"input_tokens"});
}

Object Answer(Object output) {
  return Struct({{"request_id", Text()}, {"output", std::move(output)}, {"usage", Usage()}},
                {"request_id", "output", "usage"});
}

/// Whole, or an event of a stream.
Object Generation(bool whole) {
  const Object message = Struct({{"role", Const("assistant")},
                                 {"content", Either({Text(), List(Struct({{"text", Text()}}, {"text"}))})},
                                 {"reasoning_content", Text()},
                                 {"tool_calls", List(Object{{"type", "object"}})}},
                                {"role", "content"});
  std::vector<std::string_view> ends{"stop", "length", "tool_calls"};
  if (!whole) ends.push_back("null");  // a text: the answer goes on
  const Object finish = OneOf(ends);
  const Object as_text = Struct({{"text", Text()}, {"finish_reason", finish}}, {"text", "finish_reason"});
  const Object choice = Struct({{"message", message}, {"finish_reason", finish}}, {"message", "finish_reason"});
  const Object as_message =
      Struct({{"text", Null()}, {"finish_reason", Null()}, {"choices", List(choice)}}, {"choices"});
  return Answer(Either({as_text, as_message}));
}

Object Task() {
  return Struct(
      {{"task_id", Text()},
       {"task_status", OneOf({"PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN"})},
       {"submit_time", Text()},
       {"scheduled_time", Text()},
       {"end_time", Text()}},
      {"task_id", "task_status"});
}

Object Page(Object members) {
  members["total"] = Integer();
  members["page_no"] = Integer();
  members["page_size"] = Integer();
  return Struct(std::move(members), {"total", "page_no", "page_size"});
}

void AddAnswers(Object& out) {
  out["TaskMade"] = Struct({{"request_id", Text()}, {"output", Task()}}, {"request_id", "output"});
  out["Task"] = Struct({{"request_id", Text()}, {"output", Task()}, {"usage", Object{{"type", "object"}}}},
                       {"request_id", "output"});
  out["TaskList"] = Page({{"request_id", Text()},
                          {"total_page", Integer()},
                          {"data", List(Struct({{"task_id", Text()},
                                                {"status", Text()},
                                                {"model_name", Text()},
                                                {"api_key_id", Text()},
                                                {"request_id", Text()},
                                                {"gmt_create", Integer()},
                                                {"start_time", Integer()},
                                                {"end_time", Integer()}},
                                               {"task_id", "status"}))}});
  out["RequestId"] = Struct({{"request_id", Text()}}, {"request_id"});
  // A native request may also become a task.
  const auto or_task = [](Object answer) { return Either({std::move(answer), Reference("TaskMade")}); };
  out["Generation"] = or_task(Generation(true));
  out["GenerationEvent"] = Either({Generation(false), Reference("DashScopeError")});
  out["TextEmbedding"] = or_task(Answer(
      Struct({{"embeddings", List(Struct({{"text_index", Integer()}, {"embedding", List(Number())}},
                                         {"text_index", "embedding"}))}},
             {"embeddings"})));
  out["TextRerank"] = or_task(Answer(
      Struct({{"results", List(Struct({{"index", Integer()},
                                       {"relevance_score", Number()},
                                       {"document", Struct({{"text", Text()}}, {"text"})}},
                                      {"index", "relevance_score"}))}},
             {"results"})));
  const Object file = Struct({{"file_id", Text()},
                              {"name", Text()},
                              {"description", Text()},
                              {"purpose", Text()},
                              {"size", Integer()},
                              {"gmt_create", Text()},
                              {"url", Text()}},
                             {"file_id", "name"});
  const auto data = [](Object schema) {
    return Struct({{"request_id", Text()}, {"data", std::move(schema)}}, {"request_id", "data"});
  };
  out["NativeFile"] = data(file);
  out["NativeFileList"] = data(Page({{"files", List(file)}}));
  out["NativeUploaded"] = data(Struct(
      {{"uploaded_files", List(file)},
       {"failed_uploads", List(Struct({{"name", Text()}, {"code", Text()}, {"message", Text()}}, {"name", "code"}))}},
      {"uploaded_files", "failed_uploads"}));
  out["TokenizerAnswer"] = Answer(
      Struct({{"token_ids", List(Integer())}, {"tokens", List(Text())}}, {"token_ids", "tokens"}));
  out["NativeModelList"] = Struct(
      {{"request_id", Text()},
       {"output", Page({{"models", List(Struct({{"model", Text()}, {"name", Text()}, {"provider", Text()}},
                                               {"model"}))}})}},
      {"request_id", "output"});
  const Object limit = OrNull(Object{{"type", "object"}});
  out["QuotaList"] = Struct({{"request_id", Text()},
                             {"output", Page({{"quotas", List(Struct({{"model", Text()},
                                                                      {"workspace_id", Text()},
                                                                      {"model_limit", limit},
                                                                      {"workspace_limit", limit}},
                                                                     {"model", "workspace_id"}))}})}},
                            {"request_id", "output"});
}

}  // namespace

Object Schemas() {
  Object out;
  out["NativeMessage"] =
      ChatMessage(Struct({{"text", Text()}, {"cache_control", OrNull(Reference("CacheControl"))}}, {"text"}));
  out["GenerationRequest"] = GenerationBody(openai::Schemas().at("ChatRequest").as_object());
  out["TextEmbeddingRequest"] = EmbeddingBody();
  out["TextRerankRequest"] = RerankBody();
  out["TokenizerRequest"] = TokenizerBody();
  out["NativeUpload"] =
      Struct({{"files", About("The file; more of them may come under the same name.",
                              Object{{"type", "string"}, {"format", "binary"}})},
              {"descriptions", About("Of the file at the same place.", Text())},
              {"purpose", About("What it is for.", OneOf(openai::FilePurposeNames()))}},
             {"files"});
  AddAnswers(out);
  out["DashScopeError"] =
      Struct({{"code", Text()}, {"message", Text()}, {"request_id", Text()}}, {"code", "message", "request_id"});
  return out;
}

}  // namespace yun::api::dashscope
