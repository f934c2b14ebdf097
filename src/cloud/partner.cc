#include "cloud/partner.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/check.h"
#include "cloud/clock.h"
#include "cloud/csv.h"
#include "cloud/month.h"
#include "cloud/postings.h"
#include "cloud/random.h"
#include "cloud/tax.h"
#include "store/database.h"

namespace yun::cloud {
namespace {

namespace json = boost::json;

constexpr std::size_t kPartnerNameMax = 200, kOfferingNameMax = 120, kTitleMax = 500, kNoteMax = 1000;
constexpr std::size_t kPayoutsListedMax = 1000, kIdempotencyKeyMax = 200;
constexpr std::string_view kActive = "active", kClosed = "closed";

std::string PayableAccount(std::string_view partner_id) { return "partner:" + std::string(partner_id) + ":payable"; }

Status TextFits(std::string_view field, std::string_view text, std::size_t from, std::size_t to) {
  if (text.size() < from || text.size() > to || text.find('\0') != std::string_view::npos)
    return Fail(Code::kInvalidArgument, "{}: {} to {} bytes without NUL are needed", field, from, to);
  return {};
}

Status ShareFits(std::int64_t share_ppm) {
  if (share_ppm < 0 || share_ppm > kSharePpmMax)
    return Fail(Code::kInvalidArgument, "share_ppm: 0 to {} is needed", kSharePpmMax);
  return {};
}

std::optional<OfferingState> StateOf(std::string_view name) {
  for (const OfferingState state :
       {OfferingState::kDraft, OfferingState::kInReview, OfferingState::kListed, OfferingState::kWithdrawn})
    if (OfferingStateName(state) == name) return state;
  return {};
}

constexpr std::string_view kOfferingColumns =
    "SELECT id, partner_id, kind, name, title, share_ppm, state, review_note, reviewed_by, created_ms, changed_ms FROM "
    "offering";

Result<Offering> ReadOffering(const store::Row& row) {
  ASSIGN_OR_RETURN(const OfferingKind kind, ParseOfferingKind(row.Text(2)));
  const std::optional<OfferingState> state = StateOf(row.Text(6));
  if (!state) return Fail(Code::kCorrupt, "offering {}: no state '{}'", row.Text(0), row.Text(6));
  return Offering{std::string(row.Text(0)),
                  std::string(row.Text(1)),
                  kind,
                  std::string(row.Text(3)),
                  std::string(row.Text(4)),
                  row.Int(5),
                  *state,
                  std::string(row.Text(7)),
                  std::string(row.Text(8)),
                  row.Int(9),
                  row.Int(10)};
}

Payout ReadPayout(const store::Row& row) {
  return {std::string(row.Text(0)), std::string(row.Text(1)),
          std::string(row.Text(2)), row.Int(3),
          std::string(row.Text(4)), row.Int(5)};
}
constexpr std::string_view kPayoutColumns = "SELECT id, partner_id, currency, amount_micro, note, paid_ms FROM payout";

Result<std::int64_t> OneInt(store::Connection& connection, std::string_view sql,
                            std::initializer_list<store::Value> params) {
  ASSIGN_OR_RETURN(const store::Rows rows, connection.Query(sql, params));
  return rows.at(0).Int(0);
}

Result<std::int64_t> PayableIn(store::Connection& connection, std::string_view partner_id, std::string_view currency) {
  ASSIGN_OR_RETURN(
      const std::int64_t owed,
      OneInt(connection, "SELECT COALESCE(SUM(amount_micro), 0) FROM ledger_balance WHERE account = ? AND currency = ?",
             {PayableAccount(partner_id), currency}));
  ASSIGN_OR_RETURN(const std::int64_t under_way,
                   OneInt(connection,
                          "SELECT COALESCE(SUM(amount_micro), 0) FROM payout WHERE posted = 0 AND partner_id = ? AND "
                          "currency = ?",
                          {partner_id, currency}));
  return owed - under_way;
}

Status Done(const Result<std::int64_t>& changed) {
  if (!changed) return tl::unexpected<Error>(changed.error());
  return {};
}

}  // namespace

std::string_view OfferingKindName(OfferingKind kind) { return kind == OfferingKind::kModel ? "model" : "app"; }

Result<OfferingKind> ParseOfferingKind(std::string_view name) {
  if (name == "model") return OfferingKind::kModel;
  if (name == "app") return OfferingKind::kApp;
  return Fail(Code::kInvalidArgument, "kind: \"model\" or \"app\"");
}

std::string_view OfferingStateName(OfferingState state) {
  switch (state) {
    case OfferingState::kDraft:
      return "draft";
    case OfferingState::kInReview:
      return "in_review";
    case OfferingState::kListed:
      return "listed";
    case OfferingState::kWithdrawn:
      return "withdrawn";
  }
  return "";
}

/// All of it, replaced as a whole when something changes.
struct Partners::State {
  std::map<std::string, Partner, std::less<>> partners;
  std::map<std::string, Offering, std::less<>> offerings;
  std::map<std::string, const Offering*, std::less<>> models, apps;  // by name; into `offerings`

