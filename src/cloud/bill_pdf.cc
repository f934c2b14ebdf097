// Invoices and statements as PDF: one look, drawn from the top of a page down.
#include <fmt/format.h>

#include <span>

#include "cloud/clock.h"
#include "cloud/invoice.h"
#include "cloud/pdf.h"
#include "cloud/statement.h"

namespace yun::cloud {
namespace {

constexpr double kLeft = kPageMargin, kRight = kPageWidth - kPageMargin, kWidth = kRight - kLeft;
constexpr double kBottom = kPageHeight - kPageMargin - 24;  // below: the page's foot
constexpr double kRowHeight = 14, kGray = 0.45, kRuleGray = 0.75;
using Align = PdfStyle::Align;

struct Column {
  std::string_view title;
  double x, width;
  Align align = Align::kLeft;
};

/// "1,234,567"
std::string Grouped(std::int64_t number) {
  std::string text = fmt::format("{}", number);
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3)
    text.insert(text.begin() + at, ',');
  return text;
}

/// A document with a cursor, a foot on each page, and a table whose head is repeated.
class Sheet {
 public:
  static Result<Sheet> Create(std::string_view title, std::string foot, std::int64_t created_ms) {
    ASSIGN_OR_RETURN(auto document, PdfDocument::Create(title, created_ms));
    return Sheet(std::move(document), std::move(foot));
  }

  /// Two blocks side by side, the left one wide; the cursor goes below both.
  void Head(const Party& from, std::string_view title, std::span<const std::pair<std::string, std::string>> facts) {
    double left = y_, right = y_;
    left += pdf_->Text(kLeft, left, from.name, {.size = 14, .width = kWidth * 0.55}) + 2;
    left += Small(kLeft, left, from.address, kWidth * 0.55);
    left += Small(kLeft, left, from.tax_id.empty() ? "" : "Tax number " + from.tax_id, kWidth * 0.55);
    const double x = kLeft + kWidth * 0.6, width = kWidth * 0.4;
    right += pdf_->Text(x, right, title, {.size = 20, .align = Align::kRight, .width = width}) + 6;
    for (const auto& [name, value] : facts) {
      pdf_->Text(x, right, name, {.gray = kGray});
      right += pdf_->Text(x, right, value, {.align = Align::kRight, .width = width}) + 1;
    }
    y_ = std::max(left, right) + 18;
  }

  void To(const Party& to) {
    y_ += pdf_->Text(kLeft, y_, "Billed to", {.gray = kGray}) + 1;
    y_ += pdf_->Text(kLeft, y_, to.name, {.size = 11, .width = kWidth}) + 1;
    y_ += Small(kLeft, y_, to.address, kWidth);
    y_ += Small(kLeft, y_, to.tax_id.empty() ? "" : "Tax number " + to.tax_id, kWidth);
    y_ += 16;
  }

  Status Table(std::span<const Column> columns) {
    columns_ = columns;
    RETURN_IF_ERROR(Need(3 * kRowHeight));
    TableHead();
    return {};
  }

  Status Row(std::initializer_list<std::string_view> cells, double gray = 0) {
    RETURN_IF_ERROR(Need(kRowHeight));
    const Column* column = columns_.data();
    for (const std::string_view cell : cells) {
      if (!cell.empty())
        pdf_->Text(column->x, y_, cell, {.align = column->align, .gray = gray, .width = column->width, .cut = true});
      ++column;
    }
    y_ += kRowHeight;
    return {};
  }

  /// A heading within the table, with an amount at the right.
  Status Group(std::string_view name, std::string_view amount) {
    RETURN_IF_ERROR(Need(2 * kRowHeight + 4));
    y_ += 4;
    pdf_->Text(kLeft, y_, name, {.size = 10, .width = kWidth * 0.7, .cut = true});
    pdf_->Text(kLeft, y_, amount, {.size = 10, .align = Align::kRight, .width = kWidth});
    y_ += kRowHeight + 2;
    return {};
  }

