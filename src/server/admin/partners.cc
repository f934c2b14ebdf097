// Partners: what they offer, the keys to try it with, what they earned and were paid.
#include "cloud/partner.h"

#include "cloud/directory.h"
#include "cloud/ledger.h"
#include "cloud/month.h"
#include "server/admin/access.h"

namespace yun::server::admin {

namespace json = boost::json;
using cloud::Offering;
using cloud::Partner;
using cloud::Right;

namespace {

constexpr std::size_t kPayoutsShownMax = 1000;

const Schema kCreate{"PartnerCreate",
                     {Text("name", "").Between(1, 100).Required(),
                      Text("account_id", "whose members manage the offerings").Like(kId).Between(1, 64).Required()}};
const Schema kOffer{
    "OfferingCreate",
    {Text("kind", "").OneOf({"model", "app"}).Required(),
     Text("name", "as a request says it").Between(1, 120).Required(), Text("title", "for people").Between(0, 200),
     Integer("share_ppm", "the partner's part of the charges").Between(0, cloud::kSharePpmMax).Required()}};
const Schema kOfferChange{
    "OfferingChange", {Text("title", "").Between(0, 200), Integer("share_ppm", "").Between(0, cloud::kSharePpmMax)}};
const Schema kReview{"OfferingReview",
                     {Boolean("list", "false: back to draft").Required(), Text("note", "why").Between(0, 500)}};
const Schema kKey{"SandboxKeyCreate", {Text("name", "").Between(1, 100).Required()}};
const Schema kMadeKey{"SandboxKey",
                      {Text("id", "").Required(), Text("workspace_id", "the partner's sandbox").Required(),
                       Text("secret", "shown this once").Required()}};
const Schema kPayout{"PayoutCreate",
                     {Text("currency", "").Between(3, 3).Like(kCurrency).Required(),
                      Amount("amount_micro", "").Between(1, kAmountMax).Required(), Text("note", "").Between(0, 200)}};
const Schema kStatementQuery{"PayoutStatementQuery",
                             {Text("currency", "").Between(3, 3).Like(kCurrency),
                              Text("month", "this month when left out").Between(7, 7).Like(kMonth),
                              Text("format", "json when left out").OneOf({"json", "csv"})}};
const Schema kPayable{"Payable", {Text("currency", "").Required(), Amount("payable_micro", "").Required()}};
const Schema kCurrencyQuery{"CurrencyQuery", {Text("currency", "").Between(3, 3).Like(kCurrency)}};

json::value Write(const Partner& partner) { return json::parse(cloud::PartnerJson(partner)); }
json::value Write(const Offering& offering) { return json::parse(cloud::OfferingJson(offering)); }

Reply Shown(const Partner& partner) {
  Reply reply = Json(Write(partner));
  reply.target = partner.id;
  return reply;
}
Reply Shown(const Offering& offering) {
  Reply reply = Json(Write(offering));
  reply.target = offering.id;
  return reply;
}

std::string CurrencyOf(const Ask& ask) { return ask.query.Text("currency", ask.account->currency); }

Result<Reply> List(const Parts& parts, const Ask& ask) {
  return Page(
      ask, parts.partners->ListPartners(), [](const Partner& p) { return p.id; },
      [](const Partner& p) { return Write(p); });
}

Result<Reply> Create(const Parts& parts, const Ask& ask) {
  const std::string account = ask.body.Text("account_id");
  if (!parts.directory->FindAccount(account)) return NoSuch("account");
  ASSIGN_OR_RETURN(const Partner made, parts.partners->AddPartner(ask.body.Text("name"), account));
  return Shown(made);
}

Result<Reply> Show(const Parts&, const Ask& ask) { return Json(Write(*ask.partner)); }

Result<Reply> Close(const Parts& parts, const Ask& ask) {
  RETURN_IF_ERROR(parts.partners->ClosePartner(ask.partner->id));
  ASSIGN_OR_RETURN(const Partner now, parts.partners->FindPartner(ask.partner->id));
  return Shown(now);
}

Result<Offering> OfferingOf(const Parts& parts, const Ask& ask) {
  auto offering = parts.partners->FindOffering(ask.Path("offering_id"));
  if (!offering || offering->partner_id != ask.partner->id) return NoSuch("offering");
  return offering;
}

Result<Reply> Offerings(const Parts& parts, const Ask& ask) {
  return Page(
      ask, parts.partners->ListOfferings(ask.partner->id), [](const Offering& o) { return o.id; },
      [](const Offering& o) { return Write(o); });
}

Result<Reply> Offer(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const cloud::OfferingKind kind, cloud::ParseOfferingKind(ask.body.Text("kind")));
  ASSIGN_OR_RETURN(const Offering made,
                   parts.partners->AddOffering(ask.partner->id, kind, ask.body.Text("name"), ask.body.Text("title"),
                                               ask.body.Integer("share_ppm")));
  return Shown(made);
}

Result<Reply> ChangeOffering(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const Offering old, OfferingOf(parts, ask));
  ASSIGN_OR_RETURN(const Offering now, parts.partners->ChangeOffering(old.id, ask.body.Text("title", old.title),
                                                                      ask.body.Integer("share_ppm", old.share_ppm)));
  return Shown(now);
}

