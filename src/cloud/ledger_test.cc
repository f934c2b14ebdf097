#include "cloud/ledger.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <random>
#include <set>

#include "cloud/billing_test.h"
#include "cloud/rollup.h"
#include "cloud/rollup_writer.h"
#include "store/database.h"
#include "store/test_database.h"

namespace yun::cloud {
namespace {

constexpr std::int64_t kYuan = 1'000'000;
constexpr std::string_view kPrices = R"(
version = "1"
[[price]]
model = "*"
currency = "CNY"
input = 2_000_000
cached_input = 1_000_000
output = 8_000_000
[[price]]
model = "shared"
currency = "CNY"
input = 3_000_001
output = 7_000_003
)";

Status CodeStatus(Code code) { return Fail(code, "made to fail"); }

/// A database whose writes fail when they are told to.
class Flaky : public store::Database {
 public:
  explicit Flaky(store::Database& inner) : inner_(inner) {}
  enum class Mode {
    kWorks,
    kFails,  // nothing is written
    kLies    // it is written, and reported as failed
  };
  std::atomic<Mode> mode = Mode::kWorks;

  Status Read(const Work& work) override { return inner_.Read(work); }
  Status Write(Work work) override {
    return mode == Mode::kWorks ? inner_.Write(std::move(work)) : CodeStatus(Code::kDisk);
  }
  Status Enqueue(Work work, Done done) override {
    const Mode now = mode;
    if (now == Mode::kWorks) return inner_.Enqueue(std::move(work), std::move(done));
    if (now == Mode::kFails) work = [](store::Connection&) { return CodeStatus(Code::kDisk); };
    return inner_.Enqueue(std::move(work), [done = std::move(done)](const Status&) {
      if (done) done(CodeStatus(Code::kUnavailable));
    });
  }
  Status Flush() override { return inner_.Flush(); }
  Status Backup(const std::string& path) override { return inner_.Backup(path); }
  Status RestoreFrom(const std::string& path) override { return inner_.RestoreFrom(path); }
  std::int64_t schema_version() const override { return inner_.schema_version(); }
  const char* kind() const override { return inner_.kind(); }
  store::QueueStats queue() const override { return inner_.queue(); }

 private:
  store::Database& inner_;
};

class LedgerTest : public store::OnEachDatabase {
 protected:
  void SetUp() override {
    OnEachDatabase::SetUp();
    if (IsSkipped()) return;
    db_ = Must(store::Database::Open(url()));
    auto vault = Vault::Open(folder() / "vault.key", true);
    ASSERT_TRUE(vault) << vault.error().message;
    vault_ = std::move(*vault);
    options_.vault = &*vault_;
    flaky_ = std::make_unique<Flaky>(*db_);
    Start();
    ASSERT_TRUE(ledger_->LoadPrices(kPrices, "tests"));
  }
  void TearDown() override {
    ledger_.reset();
    meter_.reset();
    db_.reset();
    OnEachDatabase::TearDown();
  }

  void Start() {
    flaky_->mode = Flaky::Mode::kWorks;
    meter_ = Must(Meter::Open(folder()));
    ledger_ = Must(Ledger::Open(*flaky_, *meter_, clock_, options_));
  }
  /// As if the process had been killed: what is queued is lost.
  void Crash(Flaky::Mode mode = Flaky::Mode::kFails) {
    flaky_->mode = mode;
    ledger_.reset();
    meter_.reset();
    Start();
  }

  /// As a batch does with the answer to a line.
  void KeepAnswer(const Reservation& reservation) {
    ASSERT_TRUE(db_->Write([&](store::Connection& db) -> Status {
      RETURN_IF_ERROR(db.Execute("INSERT INTO batch_line (batch_id, line, good, receipt_id) VALUES (?, 0, 1, ?)",
                                 {reservation.receipt_id, reservation.receipt_id}));
      return {};
    }));
  }

  ReserveRequest Request(std::int64_t input, std::int64_t output, std::string model = "m") {
    ReserveRequest request;
    request.workspace_id = "ws_1";
    request.key_id = "key_1";
    request.model = std::move(model);
    request.terms.account_id = "acc_1";
    request.most[Kind::kInput] = input;
    request.most[Kind::kOutput] = output;
    return request;
  }
  void TopUp(std::int64_t micro, std::string workspace = "ws_1") {
    const auto id = ledger_->TopUp(workspace, {.account_id = "acc_1"}, micro, NewId("t_"), "test");
    ASSERT_TRUE(id) << id.error().message;
  }
  static Units Used(std::int64_t input, std::int64_t output, std::int64_t cached = 0) {
    Units units;
    units[Kind::kInput] = input;
    units[Kind::kOutput] = output;
    units[Kind::kCachedInput] = cached;
    return units;
  }
  /// A request from beginning to end.
  Receipt Run(const ReserveRequest& request, const Units& used) {
    auto reservation = Must(ledger_->Reserve(request));
    if (reservation == nullptr) return {};
    reservation->tickets[0]->Used(used);
    return ledger_->Settle(reservation, EndReason::kStop);
  }
  std::int64_t Number(std::string sql) {
    std::int64_t number = 0;
    EXPECT_TRUE(db_->Read([&](store::Connection& db) -> Status {
      ASSIGN_OR_RETURN(const store::Rows rows, db.Query(sql));
      number = rows.at(0).Int(0);
      return {};
    }));
    return number;
  }
  void ExpectBooksInOrder() {
    ASSERT_TRUE(ledger_->Flush());
    for (const bool quick : {false, true}) {
      const auto books = ledger_->Reconcile(quick);
      ASSERT_TRUE(books) << books.error().message;
      EXPECT_TRUE(books->ok()) << Text(*books);
    }
  }
  static std::string Text(const Reconciliation& books) {
    std::string text = fmt::format("unbalanced {} wrong balances {} negative {} receipts {} in flight {}\n",
                                   books.unbalanced_transactions, books.wrong_balances, books.negative_reserved,
                                   books.receipts, books.in_flight);
    for (const auto& line : books.lines)
      text += fmt::format("{} {}: engine {} ledger {} in flight {}\n", line.model, KindName(line.kind), line.engine,
                          line.ledger, line.in_flight);
    for (const auto& money : books.money)
      text += fmt::format("{}: charged {} platform {} partners {} sum {}\n", money.currency, money.charged,
                          money.platform, money.partners, money.entries_sum);
    return text;
  }