  Status Sums(std::span<const std::pair<std::string, std::string>> sums, std::string_view name,
              std::string_view amount) {
    columns_ = {};  // the head is not repeated over sums
    RETURN_IF_ERROR(Need((sums.size() + 3) * kRowHeight));
    y_ += 4;
    pdf_->Rule(kLeft, y_, kWidth, 0.6, kRuleGray);
    y_ += 6;
    for (const auto& [what, value] : sums) {
      pdf_->Text(kLeft, y_, what, {.align = Align::kRight, .gray = kGray, .width = kWidth - 140});
      pdf_->Text(kRight - 130, y_, value, {.align = Align::kRight, .width = 130});
      y_ += kRowHeight;
    }
    y_ += 2;
    pdf_->Text(kLeft, y_, name, {.size = 12, .align = Align::kRight, .width = kWidth - 140});
    pdf_->Text(kRight - 130, y_, amount, {.size = 12, .align = Align::kRight, .width = 130});
    y_ += 26;
    return {};
  }

  Status Note(std::string_view text) {
    if (text.empty()) return {};
    RETURN_IF_ERROR(Need(3 * kRowHeight));
    y_ += Small(kLeft, y_, text, kWidth) + 6;
    return {};
  }

  Result<std::string> Finish() {
    Foot();
    return pdf_->Finish();
  }

 private:
  Sheet(std::unique_ptr<PdfDocument> pdf, std::string foot) : pdf_(std::move(pdf)), foot_(std::move(foot)) {}

  double Small(double x, double y, std::string_view text, double width) {
    return text.empty() ? 0 : pdf_->Text(x, y, text, {.size = 8, .gray = kGray, .width = width}) + 1;
  }

  void TableHead() {
    for (const Column& column : columns_)
      pdf_->Text(column.x, y_, column.title, {.size = 8, .align = column.align, .gray = kGray, .width = column.width});
    y_ += kRowHeight - 1;
    pdf_->Rule(kLeft, y_, kWidth, 0.6, kRuleGray);
    y_ += 4;
  }

  void Foot() {
    const double y = kPageHeight - kPageMargin;
    pdf_->Text(kLeft, y, foot_, {.size = 8, .gray = kGray, .width = kWidth * 0.8, .cut = true});
    pdf_->Text(kLeft, y, fmt::format("Page {}", pdf_->pages()),
               {.size = 8, .align = Align::kRight, .gray = kGray, .width = kWidth});
  }

  Status Need(double height) {
    if (y_ + height <= kBottom) return {};
    Foot();
    RETURN_IF_ERROR(pdf_->NewPage());
    y_ = kPageMargin;
    TableHead();
    return {};
  }