  const Offering* Find(OfferingKind kind, std::string_view name) const {
    const auto& names = kind == OfferingKind::kModel ? models : apps;
    const auto found = names.find(name);
    return found == names.end() ? nullptr : found->second;
  }
  const Partner* PartnerOf(const Offering& offering) const {
    const auto found = partners.find(offering.partner_id);
    return found == partners.end() ? nullptr : &found->second;
  }
  bool Served(const Offering& offering) const {
    const Partner* partner = PartnerOf(offering);
    return offering.state == OfferingState::kListed && partner && partner->status == kActive;
  }
};

Result<std::unique_ptr<Partners>> Partners::Open(store::Database& database, const Clock& clock) {
  std::unique_ptr<Partners> partners(new Partners(database, clock));
  RETURN_IF_ERROR(partners->Load());
  return partners;
}

std::shared_ptr<const Partners::State> Partners::Now() const {
  return state_.With([](const auto& state) { return state; });
}

Status Partners::Load() {
  // Read and replaced one after another, so that an older state never comes last; requests go on meanwhile.
  std::lock_guard lock(loading_);
  auto state = std::make_shared<State>();
  RETURN_IF_ERROR(database_.Read([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const store::Rows partners,
                     connection.Query("SELECT id, name, account_id, sandbox_workspace_id, status, created_ms FROM "
                                      "partner"));
    for (const store::Row& row : partners)
      state->partners[std::string(row.Text(0))] = {std::string(row.Text(0)), std::string(row.Text(1)),
                                                   std::string(row.Text(2)), std::string(row.Text(3)),
                                                   std::string(row.Text(4)), row.Int(5)};
    ASSIGN_OR_RETURN(const store::Rows offerings, connection.Query(kOfferingColumns));
    for (const store::Row& row : offerings) {
      ASSIGN_OR_RETURN(Offering offering, ReadOffering(row));
      const Offering& kept = state->offerings[offering.id] = std::move(offering);
      (kept.kind == OfferingKind::kModel ? state->models : state->apps)[kept.name] = &kept;
    }
    return {};
  }));
  state_.With([&](std::shared_ptr<const State>& held) { held = std::move(state); });
  return {};
}

std::optional<PartnerShare> Partners::ShareOf(std::string_view model, std::string_view app) const {
  const std::shared_ptr<const State> state = Now();
  const Offering* offering = app.empty() ? nullptr : state->Find(OfferingKind::kApp, app);
  if (!offering || !state->Served(*offering)) offering = state->Find(OfferingKind::kModel, model);
  if (!offering || !state->Served(*offering)) return {};
  return PartnerShare{offering->partner_id, static_cast<std::int32_t>(offering->share_ppm)};
}

