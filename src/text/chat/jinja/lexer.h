// Cuts a template's source into tokens, with Jinja2's rules for the blanks around tags.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "text/chat/jinja/value.h"

namespace yun::jinja {

struct Token {
  enum Type : uint8_t { kData, kPrintBegin, kPrintEnd, kBlockBegin, kBlockEnd, kName, kString, kInteger, kFloat, kOperator, kEnd };
  Type type;
  int line;
  std::string text;  // kString: decoded; numbers: without underscores
  bool Is(std::string_view op) const { return type == kOperator && text == op; }
  bool IsName(std::string_view n) const { return type == kName && text == n; }
};

/// errors: throws kSyntax with the line
std::vector<Token> Tokenize(std::string_view source, Budget* budget);

}  // namespace yun::jinja
