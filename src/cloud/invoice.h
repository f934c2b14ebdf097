// Invoices: an account's month as numbered lines that never change, and credit notes that give a line back.
//
// Lines are sums of receipts to the micro-unit, by workspace, model and kind. The total is exact too; only what is to
// be paid is rounded to the currency's smallest coin, and the difference is on the invoice as "rounding".
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cloud/billing_settings.h"
#include "cloud/month.h"
#include "cloud/tax.h"
#include "cloud/usage.h"

namespace yun::store {
class Database;
}

namespace yun::cloud {

class Ledger;
struct Clock;

inline constexpr std::size_t kInvoiceLinesMax = 20'000;   // an invoice with more is refused (kTooLarge)
inline constexpr std::size_t kBillListMax = 1000;         // of one answer
inline constexpr std::int64_t kIssueAfterMs = 3'600'000;  // a month is closed when it is over for so long

struct BilledWorkspace {
  std::string id;
  std::string name;
};

/// Whom an invoice is for, as the directory knows it at that time.
struct BillTo {
  std::string account_id;
  std::string name;
  std::string address;  // several lines
  std::string tax_id;
  std::string currency;
  std::string tax_name;
  std::int64_t tax_ppm = 0;
  bool postpaid = false;
  std::vector<BilledWorkspace> workspaces;  // all of the account's, also closed ones
};

struct InvoiceLine {
  int number = 0;  // from 1
  std::string workspace_id;
  std::string workspace_name;
  std::string model;
  Kind kind = Kind::kInput;
  std::int64_t units = 0;
  std::int64_t amount_micro = 0;
  bool operator==(const InvoiceLine&) const = default;
};

struct Party {
  std::string name;
  std::string address;
  std::string tax_id;
  bool operator==(const Party&) const = default;
};

struct Invoice {
  std::string id;      // "inv_…"; empty: a preview
  std::string number;  // "INV-2026-000001"; empty: a preview
  std::string account_id;
  Month month;
  std::int64_t issued_ms = 0;
  std::int64_t due_ms = 0;  // 0: was paid from the balance
  Party seller;
  Party buyer;
  std::string currency;
  TaxRule tax;
  std::vector<InvoiceLine> lines;
  std::int64_t charges_micro = 0;   // sum of the lines = sum of the month's receipts
  std::int64_t tax_micro = 0;       // within the charges, or on top of them
  std::int64_t total_micro = 0;     // charges, plus the tax that is on top
  std::int64_t rounding_micro = 0;  // payable - total
  std::int64_t payable_micro = 0;   // total in whole coins
  std::string note;
  bool operator==(const Invoice&) const = default;
};

/// A line given back, in part or whole, with its tax. The ledger, which knows no tax on top, gives `amount_micro` to
/// the line's workspace; the platform bears it, partners keep their shares.
struct CreditNote {
  std::string id;      // "cn_…"
  std::string number;  // "INV-CN-2026-000001"
  std::string invoice_id;
  std::string invoice_number;
  std::string account_id;
  int line = 0;
  std::string workspace_id;
  std::string currency;
  std::int64_t amount_micro = 0;  // of the line, > 0
  std::int64_t tax_micro = 0;     // within, or on top, as on the invoice
  std::int64_t total_micro = 0;   // amount, plus the tax that is on top
  std::string reason;
  std::int64_t issued_ms = 0;
  bool operator==(const CreditNote&) const = default;
};

struct InvoiceSummary {
  std::string id;
  std::string number;
  std::string account_id;
  Month month;
  std::string currency;
  std::int64_t issued_ms = 0;
  std::int64_t due_ms = 0;
  std::int64_t payable_micro = 0;
  std::int64_t credited_micro = 0;  // by credit notes since
};

/// The invoice as it would be now, without id and number. errors: kTooLarge (kInvoiceLinesMax), kInvalidArgument (the
/// tax), those of the database
Result<Invoice> DraftInvoice(store::Database& database, const BillTo& to, Month month);

/// thread: all methods from any thread, but not from within a Read or Write of the database
class Invoices {
 public:
  /// Posts credit notes that a killed process had issued but not posted. errors: those of the database and the ledger
  static Result<std::unique_ptr<Invoices>> Open(store::Database& database, Ledger& ledger, const Clock& clock);

  Result<Invoice> Preview(const BillTo& to, Month month) const { return DraftInvoice(database_, to, month); }
  /// Gives it the next number of its series and freezes it. The same month again: the same invoice.
  /// errors: as DraftInvoice; kUnavailable (the month is not closed: kIssueAfterMs), kNotFound (nothing was used)
  Result<Invoice> Issue(const BillTo& to, Month month);
  /// errors: kNotFound; kCorrupt (the stored invoice is not the one that was issued)
  Result<Invoice> Find(std::string_view id) const;
  /// The latest first; of all accounts with an empty `account_id`; older than `before_id`, if not empty.
  Result<std::vector<InvoiceSummary>> List(std::string_view account_id, std::string_view before_id,
                                           std::size_t limit) const;

  /// Gives back `amount_micro` of a line. The same `idempotency_key` again: the same note, nothing posted twice.
  /// errors: kInvalidArgument (more than is left of the line; no reason), kNotFound, kAlreadyExists (the key was used
  /// for something else), those of the ledger
  Result<CreditNote> Credit(std::string_view invoice_id, int line, std::int64_t amount_micro, std::string_view reason,
                            std::string_view idempotency_key);
  Result<CreditNote> FindCreditNote(std::string_view id) const;
  Result<std::vector<CreditNote>> CreditNotes(std::string_view invoice_id) const;

 private:
  Invoices(store::Database& database, Ledger& ledger, const Clock& clock)
      : database_(database), ledger_(ledger), clock_(clock) {}
  Status PostNote(const CreditNote& note);

  store::Database& database_;  // borrows
  Ledger& ledger_;             // borrows
  const Clock& clock_;         // borrows
};

/// The canonical form, whose SHA-256 is stored with it, and back. errors: kCorrupt
std::string InvoiceJson(const Invoice& invoice);
Result<Invoice> ParseInvoice(std::string_view json);
std::string CreditNoteJson(const CreditNote& note);
Result<CreditNote> ParseCreditNote(std::string_view json);
std::string InvoiceSummaryJson(const InvoiceSummary& summary);
/// RFC 4180: a row a line, then one for tax, total, rounding and payable. No cell begins a formula.
std::string InvoiceCsv(const Invoice& invoice);
/// A4, with the fonts that fontconfig finds, embedded. The same invoice and fonts give the same bytes.
/// errors: kInternal (the library says why)
Result<std::string> InvoicePdf(const Invoice& invoice);

}  // namespace yun::cloud
