// May this request be served, and who pays? Key's scopes, limits, balance and budgets, in this order; then a grant.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cloud/rate_limit.h"
#include "cloud/usage.h"

namespace yun::cloud {

class Ledger;
class Meter;
class PriceBook;
struct Clock;
struct Principal;

/// What a caller wants, as far as it matters for limits and money.
struct AdmissionRequest {
  std::string_view model;
  std::string_view endpoint;  // of KeyScopes: "chat", "completions", "embeddings"
  std::string_view ip;        // the client's, without port
  std::string_view request_id;
  std::string_view idempotency_key;  // may be empty
  std::string_view app;              // may be empty
  std::int64_t input_tokens = 0;     // of all prompts together
  std::int64_t answers = 1;          // prompts times n
  std::int64_t output_tokens = 0;    // longest answer of each: what the caller wants, or what the context leaves
  bool output_tokens_given = false;  // the caller said so: it is then served in full or refused
  bool batch = false;
};

/// Why not. `native` and `compatible` are the codes of the two dialects, e.g. Throttling.RateQuota and limit_requests.
struct Refusal {
  int status = 403;
  std::string native, compatible, type;
  std::string message;
  int retry_after_s = 0;       // 0: nothing known, or no use
  std::string receipt_id;      // of the first request, where an idempotency key came again
  LimitsLeft left;
};

/// A request that may be served: what it reserved is settled once, at its end, whatever that is.
/// thread: Used from one thread at a time; Settle and the destructor from any
class Grant {
 public:
  virtual ~Grant() = default;  // settles as kAborted what is not settled, with what was used so far
  virtual const std::string& receipt_id() const = 0;
  /// The bound of each answer, in tokens: what the caller wants or, where it did not say, what it can pay for.
  virtual std::int64_t output_tokens() const = 0;
  virtual const LimitsLeft& left() const = 0;
  /// Counted so far, of all answers together: absolute values. Survives the end of the process.
  virtual void Used(const Units& so_far) = 0;
  /// Charges what was used and gives the rest back. The second call and those after it do nothing.
  virtual void Settle(EndReason reason) = 0;
};

/// thread: all methods from any thread
class Admission {
 public:
  struct Parts {
    RateLimiter* limiter = nullptr;
    Ledger* ledger = nullptr;
    Meter* meter = nullptr;
    const Clock* clock = nullptr;
  };
  explicit Admission(Parts parts) : parts_(parts) {}

  struct Answer {
    std::shared_ptr<Grant> grant;      // null: refused
    std::optional<Refusal> refusal;
  };
  Answer Admit(std::shared_ptr<const Principal> principal, const AdmissionRequest& request);

 private:
  Parts parts_;  // borrows:
};

}  // namespace yun::cloud
