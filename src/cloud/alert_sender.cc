#include "cloud/alert_sender.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/log.h"
#include "cloud/budget_rows.h"

namespace yun::cloud {
namespace {

constexpr std::size_t kErrorBytesMax = 200;  // of a message that is kept

std::string BodyOf(const BudgetAlert& alert) {
  return boost::json::serialize(boost::json::object{{"type", "budget_alert"},
                                                    {"id", alert.id},
                                                    {"budget_id", alert.budget_id},
                                                    {"workspace_id", alert.workspace_id},
                                                    {"period_start_ms", alert.period_start_ms},
                                                    {"threshold_ppm", alert.threshold_ppm},
                                                    {"spent_micro", alert.spent_micro},
                                                    {"amount_micro", alert.amount_micro},
                                                    {"created_ms", alert.created_ms}});
}

}  // namespace

Status AlertSender::Start(const BudgetBook& book) {
  if (!send_) return {};
  RETURN_IF_ERROR(db_.Flush());  // what a sender before this one has delivered
  RETURN_IF_ERROR(db_.Read([&](store::Connection& db) -> Status {
    ASSIGN_OR_RETURN(
        const store::Rows rows,
        db.Query("SELECT a.id, a.budget_id, a.workspace_id, a.period_start_ms, a.threshold_ppm, a.spent_micro, "
                 "a.amount_micro, a.created_ms, a.delivered_ms, a.attempts, a.last_error FROM budget_alert a "
                 "JOIN budget b ON b.id = a.budget_id "
                 "WHERE a.delivered_ms = 0 AND a.attempts < ? AND b.webhook_url <> '' ORDER BY a.created_ms LIMIT ?",
                 {static_cast<std::int64_t>(kWebhookAttemptsMax), static_cast<std::int64_t>(kAlertsQueuedMax)}));
    for (const store::Row& row : rows)
      if (const Budget* budget = book.Find(row.Text(1)); budget != nullptr) Add(AlertOf(row), *budget);
    return {};
  }));
  thread_ = std::jthread([this](std::stop_token stop) { Run(stop); });
  return {};
}

AlertSender::~AlertSender() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  thread_.request_stop();
  thread_.join();
}

void AlertSender::Add(BudgetAlert alert, const Budget& budget) {
  if (!send_ || budget.webhook_url.empty() || budget.webhook_locked) return;
  std::lock_guard lock(mutex_);
  if (items_.size() >= kAlertsQueuedMax) return;
  items_.push_back(
      {std::move(alert), budget.webhook_url, budget.webhook_secret, std::chrono::steady_clock::now()});
  wake_.notify_one();
}

void AlertSender::Run(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const auto next =
        std::min_element(items_.begin(), items_.end(), [](const Item& a, const Item& b) { return a.due < b.due; });
    if (next == items_.end()) {
      wake_.wait(lock, stop, [&] { return !items_.empty(); });
    } else if (next->due > std::chrono::steady_clock::now()) {
      const std::size_t known = items_.size();
      wake_.wait_until(lock, stop, next->due, [&] { return items_.size() != known; });
    } else {
      Item item = std::move(*next);
      items_.erase(next);
      lock.unlock();
      Send(std::move(item));
      lock.lock();
    }
  }
}

void AlertSender::Send(Item item) {
  Webhook webhook{.url = item.url, .body = BodyOf(item.alert), .cancel = &stopping_};
  webhook.signature = SignWebhook(item.secret, clock_.unix_ms() / 1000, webhook.body);
  const Status sent = send_(webhook);
  if (!sent && stopping_) return;  // the next start tries again
  ++item.alert.attempts;
  const std::int64_t delivered_ms = sent ? std::max<std::int64_t>(clock_.unix_ms(), 1) : 0;
  const std::string error = sent ? "" : sent.error().message.substr(0, kErrorBytesMax);
  if (!sent) log::warn("alert {}: not delivered (attempt {}): {}", item.alert.id, item.alert.attempts, error);
  const Status kept = db_.Enqueue([id = item.alert.id, attempts = std::int64_t{item.alert.attempts}, delivered_ms,
                                   error](store::Connection& db) -> Status {
    RETURN_IF_ERROR(db.Execute("UPDATE budget_alert SET delivered_ms = ?, attempts = ?, last_error = ? WHERE id = ?",
                               {delivered_ms, attempts, error, id}));
    return {};
  });
  if (!kept) log::warn("alert {}: {}", item.alert.id, kept.error().message);
  if (sent || item.alert.attempts >= kWebhookAttemptsMax) return;
  item.due = std::chrono::steady_clock::now() + std::chrono::milliseconds(retry_ms_ << (item.alert.attempts - 1));
  std::lock_guard lock(mutex_);
  if (items_.size() < kAlertsQueuedMax) items_.push_back(std::move(item));
}

}  // namespace yun::cloud
