#include "cloud/budget.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>

#include "cloud/budget_book.h"
#include "cloud/clock.h"
#include "cloud/glob.h"
#include "cloud/month.h"
#include "cloud/price_book.h"

namespace yun::cloud {
namespace {

constexpr std::array<std::string_view, 3> kScopes = {"workspace", "key", "model"};
constexpr std::array<std::string_view, 3> kPeriods = {"day", "month", "total"};

bool Applies(const Budget& budget, std::string_view key, std::string_view model) {
  switch (budget.scope) {
    case BudgetScope::kKey:
      return budget.subject == key;
    case BudgetScope::kModel:
      return GlobMatches(budget.subject, model);
    case BudgetScope::kWorkspace:
      break;
  }
  return true;
}

}  // namespace

std::string_view BudgetScopeName(BudgetScope scope) { return kScopes[static_cast<std::size_t>(scope)]; }
std::string_view BudgetPeriodName(BudgetPeriod period) { return kPeriods[static_cast<std::size_t>(period)]; }

std::int64_t PeriodStart(BudgetPeriod period, std::int64_t at_ms) {
  if (period == BudgetPeriod::kDay) return at_ms - at_ms % kDayMs;
  if (period == BudgetPeriod::kMonth) return Month::Of(at_ms).from_ms();
  return 0;
}

std::string SignWebhook(std::string_view secret, std::int64_t unix_s, std::string_view body) {
  const std::string text = fmt::format("{}.{}", unix_s, body);
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, reinterpret_cast<const unsigned char*>(secret.data()), secret.size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac;
  crypto_auth_hmacsha256_final(&state, mac.data());
  std::string out = fmt::format("t={},v1=", unix_s);
  for (const unsigned char byte : mac) out += fmt::format("{:02x}", byte);
  return out;
}

void BudgetBook::Roll(Entry& entry, std::int64_t now_ms) {
  const std::int64_t start = PeriodStart(entry.budget.period, now_ms);
  if (start <= entry.period_start_ms) return;
  entry.period_start_ms = start;
  entry.spent_micro = entry.held_micro = 0;
  entry.told.clear();
}

template <class F>
void BudgetBook::Each(std::string_view workspace, std::string_view key, std::string_view model, std::int64_t now_ms,
                      F&& f) {
  if (by_workspace_.empty()) return;
  const auto it = by_workspace_.find(std::string(workspace));
  if (it == by_workspace_.end()) return;
  for (Entry* entry : it->second) {
    if (!Applies(entry->budget, key, model)) continue;
    Roll(*entry, now_ms);
    f(*entry);
  }
}

std::size_t BudgetBook::CountOf(std::string_view workspace) const {
  const auto it = by_workspace_.find(std::string(workspace));
  return it == by_workspace_.end() ? 0 : it->second.size();
}

void BudgetBook::Put(Budget budget, std::int64_t now_ms) {
  auto& entry = by_id_[budget.id];
  if (entry == nullptr) {
    entry = std::make_unique<Entry>();
    by_workspace_[budget.workspace_id].push_back(entry.get());
    entry->period_start_ms = PeriodStart(budget.period, now_ms);
  }
  entry->budget = std::move(budget);
}

void BudgetBook::Erase(std::string_view id) {
  const auto it = by_id_.find(std::string(id));
  if (it == by_id_.end()) return;
  const auto list = by_workspace_.find(it->second->budget.workspace_id);
  std::erase(list->second, it->second.get());
  if (list->second.empty()) by_workspace_.erase(list);
  by_id_.erase(it);
}

const Budget* BudgetBook::Find(std::string_view id) const {
  const auto it = by_id_.find(std::string(id));
  return it == by_id_.end() ? nullptr : &it->second->budget;
}

void BudgetBook::Restore(std::string_view id, std::int64_t period_start_ms, std::int64_t spent_micro) {
  const auto it = by_id_.find(std::string(id));
  if (it != by_id_.end() && it->second->period_start_ms == period_start_ms) it->second->spent_micro = spent_micro;
}

void BudgetBook::RestoreAlert(std::string_view id, std::int64_t period_start_ms, std::int32_t threshold_ppm) {
  const auto it = by_id_.find(std::string(id));
  if (it != by_id_.end() && it->second->period_start_ms == period_start_ms) it->second->told.insert(threshold_ppm);
}

std::optional<BudgetBook::Left> BudgetBook::LeftFor(std::string_view workspace, std::string_view key,
                                                    std::string_view model, std::int64_t now_ms) {
  std::optional<Left> least;
  Each(workspace, key, model, now_ms, [&](const Entry& entry) {
    if (!entry.budget.hard) return;
    const std::int64_t left = entry.budget.amount_micro - entry.spent_micro - entry.held_micro;
    if (!least || left < least->micro) least = Left{left, &entry.budget};
  });
  return least;
}

BudgetHolds BudgetBook::Hold(std::string_view workspace, std::string_view key, std::string_view model,
                             std::int64_t micro, std::int64_t now_ms) {
  BudgetHolds holds;
  Each(workspace, key, model, now_ms, [&](Entry& entry) {
    const std::int64_t start = PeriodStart(entry.budget.period, now_ms);
    if (start == entry.period_start_ms) entry.held_micro += micro;
    holds.emplace_back(entry.budget.id, start);
  });
  return holds;
}

BudgetBook::Ended BudgetBook::End(const BudgetHolds& holds, std::int64_t held, std::int64_t charged,
                                  std::int64_t now_ms) {
  Ended ended;
  for (const auto& [id, period_start_ms] : holds) {
    const auto it = by_id_.find(id);
    if (it == by_id_.end()) continue;  // removed meanwhile
    Entry& entry = *it->second;
    if (charged != 0) ended.spends.push_back({id, period_start_ms, charged});
    if (entry.period_start_ms != period_start_ms) continue;  // of a period that is over
    entry.held_micro -= held;
    entry.spent_micro += charged;
    for (const std::int32_t ppm : entry.budget.alerts_ppm) {
      if (entry.spent_micro == 0 || static_cast<__int128>(entry.spent_micro) * kMillion <
                                        static_cast<__int128>(entry.budget.amount_micro) * ppm) {
        break;
      }
      if (!entry.told.insert(ppm).second) continue;
      ended.alerts.push_back({.budget_id = id,
                              .workspace_id = entry.budget.workspace_id,
                              .period_start_ms = period_start_ms,
                              .threshold_ppm = ppm,
                              .spent_micro = entry.spent_micro,
                              .amount_micro = entry.budget.amount_micro,
                              .created_ms = now_ms});
    }
  }
  return ended;
}

std::vector<BudgetState> BudgetBook::States(std::string_view workspace, std::int64_t now_ms) {
  std::vector<BudgetState> states;
  for (auto& [id, entry] : by_id_) {
    if (!workspace.empty() && entry->budget.workspace_id != workspace) continue;
    Roll(*entry, now_ms);
    states.push_back({entry->budget, entry->period_start_ms, entry->spent_micro, entry->held_micro});
    states.back().budget.webhook_secret.clear();
  }
  std::sort(states.begin(), states.end(), [](const BudgetState& a, const BudgetState& b) {
    return std::tie(a.budget.created_ms, a.budget.id) < std::tie(b.budget.created_ms, b.budget.id);
  });
  return states;
}

}  // namespace yun::cloud
