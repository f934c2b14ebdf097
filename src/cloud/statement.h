// Statements of account: what the balance was, what came in, what was used, what it is now.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "cloud/invoice.h"

namespace yun::cloud {

inline constexpr std::size_t kStatementLinesMax = 10'000;  // more are refused (kTooLarge): take a shorter time

/// A day's charges of one workspace in one line; everything else one line a posting.
struct StatementLine {
  std::int64_t at_ms = 0;  // of a day's charges: its last millisecond
  std::string workspace_id;
  std::string kind;  // the ledger's kind of transaction ("top_up", "credit_note", …), or "charge" for settled use
  std::string text;
  std::int64_t amount_micro = 0;   // > 0: to the customer
  std::int64_t balance_micro = 0;  // of all workspaces after it
  bool operator==(const StatementLine&) const = default;
};

/// opening + top_ups - charges + credits + other = closing, to the micro-unit. What is reserved for requests in
/// flight is part of the balance.
struct Statement {
  std::string account_id;
  std::string name;
  std::string currency;
  std::int64_t from_ms = 0;  // whole days in UTC
  std::int64_t to_ms = 0;
  std::int64_t opening_micro = 0;
  std::int64_t top_ups_micro = 0;
  std::int64_t charges_micro = 0;
  std::int64_t credits_micro = 0;
  std::int64_t other_micro = 0;
  std::int64_t closing_micro = 0;
  std::vector<StatementLine> lines;
  bool operator==(const Statement&) const = default;
};

/// errors: kInvalidArgument (no whole days, or to <= from), kTooLarge, those of the database
Result<Statement> StatementOf(store::Database& database, const BillTo& to, std::int64_t from_ms, std::int64_t to_ms);

std::string StatementJson(const Statement& statement);
std::string StatementCsv(const Statement& statement);
Result<std::string> StatementPdf(const Statement& statement, const BillingSettings& settings);

}  // namespace yun::cloud
