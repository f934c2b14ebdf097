#include "api/openai/schema.h"

#include <limits>

#include "api/openai/batch.h"
#include "api/openai/files.h"
#include "api/openai/parse.h"
#include "api/openai/responses.h"
#include "api/openai/values.h"
#include "api/schema.h"

namespace yun::api::openai {
namespace {

namespace json = boost::json;
using namespace schema;

constexpr std::int64_t kIdMax = std::numeric_limits<std::int32_t>::max();

Object ModelName() { return Text(1, kNameBytesMax); }
Object TokenId() { return Integer(0, kIdMax); }

// ---- what chat and completions share

Object Stop() {
  return OrNull(Either({Text(1, kStopBytesMax), List(Text(1, kStopBytesMax), 0, kStopsMax)}));
}

Object LogitBias() {
  Object out = Map(Number({-100, 100}));
  out["propertyNames"] = Object{{"pattern", "^[0-9]+$"}};
  out["maxProperties"] = kLogitBiasesMax;
  return OrNull(std::move(out));
}

Object ResponseFormat() {
  const Object wrapped = Closed({{"name", OrNull(Text())},
                                 {"description", OrNull(Text())},
                                 {"strict", About("Every schema is held to.", OrNull(Boolean()))},
                                 {"schema", Object{{"type", "object"}}}},
                                {"schema"});
  return OrNull(Either({Struct({{"type", OneOf({"text", "json_object"})}}, {"type"}),
                        Struct({{"type", Const("json_schema")}, {"json_schema", wrapped}}, {"type", "json_schema"})}));
}

Object SchemaOrText() { return OrNull(Either({Object{{"type", "object"}}, Text()})); }
Object AnswerChoices() { return OrNull(List(Object{{"type", "string"}, {"minLength", 1}}, 1, kAnswerChoicesMax)); }

void AddGeneration(Object& own) {
  own["model"] = ModelName();
  own["logit_bias"] = LogitBias();
  own["stop"] = Stop();
  own["stop_token_ids"] = OrNull(List(TokenId(), 0, kStopIdsMax));
  own["seed"] = OrNull(Object{{"type", "integer"},
                              {"minimum", std::numeric_limits<std::int64_t>::min()},
                              {"maximum", std::numeric_limits<std::uint64_t>::max()}});
  own["stream_options"] = About(
      "Only with stream: include_usage sends a last chunk with the usage.",
      OrNull(Closed({{"include_usage", OrNull(Boolean())}, {"include_obfuscation", Any()}})));
  own["response_format"] = ResponseFormat();
  own["guided_json"] = SchemaOrText();
  own["guided_regex"] = OrNull(Text());
  own["guided_grammar"] = OrNull(Text());
  own["guided_choice"] = AnswerChoices();
  own["structured_outputs"] = OrNull(Closed({{"json", SchemaOrText()},
                                             {"regex", OrNull(Text())},
                                             {"choice", AnswerChoices()},
                                             {"grammar", OrNull(Text())},
                                             {"json_object", OrNull(Boolean())}}));
}

// ---- tools

Object Function() {
  return {{"name", Pattern(kToolNamePattern)},
          {"description", OrNull(Text())},
          {"parameters", About("A JSON schema.", OrNull(Object{{"type", "object"}}))},
          {"strict", About("Arguments are held to the schema.", OrNull(Boolean()))}};
}

Object Tools() {
  return OrNull(List(
      Struct({{"type", Const("function")}, {"function", Struct(Function(), {"name"})}}, {"type", "function"}), 0,
      kToolsMax));
}

Object ToolChoice() {
  return OrNull(Either({OneOf({"auto", "none", "required"}),
                        Struct({{"function", Struct({{"name", Text()}}, {"name"})}}, {"function"})}));
}

Object Effort() {
  std::vector<std::string_view> names = EffortNames();
  names.insert(names.begin(), "none");
  return OrNull(OneOf(names));
}

Object ChatBody() {
  FieldNotes notes;
  (void)ParseChatRequest(json::object());
  Object own{{"messages", List(Reference("ChatMessage"), 1, kMessagesMax)},
             {"tools", Tools()},
             {"tool_choice", ToolChoice()},
             {"reasoning_effort", Effort()},
             {"chat_template_kwargs", OrNull(Object{{"type", "object"}})},
             {"enable_thinking", OrNull(Boolean())},
             {"preserve_thinking", OrNull(Boolean())},
             {"modalities", OrNull(List(OneOf({"text"})))},
             {"metadata", About("Taken without effect.", Any())},
             {"logprobs", About("Whether logarithmic probabilities are given.", OrNull(Boolean()))}};
  AddGeneration(own);
  return Body(notes.bodies().front(), std::move(own), {"model", "messages"});
}

Object CompletionBody() {
  FieldNotes notes;
  (void)ParseCompletionRequest("{}");
  const Object ids = List(TokenId(), 1, std::numeric_limits<std::int32_t>::max());
  const Object text{{"type", "string"}, {"minLength", 1}};
  Object own{{"prompt", About("A text, token ids, or up to 128 of them.",
                              Either({text, ids, List(Either({text, ids}), 1, kPromptsMax)}))}};
  AddGeneration(own);
  return Body(notes.bodies().front(), std::move(own), {"model", "prompt"});
}

// ---- responses

Object Parts() {
  const Object text =
      Struct({{"type", OneOf({"input_text", "output_text", "text"})}, {"text", Text()}}, {"type", "text"});
  const Object refusal = Struct({{"type", Const("refusal")}, {"refusal", Text()}}, {"type", "refusal"});
  return Either({Text(), List(Either({text, refusal}))});
}

Object Item() {
  const Object thoughts = OrNull(List(Struct({{"text", Text()}}, {"text"})));
  const Object kind_message{{"enum", {"message", nullptr}}};
  return Either(
      {Struct({{"type", kind_message},
               {"role", OneOf({"user", "assistant", "system", "developer"})},
               {"content", Parts()}},
              {"role", "content"}),
       Struct({{"type", Const("function_call")}, {"call_id", Text()}, {"name", Text()}, {"arguments", Text()}},
              {"type", "call_id", "name", "arguments"}),
       Struct({{"type", Const("function_call_output")}, {"call_id", Text()}, {"output", Parts()}},
              {"type", "call_id", "output"}),
       Struct({{"type", Const("reasoning")}, {"content", thoughts}}, {"type"})});
}

Object Items() { return List(Reference("InputItem"), 0, kInputItemsMax); }

Object Metadata() {
  Object out = Map(Text(0, kMetadataValueMax));
  out["propertyNames"] = Object{{"maxLength", kMetadataKeyMax}};
  out["maxProperties"] = kMetadataMax;
  return out;
}

Object ResponsesBody(const Object& chat) {
  FieldNotes notes;
  (void)ParseResponses(R"({"model":"-","input":"-"})");
  const json::object& as_chat = chat.at("properties").as_object();
  Object own;
  for (const auto& [here, there] : kAsInChat) own[here] = as_chat.at(there);
  own["max_output_tokens"] = OrNull(Integer(kOutputTokensMin, kMaxTokensMax));
  own["max_output_tokens"].as_object()["description"] = "Bounds all that is generated, thinking included.";
  own["input"] = About("What is said: a text, or items. May be left out to continue a conversation or a response.",
                       OrNull(Either({Text(), Items()})));
  own["instructions"] = About("A system message before all; of this request alone.", OrNull(Text()));
  own["previous_response_id"] = About("The stored response that this continues.", OrNull(Text(0, kNameBytesMax)));
  own["conversation"] = About("The id of the conversation that this continues, or an object with it.",
                              OrNull(Either({Text(0, kNameBytesMax), Struct({{"id", Text()}}, {"id"})})));
  Object tool = Function();
  tool["type"] = Const("function");
  own["tools"] = OrNull(List(Struct(std::move(tool), {"type", "name"}), 0, kToolsMax));
  own["tool_choice"] = OrNull(Either({OneOf({"auto", "none", "required"}),
                                      Struct({{"type", Const("function")}, {"name", Text()}}, {"type", "name"})}));
  own["reasoning"] = About("How much is thought.", OrNull(Struct({{"effort", Effort()}})));
  own["text"] = About("format: text, json_object or json_schema.", OrNull(Struct({{"format", Any()}})));
  own["metadata"] = OrNull(Metadata());
  own["stream_options"] = About("Taken without effect.", OrNull(Object{{"type", "object"}}));
  own["include"] = About("Taken without effect.", Any());
  own["background"] = About("Not served: responses are made at once.", OrNull(Const(false)));
  own["truncation"] = About("A conversation that is too long is refused.", OrNull(OneOf({"disabled"})));
  return NeedsOneOf({{"input"}, {"previous_response_id"}, {"conversation"}},
                    Body(notes.bodies().front(), std::move(own), {"model"}));
}

// ---- values

Object EmbeddingsBody() {
  FieldNotes notes;
  (void)ParseEmbeddingRequest("{}");
  const Object text{{"type", "string"}, {"minLength", 1}};
  const Object ids = List(TokenId(), 1, std::numeric_limits<std::int32_t>::max());
  return Body(notes.bodies().front(),
              {{"model", ModelName()},
               {"input", About("A text, token ids, or several of them.",
                               Either({text, ids, List(Either({text, ids}), 1, kEmbeddingInputsMax)}))}},
              {"model", "input"});
}

Object TextOrObject() {
  const Object text{{"type", "string"}, {"minLength", 1}};
  return Either({text, Struct({{"text", text}}, {"text"})});
}

Object RerankBody(RerankForm form) {
  FieldNotes notes;
  (void)ParseRerankRequest("{}", form);
  return Body(notes.bodies().front(),
              {{"model", ModelName()},
               {"query", About("What the documents are asked for.", TextOrObject())},
               {"documents", About("What is ranked.", List(TextOrObject(), 1, kDocumentsMax))}},
              {"model", "query", "documents"});
}

Object ScoreBody() {
  FieldNotes notes;
  (void)ParseScoreRequest("{}");
  const Object side = OrNull(Either({TextOrObject(), List(TextOrObject(), 1, kScorePairsMax)}));
  Object own{{"model", ModelName()}};
  std::vector<std::vector<std::string_view>> ways;
  for (const auto& [left, right] : kScoreNames) {
    own[left] = About("One text, or as many as on the other side.", side);
    own[right] = About("What it is compared with.", side);
    ways.push_back({left, right});
  }
  return NeedsOneOf(ways, Body(notes.bodies().front(), std::move(own), {"model"}));
}

Object TokenizeBody(const Object& chat) {
  FieldNotes notes;
  (void)ParseTokenizeRequest("{}");
  const json::object& as_chat = chat.at("properties").as_object();
  Object own{{"prompt", About("Either a text, or messages.", OrNull(Text()))},
             {"messages", OrNull(List(Reference("ChatMessage"), 1, kMessagesMax))},
             {"model", About("May be left out where one model alone is served.", OrNull(Text(0, kNameBytesMax)))},
             {"continue_final_message", About("Not served.", OrNull(Const(false)))}};
  for (const char* key : {"tools", "chat_template_kwargs", "enable_thinking"}) own[key] = as_chat.at(key);
  return NeedsOneOf({{"prompt"}, {"messages"}}, Body(notes.bodies().front(), std::move(own)));
}

Object DetokenizeBody() {
  FieldNotes notes;
  (void)ParseDetokenizeRequest("{}");
  return Body(notes.bodies().front(),
              {{"tokens", About("Token ids.", List(TokenId()))},
               {"model", About("May be left out where one model alone is served.", OrNull(Text(0, kNameBytesMax)))}},
              {"tokens"});
}

// ---- files and batches

Object FileUpload() {
  return Closed({{"file", About("The file itself.", Object{{"type", "string"}, {"format", "binary"}})},
                 {"purpose", About("What it is for.", OneOf(FilePurposeNames()))},
                 {"expires_after[anchor]", About("Only created_at; goes with the seconds.", OneOf({"created_at"}))},
                 {"expires_after[seconds]",
                  About("How long it is kept; without, for ever.", Integer(kFileSecondsMin, kFileSecondsMax))}},
                {"file", "purpose"});
}

Object BatchBody() {
  FieldNotes notes;
  (void)ParseBatchRequest("{}");
  const Object expiry = Struct({{"anchor", OrNull(OneOf({"created_at"}))},
                                {"seconds", Integer(kFileSecondsMin, kFileSecondsMax)}},
                               {"seconds"});
  return Body(notes.bodies().front(),
              {{"input_file_id", About("A file with a request a line, uploaded for the purpose batch.", Text(1, 64))},
               {"endpoint", About("What its lines are for.", OneOf(BatchEndpoints()))},
               {"completion_window",
                About("24h to 336h, or 1d to 14d.", Object{{"type", "string"}, {"pattern", "^[0-9]+[hd]$"}})},
               {"metadata", OrNull(Metadata())},
               {"output_expires_after", About("How long the output is kept; without, for ever.", OrNull(expiry))}},
              {"input_file_id", "endpoint", "completion_window"});
}

// ---- answers

Object Usage() {
  return Struct({{"prompt_tokens", Integer()},
                 {"completion_tokens", Integer()},
                 {"total_tokens", Integer()},
                 {"prompt_tokens_details", Struct({{"cached_tokens", Integer()}}, {"cached_tokens"})},
                 {"completion_tokens_details", Struct({{"reasoning_tokens", Integer()}})}},
                {"prompt_tokens", "total_tokens"});
}

Object Answer(std::string_view object, Object choice) {
  return Struct({{"id", Text()},
                 {"object", Const(json::value(object))},
                 {"created", Integer()},
                 {"model", Text()},
                 {"system_fingerprint", OrNull(Text())},
                 {"choices", List(std::move(choice))},
                 {"usage", Usage()}},
                {"id", "object", "created", "model", "choices", "usage"});
}

Object FinishReason() { return OneOf({"stop", "length", "tool_calls"}); }

void AddAnswers(Object& out) {
  const Object function = Struct({{"name", Text()}, {"arguments", Text()}}, {"name", "arguments"});
  const Object call =
      Struct({{"id", Text()}, {"type", Const("function")}, {"function", function}}, {"id", "type", "function"});
  const Object message = Struct({{"role", Const("assistant")},
                                 {"content", OrNull(Text())},
                                 {"refusal", Null()},
                                 {"reasoning_content", Text()},
                                 {"tool_calls", List(call)}},
                                {"role", "content"});
  out["ChatCompletion"] = Answer("chat.completion", Struct({{"index", Integer()},
                                                            {"message", message},
                                                            {"logprobs", OrNull(Object{{"type", "object"}})},
                                                            {"finish_reason", FinishReason()}},
                                                           {"index", "message", "finish_reason"}));
  out["Completion"] = Answer("text_completion", Struct({{"index", Integer()},
                                                        {"text", Text()},
                                                        {"logprobs", OrNull(Object{{"type", "object"}})},
                                                        {"finish_reason", FinishReason()}},
                                                       {"index", "text", "finish_reason"}));
  const Object delta = Struct({{"role", Const("assistant")},
                               {"content", OrNull(Text())},
                               {"reasoning_content", Text()},
                               {"tool_calls", List(Struct({{"index", Integer()},
                                                           {"id", Text()},
                                                           {"type", Const("function")},
                                                           {"function", Struct({{"name", Text()},
                                                                                {"arguments", Text()}})}},
                                                          {"index", "function"}))}});
  const auto chunk = [](std::string_view object, Object choice) {
    const Object whole = Struct({{"id", Text()},
                                 {"object", Const(json::value(object))},
                                 {"created", Integer()},
                                 {"model", Text()},
                                 {"choices", List(std::move(choice))},
                                 {"usage", OrNull(Usage())}},
                                {"id", "object", "created", "model", "choices"});
    return Either({whole, Reference("OpenAIError")});  // of a stream that fails
  };
  out["ChatCompletionChunk"] = chunk("chat.completion.chunk", Struct({{"index", Integer()},
                                                                      {"delta", delta},
                                                                      {"logprobs", OrNull(Object{{"type", "object"}})},
                                                                      {"finish_reason", OrNull(FinishReason())}},
                                                                     {"index", "delta", "finish_reason"}));
  out["CompletionChunk"] = chunk("text_completion", Struct({{"index", Integer()},
                                                            {"text", Text()},
                                                            {"logprobs", OrNull(Object{{"type", "object"}})},
                                                            {"finish_reason", OrNull(FinishReason())}},
                                                           {"index", "text", "finish_reason"}));
  out["ResponseEvent"] = Struct({{"type", About("response.created, response.output_text.delta, ..., error.", Text())},
                                 {"sequence_number", Integer()}},
                                {"type", "sequence_number"});
  const Object output_item = Struct({{"type", OneOf({"message", "reasoning", "function_call"})}, {"id", Text()}},
                                    {"type", "id"});
  out["Response"] = Struct({{"id", Text()},
                            {"object", Const("response")},
                            {"created_at", Integer()},
                            {"status", OneOf({"completed", "incomplete", "failed", "in_progress"})},
                            {"model", Text()},
                            {"output", List(output_item)},
                            {"error", OrNull(Object{{"type", "object"}})},
                            {"incomplete_details", OrNull(Object{{"type", "object"}})},
                            {"previous_response_id", OrNull(Text())},
                            {"store", Boolean()},
                            {"usage", OrNull(Object{{"type", "object"}})}},
                           {"id", "object", "created_at", "status", "model", "output", "usage"});
  out["Item"] = Struct({{"type", OneOf({"message", "reasoning", "function_call", "function_call_output"})},
                        {"id", Text()}},
                       {"type", "id"});
  out["ItemList"] = ListOf(
      "Item", {{"first_id", OrNull(Text())}, {"last_id", OrNull(Text())}, {"has_more", Boolean()}});
  out["Conversation"] = Struct({{"id", Text()},
                                {"object", Const("conversation")},
                                {"created_at", Integer()},
                                {"metadata", Map(Text())}},
                               {"id", "object", "created_at", "metadata"});
  out["Deleted"] =
      Struct({{"id", Text()}, {"object", Text()}, {"deleted", Const(true)}}, {"id", "object", "deleted"});
  out["Model"] = Struct(
      {{"id", Text()}, {"object", Const("model")}, {"created", Integer()}, {"owned_by", Text()}},
      {"id", "object", "created", "owned_by"});
  out["ModelList"] = ListOf("Model");
  const Object vector = Struct({{"object", Const("embedding")},
                                {"index", Integer()},
                                {"embedding", Either({List(Number()), Text()})}},
                               {"object", "index", "embedding"});
  const auto values = [](std::string_view key, Object item) {
    return Struct({{"id", Text()},
                   {"object", Const("list")},
                   {"model", Text()},
                   {key, List(std::move(item))},
                   {"usage", Usage()}},
                  {"object", "model", "usage"});
  };
  out["EmbeddingList"] = values("data", vector);
  out["Ranking"] = values("results", Struct({{"index", Integer()},
                                             {"relevance_score", Number()},
                                             {"document", Struct({{"text", Text()}}, {"text"})}},
                                            {"index", "relevance_score"}));
  out["ScoreList"] = values(
      "data", Struct({{"index", Integer()}, {"object", Const("score")}, {"score", Number()}}, {"index", "score"}));
  out["Tokens"] = Struct({{"count", Integer()},
                          {"max_model_len", Integer()},
                          {"tokens", List(Integer())},
                          {"token_strs", OrNull(List(Text()))}},
                         {"count", "max_model_len", "tokens"});
  const Object page{{"first_id", OrNull(Text())}, {"last_id", OrNull(Text())}, {"has_more", Boolean()}};
  out["File"] = Struct({{"id", Text()},
                        {"object", Const("file")},
                        {"bytes", Integer()},
                        {"created_at", Integer()},
                        {"expires_at", OrNull(Integer())},
                        {"filename", Text()},
                        {"purpose", Text()},
                        {"status", Text()}},
                       {"id", "object", "bytes", "created_at", "filename", "purpose"});
  out["FileList"] = ListOf("File", page);
  out["Batch"] = Struct({{"id", Text()},
                         {"object", Const("batch")},
                         {"endpoint", Text()},
                         {"input_file_id", Text()},
                         {"completion_window", Text()},
                         {"status", OneOf({"validating", "failed", "in_progress", "finalizing", "completed", "expired",
                                           "cancelling", "cancelled"})},
                         {"output_file_id", OrNull(Text())},
                         {"error_file_id", OrNull(Text())},
                         {"request_counts", Struct({{"total", Integer()},
                                                    {"completed", Integer()},
                                                    {"failed", Integer()}},
                                                   {"total", "completed", "failed"})}},
                        {"id", "object", "endpoint", "input_file_id", "completion_window", "status"});
  out["BatchList"] = ListOf("Batch", page);
  out["PromptText"] = Struct({{"prompt", Text()}}, {"prompt"});
}

Object Error() {
  return Struct({{"error", Struct({{"message", Text()},
                                   {"type", Text()},
                                   {"param", About("The field at fault.", OrNull(Text()))},
                                   {"code", OrNull(Text())}},
                                  {"message", "type", "code"})},
                 {"request_id", Text()}},
                {"error"});
}

}  // namespace

Object Schemas() {
  Object out;
  const Object chat = ChatBody();
  out["CacheControl"] = About("Up to here the prompt stays in the cache; at most four marks a request.",
                              Struct({{"type", Const("ephemeral")}, {"ttl", OrNull(OneOf({"5m", "1h"}))}}, {"type"}));
  out["ChatMessage"] = ChatMessage(
      Struct({{"type", Const("text")}, {"text", Text()}, {"cache_control", OrNull(Reference("CacheControl"))}},
             {"type", "text"}));
  out["FileUpload"] = FileUpload();
  out["BatchRequest"] = BatchBody();
  out["InputItem"] = Item();
  out["ResponsesRequest"] = ResponsesBody(chat);
  out["TokenizeRequest"] = TokenizeBody(chat);
  out["ChatRequest"] = chat;
  out["CompletionRequest"] = CompletionBody();
  out["ConversationRequest"] =
      Struct({{"metadata", About("Pairs of texts that are kept with it.", OrNull(Metadata()))},
              {"items", About("What was said before.", OrNull(List(Reference("InputItem"), 0, kItemsAtOnceMax)))}});
  out["ConversationUpdate"] = Struct({{"metadata", Metadata()}}, {"metadata"});
  out["ItemsRequest"] =
      Struct({{"items", About("What is added.", OrNull(List(Reference("InputItem"), 0, kItemsAtOnceMax)))}});
  out["EmbeddingsRequest"] = EmbeddingsBody();
  out["RerankRequest"] = RerankBody(RerankForm::kOpen);
  out["ReranksRequest"] = RerankBody(RerankForm::kHosted);
  out["ScoreRequest"] = ScoreBody();
  out["DetokenizeRequest"] = DetokenizeBody();
  AddAnswers(out);
  out["OpenAIError"] = Error();
  return out;
}

}  // namespace yun::api::openai
