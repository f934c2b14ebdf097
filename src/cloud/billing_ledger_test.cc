// Bills over the real ledger: what requests were charged is what is invoiced, to the micro-unit, and the books agree.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "cloud/admission.h"
#include "cloud/billing_test.h"
#include "cloud/directory.h"
#include "cloud/invoice.h"
#include "cloud/ledger.h"
#include "cloud/partner.h"
#include "cloud/statement.h"
#include "store/database.h"
#include "store/test_database.h"

namespace yun::cloud {
namespace {

constexpr Month kMonth{2026, 3};
constexpr std::string_view kPrices = R"(
version = "1"
[[price]]
model = "*"
currency = "CNY"
input = 333_333
cached_input = 77_777
output = 1_999_999
thinking = 3_000_001
[[free]]
id = "welcome"
model = "*"
tokens = 1_000
)";

class BillingLedger : public store::OnEachDatabase {
 protected:
  void SetUp() override {
    OnEachDatabase::SetUp();
    if (IsSkipped()) return;
    db_ = Must(store::Database::Open(url()));
    clock_.SetUnix(kMonth.from_ms());
    partners_ = Must(Partners::Open(*db_, clock_));
    Start();
    ASSERT_TRUE(ledger_->LoadPrices(kPrices, "tests"));
    invoices_ = Must(Invoices::Open(*db_, *ledger_, clock_));
    ASSERT_TRUE(partners_->Connect(*ledger_));
  }

  void Start() {
    meter_ = Must(Meter::Open(folder()));
    LedgerOptions options;
    options.share_of = [this](std::string_view model, std::string_view app) { return partners_->ShareOf(model, app); };
    ledger_ = Must(Ledger::Open(*db_, *meter_, clock_, options));
  }
  void TearDown() override {
    ledger_.reset();
    meter_.reset();
    invoices_.reset();
    partners_.reset();
    db_.reset();
    OnEachDatabase::TearDown();
  }

  Receipt Run(const std::string& workspace, const std::string& model, const Units& used) {
    ReserveRequest request;
    request.workspace_id = workspace;
    request.key_id = "key_" + workspace;
    request.model = model;
    request.terms.account_id = "acc_1";
    request.most[Kind::kInput] = 100'000;
    request.most[Kind::kOutput] = 100'000;
    const auto reservation = Must(ledger_->Reserve(request));
    if (!reservation) return {};
    reservation->tickets[0]->Used(used);
    return ledger_->Settle(reservation, EndReason::kStop);
  }

  static BillTo Customer() { return CustomerOf("A customer", {{"ws_a", "A"}, {"ws_b", "B"}}); }