  ManualClock clock_{1'795'000'000'000};  // 2026-11-18 11:06:40
  std::optional<Vault> vault_;
  LedgerOptions options_;
  std::unique_ptr<store::Database> db_;
  std::unique_ptr<Flaky> flaky_;
  std::unique_ptr<Meter> meter_;
  std::unique_ptr<Ledger> ledger_;
};
YUN_ON_EACH_DATABASE(LedgerTest);

TEST_P(LedgerTest, ARequestFromReservationToReceipt) {
  TopUp(5 * kYuan);
  auto reservation = Must(ledger_->Reserve(Request(100, 50)));
  ASSERT_NE(reservation, nullptr);
  EXPECT_EQ(reservation->reserved_micro, 100 * 2 + 50 * 8);
  EXPECT_EQ(reservation->output_tokens_max, 50);
  EXPECT_EQ(ledger_->BalanceOf("ws_1").available_micro, 5 * kYuan - 600);
  EXPECT_EQ(ledger_->BalanceOf("ws_1").reserved_micro, 600);
  clock_.Advance(300);
  reservation->tickets[0]->Used(Used(40, 7, 60));
  std::promise<void> committed;
  const Receipt receipt = ledger_->Settle(reservation, EndReason::kLength, [&] { committed.set_value(); });
  EXPECT_EQ(receipt.amount_micro, 40 * 2 + 60 * 1 + 7 * 8);
  EXPECT_EQ(receipt.started_ms + 300, receipt.ended_ms);
  EXPECT_EQ(ledger_->BalanceOf("ws_1").available_micro, 5 * kYuan - 196);
  EXPECT_EQ(ledger_->BalanceOf("ws_1").reserved_micro, 0);
  EXPECT_TRUE(ledger_->FindReceipt(receipt.id));  // committed or not
  committed.get_future().wait();
  const auto found = ledger_->FindReceipt(receipt.id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->units, receipt.units);
  EXPECT_EQ(found->end_reason, EndReason::kLength);
  ASSERT_EQ(found->lines.size(), 3u);
  EXPECT_EQ(found->lines[1].kind, Kind::kCachedInput);
  EXPECT_EQ(found->lines[1].amount_micro, 60);
  EXPECT_EQ(found->price_version, "1");
  // A second end changes nothing and gives the same receipt.
  EXPECT_EQ(ledger_->Settle(reservation, EndReason::kError, {}).amount_micro, 196);
  EXPECT_EQ(ledger_->FindReceipt("rcp_none").error().code, Code::kNotFound);
  EXPECT_EQ(Number("SELECT amount_micro FROM ledger_balance WHERE account = 'ws:ws_1:available'"), 5 * kYuan - 196);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM ledger_transaction"), 2);  // the top-up, and one for the request
  EXPECT_EQ(meter_->slots_in_use(), 0u);
  ExpectBooksInOrder();
  Crash();
  EXPECT_EQ(ledger_->BalanceOf("ws_1").available_micro, 5 * kYuan - 196);
  EXPECT_EQ(ledger_->prices()->version(), "1");
}

TEST_P(LedgerTest, LongRequestsPostTheirReservation) {
  TopUp(kYuan);
  auto kept = Must(ledger_->Reserve(Request(100, 50)));
  auto given_back = Must(ledger_->Reserve(Request(100, 50)));
  ASSERT_TRUE(kept && given_back);
  clock_.Advance(options_.hold_after_ms);
  ASSERT_TRUE(ledger_->Flush());
  EXPECT_EQ(Number("SELECT amount_micro FROM ledger_balance WHERE account = 'ws:ws_1:reserved'"), 1200);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM ledger_hold"), 2);
  kept->tickets[0]->Used(Used(100, 1));
  ledger_->Settle(kept, EndReason::kAborted);
  ledger_->Release(given_back);
  ExpectBooksInOrder();
  EXPECT_EQ(Number("SELECT amount_micro FROM ledger_balance WHERE account = 'ws:ws_1:reserved'"), 0);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM ledger_hold"), 0);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM receipt"), 1);
  EXPECT_EQ(ledger_->BalanceOf("ws_1").available_micro, kYuan - 208);
  EXPECT_EQ(meter_->slots_in_use(), 0u);
}

TEST_P(LedgerTest, ShortensOutputToTheBalanceThenRefuses) {
  TopUp(1000);
  auto first = Must(ledger_->Reserve(Request(100, 1'000'000)));  // input 200, so 100 tokens of output
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->output_tokens_max, 100);
  EXPECT_EQ(first->reserved_micro, 1000);
  const auto refused = ledger_->Reserve(Request(100, 10));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kPermissionDenied);
  EXPECT_EQ(refused.error().why, ReserveError::Why::kBalance);
  EXPECT_EQ(refused.error().message,
            "the workspace's balance is 0.000000 CNY; this request can cost up to 0.000280 CNY");
  ledger_->Release(first);
  ReserveRequest whole = Request(100, 101);
  whole.may_shorten = false;
  EXPECT_FALSE(ledger_->Reserve(whole));
  ReserveRequest least = Request(100, 200);
  least.output_tokens_min = 101;
  EXPECT_FALSE(ledger_->Reserve(least));
  ReserveRequest sandbox = Request(1'000'000, 1'000'000);
  sandbox.terms.sandbox = true;
  EXPECT_EQ(Run(sandbox, Used(5, 5)).amount_micro, 0);
  ReserveRequest dollars = Request(1, 1);
  dollars.terms.currency = "USD";
  EXPECT_EQ(ledger_->Reserve(dollars).error().code, Code::kInvalidArgument);
  ReserveRequest wrong = Request(-1, 1);
  EXPECT_EQ(ledger_->Reserve(wrong).error().code, Code::kInvalidArgument);
  ExpectBooksInOrder();
}

TEST_P(LedgerTest, PostpaidGoesDownToTheCreditLimitOfTheAccount) {
  ReserveRequest request = Request(100, 100);  // 1000
  request.terms.postpaid = true;
  request.terms.credit_limit_micro = 2500;
  auto a = Must(ledger_->Reserve(request));
  request.workspace_id = "ws_2";
  auto b = Must(ledger_->Reserve(request));
  request.may_shorten = false;
  const auto refused = ledger_->Reserve(request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().why, ReserveError::Why::kBalance);
  EXPECT_EQ(refused.error().message,
            "the account's credit limit of 0.002500 CNY leaves 0.000500 CNY; this request can cost up to 0.001000 CNY");
  a->tickets[0]->Used(Used(100, 100));
  ledger_->Settle(a, EndReason::kStop);
  ledger_->Settle(b, EndReason::kAborted);
  EXPECT_EQ(ledger_->BalanceOf("ws_1").available_micro, -1000);
  EXPECT_EQ(ledger_->BalanceOf("ws_2").available_micro, 0);
  Crash(Flaky::Mode::kLies);
  EXPECT_EQ(ledger_->BalanceOf("ws_1").available_micro, -1000);
  EXPECT_TRUE(ledger_->Reserve(request));
  EXPECT_FALSE(ledger_->Reserve(request));
}

TEST_P(LedgerTest, PostingsAreChecked) {
  TopUp(100);
  const auto first = ledger_->TopUp("ws_1", {.account_id = "acc_1"}, 50, "once", "n");
  ASSERT_TRUE(first);
  EXPECT_EQ(*ledger_->TopUp("ws_1", {.account_id = "acc_1"}, 50, "once", "n"), *first);
  EXPECT_EQ(ledger_->TopUp("ws_2", {.account_id = "acc_1"}, 50, "once", "n").error().code, Code::kAlreadyExists);
  EXPECT_EQ(ledger_->BalanceOf("ws_1").available_micro, 150);
  Posting posting{.kind = "adjustment", .idempotency_key = "a", .currency = "CNY", .workspace_id = "ws_1"};
  posting.entries = {{"ws:ws_1:available", -151}, {"platform:adjustments", 151}};
  EXPECT_EQ(ledger_->Post(posting).error().message,
            "the workspace's balance of 0.000150 CNY does not cover 0.000151 CNY");
  posting.entries = {{"ws:ws_1:available", -150}, {"platform:adjustments", 149}};
  EXPECT_FALSE(ledger_->Post(posting));
  posting.entries = {{"ws:ws_2:available", -1}, {"platform:adjustments", 1}};
  EXPECT_FALSE(ledger_->Post(posting));
  posting.entries = {{"ws:ws_1:reserved", -1}, {"platform:adjustments", 1}};
  EXPECT_FALSE(ledger_->Post(posting));
  posting.entries = {{"partner:prt_1:payable", -1}, {"platform:cash", 1}};
  EXPECT_FALSE(ledger_->Post(posting));
  posting.entries = {{"ws:ws_1:available", -150}, {"platform:adjustments", 150}};
  EXPECT_TRUE(ledger_->Post(posting));
  EXPECT_TRUE(ledger_->Post(posting));  // the same again: once
  EXPECT_EQ(ledger_->BalanceOf("ws_1").available_micro, 0);
  ExpectBooksInOrder();
}

