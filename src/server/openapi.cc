#include "server/openapi.h"

#include <utility>
#include <vector>

#include "api/anthropic/schema.h"
#include "api/dashscope/schema.h"
#include "api/openai/batch.h"
#include "api/openai/files.h"
#include "api/openai/schema.h"
#include "api/schema.h"
#include "base/check.h"
#include "server/handlers/handlers.h"
#include "server/routes.h"

namespace yun::server {
namespace {

namespace json = boost::json;
using namespace api::schema;

constexpr std::string_view kJson = "application/json", kForm = "multipart/form-data";

struct Parameter {
  std::string_view in, name, about;
  Object schema;
};

struct Operation {
  std::string_view method, path;  // /v1/models/{model}: answered by the row /v1/models/*
  std::string_view id, about;
  std::string_view body;    // a schema; empty: none; ending in '?': it may be left out
  std::string_view answer;  // a schema; empty: the content type alone
  std::string_view event = {};  // a schema of what an event's data is, where the answer may be a stream
  std::vector<Parameter> parameters = {};
  std::string_view content_type = kJson, body_type = kJson;
};

std::vector<Parameter> NativePage(std::vector<Parameter> more = {}) {
  more.push_back({"query", "page_no", "From 1.", Integer(1, handlers::kPageNumberMax)});
  more.push_back({"query", "page_size", "At most 100 come.", Integer(1, handlers::kPageNumberMax)});
  return more;
}

std::vector<Parameter> Native(bool streams = false) {
  std::vector<Parameter> out{
      {"header", "X-DashScope-Async", "enable: a task is made, and answered later.", OneOf({"enable", "disable"})},
      {"header", "X-DashScope-WorkSpace", "The key's own workspace, by id or name.", Text(0, 256)}};
  if (streams)
    out.push_back({"header", "X-DashScope-SSE", "enable: the answer comes as events.", OneOf({"enable", "disable"})});
  return out;
}

std::vector<Parameter> ModelPage() {
  return {{"query", "limit", "Models of a page.", Integer(1, handlers::kModelPageMax)},
          {"query", "after_id", "The id of the last model of the page before.", Text()},
          {"query", "before_id", "The id of the first model of the page after.", Text()}};
}

std::vector<Parameter> ListPage(std::int64_t limit_max, std::vector<Parameter> more = {}) {
  more.push_back({"query", "limit", "Items of a page.", Integer(1, limit_max)});
  more.push_back({"query", "order", "By time.", OneOf({"asc", "desc"})});
  more.push_back({"query", "after", "The id of the last item of the page before.", Text()});
  return more;
}

Object TaskTime() { return {{"type", "string"}, {"pattern", "^([0-9]{14})?$"}}; }

std::vector<Parameter> TaskQuery() {
  return NativePage(
      {{"query", "start_time", "yyyyMMddHHmmss, in UTC: made since.", TaskTime()},
       {"query", "end_time", "yyyyMMddHHmmss, in UTC: made before.", TaskTime()},
       {"query", "model_name", "Of this model alone.", Text()},
       {"query", "api_key_id", "Made with this key alone.", Text()},
       {"query", "status", "In this state alone.",
        OneOf({"", "PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED"})}});
}

std::vector<Operation> Operations() {
  return {
      {"GET", "/openapi.json", "openapi", "This document.", "", "AnyObject"},
      {"GET", "/healthz", "health", "Whether the server lives; with a key also what its models do.", "", "Health"},
      {"GET", "/readyz", "ready", "Whether requests are taken: not while models load, nor before the end.", "",
       "Ready"},
      {"GET", "/metrics", "metrics", "Figures for Prometheus, for whom the operator lets.", "", "", "", {},
       "text/plain"},

      {"GET", "/v1/models", "models", "The models that the key may use.", "", "ModelList"},
      {"GET", "/v1/models/{model}", "model", "One model.", "", "Model"},
      {"POST", "/v1/chat/completions", "chat", "Answers a conversation.", "ChatRequest", "ChatCompletion",
       "ChatCompletionChunk"},
      {"POST", "/v1/completions", "complete", "Continues prompts as they are.", "CompletionRequest", "Completion",
       "CompletionChunk"},
      {"POST", "/v1/responses", "respond", "Answers items, and keeps what was said.", "ResponsesRequest", "Response",
       "ResponseEvent"},
      {"GET", "/v1/responses/{response_id}", "response", "A response that was kept.", "", "Response"},
      {"GET", "/v1/responses/{response_id}/input_items", "response_items", "What a response answered.", "", "ItemList",
       "", ListPage(handlers::kItemPageMax)},
      {"POST", "/v1/responses/{response_id}/cancel", "response_cancel",
       "Refused: only responses in the background could be cancelled.", "", "Response"},
      {"DELETE", "/v1/responses/{response_id}", "response_delete", "Forgets a response.", "", "Deleted"},
      {"POST", "/v1/conversations", "conversation_make", "Begins a conversation that is kept.", "ConversationRequest?",
       "Conversation"},
      {"GET", "/v1/conversations/{conversation_id}", "conversation", "A conversation, without its items.", "",
       "Conversation"},
      {"POST", "/v1/conversations/{conversation_id}", "conversation_update", "Changes a conversation's metadata.",
       "ConversationUpdate", "Conversation"},
      {"DELETE", "/v1/conversations/{conversation_id}", "conversation_delete", "Forgets a conversation.", "",
       "Deleted"},
      {"GET", "/v1/conversations/{conversation_id}/items", "items", "A conversation's items.", "", "ItemList", "",
       ListPage(handlers::kItemPageMax)},
      {"POST", "/v1/conversations/{conversation_id}/items", "items_add", "Adds items to a conversation.",
       "ItemsRequest?", "ItemList"},
      {"GET", "/v1/conversations/{conversation_id}/items/{item_id}", "item", "One item.", "", "Item"},
      {"DELETE", "/v1/conversations/{conversation_id}/items/{item_id}", "item_delete", "Takes out an item.", "",
       "Conversation"},
      {"POST", "/v1/embeddings", "embed", "Texts as vectors.", "EmbeddingsRequest", "EmbeddingList"},
      {"POST", "/v1/rerank", "rerank", "Ranks documents by how well they answer a query.", "RerankRequest",
       "Ranking"},
      {"POST", "/compatible-api/v1/reranks", "reranks", "The same with the hosted service's limits.",
       "ReranksRequest", "Ranking"},
      {"POST", "/v1/score", "score", "How well texts answer texts.", "ScoreRequest", "ScoreList"},
      {"POST", "/v1/tokenize", "tokenize", "What a model reads of a text or a conversation.", "TokenizeRequest",
       "Tokens"},
      {"POST", "/tokenize", "tokenize_root", "As /v1/tokenize.", "TokenizeRequest", "Tokens"},
      {"POST", "/v1/detokenize", "detokenize", "The text of tokens.", "DetokenizeRequest", "PromptText"},
      {"POST", "/detokenize", "detokenize_root", "As /v1/detokenize.", "DetokenizeRequest", "PromptText"},
      {"POST", "/v1/files", "file_upload", "Keeps a file.", "FileUpload", "File", "", {}, kJson, kForm},
      {"GET", "/v1/files", "files", "The workspace's files.", "", "FileList", "",
       ListPage(api::openai::kFilesListedMax, {{"query", "purpose", "For this purpose alone.", Text()}})},
      {"GET", "/v1/files/{file_id}", "file", "One file.", "", "File"},
      {"GET", "/v1/files/{file_id}/content", "file_content", "What is in a file.", "", "", "", {},
       "application/octet-stream"},
      {"DELETE", "/v1/files/{file_id}", "file_delete", "Forgets a file.", "", "Deleted"},
      {"POST", "/v1/batches", "batch_make", "Answers the lines of a file, at half the price.", "BatchRequest",
       "Batch"},
      {"GET", "/v1/batches", "batches", "The workspace's batches, the newest first.", "", "BatchList", "",
       ListPage(api::openai::kBatchesListedMax)},
      {"GET", "/v1/batches/{batch_id}", "batch", "One batch.", "", "Batch"},
      {"POST", "/v1/batches/{batch_id}/cancel", "batch_cancel", "Ends a batch before its end.", "", "Batch"},
      {"GET", "/v1/receipts/{receipt_id}", "receipt", "What one request used and cost.", "", "Receipt"},

      {"POST", "/anthropic/v1/messages", "messages", "Answers a conversation.", "MessagesRequest", "Message",
       "MessageEvent"},
      {"POST", "/anthropic/v1/messages/count_tokens", "count_tokens", "The tokens that a conversation has.",
       "CountTokensRequest", "TokenCount"},
      {"GET", "/anthropic/v1/models", "anthropic_models", "The models that the key may use.", "",
       "AnthropicModelList", "", ModelPage()},
      {"GET", "/anthropic/v1/models/{model}", "anthropic_model", "One model.", "", "AnthropicModel"},

      {"POST", "/api/v1/services/aigc/text-generation/generation", "text_generation", "Answers a conversation.",
       "GenerationRequest", "Generation", "GenerationEvent", Native(true)},
      {"POST", "/api/v1/services/aigc/multimodal-generation/generation", "multimodal_generation",
       "Answers a conversation in parts.", "GenerationRequest", "Generation", "GenerationEvent", Native(true)},
      {"POST", "/api/v1/services/embeddings/text-embedding/text-embedding", "text_embedding", "Texts as vectors.",
       "TextEmbeddingRequest", "TextEmbedding", "", Native()},
      {"POST", "/api/v1/services/rerank/text-rerank/text-rerank", "text_rerank",
       "Ranks documents by how well they answer a query.", "TextRerankRequest", "TextRerank", "", Native()},
      {"POST", "/api/v1/tokenizer", "tokenizer", "What a model reads of a text or a conversation.",
       "TokenizerRequest", "TokenizerAnswer"},
      {"GET", "/api/v1/models", "native_models", "The models that the key may use.", "", "NativeModelList", "",
       NativePage({{"query", "model", "This model alone.", Text()}})},
      {"GET", "/api/v1/tasks", "tasks", "The workspace's tasks, the newest first.", "", "TaskList", "",
       TaskQuery()},
      {"GET", "/api/v1/tasks/{task_id}", "task", "A task, and what was answered; UNKNOWN where there is none.", "",
       "Task"},
      {"POST", "/api/v1/tasks/{task_id}/cancel", "task_cancel", "Cancels a task that has not begun.", "",
       "RequestId"},
      {"POST", "/api/v1/files", "native_upload", "Keeps files.", "NativeUpload", "NativeUploaded", "", {}, kJson,
       kForm},
      {"GET", "/api/v1/files", "native_files", "The workspace's files.", "", "NativeFileList", "", NativePage()},
      {"GET", "/api/v1/files/{file_id}", "native_file", "One file.", "", "NativeFile"},
      {"DELETE", "/api/v1/files/{file_id}", "native_file_delete", "Forgets a file.", "", "RequestId"},
      {"GET", "/api/v1/quotas", "quotas", "The limits of each model.", "", "QuotaList", "",
       NativePage({{"query", "model", "This model alone.", Text()}})},
      {"GET", "/api/v1/models/limits", "model_limits", "As /api/v1/quotas.", "", "QuotaList", "",
       NativePage({{"query", "model", "This model alone.", Text()}})},
  };
}

/// What belongs to no dialect.
Object OwnSchemas() {
  return {{"AnyObject", Object{{"type", "object"}}},
          {"Health", Struct({{"status", Text()}, {"requests", Integer()}, {"models", List(Object{{"type", "object"}})}},
                            {"status"})},
          {"Ready", Struct({{"status", OneOf({"ready", "loading", "draining"})}}, {"status"})},
          {"DryRun", Struct({{"id", Text()},
                             {"object", Const("dry_run")},
                             {"model", Text()},
                             {"prompt_tokens", Integer()},
                             {"cached_tokens", Integer()},
                             {"answers", Integer()},
                             {"output_tokens_max", Integer()},
                             {"price", Object{{"type", "object"}}},
                             {"queue", Object{{"type", "object"}}}},
                            {"id", "object", "model", "prompt_tokens", "price", "queue"})},
          {"Receipt", Struct({{"id", Text()},
                              {"object", Const("receipt")},
                              {"model", Text()},
                              {"request_id", Text()},
                              {"started_ms", Integer()},
                              {"ended_ms", Integer()},
                              {"units", Map(Integer())},
                              {"lines", List(Object{{"type", "object"}})},
                              {"amount_micro", Integer()},
                              {"currency", Text()}},
                             {"id", "object", "model", "units", "lines", "amount_micro"})}};
}

std::string_view ErrorSchema(std::string_view path) {
  const std::string_view dialect = DialectOf(path).name;
  return dialect == "dashscope" ? "DashScopeError" : dialect == "anthropic" ? "AnthropicError" : "OpenAIError";
}

const Route* RowOf(const Operation& operation) {
  for (const Route& row : Routes())
    if (row.method == operation.method && Matches(row, operation.path)) return &row;
  return nullptr;
}

json::array ParametersOf(const Operation& operation) {
  json::array out;
  for (std::size_t at = 0; (at = operation.path.find('{', at)) != std::string_view::npos; ++at)
    out.push_back(Object{{"name", operation.path.substr(at + 1, operation.path.find('}', at) - at - 1)},
                         {"in", "path"},
                         {"required", true},
                         {"schema", Object{{"type", "string"}, {"minLength", 1}, {"pattern", "^[^/]+$"}}}});
  for (const Parameter& parameter : operation.parameters)
    out.push_back(Object{{"name", parameter.name},
                         {"in", parameter.in},
                         {"required", false},
                         {"description", parameter.about},
                         {"schema", parameter.schema}});
  return out;
}

/// One of a stream; its data is text that is JSON.
Object Event(std::string_view schema) {
  Object data = Text();
  data["contentMediaType"] = "application/json";
  data["contentSchema"] = Reference(schema);
  return About("Of each event; one of OpenAI's streams ends with the data [DONE].",
               Struct({{"data", std::move(data)}, {"event", Text()}, {"id", Text()}}, {"data"}));
}

Object ResponsesOf(const Operation& operation, const Route* row) {
  Object out, content;
  Object answer = operation.answer.empty() ? Text() : Reference(operation.answer);
  if (!operation.event.empty()) answer = Either({std::move(answer), Reference("DryRun")});  // of what may be one
  content[operation.content_type] = Object{{"schema", std::move(answer)}};
  if (!operation.event.empty())
    content["text/event-stream"] = Object{{"schema", Event(operation.event)}};
  out["200"] = Object{{"description", "Done."}, {"content", std::move(content)}};
  const Object error = OpenApiContent(kJson, Reference(ErrorSchema(operation.path)));
  const auto add = [&](const char* status, std::string_view about) {
    out[status] = Object{{"description", about}, {"content", error}};
  };
  add("400", "The request is wrong; the message names the field and what is allowed.");
  add("429", "Too many requests, or a limit is reached; Retry-After says when to try again.");
  add("500", "The server failed.");
  add("503", "Models are being loaded, or the server ends; Retry-After says when to try again.");
  if (operation.answer == "Ready")
    out["503"] = Object{{"description", "Not yet, or no longer."},
                        {"content", OpenApiContent(kJson, Reference("Ready"))}};
  if (operation.path == "/metrics") add("403", "The figures are not for everybody.");
  if (row && row->open) return out;
  add("401", "No API key, or a wrong one.");
  add("403", "The key is not for this endpoint, address or workspace.");
  add("404", "No such model or thing.");
  if (operation.id == "file_delete" || operation.id == "native_file_delete" || operation.id == "batch_cancel")
    add("409", "Not in this state.");
  if (!operation.body.empty()) add("413", "The body is too large.");
  if (!operation.body.empty()) add("504", "It took longer than the request's timeout.");
  return out;
}

std::string Make() {
  OpenApiParts parts;
  parts.title = "yun";
  parts.about =
      "OpenAI's API, DashScope's (/api) and Anthropic's (/anthropic), of one server. Everything below /v1 is also "
      "served below /compatible-mode/v1, what is below /anthropic also below /apps/anthropic. The admin API has its "
      "own document: /admin/v1/openapi.json.";
  parts.security = {Object{{"bearer", json::array()}}, Object{{"x_api_key", json::array()}}};
  parts.schemes = {
      {"bearer", {{"type", "http"}, {"scheme", "bearer"}, {"description", "an API key: sk-..."}}},
      {"x_api_key", {{"type", "apiKey"}, {"in", "header"}, {"name", "x-api-key"}, {"description", "the same key"}}}};
  for (Object schemas :
       {OwnSchemas(), api::openai::Schemas(), api::dashscope::Schemas(), api::anthropic::Schemas()})
    for (auto& [name, schema] : schemas) CHECK(parts.schemas.emplace(name, std::move(schema)).second);
  for (const Operation& operation : Operations()) {
    const Route* row = RowOf(operation);
    std::string method(operation.method);
    for (char& c : method) c = static_cast<char>(c | 0x20);
    Object out{{"operationId", operation.id},
               {"tags", json::array{DialectOf(operation.path).name}},
               {"summary", operation.about},
               {"parameters", ParametersOf(operation)},
               {"responses", ResponsesOf(operation, row)}};
    if (!operation.body.empty()) {
      const bool optional = operation.body.ends_with('?');
      Object body = Reference(operation.body.substr(0, operation.body.size() - (optional ? 1 : 0)));
      out["requestBody"] =
          Object{{"required", !optional}, {"content", OpenApiContent(operation.body_type, std::move(body))}};
    }
    if (row && row->open) out["security"] = json::array();
    if (row && !row->endpoint.empty()) out["x-yun-scope"] = row->endpoint;  // of a key that is not for every endpoint
    json::value& path = parts.paths[operation.path];
    if (!path.is_object()) path = Object();
    path.as_object()[method] = std::move(out);
  }
  return WriteOpenApi(std::move(parts));
}

}  // namespace

Object OpenApiContent(std::string_view type, Object schema) {
  return {{type, Object{{"schema", std::move(schema)}}}};
}

std::string WriteOpenApi(OpenApiParts parts) {
  return json::serialize(Object{
      {"openapi", "3.1.0"},
      {"info",
       {{"title", parts.title},
        {"version", "1"},
        {"description", parts.about},
        {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
      {"servers", {{{"url", "/"}}}},
      {"security", std::move(parts.security)},
      {"paths", std::move(parts.paths)},
      {"components", {{"schemas", std::move(parts.schemas)}, {"securitySchemes", std::move(parts.schemes)}}}});
}

const std::string& OpenApiDocument() {
  static const std::string document = Make();
  return document;
}

}  // namespace yun::server
