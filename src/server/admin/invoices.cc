// Invoices, credit notes, statements, and the settings that stand on all bills.
#include "cloud/invoice.h"

#include "cloud/directory.h"
#include "cloud/ledger.h"
#include "cloud/statement.h"
#include "server/admin/parts.h"
#include "store/database.h"

namespace yun::server::admin {

namespace json = boost::json;
using cloud::Invoice;
using cloud::Month;
using cloud::Right;

namespace {

const std::vector<std::string_view> kFormats = {"application/json", "text/csv", "application/pdf"};

Field FormatField() { return Text("format", "json when left out").OneOf({"json", "csv", "pdf"}); }
Field MonthField() { return Text("month", "2026-11").Between(7, 7).Like(kMonth); }

const Schema kSummary{
    "InvoiceSummary",
    {Text("id", "").Required(), Text("number", "").Required(), Text("account_id", "").Required(),
     Text("month", "").Required(), Text("currency", "").Required(), Time("issued_ms", "").Required(),
     Time("due_ms", "0: was paid from the balance").Required(), Amount("payable_micro", "").Required(),
     Amount("credited_micro", "by credit notes since").Required()}};
const Schema kIssue{"InvoiceIssue", {MonthField().Required()}};
const Schema kFormatQuery{"FormatQuery", {FormatField()}};
const Schema kPreviewQuery{"PreviewQuery", {MonthField().Required(), FormatField()}};
const Schema kStatementQuery{
    "StatementQuery",
    {Text("from", "the first day, 2026-11-01").Between(10, 10).Required(),
     Text("to", "the day after the last, 2026-12-01").Between(10, 10).Required(), FormatField()}};
const Schema kCredit{
    "CreditNoteCreate",
    {Integer("line", "of the invoice").Between(1, cloud::kInvoiceLinesMax).Required(),
     Amount("amount_micro", "of the line; tax is added as on the invoice").Between(1, kAmountMax).Required(),
     Text("reason", "").Between(1, 200).Required()}};
const Schema kSettings{
    "BillingSettings",
    {Text("seller_name", "").Between(1, 200), Text("seller_address", "lines").Lines(500),
     Text("seller_tax_id", "").Between(0, 100), Text("number_prefix", "letters, digits and '-'").Between(1, 16),
     Boolean("series_per_account", "numbers without gaps for each account, else for all"),
     Boolean("tax_included", "prices hold the tax already"),
     Integer("due_days", "of a postpaid invoice").Between(0, 365), Text("note", "at the foot").Lines(500),
     Text("cost_currency", "of the prices below").Between(3, 3).Like(kCurrency),
     Amount("cpu_hour_micro", "an hour of one CPU, without energy").Between(0, kAmountMax),
     Amount("kwh_micro", "a kilowatt hour").Between(0, kAmountMax),
     Integer("cpu_milliwatts", "drawn for one busy CPU").Between(0, 1'000'000)}};
const Schema kSettingsChange{"BillingSettingsChange", kSettings.fields};

cloud::BillTo BillToOf(const Parts& parts, const cloud::Account& account) {
  cloud::BillTo to;
  to.account_id = account.id;
  to.name = account.name;
  to.address = account.address;
  to.tax_id = account.tax_number;
  to.currency = account.currency;
  to.tax_name = account.tax_name;
  to.tax_ppm = account.tax_ppm;
  to.postpaid = account.billing == cloud::Billing::kPostpaid;
  for (const cloud::Workspace& workspace : parts.directory->Workspaces(account.id))
    to.workspaces.push_back({workspace.id, workspace.name});
  return to;
}

Reply JsonText(std::string text) { return Reply{.body = std::move(text)}; }

Reply File(std::string bytes, std::string_view type, const std::string& name) {
  Reply reply{.body = std::move(bytes), .content_type = std::string(type)};
  reply.headers.emplace_back("content-disposition", "attachment; filename=\"" + name + "\"");
  return reply;
}

Result<Reply> Formatted(const Invoice& invoice, std::string_view format) {
  const std::string name = invoice.number.empty() ? "preview-" + invoice.month.Text() : invoice.number;
  if (format == "csv") return File(cloud::InvoiceCsv(invoice), "text/csv", name + ".csv");
  if (format != "pdf") return JsonText(cloud::InvoiceJson(invoice));
  ASSIGN_OR_RETURN(std::string pdf, cloud::InvoicePdf(invoice));
  return File(std::move(pdf), "application/pdf", name + ".pdf");
}

Result<Reply> Listed(const Parts& parts, const Ask& ask, std::string_view account_id) {
  const auto limit = static_cast<std::size_t>(ask.query.Integer("limit", kPageItems));
  ASSIGN_OR_RETURN(
      std::vector<cloud::InvoiceSummary> invoices,
      parts.invoices->List(account_id, ask.query.Text("cursor"), std::min(limit + 1, cloud::kBillListMax)));
  const bool more = invoices.size() > limit || (limit == cloud::kBillListMax && invoices.size() == limit);
  if (invoices.size() > limit) invoices.resize(limit);
  json::array items;
  for (const cloud::InvoiceSummary& i : invoices)
    items.push_back({{"id", i.id},
                     {"number", i.number},
                     {"account_id", i.account_id},
                     {"month", i.month.Text()},
                     {"currency", i.currency},
                     {"issued_ms", i.issued_ms},
                     {"due_ms", i.due_ms},
                     {"payable_micro", i.payable_micro},
                     {"credited_micro", i.credited_micro}});
  return PageReply(std::move(items), more && !invoices.empty() ? invoices.back().id : "");
}

Result<Reply> ListAll(const Parts& parts, const Ask& ask) { return Listed(parts, ask, ""); }
Result<Reply> List(const Parts& parts, const Ask& ask) { return Listed(parts, ask, ask.account->id); }

Result<Reply> Issue(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const Month month, Month::Parse(ask.body.Text("month")));
  if (parts.ledger->now_ms() < month.to_ms() + cloud::kIssueAfterMs)
    return Fail(Code::kInvalidArgument, "{} is not over yet: see the preview, and issue it an hour after its end.",
                month.Text());
  RETURN_IF_ERROR(parts.ledger->Flush());
  ASSIGN_OR_RETURN(const Invoice invoice, parts.invoices->Issue(BillToOf(parts, *ask.account), month));
  Reply reply = JsonText(cloud::InvoiceJson(invoice));
  reply.target = invoice.id;
  return reply;
}

Result<Reply> Preview(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const Month month, Month::Parse(ask.query.Text("month")));
  RETURN_IF_ERROR(parts.ledger->Flush());
  ASSIGN_OR_RETURN(const Invoice invoice, parts.invoices->Preview(BillToOf(parts, *ask.account), month));
  return Formatted(invoice, ask.query.Text("format", "json"));
}