TEST_P(LedgerTest, NothingThatAClientSaysKeepsItsReceiptOut) {
  TopUp(kYuan);
  for (const std::string& app : {std::string("\xff\xfe"), std::string("a\0b", 3), std::string("\xe4\xba"),
                                 std::string(62, 'x') + "\xe4\xba\x91", std::string("a\nb")}) {
    ReserveRequest request = Request(10, 10);
    request.app = request.request_id = app;
    const Receipt receipt = Run(request, Used(10, 10));
    ASSERT_TRUE(ledger_->Flush());
    EXPECT_EQ(Number("SELECT COUNT(*) FROM receipt WHERE id = '" + receipt.id + "'"), 1) << app;
  }
  EXPECT_EQ(meter_->slots_in_use(), 0u);
  Crash();
  EXPECT_EQ(ledger_->BalanceOf("ws_1").available_micro, kYuan - 5 * 100);
  ExpectBooksInOrder();
}

TEST_P(LedgerTest, APostingsKeyIsForOneAmount) {
  const Terms terms{.account_id = "acc_1"};
  const auto first = ledger_->TopUp("ws_1", terms, 50, "once", "n");
  ASSERT_TRUE(first);
  EXPECT_EQ(ledger_->TopUp("ws_1", terms, 51, "once", "n").error().code, Code::kAlreadyExists);
  EXPECT_EQ(*ledger_->TopUp("ws_1", terms, 50, "once", "other words"), *first);
  Posting posting{.kind = "adjustment", .idempotency_key = "a", .currency = "CNY", .workspace_id = "ws_1"};
  posting.entries = {{"ws:ws_1:available", -10}, {"platform:adjustments", 10}};
  ASSERT_TRUE(ledger_->Post(posting));
  posting.entries = {{"ws:ws_1:available", 10}, {"platform:adjustments", -10}};
  EXPECT_EQ(ledger_->Post(posting).error().code, Code::kAlreadyExists);
  // Two at once: one batch has both.
  flaky_->mode = Flaky::Mode::kFails;
  auto a = std::async(std::launch::async, [&] { return ledger_->TopUp("ws_1", terms, 7, "two", ""); });
  auto b = std::async(std::launch::async, [&] { return ledger_->TopUp("ws_1", terms, 8, "two", ""); });
  while (ledger_->queue().waiting < 2) std::this_thread::yield();
  flaky_->mode = Flaky::Mode::kWorks;
  ASSERT_TRUE(ledger_->Flush());
  const auto one = a.get(), two = b.get();
  EXPECT_NE(one.has_value(), two.has_value());
  EXPECT_EQ(ledger_->BalanceOf("ws_1").available_micro, 40 + (one ? 7 : 8));
  ExpectBooksInOrder();
}

TEST_P(LedgerTest, NoBalanceGrowsBeyondItsNumber) {
  const Terms terms{.account_id = "acc_1"};
  int taken = 0;
  for (int i = 0; i < 12; ++i)
    taken += ledger_->TopUp(i % 2 ? "ws_1" : "ws_2", terms, 1'000'000'000'000'000'000, NewId("t_"), "").has_value();
  EXPECT_LT(taken, 9);
  EXPECT_GT(taken, 0);
  ExpectBooksInOrder();
  Crash();
  ExpectBooksInOrder();
}

TEST_P(LedgerTest, AnIdempotencyKeyRunsOnce) {
  TopUp(kYuan);
  ReserveRequest request = Request(10, 10);
  request.idempotency_key = "abc";
  auto never_started = Must(ledger_->Reserve(request));
  ledger_->Release(never_started);
  auto first = Must(ledger_->Reserve(request));
  const auto again = ledger_->Reserve(request);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kAlreadyExists);
  EXPECT_NE(again.error().message.find(first->receipt_id), std::string::npos);
  ReserveRequest other = request;
  other.workspace_id = "ws_2";
  other.terms.sandbox = true;
  EXPECT_TRUE(ledger_->Reserve(other));
  Crash();  // while it runs
  EXPECT_FALSE(ledger_->Reserve(request));
  Crash();
  EXPECT_FALSE(ledger_->Reserve(request));
  clock_.Advance(kClaimKeptMs);
  EXPECT_TRUE(ledger_->Reserve(request));
}

TEST_P(LedgerTest, WhatAKilledProcessLeftIsSettledExactly) {
  TopUp(kYuan);
  auto quick = Must(ledger_->Reserve(Request(100, 50)));
  auto slow = Must(ledger_->Reserve(Request(100, 50)));
  clock_.Advance(options_.hold_after_ms);
  ASSERT_TRUE(ledger_->Flush());
  auto fresh = Must(ledger_->Reserve(Request(100, 50)));
  ReserveRequest two_slots = Request(100, 60);
  two_slots.slots = 2;
  auto choices = Must(ledger_->Reserve(two_slots));
  slow->tickets[0]->Used(Used(100, 3));
  fresh->tickets[0]->Used(Used(100, 4));
  choices->tickets[0]->Used(Used(100, 5));
  choices->tickets[1]->Used(Used(0, 6));
  quick->tickets[0]->Used(Used(100, 2));
  flaky_->mode = Flaky::Mode::kLies;  // settled and committed, but nobody lived to free its slot
  ledger_->Settle(quick, EndReason::kStop);
  Crash(Flaky::Mode::kLies);
  EXPECT_EQ(meter_->slots_in_use(), 0u);
  const struct {
    std::shared_ptr<Reservation> reservation;
    EndReason reason;
    Units units;
  } kCases[] = {{quick, EndReason::kStop, Used(100, 2)},
                {slow, EndReason::kInterrupted, Used(100, 3)},
                {fresh, EndReason::kInterrupted, Used(100, 4)},
                {choices, EndReason::kInterrupted, Used(100, 11)}};
  std::int64_t charged = 0;
  for (const auto& c : kCases) {
    const auto receipt = ledger_->FindReceipt(c.reservation->receipt_id);
    ASSERT_TRUE(receipt) << receipt.error().message;
    EXPECT_EQ(receipt->end_reason, c.reason);
    EXPECT_EQ(receipt->units, c.units);
    charged += receipt->amount_micro;
  }
  EXPECT_EQ(charged, 4 * 200 + 8 * (2 + 3 + 4 + 11));
  EXPECT_EQ(ledger_->BalanceOf("ws_1").available_micro, kYuan - charged);
  EXPECT_EQ(ledger_->BalanceOf("ws_1").reserved_micro, 0);
  ExpectBooksInOrder();
}

