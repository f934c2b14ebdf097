// Limits of rate: for an account, a workspace or a key, and all models together or one.
#include "server/admin/limits.h"

#include "cloud/directory.h"
#include "cloud/quota.h"

namespace yun::server::admin {

namespace json = boost::json;
using cloud::LimitRule;
using cloud::LimitScope;
using cloud::Right;

namespace {

Field Limit(std::string_view name, std::string_view about) { return Integer(name, about).Between(0, cloud::kLimitMax); }

Result<Reply> Set(const Parts& parts, const Ask& ask, LimitScope scope, std::string_view id) {
  LimitRule rule;
  rule.account_id = ask.account->id;
  rule.scope = scope;
  rule.scope_id = id;
  rule.model = ask.body.Text("model", LimitRule::kEveryModel);
  rule.limits = LimitsOf(ask.body);
  RETURN_IF_ERROR(parts.quotas->Set(rule));
  Reply reply = Json(WriteRule(rule));
  reply.target = id;
  return reply;
}

Result<Reply> Listed(const Ask& ask, const std::vector<LimitRule>& rules) {
  json::array items;
  for (const LimitRule& rule : rules) items.push_back(WriteRule(rule));
  return CountedPage(ask, std::move(items));
}

Result<Reply> ListOfAccount(const Parts& parts, const Ask& ask) {
  return Listed(ask, parts.quotas->List(ask.account->id));
}

Result<Reply> ListOfWorkspace(const Parts& parts, const Ask& ask) {
  std::vector<LimitRule> seen;
  for (const LimitRule& rule : parts.quotas->List(ask.account->id)) {
    bool ours = rule.scope == LimitScope::kAccount || rule.scope_id == ask.workspace->id;
    if (rule.scope == LimitScope::kKey) {
      const auto key = parts.directory->FindKey(rule.scope_id);
      ours = key && key->workspace_id == ask.workspace->id;
    }
    if (ours) seen.push_back(rule);
  }
  return Listed(ask, seen);
}

Result<Reply> SetOfAccount(const Parts& parts, const Ask& ask) {
  return Set(parts, ask, LimitScope::kAccount, ask.account->id);
}
Result<Reply> SetOfWorkspace(const Parts& parts, const Ask& ask) {
  return Set(parts, ask, LimitScope::kWorkspace, ask.workspace->id);
}
Result<Reply> SetOfKey(const Parts& parts, const Ask& ask) {
  const auto key = parts.directory->FindKey(ask.Path("key_id"));
  if (!key || key->workspace_id != ask.workspace->id) return NoSuch("key");
  return Set(parts, ask, LimitScope::kKey, key->id);
}

}  // namespace

const Schema& LimitsSchema() {
  static const Schema schema{
      "Limits",
      {Text("model", "a model's name; none: all models together").Between(0, 200),
       Limit("requests_per_minute", "0: no limit"),
       Limit("tokens_per_minute", "prompt and longest answer, corrected when the answer is complete"),
       Limit("concurrent", "requests whose answer is not complete"),
       Limit("burst_per_second", "requests that may come at once; beyond, twice the rate of before")}};
  return schema;
}

const Schema& RuleSchema() {
  static const Schema schema{
      "LimitRule",
      {Text("scope", "").OneOf({"account", "workspace", "key"}).Required(),
       Text("id", "of the account, workspace or key").Required(),
       Text("model", "\"*\": all models together").Required(), Integer("requests_per_minute", "").Required(),
       Integer("tokens_per_minute", "").Required(), Integer("concurrent", "").Required(),
       Integer("burst_per_second", "").Required()}};
  return schema;
}

cloud::Limits LimitsOf(const Values& values) {
  return {.requests_per_minute = values.Integer("requests_per_minute"),
          .tokens_per_minute = values.Integer("tokens_per_minute"),
          .concurrent = values.Integer("concurrent"),
          .burst_per_second = values.Integer("burst_per_second")};
}

json::object WriteRule(const LimitRule& rule) {
  return {{"scope", cloud::LimitScopeName(rule.scope)},
          {"id", rule.scope_id},
          {"model", rule.model},
          {"requests_per_minute", rule.limits.requests_per_minute},
          {"tokens_per_minute", rule.limits.tokens_per_minute},
          {"concurrent", rule.limits.concurrent},
          {"burst_per_second", rule.limits.burst_per_second}};
}

std::vector<Route> LimitRoutes() {
  return {
      {"GET", "/accounts/{account_id}/limits", "limit.list_account", "All limits below an account", Whose::kAccount,
       Right::kSeeWorkspace, ListOfAccount, &PageQuery(), nullptr, &RuleSchema(), true},
      {"PUT", "/accounts/{account_id}/limits", "limit.set_account", "Sets an account's limits; all 0 removes them",
       Whose::kAccount, Right::kOperate, SetOfAccount, nullptr, &LimitsSchema(), &RuleSchema()},
      {"GET", "/workspaces/{workspace_id}/limits", "limit.list", "The limits that hold in a workspace",
       Whose::kWorkspace, Right::kSeeWorkspace, ListOfWorkspace, &PageQuery(), nullptr, &RuleSchema(), true},
      {"PUT", "/workspaces/{workspace_id}/limits", "limit.set", "Sets a workspace's limits; all 0 removes them",
       Whose::kWorkspace, Right::kOperate, SetOfWorkspace, nullptr, &LimitsSchema(), &RuleSchema()},
      {"PUT", "/workspaces/{workspace_id}/keys/{key_id}/limits", "limit.set_key",
       "Sets a key's limits; all 0 removes them", Whose::kWorkspace, Right::kManageKeys, SetOfKey, nullptr,
       &LimitsSchema(), &RuleSchema()},
  };
}

}  // namespace yun::server::admin
