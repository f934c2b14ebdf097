// Budgets in memory: what is left of them, what is held, which alerts are due. No clock, no database, no lock.
#pragma once
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cloud/budget.h"

namespace yun::cloud {

/// Budgets that a reservation is held in, with the period's start.
using BudgetHolds = std::vector<std::pair<std::string, std::int64_t>>;

/// A period does not come back: a time before the present one changes nothing in it. thread: one at a time
class BudgetBook {
 public:
  struct Left {
    std::int64_t micro = 0;
    const Budget* budget = nullptr;  // lives until the book changes
  };
  struct Spend {
    std::string budget_id;
    std::int64_t period_start_ms = 0, micro = 0;
  };
  struct Ended {
    std::vector<Spend> spends;
    std::vector<BudgetAlert> alerts;
  };

  std::size_t size() const { return by_id_.size(); }
  std::size_t CountOf(std::string_view workspace) const;
  void Put(Budget budget, std::int64_t now_ms);  // a new one, or changed settings
  void Erase(std::string_view id);
  const Budget* Find(std::string_view id) const;
  /// What was spent and told before, read from the database. Another period than the current one is left out.
  void Restore(std::string_view id, std::int64_t period_start_ms, std::int64_t spent_micro);
  void RestoreAlert(std::string_view id, std::int64_t period_start_ms, std::int32_t threshold_ppm);

  /// The hard budget that leaves least; nothing when none applies.
  std::optional<Left> LeftFor(std::string_view workspace, std::string_view key, std::string_view model,
                              std::int64_t now_ms);
  /// In the period of `now_ms`, which may be over: what a former process left is held where it began.
  BudgetHolds Hold(std::string_view workspace, std::string_view key, std::string_view model, std::int64_t micro,
                   std::int64_t now_ms);
  /// The hold becomes `charged`, which may be 0.
  Ended End(const BudgetHolds& holds, std::int64_t held, std::int64_t charged, std::int64_t now_ms);
  std::vector<BudgetState> States(std::string_view workspace, std::int64_t now_ms);

 private:
  struct Entry {
    Budget budget;
    std::int64_t period_start_ms = 0, spent_micro = 0, held_micro = 0;
    std::set<std::int32_t> told;
  };
  static void Roll(Entry& entry, std::int64_t now_ms);
  template <class F>
  void Each(std::string_view workspace, std::string_view key, std::string_view model, std::int64_t now_ms, F&& f);

  std::unordered_map<std::string, std::unique_ptr<Entry>> by_id_;
  std::unordered_map<std::string, std::vector<Entry*>> by_workspace_;
};

}  // namespace yun::cloud