bool Partners::MayUse(OfferingKind kind, std::string_view name, std::string_view workspace_id) const {
  const std::shared_ptr<const State> state = Now();
  const Offering* offering = state->Find(kind, name);
  if (!offering || state->Served(*offering)) return true;
  const Partner* partner = state->PartnerOf(*offering);
  return partner && partner->status == kActive && offering->state != OfferingState::kWithdrawn &&
         !workspace_id.empty() && partner->sandbox_workspace_id == workspace_id;
}

Result<Partner> Partners::AddPartner(std::string_view name, std::string_view account_id) {
  RETURN_IF_ERROR(TextFits("name", name, 1, kPartnerNameMax));
  RETURN_IF_ERROR(TextFits("account_id", account_id, 1, kPartnerNameMax));
  const Partner partner{RandomId("prt_"),     std::string(name), std::string(account_id), "",
                        std::string(kActive), clock_.unix_ms()};
  RETURN_IF_ERROR(database_.Write([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const std::int64_t count, OneInt(connection, "SELECT COUNT(*) FROM partner", {}));
    if (count >= static_cast<std::int64_t>(kPartnersMax)) return Fail(Code::kTooMany, "{} partners exist", count);
    return Done(
        connection.Execute("INSERT INTO partner (id, name, account_id, sandbox_workspace_id, status, "
                           "created_ms) VALUES (?, ?, ?, '', ?, ?)",
                           {partner.id, partner.name, partner.account_id, partner.status, partner.created_ms}));
  }));
  RETURN_IF_ERROR(Load());
  return partner;
}

Status Partners::SetSandbox(std::string_view partner_id, std::string_view workspace_id) {
  RETURN_IF_ERROR(database_.Write([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(
        const std::int64_t changed,
        connection.Execute("UPDATE partner SET sandbox_workspace_id = ? WHERE id = ?", {workspace_id, partner_id}));
    if (changed == 0) return Fail(Code::kNotFound, "no such partner");
    return {};
  }));
  return Load();
}

Status Partners::ClosePartner(std::string_view partner_id) {
  RETURN_IF_ERROR(database_.Write([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const std::int64_t changed,
                     connection.Execute("UPDATE partner SET status = ? WHERE id = ?", {kClosed, partner_id}));
    if (changed == 0) return Fail(Code::kNotFound, "no such partner");
    return {};
  }));
  return Load();
}

Result<Partner> Partners::FindPartner(std::string_view id) const {
  const std::shared_ptr<const State> state = Now();
  const auto found = state->partners.find(id);
  if (found == state->partners.end()) return Fail(Code::kNotFound, "no such partner");
  return found->second;
}

std::vector<Partner> Partners::ListPartners() const {
  std::vector<Partner> list;
  for (const auto& [id, partner] : Now()->partners) list.push_back(partner);
  std::ranges::sort(list, {}, [](const Partner& p) { return std::tie(p.created_ms, p.id); });
  return list;
}