  std::unique_ptr<PdfDocument> pdf_;
  std::string foot_;
  std::span<const Column> columns_;
  double y_ = kPageMargin;
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string Percent(std::int64_t ppm) {
  std::string text = fmt::format("{}.{:04}", ppm / 10'000, ppm % 10'000);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " %";
}

constexpr Column kInvoiceColumns[] = {{"#", kLeft, 28},
                                      {"Model", kLeft + 30, 226},
                                      {"Kind", kLeft + 262, 72},
                                      {"Units", kLeft + 310, 90, Align::kRight},
                                      {"Amount", kRight - 104, 104, Align::kRight}};
constexpr Column kStatementColumns[] = {{"Date", kLeft, 60},
                                        {"Kind", kLeft + 64, 80},
                                        {"Text", kLeft + 148, 160},
                                        {"Amount", kLeft + 312, 90, Align::kRight},
                                        {"Balance", kRight - 92, 92, Align::kRight}};

}  // namespace

Result<std::string> InvoicePdf(const Invoice& invoice) {
  const bool preview = invoice.number.empty();
  const std::string title = preview ? "Preview" : "Invoice";
  ASSIGN_OR_RETURN(Sheet sheet, Sheet::Create(preview ? title : "Invoice " + invoice.number,
                                              fmt::format("{} · {} · {}", preview ? title : invoice.number,
                                                          invoice.buyer.name, invoice.month.Text()),
                                              invoice.issued_ms));
  Pairs facts;
  if (!preview) facts = {{"Number", invoice.number}, {"Date", DateText(invoice.issued_ms)}};
  facts.emplace_back("From", DateText(invoice.month.from_ms()));
  facts.emplace_back("To", DateText(invoice.month.to_ms() - 1) + " UTC");
  facts.emplace_back("Currency", invoice.currency);
  sheet.Head(invoice.seller, title, facts);
  sheet.To(invoice.buyer);

  RETURN_IF_ERROR(sheet.Table(kInvoiceColumns));
  for (std::size_t i = 0; i < invoice.lines.size(); ++i) {
    const InvoiceLine& line = invoice.lines[i];
    if (i == 0 || invoice.lines[i - 1].workspace_id != line.workspace_id) {
      std::int64_t sum = 0;
      for (std::size_t j = i; j < invoice.lines.size() && invoice.lines[j].workspace_id == line.workspace_id; ++j)
        sum += invoice.lines[j].amount_micro;
      RETURN_IF_ERROR(sheet.Group(line.workspace_name, MicroText(sum)));
    }
    RETURN_IF_ERROR(sheet.Row({std::to_string(line.number), line.model, KindName(line.kind), Grouped(line.units),
                               MicroText(line.amount_micro)}));
  }

  Pairs sums = {{"Charges", MicroText(invoice.charges_micro)}};
  if (!invoice.tax.name.empty())
    sums.emplace_back(
        fmt::format("{}{} {}", invoice.tax.included ? "including " : "", invoice.tax.name, Percent(invoice.tax.ppm)),
        MicroText(invoice.tax_micro));
  sums.emplace_back("Total", MicroText(invoice.total_micro));
  sums.emplace_back("Rounding", MicroText(invoice.rounding_micro));
  RETURN_IF_ERROR(sheet.Sums(sums, (invoice.due_ms == 0 ? "Paid " : "Payable ") + invoice.currency,
                             MoneyText(invoice.payable_micro, invoice.currency)));
  if (!preview)
    RETURN_IF_ERROR(sheet.Note(invoice.due_ms == 0 ? "Paid from the prepaid balance."
                                                   : fmt::format("Payable by {}.", DateText(invoice.due_ms))));
  RETURN_IF_ERROR(sheet.Note(fmt::format(
      "Charges are exact to 0.000001 {0}. Only the last sum is rounded, to the smallest coin, half away from zero; the "
      "difference is stated as rounding.",
      invoice.currency)));
  RETURN_IF_ERROR(sheet.Note(invoice.note));
  return sheet.Finish();
}

Result<std::string> StatementPdf(const Statement& statement, const BillingSettings& settings) {
  const std::string time = fmt::format("{} to {}", DateText(statement.from_ms), DateText(statement.to_ms - 1));
  ASSIGN_OR_RETURN(Sheet sheet,
                   Sheet::Create("Statement " + time, fmt::format("{} · {}", statement.name, time), statement.to_ms));
  const Pairs facts = {{"From", DateText(statement.from_ms)},
                       {"To", DateText(statement.to_ms - 1) + " UTC"},
                       {"Currency", statement.currency}};
  sheet.Head({settings.seller_name, settings.seller_address, settings.seller_tax_id}, "Statement", facts);
  sheet.To({statement.name, "", ""});
  RETURN_IF_ERROR(sheet.Table(kStatementColumns));
  RETURN_IF_ERROR(sheet.Row({DateText(statement.from_ms), "opening", "", "", MicroText(statement.opening_micro)}));
  for (const StatementLine& line : statement.lines)
    RETURN_IF_ERROR(sheet.Row(
        {DateText(line.at_ms), line.kind, line.text, MicroText(line.amount_micro), MicroText(line.balance_micro)}));
  const Pairs sums = {{"Opening balance", MicroText(statement.opening_micro)},
                      {"Top-ups", MicroText(statement.top_ups_micro)},
                      {"Charges", MicroText(-statement.charges_micro)},
                      {"Credits", MicroText(statement.credits_micro)},
                      {"Other", MicroText(statement.other_micro)}};
  RETURN_IF_ERROR(sheet.Sums(sums, "Closing balance", MicroText(statement.closing_micro)));
  return sheet.Finish();
}

}  // namespace yun::cloud
