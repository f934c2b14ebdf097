// Budgets and their alerts as rows of the database.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cloud/budget.h"
#include "cloud/budget_book.h"
#include "cloud/vault.h"
#include "store/database.h"

namespace yun::cloud {

/// errors: kInvalidArgument (says what)
Status CheckBudget(const Budget& budget);

// `vault` seals webhooks' secrets; null is good where there are none (else CHECK).

/// Seals what an older version left open or an older key has sealed.
Status SealWebhooks(store::Database& db, const Vault* vault);
/// All budgets, with what their present periods have cost and told.
Status LoadBudgets(store::Connection& db, const Vault* vault, BudgetBook& book, std::int64_t now_ms);
Status InsertBudget(store::Database& db, const Vault* vault, const Budget& budget, std::int64_t period_start_ms,
                    std::int64_t spent_micro);
/// Amount, hard, alerts and webhook; a locked secret stays.
Status ChangeBudget(store::Database& db, const Vault* vault, const Budget& budget);
Status RemoveBudget(store::Database& db, std::string_view id);

/// What receipts of a period have cost that a budget would have counted, by the rollups of days.
Result<std::int64_t> SpentBefore(store::Database& db, const Budget& budget, std::int64_t from_ms, std::int64_t to_ms);

/// id, budget_id, workspace_id, period_start_ms, threshold_ppm, spent_micro, amount_micro, created_ms, delivered_ms,
/// attempts, last_error
BudgetAlert AlertOf(const store::Row& row);
/// The latest first.
Result<std::vector<BudgetAlert>> ReadAlerts(store::Database& db, std::string_view workspace_id, std::size_t rows_max);

}  // namespace yun::cloud
