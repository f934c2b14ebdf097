// Idempotency-Keys that were used of late: the same again is refused, so nothing is run or charged twice. A claim
// stands in the meter's slot while its request runs, and in the database from its settlement on.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "store/database.h"

namespace yun::cloud {

/// A hash of workspace and key (BLAKE2b, 128 bits); zeros: no key.
using ClaimId = std::array<std::uint64_t, 2>;
ClaimId ClaimOf(std::string_view workspace_id, std::string_view key);
/// 32 hex digits.
std::string ClaimText(const ClaimId& claim);

/// thread: one at a time. Times do not go backwards.
class ClaimBook {
 public:
  Status Load(store::Connection& db, std::int64_t now_ms);
  /// Forgets those older than kClaimKeptMs.
  void Expire(std::int64_t now_ms);
  std::size_t size() const { return claims_.size(); }
  /// The receipt that a claim belongs to; null when there is none.
  const std::string* Find(const ClaimId& claim) const;
  void Add(const ClaimId& claim, std::string receipt_id, std::int64_t now_ms);
  /// Takes it back if it is this receipt's.
  void Remove(const ClaimId& claim, std::string_view receipt_id);

 private:
  struct Hash {
    std::size_t operator()(const ClaimId& claim) const { return claim[0]; }
  };
  struct Claim {
    std::string receipt_id;
    std::int64_t claimed_ms = 0;
  };
  std::unordered_map<ClaimId, Claim, Hash> claims_;
  std::deque<std::pair<std::int64_t, ClaimId>> ages_;
};

}  // namespace yun::cloud