Result<Offering> Partners::AddOffering(std::string_view partner_id, OfferingKind kind, std::string_view name,
                                       std::string_view title, std::int64_t share_ppm) {
  RETURN_IF_ERROR(TextFits("name", name, 1, kOfferingNameMax));
  RETURN_IF_ERROR(TextFits("title", title, 0, kTitleMax));
  RETURN_IF_ERROR(ShareFits(share_ppm));
  ASSIGN_OR_RETURN(const Partner partner, FindPartner(partner_id));
  if (partner.status != kActive) return Fail(Code::kInvalidArgument, "the partner is closed");
  Offering offering;
  offering.id = RandomId("off_");
  offering.partner_id = partner_id;
  offering.kind = kind;
  offering.name = name;
  offering.title = title;
  offering.share_ppm = share_ppm;
  offering.created_ms = offering.changed_ms = clock_.unix_ms();
  // The coarsest rollups that know the name; many rows of apps, so not where settlements wait to be written.
  RETURN_IF_ERROR(database_.Read([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(
        const store::Rows used,
        connection.Query(kind == OfferingKind::kModel
                             ? "SELECT 1 FROM usage_rollup WHERE granularity = 3 AND level = 2 AND model = ? LIMIT 1"
                             : "SELECT 1 FROM usage_rollup WHERE granularity = 3 AND level = 0 AND app = ? LIMIT 1",
                         {name}));
    if (!used.empty()) return Fail(Code::kAlreadyExists, "the {} '{}' is used by others", OfferingKindName(kind), name);
    return {};
  }));
  RETURN_IF_ERROR(database_.Write([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const std::int64_t count, OneInt(connection, "SELECT COUNT(*) FROM offering", {}));
    if (count >= static_cast<std::int64_t>(kOfferingsMax)) return Fail(Code::kTooMany, "{} offerings exist", count);
    ASSIGN_OR_RETURN(
        const std::int64_t inserted,
        connection.Execute("INSERT INTO offering (id, partner_id, kind, name, title, share_ppm, state, "
                           "review_note, reviewed_by, created_ms, changed_ms) VALUES (?, ?, ?, ?, ?, ?, "
                           "?, '', '', ?, ?) ON CONFLICT DO NOTHING",
                           {offering.id, offering.partner_id, OfferingKindName(kind), offering.name, offering.title,
                            share_ppm, OfferingStateName(offering.state), offering.created_ms, offering.changed_ms}));
    if (inserted == 0)
      return Fail(Code::kAlreadyExists, "the {} '{}' is offered already", OfferingKindName(kind), name);
    return {};
  }));
  RETURN_IF_ERROR(Load());
  return offering;
}

Result<Offering> Partners::ChangeOne(std::string_view id, const std::function<Status(Offering&)>& change) {
  Offering offering;
  RETURN_IF_ERROR(database_.Write([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows, connection.Query(std::string(kOfferingColumns) + " WHERE id = ?", {id}));
    if (rows.empty()) return Fail(Code::kNotFound, "no such offering");
    ASSIGN_OR_RETURN(offering, ReadOffering(rows[0]));
    RETURN_IF_ERROR(change(offering));
    offering.changed_ms = clock_.unix_ms();
    return Done(connection.Execute(
        "UPDATE offering SET title = ?, share_ppm = ?, state = ?, review_note = ?, reviewed_by = ?, changed_ms = ? "
        "WHERE id = ?",
        {offering.title, offering.share_ppm, OfferingStateName(offering.state), offering.review_note,
         offering.reviewed_by, offering.changed_ms, id}));
  }));
  RETURN_IF_ERROR(Load());
  return offering;
}

namespace {

Status From(const Offering& offering, std::initializer_list<OfferingState> states) {
  if (std::ranges::find(states, offering.state) != states.end()) return {};
  return Fail(Code::kInvalidArgument, "the offering is {}: that cannot be done now", OfferingStateName(offering.state));
}

}  // namespace

Result<Offering> Partners::ChangeOffering(std::string_view id, std::string_view title, std::int64_t share_ppm) {
  RETURN_IF_ERROR(TextFits("title", title, 0, kTitleMax));
  RETURN_IF_ERROR(ShareFits(share_ppm));
  return ChangeOne(id, [&](Offering& offering) -> Status {
    RETURN_IF_ERROR(From(offering, {OfferingState::kDraft}));
    offering.title = title;
    offering.share_ppm = share_ppm;
    return {};
  });
}

Status Partners::RemoveOffering(std::string_view id) {
  RETURN_IF_ERROR(database_.Write([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows, connection.Query(std::string(kOfferingColumns) + " WHERE id = ?", {id}));
    if (rows.empty()) return Fail(Code::kNotFound, "no such offering");
    ASSIGN_OR_RETURN(const Offering offering, ReadOffering(rows[0]));
    RETURN_IF_ERROR(From(offering, {OfferingState::kDraft}));
    return Done(connection.Execute("DELETE FROM offering WHERE id = ?", {id}));
  }));
  return Load();
}

Result<Offering> Partners::SubmitOffering(std::string_view id) {
  return ChangeOne(id, [&](Offering& offering) -> Status {
    RETURN_IF_ERROR(From(offering, {OfferingState::kDraft, OfferingState::kWithdrawn}));
    offering.state = OfferingState::kInReview;
    return {};
  });
}

