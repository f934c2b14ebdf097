// Anthropic's Messages API: /anthropic/v1 and, as the hosted service has it, /apps/anthropic/v1.
#include <algorithm>
#include <charconv>

#include "api/anthropic/parse.h"
#include "api/anthropic/write.h"
#include "server/chat.h"
#include "server/handlers/handlers.h"

namespace yun::server::handlers {

namespace anthropic = api::anthropic;

namespace {
constexpr int kPageDefault = 20, kPageMax = 1000;  // models
}

void AnthropicMessages(Service& service, Call call) {
  api::Parsed<api::ChatRequest> wish = anthropic::ParseMessages(call.request.body);
  if (!wish) return call.Fail(wish.error());
  call.request.body = {};
  auto writer = anthropic::MakeAnswerWriter("msg_" + cloud::RandomHex(12), wish->model);
  BeginChat(service, std::move(call), {std::move(*wish), std::move(writer)});
}

void AnthropicCountTokens(Service& service, Call call) {
  const api::Parsed<api::ChatRequest> wish = anthropic::ParseCountTokens(call.request.body);
  if (!wish) return call.Fail(wish.error());
  const auto model = ModelFor(service, call, wish->model);
  if (!model) return;
  const auto prompt = PromptOf(*model, *wish);
  if (!prompt) return call.Fail(prompt.error());
  call.Respond(200, anthropic::WriteTokenCount(prompt->size()));
}

/// Pages as Anthropic has them: limit, after_id, before_id.
void AnthropicModels(Service& service, Call call) {
  int limit = kPageDefault;
  std::string after, before;
  for (const auto& [name, value] : http::ParseQuery(call.request.query)) {
    if (name == "after_id") after = value;
    if (name == "before_id") before = value;
    if (name != "limit") continue;
    const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), limit);
    if (ec != std::errc() || end != value.data() + value.size() || limit < 1 || limit > kPageMax)
      return call.Fail({400, fmt::format("limit: the range is [1, {}]", kPageMax), "limit", "invalid_value"});
  }
  std::vector<anthropic::ModelEntry> all;
  for (const auto& model : service.Models())
    if (MaySee(service, *call.principal, model->id)) all.push_back({model->id, model->created_unix});
  auto begin = all.begin(), end = all.end();
  const auto at = [&](const std::string& id) {
    return std::ranges::find_if(all, [&](const anthropic::ModelEntry& entry) { return entry.id == id; });
  };
  if (!after.empty() && at(after) != all.end()) begin = at(after) + 1;
  if (!before.empty()) end = at(before);
  if (end < begin) end = begin;
  const bool more = end - begin > limit;
  if (more && before.empty()) end = begin + limit;
  if (more && !before.empty()) begin = end - limit;
  call.Respond(200, anthropic::WriteModelList({begin, end}, more));
}

void AnthropicModel(Service& service, Call call) {
  const auto model = service.FindModel(call.tail);
  if (!model || !MaySee(service, *call.principal, model->id))
    return call.Fail(NoSuchModel(service, *call.principal, call.tail));
  call.Respond(200, anthropic::WriteModel({model->id, model->created_unix}));
}

}  // namespace yun::server::handlers
