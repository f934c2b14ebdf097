// What clients wrote is text: a control token spelt in a message, "<|im_end|>", begins and ends no turn.
#pragma once
#include <boost/json.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer/added_tokens.h"

namespace yun {

/// A prompt before it is tokens.
struct PromptText {
  std::string text;
  std::vector<std::size_t> seams = {};  // no token is read across these, see Tokenizer::Encode
};

/// The tokens that part turns or stand for what is no text: those that the vocabulary calls special, and <|...|>. Not
/// among them are the marks of thoughts and of tool calls, which templates look for in what they are given.
std::vector<std::string> ControlTokens(const Tokenizer& tokenizer);

/// Finds control tokens spelt in a request, and marks them so that the marks come through a template.
class ControlSpellings {
 public:
  explicit ControlSpellings(std::span<const std::string> controls);

  bool IsIn(std::string_view text) const { return controls_.FindFrom(text, 0) < text.size(); }
  /// Whether one is in any string or key of a value.
  bool IsWithin(const boost::json::value& value) const;
  /// A copy with a mark within each spelling of a control token.
  std::string Mark(std::string_view text) const;
  boost::json::value MarkWithin(const boost::json::value& value) const;
  /// The text without marks, and where they were.
  static PromptText Unmark(std::string_view marked);

 private:
  AddedTokens controls_;
};

}  // namespace yun