TEST_P(LedgerTest, ASettlementThatWasLostIsMadeAgain) {
  TopUp(kYuan);
  std::vector<Receipt> before;
  flaky_->mode = Flaky::Mode::kFails;
  for (const bool batch : {false, true})
    for (const EndReason reason : {EndReason::kStop, EndReason::kLength, EndReason::kAborted, EndReason::kError}) {
      ReserveRequest request = Request(100, 50);
      request.batch = batch;
      request.slots = 2;
      auto reservation = Must(ledger_->Reserve(request));
      reservation->tickets[0]->Used(Used(100, 1));
      reservation->tickets[1]->Used(Used(0, 2));
      before.push_back(ledger_->Settle(reservation, reason));
      const bool kept = reason == EndReason::kStop || reason == EndReason::kLength;
      EXPECT_EQ(before.back().amount_micro, batch ? (kept ? 112 : 0) : 224) << EndReasonName(reason);
    }
  for (int i = 0; i < 2; ++i) {
    if (i == 0) EXPECT_EQ(Number("SELECT COUNT(*) FROM receipt"), 0);
    Crash();
    for (const Receipt& receipt : before) {
      const auto again = ledger_->FindReceipt(receipt.id);
      ASSERT_TRUE(again) << again.error().message;
      EXPECT_EQ(again->amount_micro, receipt.amount_micro);
      EXPECT_EQ(again->end_reason, receipt.end_reason);
      EXPECT_EQ(again->units, receipt.units);
    }
    ExpectBooksInOrder();
  }
}

TEST_P(LedgerTest, OfABatchWhatIsKeptIsPaidForAfterAKill) {
  TopUp(kYuan);
  ReserveRequest request = Request(100, 50);
  request.batch = true;
  const auto kept = Must(ledger_->Reserve(request)), lost = Must(ledger_->Reserve(request));
  for (const auto& reservation : {kept, lost}) reservation->tickets[0]->Used(Used(100, 3));
  KeepAnswer(*kept);
  Crash();
  EXPECT_EQ(ledger_->FindReceipt(kept->receipt_id)->end_reason, EndReason::kStop);
  EXPECT_EQ(ledger_->FindReceipt(kept->receipt_id)->amount_micro, (2 * 100 + 8 * 3) / 2);
  EXPECT_EQ(ledger_->FindReceipt(lost->receipt_id)->end_reason, EndReason::kInterrupted);
  EXPECT_EQ(ledger_->FindReceipt(lost->receipt_id)->amount_micro, 0);
  EXPECT_EQ(ledger_->FindReceipt(lost->receipt_id)->units, Used(100, 3));
  EXPECT_EQ(ledger_->BalanceOf("ws_1").available_micro, kYuan - 112);
  ExpectBooksInOrder();
}

TEST_P(LedgerTest, AReservationWithoutItsSlotIsReleased) {
  TopUp(kYuan);
  auto lost = Must(ledger_->Reserve(Request(100, 50)));
  clock_.Advance(options_.hold_after_ms);
  ASSERT_TRUE(ledger_->Flush());
  ledger_.reset();
  meter_.reset();
  std::filesystem::remove(folder() / "meter.journal");
  Start();
  EXPECT_EQ(ledger_->BalanceOf("ws_1").available_micro, kYuan);
  EXPECT_EQ(ledger_->BalanceOf("ws_1").reserved_micro, 0);
  ExpectBooksInOrder();
}

TEST_P(LedgerTest, BudgetsStopTheRequestThatWouldCross) {
  TopUp(kYuan);
  Run(Request(100, 100), Used(100, 25));  // 400, before there is a budget
  const auto month =
      ledger_->CreateBudget({.workspace_id = "ws_1", .period = BudgetPeriod::kMonth, .amount_micro = 2000});
  const auto key = ledger_->CreateBudget({.workspace_id = "ws_1",
                                          .scope = BudgetScope::kKey,
                                          .subject = "key_1",
                                          .period = BudgetPeriod::kTotal,
                                          .amount_micro = 1000});
  const auto other = ledger_->CreateBudget({.workspace_id = "ws_1",
                                            .scope = BudgetScope::kModel,
                                            .subject = "other*",
                                            .period = BudgetPeriod::kDay,
                                            .amount_micro = 0});
  ASSERT_TRUE(month && key && other);
  for (const BudgetState& state : ledger_->Budgets("ws_1"))
    EXPECT_EQ(state.spent_micro, state.budget.id == month->id ? 400 : 0);
  ReserveRequest request = Request(100, 100);  // 1000
  request.may_shorten = false;
  auto first = Must(ledger_->Reserve(request));
  const auto refused = ledger_->Reserve(request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().why, ReserveError::Why::kBudget);
  EXPECT_EQ(refused.error().message,
            "the budget of this key (0.001000 CNY a total) has 0.000000 CNY left; this request can cost up to "
            "0.001000 CNY");
  EXPECT_FALSE(ledger_->Reserve(Request(1, 1, "other-model")));
  first->tickets[0]->Used(Used(100, 50));
  ledger_->Settle(first, EndReason::kStop);  // 600
  ReserveRequest by_another_key = request;
  by_another_key.key_id = "key_2";
  auto held_over_the_end = Must(ledger_->Reserve(by_another_key));  // month: 400 + 600 + 1000
  EXPECT_FALSE(ledger_->Reserve(by_another_key));
  clock_.Advance(15 * kDayMs);  // December
  auto december = Must(ledger_->Reserve(by_another_key));
  held_over_the_end->tickets[0]->Used(Used(100, 100));
  ledger_->Settle(held_over_the_end, EndReason::kStop);
  for (const BudgetState& state : ledger_->Budgets("ws_1")) {
    if (state.budget.id != month->id) continue;
    EXPECT_EQ(state.spent_micro, 0);  // November's are November's
    EXPECT_EQ(state.held_micro, 1000);
  }
  Crash();
  for (const BudgetState& state : ledger_->Budgets("ws_1"))
    EXPECT_EQ(state.spent_micro, state.budget.id == key->id ? 600 : 0);
  EXPECT_FALSE(ledger_->Reserve(request));
  Budget more = *key;
  more.amount_micro = 10'000;
  ASSERT_TRUE(ledger_->UpdateBudget(more));
  EXPECT_TRUE(ledger_->Reserve(request));
  EXPECT_EQ(ledger_->DeleteBudget("ws_2", key->id).error().code, Code::kNotFound);
  ASSERT_TRUE(ledger_->DeleteBudget("ws_1", key->id));
  EXPECT_EQ(ledger_->Budgets("ws_1").size(), 2u);
  EXPECT_FALSE(ledger_->CreateBudget({.workspace_id = "ws_1", .subject = "x"}));
  ExpectBooksInOrder();
}

