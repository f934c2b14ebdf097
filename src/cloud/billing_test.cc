// Invoices, credit notes, statements, revenue and partners on both databases, over a ledger that only posts.
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <random>

#include "cloud/billing_test.h"
#include "cloud/charge_sums.h"
#include "cloud/clock.h"
#include "cloud/invoice.h"
#include "cloud/ledger.h"
#include "cloud/number_series.h"
#include "cloud/partner.h"
#include "cloud/revenue.h"
#include "cloud/rollup_writer.h"
#include "cloud/statement.h"
#include "store/database.h"
#include "store/test_database.h"

namespace yun::cloud {
namespace {

using store::Connection;

constexpr Month kNovember{2026, 11};

#define ASSERT_GOOD(expr)                                    \
  do {                                                       \
    const auto& good_ = (expr);                              \
    ASSERT_TRUE(good_.has_value()) << good_.error().message; \
  } while (false)

/// Posts at once; requests end by Charge. `broken` stands for a process that is killed before it posts.
class PostingLedger final : public Ledger {
 public:
  PostingLedger(store::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  bool broken = false;

  Result<std::int64_t> Post(const Posting& posting) override {
    if (broken) return Fail(Code::kUnavailable, "broken");
    std::int64_t id = 0;
    RETURN_IF_ERROR(database_.Write([&](Connection& connection) -> Status {
      ASSIGN_OR_RETURN(
          const store::Rows same,
          connection.Query("SELECT id FROM ledger_transaction WHERE idempotency_key = ?", {posting.idempotency_key}));
      if (!same.empty()) {
        id = same[0].Int(0);
        return {};
      }
      ASSIGN_OR_RETURN(id, Insert(connection, posting, clock_.unix_ms()));
      return {};
    }));
    return id;
  }

  /// A request that has ended, as settling leaves it in the database.
  Status Charge(const Receipt& receipt) {
    return database_.Write([&](Connection& connection) -> Status {
      RollupWriter rollups;
      rollups.Add(receipt);
      RETURN_IF_ERROR(rollups.Write(connection));
      ChargeSums sums;
      sums.Add(receipt.workspace_id, receipt.model, receipt.currency, receipt.ended_ms, receipt.lines);
      RETURN_IF_ERROR(sums.Write(connection));
      Posting posting{.kind = "settle",
                      .idempotency_key = receipt.id,
                      .currency = receipt.currency,
                      .workspace_id = receipt.workspace_id,
                      .account_id = receipt.account_id,
                      .note = "",
                      .entries = {{"ws:" + receipt.workspace_id + ":available", -receipt.amount_micro},
                                  {"platform:revenue", receipt.amount_micro - receipt.partner_micro}}};
      if (!receipt.partner_id.empty())
        posting.entries.push_back({"partner:" + receipt.partner_id + ":payable", receipt.partner_micro});
      RETURN_IF_ERROR(Insert(connection, posting, receipt.ended_ms));
      return {};
    });
  }

  std::int64_t Sum(const std::string& account) {
    std::int64_t sum = 0;
    EXPECT_TRUE(database_.Read([&](Connection& connection) -> Status {
      ASSIGN_OR_RETURN(
          const store::Rows rows,
          connection.Query("SELECT COALESCE(SUM(amount_micro), 0) FROM ledger_entry WHERE account = ?", {account}));
      sum = rows.at(0).Int(0);
      return {};
    }));
    return sum;
  }

  Status Flush() override { return {}; }
  std::int64_t now_ms() const override { return clock_.unix_ms(); }

  ReserveResult Reserve(const ReserveRequest&) override { return Not(); }
  Receipt Settle(const std::shared_ptr<Reservation>&, EndReason, std::function<void()>) override { return {}; }
  void Release(const std::shared_ptr<Reservation>&) override {}
  Result<Receipt> FindReceipt(std::string_view) const override { return Not(); }
  Result<std::vector<Receipt>> ListReceipts(const ReceiptQuery&) const override { return Not(); }
  Balance BalanceOf(std::string_view) const override { return {}; }
  Status LoadPrices(std::string_view, std::string_view) override { return Not(); }
  std::shared_ptr<const PriceBook> prices() const override { return nullptr; }
  Result<std::vector<PriceVersion>> PriceVersions() const override { return Not(); }
  Result<std::string> PriceText(std::string_view) const override { return Not(); }
  std::int64_t FreeLeft(std::string_view, std::string_view) const override { return 0; }
  Result<Budget> CreateBudget(Budget) override { return Not(); }
  Status UpdateBudget(const Budget&) override { return Not(); }
  Status DeleteBudget(std::string_view, std::string_view) override { return Not(); }
  std::vector<BudgetState> Budgets(std::string_view) const override { return {}; }
  Result<std::vector<BudgetAlert>> Alerts(std::string_view, std::size_t) const override { return Not(); }
  Result<Reconciliation> Reconcile(bool) override { return Not(); }
  store::QueueStats queue() const override { return {}; }

 private:
  static tl::unexpected<Error> Not() { return Fail(Code::kUnsupported, "not in this test"); }

  Result<std::int64_t> Insert(Connection& connection, const Posting& posting, std::int64_t at_ms) {
    const std::int64_t id = ++last_id_;
    RETURN_IF_ERROR(
        connection.Execute("INSERT INTO ledger_transaction (id, kind, idempotency_key, receipt_id, "
                           "workspace_id, created_ms, note) VALUES (?, ?, ?, '', ?, ?, ?)",
                           {id, posting.kind, posting.idempotency_key, posting.workspace_id, at_ms, posting.note}));
    std::int64_t line = 0, sum = 0;
    for (const Entry& entry : posting.entries) {
      sum += entry.amount_micro;
      RETURN_IF_ERROR(
          connection.Execute("INSERT INTO ledger_entry (transaction_id, line, account, amount_micro, "
                             "currency) VALUES (?, ?, ?, ?, ?)",
                             {id, ++line, entry.account, entry.amount_micro, posting.currency}));
      RETURN_IF_ERROR(connection.Execute(
          "INSERT INTO ledger_balance (account, currency, amount_micro, workspace_id, "
          "account_id) VALUES (?, ?, ?, ?, ?) ON CONFLICT (account, currency) DO UPDATE "
          "SET amount_micro = ledger_balance.amount_micro + excluded.amount_micro",
          {entry.account, posting.currency, entry.amount_micro, posting.workspace_id, posting.account_id}));
    }
    EXPECT_EQ(sum, 0);
    return id;
  }

  store::Database& database_;
  const Clock& clock_;
  std::int64_t last_id_ = 0;
};

class Billing : public store::OnEachDatabase {
 protected:
  void SetUp() override {
    OnEachDatabase::SetUp();
    if (IsSkipped()) return;
    db_ = Must(store::Database::Open(url()));
    clock_.SetUnix(kNovember.from_ms());
    ledger_ = std::make_unique<PostingLedger>(*db_, clock_);
    invoices_ = Must(Invoices::Open(*db_, *ledger_, clock_));
  }

