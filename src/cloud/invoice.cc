#include "cloud/invoice.h"

#include <algorithm>

#include "base/check.h"
#include "cloud/charge_sums.h"
#include "cloud/clock.h"
#include "cloud/ledger.h"
#include "cloud/number_series.h"
#include "cloud/random.h"
#include "store/database.h"

namespace yun::cloud {
namespace {

constexpr std::size_t kReasonMax = 1000;
constexpr std::size_t kIdempotencyKeyMax = 200;

Result<Invoice> ReadInvoice(const store::Row& row) {
  if (HexOf(Sha256(row.Text(0))) != row.Text(1))
    return Fail(Code::kCorrupt, "a stored invoice is not the one that was issued: its SHA-256 differs");
  return ParseInvoice(row.Text(0));
}

Result<Invoice> FindIn(store::Connection& connection, std::string_view id) {
  ASSIGN_OR_RETURN(const store::Rows rows,
                   connection.Query("SELECT document, document_sha256 FROM invoice WHERE id = ?", {id}));
  if (rows.empty()) return Fail(Code::kNotFound, "no such invoice");
  return ReadInvoice(rows[0]);
}

Result<Invoice> DraftIn(store::Connection& connection, const BillTo& to, Month month, const BillingSettings& settings) {
  if (to.tax_ppm < 0 || to.tax_ppm > kTaxPpmMax)
    return Fail(Code::kInvalidArgument, "tax_ppm: 0 to {} is needed", kTaxPpmMax);
  Invoice invoice;
  invoice.account_id = to.account_id;
  invoice.month = month;
  invoice.seller = {settings.seller_name, settings.seller_address, settings.seller_tax_id};
  invoice.buyer = {to.name, to.address, to.tax_id};
  invoice.currency = to.currency;
  invoice.tax = {to.tax_name, to.tax_ppm, settings.tax_included};
  invoice.note = settings.note;
  std::vector<BilledWorkspace> workspaces = to.workspaces;
  std::ranges::sort(workspaces, {}, [](const BilledWorkspace& w) { return std::tie(w.name, w.id); });
  for (const BilledWorkspace& workspace : workspaces) {
    ASSIGN_OR_RETURN(const std::vector<ChargeRow> charges,
                     ChargesOf(connection, workspace.id, month, to.currency, kInvoiceLinesMax - invoice.lines.size()));
    for (const ChargeRow& charge : charges) {
      invoice.lines.push_back({static_cast<int>(invoice.lines.size()) + 1, workspace.id, workspace.name, charge.model,
                               charge.kind, charge.units, charge.amount_micro});
      invoice.charges_micro += charge.amount_micro;
    }
  }
  invoice.tax_micro = TaxOf(invoice.charges_micro, invoice.tax);
  invoice.total_micro = invoice.charges_micro + (invoice.tax.included ? 0 : invoice.tax_micro);
  invoice.payable_micro = Payable(invoice.total_micro, invoice.currency);
  invoice.rounding_micro = invoice.payable_micro - invoice.total_micro;
  return invoice;
}

/// Runs `work`, which gives a T, in a Read or Write.
template <class T, class Run, class F>
Result<T> Through(Run&& run, F&& work) {
  std::optional<T> value;
  RETURN_IF_ERROR(run([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(value, work(connection));
    return {};
  }));
  return std::move(*value);
}

}  // namespace

Result<std::unique_ptr<Invoices>> Invoices::Open(store::Database& database, Ledger& ledger, const Clock& clock) {
  std::unique_ptr<Invoices> invoices(new Invoices(database, ledger, clock));
  std::vector<CreditNote> open;
  RETURN_IF_ERROR(database.Read([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows, connection.Query("SELECT document FROM credit_note WHERE posted = 0"));
    for (const store::Row& row : rows) {
      ASSIGN_OR_RETURN(CreditNote note, ParseCreditNote(row.Text(0)));
      open.push_back(std::move(note));
    }
    return {};
  }));
  for (const CreditNote& note : open) RETURN_IF_ERROR(invoices->PostNote(note));
  return invoices;
}

Result<Invoice> DraftInvoice(store::Database& database, const BillTo& to, Month month) {
  return Through<Invoice>([&](auto work) { return database.Read(work); },
                          [&](store::Connection& connection) -> Result<Invoice> {
                            ASSIGN_OR_RETURN(const BillingSettings settings, LoadBillingSettings(connection));
                            return DraftIn(connection, to, month, settings);
                          });
}