Result<Reply> Submit(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const Offering old, OfferingOf(parts, ask));
  ASSIGN_OR_RETURN(const Offering now, parts.partners->SubmitOffering(old.id));
  return Shown(now);
}

Result<Reply> Withdraw(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const Offering old, OfferingOf(parts, ask));
  ASSIGN_OR_RETURN(const Offering now, parts.partners->WithdrawOffering(old.id));
  return Shown(now);
}

Result<Reply> Remove(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const Offering old, OfferingOf(parts, ask));
  RETURN_IF_ERROR(parts.partners->RemoveOffering(old.id));
  return Nothing();
}

Result<Reply> Review(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const Offering old, OfferingOf(parts, ask));
  const cloud::Actor& actor = ask.caller.actor;
  ASSIGN_OR_RETURN(
      const Offering now,
      parts.partners->ReviewOffering(old.id, ask.body.Boolean("list"),
                                     actor.person_id.empty() ? actor.key_id : actor.person_id, ask.body.Text("note")));
  return Shown(now);
}

/// A key of the partner's sandbox, where everything costs nothing; the sandbox is made with the first.
Result<Reply> SandboxKey(const Parts& parts, const Ask& ask) {
  std::string owner = ask.caller.person.id;
  for (const cloud::Workspace& workspace : parts.directory->Workspaces(ask.account->id))
    for (const cloud::Member& member : parts.directory->Members(workspace.id))
      if (owner.empty() && member.role == cloud::Role::kOwner) owner = member.person_id;
  if (owner.empty()) return Fail(Code::kInvalidArgument, "The partner's account has no owner yet: add a member first.");
  std::string workspace_id = ask.partner->sandbox_workspace_id;
  if (workspace_id.empty()) {
    cloud::Workspace draft;
    draft.account_id = ask.account->id;
    draft.name = ask.partner->name + " sandbox";
    draft.sandbox = true;
    ASSIGN_OR_RETURN(const cloud::Workspace made,
                     parts.directory->MakeWorkspace(ask.caller.actor, std::move(draft), owner));
    workspace_id = made.id;
    RETURN_IF_ERROR(parts.partners->SetSandbox(ask.partner->id, workspace_id));
  }
  if (!parts.directory->FindMember(workspace_id, owner))
    RETURN_IF_ERROR(parts.directory->SetMember(ask.caller.actor, workspace_id, owner, cloud::Role::kDeveloper));
  ASSIGN_OR_RETURN(const cloud::MadeKey key,
                   parts.directory->MakeKey(ask.caller.actor, {workspace_id, owner, ask.body.Text("name"), {}, 0}));
  Reply reply = Json({{"id", key.key.id}, {"workspace_id", workspace_id}, {"secret", key.secret.Reveal()}});
  reply.target = key.key.id;
  return reply;
}

Result<Reply> Payable(const Parts& parts, const Ask& ask) {
  RETURN_IF_ERROR(parts.ledger->Flush());
  ASSIGN_OR_RETURN(const std::int64_t micro, parts.partners->PayableNow(ask.partner->id, CurrencyOf(ask)));
  return Json({{"currency", CurrencyOf(ask)}, {"payable_micro", micro}});
}

Result<Reply> Statement(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const cloud::Month month, ask.query.Has("month")
                                                 ? cloud::Month::Parse(ask.query.Text("month"))
                                                 : Result<cloud::Month>(cloud::Month::Of(parts.ledger->now_ms())));
  RETURN_IF_ERROR(parts.ledger->Flush());
  ASSIGN_OR_RETURN(const cloud::PayoutStatement statement,
                   parts.partners->StatementOf(ask.partner->id, CurrencyOf(ask), month.from_ms(), month.to_ms()));
  if (ask.query.Text("format") == "csv")
    return Reply{.body = cloud::PayoutStatementCsv(statement), .content_type = "text/csv"};
  return Reply{.body = cloud::PayoutStatementJson(statement)};
}

