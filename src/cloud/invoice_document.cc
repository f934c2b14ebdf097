// Invoices and credit notes as JSON and CSV.
#include <boost/json.hpp>

#include "cloud/csv.h"
#include "cloud/invoice.h"
#include "cloud/json_fields.h"

namespace yun::cloud {
namespace {

namespace json = boost::json;

json::object PartyJson(const Party& party) {
  return {{"name", party.name}, {"address", party.address}, {"tax_id", party.tax_id}};
}

Party ReadParty(JsonFields fields) { return {fields.Text("name"), fields.Text("address"), fields.Text("tax_id")}; }

}  // namespace

std::string InvoiceJson(const Invoice& invoice) {
  json::array lines;
  for (const InvoiceLine& line : invoice.lines)
    lines.push_back(json::object{{"number", line.number},
                                 {"workspace_id", line.workspace_id},
                                 {"workspace", line.workspace_name},
                                 {"model", line.model},
                                 {"kind", KindName(line.kind)},
                                 {"units", line.units},
                                 {"amount_micro", line.amount_micro}});
  return json::serialize(json::object{
      {"id", invoice.id},
      {"number", invoice.number},
      {"account_id", invoice.account_id},
      {"month", invoice.month.Text()},
      {"issued_ms", invoice.issued_ms},
      {"due_ms", invoice.due_ms},
      {"seller", PartyJson(invoice.seller)},
      {"buyer", PartyJson(invoice.buyer)},
      {"currency", invoice.currency},
      {"tax", json::object{{"name", invoice.tax.name}, {"ppm", invoice.tax.ppm}, {"included", invoice.tax.included}}},
      {"lines", std::move(lines)},
      {"charges_micro", invoice.charges_micro},
      {"tax_micro", invoice.tax_micro},
      {"total_micro", invoice.total_micro},
      {"rounding_micro", invoice.rounding_micro},
      {"payable_micro", invoice.payable_micro},
      {"payable", MoneyText(invoice.payable_micro, invoice.currency)},
      {"note", invoice.note}});
}

Result<Invoice> ParseInvoice(std::string_view text) {
  json::error_code ec;
  const json::value value = json::parse(text, ec);
  if (ec) return Fail(Code::kCorrupt, "an invoice is not valid JSON");
  bool good = true;
  JsonFields fields(value, good);
  Invoice invoice;
  invoice.id = fields.Text("id");
  invoice.number = fields.Text("number");
  invoice.account_id = fields.Text("account_id");
  if (auto month = Month::Parse(fields.Text("month")))
    invoice.month = *month;
  else
    good = false;
  invoice.issued_ms = fields.Integer("issued_ms");
  invoice.due_ms = fields.Integer("due_ms");
  invoice.seller = ReadParty(fields.Object("seller"));
  invoice.buyer = ReadParty(fields.Object("buyer"));
  invoice.currency = fields.Text("currency");
  JsonFields tax = fields.Object("tax");
  invoice.tax = {tax.Text("name"), tax.Integer("ppm"), tax.Boolean("included")};
  if (const json::array* lines = fields.Array("lines"); lines && lines->size() <= kInvoiceLinesMax)
    for (const json::value& item : *lines) {
      JsonFields line(item, good);
      const std::optional<Kind> kind = KindOfName(line.Text("kind"));
      if (!kind) good = false;
      invoice.lines.push_back({static_cast<int>(invoice.lines.size()) + 1, line.Text("workspace_id"),
                               line.Text("workspace"), line.Text("model"), kind.value_or(Kind::kInput),
                               line.Integer("units"), line.Integer("amount_micro")});
      if (line.Integer("number") != invoice.lines.back().number) good = false;
    }
  else
    good = false;
  invoice.charges_micro = fields.Integer("charges_micro");
  invoice.tax_micro = fields.Integer("tax_micro");
  invoice.total_micro = fields.Integer("total_micro");
  invoice.rounding_micro = fields.Integer("rounding_micro");
  invoice.payable_micro = fields.Integer("payable_micro");
  invoice.note = fields.Text("note");
  if (!good) return Fail(Code::kCorrupt, "an invoice lacks fields, or has wrong ones");
  return invoice;
}

std::string InvoiceSummaryJson(const InvoiceSummary& summary) {
  return json::serialize(json::object{{"id", summary.id},
                                      {"number", summary.number},
                                      {"account_id", summary.account_id},
                                      {"month", summary.month.Text()},
                                      {"currency", summary.currency},
                                      {"issued_ms", summary.issued_ms},
                                      {"due_ms", summary.due_ms},
                                      {"payable_micro", summary.payable_micro},
                                      {"payable", MoneyText(summary.payable_micro, summary.currency)},
                                      {"credited_micro", summary.credited_micro}});
}

std::string CreditNoteJson(const CreditNote& note) {
  return json::serialize(json::object{{"id", note.id},
                                      {"number", note.number},
                                      {"invoice_id", note.invoice_id},
                                      {"invoice_number", note.invoice_number},
                                      {"account_id", note.account_id},
                                      {"line", note.line},
                                      {"workspace_id", note.workspace_id},
                                      {"currency", note.currency},
                                      {"amount_micro", note.amount_micro},
                                      {"tax_micro", note.tax_micro},
                                      {"total_micro", note.total_micro},
                                      {"reason", note.reason},
                                      {"issued_ms", note.issued_ms}});
}

Result<CreditNote> ParseCreditNote(std::string_view text) {
  json::error_code ec;
  const json::value value = json::parse(text, ec);
  bool good = !ec;
  JsonFields fields(value, good);
  CreditNote note{fields.Text("id"),
                  fields.Text("number"),
                  fields.Text("invoice_id"),
                  fields.Text("invoice_number"),
                  fields.Text("account_id"),
                  static_cast<int>(fields.Integer("line")),
                  fields.Text("workspace_id"),
                  fields.Text("currency"),
                  fields.Integer("amount_micro"),
                  fields.Integer("tax_micro"),
                  fields.Integer("total_micro"),
                  fields.Text("reason"),
                  fields.Integer("issued_ms")};
  if (!good) return Fail(Code::kCorrupt, "a credit note lacks fields, or has wrong ones");
  return note;
}

std::string InvoiceCsv(const Invoice& invoice) {
  CsvWriter csv;
  for (const char* name :
       {"invoice", "month", "line", "workspace_id", "workspace", "model", "kind", "units", "amount", "currency"})
    csv.Text(name);
  csv.EndRow();
  const auto begin = [&](std::string_view line) -> CsvWriter& {
    return csv.Text(invoice.number).Text(invoice.month.Text()).Text(line);
  };
  for (const InvoiceLine& line : invoice.lines)
    begin(std::to_string(line.number))
        .Text(line.workspace_id)
        .Text(line.workspace_name)
        .Text(line.model)
        .Text(KindName(line.kind))
        .Number(line.units)
        .Number(MicroText(line.amount_micro))
        .Text(invoice.currency)
        .EndRow();
  const auto sum = [&](std::string_view what, std::string_view amount) {
    begin("").Text("").Text("").Text("").Text(what).Text("").Number(amount).Text(invoice.currency).EndRow();
  };
  sum("charges", MicroText(invoice.charges_micro));
  if (!invoice.tax.name.empty()) sum(invoice.tax.included ? "tax included" : "tax", MicroText(invoice.tax_micro));
  sum("total", MicroText(invoice.total_micro));
  sum("rounding", MicroText(invoice.rounding_micro));
  sum("payable", MoneyText(invoice.payable_micro, invoice.currency));
  return csv.text();
}

}  // namespace yun::cloud