Result<Invoice> Invoices::Issue(const BillTo& to, Month month) {
  const std::int64_t now_ms = std::max(clock_.unix_ms(), ledger_.now_ms());
  if (now_ms < month.to_ms() + kIssueAfterMs)
    return Fail(Code::kUnavailable, "{} is not closed: an invoice can be issued an hour after the month's end, UTC",
                month.Text());
  RETURN_IF_ERROR(ledger_.Flush());  // receipts of the month's last minutes
  const auto issue = [&](store::Connection& connection) -> Result<Invoice> {
    ASSIGN_OR_RETURN(
        const store::Rows rows,
        connection.Query("SELECT document, document_sha256 FROM invoice WHERE account_id = ? AND month = ?",
                         {to.account_id, month.Text()}));
    if (!rows.empty()) return ReadInvoice(rows[0]);
    ASSIGN_OR_RETURN(const BillingSettings settings, LoadBillingSettings(connection));
    ASSIGN_OR_RETURN(Invoice invoice, DraftIn(connection, to, month, settings));
    if (invoice.lines.empty()) return Fail(Code::kNotFound, "nothing was used in {}", month.Text());
    invoice.id = RandomId("inv_");
    invoice.issued_ms = now_ms;
    if (to.postpaid) invoice.due_ms = now_ms + settings.due_days * kDayMs;
    ASSIGN_OR_RETURN(invoice.number, NextNumber(connection, settings, "", to.account_id, now_ms));
    const std::string document = InvoiceJson(invoice);
    RETURN_IF_ERROR(connection.Execute(
        "INSERT INTO invoice (id, number, account_id, month, currency, issued_ms, due_ms, payable_micro, document, "
        "document_sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {invoice.id, invoice.number, invoice.account_id, month.Text(), invoice.currency, invoice.issued_ms,
         invoice.due_ms, invoice.payable_micro, document, HexOf(Sha256(document))}));
    return invoice;
  };
  return Through<Invoice>([&](auto work) { return database_.Write(work); }, issue);
}

Result<Invoice> Invoices::Find(std::string_view id) const {
  return Through<Invoice>([&](auto work) { return database_.Read(work); },
                          [&](store::Connection& connection) { return FindIn(connection, id); });
}

Result<std::vector<InvoiceSummary>> Invoices::List(std::string_view account_id, std::string_view before_id,
                                                   std::size_t limit) const {
  std::string sql =
      "SELECT i.id, i.number, i.account_id, i.month, i.currency, i.issued_ms, i.due_ms, i.payable_micro, (SELECT "
      "COALESCE(SUM(c.total_micro), 0) FROM credit_note c WHERE c.invoice_id = i.id) FROM invoice i WHERE 1 = 1";
  std::vector<store::Value> params;
  if (!account_id.empty()) sql += " AND i.account_id = ?", params.push_back(account_id);
  if (!before_id.empty()) {
    sql += " AND (i.issued_ms, i.id) < (SELECT b.issued_ms, b.id FROM invoice b WHERE b.id = ?)";
    params.push_back(before_id);
  }
  sql += " ORDER BY i.issued_ms DESC, i.id DESC LIMIT ?";
  params.push_back(static_cast<std::int64_t>(std::min(limit, kBillListMax)));
  std::vector<InvoiceSummary> list;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows, connection.Query(sql, params));
    for (const store::Row& row : rows) {
      ASSIGN_OR_RETURN(const Month month, Month::Parse(row.Text(3)));
      list.push_back({std::string(row.Text(0)), std::string(row.Text(1)), std::string(row.Text(2)), month,
                      std::string(row.Text(4)), row.Int(5), row.Int(6), row.Int(7), row.Int(8)});
    }
    return {};
  }));
  return list;
}

