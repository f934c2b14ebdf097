// Balances, and the postings that an operator makes: money that came in, corrections, credits given for nothing.
#include "cloud/directory.h"
#include "cloud/ledger.h"
#include "server/admin/parts.h"

namespace yun::server::admin {

namespace json = boost::json;
using cloud::Right;

namespace {

const Schema kBalance{"Balance",
                      {Text("workspace_id", "").Required(), Text("currency", "").Required(),
                       Amount("available_micro", "what can be spent").Required(),
                       Amount("reserved_micro", "held for requests that run").Required()}};
const Schema kTopUp{
    "TopUp",
    {Amount("amount_micro", "").Between(1, kAmountMax).Required(), Text("note", "for the statement").Between(0, 200)}};
const Schema kAdjust{"Adjustment",
                     {Amount("amount_micro", "above 0: to the workspace").Required(),
                      Text("kind", "").OneOf({"adjustment", "promotion"}).Required(),
                      Text("note", "why, for the statement").Between(1, 200).Required()}};
const Schema kPosted{"Posted", {Integer("transaction_id", "").Required(), Object("balance", "", kBalance).Required()}};

json::object Write(const Parts& parts, const Ask& ask) {
  const cloud::Balance balance = parts.ledger->BalanceOf(ask.workspace->id);
  return {{"workspace_id", ask.workspace->id},
          {"currency", balance.currency.empty() ? ask.account->currency : balance.currency},
          {"available_micro", balance.available_micro},
          {"reserved_micro", balance.reserved_micro}};
}

Reply Posted(const Parts& parts, const Ask& ask, std::int64_t id) {
  Reply reply = Json({{"transaction_id", id}, {"balance", Write(parts, ask)}});
  reply.target = std::to_string(id);
  return reply;
}

Result<Reply> Show(const Parts& parts, const Ask& ask) { return Json(Write(parts, ask)); }

Result<Reply> TopUp(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(
      const std::int64_t id,
      parts.ledger->TopUp(ask.workspace->id, TermsOf(*ask.account, *ask.workspace), ask.body.Integer("amount_micro"),
                          PostingKey(ask, "top_up", ask.workspace->id), ask.body.Text("note")));
  return Posted(parts, ask, id);
}

Result<Reply> Adjust(const Parts& parts, const Ask& ask) {
  const std::int64_t amount = ask.body.Integer("amount_micro");
  if (amount == 0) return Fail(Code::kInvalidArgument, "Invalid 'amount_micro': 0 changes nothing.");
  cloud::Posting posting;
  posting.kind = ask.body.Text("kind");
  posting.idempotency_key = PostingKey(ask, "adjust", ask.workspace->id);
  posting.currency = ask.account->currency;
  posting.workspace_id = ask.workspace->id;
  posting.account_id = ask.account->id;
  posting.note = ask.body.Text("note");
  posting.entries = {{"ws:" + ask.workspace->id + ":available", amount},
                     {posting.kind == "promotion" ? "platform:promotions" : "platform:adjustments", -amount}};
  ASSIGN_OR_RETURN(const std::int64_t id, parts.ledger->Post(posting));
  return Posted(parts, ask, id);
}

}  // namespace

std::vector<Route> MoneyRoutes() {
  return {
      {"GET", "/workspaces/{workspace_id}/balance", "money.balance", "What a workspace can spend", Whose::kWorkspace,
       Right::kSeeMoney, Show, nullptr, nullptr, &kBalance},
      {"POST", "/workspaces/{workspace_id}/top-ups", "money.top_up", "Money that came in", Whose::kWorkspace,
       Right::kOperate, TopUp, nullptr, &kTopUp, &kPosted, false, 201, Audit::kHere, true},
      {"POST", "/workspaces/{workspace_id}/adjustments", "money.adjust", "A correction, or a credit for nothing",
       Whose::kWorkspace, Right::kOperate, Adjust, nullptr, &kAdjust, &kPosted, false, 201, Audit::kHere, true},
  };
}

}  // namespace yun::server::admin
