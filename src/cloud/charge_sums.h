// Charges by month, workspace, model and kind, which the lines of an invoice are made of: kept up to date in the
// transaction that settles, so that they always add up to the receipts.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "cloud/bulk_insert.h"
#include "cloud/month.h"
#include "cloud/price_book.h"

namespace yun::store {
class Connection;
}

namespace yun::cloud {

/// The receipts of one transaction, summed first. thread: one
class ChargeSums {
 public:
  ChargeSums();
  void Clear() { sums_.clear(); }
  /// A receipt's lines. `ended_ms` says in which month it counts.
  void Add(std::string_view workspace_id, std::string_view model, std::string_view currency, std::int64_t ended_ms,
           std::span<const ChargeLine> lines);
  /// Adds to what is stored, within the caller's transaction. errors: those of the database
  Status Write(store::Connection& connection);

 private:
  struct Sum {
    std::int64_t units = 0, amount_micro = 0;
  };
  // workspace, start of the month, model, kind, currency
  std::map<std::tuple<std::string, std::int64_t, std::string, Kind, std::string>, Sum> sums_;
  BulkInsert insert_;
};

struct ChargeRow {
  std::string workspace_id;
  std::string model;
  Kind kind = Kind::kInput;
  std::int64_t units = 0;
  std::int64_t amount_micro = 0;
};

/// A workspace's month, ordered by model and kind.
/// errors: kTooLarge (more than rows_max), kCorrupt, those of the database
Result<std::vector<ChargeRow>> ChargesOf(store::Connection& connection, std::string_view workspace_id, Month month,
                                         std::string_view currency, std::size_t rows_max);

}  // namespace yun::cloud