  /// One kind and amount, or several.
  Receipt Use(const std::string& workspace, const std::string& model, std::int64_t at_ms,
              std::vector<ChargeLine> lines) {
    Receipt receipt;
    receipt.id = "rcp_" + std::to_string(++receipts_);
    receipt.workspace_id = workspace;
    receipt.account_id = "acc_1";
    receipt.key_id = "key_1";
    receipt.model = model;
    receipt.ended_ms = at_ms;
    receipt.currency = "CNY";
    for (const ChargeLine& line : lines) {
      receipt.units[line.kind] += line.units;
      receipt.amount_micro += line.amount_micro;
    }
    receipt.lines = std::move(lines);
    return receipt;
  }
  static ChargeLine Line(Kind kind, std::int64_t units, std::int64_t amount_micro) {
    return {.kind = kind, .units = units, .amount_micro = amount_micro};
  }

  void Set(const BillingSettings& settings) {
    ASSERT_GOOD(db_->Write([&](Connection& connection) { return SaveBillingSettings(connection, settings); }));
  }

  static BillTo Customer() {
    BillTo to = CustomerOf("北京某公司", {{"ws_b", "Beta"}, {"ws_a", "Alpha"}});
    to.tax_name = "VAT";
    to.tax_ppm = 60'000;
    return to;
  }