  ManualClock clock_;
  std::unique_ptr<store::Database> db_;
  std::unique_ptr<Partners> partners_;
  std::unique_ptr<Meter> meter_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Invoices> invoices_;
};
YUN_ON_EACH_DATABASE(BillingLedger);

TEST_P(BillingLedger, InvoicesStatementsAndPayoutsAreWhatTheLedgerPosted) {
  const Partner partner = Must(partners_->AddPartner("P", "acc_p"));
  const Offering offering = Must(partners_->AddOffering(partner.id, OfferingKind::kModel, "law", "", 333'333));
  Must(partners_->SubmitOffering(offering.id));
  Must(partners_->ReviewOffering(offering.id, true, "usr_1", ""));
  for (const char* workspace : {"ws_a", "ws_b"})
    Must(ledger_->TopUp(workspace, {.account_id = "acc_1"}, 100'000'000, std::string("top ") + workspace, "by bank"));

  std::mt19937_64 random(11);
  const auto below = [&](std::uint64_t n) { return static_cast<std::int64_t>(random() % n); };
  std::map<Month, std::int64_t> charged;
  std::map<Kind, std::int64_t> units;
  std::int64_t earned = 0;
  for (int i = 0; i < 150; ++i) {
    Units used;
    used[Kind::kInput] = below(5'000);
    used[Kind::kCachedInput] = below(3) ? 0 : below(5'000);
    used[Kind::kOutput] = below(3'000);
    used[Kind::kThinking] = below(2) ? 0 : below(999);
    const Receipt receipt = Run(below(2) ? "ws_a" : "ws_b", below(3) ? "qwen3-4b" : "law", used);
    charged[Month::Of(receipt.ended_ms)] += receipt.amount_micro;
    if (Month::Of(receipt.ended_ms) == kMonth)
      for (std::size_t kind = 0; kind < kKinds; ++kind)
        if (used.of[kind] != 0) units[static_cast<Kind>(kind)] += used.of[kind];
    earned += receipt.partner_micro;
    clock_.Advance(9 * kHourMs);  // 150 of them: 56 days
  }
  ASSERT_EQ(charged.size(), 2u);
  EXPECT_GT(earned, 0);
  clock_.SetUnix(kMonth.Plus(2).from_ms() + kIssueAfterMs);
  std::int64_t invoiced = 0;
  for (const auto& [month, sum] : charged) {
    const Invoice invoice = Must(invoices_->Issue(Customer(), month));
    std::int64_t lines = 0;
    std::map<Kind, std::int64_t> line_units;
    for (const InvoiceLine& line : invoice.lines) {
      lines += line.amount_micro;
      line_units[line.kind] += line.units;
    }
    EXPECT_EQ(lines, sum);
    if (month == kMonth) {
      EXPECT_EQ(line_units, units);
    }
    invoiced += invoice.charges_micro;
  }
  const auto balance = [&] {
    return ledger_->BalanceOf("ws_a").available_micro + ledger_->BalanceOf("ws_b").available_micro;
  };
  EXPECT_EQ(balance(), 200'000'000 - invoiced);

  // A line goes back; the statements say so, and join.
  const auto list = Must(invoices_->List("acc_1", "", 10));
  const Invoice first = Must(invoices_->Find(list.back().id));
  const CreditNote note = Must(invoices_->Credit(first.id, 1, first.lines[0].amount_micro, "an outage", "c1"));
  EXPECT_EQ(balance(), 200'000'000 - invoiced + note.amount_micro);
  std::int64_t last = 0;
  for (const Month month : {kMonth, kMonth.Plus(1), kMonth.Plus(2)}) {
    const Statement statement = Must(StatementOf(*db_, Customer(), month.from_ms(), month.to_ms()));
    EXPECT_EQ(statement.opening_micro, last);
    EXPECT_EQ(statement.charges_micro, charged.contains(month) ? charged[month] : 0);
    EXPECT_EQ(statement.opening_micro + statement.top_ups_micro - statement.charges_micro + statement.credits_micro +
                  statement.other_micro,
              statement.closing_micro);
    last = statement.closing_micro;
  }
  EXPECT_EQ(last, balance());

  // The partner is paid what it earned, and not a micro-unit more.
  EXPECT_EQ(Must(partners_->PayableNow(partner.id, "CNY")), earned);
  EXPECT_FALSE(partners_->PayOut(partner.id, "CNY", earned + 1, "", "p0"));
  Must(partners_->PayOut(partner.id, "CNY", earned, "", "p1"));
  EXPECT_EQ(Must(partners_->PayableNow(partner.id, "CNY")), 0);
  const PayoutStatement statement =
      Must(partners_->StatementOf(partner.id, "CNY", kMonth.from_ms(), kMonth.Plus(3).from_ms()));
  EXPECT_EQ(statement.opening_micro, 0);
  EXPECT_EQ(statement.earned_micro, earned);
  EXPECT_EQ(statement.paid_micro, earned);
  EXPECT_EQ(statement.closing_micro, 0);

  const Reconciliation books = Must(ledger_->Reconcile());
  EXPECT_TRUE(books.ok());
}

TEST_P(BillingLedger, ARequestThatEndsAfterTheMonthCountsInTheNext) {
  Must(ledger_->TopUp("ws_a", {.account_id = "acc_1"}, 100'000'000, "top", ""));
  clock_.SetUnix(kMonth.to_ms() - 1);
  Units used;
  used[Kind::kOutput] = 5'000;
  const Receipt before = Run("ws_a", "m", used);
  clock_.SetUnix(kMonth.to_ms());
  const Receipt after = Run("ws_a", "m", used);
  clock_.SetUnix(kMonth.to_ms() - kDayMs);  // the clock goes back: the ledger does not
  const Receipt late = Run("ws_a", "m", used);
  EXPECT_FALSE(invoices_->Issue(Customer(), kMonth));
  clock_.SetUnix(kMonth.to_ms() + kIssueAfterMs);
  EXPECT_EQ(Must(invoices_->Issue(Customer(), kMonth)).charges_micro, before.amount_micro);
  EXPECT_EQ(Must(invoices_->Preview(Customer(), kMonth.Plus(1))).charges_micro, after.amount_micro + late.amount_micro);
}

TEST_P(BillingLedger, WhatIsNotListedIsServedToTheSandboxAlone) {
  const Partner partner = Must(partners_->AddPartner("P", "acc_p"));
  ASSERT_TRUE(partners_->SetSandbox(partner.id, "ws_sandbox"));
  const Offering model = Must(partners_->AddOffering(partner.id, OfferingKind::kModel, "law", "", 100'000));
  const Offering app = Must(partners_->AddOffering(partner.id, OfferingKind::kApp, "clerk", "", 100'000));
  RateLimiter limiter(clock_);
  Admission admission(limiter, *ledger_, partners_.get());
  const auto admit = [&](const std::string& workspace, std::string_view name, std::string_view app_name) {
    Principal principal;
    principal.workspace.id = workspace;
    principal.workspace.sandbox = workspace == "ws_sandbox";
    principal.account.id = "acc_" + workspace;
    principal.account.billing = Billing::kPostpaid;
    principal.account.credit_limit_micro = 1'000'000;
    principal.role = Role::kOwner;
    AdmissionRequest request;
    request.model = name;
    request.app = app_name;
    request.input[Kind::kInput] = 100;
    request.output_tokens = 100;
    const Admission::Answer answer = admission.Admit(principal, request);
    return answer.grant ? std::string() : answer.refusal->native;
  };
  EXPECT_EQ(admit("ws_a", "qwen3-4b", ""), "");
  EXPECT_EQ(admit("ws_a", "law", ""), "Model.AccessDenied");
  EXPECT_EQ(admit("ws_a", "qwen3-4b", "clerk"), "App.AccessDenied");
  EXPECT_EQ(admit("ws_sandbox", "law", "clerk"), "");
  for (const Offering& offering : {model, app}) {
    Must(partners_->SubmitOffering(offering.id));
    EXPECT_NE(admit("ws_a", "law", "clerk"), "");
    Must(partners_->ReviewOffering(offering.id, true, "usr_1", ""));
  }
  EXPECT_EQ(admit("ws_a", "law", "clerk"), "");
}

}  // namespace
}  // namespace yun::cloud
