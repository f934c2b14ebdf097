// Workspaces: the unit of rights and of cost.
#include "cloud/directory.h"
#include "server/admin/access.h"

namespace yun::server::admin {

namespace json = boost::json;
using cloud::Right;
using cloud::Workspace;

namespace {

const Schema kWorkspace{
    "Workspace",
    {Text("id", "").Required(), Text("account_id", "").Required(), Text("name", "").Required(),
     Text("status", "").OneOf({"active", "suspended", "closed"}).Required(),
     Integer("weight", "share of the queue beside others").Required(),
     Integer("priority", "higher goes first").Required(),
     Boolean("share_prefix", "cached prefixes are shared among the members' keys").Required(),
     Boolean("store_prompts", "prompts and answers are kept, encrypted").Required(),
     Integer("retention_days", "of stored prompts").Required(), Integer("discount_ppm", "off every price").Required(),
     Boolean("sandbox", "everything costs nothing").Required(), Time("created_ms", "").Required(),
     Text("role", "yours; none for an operator who is no member")}};

const Schema kCreate{"WorkspaceCreate",
                     {Text("name", "").Between(1, 100).Required(),
                      Text("account_id", "who pays; none: a new account of the same name").Like(kId),
                      Text("currency", "of the new account").Between(3, 3).Like(kCurrency),
                      Text("billing", "of the new account").OneOf({"prepaid", "postpaid"}),
                      Amount("credit_limit_micro", "of the new account").Between(0, kAmountMax),
                      Text("owner_id", "the first member; none: you, or the operator who was first").Like(kId),
                      Boolean("sandbox", "everything costs nothing")}};

const Schema kChange{"WorkspaceChange",
                     {Text("name", "").Between(1, 100), Boolean("share_prefix", ""), Boolean("store_prompts", ""),
                      Integer("retention_days", "").Between(0, 3650)}};
const Schema kTerms{
    "WorkspaceTerms",
    {Text("status", "").OneOf({"active", "suspended", "closed"}), Integer("weight", "").Between(1, cloud::kWeightMax),
     Integer("priority", "").Between(cloud::kPriorityMin, cloud::kPriorityMax),
     Integer("discount_ppm", "").Between(0, cloud::kPpm), Boolean("sandbox", "")}};
const Schema kListQuery{"WorkspaceQuery",
                        {Text("name", "only of this name"), Text("account_id", "only of this account").Like(kId),
                         LimitField(), CursorField()}};

json::object Write(const Workspace& w, std::optional<cloud::Role> role) {
  json::object out{{"id", w.id}, {"account_id", w.account_id}};
  for (const auto& setting : cloud::SettingsJson(w)) out.insert(setting);
  out["created_ms"] = w.created_ms;
  if (role) out["role"] = cloud::RoleName(*role);
  return out;
}

Result<Reply> List(const Parts& parts, const Ask& ask) {
  std::vector<Workspace> seen;
  const std::string name = ask.query.Text("name");
  for (Workspace& workspace : parts.directory->Workspaces(ask.query.Text("account_id")))
    if ((name.empty() || workspace.name == name) && (ask.caller.is_operator || RoleIn(parts, ask.caller, workspace.id)))
      seen.push_back(std::move(workspace));
  return Page(
      ask, std::move(seen), [](const Workspace& w) { return w.id; },
      [&](const Workspace& w) { return Write(w, RoleIn(parts, ask.caller, w.id)); });
}

/// Who looks after a workspace where nobody is named.
std::string FirstOwner(const Parts& parts, const Ask& ask) {
  if (!ask.caller.person.id.empty()) return ask.caller.person.id;
  const cloud::Person* first = nullptr;
  const std::vector<cloud::Person> people = parts.directory->People();
  for (const cloud::Person& person : people)
    if (person.is_operator && person.status == cloud::Standing::kActive &&
        (!first || person.created_ms < first->created_ms))
      first = &person;
  return first ? first->id : "";
}

Result<Reply> Create(const Parts& parts, const Ask& ask) {
  Workspace draft;
  draft.name = ask.body.Text("name");
  draft.sandbox = ask.body.Boolean("sandbox");
  draft.account_id = ask.body.Text("account_id");
  const std::string owner = ask.body.Text("owner_id", FirstOwner(parts, ask));
  if (!owner.empty() && !parts.directory->FindPerson(owner)) return NoSuch("person");
  if (!draft.account_id.empty()) {
    for (const std::string_view field : {"currency", "billing", "credit_limit_micro"})
      if (ask.body.Has(field))
        return Fail(Code::kInvalidArgument, "'{}' is of a new account: leave it out, or 'account_id'.", field);
    if (!parts.directory->FindAccount(draft.account_id)) return NoSuch("account");
  } else {
    cloud::Account account;
    account.name = draft.name;
    account.currency = ask.body.Text("currency", account.currency);
    if (const auto billing = cloud::ParseBilling(ask.body.Text("billing"))) account.billing = *billing;
    account.credit_limit_micro = ask.body.Integer("credit_limit_micro");
    ASSIGN_OR_RETURN(account, parts.directory->MakeAccount(ask.caller.actor, std::move(account)));
    draft.account_id = account.id;
  }
  ASSIGN_OR_RETURN(const Workspace made, parts.directory->MakeWorkspace(ask.caller.actor, std::move(draft), owner));
  return Json(Write(made, RoleIn(parts, ask.caller, made.id)));
}

Result<Reply> Show(const Parts&, const Ask& ask) { return Json(Write(*ask.workspace, ask.role)); }

Result<Reply> Save(const Parts& parts, const Ask& ask, const Workspace& workspace) {
  ASSIGN_OR_RETURN(const Workspace now, parts.directory->UpdateWorkspace(ask.caller.actor, workspace));
  return Json(Write(now, ask.role));
}

Result<Reply> Change(const Parts& parts, const Ask& ask) {
  Workspace w = *ask.workspace;
  w.name = ask.body.Text("name", w.name);
  w.share_prefix = ask.body.Boolean("share_prefix", w.share_prefix);
  w.store_prompts = ask.body.Boolean("store_prompts", w.store_prompts);
  w.retention_days = ask.body.Integer("retention_days", w.retention_days);
  return Save(parts, ask, w);
}

Result<Reply> ChangeTerms(const Parts& parts, const Ask& ask) {
  Workspace w = *ask.workspace;
  if (const auto status = cloud::ParseStanding(ask.body.Text("status"))) w.status = *status;
  w.weight = ask.body.Integer("weight", w.weight);
  w.priority = ask.body.Integer("priority", w.priority);
  w.discount_ppm = ask.body.Integer("discount_ppm", w.discount_ppm);
  w.sandbox = ask.body.Boolean("sandbox", w.sandbox);
  return Save(parts, ask, w);
}

}  // namespace

std::vector<Route> WorkspaceRoutes() {
  return {
      {"GET",
       "/workspaces",
       "workspace.list",
       "The workspaces you belong to; an operator sees all",
       Whose::kCaller,
       {},
       List,
       &kListQuery,
       nullptr,
       &kWorkspace,
       true},
      {"POST", "/workspaces", "workspace.create", "Makes a workspace, and an account if none is named", Whose::kCloud,
       Right::kOperate, Create, nullptr, &kCreate, &kWorkspace, false, 201, Audit::kBelow},
      {"GET", "/workspaces/{workspace_id}", "workspace.show", "One workspace", Whose::kWorkspace, Right::kSeeWorkspace,
       Show, nullptr, nullptr, &kWorkspace},
      {"PATCH", "/workspaces/{workspace_id}", "workspace.change", "Changes name and what is kept", Whose::kWorkspace,
       Right::kManageWorkspace, Change, nullptr, &kChange, &kWorkspace, false, 200, Audit::kBelow},
      {"PATCH", "/workspaces/{workspace_id}/terms", "workspace.terms", "Changes standing, queue share and discount",
       Whose::kWorkspace, Right::kOperate, ChangeTerms, nullptr, &kTerms, &kWorkspace, false, 200, Audit::kBelow},
  };
}

}  // namespace yun::server::admin
