// GET /api/v1/quotas: the limits of each model that is served.
#include <boost/json.hpp>

#include "server/handlers/handlers.h"

namespace yun::server::handlers {

namespace json = boost::json;

namespace {

constexpr std::int64_t kPageItems = 20;

/// The tightest of the rules for one model and for all together.
json::value LimitJson(const std::vector<cloud::LimitRule>& rules, cloud::LimitScope scope, std::string_view scope_id,
                      std::string_view model) {
  std::int64_t requests = 0, tokens = 0, concurrent = 0;
  const auto tighten = [](std::int64_t& tightest, std::int64_t limit) {
    if (limit > 0 && (tightest == 0 || limit < tightest)) tightest = limit;
  };
  for (const cloud::LimitRule& rule : rules) {
    if (rule.scope != scope || rule.scope_id != scope_id) continue;
    if (rule.model != model && rule.model != cloud::LimitRule::kEveryModel) continue;
    tighten(requests, rule.limits.requests_per_minute);
    tighten(tokens, rule.limits.tokens_per_minute);
    tighten(concurrent, rule.limits.concurrent);
  }
  if (requests == 0 && tokens == 0 && concurrent == 0) return nullptr;
  const auto number = [](std::int64_t limit) { return limit > 0 ? json::value(limit) : json::value(nullptr); };
  constexpr int kPeriodSeconds = 60;
  return json::object{{"request_limit", number(requests)},
                      {"request_limit_period", kPeriodSeconds},
                      {"usage_limit", number(tokens)},
                      {"usage_limit_field", "total_tokens"},
                      {"usage_limit_period", kPeriodSeconds},
                      {"async_user_queue_limit", nullptr},
                      {"async_user_concurrency_limit", number(concurrent)}};
}

}  // namespace

void ListQuotas(Service& service, Call call) {
  const cloud::Principal& who = *call.principal;
  std::string wanted;
  const api::Parsed<Page> page = PageOf(call.request, kPageItems);
  if (!page) return call.Fail(page.error());
  for (const auto& [name, value] : http::ParseQuery(call.request.query))
    if (name == "model" || name == "name") wanted = value;
  const std::vector<cloud::LimitRule> rules = service.cloud->quotas->List(who.account.id);
  json::array quotas;
  std::int64_t total = 0;
  for (const auto& model : service.Models()) {
    if (!who.AllowsModel(model->id) || (!wanted.empty() && model->id != wanted)) continue;
    if (!page->Holds(total++)) continue;
    quotas.push_back(json::object{
        {"model", model->id},
        {"workspace_id", who.workspace.id},
        {"model_limit", LimitJson(rules, cloud::LimitScope::kAccount, who.account.id, model->id)},
        {"workspace_limit", LimitJson(rules, cloud::LimitScope::kWorkspace, who.workspace.id, model->id)}});
  }
  call.Respond(200, json::serialize(json::object{{"request_id", call.request_id},
                                                 {"output", json::object{{"total", total},
                                                                         {"page_no", page->no},
                                                                         {"page_size", page->size},
                                                                         {"quotas", std::move(quotas)}}}}));
}

}  // namespace yun::server::handlers