TEST_P(LedgerTest, ARequestOfAnOldPeriodLeavesTheNewOneAlone) {
  TopUp(kYuan);
  const auto budget =
      ledger_->CreateBudget({.workspace_id = "ws_1", .period = BudgetPeriod::kDay, .amount_micro = 2000});
  ASSERT_TRUE(budget);
  auto yesterday = Must(ledger_->Reserve(Request(100, 50)));
  clock_.Advance(kDayMs);
  Run(Request(100, 50), Used(100, 50));
  ASSERT_TRUE(ledger_->Flush());
  yesterday->tickets[0]->Used(Used(100, 50));
  Crash();
  EXPECT_EQ(ledger_->Budgets("ws_1")[0].spent_micro, 600);
  EXPECT_EQ(ledger_->Budgets("ws_1")[0].held_micro, 0);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM budget_use WHERE spent_micro = 600"), 2);
}

TEST_P(LedgerTest, AlertsAreToldOnceAndDelivered) {
  std::mutex mutex;
  std::condition_variable arrived;
  std::vector<Webhook> sent;
  int failures = 2;
  ledger_.reset();
  meter_.reset();
  options_.webhook_retry_ms = 1;
  options_.send = [&](const Webhook& webhook) -> Status {
    std::lock_guard lock(mutex);
    if (failures-- > 0) return Fail(Code::kNetwork, "nobody there");
    sent.push_back(webhook);
    arrived.notify_all();
    return {};
  };
  Start();
  TopUp(kYuan);
  Budget budget{.workspace_id = "ws_1", .period = BudgetPeriod::kDay, .amount_micro = 1000, .hard = false};
  budget.alerts_ppm = {500'000, 1'000'000};
  budget.webhook_url = "https://example.com/hook";
  budget.webhook_secret = "s3cret";
  const auto made = ledger_->CreateBudget(budget);
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->webhook_secret.empty());
  Run(Request(100, 100), Used(100, 37));  // 496
  Run(Request(100, 100), Used(2, 0));     // 500
  Run(Request(100, 100), Used(2, 0));
  {
    std::unique_lock lock(mutex);
    arrived.wait(lock, [&] { return sent.size() == 1; });
    EXPECT_NE(sent[0].body.find("\"threshold_ppm\":500000,\"spent_micro\":500,"), std::string::npos) << sent[0].body;
    EXPECT_EQ(sent[0].url, "https://example.com/hook");
    EXPECT_EQ(sent[0].signature, SignWebhook("s3cret", clock_.unix_ms() / 1000, sent[0].body));
  }
  ledger_.reset();
  meter_.reset();
  Start();  // told stays told
  Run(Request(100, 100), Used(2, 0));
  Run(Request(100, 100), Used(100, 37));
  {
    std::unique_lock lock(mutex);
    arrived.wait(lock, [&] { return sent.size() == 2; });
  }
  ledger_.reset();  // writes what was delivered
  meter_.reset();
  ASSERT_TRUE(db_->Flush());
  Start();
  const auto alerts = ledger_->Alerts("ws_1", 10);
  ASSERT_TRUE(alerts);
  ASSERT_EQ(alerts->size(), 2u);
  for (const BudgetAlert& alert : *alerts) EXPECT_GT(alert.delivered_ms, 0);
  EXPECT_EQ((*alerts)[0].attempts + (*alerts)[1].attempts, 4);
}

TEST_P(LedgerTest, AnAlertOfTheLastSettlementIsKept) {
  std::atomic<int> sent = 0;
  options_.send = [&](const Webhook&) -> Status {
    ++sent;
    return {};
  };
  ledger_.reset();
  meter_.reset();
  Start();
  TopUp(kYuan);
  ASSERT_TRUE(ledger_->CreateBudget({.workspace_id = "ws_1",
                                     .period = BudgetPeriod::kTotal,
                                     .amount_micro = kYuan,
                                     .alerts_ppm = {1},
                                     .webhook_url = "https://example.com"}));
  // The database is busy until the ledger is on its way out.
  std::promise<void> go;
  ASSERT_TRUE(db_->Enqueue([wait = std::make_shared<std::future<void>>(go.get_future())](store::Connection&) -> Status {
    wait->wait();
    return {};
  }));
  Run(Request(100, 50), Used(100, 50));
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    go.set_value();
  });
  ledger_.reset();
  later.join();
  meter_.reset();
  ASSERT_TRUE(db_->Flush());
  EXPECT_EQ(Number("SELECT COUNT(*) FROM budget_alert"), 1);
  Start();
  for (int i = 0; i < 2000 && sent == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(sent, 1);
}

TEST(Webhook, SignatureIsHmacSha256) {
  // printf '1700000000.{}' | openssl dgst -sha256 -hmac key
  EXPECT_EQ(SignWebhook("key", 1'700'000'000, "{}"),
            "t=1700000000,v1=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae");
}

TEST_P(LedgerTest, FreeQuotasAreUsedUpFirst) {
  ASSERT_TRUE(ledger_->LoadPrices(std::string(kPrices.substr(0, 1)) + "version = \"2\"" +
                                      std::string(kPrices.substr(kPrices.find("\n[[price]]"))) +
                                      "[[free]]\nid = \"f\"\nmodel = \"m\"\ntokens = 150\nuntil = \"2026-12-01\"\n",
                                  "tests"));
  TopUp(1000);
  auto a = Must(ledger_->Reserve(Request(100, 20)));
  EXPECT_EQ(a->reserved_micro, 0);
  EXPECT_EQ(ledger_->FreeLeft("ws_1", "m"), 30);
  auto b = Must(ledger_->Reserve(Request(100, 20)));  // 30 free, 70 input, 20 output
  EXPECT_EQ(b->reserved_micro, 70 * 2 + 20 * 8);
  a->tickets[0]->Used(Used(100, 5));
  b->tickets[0]->Used(Used(100, 5));
  EXPECT_EQ(ledger_->Settle(a, EndReason::kStop).free_units, 105);
  const Receipt receipt = ledger_->Settle(b, EndReason::kStop);
  EXPECT_EQ(receipt.free_units, 30);
  EXPECT_EQ(receipt.amount_micro, 70 * 2 + 5 * 8);
  EXPECT_EQ(ledger_->FreeLeft("ws_1", "m"), 15);
  Crash(Flaky::Mode::kLies);
  EXPECT_EQ(ledger_->FreeLeft("ws_1", "m"), 15);
  EXPECT_EQ(ledger_->FreeLeft("ws_1", "n"), 0);
  clock_.SetUnix(1'796'083'200'000);  // 2026-12-01
  EXPECT_EQ(ledger_->FreeLeft("ws_1", "m"), 0);
  ExpectBooksInOrder();
}

TEST_P(LedgerTest, AFreeQuotaThatIsUsedUpMakesRoomForTheNext) {
  ASSERT_TRUE(ledger_->LoadPrices(R"(
version = "free"
[[price]]
model = "*"
currency = "CNY"
input = 2_000_000
[[free]]
id = "first"
tokens = 30
until = "2027-01-01"
[[free]]
id = "second"
tokens = 100
)",
                                  "tests"));
  TopUp(kYuan);
  EXPECT_EQ(Run(Request(40, 1), Used(40, 0)).amount_micro, 10 * 2);  // one quota a request
  EXPECT_EQ(ledger_->FreeLeft("ws_1", "m"), 100);
  EXPECT_EQ(Run(Request(40, 1), Used(40, 0)).amount_micro, 0);
  EXPECT_EQ(ledger_->FreeLeft("ws_1", "m"), 60);
  Crash();
  EXPECT_EQ(ledger_->FreeLeft("ws_1", "m"), 60);
}

