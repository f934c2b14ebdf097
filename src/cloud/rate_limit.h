// How often and how much: requests and tokens a minute and a second, ramps, streams at once. Memory alone, no SQL.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yun::cloud {

struct Clock;

enum class LimitScope : std::uint8_t { kAccount, kWorkspace, kKey };
/// "account", "workspace", "key"
std::string_view LimitScopeName(LimitScope scope);
std::optional<LimitScope> ParseLimitScope(std::string_view name);

/// What is allowed; 0: no limit. In any second: requests / 60 rounded up, and tokens / 60.
struct Limits {
  std::int64_t requests_per_minute = 0;
  std::int64_t tokens_per_minute = 0;  // prompt and longest answer, corrected when the answer is complete
  std::int64_t concurrent = 0;         // requests whose answer is not complete
  std::int64_t burst_per_second = 0;   // requests that may come at once; beyond, kRampFactor times the rate of before
  bool operator==(const Limits&) const = default;
};

/// For one account, workspace or key, and one model.
struct LimitRule {
  std::string account_id;  // whose limit it is, or whose the workspace or key is
  LimitScope scope = LimitScope::kWorkspace;
  std::string scope_id;
  std::string model = kEveryModel;  // kEveryModel: all models together
  Limits limits;
  static constexpr const char* kEveryModel = "*";
};

/// Whom a request counts for.
struct LimitSubject {
  std::string_view account_id, workspace_id, key_id, model;
};

enum class LimitKind : std::uint8_t { kRequests, kTokens, kBurst, kConcurrent };

/// Why a request must wait.
struct LimitRefusal {
  LimitKind kind = LimitKind::kRequests;
  bool per_second = false;  // else per minute (kRequests, kTokens)
  bool never = false;       // it asks for more tokens than a whole minute allows
  std::int64_t limit = 0;   // what the rule allows, in the unit of its kind
  LimitRule rule;
  std::int64_t retry_after_ns = 0;  // when there will be room, if nobody else comes
};

/// What is left by the tightest rule of a request; limit 0: no rule.
struct LimitLeft {
  std::int64_t limit = 0, remaining = 0;
  std::int64_t reset_ns = 0;  // until all of it is there again
};
struct LimitsLeft {
  LimitLeft requests, tokens;
};

/// Counts admitted requests in sliding windows: in no second, wherever it begins, are more requests (or tokens)
/// admitted than a second allows, and in no minute more than a minute does; under full demand a minute gets at least
/// 99 % of what it may. Tokens beyond what a second allows (a long prompt, or an answer that became longer than was
/// reserved) take up the seconds that follow. The account's number decides which lock a request takes.
/// thread: all methods from any thread; outlives its holds
class RateLimiter {
 public:
  static constexpr double kRampFactor = 2;          // of the mean of the ramp seconds before
  static constexpr std::int64_t kRampSeconds = 10;

  explicit RateLimiter(const Clock& clock);
  ~RateLimiter();

  /// Replaces the rule of the same scope, id and model; all limits 0 removes it. What was counted stays.
  void Set(LimitRule rule);
  std::vector<LimitRule> Rules() const;

  /// An admitted request: counts among the concurrent ones until Settle or the end of its life.
  class Hold {
   public:
    Hold() = default;
    Hold(Hold&&) noexcept;
    Hold& operator=(Hold&&) noexcept;
    ~Hold();  // without Settle: as if what was reserved had been used
    /// What was really used, in tokens: what was reserved beyond it can be had by others.
    void Settle(std::int64_t tokens_used);

   private:
    friend class RateLimiter;
    struct State;
    void End(std::optional<std::int64_t> tokens_used);
    std::unique_ptr<State> state_;  // null: no rule applies, or settled
  };

  struct Decision {
    std::optional<LimitRefusal> refusal;  // of the rule that lets wait longest
    Hold hold;                            // when there is no refusal
    LimitsLeft left;                      // after this request
  };
  /// Reserves `tokens`, or what a minute allows, if that is less, but no fewer than `tokens_least`. A refused request
  /// counts for nothing.
  Decision Admit(const LimitSubject& subject, std::int64_t tokens, std::int64_t tokens_least);
  /// As Admit would tell; counts nothing.
  LimitsLeft Left(const LimitSubject& subject);

 private:
  struct Counter;
  struct Shard;
  Shard& ShardOf(std::string_view account_id) const;
  const Clock& clock_;  // borrows:
  std::unique_ptr<Shard[]> shards_;
};

}  // namespace yun::cloud
