#include "cloud/csv.h"

namespace yun::cloud {

void CsvWriter::Separate() {
  if (!row_begins_) text_ += ',';
  row_begins_ = false;
}

CsvWriter& CsvWriter::Text(std::string_view text) {
  Separate();
  const std::size_t first = text.find_first_not_of(' ');
  const bool formula =
      first != std::string_view::npos && (std::string_view("=+-@").find(text[first]) != std::string_view::npos ||
                                          static_cast<unsigned char>(text[first]) < ' ');
  const bool quoted = formula || text.find_first_of(",\"\r\n") != std::string_view::npos;
  if (!quoted) {
    text_ += text;
    return *this;
  }
  text_ += '"';
  if (formula) text_ += '\'';
  for (const char c : text) {
    if (c == '"') text_ += '"';
    text_ += c;
  }
  text_ += '"';
  return *this;
}

CsvWriter& CsvWriter::Number(std::int64_t number) { return Number(std::to_string(number)); }

CsvWriter& CsvWriter::Number(std::string_view decimal) {
  Separate();
  text_ += decimal;
  return *this;
}

CsvWriter& CsvWriter::EndRow() {
  text_ += "\r\n";
  row_begins_ = true;
  return *this;
}

}  // namespace yun::cloud