TEST_P(LedgerTest, PartnersGetTheirPartInTheSameTransaction) {
  ledger_.reset();
  meter_.reset();
  options_.share_of = [](std::string_view model, std::string_view) -> std::optional<PartnerShare> {
    if (model != "shared") return {};
    return PartnerShare{"prt_1", 300'000};
  };
  Start();
  TopUp(kYuan);
  const Receipt receipt = Run(Request(333, 100, "shared"), Used(333, 77));
  EXPECT_EQ(receipt.amount_micro, 1538);  // 999.000333 + 539.000231
  EXPECT_EQ(receipt.partner_micro, 461);  // 461.4, rounded down
  Run(Request(333, 100), Used(333, 77));
  ExpectBooksInOrder();
  EXPECT_EQ(Number("SELECT amount_micro FROM ledger_balance WHERE account = 'partner:prt_1:payable'"), 461);
  EXPECT_EQ(Number("SELECT COUNT(DISTINCT transaction_id) FROM ledger_entry WHERE account = 'partner:prt_1:payable'"),
            1);
  Posting pay_out{.kind = "pay_out", .idempotency_key = "p", .currency = "CNY"};
  pay_out.entries = {{"partner:prt_1:payable", -462}, {"platform:cash", 462}};
  EXPECT_FALSE(ledger_->Post(pay_out));
  pay_out.entries = {{"partner:prt_1:payable", -461}, {"platform:cash", 461}};
  EXPECT_TRUE(ledger_->Post(pay_out));
  ExpectBooksInOrder();
}

TEST_P(LedgerTest, PriceBooksAreVersionsAndRunningRequestsKeepTheirs) {
  TopUp(kYuan);
  auto running = Must(ledger_->Reserve(Request(100, 10)));
  EXPECT_EQ(ledger_->LoadPrices("version = \"1\"\n", "x").error().code, Code::kAlreadyExists);
  EXPECT_EQ(ledger_->LoadPrices("version = 1\n", "x").error().code, Code::kCorrupt);
  clock_.Advance(1);
  ASSERT_TRUE(ledger_->LoadPrices("version = \"2\"\nrefuse_unpriced = true\n", "x"));
  running->tickets[0]->Used(Used(100, 1));
  EXPECT_EQ(ledger_->Settle(running, EndReason::kStop).amount_micro, 208);
  const auto unpriced = ledger_->Reserve(Request(1, 1));
  ASSERT_FALSE(unpriced);
  EXPECT_EQ(unpriced.error().code, Code::kPermissionDenied);
  EXPECT_EQ(unpriced.error().why, ReserveError::Why::kUnpriced);
  clock_.Advance(1);
  ASSERT_TRUE(ledger_->LoadPrices("version = \"3\"\n", "x"));
  EXPECT_EQ(Run(Request(1, 1), Used(1, 1)).amount_micro, 0);
  const auto books = ledger_->Reconcile();
  ASSERT_TRUE(books);
  EXPECT_EQ(books->unpriced_models, std::vector<std::string>{"m"});
  const auto versions = ledger_->PriceVersions();
  ASSERT_TRUE(versions && versions->size() == 3);
  EXPECT_EQ((*versions)[0].version, "3");
  EXPECT_EQ(*ledger_->PriceText("1"), kPrices);
  clock_.Advance(1);
  ASSERT_TRUE(ledger_->LoadPrices(kPrices, "back"));
  EXPECT_EQ(ledger_->prices()->version(), "1");
}

TEST_P(LedgerTest, RollupsAgreeWithReceiptsAtEveryLevel) {
  TopUp(kYuan);
  std::mt19937 random(3);
  std::map<std::string, std::int64_t> by_key, by_model;
  std::int64_t all = 0, errors = 0;
  for (int i = 0; i < 200; ++i) {
    ReserveRequest request = Request(20, 20, i % 3 ? "m" : "shared");
    request.key_id = "key_" + std::to_string(random() % 4);
    request.app = i % 5 ? "" : "app";
    auto reservation = Must(ledger_->Reserve(request));
    reservation->tickets[0]->Used(Used(20, random() % 20));
    const bool error = random() % 10 == 0;
    const Receipt receipt = ledger_->Settle(reservation, error ? EndReason::kError : EndReason::kStop);
    by_key[request.key_id] += receipt.amount_micro;
    by_model[request.model] += receipt.amount_micro;
    all += receipt.amount_micro;
    errors += error;
    clock_.Advance(random() % 3'000'000);
  }
  ASSERT_TRUE(ledger_->Flush());
  UsageQuery query{.from_ms = 1'795'000'000'000, .to_ms = clock_.unix_ms(), .granularity = Granularity::kHour};
  for (const Granularity granularity :
       {Granularity::kMinute, Granularity::kHour, Granularity::kDay, Granularity::kMonth}) {
    query.granularity = granularity;
    for (const std::uint32_t by : {0u, +kByTime, +kByWorkspace, kByKey | kByTime, kByModel | kByApp, +kByPartner}) {
      query.by = by;
      const auto rows = QueryUsage(*db_, query);
      ASSERT_TRUE(rows) << rows.error().message;
      std::int64_t sum = 0, requests = 0, wrong = 0;
      std::set<std::int64_t> starts;
      for (const UsageRow& row : *rows) {
        sum += row.amount_micro;
        requests += row.requests;
        wrong += row.errors;
        EXPECT_EQ(row.currency, "CNY");
        EXPECT_EQ(row.start_ms, (by & kByTime) ? StepStart(granularity, row.start_ms) : 0);
      }
      EXPECT_EQ(sum, all);
      EXPECT_EQ(requests, 200);
      EXPECT_EQ(wrong, errors);
    }
  }
  query.by = kByKey;
  const auto keys = QueryUsage(*db_, query);
  for (const UsageRow& row : *keys) EXPECT_EQ(row.amount_micro, by_key[row.key_id]);
  query.by = kByModel;
  query.workspace_id = "ws_1";
  const auto models = QueryUsage(*db_, query);
  for (const UsageRow& row : *models) EXPECT_EQ(row.amount_micro, by_model[row.model]);
  query.account_id = "acc_2";
  EXPECT_TRUE(QueryUsage(*db_, query)->empty());
  query.account_id = "acc_1";
  EXPECT_EQ(QueryUsage(*db_, query)->size(), 2u);
  query.by = kByTime | kByKey;
  query.rows_max = 1;
  EXPECT_EQ(QueryUsage(*db_, query).error().code, Code::kTooLarge);

  ASSERT_TRUE(db_->Write([&](store::Connection& db) { return PruneRollups(db, "ws_1", clock_.unix_ms()); }));
  EXPECT_EQ(Number(fmt::format("SELECT COUNT(*) FROM usage_rollup WHERE granularity = 0 AND start_ms < {}",
                               clock_.unix_ms() - kMinutesKeptMs - kMinuteMs)),
            0);
  EXPECT_GT(Number("SELECT COUNT(*) FROM usage_rollup WHERE granularity = 0"), 0);
  EXPECT_EQ(Number("SELECT SUM(amount_micro) FROM usage_rollup WHERE granularity = 2 AND level = 0"), all);
}

TEST_P(LedgerTest, ReceiptsComeInPages) {
  TopUp(kYuan);
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i) {
    ReserveRequest request = Request(1, 1);
    request.key_id = i % 2 ? "key_1" : "key_2";
    ids.push_back(Run(request, Used(1, 1)).id);
    if (i % 3 == 0) clock_.Advance(10);
  }
  ASSERT_TRUE(ledger_->Flush());
  ReceiptQuery query{.workspace_id = "ws_1", .rows_max = 4};
  std::set<std::string> seen;
  std::int64_t last_ms = INT64_MAX;
  for (;;) {
    const auto page = ledger_->ListReceipts(query);
    ASSERT_TRUE(page) << page.error().message;
    if (page->empty()) break;
    for (const Receipt& receipt : *page) {
      EXPECT_LE(receipt.ended_ms, last_ms);
      last_ms = receipt.ended_ms;
      EXPECT_TRUE(seen.insert(receipt.id).second);
    }
    query.before = page->back().id;
  }
  EXPECT_EQ(seen, std::set<std::string>(ids.begin(), ids.end()));
  EXPECT_EQ(ledger_->ListReceipts({.account_id = "acc_1", .key_id = "key_2"})->size(), 5u);
  EXPECT_EQ(ledger_->ListReceipts({.workspace_id = "ws_2"})->size(), 0u);
}

