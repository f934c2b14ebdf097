// Delivers budget alerts: in the background, again after failures, a bounded number of times.
#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "cloud/budget.h"
#include "cloud/budget_book.h"
#include "cloud/clock.h"
#include "store/database.h"

namespace yun::cloud {

inline constexpr std::size_t kAlertsQueuedMax = 10'000;  // more wait in the database for the next start

/// thread: all methods from any thread
class AlertSender {
 public:
  /// No `send`: does nothing.
  AlertSender(store::Database& db, const Clock& clock, WebhookSender send, std::int64_t retry_ms)
      : db_(db), clock_(clock), send_(std::move(send)), retry_ms_(retry_ms) {}
  ~AlertSender();
  /// Takes up what a former process did not deliver, for the budgets in `book`.
  Status Start(const BudgetBook& book);
  /// An alert that is in the database. Nothing is sent without a URL or with a locked secret.
  void Add(BudgetAlert alert, const Budget& budget);

 private:
  struct Item {
    BudgetAlert alert;
    std::string url, secret;
    std::chrono::steady_clock::time_point due;
  };
  void Run(std::stop_token stop);
  void Send(Item item);

  store::Database& db_;  // borrows:
  const Clock& clock_;   // borrows:
  const WebhookSender send_;
  const std::int64_t retry_ms_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Item> items_;
  std::jthread thread_;
};

}  // namespace yun::cloud
