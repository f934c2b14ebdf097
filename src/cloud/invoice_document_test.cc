#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "base/file.h"
#include "cloud/invoice.h"
#include "cloud/statement.h"

namespace yun::cloud {
namespace {

Invoice Example() {
  Invoice invoice;
  invoice.id = "inv_1";
  invoice.number = "INV-2026-000042";
  invoice.account_id = "acc_1";
  invoice.month = {2026, 11};
  invoice.issued_ms = 1'796'083'200'000;  // 2026-12-01
  invoice.seller = {"云上智算（北京）有限公司", "北京市海淀区\nBeijing", "911101"};
  invoice.buyer = {"Müller & Söhne \"GmbH\"", "Hauptstraße 1\n10115 Berlin", "DE123"};
  invoice.currency = "CNY";
  invoice.tax = {"VAT", 60'000, true};
  invoice.lines = {{1, "ws_1", "=研发部", "qwen3-4b", Kind::kInput, 1'234'567, 370'370},
                   {2, "ws_1", "=研发部", "qwen3-4b", Kind::kOutput, 89, 53},
                   {3, "ws_2", "Tests, all", "qwen3-0.6b", Kind::kEmbedding, 10, 12'345'000'000}};
  invoice.charges_micro = 12'345'370'423;
  invoice.tax_micro = TaxOf(invoice.charges_micro, invoice.tax);
  invoice.total_micro = invoice.charges_micro;
  invoice.payable_micro = Payable(invoice.total_micro, "CNY");
  invoice.rounding_micro = invoice.payable_micro - invoice.total_micro;
  invoice.note = "谢谢";
  return invoice;
}

TEST(InvoiceDocument, JsonIsAsItWas) {
  EXPECT_EQ(
      InvoiceJson(Example()),
      R"({"id":"inv_1","number":"INV-2026-000042","account_id":"acc_1","month":"2026-11","issued_ms":1796083200000,)"
      R"("due_ms":0,"seller":{"name":"云上智算（北京）有限公司","address":"北京市海淀区\nBeijing","tax_id":"911101"},)"
      R"("buyer":{"name":"Müller & Söhne \"GmbH\"","address":"Hauptstraße 1\n10115 Berlin","tax_id":"DE123"},)"
      R"("currency":"CNY","tax":{"name":"VAT","ppm":60000,"included":true},"lines":[)"
      R"({"number":1,"workspace_id":"ws_1","workspace":"=研发部","model":"qwen3-4b","kind":"input","units":1234567,)"
      R"("amount_micro":370370},)"
      R"({"number":2,"workspace_id":"ws_1","workspace":"=研发部","model":"qwen3-4b","kind":"output","units":89,)"
      R"("amount_micro":53},)"
      R"({"number":3,"workspace_id":"ws_2","workspace":"Tests, all","model":"qwen3-0.6b","kind":"embedding",)"
      R"("units":10,"amount_micro":12345000000}],)"
      R"("charges_micro":12345370423,"tax_micro":698794552,"total_micro":12345370423,"rounding_micro":-423,)"
      R"("payable_micro":12345370000,"payable":"12345.37","note":"谢谢"})");
}

TEST(InvoiceDocument, JsonIsReadBack) {
  const auto read = ParseInvoice(InvoiceJson(Example()));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, Example());
  for (const std::string wrong : {"", "[]", "{}", "{\"id\": 1}", InvoiceJson(Example()).substr(1).c_str()})
    EXPECT_FALSE(ParseInvoice(wrong)) << wrong;
}

TEST(InvoiceDocument, CsvIsAsItWas) {
  EXPECT_EQ(InvoiceCsv(Example()),
            "invoice,month,line,workspace_id,workspace,model,kind,units,amount,currency\r\n"
            "INV-2026-000042,2026-11,1,ws_1,\"'=研发部\",qwen3-4b,input,1234567,0.370370,CNY\r\n"
            "INV-2026-000042,2026-11,2,ws_1,\"'=研发部\",qwen3-4b,output,89,0.000053,CNY\r\n"
            "INV-2026-000042,2026-11,3,ws_2,\"Tests, all\",qwen3-0.6b,embedding,10,12345.000000,CNY\r\n"
            "INV-2026-000042,2026-11,,,,,charges,,12345.370423,CNY\r\n"
            "INV-2026-000042,2026-11,,,,,tax included,,698.794552,CNY\r\n"
            "INV-2026-000042,2026-11,,,,,total,,12345.370423,CNY\r\n"
            "INV-2026-000042,2026-11,,,,,rounding,,-0.000423,CNY\r\n"
            "INV-2026-000042,2026-11,,,,,payable,,12345.37,CNY\r\n");
}

/// The text of a PDF, in the order of reading, runs of spaces made one; nothing where pdftotext is not installed.
std::optional<std::string> TextOf(const std::string& pdf) {
  if (std::system("command -v pdftotext >/dev/null 2>&1") != 0) return {};
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("yun_invoice_" + std::to_string(::getpid()) + ".pdf");
  EXPECT_TRUE(WriteFileAtomic(path, pdf));
  std::FILE* pipe = ::popen(("pdftotext -layout '" + path.string() + "' -").c_str(), "r");
  std::string text;
  for (int c; (c = std::fgetc(pipe)) != EOF;)
    if (!((c == ' ' || c == '\n') && !text.empty() && text.back() == c)) {
      if (c == '\n' && !text.empty() && text.back() == ' ') text.pop_back();
      text += static_cast<char>(c);
    }
  EXPECT_EQ(::pclose(pipe), 0);
  std::filesystem::remove(path);
  return text;
}

bool HasChineseFont() { return std::system("fc-list :lang=zh-cn file 2>/dev/null | grep -q .") == 0; }

TEST(InvoiceDocument, PdfHoldsWhatTheInvoiceSays) {
  const auto pdf = InvoicePdf(Example());
  ASSERT_TRUE(pdf) << pdf.error().message;
  EXPECT_EQ(pdf->substr(0, 5), "%PDF-");
  EXPECT_EQ(*InvoicePdf(Example()), *pdf);  // the same bytes
  const std::optional<std::string> text = TextOf(*pdf);
  if (!text) GTEST_SKIP() << "no pdftotext is installed: scripts/setup --tests";
  for (const char* part :
       {"Invoice", "INV-2026-000042", "2026-12-01", "2026-11-01", "2026-11-30 UTC", "Müller & Söhne \"GmbH\"",
        "1 qwen3-4b input 1,234,567 0.370370", "2 qwen3-4b output 89 0.000053", "Tests, all 12345.000000",
        "Charges 12345.370423", "including VAT 6 % 698.794552", "Rounding -0.000423", "Paid CNY 12345.37",
        "Paid from the prepaid balance.", "INV-2026-000042 ·", "Page 1"})
    EXPECT_NE(text->find(part), std::string::npos) << part << " is not in\n" << *text;
  if (!HasChineseFont()) GTEST_SKIP() << "no Chinese font is installed: scripts/setup";
  for (const char* part : {"云上智算（北京）有限公司", "北京市海淀区", "=研发部 0.370423", "谢谢"})
    EXPECT_NE(text->find(part), std::string::npos) << part << " is not in\n" << *text;
}

TEST(InvoiceDocument, PdfGoesOnOverPages) {
  Invoice invoice = Example();
  invoice.due_ms = invoice.issued_ms;
  while (invoice.lines.size() < 150) {
    invoice.lines.push_back(invoice.lines.back());
    invoice.lines.back().number = static_cast<int>(invoice.lines.size());
  }
  const auto pdf = InvoicePdf(invoice);
  ASSERT_TRUE(pdf);
  const std::optional<std::string> text = TextOf(*pdf);
  if (!text) GTEST_SKIP() << "no pdftotext is installed: scripts/setup --tests";
  for (const char* part : {"\n150 qwen3-0.6b", "Page 1", "Page 3", "Payable by 2026-12-01.", "Payable CNY"})
    EXPECT_NE(text->find(part), std::string::npos) << part;
}

TEST(InvoiceDocument, StatementsAreWritten) {
  const Statement statement{.account_id = "acc_1",
                            .name = "某公司",
                            .currency = "CNY",
                            .from_ms = 1'793'491'200'000,
                            .to_ms = 1'796'083'200'000,
                            .opening_micro = 1'000'000,
                            .top_ups_micro = 5'000'000,
                            .charges_micro = 7,
                            .closing_micro = 5'999'993,
                            .lines = {{1'793'491'200'000, "ws_1", "top_up", "+by bank", 5'000'000, 6'000'000},
                                      {1'793'577'599'999, "ws_1", "charge", "usage of A", -7, 5'999'993}}};
  EXPECT_EQ(StatementCsv(statement),
            "date,workspace_id,kind,text,amount,balance,currency\r\n"
            "2026-11-01,,opening,,0.000000,1.000000,CNY\r\n"
            "2026-11-01,ws_1,top_up,\"'+by bank\",5.000000,6.000000,CNY\r\n"
            "2026-11-01,ws_1,charge,usage of A,-0.000007,5.999993,CNY\r\n"
            "2026-11-30,,closing,,0.000000,5.999993,CNY\r\n");
  const auto pdf = StatementPdf(statement, {});
  ASSERT_TRUE(pdf);
  const std::optional<std::string> text = TextOf(*pdf);
  if (!text) GTEST_SKIP() << "no pdftotext is installed: scripts/setup --tests";
  for (const char* part : {"Statement", "2026-11-01 charge usage of A -0.000007 5.999993", "Closing balance 5.999993"})
    EXPECT_NE(text->find(part), std::string::npos) << part << " is not in\n" << *text;
}

}  // namespace
}  // namespace yun::cloud