  ManualClock clock_;
  std::unique_ptr<store::Database> db_;
  std::unique_ptr<PostingLedger> ledger_;
  std::unique_ptr<Invoices> invoices_;
  int receipts_ = 0;
};
YUN_ON_EACH_DATABASE(Billing);

TEST_P(Billing, AnInvoiceIsTheMonthsReceiptsToTheMicroUnit) {
  std::mt19937_64 random(7);
  const auto below = [&](std::int64_t n) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
  };
  std::map<Month, std::int64_t> of_month;
  std::map<std::pair<std::string, Kind>, std::int64_t> units;
  for (int i = 0; i < 300; ++i) {
    const std::int64_t at_ms = kNovember.Plus(-1).from_ms() + below(3 * 30 * kDayMs);
    std::vector<ChargeLine> lines;
    for (const Kind kind : {Kind::kInput, Kind::kCachedInput, Kind::kOutput})
      if (below(3) != 0) lines.push_back(Line(kind, below(100'000), below(7'000'001)));
    const Receipt receipt = Use(below(2) ? "ws_a" : "ws_b", "qwen3-" + std::to_string(below(4)), at_ms, lines);
    ASSERT_GOOD(ledger_->Charge(receipt));
    of_month[Month::Of(at_ms)] += receipt.amount_micro;
    if (Month::Of(at_ms) == kNovember)
      for (const ChargeLine& line : lines) units[{receipt.workspace_id, line.kind}] += line.units;
  }
  ASSERT_GOOD(ledger_->Charge(Use("ws_of_another", "qwen3-1", kNovember.from_ms(), {Line(Kind::kInput, 1, 1)})));
  clock_.SetUnix(kNovember.Plus(3).from_ms());
  for (const auto& [month, sum] : of_month) {
    const auto invoice = invoices_->Issue(Customer(), month);
    ASSERT_GOOD(invoice);
    std::int64_t lines_sum = 0;
    std::map<std::pair<std::string, Kind>, std::int64_t> line_units;
    for (const InvoiceLine& line : invoice->lines) {
      lines_sum += line.amount_micro;
      line_units[{line.workspace_id, line.kind}] += line.units;
    }
    EXPECT_EQ(lines_sum, sum);
    EXPECT_EQ(invoice->charges_micro, sum);
    EXPECT_EQ(invoice->total_micro, sum);  // tax is in the prices
    EXPECT_EQ(invoice->payable_micro - invoice->rounding_micro, sum);
    EXPECT_EQ(invoice->payable_micro % 10'000, 0);
    EXPECT_LE(std::abs(invoice->rounding_micro), 5'000);
    EXPECT_EQ(invoice->lines.front().workspace_name, "Alpha");
    if (month == kNovember) {
      EXPECT_EQ(line_units, units);
    }
  }
}

TEST_P(Billing, AnInvoiceIsIssuedOnceAndNeverChanges) {
  ASSERT_GOOD(ledger_->Charge(Use("ws_a", "m", kNovember.from_ms(), {Line(Kind::kInput, 10, 1'000'000)})));
  const auto early = invoices_->Issue(Customer(), kNovember);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, Code::kUnavailable);
  clock_.SetUnix(kNovember.to_ms() + kIssueAfterMs - 1);
  EXPECT_FALSE(invoices_->Issue(Customer(), kNovember));
  clock_.SetUnix(kNovember.to_ms() + kIssueAfterMs);
  const auto preview = invoices_->Preview(Customer(), kNovember);
  ASSERT_GOOD(preview);
  EXPECT_TRUE(preview->number.empty());
  const auto first = invoices_->Issue(Customer(), kNovember);
  ASSERT_GOOD(first);
  EXPECT_EQ(first->number, "INV-2026-000001");
  EXPECT_EQ(first->due_ms, 0);

  // Whatever changes afterwards, the invoice stays.
  ASSERT_GOOD(ledger_->Charge(Use("ws_a", "m", kNovember.from_ms(), {Line(Kind::kInput, 10, 5)})));
  Set({.seller_name = "Another"});
  BillTo renamed = Customer();
  renamed.name = "Another";
  for (const auto& again : {invoices_->Issue(renamed, kNovember), invoices_->Find(first->id)}) {
    ASSERT_GOOD(again);
    EXPECT_EQ(*again, *first);
  }
  EXPECT_EQ(invoices_->Issue(Customer(), kNovember.Plus(-1)).error().code, Code::kNotFound);
  EXPECT_EQ(invoices_->Find("inv_none").error().code, Code::kNotFound);

  // One that was tampered with is not shown.
  ASSERT_GOOD(db_->Write([&](Connection& connection) -> Status {
    RETURN_IF_ERROR(connection.Execute("UPDATE invoice SET document = REPLACE(document, '1000000', '1000001')"));
    return {};
  }));
  EXPECT_EQ(invoices_->Find(first->id).error().code, Code::kCorrupt);
}

TEST_P(Billing, NumbersHaveNoGaps) {
  for (const char* workspace : {"ws_a", "ws_b"})
    for (int month = 0; month < 3; ++month)
      ASSERT_GOOD(ledger_->Charge(
          Use(workspace, "m", kNovember.Plus(-month).from_ms(), {Line(Kind::kInput, 1, 10'000 + month)})));
  clock_.SetUnix(kNovember.to_ms() + kIssueAfterMs);
  BillTo a = Customer(), b = Customer();
  a.workspaces = {{"ws_a", "A"}};
  b.account_id = "acc_2";
  b.workspaces = {{"ws_b", "B"}};
  std::vector<std::string> numbers;
  const auto issue = [&](const BillTo& to, int before) {
    const auto invoice = invoices_->Issue(to, kNovember.Plus(-before));
    ASSERT_GOOD(invoice);
    numbers.push_back(invoice->number);
  };
  issue(a, 2);
  EXPECT_FALSE(invoices_->Issue(a, kNovember.Plus(-5)));  // nothing used: takes no number
  issue(b, 2);
  issue(a, 2);
  Set({.number_prefix = "YUN", .series_per_account = true});
  issue(a, 1);
  issue(b, 1);
  clock_.SetUnix(Month{2027, 1}.from_ms());
  issue(a, 0);
  EXPECT_EQ(numbers, (std::vector<std::string>{"INV-2026-000001", "INV-2026-000002", "INV-2026-000001",
                                               "YUN-1-2026-000001", "YUN-2-2026-000001", "YUN-1-2027-000001"}));
  const auto all = invoices_->List("", "", 10);
  ASSERT_GOOD(all);
  ASSERT_EQ(all->size(), 5u);
  EXPECT_EQ(all->front().number, "YUN-1-2027-000001");
  const auto older = invoices_->List("", all->at(1).id, 2);
  ASSERT_GOOD(older);
  ASSERT_EQ(older->size(), 2u);
  EXPECT_EQ(older->at(0).id, all->at(2).id);
  const auto of_b = invoices_->List("acc_2", "", 10);
  ASSERT_GOOD(of_b);
  EXPECT_EQ(of_b->size(), 2u);
}

TEST_P(Billing, TaxOnTopIsAddedAndDueByPostpaidCustomers) {
  Set({.tax_included = false, .due_days = 14});
  ASSERT_GOOD(ledger_->Charge(Use("ws_a", "m", kNovember.from_ms(), {Line(Kind::kInput, 10, 1'234'567)})));
  clock_.SetUnix(kNovember.to_ms() + kIssueAfterMs);
  BillTo to = Customer();
  to.postpaid = true;
  const auto invoice = invoices_->Issue(to, kNovember);
  ASSERT_GOOD(invoice);
  EXPECT_EQ(invoice->tax_micro, 74'074);  // 0.06 * 1.234567 = 0.07407402
  EXPECT_EQ(invoice->total_micro, 1'308'641);
  EXPECT_EQ(invoice->payable_micro, 1'310'000);
  EXPECT_EQ(invoice->rounding_micro, 1'359);
  EXPECT_EQ(invoice->due_ms, clock_.unix_ms() + 14 * kDayMs);
  to.tax_ppm = 1'000'001;
  EXPECT_EQ(invoices_->Preview(to, kNovember).error().code, Code::kInvalidArgument);
}

TEST_P(Billing, ACreditNoteGivesALineBackOnce) {
  ASSERT_GOOD(ledger_->Charge(Use("ws_a", "m", kNovember.from_ms(), {Line(Kind::kInput, 10, 1'000'000)})));
  clock_.SetUnix(kNovember.to_ms() + kIssueAfterMs);
  const auto invoice = invoices_->Issue(Customer(), kNovember);
  ASSERT_GOOD(invoice);
  const auto note = invoices_->Credit(invoice->id, 1, 600'000, "an outage", "k1");
  ASSERT_GOOD(note);
  EXPECT_EQ(note->number, "INV-CN-2026-000001");
  EXPECT_EQ(note->total_micro, 600'000);
  EXPECT_EQ(note->tax_micro, 33'962);  // the tax within: 0.6 * 6 / 106
  EXPECT_EQ(ledger_->Sum("ws:ws_a:available"), -400'000);
  const auto again = invoices_->Credit(invoice->id, 1, 600'000, "an outage", "k1");
  ASSERT_GOOD(again);
  EXPECT_EQ(*again, *note);
  EXPECT_EQ(ledger_->Sum("ws:ws_a:available"), -400'000);

  EXPECT_EQ(invoices_->Credit(invoice->id, 1, 500'000, "another", "k1").error().code, Code::kAlreadyExists);
  EXPECT_EQ(invoices_->Credit(invoice->id, 1, 400'001, "too much", "k2").error().code, Code::kInvalidArgument);
  EXPECT_EQ(invoices_->Credit(invoice->id, 2, 1, "no such line", "k2").error().code, Code::kInvalidArgument);
  EXPECT_EQ(invoices_->Credit(invoice->id, 1, 0, "nothing", "k2").error().code, Code::kInvalidArgument);
  EXPECT_EQ(invoices_->Credit(invoice->id, 1, 1, "", "k2").error().code, Code::kInvalidArgument);
  EXPECT_EQ(invoices_->Credit("inv_none", 1, 1, "why", "k2").error().code, Code::kNotFound);

  // Issued, then killed before it was posted: the next start posts it, once.
  ledger_->broken = true;
  EXPECT_FALSE(invoices_->Credit(invoice->id, 1, 400'000, "the rest", "k3"));
  ledger_->broken = false;
  EXPECT_EQ(ledger_->Sum("ws:ws_a:available"), -400'000);
  for (int start = 0; start < 2; ++start) {
    ASSERT_GOOD(Invoices::Open(*db_, *ledger_, clock_));
    EXPECT_EQ(ledger_->Sum("ws:ws_a:available"), 0);
    EXPECT_EQ(ledger_->Sum("platform:credit_notes"), -1'000'000);
  }
  const auto notes = invoices_->CreditNotes(invoice->id);
  ASSERT_GOOD(notes);
  ASSERT_EQ(notes->size(), 2u);
  EXPECT_EQ(notes->at(1).number, "INV-CN-2026-000002");
  ASSERT_GOOD(invoices_->FindCreditNote(notes->at(1).id));
  const auto list = invoices_->List("acc_1", "", 10);
  ASSERT_GOOD(list);
  EXPECT_EQ(list->at(0).credited_micro, 1'000'000);
}

TEST_P(Billing, AStatementAddsUp) {
  const auto top_up = [&](std::int64_t at_ms, const std::string& workspace, std::int64_t micro) {
    clock_.SetUnix(at_ms);
    ASSERT_GOOD(ledger_->Post({.kind = "top_up",
                               .idempotency_key = "top" + std::to_string(at_ms),
                               .currency = "CNY",
                               .workspace_id = workspace,
                               .account_id = "acc_1",
                               .note = "by bank",
                               .entries = {{"platform:cash", -micro}, {"ws:" + workspace + ":available", micro}}}));
  };
  const std::int64_t from_ms = kNovember.from_ms(), to_ms = kNovember.to_ms();
  top_up(from_ms - 5 * kDayMs, "ws_a", 10'000'000);
  ASSERT_GOOD(ledger_->Charge(Use("ws_a", "m", from_ms - 1, {Line(Kind::kInput, 1, 1'000'001)})));
  top_up(from_ms + kHourMs, "ws_b", 7'000'000);
  ASSERT_GOOD(ledger_->Charge(Use("ws_a", "m", from_ms, {Line(Kind::kInput, 1, 3)})));
  ASSERT_GOOD(ledger_->Charge(Use("ws_a", "n", from_ms + 1, {Line(Kind::kOutput, 1, 4)})));
  ASSERT_GOOD(ledger_->Charge(Use("ws_b", "m", to_ms - 1, {Line(Kind::kInput, 1, 500'000)})));
  ASSERT_GOOD(ledger_->Charge(Use("ws_a", "m", to_ms, {Line(Kind::kInput, 1, 2'000'000)})));
  top_up(to_ms, "ws_a", 1'000'000);

  const auto statement = StatementOf(*db_, Customer(), from_ms, to_ms);
  ASSERT_GOOD(statement);
  EXPECT_EQ(statement->opening_micro, 8'999'999);
  EXPECT_EQ(statement->top_ups_micro, 7'000'000);
  EXPECT_EQ(statement->charges_micro, 500'007);
  EXPECT_EQ(statement->closing_micro, 15'499'992);
  ASSERT_EQ(statement->lines.size(), 3u);
  EXPECT_EQ(statement->lines[0].kind, "top_up");
  EXPECT_EQ(statement->lines[1].amount_micro, -7);  // a day of a workspace in one line
  EXPECT_EQ(statement->lines[2].balance_micro, statement->closing_micro);
  // Statements join without a gap.
  const auto after = StatementOf(*db_, Customer(), to_ms, to_ms + kDayMs);
  ASSERT_GOOD(after);
  EXPECT_EQ(after->opening_micro, statement->closing_micro);
  EXPECT_EQ(after->closing_micro, 14'499'992);
  const auto before = StatementOf(*db_, Customer(), from_ms - 10 * kDayMs, from_ms);
  ASSERT_GOOD(before);
  EXPECT_EQ(before->opening_micro, 0);
  EXPECT_EQ(before->closing_micro, statement->opening_micro);
  EXPECT_EQ(StatementOf(*db_, Customer(), from_ms + 1, to_ms).error().code, Code::kInvalidArgument);
  EXPECT_EQ(StatementOf(*db_, Customer(), from_ms, from_ms).error().code, Code::kInvalidArgument);
}

TEST_P(Billing, RevenueTellsWhatRecursAndWhatModelsEarn) {
  const auto charge = [&](const std::string& workspace, const std::string& model, int month, std::int64_t micro,
                          std::int64_t partner_micro = 0) {
    Receipt receipt =
        Use(workspace, model, kNovember.Plus(month).from_ms() + kDayMs, {Line(Kind::kOutput, 100, micro)});
    if (partner_micro > 0) receipt.partner_id = "prt_1", receipt.partner_micro = partner_micro;
    ASSERT_GOOD(ledger_->Charge(receipt));
  };
  charge("ws_a", "small", -1, 1'000'000);
  charge("ws_b", "small", -1, 500'000);
  charge("ws_a", "large", 0, 1'200'000, 300'000);
  charge("ws_c", "small", 0, 600'000);
  Revenue revenue(*db_);
  const auto months = revenue.Months("CNY", kNovember.Plus(-1), kNovember.Plus(1));
  ASSERT_GOOD(months);
  ASSERT_EQ(months->size(), 3u);
  EXPECT_EQ(months->at(0).usage_micro, 1'500'000);
  EXPECT_EQ(months->at(0).new_micro, 1'500'000);
  EXPECT_FALSE(months->at(0).growth_ppm);
  const RevenueMonth& november = months->at(1);
  EXPECT_EQ(november.usage_micro, 1'800'000);
  EXPECT_EQ(november.recurring_micro, 1'200'000);
  EXPECT_EQ(november.new_micro, 600'000);
  EXPECT_EQ(november.lost_micro, 500'000);
  EXPECT_EQ(november.partners_micro, 300'000);
  EXPECT_EQ(november.platform_micro, 1'500'000);
  EXPECT_EQ(november.workspaces, 2);
  EXPECT_EQ(november.growth_ppm, 200'000);
  EXPECT_EQ(november.retention_ppm, 800'000);
  EXPECT_EQ(months->at(2).usage_micro, 0);
  EXPECT_EQ(months->at(2).growth_ppm, -1'000'000);
  EXPECT_FALSE(revenue.Months("CNY", kNovember, kNovember.Plus(-1)));
  EXPECT_FALSE(revenue.Months("CNY", kNovember, kNovember.Plus(kRevenueMonthsMax)));

  const auto top = revenue.TopWorkspaces("CNY", kNovember, 1);
  ASSERT_GOOD(top);
  ASSERT_EQ(top->size(), 1u);
  EXPECT_EQ(top->at(0).workspace_id, "ws_a");
  EXPECT_EQ(top->at(0).share_ppm, 666'666);
  EXPECT_EQ(top->at(0).before_micro, 1'000'000);

  // 2 hours at 0.1 an hour, and 10 W for two hours: 0.02 kWh at 0.5.
  Set({.cost_currency = "CNY", .cpu_hour_micro = 100'000, .kwh_micro = 500'000, .cpu_milliwatts = 10'000});
  revenue.AddCpuTime("large", kNovember.from_ms(), kHourMs * 1000);
  revenue.AddCpuTime("large", kNovember.to_ms() - 1, kHourMs * 1000);
  revenue.AddCpuTime("large", kNovember.to_ms(), kHourMs * 1000);
  revenue.AddCpuTime("idle", kNovember.from_ms(), kHourMs * 1000);
  revenue.WriteCpuTime();
  ASSERT_GOOD(db_->Flush());
  const auto models = revenue.ByModel("CNY", kNovember);
  ASSERT_GOOD(models);
  ASSERT_EQ(models->size(), 3u);
  const ModelProfit& large = models->at(0);
  EXPECT_EQ(large.model, "large");
  EXPECT_EQ(large.tokens, 100);
  EXPECT_EQ(large.chips_micro, 200'000);
  EXPECT_EQ(large.energy_micro, 10'000);
  EXPECT_EQ(large.margin_micro, 1'200'000 - 300'000 - 210'000);
  EXPECT_EQ(models->at(2).model, "idle");
  EXPECT_EQ(models->at(2).margin_micro, -105'000);
  const auto dollars = revenue.ByModel("USD", kNovember);
  ASSERT_GOOD(dollars);
  EXPECT_FALSE(dollars->at(0).margin_micro);
}

TEST_P(Billing, AnOfferingGoesThroughReviewAndOnlyThenEarns) {
  auto opened = Partners::Open(*db_, clock_);
  ASSERT_GOOD(opened);
  Partners& partners = **opened;
  const auto partner = partners.AddPartner("Adapters Ltd", "acc_9");
  ASSERT_GOOD(partner);
  ASSERT_GOOD(partners.SetSandbox(partner->id, "ws_sandbox"));
  const auto draft = partners.AddOffering(partner->id, OfferingKind::kModel, "qwen3-law", "Law", 300'000);
  ASSERT_GOOD(draft);
  EXPECT_EQ(partners.AddOffering(partner->id, OfferingKind::kModel, "qwen3-law", "", 1).error().code,
            Code::kAlreadyExists);
  EXPECT_EQ(partners.AddOffering(partner->id, OfferingKind::kApp, "x", "", 1'000'001).error().code,
            Code::kInvalidArgument);
  EXPECT_EQ(partners.AddOffering("prt_none", OfferingKind::kApp, "x", "", 1).error().code, Code::kNotFound);

  // A name that others use cannot be taken from them; a draft gives its name back.
  Receipt used = Use("ws_a", "qwen3-4b", kNovember.from_ms(), {Line(Kind::kInput, 1, 1)});
  used.app = "desk";
  ASSERT_GOOD(ledger_->Charge(used));
  EXPECT_EQ(partners.AddOffering(partner->id, OfferingKind::kModel, "qwen3-4b", "", 1).error().code,
            Code::kAlreadyExists);
  EXPECT_EQ(partners.AddOffering(partner->id, OfferingKind::kApp, "desk", "", 1).error().code, Code::kAlreadyExists);
  const auto removed = partners.AddOffering(partner->id, OfferingKind::kModel, "qwen4-next", "", 1);
  ASSERT_GOOD(removed);
  EXPECT_FALSE(partners.MayUse(OfferingKind::kModel, "qwen4-next", "ws_a"));
  ASSERT_GOOD(partners.RemoveOffering(removed->id));
  EXPECT_TRUE(partners.MayUse(OfferingKind::kModel, "qwen4-next", "ws_a"));
  EXPECT_EQ(partners.RemoveOffering(removed->id).error().code, Code::kNotFound);

  EXPECT_FALSE(partners.ShareOf("qwen3-law", ""));
  EXPECT_TRUE(partners.MayUse(OfferingKind::kModel, "qwen3-law", "ws_sandbox"));
  EXPECT_FALSE(partners.MayUse(OfferingKind::kModel, "qwen3-law", "ws_a"));
  EXPECT_TRUE(partners.MayUse(OfferingKind::kModel, "qwen3-4b", "ws_a"));  // nobody's
  EXPECT_FALSE(partners.ReviewOffering(draft->id, true, "usr_1", ""));     // not submitted
  ASSERT_GOOD(partners.ChangeOffering(draft->id, "Law, better", 250'000));
  ASSERT_GOOD(partners.SubmitOffering(draft->id));
  EXPECT_EQ(partners.RemoveOffering(draft->id).error().code, Code::kInvalidArgument);
  EXPECT_FALSE(partners.ChangeOffering(draft->id, "Law", 900'000));      // under the reviewer
  EXPECT_FALSE(partners.ReviewOffering(draft->id, false, "usr_1", ""));  // why?
  ASSERT_GOOD(partners.ReviewOffering(draft->id, false, "usr_1", "no licence named"));
  ASSERT_GOOD(partners.SubmitOffering(draft->id));
  const auto listed = partners.ReviewOffering(draft->id, true, "usr_1", "good");
  ASSERT_GOOD(listed);
  EXPECT_EQ(listed->state, OfferingState::kListed);
  EXPECT_EQ(listed->share_ppm, 250'000);
  const auto share = partners.ShareOf("qwen3-law", "");
  ASSERT_TRUE(share);
  EXPECT_EQ(share->partner_id, partner->id);
  EXPECT_EQ(share->share_ppm, 250'000);
  EXPECT_TRUE(partners.MayUse(OfferingKind::kModel, "qwen3-law", "ws_a"));

  const auto maker = partners.AddPartner("Apps Ltd", "acc_8");
  ASSERT_GOOD(maker);
  const auto app = partners.AddOffering(maker->id, OfferingKind::kApp, "clerk", "Clerk", 100'000);
  ASSERT_GOOD(app);
  EXPECT_EQ(partners.ShareOf("qwen3-law", "clerk")->partner_id, partner->id);  // the app is a draft
  ASSERT_GOOD(partners.SubmitOffering(app->id));
  ASSERT_GOOD(partners.ReviewOffering(app->id, true, "usr_1", ""));
  EXPECT_EQ(partners.ShareOf("qwen3-law", "clerk")->partner_id, maker->id);
  EXPECT_EQ(partners.ListOfferings("").size(), 2u);
  EXPECT_EQ(partners.ListOfferings(maker->id).size(), 1u);

  // What was said stays said in the next process.
  auto reopened = Partners::Open(*db_, clock_);
  ASSERT_GOOD(reopened);
  EXPECT_EQ((*reopened)->ShareOf("qwen3-law", "")->share_ppm, 250'000);
  ASSERT_GOOD(partners.WithdrawOffering(app->id));
  EXPECT_EQ(partners.ShareOf("qwen3-law", "clerk")->partner_id, partner->id);
  ASSERT_GOOD(partners.ClosePartner(partner->id));
  EXPECT_FALSE(partners.ShareOf("qwen3-law", ""));
  EXPECT_FALSE(partners.MayUse(OfferingKind::kModel, "qwen3-law", "ws_a"));
  EXPECT_EQ(partners.ClosePartner("prt_none").error().code, Code::kNotFound);
}

TEST_P(Billing, PartnersAreNeverPaidMoreThanTheyEarned) {
  auto opened = Partners::Open(*db_, clock_);
  ASSERT_GOOD(opened);
  Partners& partners = **opened;
  ASSERT_GOOD(partners.Connect(*ledger_));
  const auto partner = partners.AddPartner("Adapters Ltd", "acc_9");
  ASSERT_GOOD(partner);
  const auto earn = [&](std::int64_t at_ms, std::int64_t charge, std::int64_t share) {
    Receipt receipt = Use("ws_a", "law", at_ms, {Line(Kind::kOutput, 1, charge)});
    receipt.partner_id = partner->id;
    receipt.partner_micro = share;
    ASSERT_GOOD(ledger_->Charge(receipt));
  };
  const std::int64_t from_ms = kNovember.from_ms(), to_ms = kNovember.to_ms();
  earn(from_ms - kDayMs, 1'000'000, 300'000);
  earn(from_ms + kDayMs, 2'000'000, 600'000);
  earn(to_ms, 100'000, 30'000);
  clock_.SetUnix(from_ms + 2 * kDayMs);
  const auto paid = partners.PayOut(partner->id, "CNY", 500'000, "by bank", "p1");
  ASSERT_GOOD(paid);
  const auto again = partners.PayOut(partner->id, "CNY", 500'000, "by bank", "p1");
  ASSERT_GOOD(again);
  EXPECT_EQ(again->id, paid->id);
  EXPECT_EQ(partners.PayOut(partner->id, "CNY", 400'000, "", "p1").error().code, Code::kAlreadyExists);
  const auto payable = partners.PayableNow(partner->id, "CNY");
  ASSERT_GOOD(payable);
  EXPECT_EQ(*payable, 430'000);
  EXPECT_EQ(partners.PayOut(partner->id, "CNY", 430'001, "", "p2").error().code, Code::kInvalidArgument);
  EXPECT_EQ(partners.PayOut(partner->id, "USD", 1, "", "p2").error().code, Code::kInvalidArgument);
  EXPECT_EQ(partners.PayOut(partner->id, "CNY", 0, "", "p2").error().code, Code::kInvalidArgument);
  EXPECT_EQ(partners.PayOut("prt_none", "CNY", 1, "", "p2").error().code, Code::kNotFound);

  // Noted but not posted: it cannot be paid a second time, and the next start posts it.
  clock_.SetUnix(to_ms + kDayMs);
  ledger_->broken = true;
  EXPECT_FALSE(partners.PayOut(partner->id, "CNY", 400'000, "", "p3"));
  ledger_->broken = false;
  EXPECT_FALSE(partners.PayOut(partner->id, "CNY", 30'001, "", "p4"));
  for (int start = 0; start < 2; ++start) {
    auto reopened = Partners::Open(*db_, clock_);
    ASSERT_GOOD(reopened);
    ASSERT_GOOD((*reopened)->Connect(*ledger_));
    EXPECT_EQ(ledger_->Sum("partner:" + partner->id + ":payable"), 30'000);
  }
  const auto list = partners.ListPayouts(partner->id, 10);
  ASSERT_GOOD(list);
  ASSERT_EQ(list->size(), 2u);
  EXPECT_EQ(list->at(0).amount_micro, 400'000);

  const auto statement = partners.StatementOf(partner->id, "CNY", from_ms, to_ms);
  ASSERT_GOOD(statement);
  EXPECT_EQ(statement->opening_micro, 300'000);
  EXPECT_EQ(statement->earned_micro, 600'000);
  EXPECT_EQ(statement->paid_micro, 500'000);
  EXPECT_EQ(statement->closing_micro, 400'000);
  ASSERT_EQ(statement->lines.size(), 1u);
  EXPECT_EQ(statement->lines[0].charges_micro, 2'000'000);
  EXPECT_EQ(PayoutStatementCsv(*statement),
            "kind,model,app,requests,charges,amount,currency\r\n"
            "opening,,,,,0.300000,CNY\r\n"
            "earned,law,,1,2.000000,0.600000,CNY\r\n"
            "paid,,,,,-0.500000,CNY\r\n"
            "other,,,,,0.000000,CNY\r\n"
            "closing,,,,,0.400000,CNY\r\n");
}

TEST_P(Billing, SettingsAreCheckedAndKept) {
  BillingSettings settings;
  for (const char* wrong : {"[]", "{", R"({"due_days": "7"})", R"({"due_days": -1})", R"({"due_days": 1.5})",
                            R"({"no_such": 1})", R"({"seller_name": ""})", R"({"number_prefix": "A/B"})",
                            R"({"number_prefix": "-A"})", R"({"cost_currency": "yuan"})", R"({"cpu_hour_micro": -1})",
                            R"({"tax_included": 1})", R"({"note": "a\u0000b"})"}) {
    EXPECT_FALSE(MergeBillingSettings(wrong, settings)) << wrong;
    EXPECT_EQ(settings, BillingSettings());
  }
  ASSERT_GOOD(MergeBillingSettings(R"({"seller_name": "云", "due_days": 7, "tax_included": false})", settings));
  Set(settings);
  ASSERT_GOOD(db_->Read([&](Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const BillingSettings read, LoadBillingSettings(connection));
    EXPECT_EQ(read, settings);
    EXPECT_EQ(read.due_days, 7);
    return {};
  }));
}

}  // namespace
}  // namespace yun::cloud
