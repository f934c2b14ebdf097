// Money: double entry in integer micro-units, append-only. Reserve at admission, settle at the end of a request,
// whatever the end; a receipt for each. The ledger holds balances, budgets and free quotas in memory and answers from
// there at once; postings go to the database many at a time, each exactly once (its idempotency key).
//
//   ws:<id>:available   what a workspace can spend; below 0 it owes (postpaid)
//   ws:<id>:reserved    held for requests that run
//   platform:cash       top-ups come from here (below 0: money that was paid in)
//   platform:revenue    platform's part of charges      platform:promotions  credits given for nothing
//   partner:<id>:payable  what is owed to a partner     platform:adjustments corrections
//
// A request is a slot of the meter's journal from its reservation until its receipt is committed: a killed process
// loses nothing, since what was used, at what price, and how it ended stands there (meter.h). Of a batch's request that
// had not ended the database tells: a kept answer (batch_line) is owed for, anything else will be asked again.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cloud/budget.h"
#include "cloud/clock.h"
#include "cloud/meter.h"
#include "cloud/price_book.h"
#include "cloud/usage.h"
#include "cloud/vault.h"
#include "store/queue_stats.h"

namespace yun::store {
class Database;
}

namespace yun::cloud {

inline constexpr std::size_t kPostingsQueuedMax = 100'000;  // then Reserve refuses (kUnavailable)
inline constexpr std::size_t kClaimsMax = 1'000'000;        // Idempotency-Keys remembered at a time
inline constexpr std::int64_t kClaimKeptMs = kDayMs;

/// "rcp_" + 11 hex digits of the time in milliseconds + 13 random ones: sorted by age, which databases like.
std::string NewReceiptId(const Clock& clock);
/// prefix + 24 random hex digits.
std::string NewId(std::string_view prefix);

/// On what terms a workspace pays: from its Account and Workspace.
struct Terms {
  std::string account_id;
  std::string currency = "CNY";
  bool postpaid = false;
  std::int64_t credit_limit_micro = 0;  // postpaid: how far all workspaces of the account together may go below 0
  std::int32_t discount_ppm = 0;
  bool sandbox = false;  // all prices 0
};

struct ReserveRequest {
  std::string workspace_id, key_id, model, app, request_id;
  Terms terms;
  bool batch = false;
  Units most;                          // all input as kInput, all output as kOutput (all n choices together), ...
  bool may_shorten = true;             // output may be cut to what is afforded, but
  std::int64_t output_tokens_min = 1;  // not below this
  int slots = 1;                       // meter slots: one a sequence (n choices: n)
  std::string idempotency_key;         // the client's; empty: none
};

/// What a request may use, and is held for it. Ends by Settle or Release, exactly once.
struct Reservation {
  std::string receipt_id;
  std::int64_t reserved_micro = 0;
  std::int64_t output_tokens_max = 0;            // afforded, of most[kOutput]
  std::vector<std::shared_ptr<Ticket>> tickets;  // one a sequence; the engine's sink calls Used

