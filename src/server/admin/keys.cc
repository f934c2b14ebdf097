// API keys: made, shown once, changed, rotated, revoked.
#include "cloud/directory.h"
#include "cloud/ledger.h"
#include "cloud/quota.h"
#include "server/admin/budgets.h"
#include "server/admin/limits.h"

namespace yun::server::admin {

namespace json = boost::json;
using cloud::ApiKey;
using cloud::Right;

namespace {

const Schema kKey{
    "Key",
    {Text("id", "").Required(), Text("workspace_id", "").Required(), Text("person_id", "whose").Required(),
     Text("name", "").Required(), Text("hint", "the secret's first characters").Required(),
     Text("status", "").OneOf({"active", "expired", "revoked"}).Required(),
     Texts("models", "with * and ?; none: all").Required(), Texts("endpoints", "none: all but admin").Required(),
     Texts("ip_ranges", "none: from anywhere").Required(), Texts("apps", "with * and ?; none: all").Required(),
     Time("created_ms", "").Required(), Time("expires_ms", "0: never").Required(),
     Time("revoked_ms", "0: not").Required(), Text("secret", "the key itself: shown this once"),
     Text("budget_id", "of the budget made with it")}};

std::vector<Field> ScopeFields() {
  return {Texts("models", "names with * and ?; none: all"),
          Texts("endpoints", "chat, completions, embeddings, ..., admin; none: all but admin"),
          Texts("ip_ranges", "none: from anywhere").Like(kAddress), Texts("apps", "names with * and ?; none: all"),
          Time("expires_ms", "0: never")};
}

const Schema kBudget{
    "KeyBudget",
    {Amount("amount_micro", "the most that the key may cost").Between(0, kAmountMax).Required(), PeriodField()}};

const Schema& CreateSchema() {
  static const Schema schema = [] {
    Schema s{"KeyCreate",
             {Text("name", "").Between(1, 100).Required(), Text("person_id", "whose; none: yours").Like(kId),
              Object("limits", "", LimitsSchema()), Object("budget", "stops the key when it is spent", kBudget)}};
    for (Field& field : ScopeFields()) s.fields.push_back(std::move(field));
    return s;
  }();
  return schema;
}
const Schema& ChangeSchema() {
  static const Schema schema = [] {
    Schema s{"KeyChange", {Text("name", "").Between(1, 100)}};
    for (Field& field : ScopeFields()) s.fields.push_back(std::move(field));
    return s;
  }();
  return schema;
}
const Schema kRotate{
    "KeyRotate",
    {Integer("overlap_ms", "how long the old secret stays good").Between(0, cloud::kRotationOverlapMsMax)}};

std::string_view StatusOf(const ApiKey& key, std::int64_t now_ms) {
  if (key.revoked_ms != 0 && key.revoked_ms <= now_ms) return "revoked";
  return key.expires_ms != 0 && key.expires_ms <= now_ms ? "expired" : "active";
}

json::object Write(const Parts& parts, const ApiKey& k) {
  return {{"id", k.id},
          {"workspace_id", k.workspace_id},
          {"person_id", k.person_id},
          {"name", k.name},
          {"hint", k.hint},
          {"status", StatusOf(k, parts.clock->unix_ms())},
          {"models", json::value_from(k.scopes.models)},
          {"endpoints", json::value_from(k.scopes.endpoints)},
          {"ip_ranges", json::value_from(k.scopes.ip_ranges)},
          {"apps", json::value_from(k.scopes.apps)},
          {"created_ms", k.created_ms},
          {"expires_ms", k.expires_ms},
          {"revoked_ms", k.revoked_ms}};
}

void TakeScopes(const Values& body, cloud::KeyScopes& scopes, std::int64_t& expires_ms) {
  if (body.Has("models")) scopes.models = body.Texts("models");
  if (body.Has("endpoints")) scopes.endpoints = body.Texts("endpoints");
  if (body.Has("ip_ranges")) scopes.ip_ranges = body.Texts("ip_ranges");
  if (body.Has("apps")) scopes.apps = body.Texts("apps");
  expires_ms = body.Integer("expires_ms", expires_ms);
}

bool IsTheirs(const Ask& ask, std::string_view person_id) {
  return (!person_id.empty() && person_id == ask.caller.person.id) || ask.May(Right::kManageKeys);
}

/// Of this workspace, and one that the caller may touch.
Result<ApiKey> KeyOf(const Parts& parts, const Ask& ask) {
  auto key = parts.directory->FindKey(ask.Path("key_id"));
  if (!key || key->workspace_id != ask.workspace->id || !IsTheirs(ask, key->person_id)) return NoSuch("key");
  return std::move(*key);
}

Result<Reply> List(const Parts& parts, const Ask& ask) {
  std::vector<ApiKey> seen;
  for (ApiKey& key : parts.directory->Keys(ask.workspace->id))
    if (IsTheirs(ask, key.person_id)) seen.push_back(std::move(key));
  return Page(
      ask, std::move(seen), [](const ApiKey& k) { return k.id; }, [&](const ApiKey& k) { return Write(parts, k); });
}

/// Whose a key is when nobody is named: the caller's, or the first owner's.
std::string Holder(const Parts& parts, const Ask& ask) {
  if (ask.role) return ask.caller.person.id;
  for (const cloud::Member& member : parts.directory->Members(ask.workspace->id))
    if (member.role == cloud::Role::kOwner) return member.person_id;
  return "";
}

Result<Reply> Create(const Parts& parts, const Ask& ask) {
  cloud::KeyDraft draft;
  draft.workspace_id = ask.workspace->id;
  draft.name = ask.body.Text("name");
  draft.person_id = ask.body.Text("person_id", Holder(parts, ask));
  TakeScopes(ask.body, draft.scopes, draft.expires_ms);
  if (!IsTheirs(ask, draft.person_id))
    return Fail(Code::kPermissionDenied, "Your role may only make keys of your own.");
  if (!parts.directory->FindMember(ask.workspace->id, draft.person_id)) return NoSuch("member");
  const Values* budget = ask.body.Object("budget");
  const Values* limits = ask.body.Object("limits");
  ASSIGN_OR_RETURN(const cloud::MadeKey made, parts.directory->MakeKey(ask.caller.actor, draft));

  // A key without the limits that were asked for must not stay.
  const auto finish = [&]() -> Result<std::string> {
    if (limits) {
      cloud::LimitRule rule;
      rule.account_id = ask.account->id;
      rule.scope = cloud::LimitScope::kKey;
      rule.scope_id = made.key.id;
      rule.model = limits->Text("model", cloud::LimitRule::kEveryModel);
      rule.limits = LimitsOf(*limits);
      RETURN_IF_ERROR(parts.quotas->Set(rule));
    }
    if (!budget) return std::string();
    cloud::Budget wish;
    wish.workspace_id = ask.workspace->id;
    wish.scope = cloud::BudgetScope::kKey;
    wish.subject = made.key.id;
    wish.period = ParsePeriod(budget->Text("period", "total")).value_or(cloud::BudgetPeriod::kTotal);
    wish.amount_micro = budget->Integer("amount_micro");
    ASSIGN_OR_RETURN(const cloud::Budget kept, parts.ledger->CreateBudget(std::move(wish)));
    return kept.id;
  };
  const Result<std::string> budget_id = finish();
  if (!budget_id) {
    if (const Status revoked = parts.directory->RevokeKey(ask.caller.actor, made.key.id); !revoked)
      return tl::unexpected<Error>(revoked.error());
    return tl::unexpected<Error>(budget_id.error());
  }
  json::object out = Write(parts, made.key);
  out["secret"] = made.secret.Reveal();
  if (!budget_id->empty()) out["budget_id"] = *budget_id;
  Reply reply = Json(out);
  reply.target = made.key.id;
  return reply;
}

Result<Reply> Show(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const ApiKey key, KeyOf(parts, ask));
  return Json(Write(parts, key));
}

Result<Reply> Change(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(ApiKey key, KeyOf(parts, ask));
  key.name = ask.body.Text("name", key.name);
  TakeScopes(ask.body, key.scopes, key.expires_ms);
  ASSIGN_OR_RETURN(const ApiKey now, parts.directory->UpdateKey(ask.caller.actor, key));
  return Json(Write(parts, now));
}

/// A key that has ended needs no limits.
Status DropLimits(const Parts& parts, const Ask& ask, std::string_view key_id) {
  for (cloud::LimitRule rule : parts.quotas->List(ask.account->id)) {
    if (rule.scope != cloud::LimitScope::kKey || rule.scope_id != key_id) continue;
    rule.limits = {};
    RETURN_IF_ERROR(parts.quotas->Set(rule));
  }
  return {};
}

Result<Reply> Rotate(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const ApiKey key, KeyOf(parts, ask));
  ASSIGN_OR_RETURN(const cloud::MadeKey made,
                   parts.directory->RotateKey(ask.caller.actor, key.id, ask.body.Integer("overlap_ms")));
  json::object out = Write(parts, made.key);
  out["secret"] = made.secret.Reveal();
  return Json(out);
}

