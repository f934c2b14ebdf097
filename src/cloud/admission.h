// May this request be served, and who pays? A key's scopes, limits, balance and budgets, in this order; then a grant.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "cloud/ledger.h"
#include "cloud/rate_limit.h"

namespace yun::cloud {

class Partners;
struct Principal;
struct Suspension;

inline constexpr std::size_t kIdempotencyKeyBytesMax = 255;
inline constexpr std::size_t kAppNameBytesMax = 63;  // of MeterInfo

/// What a caller wants, as far as it matters for limits and money.
struct AdmissionRequest {
  std::string_view model;
  std::string_view request_id;
  std::string_view idempotency_key;  // may be empty
  std::string_view app;              // may be empty
  Units input;                       // of all prompts together: kInput, kEmbedding, ...
  std::int64_t answers = 1;          // prompts times n
  std::int64_t output_tokens = 0;    // longest answer of each: what the caller wants, or what the context leaves
  bool output_tokens_given = false;  // the caller said so: it is then served in full or refused
  bool batch = false;
};

/// Why not. `native` and `compatible` are the codes of the two dialects, e.g. Throttling.RateQuota and limit_requests.
struct Refusal {
  int status = 403;
  std::string native, compatible;
  std::string message;
  int retry_after_s = 0;  // 0: nothing known, or no use
};

/// For a key that is good but for this.
Refusal RefusalOf(const Suspension& suspension);

/// A request that may be served: what it reserved is settled once, at its end, whatever that is.
/// thread: all methods from any thread
class Grant {
 public:
  Grant(Ledger& ledger, std::shared_ptr<Reservation> reservation, RateLimiter::Hold hold, std::int64_t answers);
  Grant(const Grant&) = delete;
  Grant& operator=(const Grant&) = delete;
  ~Grant();  // settles as kAborted what is not settled

  const std::string& receipt_id() const { return reservation_->receipt_id; }
  const Reservation& reservation() const { return *reservation_; }
  /// The bound of each answer, in tokens: what the caller wants or, where it did not say, what it can pay for.
  std::int64_t output_tokens() const { return output_tokens_; }
  /// Where the engine counts what answer `i` uses: one for each of AdmissionRequest::answers.
  const std::shared_ptr<Ticket>& ticket(std::size_t i) const { return reservation_->tickets[i]; }
  /// Charges what was used and gives the rest back; from then on FindReceipt knows it. No ticket is written any more.
  /// The second call and those after it do nothing.
  void Settle(EndReason reason);
  /// Nothing of it was ever begun: no receipt.
  void Release();
  /// The next start settles it, by what the database says then.
  void Leave();

 private:
  Ledger& ledger_;  // borrows:
  const std::shared_ptr<Reservation> reservation_;
  const std::int64_t output_tokens_;
  std::mutex mutex_;  // hold_, ended_
  RateLimiter::Hold hold_;
  bool ended_ = false;
};

/// thread: all methods from any thread
class Admission {
 public:
  /// Without `partners` nothing is kept back that is not listed yet.
  Admission(RateLimiter& limiter, Ledger& ledger, const Partners* partners = nullptr)
      : limiter_(limiter), ledger_(ledger), partners_(partners) {}

  struct Answer {
    std::shared_ptr<Grant> grant;  // null: refused
    std::optional<Refusal> refusal;
    LimitsLeft left;
  };
  /// A few microseconds, from memory alone.
  Answer Admit(const Principal& principal, const AdmissionRequest& request);

  /// Longest answer that a limit of tokens counts with where the caller does not say; a longer one delays what follows.
  static constexpr std::int64_t kOutputTokensAssumed = 1024;

 private:
  RateLimiter& limiter_;      // borrows:
  Ledger& ledger_;            // borrows:
  const Partners* partners_;  // borrows:
};

}  // namespace yun::cloud
