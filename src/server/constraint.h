// What a caller wants an answer to look like -> a grammar of the model that answers.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "api/chat.h"
#include "base/result.h"
#include "engine/grammar.h"
#include "engine/request.h"
#include "grammar/compiler.h"
#include "grammar/tool_grammar.h"
#include "text/tokenizer/tokenizer.h"

namespace yun::server {

/// The grammars of one model. Its tokens are made ready at the first constrained request.
/// thread: const methods from any thread
class Grammars {
 public:
  /// end_ids: the model's; vocab: its size
  Grammars(std::shared_ptr<const Tokenizer> tokenizer, std::vector<std::int32_t> end_ids, std::int32_t vocab);

  /// errors: kInvalidArgument (says what is wrong with the constraint), kUnsupported (this model cannot be constrained)
  Result<std::unique_ptr<engine::Grammar>> Make(const api::Constraint& constraint) const;

  /// As CompileTools. errors: as Make
  Result<std::unique_ptr<engine::Grammar>> MakeTools(ToolConstraint constraint) const;

  /// What holds one answer to a prompt: a copy of `grammar` (null: nothing holds it). Where the prompt ends with
  /// <think>, or the answer may begin with it, what comes up to </think> is free, but at most `budget` tokens (0: any
  /// number). Null: anything may come.
  std::unique_ptr<engine::Grammar> For(const engine::Grammar* grammar, std::span<const std::int32_t> prompt,
                                       bool may_think, std::uint32_t budget) const;

  /// Tells the engine the model's marks around its thinking, if it has such, so that it can count it.
  void MarkThinking(engine::GenerateRequest& request) const;

  /// Whether the model has marks around its thinking.
  bool thinks() const { return think_ >= 0; }
  /// Whether the prompt ends within the thinking.
  bool BeginsThought(std::span<const std::int32_t> prompt) const { return thinks() && LastMark(prompt) == think_; }
  /// Whether the prompt leaves the model outside of <think>...</think>, with nothing said after it.
  bool EndsThought(std::span<const std::int32_t> prompt) const;

 private:
  Result<const GrammarCompiler*> Compiler() const;
  /// <think> or </think>, if the prompt ends with one and blanks; else -1.
  std::int32_t LastMark(std::span<const std::int32_t> prompt) const;

  const std::shared_ptr<const Tokenizer> tokenizer_;
  const std::vector<std::int32_t> end_ids_;
  const std::int32_t vocab_;
  std::int32_t think_ = -1, end_think_ = -1, pause_ = -1;
  std::vector<std::int32_t> closing_;  // of a thought whose budget is used up
  mutable std::once_flag made_;
  mutable std::optional<Result<std::unique_ptr<GrammarCompiler>>> compiler_;
};

}  // namespace yun::server
