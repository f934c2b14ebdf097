// The writing side of rollups: what a batch of receipts adds to usage_rollup.
#pragma once
#include <map>
#include <string>
#include <tuple>

#include "cloud/bulk_insert.h"
#include "cloud/ledger.h"
#include "cloud/rollup.h"

namespace yun::cloud {

/// The columns of units in tables, in the order of Kind: "units_input, units_cached_input, ...".
inline constexpr std::string_view kUnitColumns =
    "units_input, units_cached_input, units_cache_write, units_output, units_thinking, units_image, "
    "units_audio_second, units_embedding, units_rerank, units_training";

/// thread: one
class RollupWriter {
 public:
  RollupWriter();
  void Clear() { sums_.clear(); }
  void Add(const Receipt& receipt);
  Status Write(store::Connection& db);

 private:
  // start of the minute, workspace, key, model, app, partner, currency
  using Key = std::tuple<std::int64_t, std::string, std::string, std::string, std::string, std::string, std::string>;
  struct Sum {
    std::int64_t requests = 0, errors = 0;
    Units units;
    std::int64_t free_units = 0, amount_micro = 0, partner_micro = 0;
    Sum& operator+=(const Sum& other);
  };
  std::map<Key, Sum> sums_;
  BulkInsert insert_;
};

/// Removes the minutes and hours of a workspace that are no longer kept.
Status PruneRollups(store::Connection& db, std::string_view workspace_id, std::int64_t now_ms);

}  // namespace yun::cloud
