// Columns of text on stdout, as wide as they need.
#pragma once
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace yun::cli {

/// Cells are ASCII or at least one column a byte; the last column is not padded.
class Table {
 public:
  explicit Table(std::vector<std::string> head) { Add(std::move(head)); }

  void Add(std::vector<std::string> row) {
    if (widths_.size() < row.size()) widths_.resize(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) widths_[i] = std::max(widths_[i], row[i].size());
    rows_.push_back(std::move(row));
  }

  std::vector<std::string> Lines() const {
    std::vector<std::string> lines;
    for (const auto& row : rows_) {
      std::string& line = lines.emplace_back();
      for (std::size_t i = 0; i < row.size(); ++i) {
        line += row[i];
        if (i + 1 < row.size()) line.append(widths_[i] - row[i].size() + 2, ' ');
      }
      line.erase(line.find_last_not_of(' ') + 1);
    }
    return lines;
  }

  void Print() const {
    for (const std::string& line : Lines()) std::printf("%s\n", line.c_str());
  }

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> widths_;
};

}  // namespace yun::cli
