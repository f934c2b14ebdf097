// Anthropic's Messages API: /anthropic/v1 and, as the hosted service has it, /apps/anthropic/v1.
#include <algorithm>

#include "api/anthropic/parse.h"
#include "api/anthropic/write.h"
#include "base/ascii.h"
#include "server/chat.h"
#include "server/handlers/handlers.h"

namespace yun::server::handlers {

namespace anthropic = api::anthropic;

namespace {
constexpr std::int64_t kPageDefault = 20;  // models
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
  std::int64_t limit = kPageDefault;
  std::string after, before;
  for (const auto& [name, value] : http::ParseQuery(call.request.query)) {
    if (name == "after_id") after = value;
    if (name == "before_id") before = value;
    if (name != "limit") continue;
    const auto number = WholeNumber(value);
    if (!number || *number < 1 || *number > kModelPageMax)
      return call.Fail({400, fmt::format("limit: the range is [1, {}]", kModelPageMax), "limit", "invalid_value"});
    limit = *number;
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
  if (const auto model = SeenModel(service, call))
    call.Respond(200, anthropic::WriteModel({model->id, model->created_unix}));
}

}  // namespace yun::server::handlers
