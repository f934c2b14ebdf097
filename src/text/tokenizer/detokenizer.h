// Tokens -> text as they come: never half a character, and nothing of a stop string.
#pragma once
#include <string>
#include <vector>

#include "text/tokenizer/tokenizer.h"

namespace yun {

/// Turns one answer's tokens into text pieces. Holds back bytes that may still become a character or a stop string.
/// Joined, the pieces equal Tokenizer::Decode of the tokens (cut before the first stop string).
/// thread: one at a time
class Detokenizer {
 public:
  /// Empty stop strings are ignored. borrows: tokenizer
  Detokenizer(const Tokenizer& tokenizer, std::vector<std::string> stop, bool skip_special = true);

  /// Text that is certain after this token; may be empty.
  std::string Push(TokenId id);
  /// What was held back, at the end of the answer (broken UTF-8 as U+FFFD).
  std::string Finish();
  /// Whether a stop string was reached; later pushes give nothing.
  bool stopped() const { return stopped_; }
  /// The stop string reached, or empty.
  const std::string& stop_string() const { return stop_string_; }

 private:
  std::string Release(bool final);

  const Tokenizer& tokenizer_;  // borrows
  std::vector<std::string> stop_;
  bool skip_special_;
  bool stopped_ = false;
  std::string stop_string_;
  std::string held_;     // valid UTF-8 text not yet given out
  std::string partial_;  // bytes of an unfinished character
};

}  // namespace yun
