// POST /api/v1/services/aigc/{text,multimodal}-generation/generation, GET /api/v1/models
#include <algorithm>

#include "api/dashscope/answer_writer.h"
#include "api/dashscope/parse.h"
#include "api/dashscope/write.h"
#include "base/ascii.h"
#include "server/chat.h"
#include "server/handlers/handlers.h"

namespace yun::server::handlers {

namespace dashscope = api::dashscope;

namespace {

api::ApiError Refusal(int status, std::string native, std::string message) {
  api::ApiError error{status, std::move(message), "", status == 403 ? "access_denied" : "unsupported_parameter"};
  error.native = std::move(native);
  return error;
}

void Generate(Service& service, Call call, dashscope::Service kind) {
  if (const auto refused = NativeHeaders(call)) return call.Fail(*refused);
  const bool events = call.request.Header("x-dashscope-sse") == "enable" ||
                      call.request.Header("accept").find("text/event-stream") != std::string_view::npos;
  api::Parsed<dashscope::GenerationRequest> wish = dashscope::ParseGenerationRequest(call.request.body, kind, events);
  if (!wish) return call.Fail(wish.error());
  call.request.body = {};
  api::ChatRequest& chat = wish->chat;
  const auto model = ModelFor(service, call, chat.model);
  if (!model) return;
  for (const std::vector<std::int32_t>& sequence : wish->stop_sequences) {
    std::string text;
    for (const std::int32_t id : sequence) text += model->tokenizer->Bytes(id);
    if (text.empty() || text.size() > api::kStopBytesMax)
      return call.Fail({400, "Invalid 'stop': these token ids have no text, or too long a one.", "stop",
                        "invalid_value"});
    chat.stop.push_back(std::move(text));
  }
  auto writer = dashscope::MakeAnswerWriter({.request_id = call.request_id,
                                             .service = kind,
                                             .format = wish->format,
                                             .incremental = wish->incremental,
                                             .numbered = chat.n > 1,
                                             .with_logprobs = chat.logprobs >= 0});
  BeginChat(service, std::move(call), {std::move(chat), std::move(writer)});
}

}  // namespace

std::optional<api::ApiError> NativeHeaders(const Call& call) {
  for (std::string_view header : {"x-dashscope-encryptionkey", "x-dashscope-plugin"})
    if (!call.request.Header(header).empty())
      return Refusal(400, "InvalidParameter", fmt::format("The header '{}' is not supported here.", header));
  for (std::string_view header : {"x-dashscope-async", "x-dashscope-sse"})
    if (const std::string_view value = call.request.Header(header);
        !value.empty() && value != "enable" && value != "disable")
      return Refusal(400, "InvalidParameter",
                     fmt::format("Invalid header '{}': it is 'enable' or 'disable'.", header));
  const std::string_view workspace = call.request.Header("x-dashscope-workspace");
  const cloud::Workspace& own = call.principal->workspace;
  if (!workspace.empty() && workspace != own.id && workspace != own.name)
    return Refusal(403, "Workspace.AccessDenied", "Workspace access denied: this key is of another workspace.");
  return {};
}

api::Parsed<Page> PageOf(const http::Request& request, std::int64_t size) {
  Page page{.size = size};
  for (const auto& [name, value] : http::ParseQuery(request.query)) {
    if (name != "page_no" && name != "page_size") continue;
    const auto number = WholeNumber(value);
    if (!number || *number < 1 || *number > kPageNumberMax)
      return tl::unexpected(api::ApiError{400, fmt::format("Range of {} should be [1, {}].", name, kPageNumberMax),
                                          name, "invalid_value"});
    (name == "page_no" ? page.no : page.size) = *number;
  }
  page.size = std::min(page.size, kPageItemsMax);
  return page;
}

void ListNativeModels(Service& service, Call call) {
  std::string wanted;
  for (const auto& [name, value] : http::ParseQuery(call.request.query))
    if (name == "model") wanted = value;
  constexpr std::int64_t kPageItems = 10;  // where the caller does not say
  const api::Parsed<Page> page = PageOf(call.request, kPageItems);
  if (!page) return call.Fail(page.error());
  dashscope::ModelPage out{.page_no = page->no, .page_size = page->size};
  for (const auto& model : service.Models()) {
    if (!MaySee(service, *call.principal, model->id) || (!wanted.empty() && model->id != wanted)) continue;
    if (page->Holds(out.total++)) out.ids.push_back(model->id);
  }
  call.Respond(200, dashscope::WriteModels(out, call.request_id));
}

void TextGeneration(Service& service, Call call) { Generate(service, std::move(call), dashscope::Service::kText); }

void MultimodalGeneration(Service& service, Call call) {
  Generate(service, std::move(call), dashscope::Service::kMultimodal);
}

}  // namespace yun::server::handlers