Result<Reply> Payouts(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const std::vector<cloud::Payout> payouts,
                   parts.partners->ListPayouts(ask.partner->id, kPayoutsShownMax));
  json::array items;
  for (const cloud::Payout& payout : payouts) items.push_back(json::parse(cloud::PayoutJson(payout)));
  return CountedPage(ask, std::move(items));
}

Result<Reply> PayOut(const Parts& parts, const Ask& ask) {
  RETURN_IF_ERROR(parts.ledger->Flush());
  ASSIGN_OR_RETURN(const cloud::Payout payout,
                   parts.partners->PayOut(ask.partner->id, ask.body.Text("currency"), ask.body.Integer("amount_micro"),
                                          ask.body.Text("note"), PostingKey(ask, "pay_out", ask.partner->id)));
  Reply reply{.body = cloud::PayoutJson(payout)};
  reply.target = payout.id;
  return reply;
}

}  // namespace

std::vector<Route> PartnerRoutes() {
  return {
      {"GET", "/partners", "partner.list", "All partners", Whose::kCloud, Right::kOperate, List, &PageQuery(), nullptr,
       nullptr, true},
      {"POST", "/partners", "partner.create", "Makes an account a partner", Whose::kCloud, Right::kOperate, Create,
       nullptr, &kCreate, nullptr, false, 201},
      {"GET", "/partners/{partner_id}", "partner.show", "One partner", Whose::kPartner, Right::kPublish, Show},
      {"POST", "/partners/{partner_id}/close", "partner.close", "No offering is served any more; what is payable stays",
       Whose::kPartner, Right::kOperate, Close},
      {"GET", "/partners/{partner_id}/offerings", "offering.list", "What a partner offers", Whose::kPartner,
       Right::kPublish, Offerings, &PageQuery(), nullptr, nullptr, true},
      {"POST", "/partners/{partner_id}/offerings", "offering.create", "Drafts an offering", Whose::kPartner,
       Right::kPublish, Offer, nullptr, &kOffer, nullptr, false, 201},
      {"PATCH", "/partners/{partner_id}/offerings/{offering_id}", "offering.change", "Changes a draft", Whose::kPartner,
       Right::kPublish, ChangeOffering, nullptr, &kOfferChange},
      {"DELETE", "/partners/{partner_id}/offerings/{offering_id}", "offering.remove",
       "Removes a draft: its name is free again", Whose::kPartner, Right::kPublish, Remove, nullptr, nullptr, nullptr,
       false, 204},
      {"POST", "/partners/{partner_id}/offerings/{offering_id}/submit", "offering.submit", "Sends a draft for review",
       Whose::kPartner, Right::kPublish, Submit},
      {"POST", "/partners/{partner_id}/offerings/{offering_id}/withdraw", "offering.withdraw", "Takes an offering back",
       Whose::kPartner, Right::kPublish, Withdraw},
      {"POST", "/partners/{partner_id}/offerings/{offering_id}/review", "offering.review",
       "Lists an offering that is in review, or sends it back", Whose::kPartner, Right::kOperate, Review, nullptr,
       &kReview},
      {"POST", "/partners/{partner_id}/sandbox-keys", "partner.sandbox_key", "A key to try things with, for nothing",
       Whose::kPartner, Right::kPublish, SandboxKey, nullptr, &kKey, &kMadeKey, false, 201},
      {"GET", "/partners/{partner_id}/payable", "partner.payable", "What a partner could be paid now", Whose::kPartner,
       Right::kSeeMoney, Payable, &kCurrencyQuery, nullptr, &kPayable},
      {"GET",
       "/partners/{partner_id}/statement",
       "partner.statement",
       "What a partner earned and was paid in a month",
       Whose::kPartner,
       Right::kSeeMoney,
       Statement,
       &kStatementQuery,
       nullptr,
       nullptr,
       false,
       200,
       Audit::kHere,
       false,
       {"application/json", "text/csv"}},
      {"GET", "/partners/{partner_id}/payouts", "payout.list", "What a partner was paid, the latest first",
       Whose::kPartner, Right::kSeeMoney, Payouts, &PageQuery(), nullptr, nullptr, true},
      {"POST", "/partners/{partner_id}/payouts", "payout.create", "Notes that a partner was paid", Whose::kPartner,
       Right::kOperate, PayOut, nullptr, &kPayout, nullptr, false, 201, Audit::kHere, true},
  };
}

}  // namespace yun::server::admin