Result<Invoice> InvoiceOf(const Parts& parts, const Ask& ask) {
  auto invoice = parts.invoices->Find(ask.Path("invoice_id"));
  if (!invoice && invoice.error().code != Code::kNotFound) return invoice;
  if (!invoice || invoice->account_id != ask.account->id) return NoSuch("invoice");
  return invoice;
}

Result<Reply> Show(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const Invoice invoice, InvoiceOf(parts, ask));
  return Formatted(invoice, ask.query.Text("format", "json"));
}

Result<Reply> Credit(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const Invoice invoice, InvoiceOf(parts, ask));
  ASSIGN_OR_RETURN(
      const cloud::CreditNote note,
      parts.invoices->Credit(invoice.id, static_cast<int>(ask.body.Integer("line")), ask.body.Integer("amount_micro"),
                             ask.body.Text("reason"), PostingKey(ask, "credit", invoice.id)));
  Reply reply = JsonText(cloud::CreditNoteJson(note));
  reply.target = note.id;
  return reply;
}

Result<Reply> Credits(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const Invoice invoice, InvoiceOf(parts, ask));
  ASSIGN_OR_RETURN(const std::vector<cloud::CreditNote> notes, parts.invoices->CreditNotes(invoice.id));
  json::array items;
  for (const cloud::CreditNote& note : notes) items.push_back(json::parse(cloud::CreditNoteJson(note)));
  return CountedPage(ask, std::move(items));
}

/// Midnight in UTC of "2026-11-22".
Result<std::int64_t> DayOf(const Values& query, std::string_view field) {
  const std::string text = query.Text(field);
  const auto month = Month::Parse(text.substr(0, 7));
  if (month && text.size() == 10 && text[7] == '-' && text[8] >= '0' && text[8] <= '3' && text[9] >= '0' &&
      text[9] <= '9') {
    const std::int64_t day = month->from_ms() + (10 * (text[8] - '0') + text[9] - '0' - 1) * cloud::kDayMs;
    if (day >= month->from_ms() && day < month->to_ms()) return day;
  }
  return Fail(Code::kInvalidArgument, "Invalid '{}': a day as 2026-11-22 is wanted.", field);
}

