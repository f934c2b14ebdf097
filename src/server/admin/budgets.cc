// Budgets of a workspace, and the alerts that they gave.
#include "server/admin/budgets.h"

#include "cloud/directory.h"
#include "cloud/ledger.h"

namespace yun::server::admin {

namespace json = boost::json;
using cloud::Budget;
using cloud::BudgetPeriod;
using cloud::BudgetScope;
using cloud::BudgetState;
using cloud::Right;

namespace {

constexpr std::size_t kAlertsShownMax = 1000;

const Schema kBudget{
    "Budget",
    {Text("id", "").Required(), Text("workspace_id", "").Required(),
     Text("scope", "").OneOf({"workspace", "key", "model"}).Required(),
     Text("subject", "a key's id, or a model's name with * and ?").Required(),
     Text("period", "UTC").OneOf({"day", "month", "total"}).Required(), Amount("amount_micro", "").Required(),
     Boolean("hard", "stops the request that would cross; else only alerts").Required(),
     Any("alerts_ppm", "parts of the amount at which an alert is given").Required(),
     Text("webhook_url", "where alerts go").Required(), Time("period_start_ms", "").Required(),
     Amount("spent_micro", "").Required(), Amount("held_micro", "for requests that run").Required(),
     Time("created_ms", "").Required()}};

std::vector<Field> Settings() {
  return {Boolean("hard", "true when left out: stops the request that would cross"),
          Texts("alerts_percent", "percents of the amount, whole numbers of 1 to 100; none: no alerts")
              .Between(0, cloud::kBudgetAlertsMax),
          Text("webhook_url", "where alerts are posted").Like(kUrl),
          Text("webhook_secret", "signs what is posted").Secret()};
}

const Schema& CreateSchema() {
  static const Schema schema = [] {
    Schema s{"BudgetCreate",
             {Amount("amount_micro", "").Between(0, kAmountMax).Required(), PeriodField().Required(),
              Text("scope", "workspace when left out").OneOf({"workspace", "key", "model"}),
              Text("subject", "with key and model: whose")}};
    for (Field& field : Settings()) s.fields.push_back(std::move(field));
    return s;
  }();
  return schema;
}
const Schema& ChangeSchema() {
  static const Schema schema = [] {
    Schema s{"BudgetChange", {Amount("amount_micro", "").Between(0, kAmountMax)}};
    for (Field& field : Settings()) s.fields.push_back(std::move(field));
    return s;
  }();
  return schema;
}

const Schema kAlert{"BudgetAlert",
                    {Text("id", "").Required(), Text("budget_id", "").Required(), Text("workspace_id", "").Required(),
                     Time("period_start_ms", "").Required(), Integer("threshold_ppm", "").Required(),
                     Amount("spent_micro", "").Required(), Amount("amount_micro", "").Required(),
                     Time("created_ms", "").Required(), Time("delivered_ms", "0: not yet, or nowhere to").Required(),
                     Integer("attempts", "").Required(), Text("last_error", "").Required()}};

json::object Write(const BudgetState& state) {
  const Budget& b = state.budget;
  return {{"id", b.id},
          {"workspace_id", b.workspace_id},
          {"scope", cloud::BudgetScopeName(b.scope)},
          {"subject", b.subject},
          {"period", cloud::BudgetPeriodName(b.period)},
          {"amount_micro", b.amount_micro},
          {"hard", b.hard},
          {"alerts_ppm", json::value_from(b.alerts_ppm)},
          {"webhook_url", b.webhook_url},
          {"period_start_ms", state.period_start_ms},
          {"spent_micro", state.spent_micro},
          {"held_micro", state.held_micro},
          {"created_ms", b.created_ms}};
}

Status Take(const Values& body, Budget& budget) {
  budget.amount_micro = body.Integer("amount_micro", budget.amount_micro);
  budget.hard = body.Boolean("hard", budget.hard);
  budget.webhook_url = body.Text("webhook_url", budget.webhook_url);
  budget.webhook_secret = body.Text("webhook_secret", budget.webhook_secret);
  if (body.Has("alerts_percent")) budget.alerts_ppm.clear();
  for (const std::string& text : body.Texts("alerts_percent")) {
    int percent = 0;
    for (const char c : text) percent = c >= '0' && c <= '9' && percent < 1000 ? 10 * percent + c - '0' : 1000;
    if (percent < 1 || percent > 100)
      return Fail(Code::kInvalidArgument, "Invalid 'alerts_percent': whole numbers of 1 to 100; got '{}'.", text);
    budget.alerts_ppm.push_back(percent * 10'000);
  }
  std::sort(budget.alerts_ppm.begin(), budget.alerts_ppm.end());
  return {};
}

std::optional<BudgetState> Find(const Parts& parts, std::string_view workspace_id, std::string_view budget_id) {
  for (BudgetState& state : parts.ledger->Budgets(workspace_id))
    if (state.budget.id == budget_id) return std::move(state);
  return {};
}

Result<Reply> Shown(const Parts& parts, const Ask& ask, std::string_view id) {
  const auto state = Find(parts, ask.workspace->id, id);
  if (!state) return NoSuch("budget");
  Reply reply = Json(Write(*state));
  reply.target = id;
  return reply;
}

struct Item {  // what Page needs of one
  std::int64_t created_ms;
  BudgetState state;
};

Result<Reply> List(const Parts& parts, const Ask& ask) {
  std::vector<Item> all;
  for (BudgetState& state : parts.ledger->Budgets(ask.workspace->id))
    all.push_back({state.budget.created_ms, std::move(state)});
  return Page(
      ask, std::move(all), [](const Item& s) { return s.state.budget.id; },
      [](const Item& s) { return Write(s.state); });
}

Result<Reply> Create(const Parts& parts, const Ask& ask) {
  Budget budget;
  budget.workspace_id = ask.workspace->id;
  budget.period = *ParsePeriod(ask.body.Text("period"));
  const std::string scope = ask.body.Text("scope", "workspace");
  budget.scope = scope == "key" ? BudgetScope::kKey : scope == "model" ? BudgetScope::kModel : BudgetScope::kWorkspace;
  budget.subject = ask.body.Text("subject");
  if ((budget.scope == BudgetScope::kWorkspace) != budget.subject.empty())
    return Fail(Code::kInvalidArgument, "'subject' goes with the scopes key and model, and only with them.");
  if (budget.scope == BudgetScope::kKey) {
    const auto key = parts.directory->FindKey(budget.subject);
    if (!key || key->workspace_id != ask.workspace->id) return NoSuch("key");
  }
  RETURN_IF_ERROR(Take(ask.body, budget));
  ASSIGN_OR_RETURN(const Budget made, parts.ledger->CreateBudget(std::move(budget)));
  return Shown(parts, ask, made.id);
}

Result<Reply> Show(const Parts& parts, const Ask& ask) { return Shown(parts, ask, ask.Path("budget_id")); }

Result<Reply> Change(const Parts& parts, const Ask& ask) {
  auto state = Find(parts, ask.workspace->id, ask.Path("budget_id"));
  if (!state) return NoSuch("budget");
  RETURN_IF_ERROR(Take(ask.body, state->budget));
  RETURN_IF_ERROR(parts.ledger->UpdateBudget(state->budget));
  return Shown(parts, ask, state->budget.id);
}

Result<Reply> Delete(const Parts& parts, const Ask& ask) {
  if (!Find(parts, ask.workspace->id, ask.Path("budget_id"))) return NoSuch("budget");
  RETURN_IF_ERROR(parts.ledger->DeleteBudget(ask.workspace->id, ask.Path("budget_id")));
  return Nothing();
}

Result<Reply> Alerts(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const std::vector<cloud::BudgetAlert> alerts,
                   parts.ledger->Alerts(ask.workspace->id, kAlertsShownMax));
  json::array items;
  for (const cloud::BudgetAlert& a : alerts)
    items.push_back({{"id", a.id},
                     {"budget_id", a.budget_id},
                     {"workspace_id", a.workspace_id},
                     {"period_start_ms", a.period_start_ms},
                     {"threshold_ppm", a.threshold_ppm},
                     {"spent_micro", a.spent_micro},
                     {"amount_micro", a.amount_micro},
                     {"created_ms", a.created_ms},
                     {"delivered_ms", a.delivered_ms},
                     {"attempts", a.attempts},
                     {"last_error", a.last_error}});
  return CountedPage(ask, std::move(items));
}

}  // namespace

Field PeriodField() { return Text("period", "UTC; total: without end").OneOf({"day", "month", "total"}); }

std::optional<BudgetPeriod> ParsePeriod(std::string_view name) {
  for (const BudgetPeriod period : {BudgetPeriod::kDay, BudgetPeriod::kMonth, BudgetPeriod::kTotal})
    if (name == cloud::BudgetPeriodName(period)) return period;
  return {};
}

std::vector<Route> BudgetRoutes() {
  return {
      {"GET", "/workspaces/{workspace_id}/budgets", "budget.list", "The budgets of a workspace", Whose::kWorkspace,
       Right::kSeeMoney, List, &PageQuery(), nullptr, &kBudget, true},
      {"POST", "/workspaces/{workspace_id}/budgets", "budget.create", "Makes a budget", Whose::kWorkspace,
       Right::kManageMoney, Create, nullptr, &CreateSchema(), &kBudget, false, 201},
      {"GET", "/workspaces/{workspace_id}/budgets/{budget_id}", "budget.show", "One budget", Whose::kWorkspace,
       Right::kSeeMoney, Show, nullptr, nullptr, &kBudget},
      {"PATCH", "/workspaces/{workspace_id}/budgets/{budget_id}", "budget.change", "Changes a budget",
       Whose::kWorkspace, Right::kManageMoney, Change, nullptr, &ChangeSchema(), &kBudget},
      {"DELETE", "/workspaces/{workspace_id}/budgets/{budget_id}", "budget.delete", "Removes a budget",
       Whose::kWorkspace, Right::kManageMoney, Delete, nullptr, nullptr, nullptr, false, 204},
      {"GET", "/workspaces/{workspace_id}/alerts", "budget.alerts", "The alerts of a workspace's budgets",
       Whose::kWorkspace, Right::kSeeMoney, Alerts, &PageQuery(), nullptr, &kAlert, true},
  };
}

}  // namespace yun::server::admin
