#include "cloud/claim_book.h"

#include <fmt/format.h>
#include <sodium.h>

#include <charconv>

#include "cloud/ledger.h"

namespace yun::cloud {

ClaimId ClaimOf(std::string_view workspace_id, std::string_view key) {
  if (key.empty()) return {};
  const std::string text = fmt::format("{}\n{}", workspace_id, key);
  ClaimId claim{};
  crypto_generichash(reinterpret_cast<unsigned char*>(claim.data()), sizeof(claim),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
  return claim;
}

std::string ClaimText(const ClaimId& claim) { return fmt::format("{:016x}{:016x}", claim[0], claim[1]); }

Status ClaimBook::Load(store::Connection& db, std::int64_t now_ms) {
  ASSIGN_OR_RETURN(const store::Rows rows,
                   db.Query("SELECT claim, receipt_id, claimed_ms FROM idempotency_claim WHERE claimed_ms > ? "
                            "ORDER BY claimed_ms LIMIT ?",
                            {now_ms - kClaimKeptMs, static_cast<std::int64_t>(kClaimsMax)}));
  for (const store::Row& row : rows) {
    const std::string_view text = row.Text(0);
    if (text.size() != 32) continue;
    ClaimId claim{};
    std::from_chars(text.data(), text.data() + 16, claim[0], 16);
    std::from_chars(text.data() + 16, text.data() + 32, claim[1], 16);
    Add(claim, std::string(row.Text(1)), row.Int(2));
  }
  return {};
}

void ClaimBook::Expire(std::int64_t now_ms) {
  for (; !ages_.empty() && ages_.front().first <= now_ms - kClaimKeptMs; ages_.pop_front()) {
    const auto it = claims_.find(ages_.front().second);
    if (it != claims_.end() && it->second.claimed_ms == ages_.front().first) claims_.erase(it);
  }
}

const std::string* ClaimBook::Find(const ClaimId& claim) const {
  const auto it = claims_.find(claim);
  return it == claims_.end() ? nullptr : &it->second.receipt_id;
}

void ClaimBook::Add(const ClaimId& claim, std::string receipt_id, std::int64_t now_ms) {
  claims_[claim] = {std::move(receipt_id), now_ms};
  ages_.emplace_back(now_ms, claim);
}

void ClaimBook::Remove(const ClaimId& claim, std::string_view receipt_id) {
  const auto it = claims_.find(claim);
  if (it != claims_.end() && it->second.receipt_id == receipt_id) claims_.erase(it);
}

}  // namespace yun::cloud
