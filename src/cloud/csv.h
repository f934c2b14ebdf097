// Tables as RFC 4180 text that is safe to open in a spreadsheet.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace yun::cloud {

/// Rows of cells, each ended by CRLF. Text that a spreadsheet would take for a formula gets a ' in front: what begins,
/// after spaces, with = + - @ or a control character.
class CsvWriter {
 public:
  CsvWriter& Text(std::string_view text);
  CsvWriter& Number(std::int64_t number);
  /// A decimal number that we made ourselves.
  CsvWriter& Number(std::string_view decimal);
  CsvWriter& EndRow();
  const std::string& text() const { return text_; }

 private:
  void Separate();
  std::string text_;
  bool row_begins_ = true;
};

}  // namespace yun::cloud
