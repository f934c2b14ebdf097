// Budgets: the most that a workspace, a key or a model within a workspace may cost in a day, a month or in all. They
// stop the request that would cross, and tell before that. Spending is counted when a request is admitted (its
// reservation) and corrected when it ends, in the period in which it was admitted: so a budget is never passed.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yun::cloud {

enum class BudgetScope : std::uint8_t { kWorkspace, kKey, kModel };
enum class BudgetPeriod : std::uint8_t { kDay, kMonth, kTotal };  // UTC
std::string_view BudgetScopeName(BudgetScope scope);              // "workspace", "key", "model"
std::string_view BudgetPeriodName(BudgetPeriod period);           // "day", "month", "total"

inline constexpr std::size_t kBudgetsMax = 100'000;
inline constexpr std::size_t kBudgetsPerWorkspaceMax = 1'000;
inline constexpr std::size_t kBudgetAlertsMax = 8;  // thresholds of one budget

struct Budget {
  std::string id;  // "bud_..."; made when empty
  std::string workspace_id;
  BudgetScope scope = BudgetScope::kWorkspace;
  std::string subject;  // key id, or model pattern; empty for a workspace
  BudgetPeriod period = BudgetPeriod::kMonth;
  std::int64_t amount_micro = 0;
  bool hard = true;                      // false: only alerts
  std::vector<std::int32_t> alerts_ppm;  // of the amount, ascending; e.g. 500'000, 800'000, 1'000'000
  std::string webhook_url;               // empty: alerts are only listed
  std::string webhook_secret;            // signs what is sent; never given out again; sealed in the database
  bool webhook_locked = false;           // no key here opens its secret: nothing is sent until it is set anew
  std::int64_t created_ms = 0;
};

struct BudgetState {
  Budget budget;                     // without the secret
  std::int64_t period_start_ms = 0;  // 0: total
  std::int64_t spent_micro = 0, held_micro = 0;
};

struct BudgetAlert {
  std::string id;  // "alr_..."
  std::string budget_id, workspace_id;
  std::int64_t period_start_ms = 0;
  std::int32_t threshold_ppm = 0;
  std::int64_t spent_micro = 0, amount_micro = 0;
  std::int64_t created_ms = 0, delivered_ms = 0;  // delivered 0: not yet, or nowhere to
  std::int32_t attempts = 0;
  std::string last_error;
};

/// Where a period begins that holds `at_ms`; 0 for kTotal.
std::int64_t PeriodStart(BudgetPeriod period, std::int64_t at_ms);

/// An alert on its way: POST `body` (JSON) to `url` with the header `yun-signature: t=<unix seconds>,v1=<hex>`, the
/// HMAC-SHA256 of "<t>.<body>" under the budget's secret.
struct Webhook {
  std::string url, body, signature;
  const std::atomic<bool>* cancel = nullptr;  // borrows: true: stop sending
};
/// Sends one; after an error it is tried again, kWebhookAttemptsMax times in all. The server gives it, and there it
/// refuses addresses of its own network and limits time and answer.
using WebhookSender = std::function<Status(const Webhook&)>;
inline constexpr int kWebhookAttemptsMax = 8;  // after 10 s, 20 s, 40 s ... 20 min
std::string SignWebhook(std::string_view secret, std::int64_t unix_s, std::string_view body);

}  // namespace yun::cloud