Result<Offering> Partners::ReviewOffering(std::string_view id, bool list, std::string_view reviewer,
                                          std::string_view note) {
  RETURN_IF_ERROR(TextFits("note", note, list ? 0 : 1, kNoteMax));
  return ChangeOne(id, [&](Offering& offering) -> Status {
    RETURN_IF_ERROR(From(offering, {OfferingState::kInReview}));
    offering.state = list ? OfferingState::kListed : OfferingState::kDraft;
    offering.reviewed_by = reviewer;
    offering.review_note = note;
    return {};
  });
}

Result<Offering> Partners::WithdrawOffering(std::string_view id) {
  return ChangeOne(id, [&](Offering& offering) -> Status {
    RETURN_IF_ERROR(From(offering, {OfferingState::kInReview, OfferingState::kListed}));
    offering.state = offering.state == OfferingState::kListed ? OfferingState::kWithdrawn : OfferingState::kDraft;
    return {};
  });
}

Result<Offering> Partners::FindOffering(std::string_view id) const {
  const std::shared_ptr<const State> state = Now();
  const auto found = state->offerings.find(id);
  if (found == state->offerings.end()) return Fail(Code::kNotFound, "no such offering");
  return found->second;
}

std::vector<Offering> Partners::ListOfferings(std::string_view partner_id) const {
  std::vector<Offering> list;
  const std::shared_ptr<const State> state = Now();
  for (const auto& [id, offering] : state->offerings)
    if (partner_id.empty() || offering.partner_id == partner_id) list.push_back(offering);
  std::ranges::sort(list, {}, [](const Offering& o) { return std::tie(o.created_ms, o.id); });
  return list;
}

Result<std::int64_t> Partners::PayableNow(std::string_view partner_id, std::string_view currency) const {
  std::int64_t payable = 0;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(payable, PayableIn(connection, partner_id, currency));
    return {};
  }));
  return payable;
}

// As a customer's statement: the opening balance is today's less what has moved since.
Result<PayoutStatement> Partners::StatementOf(std::string_view partner_id, std::string_view currency,
                                              std::int64_t from_ms, std::int64_t to_ms) const {
  if (from_ms < 0 || to_ms <= from_ms || from_ms % kDayMs != 0 || to_ms % kDayMs != 0)
    return Fail(Code::kInvalidArgument, "a statement is over whole days (UTC), the end after the beginning");
  ASSIGN_OR_RETURN(const Partner partner, FindPartner(partner_id));
  PayoutStatement statement{.partner_id = partner.id,
                            .name = partner.name,
                            .currency = std::string(currency),
                            .from_ms = from_ms,
                            .to_ms = to_ms};
  RETURN_IF_ERROR(database_.Read([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(statement.closing_micro,
                     OneInt(connection,
                            "SELECT COALESCE(SUM(amount_micro), 0) FROM ledger_balance WHERE account = ? AND currency "
                            "= ?",
                            {PayableAccount(partner_id), currency}));
    ASSIGN_OR_RETURN(const std::int64_t earned_since,
                     OneInt(connection,
                            "SELECT COALESCE(SUM(partner_micro), 0) FROM usage_rollup WHERE partner_id = ? AND "
                            "partner_id <> '' AND granularity = 2 AND level = 0 AND start_ms >= ? AND currency = ?",
                            {partner_id, to_ms, currency}));
    statement.closing_micro -= earned_since;
    ASSIGN_OR_RETURN(const store::Rows lines,
                     connection.Query("SELECT model, app, SUM(requests), SUM(amount_micro), SUM(partner_micro) FROM "
                                      "usage_rollup WHERE partner_id = ? AND partner_id <> '' AND granularity = 2 AND "
                                      "level = 0 AND start_ms >= ? AND start_ms < ? AND currency = ? GROUP BY model, "
                                      "app ORDER BY model, app",
                                      {partner_id, from_ms, to_ms, currency}));
    for (const store::Row& row : lines) {
      statement.lines.push_back(
          {std::string(row.Text(0)), std::string(row.Text(1)), row.Int(2), row.Int(3), row.Int(4)});
      statement.earned_micro += row.Int(4);
    }
    ASSIGN_OR_RETURN(const std::vector<PostingRow> postings,
                     PostingsSince(connection, "", {PayableAccount(partner_id)}, currency, from_ms));
    for (const PostingRow& posting : postings) {
      if (posting.created_ms >= to_ms)
        statement.closing_micro -= posting.amount_micro;
      else if (posting.kind == "pay_out")
        statement.paid_micro -= posting.amount_micro;
      else
        statement.other_micro += posting.amount_micro;
    }
    return {};
  }));
  statement.opening_micro =
      statement.closing_micro - statement.earned_micro + statement.paid_micro - statement.other_micro;
  return statement;
}

