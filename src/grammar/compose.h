// Grammars made of others: one of several, and parts that begin with a mark within free text.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/grammar.h"
#include "text/tokenizer/tokenizer.h"

namespace yun {

/// Holds an answer to any of `grammars` (at least one): those that do not permit what was said are left out.
std::unique_ptr<engine::Grammar> AnyOf(std::vector<std::unique_ptr<engine::Grammar>> grammars);

struct MarkedPart {
  std::string mark;                       // begins it; at least two bytes, its first one only there
  std::unique_ptr<engine::Grammar> rest;  // what follows the mark, up to its end
};

/// Free text, end tokens included, in which each of the marks begins what is held to its grammar; then free again, or
/// `once` only the end. A mark counts however it is made of tokens; tokens that go on after one are not permitted.
std::unique_ptr<engine::Grammar> WithinText(std::vector<MarkedPart> parts, bool once,
                                            std::shared_ptr<const Tokenizer> tokenizer);

}  // namespace yun