TEST_P(LedgerTest, AClockThatGoesBackDoesNotTakeTheLedgerAlong) {
  TopUp(kYuan);
  const std::int64_t before = ledger_->now_ms();
  clock_.SetUnix(before - kDayMs);
  const Receipt receipt = Run(Request(1, 1), Used(1, 1));
  EXPECT_GE(receipt.ended_ms, before);
  EXPECT_GE(receipt.ended_ms, receipt.started_ms);
  Crash(Flaky::Mode::kLies);
  EXPECT_GE(ledger_->now_ms(), before);
}

TEST_P(LedgerTest, ADatabaseThatFailsIsTriedAgainAndNothingIsTwice) {
  TopUp(kYuan);
  for (const Flaky::Mode mode : {Flaky::Mode::kFails, Flaky::Mode::kLies}) {
    flaky_->mode = mode;
    for (int i = 0; i < 5; ++i) Run(Request(10, 10), Used(10, 10));
    const store::QueueStats before = ledger_->queue();
    EXPECT_FALSE(ledger_->Flush());
    EXPECT_GT(ledger_->queue().waiting, 0u);
    EXPECT_GT(ledger_->queue().failures, 0u);
    flaky_->mode = Flaky::Mode::kWorks;
    EXPECT_TRUE(ledger_->Flush());
    EXPECT_EQ(ledger_->queue().waiting, 0u);
    EXPECT_GE(ledger_->queue().written, before.written + 5);
    EXPECT_GT(ledger_->queue().commits, before.commits);
    ExpectBooksInOrder();
  }
  EXPECT_EQ(Number("SELECT COUNT(*) FROM receipt"), 10);
}

