#include "cloud/quota.h"

#include <algorithm>
#include <tuple>

#include "store/database.h"

namespace yun::cloud {

namespace {

constexpr std::size_t kModelBytesMax = 200;

struct Number {
  std::string_view name;
  std::int64_t Limits::* member;
};
constexpr Number kNumbers[] = {{"requests_per_minute", &Limits::requests_per_minute},
                               {"tokens_per_minute", &Limits::tokens_per_minute},
                               {"concurrent", &Limits::concurrent},
                               {"burst_per_second", &Limits::burst_per_second}};

Status Check(const LimitRule& rule) {
  for (const auto& [name, member] : kNumbers)
    if (rule.limits.*member < 0 || rule.limits.*member > kLimitMax)
      return Fail(Code::kInvalidArgument, "{}: {} is not within 0 and {}", name, rule.limits.*member, kLimitMax);
  if (rule.account_id.empty() || rule.scope_id.empty())
    return Fail(Code::kInvalidArgument, "a limit needs an account, and an id of what it holds for");
  if (rule.scope == LimitScope::kAccount && rule.scope_id != rule.account_id)
    return Fail(Code::kInvalidArgument, "an account's limit has the account's id");
  if (rule.model.empty() || rule.model.size() > kModelBytesMax)
    return Fail(Code::kInvalidArgument, "model: a name of at most {} bytes, or * for all together", kModelBytesMax);
  return {};
}

bool Same(const LimitRule& a, const LimitRule& b) {
  return a.account_id == b.account_id && a.scope == b.scope && a.scope_id == b.scope_id && a.model == b.model;
}

/// The workspaces of an account may not have more together than the account has.
Status CheckSums(const std::vector<LimitRule>& rules, const LimitRule& changed) {
  if (changed.scope == LimitScope::kKey) return {};
  for (const auto& [name, member] : kNumbers) {
    std::int64_t whole = 0, sum = 0;
    for (const LimitRule& rule : rules) {
      if (rule.account_id != changed.account_id || rule.model != changed.model) continue;
      if (rule.scope == LimitScope::kAccount) whole = rule.limits.*member;
      if (rule.scope == LimitScope::kWorkspace) sum += rule.limits.*member;
    }
    if (whole > 0 && sum > whole)
      return Fail(Code::kInvalidArgument, "{}: the account's workspaces would have {} together, but it has {} for '{}'",
                  name, sum, whole, changed.model);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Quotas>> Quotas::Open(store::Database& database, RateLimiter& limiter) {
  std::unique_ptr<Quotas> quotas(new Quotas(database, limiter));
  RETURN_IF_ERROR(database.Read([&](store::Connection& c) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows,
                     c.Query("SELECT account_id, scope, scope_id, model, requests_per_minute, tokens_per_minute, "
                             "concurrent, burst_per_second FROM limit_rule"));
    for (const store::Row& row : rows) {
      const auto scope = ParseLimitScope(row.Text(1));
      if (!scope) return Fail(Code::kCorrupt, "limit_rule: '{}' is no scope", row.Text(1));
      limiter.Set({std::string(row.Text(0)), *scope, std::string(row.Text(2)), std::string(row.Text(3)),
                   {row.Int(4), row.Int(5), row.Int(6), row.Int(7)}});
    }
    return {};
  }));
  return quotas;
}

Status Quotas::Set(const LimitRule& rule) {
  RETURN_IF_ERROR(Check(rule));
  std::lock_guard lock(change_);
  std::vector<LimitRule> rules = limiter_.Rules();
  std::erase_if(rules, [&](const LimitRule& other) { return Same(rule, other); });
  const bool removes = rule.limits == Limits{};
  if (!removes) {
    if (rules.size() >= kLimitRulesMax) return Fail(Code::kTooMany, "there are {} limits already", rules.size());
    const auto own = std::count_if(rules.begin(), rules.end(),
                                   [&](const LimitRule& other) { return other.account_id == rule.account_id; });
    if (static_cast<std::size_t>(own) >= kLimitRulesOfAccountMax)
      return Fail(Code::kTooMany, "the account has {} limits already", own);
    rules.push_back(rule);
    RETURN_IF_ERROR(CheckSums(rules, rule));
  }
  RETURN_IF_ERROR(database_.Write([rule, removes](store::Connection& c) -> Status {
    const std::string_view scope = LimitScopeName(rule.scope);
    RETURN_IF_ERROR(c.Execute("DELETE FROM limit_rule WHERE account_id = ? AND scope = ? AND scope_id = ? AND "
                              "model = ?",
                              {rule.account_id, scope, rule.scope_id, rule.model}));
    if (removes) return {};
    const Limits& l = rule.limits;
    RETURN_IF_ERROR(c.Execute("INSERT INTO limit_rule (account_id, scope, scope_id, model, requests_per_minute, "
                              "tokens_per_minute, concurrent, burst_per_second) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                              {rule.account_id, scope, rule.scope_id, rule.model, l.requests_per_minute,
                               l.tokens_per_minute, l.concurrent, l.burst_per_second}));
    return {};
  }));
  limiter_.Set(rule);
  return {};
}

std::vector<LimitRule> Quotas::List(std::string_view account_id) const {
  std::vector<LimitRule> rules = limiter_.Rules();
  std::erase_if(rules, [&](const LimitRule& rule) { return !account_id.empty() && rule.account_id != account_id; });
  std::sort(rules.begin(), rules.end(), [](const LimitRule& a, const LimitRule& b) {
    return std::tie(a.account_id, a.scope, a.scope_id, a.model) < std::tie(b.account_id, b.scope, b.scope_id, b.model);
  });
  return rules;
}

}  // namespace yun::cloud
