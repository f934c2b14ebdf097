// Secrets of webhooks in the database: sealed, sealed anew, and what happens without their key.
#include "cloud/budget_rows.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/file.h"
#include "cloud/people_test.h"

namespace yun::cloud {
namespace {

constexpr std::string_view kSecret = "the-webhook-secret-of-the-test";

class WebhookSecret : public store::OnEachDatabase {
 protected:
  void SetUp() override {
    OnEachDatabase::SetUp();
    if (!IsSkipped()) Open();
  }
  void TearDown() override {
    db_.reset();
    OnEachDatabase::TearDown();
  }
  void Open() {
    auto db = store::Database::Open(url());
    ASSERT_OK(db);
    db_ = std::move(*db);
  }
  Vault With(const std::string& keys) {
    EXPECT_OK(WriteFileAtomic(folder() / "vault.key", keys, 0600));
    auto vault = Vault::Open(folder() / "vault.key", false);
    EXPECT_OK(vault);
    return *vault;
  }
  static Budget Sample() {
    Budget budget{.id = "bud_1", .workspace_id = "ws_1", .amount_micro = 1000};
    budget.webhook_url = "https://example.com/hook";
    budget.webhook_secret = kSecret;
    return budget;
  }
  /// The budget as a start would find it.
  Budget Loaded(const Vault& vault) {
    BudgetBook book;
    EXPECT_OK(SealWebhooks(*db_, &vault));
    EXPECT_OK(db_->Read([&](store::Connection& db) { return LoadBudgets(db, &vault, book, 0); }));
    const Budget* budget = book.Find("bud_1");
    EXPECT_NE(budget, nullptr);
    return budget ? *budget : Budget{};
  }
  std::string Sealed() {
    std::string sealed;
    EXPECT_OK(db_->Read([&](store::Connection& db) -> Status {
      ASSIGN_OR_RETURN(const store::Rows rows, db.Query("SELECT webhook_secret, webhook_sealed FROM budget"));
      EXPECT_EQ(rows.at(0).Text(0), "");
      sealed = rows[0].Bytes(1);
      return {};
    }));
    return sealed;
  }
  bool AnySealed() {
    const auto any = AnythingSealed(*db_);
    EXPECT_OK(any);
    return any && *any;
  }

  const std::string one_ = std::string(64, '1') + "\n", two_ = std::string(64, '2') + "\n";
  std::unique_ptr<store::Database> db_;
};

TEST_P(WebhookSecret, IsSealedInItsRow) {
  const Vault vault = With(one_);
  EXPECT_FALSE(AnySealed());
  ASSERT_OK(InsertBudget(*db_, &vault, Sample(), 0, 0));
  EXPECT_TRUE(AnySealed());
  EXPECT_EQ(Sealed().find(kSecret), std::string::npos);
  Budget budget = Loaded(vault);
  EXPECT_EQ(budget.webhook_secret, kSecret);
  budget.webhook_secret.clear();
  ASSERT_OK(ChangeBudget(*db_, &vault, budget));
  EXPECT_FALSE(AnySealed());
}

TEST_P(WebhookSecret, OfAnOlderVersionIsSealedByTheNextStart) {
  ASSERT_OK(db_->Write([](store::Connection& db) -> Status {
    RETURN_IF_ERROR(db.Execute("INSERT INTO budget (id, workspace_id, scope, subject, period, amount_micro, hard, "
                               "alerts_ppm, webhook_url, webhook_secret, created_ms) VALUES ('bud_1', 'ws_1', 0, '', "
                               "1, 1000, 1, '', 'https://example.com/hook', ?, 1)",
                               {kSecret}));
    return {};
  }));
  const Vault vault = With(one_);
  EXPECT_EQ(Loaded(vault).webhook_secret, kSecret);
  EXPECT_TRUE(vault.IsCurrent(Sealed()));
  db_.reset();
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(bytes.find(kSecret), std::string::npos) << entry.path();
  }
  Open();
  EXPECT_EQ(Loaded(vault).webhook_secret, kSecret);
}

TEST_P(WebhookSecret, IsSealedAnewWithTheNewestKey) {
  ASSERT_OK([&] {
    const Vault old = With(one_);
    return InsertBudget(*db_, &old, Sample(), 0, 0);
  }());
  const Vault both = With(one_ + two_);
  EXPECT_FALSE(both.IsCurrent(Sealed()));
  EXPECT_EQ(Loaded(both).webhook_secret, kSecret);
  EXPECT_TRUE(both.IsCurrent(Sealed()));
  EXPECT_EQ(Loaded(With(two_)).webhook_secret, kSecret) << "the old key can go";
}

TEST_P(WebhookSecret, WithoutItsKeyStaysUntilItIsSetAnew) {
  const Vault vault = With(one_);
  ASSERT_OK(InsertBudget(*db_, &vault, Sample(), 0, 0));
  const std::string sealed = Sealed();
  const Vault wrong = With(two_);
  Budget budget = Loaded(wrong);
  EXPECT_TRUE(budget.webhook_locked);
  EXPECT_EQ(budget.webhook_secret, "");
  EXPECT_EQ(budget.webhook_url, "https://example.com/hook");
  budget.amount_micro = 2000;
  ASSERT_OK(ChangeBudget(*db_, &wrong, budget));
  EXPECT_EQ(Sealed(), sealed) << "another change leaves it";
  EXPECT_EQ(Loaded(vault).webhook_secret, kSecret) << "the key came back";
  EXPECT_FALSE(Loaded(vault).webhook_locked);
  budget.webhook_locked = false;
  budget.webhook_secret = "another";
  ASSERT_OK(ChangeBudget(*db_, &wrong, budget));
  EXPECT_EQ(Loaded(wrong).webhook_secret, "another");
}

YUN_ON_EACH_DATABASE(WebhookSecret);

}  // namespace
}  // namespace yun::cloud
