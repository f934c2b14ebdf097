// Constrained decoding: a JSON schema, a regular expression, a grammar or a list of choices becomes an engine::Grammar.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/grammar.h"
#include "text/tokenizer/tokenizer.h"

namespace yun {

enum class GrammarKind {
  kJsonSchema,  // text: the schema
  kJsonObject,  // any JSON object; text: not read
  kRegex,       // text: what the whole answer matches, in the syntax of Rust's regex
  kLark,        // text: a grammar in llguidance's form of Lark
  kChoice,      // text: a JSON array of strings, one of which is the answer
};

struct GrammarSpec {
  GrammarKind kind = GrammarKind::kJsonObject;
  std::string text;
};

/// The tokens of one model, made ready once (a second or two for 150 000 tokens), and the grammars made from them.
/// Special tokens are never permitted, except the end tokens where an answer may end.
/// JSON has no more than 64 bytes of whitespace in one place; expressions and Lark say themselves what may come.
/// thread: const methods from any thread
class GrammarCompiler {
 public:
  /// vocab: of the model; tokens beyond it are left out. end_ids: at least one below vocab
  /// errors: kUnsupported (no end token, or a tokenizer that cannot be used)
  static Result<std::unique_ptr<GrammarCompiler>> Create(std::shared_ptr<const Tokenizer> tokenizer,
                                                         std::vector<std::int32_t> end_ids, std::int32_t vocab);
  virtual ~GrammarCompiler() = default;

  /// Takes at most half a second of CPU time and 256 MiB, also for hostile input.
  /// errors: kInvalidArgument (not of its kind's syntax, a keyword that is not known, contradicts itself, too large)
  virtual Result<std::unique_ptr<engine::Grammar>> Compile(const GrammarSpec& spec) const = 0;
};

}  // namespace yun