  MeterInfo info;
  // The ledger's own:
  std::vector<std::pair<std::string, std::int64_t>> budgets;  // id and period held in
  bool hold_posted = false, ended = false;
};

/// An error of Reserve, with what the code kPermissionDenied stands for.
struct ReserveError : Error {
  enum class Why {
    kOther,     // what the code says
    kUnpriced,  // the model has no price
    kBalance,   // the workspace's money, or its account's credit, does not cover it
    kBudget,    // a budget does not
  };
  Why why = Why::kOther;
  ReserveError(Error error, Why what = Why::kOther) : Error(std::move(error)), why(what) {}
};
using ReserveResult = tl::expected<std::shared_ptr<Reservation>, ReserveError>;

struct Receipt {
  std::string id, workspace_id, account_id, key_id, model, app, partner_id, request_id;
  std::int64_t started_ms = 0, ended_ms = 0;
  EndReason end_reason = EndReason::kStop;
  bool batch = false;
  Units units;
  std::vector<ChargeLine> lines;
  std::int64_t amount_micro = 0, partner_micro = 0, free_units = 0;
  std::int32_t discount_ppm = 0;
  std::string currency, price_version;
};

struct ReceiptQuery {
  std::string workspace_id, account_id;         // one of both
  std::string key_id, model;                    // empty: all
  std::int64_t from_ms = 0, to_ms = INT64_MAX;  // of ended_ms
  std::string before;                           // only older than this receipt: the next page
  std::size_t rows_max = 100;
};

struct Balance {
  std::int64_t available_micro = 0, reserved_micro = 0;
  std::string currency;
};

struct Entry {
  std::string account;  // "ws:ws_...:available"
  std::int64_t amount_micro = 0;
};

/// A transaction other than a request's: top-up, adjustment, credit note, pay-out.
struct Posting {
  std::string kind;             // "top_up", "adjustment", "credit_note", "pay_out", "promotion"
  std::string idempotency_key;  // with the same entries again: nothing happens, and the first one's id is returned
  std::string currency;
  std::string workspace_id, account_id;  // whom it concerns; may be empty
  std::string note;
  std::vector<Entry> entries;  // sum 0
};

/// A partner's part of what a model or app earns, by the offering's own setting.
struct PartnerShare {
  std::string partner_id;
  std::int32_t share_ppm = 0;
};
using ShareOf = std::function<std::optional<PartnerShare>(std::string_view model, std::string_view app)>;

struct LedgerOptions {
  ShareOf share_of;    // none: no partners
  WebhookSender send;  // none: alerts are only listed
  const Vault* vault = nullptr;  // borrows: seals webhooks' secrets; null: no webhook has one
  std::int64_t webhook_retry_ms = 10'000;
  std::int64_t hold_after_ms = 1'000;  // a reservation is posted when its request has run for so long; those that end
                                       // sooner are posted with their end, as one transaction
};

/// What reconcile found. All differences are 0 when the books are in order.
struct Reconciliation {
  struct Line {
    std::string model;
    Kind kind = Kind::kInput;
    std::int64_t engine = 0;     // counted by the meter, of requests that have ended and whose receipt is committed
    std::int64_t ledger = 0;     // in receipts
    std::int64_t in_flight = 0;  // counted so far in requests that have no receipt yet
    std::int64_t difference() const { return engine - ledger; }
  };
  struct Money {
    std::string currency;
    std::int64_t charged = 0;                 // sum of receipts
    std::int64_t platform = 0, partners = 0;  // as the entries have it
    std::int64_t entries_sum = 0;             // of all entries: 0
    std::int64_t difference() const { return charged - platform - partners; }
  };
  std::vector<Line> lines;
  std::vector<Money> money;
  std::int64_t unbalanced_transactions = 0;  // whose entries do not sum to 0
  std::int64_t wrong_balances = 0;           // accounts whose balance is not the sum of their entries
  std::int64_t negative_reserved = 0;        // accounts with less than nothing reserved
  std::int64_t receipts = 0, in_flight = 0;
  std::vector<std::string> unpriced_models;  // charged 0 since the book has no row for them
  bool ok() const;
};

struct PriceVersion {
  std::string version;
  std::int64_t loaded_ms = 0;
  std::string actor;
};

/// thread: all methods from any thread
class Ledger {
 public:
  /// Reads balances, settles what a former process left in the meter, releases reservations that nobody holds.
  /// errors: as Database
  static Result<std::unique_ptr<Ledger>> Open(store::Database& db, Meter& meter, const Clock& clock,
                                              LedgerOptions options = {});
  /// Writes what is queued. What still runs stays in the meter's journal.
  virtual ~Ledger() = default;