Status Partners::Connect(Ledger& ledger) {
  CHECK(ledger_ == nullptr);
  ledger_ = &ledger;
  std::vector<Payout> open;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows, connection.Query(std::string(kPayoutColumns) + " WHERE posted = 0"));
    for (const store::Row& row : rows) open.push_back(ReadPayout(row));
    return {};
  }));
  for (const Payout& payout : open) RETURN_IF_ERROR(PostPayout(payout));
  return {};
}

// Noted first, in one transaction with the look at what is payable; posted then. Writes run one after another, so two
// pay-outs at once cannot take the same money; one that a killed process left behind is posted by Connect.
Result<Payout> Partners::PayOut(std::string_view partner_id, std::string_view currency, std::int64_t amount_micro,
                                std::string_view note, std::string_view idempotency_key) {
  CHECK(ledger_ != nullptr);
  RETURN_IF_ERROR(TextFits("note", note, 0, kNoteMax));
  RETURN_IF_ERROR(TextFits("idempotency key", idempotency_key, 1, kIdempotencyKeyMax));
  if (amount_micro <= 0) return Fail(Code::kInvalidArgument, "amount: more than 0 is needed");
  RETURN_IF_ERROR(FindPartner(partner_id).map([](const Partner&) {}));
  RETURN_IF_ERROR(ledger_->Flush());  // what was earned up to now
  Payout payout{RandomId("pay_"), std::string(partner_id), std::string(currency),
                amount_micro,     std::string(note),       std::max(clock_.unix_ms(), ledger_->now_ms())};
  RETURN_IF_ERROR(database_.Write([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const store::Rows same,
                     connection.Query(std::string(kPayoutColumns) + " WHERE idempotency_key = ?", {idempotency_key}));
    if (!same.empty()) {
      const Payout first = ReadPayout(same[0]);
      if (first.partner_id != payout.partner_id || first.currency != payout.currency ||
          first.amount_micro != amount_micro)
        return Fail(Code::kAlreadyExists, "the idempotency key was used for pay-out {}", first.id);
      payout = first;
      return {};
    }
    ASSIGN_OR_RETURN(const std::int64_t payable, PayableIn(connection, partner_id, currency));
    if (amount_micro > payable)
      return Fail(Code::kInvalidArgument, "amount: {} {} are payable", MicroText(payable), currency);
    return Done(
        connection.Execute("INSERT INTO payout (id, idempotency_key, partner_id, currency, amount_micro, note, "
                           "paid_ms, posted) VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
                           {payout.id, idempotency_key, partner_id, currency, amount_micro, note, payout.paid_ms}));
  }));
  RETURN_IF_ERROR(PostPayout(payout));
  return payout;
}

Status Partners::PostPayout(const Payout& payout) {
  const auto posted = ledger_->Post(
      {.kind = "pay_out",
       .idempotency_key = "pay_out:" + payout.id,
       .currency = payout.currency,
       .workspace_id = "",
       .account_id = "",
       .note = payout.id + (payout.note.empty() ? "" : ": " + payout.note),
       .entries = {{PayableAccount(payout.partner_id), -payout.amount_micro}, {"platform:cash", payout.amount_micro}}});
  if (!posted) return tl::unexpected<Error>(posted.error());
  return database_.Write([id = payout.id](store::Connection& connection) {
    return Done(connection.Execute("UPDATE payout SET posted = 1 WHERE id = ?", {id}));
  });
}

