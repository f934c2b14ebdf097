#include "cloud/budget_rows.h"

#include <fmt/format.h>

#include <charconv>

#include "base/check.h"
#include "base/log.h"
#include "cloud/glob.h"
#include "cloud/price_book.h"
#include "cloud/rollup.h"

namespace yun::cloud {
namespace {

constexpr std::int64_t kAmountMax = 1'000'000'000'000'000'000;
constexpr std::size_t kSubjectMax = 200, kUrlMax = 2000, kSecretMax = 200;  // bytes
constexpr std::string_view kTable = "budget";                               // of what is sealed

std::string AlertsText(const std::vector<std::int32_t>& alerts_ppm) {
  return fmt::format("{}", fmt::join(alerts_ppm, ","));
}

std::vector<std::int32_t> AlertsOf(std::string_view text) {
  std::vector<std::int32_t> alerts;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    std::int32_t ppm = 0;
    const auto [next, error] = std::from_chars(at, end, ppm);
    if (error != std::errc()) break;
    alerts.push_back(ppm);
    at = next + 1;
  }
  return alerts;
}

store::Value SealedSecret(const Vault* vault, const std::string& budget_id, std::string_view secret) {
  if (secret.empty()) return {};
  CHECK(vault != nullptr);
  return store::Blob{vault->Seal(kTable, budget_id, secret)};
}

}  // namespace

Status CheckBudget(const Budget& budget) {
  const auto wrong = [](std::string_view why) { return Fail(Code::kInvalidArgument, "budget: {}", why); };
  if (budget.workspace_id.empty()) return wrong("needs a workspace");
  if (budget.amount_micro < 0 || budget.amount_micro > kAmountMax) return wrong("the amount must be 0 or more");
  if ((budget.scope == BudgetScope::kWorkspace) != budget.subject.empty())
    return wrong("a key or model is named exactly when the scope is one");
  if (budget.subject.size() > kSubjectMax) return wrong("the subject is too long");
  if (budget.alerts_ppm.size() > kBudgetAlertsMax) return wrong(fmt::format("more than {} alerts", kBudgetAlertsMax));
  for (std::size_t i = 0; i < budget.alerts_ppm.size(); ++i) {
    if (budget.alerts_ppm[i] < 1 || budget.alerts_ppm[i] > 10 * kMillion) return wrong("alerts are 1 to 10000000 ppm");
    if (i > 0 && budget.alerts_ppm[i] <= budget.alerts_ppm[i - 1]) return wrong("alerts must ascend");
  }
  if (budget.webhook_url.size() > kUrlMax || budget.webhook_secret.size() > kSecretMax)
    return wrong(fmt::format("a webhook's URL has at most {} bytes, its secret {}", kUrlMax, kSecretMax));
  if (!budget.webhook_url.empty() && !budget.webhook_url.starts_with("https://") &&
      !budget.webhook_url.starts_with("http://")) {
    return wrong("a webhook's URL begins with https:// or http://");
  }
  return {};
}

Status SealWebhooks(store::Database& db, const Vault* vault) {
  if (vault == nullptr) return {};
  return db.Write([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows,
                     connection.Query("SELECT id, webhook_secret, webhook_sealed FROM budget WHERE "
                                      "webhook_secret <> '' OR webhook_sealed IS NOT NULL LIMIT 1000000"));
    for (const store::Row& row : rows) {
      const std::string id(row.Text(0));
      std::string secret(row.Text(1));
      if (secret.empty()) {
        if (vault->IsCurrent(row.Bytes(2))) continue;
        Result<std::string> opened = vault->Unseal(kTable, id, row.Bytes(2));
        if (!opened) continue;  // LoadBudgets says so
        secret = std::move(*opened);
      }
      RETURN_IF_ERROR(connection.Execute("UPDATE budget SET webhook_secret = '', webhook_sealed = ? WHERE id = ?",
                                         {SealedSecret(vault, id, secret), id}));
    }
    return {};
  });
}

Status LoadBudgets(store::Connection& db, const Vault* vault, BudgetBook& book, std::int64_t now_ms) {
  ASSIGN_OR_RETURN(const store::Rows budgets,
                   db.Query("SELECT id, workspace_id, scope, subject, period, amount_micro, hard, alerts_ppm, "
                            "webhook_url, webhook_sealed, created_ms FROM budget LIMIT 1000000"));
  for (const store::Row& row : budgets) {
    Budget budget;
    budget.id = row.Text(0);
    budget.workspace_id = row.Text(1);
    budget.scope = static_cast<BudgetScope>(row.Int(2));
    budget.subject = row.Text(3);
    budget.period = static_cast<BudgetPeriod>(row.Int(4));
    budget.amount_micro = row.Int(5);
    budget.hard = row.Int(6) != 0;
    budget.alerts_ppm = AlertsOf(row.Text(7));
    budget.webhook_url = row.Text(8);
    if (!row.IsNull(9)) {
      CHECK(vault != nullptr);
      Result<std::string> secret = vault->Unseal(kTable, budget.id, row.Bytes(9));
      budget.webhook_locked = !secret;
      if (secret) budget.webhook_secret = std::move(*secret);
      else log::error("budget {}: no alert is posted until its webhook's secret is set anew: {}", budget.id,
                      secret.error().message);
    }
    budget.created_ms = row.Int(10);
    book.Put(std::move(budget), now_ms);
  }
  // Periods that may be running began this month, or at 0.
  const std::int64_t since = PeriodStart(BudgetPeriod::kMonth, now_ms);
  ASSIGN_OR_RETURN(const store::Rows spent, db.Query("SELECT budget_id, period_start_ms, spent_micro FROM budget_use "
                                                     "WHERE period_start_ms = 0 OR period_start_ms >= ? LIMIT 1000000",
                                                     {since}));
  for (const store::Row& row : spent) book.Restore(row.Text(0), row.Int(1), row.Int(2));
  ASSIGN_OR_RETURN(const store::Rows told,
                   db.Query("SELECT budget_id, period_start_ms, threshold_ppm FROM budget_alert "
                            "WHERE period_start_ms = 0 OR period_start_ms >= ? LIMIT 1000000",
                            {since}));
  for (const store::Row& row : told) book.RestoreAlert(row.Text(0), row.Int(1), static_cast<std::int32_t>(row.Int(2)));
  return {};
}

