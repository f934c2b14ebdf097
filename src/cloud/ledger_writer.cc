#include "cloud/ledger_writer.h"

#include <fmt/format.h>

#include <span>

#include "cloud/claim_book.h"
#include "cloud/receipt_rows.h"

namespace yun::cloud {

std::string AvailableAccount(std::string_view workspace_id) { return fmt::format("ws:{}:available", workspace_id); }
std::string ReservedAccount(std::string_view workspace_id) { return fmt::format("ws:{}:reserved", workspace_id); }
std::string PartnerAccount(std::string_view partner_id) { return fmt::format("partner:{}:payable", partner_id); }
namespace {

constexpr std::int64_t kBalanceMax = 1'000'000'000'000'000'000;  // of an account after a posting, either way: so no
                                                                // sum of a few of them leaves 64 bits

/// All that another posting with the same idempotency key must share.
std::string WhatItIs(std::string_view kind, std::string_view workspace_id) {
  return fmt::format("{}\n{}", kind, workspace_id);
}
void AddWhat(std::string& what, std::string_view account, std::int64_t micro, std::string_view currency) {
  if (micro != 0) what += fmt::format("\n{} {} {}", account, micro, currency);
}
std::string WhatItIs(const Posting& posting) {
  std::string what = WhatItIs(posting.kind, posting.workspace_id);
  for (const Entry& entry : posting.entries) AddWhat(what, entry.account, entry.amount_micro, posting.currency);
  return what;
}

/// The id of a transaction with the posting's idempotency key, unless that one was something else.
Result<std::int64_t> SamePosting(const Posting& posting, std::int64_t id, std::string_view what_it_is) {
  if (what_it_is == WhatItIs(posting)) return id;
  return Fail(Code::kAlreadyExists, "the idempotency key '{}' was used for something else", posting.idempotency_key);
}

}  // namespace

Result<std::optional<std::int64_t>> FindPosting(store::Connection& db, const Posting& posting) {
  ASSIGN_OR_RETURN(const store::Rows rows,
                   db.Query("SELECT id, kind, workspace_id FROM ledger_transaction WHERE idempotency_key = ?",
                            {posting.idempotency_key}));
  if (rows.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(const store::Rows entries, db.Query("SELECT account, amount_micro, currency FROM ledger_entry WHERE "
                                                       "transaction_id = ? ORDER BY line",
                                                       {rows[0].Int(0)}));
  std::string what = WhatItIs(rows[0].Text(1), rows[0].Text(2));
  for (const store::Row& entry : entries) AddWhat(what, entry.Text(0), entry.Int(1), entry.Text(2));
  ASSIGN_OR_RETURN(const std::int64_t id, SamePosting(posting, rows[0].Int(0), what));
  return id;
}

LedgerWriter::LedgerWriter()
    : transactions_(
          "INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, workspace_id, created_ms, "
          "note) VALUES",
          7),
      entries_("INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, currency) VALUES", 5),
      balances_("INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, account_id) VALUES", 5,
                "ON CONFLICT (account, currency) DO UPDATE SET "
                "amount_micro = ledger_balance.amount_micro + excluded.amount_micro"),
      holds_("INSERT INTO ledger_hold (receipt_id, workspace_id, amount_micro, currency) VALUES", 4),
      receipts_(fmt::format("INSERT INTO receipt ({}) VALUES", kReceiptColumns), kReceiptColumnCount),
      free_("INSERT INTO free_use (workspace_id, free_id, model, used_units) VALUES", 4,
            "ON CONFLICT (workspace_id, free_id, model) DO UPDATE SET "
            "used_units = free_use.used_units + excluded.used_units"),
      budget_use_("INSERT INTO budget_use (budget_id, period_start_ms, spent_micro) VALUES", 3,
                  "ON CONFLICT (budget_id, period_start_ms) DO UPDATE SET "
                  "spent_micro = budget_use.spent_micro + excluded.spent_micro"),
      alerts_(
          "INSERT INTO budget_alert (id, budget_id, workspace_id, period_start_ms, threshold_ppm, spent_micro, "
          "amount_micro, created_ms, delivered_ms, attempts, last_error) VALUES",
          11, "ON CONFLICT (budget_id, period_start_ms, threshold_ppm) DO NOTHING"),
      claims_("INSERT INTO idempotency_claim (claim, receipt_id, claimed_ms) VALUES", 3,
              "ON CONFLICT (claim) DO UPDATE SET receipt_id = excluded.receipt_id, claimed_ms = excluded.claimed_ms") {}

void LedgerWriter::Clear() {
  for (BulkInsert* insert :
       {&transactions_, &entries_, &balances_, &holds_, &receipts_, &free_, &budget_use_, &alerts_, &claims_}) {
    insert->Clear();
  }
  rollups_.Clear();
  charges_.Clear();
  ended_holds_.clear();
  changes_.clear();
  free_used_.clear();
  budget_spent_.clear();
  posted_.clear();
  marker_.clear();
}

Result<std::int64_t> LedgerWriter::Write(store::Connection& db, std::vector<LedgerOp>& ops, std::int64_t first_id) {
  Clear();
  next_id_ = first_id;
  for (LedgerOp& op : ops) {
    switch (op.type) {
      case LedgerOp::Type::kHold:
        Hold(op);
        break;
      case LedgerOp::Type::kSettle:
        Settle(op);
        break;
      case LedgerOp::Type::kRelease:
        Release(op);
        break;
      case LedgerOp::Type::kPost:
        RETURN_IF_ERROR(Post(db, op));
        break;
    }
  }
  RETURN_IF_ERROR(Run(db));
  return next_id_;
}

void LedgerWriter::Transaction(std::string_view kind, std::string_view idempotency_key, std::string_view receipt_id,
                               std::string_view workspace_id, std::int64_t created_ms, std::string_view note) {
  if (marker_.empty()) marker_ = idempotency_key;
  transactions_.Add(next_id_++, kind, idempotency_key, receipt_id, workspace_id, created_ms, note);
  line_ = 0;
}

void LedgerWriter::AddEntry(const std::string& account, std::int64_t micro, const std::string& currency,
                            std::string_view workspace_id, std::string_view account_id) {
  if (micro == 0) return;
  entries_.Add(next_id_ - 1, ++line_, account, micro, currency);
  Change& change = changes_[{account, currency}];
  change.micro += micro;
  change.workspace_id = workspace_id;
  change.account_id = account_id;
}

void LedgerWriter::Hold(const LedgerOp& op) {
  const MeterInfo& info = op.reservation->info;
  Transaction("hold", "hold:" + info.receipt_id, info.receipt_id, info.workspace_id, op.created_ms, "");
  AddEntry(AvailableAccount(info.workspace_id), -info.reserved_micro, info.currency, info.workspace_id,
           info.account_id);
  AddEntry(ReservedAccount(info.workspace_id), info.reserved_micro, info.currency, info.workspace_id, info.account_id);
  holds_.Add(info.receipt_id, info.workspace_id, info.reserved_micro, info.currency);
}

void LedgerWriter::Settle(const LedgerOp& op) {
  const Receipt& receipt = *op.receipt;
  const MeterInfo& info = op.reservation->info;
  Transaction("settle", receipt.id, receipt.id, receipt.workspace_id, op.created_ms, "");
  const std::int64_t held = op.hold_posted ? info.reserved_micro : 0;
  AddEntry(ReservedAccount(receipt.workspace_id), -held, receipt.currency, receipt.workspace_id, receipt.account_id);
  AddEntry(AvailableAccount(receipt.workspace_id), held - receipt.amount_micro, receipt.currency, receipt.workspace_id,
           receipt.account_id);
  if (receipt.partner_micro != 0) {
    AddEntry(PartnerAccount(receipt.partner_id), receipt.partner_micro, receipt.currency);
  }
  AddEntry(std::string(kRevenueAccount), receipt.amount_micro - receipt.partner_micro, receipt.currency);
  if (op.hold_posted) ended_holds_.push_back(receipt.id);
  AddReceipt(receipts_, receipt);
  rollups_.Add(receipt);
  charges_.Add(receipt.workspace_id, receipt.model, receipt.currency, receipt.ended_ms, receipt.lines);
  if (receipt.free_units != 0) free_used_[{receipt.workspace_id, info.free_id, receipt.model}] += receipt.free_units;
  for (const BudgetBook::Spend& spend : op.budgets.spends) {
    budget_spent_[{spend.budget_id, spend.period_start_ms}] += spend.micro;
  }
  for (const BudgetAlert& alert : op.budgets.alerts) {
    alerts_.Add(alert.id, alert.budget_id, alert.workspace_id, alert.period_start_ms,
                static_cast<std::int64_t>(alert.threshold_ppm), alert.spent_micro, alert.amount_micro, alert.created_ms,
                std::int64_t{0}, std::int64_t{0}, std::string());
  }
  if (info.claim != ClaimId{}) claims_.Add(ClaimText(info.claim), receipt.id, info.started_ms);
}

void LedgerWriter::Release(const LedgerOp& op) {
  const MeterInfo& info = op.reservation->info;
  Transaction("release", "release:" + info.receipt_id, info.receipt_id, info.workspace_id, op.created_ms, "");
  AddEntry(ReservedAccount(info.workspace_id), -info.reserved_micro, info.currency, info.workspace_id, info.account_id);
  AddEntry(AvailableAccount(info.workspace_id), info.reserved_micro, info.currency, info.workspace_id, info.account_id);
  ended_holds_.push_back(info.receipt_id);
}

Status LedgerWriter::Post(store::Connection& db, LedgerOp& op) {
  const Posting& posting = op.posting;
  op.applied = false;
  if (const auto it = posted_.find(posting.idempotency_key); it != posted_.end()) {
    op.outcome = SamePosting(posting, it->second.first, it->second.second);
    return {};
  }
  const auto earlier = FindPosting(db, posting);
  if (!earlier && earlier.error().code != Code::kAlreadyExists) return tl::unexpected<Error>(earlier.error());
  if (!earlier) op.outcome = tl::unexpected<Error>(earlier.error());
  if (earlier && *earlier) op.outcome = **earlier;
  if (!earlier || *earlier) return {};
  for (const Entry& entry : posting.entries) {
    ASSIGN_OR_RETURN(const store::Rows kept,
                     db.Query("SELECT amount_micro FROM ledger_balance WHERE account = ? AND currency = ?",
                              {entry.account, posting.currency}));
    const auto change = changes_.find({entry.account, posting.currency});
    const std::int64_t balance =
        (kept.empty() ? 0 : kept[0].Int(0)) + (change == changes_.end() ? 0 : change->second.micro);
    const __int128 after = static_cast<__int128>(balance) + entry.amount_micro;
    if (after > kBalanceMax || after < -kBalanceMax) {
      op.outcome = Fail(Code::kInvalidArgument, "{} would have more than {} micro-units of {}", entry.account,
                        kBalanceMax, posting.currency);
      return {};
    }
    // Workspaces' balances are kept in memory and were looked at there; what partners are owed is only here.
    if (entry.amount_micro < 0 && entry.account.starts_with("partner:") && after < 0) {
      op.outcome = Fail(Code::kInvalidArgument, "{} has {} micro-units of {}, less than {}", entry.account, balance,
                        posting.currency, -entry.amount_micro);
      return {};
    }
  }
  op.outcome = next_id_;
  op.applied = true;
  posted_[posting.idempotency_key] = {next_id_, WhatItIs(posting)};
  Transaction(posting.kind, posting.idempotency_key, "", posting.workspace_id, op.created_ms, posting.note);
  for (const Entry& entry : posting.entries) {
    const bool own = entry.account == AvailableAccount(posting.workspace_id);
    AddEntry(entry.account, entry.amount_micro, posting.currency, own ? posting.workspace_id : "",
             own ? posting.account_id : "");
  }
  return {};
}

Status LedgerWriter::Run(store::Connection& db) {
  for (const auto& [key, change] : changes_)
    balances_.Add(key.first, key.second, change.micro, change.workspace_id, change.account_id);
  for (const auto& [key, units] : free_used_) free_.Add(key[0], key[1], key[2], units);
  for (const auto& [key, micro] : budget_spent_) budget_use_.Add(key.first, key.second, micro);
  for (BulkInsert* insert :
       {&transactions_, &entries_, &balances_, &holds_, &receipts_, &free_, &budget_use_, &alerts_, &claims_}) {
    RETURN_IF_ERROR(insert->Run(db));
  }
  for (const std::string& id : ended_holds_)
    RETURN_IF_ERROR(db.Execute("DELETE FROM ledger_hold WHERE receipt_id = ?", {id}));
  RETURN_IF_ERROR(charges_.Write(db));
  return rollups_.Write(db);
}

}  // namespace yun::cloud