// A process that works as fast as it can is killed at some instant, many times. Beside the books it says what it had
// begun and what it had used, which bounds what they must hold.
TEST_P(LedgerTest, ExactAfterAKillAtAnyInstant) {
  constexpr int kRounds = 8;
  struct Said {
    std::atomic<std::int64_t> before, after;  // units
  };
  auto* said =
      static_cast<Said*>(::mmap(nullptr, sizeof(Said), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(said, MAP_FAILED);
  options_.share_of = [](std::string_view, std::string_view) { return PartnerShare{"prt_1", 123'456}; };
  options_.hold_after_ms = 0;  // some reservations get posted before their end
  TopUp(1'000 * kYuan);
  std::mt19937 random(7);
  std::int64_t counted = 0;
  for (int round = 0; round < kRounds; ++round) {
    ledger_.reset();
    meter_.reset();
    flaky_.reset();
    db_.reset();
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto db = store::Database::Open(url());
      auto meter = Meter::Open(folder());
      if (!db || !meter) ::_exit(1);
      auto ledger = Ledger::Open(**db, **meter, SystemClock(), options_);
      if (!ledger) ::_exit(1);
      std::mt19937 mine(static_cast<unsigned>(round));
      std::vector<std::shared_ptr<Reservation>> open;
      for (std::int64_t i = 0;; ++i) {
        ReserveRequest request = Request(10, 10, i % 2 ? "m" : "shared");
        request.terms.sandbox = i % 7 == 0;
        auto reservation = (*ledger)->Reserve(request);
        if (!reservation) ::_exit(1);
        open.push_back(*reservation);
        said->before += 15;
        open.back()->tickets[0]->Used(Used(10, 5));
        said->after += 15;
        while (open.size() > mine() % 20) {
          std::swap(open.back(), open[mine() % open.size()]);
          (*ledger)->Settle(open.back(), EndReason::kStop);
          open.pop_back();
        }
        if (i % 1000 == 0) (void)(*ledger)->Flush();
      }
    }
    ::usleep(50'000 + random() % 150'000);
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "round " << round << ": ended by itself";
    db_ = Must(store::Database::Open(url()));
    flaky_ = std::make_unique<Flaky>(*db_);
    clock_.SetUnix(SystemClock().unix_ms());
    Start();
    ExpectBooksInOrder();
    EXPECT_EQ(meter_->slots_in_use(), 0u);
    counted = Number("SELECT SUM(units_input) + SUM(units_output) FROM receipt");
    EXPECT_GE(counted, said->after) << "round " << round;
    EXPECT_LE(counted, said->before) << "round " << round;
    said->before = said->after = counted;
    EXPECT_EQ(ledger_->BalanceOf("ws_1").available_micro,
              1'000 * kYuan - Number("SELECT SUM(amount_micro) FROM receipt"));
    EXPECT_EQ(ledger_->BalanceOf("ws_1").reserved_micro, 0);
    EXPECT_EQ(Number("SELECT COUNT(*) FROM ledger_hold"), 0);
  }
  EXPECT_GT(counted, 0);  // the children did get to work
  ::munmap(said, sizeof(Said));
}

// Anything in any order, with a database that fails and a process that dies: the books stay exact.
class LedgerStorm : public LedgerTest {};
YUN_ON_EACH_DATABASE(LedgerStorm);

TEST_P(LedgerStorm, AnyInterleavingKeepsTheBooks) {
  const bool sqlite = GetParam() == std::string("sqlite");
  const char* const only = std::getenv("YUN_SIM_SEED");
  const unsigned from = only ? static_cast<unsigned>(std::atoi(only)) : 1, rounds = only ? 1 : sqlite ? 12 : 4;
  options_.share_of = [](std::string_view model, std::string_view) -> std::optional<PartnerShare> {
    if (model != "shared") return {};
    return PartnerShare{"prt_1", 333'333};
  };
  ledger_.reset();
  meter_.reset();
  Start();
  std::map<std::string, std::int64_t> paid_in;  // by workspace
  std::map<std::string, std::int64_t> charged;  // by workspace, of ended requests
  std::map<std::string, Units> ended;           // by model
  std::map<std::string, std::int64_t> budget_max;
  for (unsigned seed = from; seed < from + rounds; ++seed) {
    SCOPED_TRACE(fmt::format("YUN_SIM_SEED={}", seed));
    std::mt19937 random(seed);
    const auto below = [&](std::int64_t n) { return static_cast<std::int64_t>(random() % n); };
    struct Open {
      std::shared_ptr<Reservation> reservation;
      std::int64_t input = 0;
      Units used;
    };
    std::vector<Open> open;
    std::vector<Receipt> settled;  // since the last crash
    const auto expect_end = [&](const Open& request, const Receipt& receipt) {
      EXPECT_EQ(receipt.units, request.used);
      EXPECT_LE(receipt.amount_micro, request.reservation->reserved_micro);
      charged[receipt.workspace_id] += receipt.amount_micro;
      ended[receipt.model] += receipt.units;
    };
    for (int step = 0; step < 300; ++step) {
      const std::int64_t dice = below(100);
      if (dice < 3) {
        const std::string workspace = "ws_" + std::to_string(below(3));
        flaky_->mode = Flaky::Mode::kWorks;
        const std::int64_t micro = 1 + below(5000);
        TopUp(micro, workspace);
        paid_in[workspace] += micro;
      } else if (dice < 40) {
        ReserveRequest request = Request(below(100), below(200), below(2) ? "m" : "shared");
        request.workspace_id = "ws_" + std::to_string(below(4));  // ws_3 is postpaid, of an account of its own
        request.key_id = request.workspace_id + "_key_" + std::to_string(below(2));
        request.may_shorten = below(2) == 0;
        request.batch = below(5) == 0;
        request.slots = 1 + static_cast<int>(below(3));
        if (request.workspace_id == "ws_3") request.terms = {"acc_3", "CNY", true, 20'000, 50'000, false};
        if (below(4) == 0) request.idempotency_key = fmt::format("{}-{}", seed, below(20));
        auto reservation = ledger_->Reserve(request);
        if (reservation) open.push_back({*reservation, request.most[Kind::kInput], {}});
      } else if (dice < 60 && !open.empty()) {
        Open& request = open[below(open.size())];
        // Any part of the input cached, output within what was granted, spread over the slots.
        Units& used = request.used;
        if (used == Units{}) {
          used[Kind::kCachedInput] = below(request.input + 1);
          used[Kind::kInput] = request.input - used[Kind::kCachedInput];
        }
        const std::int64_t room = request.reservation->output_tokens_max - used[Kind::kOutput] - used[Kind::kThinking];
        used[below(2) ? Kind::kOutput : Kind::kThinking] += below(room + 1);
        Units first = used;
        for (std::size_t i = 1; i < request.reservation->tickets.size(); ++i) {
          Units part;
          part[Kind::kOutput] = first[Kind::kOutput] / 2;
          first -= part;
          request.reservation->tickets[i]->Used(part);
        }
        request.reservation->tickets[0]->Used(first);
      } else if (dice < 85 && !open.empty()) {
        const std::size_t i = static_cast<std::size_t>(below(open.size()));
        if (open[i].used == Units{} && below(2)) {
          ledger_->Release(open[i].reservation);
        } else {
          settled.push_back(ledger_->Settle(open[i].reservation, static_cast<EndReason>(below(4))));
          expect_end(open[i], settled.back());
        }
        open.erase(open.begin() + static_cast<std::ptrdiff_t>(i));
      } else if (dice < 92) {
        if (below(8) == 0) {
          clock_.SetUnix(clock_.unix_ms() - below(kDayMs));
        } else {
          clock_.Advance(below(4) ? below(2000) : below(2 * kDayMs));
        }
      } else if (dice < 93 && budget_max.size() < 20) {
        flaky_->mode = Flaky::Mode::kWorks;
        const std::string workspace = "ws_" + std::to_string(below(4));
        const auto budget = ledger_->CreateBudget({.workspace_id = workspace,
                                                   .scope = BudgetScope::kKey,
                                                   .subject = workspace + "_key_" + std::to_string(below(2)),
                                                   .period = static_cast<BudgetPeriod>(below(3)),
                                                   .amount_micro = 2000 + below(20'000)});
        ASSERT_TRUE(budget);
        // What was spent before it was made, or was running then, it could not stop.
        std::int64_t& most = budget_max[budget->id];
        for (const BudgetState& state : ledger_->Budgets(workspace))
          if (state.budget.id == budget->id) most = std::max(budget->amount_micro, state.spent_micro);
        for (const Open& request : open)
          if (request.reservation->info.key_id == budget->subject) most += request.reservation->reserved_micro;
      } else if (dice < 96) {
        flaky_->mode = static_cast<Flaky::Mode>(below(3));
      } else if (dice < 98) {
        std::set<std::string> kept;
        for (const Open& request : open) {
          if (!request.reservation->info.batch || below(2)) continue;
          KeepAnswer(*request.reservation);
          kept.insert(request.reservation->receipt_id);
        }
        Crash(static_cast<Flaky::Mode>(below(3)));
        for (const Open& request : open) {
          const auto receipt = ledger_->FindReceipt(request.reservation->receipt_id);
          ASSERT_TRUE(receipt) << receipt.error().message;
          const bool owed = kept.contains(receipt->id);
          EXPECT_EQ(receipt->end_reason, owed ? EndReason::kStop : EndReason::kInterrupted);
          if (receipt->batch && !owed) EXPECT_EQ(receipt->amount_micro, 0);
          expect_end(request, *receipt);
        }
        for (const Receipt& receipt : settled) {
          const auto again = ledger_->FindReceipt(receipt.id);
          ASSERT_TRUE(again) << again.error().message;
          EXPECT_EQ(again->end_reason, receipt.end_reason);
          EXPECT_EQ(again->amount_micro, receipt.amount_micro);
        }
        settled.clear();
        open.clear();
      }
      for (int w = 0; w < 3; ++w) {
        const Balance balance = ledger_->BalanceOf("ws_" + std::to_string(w));
        ASSERT_GE(balance.available_micro, 0) << "step " << step;
        ASSERT_GE(balance.reserved_micro, 0) << "step " << step;
      }
      ASSERT_GE(ledger_->BalanceOf("ws_3").available_micro, -20'000);
    }
    flaky_->mode = Flaky::Mode::kWorks;
    for (const Open& request : open) expect_end(request, ledger_->Settle(request.reservation, EndReason::kAborted));
    ExpectBooksInOrder();
    EXPECT_EQ(meter_->slots_in_use(), 0u);
    for (int w = 0; w < 4; ++w) {
      const std::string workspace = "ws_" + std::to_string(w);
      const Balance balance = ledger_->BalanceOf(workspace);
      EXPECT_EQ(balance.available_micro, paid_in[workspace] - charged[workspace]) << workspace;
      EXPECT_EQ(balance.reserved_micro, 0) << workspace;
    }
    for (const BudgetState& state : ledger_->Budgets("")) {
      EXPECT_EQ(state.held_micro, 0);
      EXPECT_LE(state.spent_micro, budget_max[state.budget.id]);
    }
    const auto totals = meter_->ReadTotals();
    for (const auto& [model, units] : ended) EXPECT_EQ(totals.settled.at(model), units) << model;
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace yun::cloud
