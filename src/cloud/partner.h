// Partners: who publishes model adapters and apps, under which share of the charges, and how they are paid out.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "cloud/ledger.h"

namespace yun::store {
class Connection;
class Database;
}  // namespace yun::store

namespace yun::cloud {

inline constexpr std::int64_t kSharePpmMax = 1'000'000;
inline constexpr std::size_t kPartnersMax = 10'000;
inline constexpr std::size_t kOfferingsMax = 100'000;

struct Partner {
  std::string id;  // "prt_…"
  std::string name;
  std::string account_id;            // whose members manage the offerings
  std::string sandbox_workspace_id;  // whose keys may use what is not listed yet, at price 0; may be empty
  std::string status = "active";     // or "closed": offerings are no longer served, what is payable stays
  std::int64_t created_ms = 0;
};

enum class OfferingKind { kModel, kApp };
enum class OfferingState { kDraft, kInReview, kListed, kWithdrawn };
std::string_view OfferingKindName(OfferingKind kind);     // "model", "app"
std::string_view OfferingStateName(OfferingState state);  // "draft", "in_review", "listed", "withdrawn"
Result<OfferingKind> ParseOfferingKind(std::string_view name);

struct Offering {
  std::string id;  // "off_…"
  std::string partner_id;
  OfferingKind kind = OfferingKind::kModel;
  std::string name;  // the model's or the app's, as a request says it; taken once of a kind
  std::string title;
  std::int64_t share_ppm = 0;
  OfferingState state = OfferingState::kDraft;
  std::string review_note;  // of the last decision
  std::string reviewed_by;
  std::int64_t created_ms = 0;
  std::int64_t changed_ms = 0;
};

/// What a partner earned and was paid in a time.
struct PayoutLine {
  std::string model;
  std::string app;
  std::int64_t requests = 0;
  std::int64_t charges_micro = 0;  // the customers'
  std::int64_t share_micro = 0;    // the partner's
};
struct PayoutStatement {
  std::string partner_id;
  std::string name;
  std::string currency;
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  std::int64_t opening_micro = 0;  // payable at the start
  std::int64_t earned_micro = 0;
  std::int64_t paid_micro = 0;
  std::int64_t other_micro = 0;    // taken back by credit notes, adjustments
  std::int64_t closing_micro = 0;  // opening + earned - paid + other
  std::vector<PayoutLine> lines;
};

struct Payout {
  std::string id;  // "pay_…"
  std::string partner_id;
  std::string currency;
  std::int64_t amount_micro = 0;
  std::string note;
  std::int64_t paid_ms = 0;
};

/// thread: all methods from any thread; those that write not from within a Read or Write of the database
class Partners {
 public:
  /// errors: those of the database
  static Result<std::unique_ptr<Partners>> Open(store::Database& database, const Clock& clock);
  /// What pays out; once, before the first PayOut: the ledger asks for shares (ShareOf) when it opens, so it comes
  /// later. Posts the pay-outs that a killed process had noted but not posted. errors: those of database and ledger
  Status Connect(Ledger& ledger);

  /// Whose share a request bears: that of the listed app which sent it, else that of the listed model, else nobody's.
  /// In memory: for the path of a request.
  std::optional<PartnerShare> ShareOf(std::string_view model, std::string_view app) const;
  /// May a workspace use this model or app? What no partner offers and what is listed: all; what is not listed yet:
  /// its partner's sandbox alone.
  bool MayUse(OfferingKind kind, std::string_view name, std::string_view workspace_id) const;

  /// errors: kInvalidArgument (names the field), kTooMany (kPartnersMax)
  Result<Partner> AddPartner(std::string_view name, std::string_view account_id);
  Status SetSandbox(std::string_view partner_id, std::string_view workspace_id);
  Status ClosePartner(std::string_view partner_id);
  Result<Partner> FindPartner(std::string_view id) const;
  std::vector<Partner> ListPartners() const;

  /// A draft. Since it keeps others from the name, this must be one that nobody has used yet.
  /// errors: kInvalidArgument, kAlreadyExists (kind and name are offered or used), kNotFound (the partner), kTooMany
  Result<Offering> AddOffering(std::string_view partner_id, OfferingKind kind, std::string_view name,
                               std::string_view title, std::int64_t share_ppm);
  /// Title and share of a draft: what was reviewed does not change under the reviewer.
  /// errors: kInvalidArgument (also: not a draft), kNotFound
  Result<Offering> ChangeOffering(std::string_view id, std::string_view title, std::int64_t share_ppm);
  /// A draft goes, and its name is free again. errors: kInvalidArgument (not a draft), kNotFound
  Status RemoveOffering(std::string_view id);
  /// draft or withdrawn -> in review (by the partner); in review -> listed or draft (by the operator, with a note when
  /// refused); in review -> draft, listed -> withdrawn (by either). errors: kInvalidArgument (not from this state),
  /// kNotFound
  Result<Offering> SubmitOffering(std::string_view id);
  Result<Offering> ReviewOffering(std::string_view id, bool list, std::string_view reviewer, std::string_view note);
  Result<Offering> WithdrawOffering(std::string_view id);
  Result<Offering> FindOffering(std::string_view id) const;
  /// Of all partners with an empty id.
  std::vector<Offering> ListOfferings(std::string_view partner_id) const;

  /// What a partner could be paid now: what is owed, less pay-outs that are under way. units: micro-units
  Result<std::int64_t> PayableNow(std::string_view partner_id, std::string_view currency) const;
  /// errors: kInvalidArgument (no whole days), kNotFound, those of the database
  Result<PayoutStatement> StatementOf(std::string_view partner_id, std::string_view currency, std::int64_t from_ms,
                                      std::int64_t to_ms) const;
  /// Posts payable -> cash. The same key again: the same pay-out. errors: kInvalidArgument (more than is payable, not
  /// above 0), kNotFound, kAlreadyExists (the key was used for something else)
  Result<Payout> PayOut(std::string_view partner_id, std::string_view currency, std::int64_t amount_micro,
                        std::string_view note, std::string_view idempotency_key);
  Result<std::vector<Payout>> ListPayouts(std::string_view partner_id, std::size_t limit) const;

 private:
  struct State;
  Partners(store::Database& database, const Clock& clock) : database_(database), clock_(clock) {}
  std::shared_ptr<const State> Now() const;
  Status Load();
  Result<Offering> ChangeOne(std::string_view id, const std::function<Status(Offering&)>& change);
  Status PostPayout(const Payout& payout);

  store::Database& database_;  // borrows
  const Clock& clock_;         // borrows
  Ledger* ledger_ = nullptr;   // borrows
  std::mutex loading_;         // one Load at a time
  Guarded<std::shared_ptr<const State>> state_;
};

std::string PartnerJson(const Partner& partner);
std::string OfferingJson(const Offering& offering);
std::string PayoutStatementJson(const PayoutStatement& statement);
std::string PayoutStatementCsv(const PayoutStatement& statement);
std::string PayoutJson(const Payout& payout);

}  // namespace yun::cloud