  // --- requests
  /// Holds the most that the request can cost, from memory, in microseconds. Prices, discount, free quota and the
  /// partner's share are those of this moment.
  /// errors: kPermissionDenied (balance, credit limit or a budget: the message says which; no price and the book
  /// refuses those), kAlreadyExists (this Idempotency-Key was used within kClaimKeptMs: names the receipt),
  /// kUnavailable (the database does not keep up), kTooMany (the meter is full, or kClaimsMax),
  /// kInvalidArgument (units out of range, another currency than the workspace's)
  [[nodiscard]] virtual ReserveResult Reserve(const ReserveRequest& request) = 0;
  /// Charges what the tickets counted (added up) and releases the rest; never more than was reserved. A batch's request
  /// is charged with kStop and kLength alone: its answer is kept then. The tickets' Used must not be called any more.
  /// Queued; the receipt can be found at once, `done` is called after the commit, on the database's thread. A
  /// reservation that has ended already: its receipt again, and no `done`.
  virtual Receipt Settle(const std::shared_ptr<Reservation>& reservation, EndReason reason,
                         std::function<void()> done = {}) = 0;
  /// Takes back a reservation whose request was never started (its tickets counted nothing): no receipt.
  virtual void Release(const std::shared_ptr<Reservation>& reservation) = 0;

  /// Also of those that are still queued. errors: kNotFound
  virtual Result<Receipt> FindReceipt(std::string_view id) const = 0;
  /// The latest first; committed ones only.
  virtual Result<std::vector<Receipt>> ListReceipts(const ReceiptQuery& query) const = 0;

  // --- money
  virtual Balance BalanceOf(std::string_view workspace_id) const = 0;
  /// Returns the transaction's id after its commit. Of workspaces' accounts only workspace_id's available may be named.
  /// errors: kInvalidArgument (sum not 0, amounts or what they lead to out of range, another currency than the
  /// workspace's, it or a partner's payable would fall below 0 by it), kAlreadyExists (the idempotency key belongs to
  /// something else, or to another amount), as Database::Write
  virtual Result<std::int64_t> Post(const Posting& posting) = 0;
  /// platform:cash -> available.
  Result<std::int64_t> TopUp(std::string_view workspace_id, const Terms& terms, std::int64_t micro,
                             std::string_view idempotency_key, std::string_view note);

  // --- prices
  /// Stores the text and uses it from now on; requests that run keep theirs.
  /// errors: kCorrupt, kTooLarge (as Parse), kAlreadyExists (this version has another text)
  virtual Status LoadPrices(std::string_view toml, std::string_view actor) = 0;
  virtual std::shared_ptr<const PriceBook> prices() const = 0;
  virtual Result<std::vector<PriceVersion>> PriceVersions() const = 0;
  /// The text of a version. errors: kNotFound
  virtual Result<std::string> PriceText(std::string_view version) const = 0;
  /// What is left of the free quota that a request would draw on now; 0 when there is none.
  virtual std::int64_t FreeLeft(std::string_view workspace_id, std::string_view model) const = 0;

  // --- budgets
  /// What the period has cost so far counts, except for kTotal, which begins at 0.
  /// errors: kInvalidArgument, kTooMany
  virtual Result<Budget> CreateBudget(Budget budget) = 0;
  /// Sets amount, hard, alerts and webhook (an empty secret: as before). errors: kNotFound, kInvalidArgument
  virtual Status UpdateBudget(const Budget& budget) = 0;
  virtual Status DeleteBudget(std::string_view workspace_id, std::string_view budget_id) = 0;
  virtual std::vector<BudgetState> Budgets(std::string_view workspace_id) const = 0;  // empty: of all
  virtual Result<std::vector<BudgetAlert>> Alerts(std::string_view workspace_id, std::size_t rows_max) const = 0;

  // --- proof
  /// Compares meter, receipts, entries and balances in one consistent state; reads every entry (minutes with many
  /// millions). `quick`: receipts by their rollups, and entries and balances not recomputed.
  virtual Result<Reconciliation> Reconcile(bool quick = false) = 0;
  /// Everything that was settled before is committed. errors: those of the last attempt to write
  virtual Status Flush() = 0;
  /// Of the postings; `written` counts operations: holds, settlements, releases, postings.
  virtual store::QueueStats queue() const = 0;
  /// The ledger's time: the clock's, but never backwards.
  virtual std::int64_t now_ms() const = 0;
};

}  // namespace yun::cloud
