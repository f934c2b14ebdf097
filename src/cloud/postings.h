// The ledger's transactions that are no request's: top-ups, credit notes, pay-outs, corrections.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yun::store {
class Connection;
}

namespace yun::cloud {

inline constexpr std::size_t kPostingsReadMax = 10'000;  // more are refused: a later beginning is needed

struct PostingRow {
  std::int64_t created_ms = 0;
  std::string kind, note;
  std::int64_t amount_micro = 0;  // what it moved into the accounts that were asked for; not 0
};

/// Those of a workspace (empty: of none) since `from_ms`, the oldest first. errors: kTooLarge, those of the database
Result<std::vector<PostingRow>> PostingsSince(store::Connection& connection, std::string_view workspace_id,
                                              std::initializer_list<std::string_view> accounts,
                                              std::string_view currency, std::int64_t from_ms);

}  // namespace yun::cloud
