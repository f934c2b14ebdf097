// What is missing at the end of JSON that was cut: an answer that reached its length still parses.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace yun::api {

/// Follows one JSON text as it comes; cheap, and of no use for text that is no beginning of JSON.
class JsonCloser {
 public:
  void Push(std::string_view text);
  /// The shortest text that, put behind what came, makes it whole: quotes, brackets, null for a value that is missing.
  /// Empty where it is whole already.
  std::string Closing() const;

 private:
  enum class Place { kValue, kKey, kKeyOrEnd, kValueOrEnd, kColon, kAfter };
  void Take(char c);
  void InString(char c);
  void EndValue();

  std::string open_;  // '{' and '[', the innermost last
  Place place_ = Place::kValue;
  std::string literal_;  // a number or a word that may go on
  bool string_ = false, key_ = false, escaped_ = false;
  int hex_left_ = 0;  // digits of a \u escape
};

}  // namespace yun::api