Result<Reply> Revoke(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const ApiKey key, KeyOf(parts, ask));
  RETURN_IF_ERROR(parts.directory->RevokeKey(ask.caller.actor, key.id));
  RETURN_IF_ERROR(DropLimits(parts, ask, key.id));
  return Nothing();
}

}  // namespace

std::vector<Route> KeyRoutes() {
  return {
      {"GET", "/workspaces/{workspace_id}/keys", "key.list", "Your keys; with manage_keys everybody's",
       Whose::kWorkspace, Right::kManageOwnKeys, List, &PageQuery(), nullptr, &kKey, true},
      {"POST", "/workspaces/{workspace_id}/keys", "key.create",
       "Makes a key, perhaps with limits and a budget; with manage_keys also for somebody else", Whose::kWorkspace,
       Right::kManageOwnKeys, Create, nullptr, &CreateSchema(), &kKey, false, 201},
      {"GET", "/workspaces/{workspace_id}/keys/{key_id}", "key.show", "One key", Whose::kWorkspace,
       Right::kManageOwnKeys, Show, nullptr, nullptr, &kKey},
      {"PATCH", "/workspaces/{workspace_id}/keys/{key_id}", "key.change", "Changes name, scopes and expiry",
       Whose::kWorkspace, Right::kManageOwnKeys, Change, nullptr, &ChangeSchema(), &kKey, false, 200, Audit::kBelow},
      {"POST", "/workspaces/{workspace_id}/keys/{key_id}/rotate", "key.rotate",
       "A new secret for the key, whose limits and budgets stay", Whose::kWorkspace, Right::kManageOwnKeys, Rotate,
       nullptr, &kRotate, &kKey, false, 201, Audit::kBelow},
      {"DELETE", "/workspaces/{workspace_id}/keys/{key_id}", "key.revoke", "Revokes a key", Whose::kWorkspace,
       Right::kManageOwnKeys, Revoke, nullptr, nullptr, nullptr, false, 204, Audit::kBelow},
  };
}

}  // namespace yun::server::admin