Result<std::vector<Payout>> Partners::ListPayouts(std::string_view partner_id, std::size_t limit) const {
  std::vector<Payout> list;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(
        const store::Rows rows,
        connection.Query(std::string(kPayoutColumns) + " WHERE partner_id = ? ORDER BY paid_ms DESC, id DESC LIMIT ?",
                         {partner_id, static_cast<std::int64_t>(std::min(limit, kPayoutsListedMax))}));
    for (const store::Row& row : rows) list.push_back(ReadPayout(row));
    return {};
  }));
  return list;
}

std::string PartnerJson(const Partner& partner) {
  return json::serialize(json::object{{"id", partner.id},
                                      {"name", partner.name},
                                      {"account_id", partner.account_id},
                                      {"sandbox_workspace_id", partner.sandbox_workspace_id},
                                      {"status", partner.status},
                                      {"created_ms", partner.created_ms}});
}

std::string OfferingJson(const Offering& offering) {
  return json::serialize(json::object{{"id", offering.id},
                                      {"partner_id", offering.partner_id},
                                      {"kind", OfferingKindName(offering.kind)},
                                      {"name", offering.name},
                                      {"title", offering.title},
                                      {"share_ppm", offering.share_ppm},
                                      {"state", OfferingStateName(offering.state)},
                                      {"review_note", offering.review_note},
                                      {"reviewed_by", offering.reviewed_by},
                                      {"created_ms", offering.created_ms},
                                      {"changed_ms", offering.changed_ms}});
}

std::string PayoutStatementJson(const PayoutStatement& statement) {
  json::array lines;
  for (const PayoutLine& line : statement.lines)
    lines.push_back(json::object{{"model", line.model},
                                 {"app", line.app},
                                 {"requests", line.requests},
                                 {"charges_micro", line.charges_micro},
                                 {"share_micro", line.share_micro}});
  return json::serialize(json::object{{"partner_id", statement.partner_id},
                                      {"name", statement.name},
                                      {"currency", statement.currency},
                                      {"from_ms", statement.from_ms},
                                      {"to_ms", statement.to_ms},
                                      {"opening_micro", statement.opening_micro},
                                      {"earned_micro", statement.earned_micro},
                                      {"paid_micro", statement.paid_micro},
                                      {"other_micro", statement.other_micro},
                                      {"closing_micro", statement.closing_micro},
                                      {"lines", std::move(lines)}});
}

std::string PayoutStatementCsv(const PayoutStatement& statement) {
  CsvWriter csv;
  for (const char* name : {"kind", "model", "app", "requests", "charges", "amount", "currency"}) csv.Text(name);
  csv.EndRow();
  const auto sum = [&](std::string_view kind, std::int64_t micro) {
    csv.Text(kind).Text("").Text("").Text("").Text("").Number(MicroText(micro)).Text(statement.currency).EndRow();
  };
  sum("opening", statement.opening_micro);
  for (const PayoutLine& line : statement.lines)
    csv.Text("earned")
        .Text(line.model)
        .Text(line.app)
        .Number(line.requests)
        .Number(MicroText(line.charges_micro))
        .Number(MicroText(line.share_micro))
        .Text(statement.currency)
        .EndRow();
  sum("paid", -statement.paid_micro);
  sum("other", statement.other_micro);
  sum("closing", statement.closing_micro);
  return csv.text();
}

std::string PayoutJson(const Payout& payout) {
  return json::serialize(json::object{{"id", payout.id},
                                      {"partner_id", payout.partner_id},
                                      {"currency", payout.currency},
                                      {"amount_micro", payout.amount_micro},
                                      {"note", payout.note},
                                      {"paid_ms", payout.paid_ms}});
}

}  // namespace yun::cloud