Result<Reply> Statement(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const std::int64_t from_ms, DayOf(ask.query, "from"));
  ASSIGN_OR_RETURN(const std::int64_t to_ms, DayOf(ask.query, "to"));
  RETURN_IF_ERROR(parts.ledger->Flush());
  ASSIGN_OR_RETURN(const cloud::Statement statement,
                   cloud::StatementOf(*parts.database, BillToOf(parts, *ask.account), from_ms, to_ms));
  const std::string format = ask.query.Text("format", "json"), name = "statement-" + ask.query.Text("from");
  if (format == "csv") return File(cloud::StatementCsv(statement), "text/csv", name + ".csv");
  if (format != "pdf") return JsonText(cloud::StatementJson(statement));
  cloud::BillingSettings settings;
  RETURN_IF_ERROR(parts.database->Read([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(settings, cloud::LoadBillingSettings(connection));
    return {};
  }));
  ASSIGN_OR_RETURN(std::string pdf, cloud::StatementPdf(statement, settings));
  return File(std::move(pdf), "application/pdf", name + ".pdf");
}

Result<Reply> ShowSettings(const Parts& parts, const Ask&) {
  std::string text;
  RETURN_IF_ERROR(parts.database->Read([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const cloud::BillingSettings settings, cloud::LoadBillingSettings(connection));
    text = cloud::BillingSettingsJson(settings);
    return {};
  }));
  return JsonText(std::move(text));
}

Result<Reply> ChangeSettings(const Parts& parts, const Ask& ask) {
  RETURN_IF_ERROR(parts.database->Write([wish = json::serialize(ask.body.Public())](store::Connection& c) -> Status {
    ASSIGN_OR_RETURN(cloud::BillingSettings settings, cloud::LoadBillingSettings(c));
    RETURN_IF_ERROR(cloud::MergeBillingSettings(wish, settings));
    return cloud::SaveBillingSettings(c, settings);
  }));
  return ShowSettings(parts, ask);
}

}  // namespace

std::vector<Route> InvoiceRoutes() {
  return {
      {"GET", "/invoices", "invoice.list_all", "Invoices of all accounts, the latest first", Whose::kCloud,
       Right::kOperate, ListAll, &PageQuery(), nullptr, &kSummary, true},
      {"GET", "/accounts/{account_id}/invoices", "invoice.list", "An account's invoices, the latest first",
       Whose::kAccount, Right::kSeeMoney, List, &PageQuery(), nullptr, &kSummary, true},
      {"POST", "/accounts/{account_id}/invoices", "invoice.issue",
       "Issues the invoice of a month that is over; the same month again: the same invoice", Whose::kAccount,
       Right::kOperate, Issue, nullptr, &kIssue, nullptr, false, 201},
      {"GET", "/accounts/{account_id}/invoices/preview", "invoice.preview", "The invoice as it would be now",
       Whose::kAccount, Right::kSeeMoney, Preview, &kPreviewQuery, nullptr, nullptr, false, 200, Audit::kHere, false,
       kFormats},
      {"GET", "/accounts/{account_id}/invoices/{invoice_id}", "invoice.show", "One invoice", Whose::kAccount,
       Right::kSeeMoney, Show, &kFormatQuery, nullptr, nullptr, false, 200, Audit::kHere, false, kFormats},
      {"GET", "/accounts/{account_id}/invoices/{invoice_id}/credit-notes", "invoice.credits",
       "What was given back of an invoice", Whose::kAccount, Right::kSeeMoney, Credits, &PageQuery(), nullptr, nullptr,
       true},
      {"POST", "/accounts/{account_id}/invoices/{invoice_id}/credit-notes", "invoice.credit",
       "Gives a line back, in part or whole", Whose::kAccount, Right::kOperate, Credit, nullptr, &kCredit, nullptr,
       false, 201, Audit::kHere, true},
      {"GET", "/accounts/{account_id}/statement", "invoice.statement", "What came in, what was used, what is left",
       Whose::kAccount, Right::kSeeMoney, Statement, &kStatementQuery, nullptr, nullptr, false, 200, Audit::kHere,
       false, kFormats},
      {"GET", "/billing-settings", "billing.show", "What stands on all bills, and what chips cost", Whose::kCloud,
       Right::kOperate, ShowSettings, nullptr, nullptr, &kSettings},
      {"PATCH", "/billing-settings", "billing.change", "Changes what stands on bills from now on", Whose::kCloud,
       Right::kOperate, ChangeSettings, nullptr, &kSettingsChange, &kSettings},
  };
}

}  // namespace yun::server::admin
