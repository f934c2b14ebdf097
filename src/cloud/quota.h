// The rules of the rate limiter as they are kept: table limit_rule, editable while the server runs.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cloud/rate_limit.h"

namespace yun::store {
class Database;
}

namespace yun::cloud {

inline constexpr std::size_t kLimitRulesMax = 100000;
inline constexpr std::size_t kLimitRulesOfAccountMax = 5000;  // its admins make rules for keys: not all of them
inline constexpr std::int64_t kLimitMax = 1'000'000'000'000;  // of any number of a rule

/// thread: all methods from any thread
class Quotas {
 public:
  /// Reads the rules into `limiter`. errors: kDisk
  static Result<std::unique_ptr<Quotas>> Open(store::Database& database, RateLimiter& limiter);

  /// Makes or replaces a rule; all limits 0 removes it. What is set holds from the next request on.
  /// errors: kInvalidArgument (a number out of range; the workspaces of an account would have more than it has for
  /// this model: says both), kTooMany (kLimitRulesMax, kLimitRulesOfAccountMax), kDisk
  Status Set(const LimitRule& rule);
  /// Of one account; empty: all.
  std::vector<LimitRule> List(std::string_view account_id = {}) const;

 private:
  Quotas(store::Database& database, RateLimiter& limiter) : database_(database), limiter_(limiter) {}
  store::Database& database_;  // borrows:
  RateLimiter& limiter_;       // borrows:
  std::mutex change_;          // one change at a time: sums are checked against the others
};

}  // namespace yun::cloud
