// Tool calls that are well formed and whose arguments fit their tool's JSON schema, as a grammar.
#pragma once
#include <memory>
#include <string>

#include <boost/json.hpp>

#include "base/result.h"
#include "engine/grammar.h"
#include "grammar/compiler.h"
#include "text/chat/output_reader.h"
#include "text/tokenizer/tokenizer.h"

namespace yun {

struct ToolConstraint {
  ToolStyle style = ToolStyle::kHermes;
  boost::json::array tools;                 // that may be called, at least one, in OpenAI's form
  bool required = false;                    // nothing but calls; else text may stand beside them
  bool parallel = true;                     // more than one call
  std::unique_ptr<engine::Grammar> answer;  // where not required: an answer is either calls alone, or held to this
};

/// Calls are written as the models were taught, with the parameters in the order of their schemas. Of a tool that is
/// `strict` the schema is followed, or refused; of others it is followed where it can be. In XML a string is held to
/// `enum`, `const`, `pattern` and its length; one of several types is free where it is no object and no array.
/// errors: kInvalidArgument (no tool has a name, a strict tool's schema cannot be followed), kUnsupported (kNone)
Result<std::unique_ptr<engine::Grammar>> CompileTools(const GrammarCompiler& compiler,
                                                      std::shared_ptr<const Tokenizer> tokenizer,
                                                      ToolConstraint constraint);

/// Whether any of the tools is `strict`: then an answer that may call them is to be constrained.
bool AnyStrict(const boost::json::array& tools);

}  // namespace yun