Result<CreditNote> Invoices::Credit(std::string_view invoice_id, int line, std::int64_t amount_micro,
                                    std::string_view reason, std::string_view idempotency_key) {
  if (reason.empty() || reason.size() > kReasonMax)
    return Fail(Code::kInvalidArgument, "reason: 1 to {} bytes are needed", kReasonMax);
  if (idempotency_key.empty() || idempotency_key.size() > kIdempotencyKeyMax)
    return Fail(Code::kInvalidArgument, "idempotency key: 1 to {} bytes are needed", kIdempotencyKeyMax);
  if (amount_micro <= 0) return Fail(Code::kInvalidArgument, "amount: more than 0 is needed");
  const std::int64_t now_ms = std::max(clock_.unix_ms(), ledger_.now_ms());
  const auto issue = [&](store::Connection& connection) -> Result<CreditNote> {
    ASSIGN_OR_RETURN(const store::Rows same, connection.Query("SELECT document FROM credit_note WHERE "
                                                              "idempotency_key = ?",
                                                              {idempotency_key}));
    if (!same.empty()) {
      ASSIGN_OR_RETURN(CreditNote note, ParseCreditNote(same[0].Text(0)));
      if (note.invoice_id != invoice_id || note.line != line || note.amount_micro != amount_micro)
        return Fail(Code::kAlreadyExists, "the idempotency key was used for credit note {}", note.number);
      return note;
    }
    ASSIGN_OR_RETURN(const Invoice invoice, FindIn(connection, invoice_id));
    if (line < 1 || line > static_cast<int>(invoice.lines.size()))
      return Fail(Code::kInvalidArgument, "line: invoice {} has lines 1 to {}", invoice.number, invoice.lines.size());
    const InvoiceLine& credited = invoice.lines[line - 1];
    ASSIGN_OR_RETURN(const store::Rows sum, connection.Query("SELECT COALESCE(SUM(amount_micro), 0) FROM credit_note "
                                                             "WHERE invoice_id = ? AND line = ?",
                                                             {invoice_id, std::int64_t{line}}));
    const std::int64_t left = credited.amount_micro - sum.at(0).Int(0);
    if (amount_micro > left)
      return Fail(Code::kInvalidArgument, "amount: {} {} are left of line {}", MicroText(left), invoice.currency, line);
    ASSIGN_OR_RETURN(const BillingSettings settings, LoadBillingSettings(connection));
    ASSIGN_OR_RETURN(std::string number, NextNumber(connection, settings, "CN", invoice.account_id, now_ms));
    CreditNote note;
    note.id = RandomId("cn_");
    note.number = std::move(number);
    note.invoice_id = invoice.id;
    note.invoice_number = invoice.number;
    note.account_id = invoice.account_id;
    note.line = line;
    note.workspace_id = credited.workspace_id;
    note.currency = invoice.currency;
    note.amount_micro = amount_micro;
    note.tax_micro = TaxOf(amount_micro, invoice.tax);
    note.total_micro = amount_micro + (invoice.tax.included ? 0 : note.tax_micro);
    note.reason = reason;
    note.issued_ms = now_ms;
    RETURN_IF_ERROR(connection.Execute(
        "INSERT INTO credit_note (id, number, idempotency_key, invoice_id, line, currency, amount_micro, total_micro, "
        "issued_ms, posted, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
        {note.id, note.number, idempotency_key, note.invoice_id, std::int64_t{line}, note.currency, note.amount_micro,
         note.total_micro, note.issued_ms, CreditNoteJson(note)}));
    return note;
  };
  ASSIGN_OR_RETURN(const CreditNote note, Through<CreditNote>([&](auto work) { return database_.Write(work); }, issue));
  RETURN_IF_ERROR(PostNote(note));
  return note;
}

// Issued first, posted then: a process killed between the two posts at its next start (Open), and the ledger takes the
// same key once.
Status Invoices::PostNote(const CreditNote& note) {
  const auto posted = ledger_.Post({.kind = "credit_note",
                                    .idempotency_key = "credit_note:" + note.id,
                                    .currency = note.currency,
                                    .workspace_id = note.workspace_id,
                                    .account_id = note.account_id,
                                    .note = note.number + ": " + note.reason,
                                    .entries = {{"platform:credit_notes", -note.amount_micro},
                                                {"ws:" + note.workspace_id + ":available", note.amount_micro}}});
  RETURN_IF_ERROR(posted);
  return database_.Write([id = note.id](store::Connection& connection) -> Status {
    RETURN_IF_ERROR(connection.Execute("UPDATE credit_note SET posted = 1 WHERE id = ?", {id}));
    return {};
  });
}

Result<CreditNote> Invoices::FindCreditNote(std::string_view id) const {
  return Through<CreditNote>([&](auto work) { return database_.Read(work); },
                             [&](store::Connection& connection) -> Result<CreditNote> {
                               ASSIGN_OR_RETURN(
                                   const store::Rows rows,
                                   connection.Query("SELECT document FROM credit_note WHERE id = ?", {id}));
                               if (rows.empty()) return Fail(Code::kNotFound, "no such credit note");
                               return ParseCreditNote(rows[0].Text(0));
                             });
}

Result<std::vector<CreditNote>> Invoices::CreditNotes(std::string_view invoice_id) const {
  std::vector<CreditNote> notes;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows, connection.Query("SELECT document FROM credit_note WHERE invoice_id = ? "
                                                              "ORDER BY issued_ms, number LIMIT ?",
                                                              {invoice_id, static_cast<std::int64_t>(kBillListMax)}));
    for (const store::Row& row : rows) {
      ASSIGN_OR_RETURN(CreditNote note, ParseCreditNote(row.Text(0)));
      notes.push_back(std::move(note));
    }
    return {};
  }));
  return notes;
}

}  // namespace yun::cloud
