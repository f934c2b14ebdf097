#include "cloud/rate_limit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <mutex>
#include <unordered_map>

#include "base/check.h"
#include "cloud/clock.h"

namespace yun::cloud {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;  // ns
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kSecondsAMinute = 60;
constexpr std::size_t kShards = 16;
// What comes within such a time is one entry, and stays until its last part may go: at most 0.2 % of a second and
// 0.34 % of a minute are lost to it, and an entry more than 500 or 300 never is.
constexpr std::int64_t kMergeInSecond = 2'000'000;
constexpr std::int64_t kMergeInMinute = 200'000'000;
constexpr std::int64_t kDebtMinutesMax = 10;  // an answer far longer than reserved keeps others away no longer
constexpr std::size_t kEntriesKept = 16;  // memory of an idle log

std::int64_t CeilDiv(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Amounts of the last `span`, and such as are promised to seconds to come. In time's order.
class SlidingLog {
 public:
  SlidingLog(std::int64_t span, std::int64_t merge) : span_(span), merge_(merge) {}

  /// Forgets what a window that ends at `now` no longer holds: [t, t + span) holds nothing of t + span.
  void Expire(std::int64_t now) {
    while (head_ < entries_.size() && entries_[head_].at <= now - span_) sum_ -= entries_[head_++].amount;
    if (head_ == entries_.size()) {
      entries_.clear();
      if (entries_.capacity() > kEntriesKept) entries_.shrink_to_fit();
      head_ = 0;
    } else if (head_ > entries_.size() / 2) {
      entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
  }

  void Add(std::int64_t at, std::int64_t amount) {
    sum_ += amount;
    if (head_ < entries_.size() && at - entries_.back().from <= merge_) {
      entries_.back().at = std::max(entries_.back().at, at);
      entries_.back().amount += amount;
    } else {
      entries_.push_back({at, at, amount});
    }
  }

  /// Takes back of what was added at that time, if it is still there.
  void TakeBack(std::int64_t at, std::int64_t amount) {
    const auto found = std::lower_bound(entries_.begin() + static_cast<std::ptrdiff_t>(head_), entries_.end(), at,
                                        [](const Entry& entry, std::int64_t time) { return entry.at < time; });
    if (found == entries_.end() || found->from > at) return;
    amount = std::min(amount, found->amount);
    found->amount -= amount;
    sum_ -= amount;
    while (entries_.size() > head_ && entries_.back().amount == 0) entries_.pop_back();
  }

  std::int64_t sum() const { return sum_; }
  bool empty() const { return head_ == entries_.size(); }
  std::int64_t last() const { return empty() ? INT64_MIN : entries_.back().at; }
  std::int64_t Since(std::int64_t after) const {
    std::int64_t sum = 0;
    for (std::size_t i = entries_.size(); i > head_ && entries_[i - 1].at > after; --i) sum += entries_[i - 1].amount;
    return sum;
  }
  /// When the sum will have come down to `most`, if nothing is added.
  std::int64_t WhenAtMost(std::int64_t most, std::int64_t now) const {
    std::int64_t left = sum_;
    for (std::size_t i = head_; i < entries_.size(); ++i) {
      if (left <= most) break;
      left -= entries_[i].amount;
      now = std::max(now, entries_[i].at + span_);
    }
    return now;
  }

 private:
  struct Entry {
    std::int64_t from, at, amount;  // of its parts the first and the last
  };
  std::int64_t span_, merge_;
  std::vector<Entry> entries_;
  std::size_t head_ = 0;
  std::int64_t sum_ = 0;
};

std::string KeyOf(std::string_view account, LimitScope scope, std::string_view id, std::string_view model) {
  std::string key;
  key.reserve(account.size() + id.size() + model.size() + 3);
  key.append(account).append(1, '\0').append(1, static_cast<char>(scope)).append(id).append(1, '\0').append(model);
  return key;
}

}  // namespace

std::string_view LimitScopeName(LimitScope scope) {
  constexpr std::array<std::string_view, 3> kNames = {"account", "workspace", "key"};
  return kNames[static_cast<std::size_t>(scope)];
}

std::optional<LimitScope> ParseLimitScope(std::string_view name) {
  for (const LimitScope scope : {LimitScope::kAccount, LimitScope::kWorkspace, LimitScope::kKey})
    if (LimitScopeName(scope) == name) return scope;
  return {};
}

/// What one rule has counted. Tokens are counted in sixtieths, so that a second's share of a minute is a whole number.
struct RateLimiter::Counter {
  LimitRule rule;
  SlidingLog requests_in_second{kSecond, kMergeInSecond}, requests_in_minute{kMinute, kMergeInMinute};
  SlidingLog tokens_in_second{kSecond, kMergeInSecond}, tokens_in_minute{kMinute, kMergeInMinute};
  std::int64_t running = 0;

  void Expire(std::int64_t now) {
    for (SlidingLog* log : {&requests_in_second, &requests_in_minute, &tokens_in_second, &tokens_in_minute})
      log->Expire(now);
  }

  std::int64_t ToReserve(std::int64_t tokens, std::int64_t tokens_least) const {
    if (rule.limits.tokens_per_minute == 0) return tokens;
    return std::max(tokens_least, std::min(tokens, rule.limits.tokens_per_minute));
  }

  std::optional<LimitRefusal> Refuses(std::int64_t tokens, std::int64_t now) const {
    const Limits& limits = rule.limits;
    std::optional<LimitRefusal> worst;
    const auto refuse = [&](LimitKind kind, bool per_second, std::int64_t limit, std::int64_t when) {
      if (!worst || when - now > worst->retry_after_ns)
        worst = LimitRefusal{kind, per_second, false, limit, rule, std::max<std::int64_t>(when - now, 0)};
    };
    if (limits.concurrent > 0 && running >= limits.concurrent)
      refuse(LimitKind::kConcurrent, false, limits.concurrent, now);
    if (limits.burst_per_second > 0) {
      const double before = static_cast<double>(requests_in_minute.Since(now - kRampSeconds * kSecond));
      const std::int64_t may = std::max(limits.burst_per_second,
                                        static_cast<std::int64_t>(std::ceil(kRampFactor * before / kRampSeconds)));
      if (requests_in_second.sum() >= may)
        refuse(LimitKind::kBurst, true, may, requests_in_second.WhenAtMost(may - 1, now));
    }
    if (limits.requests_per_minute > 0) {
      const std::int64_t a_second = CeilDiv(limits.requests_per_minute, kSecondsAMinute);
      if (requests_in_second.sum() >= a_second)
        refuse(LimitKind::kRequests, true, a_second, requests_in_second.WhenAtMost(a_second - 1, now));
      if (requests_in_minute.sum() >= limits.requests_per_minute)
        refuse(LimitKind::kRequests, false, limits.requests_per_minute,
               requests_in_minute.WhenAtMost(limits.requests_per_minute - 1, now));
    }
    if (const std::int64_t a_second = limits.tokens_per_minute; a_second > 0) {  // in sixtieths
      if (tokens > limits.tokens_per_minute) {
        LimitRefusal never{LimitKind::kTokens, false, true, limits.tokens_per_minute, rule, INT64_MAX};
        return never;
      }
      // More than a second's share begins in what is left of this second and goes on in those that follow.
      const std::int64_t room = tokens * kSecondsAMinute <= a_second ? tokens * kSecondsAMinute : 1;
      const std::int64_t free_at =
          std::max(tokens_in_second.WhenAtMost(a_second - room, now), tokens_in_second.last());
      if (free_at > now)
        refuse(LimitKind::kTokens, tokens_in_minute.sum() + tokens * kSecondsAMinute <= a_second * kSecondsAMinute,
               limits.tokens_per_minute, free_at);
    }
    return worst;
  }

  /// Where tokens count: `first_part` sixtieths at `first`, then `a_second` in each second up to `last`.
  struct Span {
    std::int64_t counted_at = 0, first = 0, last = 0;
    std::int64_t first_part = 0, last_part = 0, a_second = 0;
  };

  /// Counts sixtieths from `now` on, as fast as the rule allows.
  Span CountTokens(std::int64_t now, std::int64_t sixtieths) {
    const std::int64_t a_second = rule.limits.tokens_per_minute;
    tokens_in_minute.Add(now, sixtieths);
    Span span{now, std::max(now, tokens_in_second.last()), 0, 0, 0, a_second};
    span.last = span.first;
    const std::int64_t counted = tokens_in_second.Since(span.first - kSecond);
    span.first_part = span.last_part = std::min(sixtieths, std::max<std::int64_t>(a_second - counted, 0));
    if (span.first_part > 0) tokens_in_second.Add(span.first, span.first_part);
    for (std::int64_t left = sixtieths - span.first_part; left > 0; left -= span.last_part) {
      span.last += kSecond;
      span.last_part = std::min(left, a_second);
      tokens_in_second.Add(span.last, span.last_part);
    }
    return span;
  }

  /// Takes sixtieths back, those of the latest seconds first: what a second in the past allowed is lost.
  void TakeTokensBack(const Span& span, std::int64_t sixtieths, std::int64_t now) {
    tokens_in_minute.TakeBack(span.counted_at, sixtieths);
    for (std::int64_t at = span.last; sixtieths > 0 && at >= span.first && at > now - kSecond; at -= kSecond) {
      const std::int64_t part = at == span.first ? span.first_part : at == span.last ? span.last_part : span.a_second;
      tokens_in_second.TakeBack(at, std::min(part, sixtieths));
      sixtieths -= part;
    }
  }

  LimitLeft RequestsLeft(std::int64_t now) const {
    const std::int64_t limit = rule.limits.requests_per_minute;
    if (limit == 0) return {};
    return {limit, std::max<std::int64_t>(limit - requests_in_minute.sum(), 0),
            requests_in_minute.empty() ? 0 : requests_in_minute.last() + kMinute - now};
  }
  LimitLeft TokensLeft(std::int64_t now) const {
    const std::int64_t limit = rule.limits.tokens_per_minute;
    if (limit == 0) return {};
    return {limit, std::max<std::int64_t>(limit - CeilDiv(tokens_in_minute.sum(), kSecondsAMinute), 0),
            tokens_in_minute.empty() ? 0 : tokens_in_minute.last() + kMinute - now};
  }
};

struct RateLimiter::Shard {
  std::mutex mutex;
  std::unordered_map<std::string, std::shared_ptr<Counter>> counters;

  /// The counters of the rules that apply.
  std::vector<std::shared_ptr<Counter>> Of(const LimitSubject& s) const {
    std::vector<std::shared_ptr<Counter>> found;
    if (counters.empty()) return found;
    const std::pair<LimitScope, std::string_view> scopes[] = {{LimitScope::kAccount, s.account_id},
                                                              {LimitScope::kWorkspace, s.workspace_id},
                                                              {LimitScope::kKey, s.key_id}};
    for (const auto& [scope, id] : scopes)
      for (const std::string_view model : {s.model, std::string_view(LimitRule::kEveryModel)})
        if (const auto it = counters.find(KeyOf(s.account_id, scope, id, model)); it != counters.end())
          found.push_back(it->second);
    return found;
  }
};

namespace {

void Tighten(LimitLeft& tightest, const LimitLeft& other) {
  if (other.limit > 0 && (tightest.limit == 0 || other.remaining < tightest.remaining)) tightest = other;
}

}  // namespace

struct RateLimiter::Hold::State {
  struct Part {
    std::shared_ptr<Counter> counter;
    std::int64_t reserved = 0;  // tokens; 0 where the rule had no limit of them
    Counter::Span span{};
  };
  Shard* shard = nullptr;  // borrows:
  const Clock* clock = nullptr;
  std::vector<Part> parts;
};

RateLimiter::Hold::Hold(Hold&&) noexcept = default;
RateLimiter::Hold& RateLimiter::Hold::operator=(Hold&& other) noexcept {
  if (this != &other) {
    End({});
    state_ = std::move(other.state_);
  }
  return *this;
}
RateLimiter::Hold::~Hold() { End({}); }
void RateLimiter::Hold::Settle(std::int64_t tokens_used) { End(tokens_used); }

void RateLimiter::Hold::End(std::optional<std::int64_t> tokens_used) {
  if (!state_) return;
  const std::unique_ptr<State> state = std::move(state_);
  std::lock_guard lock(state->shard->mutex);
  const std::int64_t now = state->clock->steady_ns();
  for (State::Part& part : state->parts) {
    Counter& counter = *part.counter;
    --counter.running;
    if (part.reserved == 0 || !tokens_used || counter.rule.limits.tokens_per_minute == 0) continue;
    counter.Expire(now);
    const std::int64_t more = *tokens_used - part.reserved;
    const std::int64_t debt_max = kDebtMinutesMax * counter.rule.limits.tokens_per_minute;
    if (more > 0)
      counter.CountTokens(now, std::min(more, debt_max) * kSecondsAMinute);
    else
      counter.TakeTokensBack(part.span, -more * kSecondsAMinute, now);
  }
}

RateLimiter::RateLimiter(const Clock& clock) : clock_(clock), shards_(std::make_unique<Shard[]>(kShards)) {}
RateLimiter::~RateLimiter() = default;

RateLimiter::Shard& RateLimiter::ShardOf(std::string_view account_id) const {
  return shards_[std::hash<std::string_view>()(account_id) % kShards];
}

void RateLimiter::Set(LimitRule rule) {
  Shard& shard = ShardOf(rule.account_id);
  std::string key = KeyOf(rule.account_id, rule.scope, rule.scope_id, rule.model);
  std::lock_guard lock(shard.mutex);
  if (rule.limits == Limits{}) {
    shard.counters.erase(key);
    return;
  }
  auto& counter = shard.counters[std::move(key)];
  if (!counter) counter = std::make_shared<Counter>();
  counter->rule = std::move(rule);
}

std::vector<LimitRule> RateLimiter::Rules() const {
  std::vector<LimitRule> rules;
  for (std::size_t i = 0; i < kShards; ++i) {
    std::lock_guard lock(shards_[i].mutex);
    for (const auto& [_, counter] : shards_[i].counters) rules.push_back(counter->rule);
  }
  return rules;
}

RateLimiter::Decision RateLimiter::Admit(const LimitSubject& subject, std::int64_t tokens, std::int64_t tokens_least) {
  CHECK(tokens >= 0 && tokens_least >= 0);
  Shard& shard = ShardOf(subject.account_id);
  Decision decision;
  std::lock_guard lock(shard.mutex);
  const auto counters = shard.Of(subject);
  if (counters.empty()) return decision;
  const std::int64_t now = clock_.steady_ns();
  for (const auto& counter : counters) {
    counter->Expire(now);
    auto refusal = counter->Refuses(counter->ToReserve(tokens, tokens_least), now);
    if (refusal && (!decision.refusal || refusal->retry_after_ns > decision.refusal->retry_after_ns))
      decision.refusal = std::move(refusal);
  }
  if (!decision.refusal) {
    decision.hold.state_ = std::make_unique<Hold::State>();
    Hold::State& state = *decision.hold.state_;
    state.shard = &shard;
    state.clock = &clock_;
    for (const auto& counter : counters) {
      Hold::State::Part part{counter};
      ++counter->running;
      counter->requests_in_second.Add(now, 1);
      counter->requests_in_minute.Add(now, 1);
      if (counter->rule.limits.tokens_per_minute > 0) {
        part.reserved = counter->ToReserve(tokens, tokens_least);
        if (part.reserved > 0) part.span = counter->CountTokens(now, part.reserved * kSecondsAMinute);
      }
      state.parts.push_back(std::move(part));
    }
  }
  for (const auto& counter : counters) {
    Tighten(decision.left.requests, counter->RequestsLeft(now));
    Tighten(decision.left.tokens, counter->TokensLeft(now));
  }
  return decision;
}

LimitsLeft RateLimiter::Left(const LimitSubject& subject) {
  Shard& shard = ShardOf(subject.account_id);
  LimitsLeft left;
  std::lock_guard lock(shard.mutex);
  const std::int64_t now = clock_.steady_ns();
  for (const auto& counter : shard.Of(subject)) {
    counter->Expire(now);
    Tighten(left.requests, counter->RequestsLeft(now));
    Tighten(left.tokens, counter->TokensLeft(now));
  }
  return left;
}

}  // namespace yun::cloud
