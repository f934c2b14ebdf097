// INSERT of many rows with few statements.
#pragma once
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/database.h"

namespace yun::cloud {

/// Collects rows, then writes them 64, 8 or 1 at a statement, so that few texts of statements are prepared.
class BulkInsert {
 public:
  /// `head`: "INSERT INTO t (a, b) VALUES"; `tail`: what follows the rows, e.g. ON CONFLICT ...
  BulkInsert(std::string_view head, std::size_t columns, std::string_view tail = {}) : columns_(columns) {
    std::string row = "(?";
    for (std::size_t i = 1; i < columns; ++i) row += ",?";
    row += ")";
    for (std::size_t i = 0; i < kRows.size(); ++i) {
      sql_[i] = std::string(head) + " " + row;
      for (std::size_t r = 1; r < kRows[i]; ++r) sql_[i] += "," + row;
      if (!tail.empty()) sql_[i] += " " + std::string(tail);
    }
  }

  /// As many values as there are columns.
  template <class... Values>
  void Add(Values&&... values) {
    (values_.emplace_back(std::forward<Values>(values)), ...);
  }
  void Clear() { values_.clear(); }

  Status Run(store::Connection& db) {
    CHECK(values_.size() % columns_ == 0);
    std::span<const store::Value> left = values_;
    for (std::size_t i = 0; i < kRows.size(); ++i) {
      for (const std::size_t count = kRows[i] * columns_; left.size() >= count; left = left.subspan(count)) {
        RETURN_IF_ERROR(db.Execute(sql_[i], left.first(count)));
      }
    }
    return {};
  }

 private:
  static constexpr std::array<std::size_t, 3> kRows = {64, 8, 1};
  std::size_t columns_;
  std::array<std::string, 3> sql_;
  std::vector<store::Value> values_;
};

}  // namespace yun::cloud