Status InsertBudget(store::Database& db, const Vault* vault, const Budget& budget, std::int64_t period_start_ms,
                    std::int64_t spent_micro) {
  return db.Write([&](store::Connection& connection) -> Status {
    RETURN_IF_ERROR(connection.Execute(
        "INSERT INTO budget (id, workspace_id, scope, subject, period, amount_micro, hard, alerts_ppm, webhook_url, "
        "webhook_secret, webhook_sealed, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?)",
        {budget.id, budget.workspace_id, static_cast<std::int64_t>(budget.scope), budget.subject,
         static_cast<std::int64_t>(budget.period), budget.amount_micro, static_cast<std::int64_t>(budget.hard),
         AlertsText(budget.alerts_ppm), budget.webhook_url, SealedSecret(vault, budget.id, budget.webhook_secret),
         budget.created_ms}));
    RETURN_IF_ERROR(
        connection.Execute("INSERT INTO budget_use (budget_id, period_start_ms, spent_micro) VALUES (?, ?, ?)",
                           {budget.id, period_start_ms, spent_micro}));
    return {};
  });
}

Status ChangeBudget(store::Database& db, const Vault* vault, const Budget& budget) {
  return db.Write([&](store::Connection& connection) -> Status {
    RETURN_IF_ERROR(
        connection.Execute("UPDATE budget SET amount_micro = ?, hard = ?, alerts_ppm = ?, webhook_url = ? WHERE id = ?",
                           {budget.amount_micro, static_cast<std::int64_t>(budget.hard), AlertsText(budget.alerts_ppm),
                            budget.webhook_url, budget.id}));
    if (budget.webhook_locked) return {};
    RETURN_IF_ERROR(connection.Execute("UPDATE budget SET webhook_sealed = ? WHERE id = ?",
                                       {SealedSecret(vault, budget.id, budget.webhook_secret), budget.id}));
    return {};
  });
}

Status RemoveBudget(store::Database& db, std::string_view id) {
  return db.Write([&](store::Connection& connection) -> Status {
    RETURN_IF_ERROR(connection.Execute("DELETE FROM budget WHERE id = ?", {id}));
    return {};
  });
}

Result<std::int64_t> SpentBefore(store::Database& db, const Budget& budget, std::int64_t from_ms, std::int64_t to_ms) {
  UsageQuery query{.from_ms = from_ms, .to_ms = to_ms, .granularity = Granularity::kDay, .by = kByModel};
  query.workspace_id = budget.workspace_id;
  if (budget.scope == BudgetScope::kKey) query.key_id = budget.subject;
  ASSIGN_OR_RETURN(const std::vector<UsageRow> rows, QueryUsage(db, query));
  std::int64_t spent = 0;
  for (const UsageRow& row : rows)
    if (budget.scope != BudgetScope::kModel || GlobMatches(budget.subject, row.model)) spent += row.amount_micro;
  return spent;
}

BudgetAlert AlertOf(const store::Row& row) {
  return {.id = std::string(row.Text(0)),
          .budget_id = std::string(row.Text(1)),
          .workspace_id = std::string(row.Text(2)),
          .period_start_ms = row.Int(3),
          .threshold_ppm = static_cast<std::int32_t>(row.Int(4)),
          .spent_micro = row.Int(5),
          .amount_micro = row.Int(6),
          .created_ms = row.Int(7),
          .delivered_ms = row.Int(8),
          .attempts = static_cast<std::int32_t>(row.Int(9)),
          .last_error = std::string(row.Text(10))};
}

Result<std::vector<BudgetAlert>> ReadAlerts(store::Database& db, std::string_view workspace_id, std::size_t rows_max) {
  std::vector<BudgetAlert> alerts;
  RETURN_IF_ERROR(db.Read([&](store::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows,
                     connection.Query("SELECT id, budget_id, workspace_id, period_start_ms, threshold_ppm, "
                                      "spent_micro, amount_micro, created_ms, delivered_ms, attempts, last_error FROM "
                                      "budget_alert WHERE workspace_id = ? ORDER BY created_ms DESC, threshold_ppm "
                                      "DESC LIMIT ?",
                                      {workspace_id, static_cast<std::int64_t>(rows_max)}));
    for (const store::Row& row : rows) alerts.push_back(AlertOf(row));
    return {};
  }));
  return alerts;
}

}  // namespace yun::cloud
