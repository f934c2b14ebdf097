// The writing side of the ledger: operations that have happened in memory, many of them into one transaction.
#pragma once
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cloud/budget_book.h"
#include "cloud/bulk_insert.h"
#include "cloud/charge_sums.h"
#include "cloud/ledger.h"
#include "cloud/rollup_writer.h"
#include "store/database.h"

namespace yun::cloud {

struct LedgerOp {
  enum class Type { kHold, kSettle, kRelease, kPost };
  Type type = Type::kPost;
  std::int64_t created_ms = 0;
  std::int64_t queued_ns = 0;  // steady

  std::shared_ptr<Reservation> reservation;  // all but kPost
  bool hold_posted = false;                  // kSettle: there is a hold in the database to take back
  std::shared_ptr<const Receipt> receipt;    // kSettle
  BudgetBook::Ended budgets;                 // kSettle
  std::function<void()> done;                // kSettle

  Posting posting;  // kPost
  std::shared_ptr<std::promise<Result<std::int64_t>>> answer;
  Result<std::int64_t> outcome = 0;  // its id; set by Write
  bool applied = false;              // it was not there already; set by Write
};

/// thread: the database's writer
class LedgerWriter {
 public:
  LedgerWriter();

  /// Writes a batch; all of it or, with an error, nothing. Transactions are numbered from `first_id`; returns the next
  /// number.
  Result<std::int64_t> Write(store::Connection& db, std::vector<LedgerOp>& ops, std::int64_t first_id);
  /// The idempotency key of the first transaction of the last Write; empty when it made none. A batch is atomic, so
  /// whether this one is there tells whether the batch was committed.
  const std::string& marker() const { return marker_; }

 private:
  struct Change {
    std::int64_t micro = 0;
    std::string workspace_id, account_id;
  };
  void Transaction(std::string_view kind, std::string_view idempotency_key, std::string_view receipt_id,
                   std::string_view workspace_id, std::int64_t created_ms, std::string_view note);
  void AddEntry(const std::string& account, std::int64_t micro, const std::string& currency,
                std::string_view workspace_id = {}, std::string_view account_id = {});
  void Hold(const LedgerOp& op);
  void Settle(const LedgerOp& op);
  void Release(const LedgerOp& op);
  Status Post(store::Connection& db, LedgerOp& op);
  void Clear();
  Status Run(store::Connection& db);

  BulkInsert transactions_, entries_, balances_, holds_, receipts_, free_, budget_use_, alerts_, claims_;
  RollupWriter rollups_;
  ChargeSums charges_;
  std::vector<std::string> ended_holds_;
  std::map<std::pair<std::string, std::string>, Change> changes_;              // by account and currency
  std::map<std::array<std::string, 3>, std::int64_t> free_used_;               // by workspace, quota, model
  std::map<std::pair<std::string, std::int64_t>, std::int64_t> budget_spent_;  // by budget and period
  std::map<std::string, std::pair<std::int64_t, std::string>> posted_;         // id and what it is, by key
  std::string marker_;
  std::int64_t next_id_ = 0, line_ = 0;
};

/// The transaction that has a posting's idempotency key already, if there is one.
/// errors: kAlreadyExists (and is something else), as Connection::Query
Result<std::optional<std::int64_t>> FindPosting(store::Connection& db, const Posting& posting);

std::string AvailableAccount(std::string_view workspace_id);
std::string ReservedAccount(std::string_view workspace_id);
std::string PartnerAccount(std::string_view partner_id);
inline constexpr std::string_view kRevenueAccount = "platform:revenue", kCashAccount = "platform:cash";

}  // namespace yun::cloud
