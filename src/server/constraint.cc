#include "server/constraint.h"

#include <utility>

#include "base/check.h"
#include "grammar/thinking.h"

namespace yun::server {
namespace {

GrammarKind KindOf(api::ConstraintKind kind) {
  switch (kind) {
    case api::ConstraintKind::kJsonSchema: return GrammarKind::kJsonSchema;
    case api::ConstraintKind::kJsonObject: return GrammarKind::kJsonObject;
    case api::ConstraintKind::kRegex: return GrammarKind::kRegex;
    case api::ConstraintKind::kChoice: return GrammarKind::kChoice;
    case api::ConstraintKind::kLark: return GrammarKind::kLark;
    case api::ConstraintKind::kNone: break;
  }
  CHECK(false);
  __builtin_unreachable();
}

}  // namespace

Grammars::Grammars(std::shared_ptr<const Tokenizer> tokenizer, std::vector<std::int32_t> end_ids, std::int32_t vocab)
    : tokenizer_(std::move(tokenizer)), end_ids_(std::move(end_ids)), vocab_(vocab) {
  think_ = tokenizer_->Find("<think>");
  end_think_ = tokenizer_->Find("</think>");
  if (think_ < 0 || end_think_ < 0) think_ = end_think_ = -1;
  const auto blank = tokenizer_->Encode("\n\n", false);
  if (blank.size() == 1) pause_ = blank.front();
  closing_ = tokenizer_->Encode(kThinkingClosing, false);
}

Result<const GrammarCompiler*> Grammars::Compiler() const {
  std::call_once(made_, [&] { compiler_ = GrammarCompiler::Create(tokenizer_, end_ids_, vocab_); });
  if (!*compiler_) return tl::unexpected<Error>(compiler_->error());
  return (*compiler_)->get();
}

Result<std::unique_ptr<engine::Grammar>> Grammars::Make(const api::Constraint& constraint) const {
  ASSIGN_OR_RETURN(const GrammarCompiler* compiler, Compiler());
  return compiler->Compile({KindOf(constraint.kind), constraint.text});
}

Result<std::unique_ptr<engine::Grammar>> Grammars::MakeTools(ToolConstraint constraint) const {
  ASSIGN_OR_RETURN(const GrammarCompiler* compiler, Compiler());
  return CompileTools(*compiler, tokenizer_, std::move(constraint));
}

std::unique_ptr<engine::Grammar> Grammars::For(const engine::Grammar* grammar, std::span<const std::int32_t> prompt,
                                               bool may_think, std::uint32_t budget) const {
  const bool begun = BeginsThought(prompt);
  if (!begun && !(may_think && thinks())) return grammar ? grammar->Clone() : nullptr;
  if (!grammar && budget == 0) return nullptr;
  ThinkingBudget limit;
  if (budget > 0) limit = {budget, closing_};
  return AfterThinking(grammar ? grammar->Clone() : nullptr, {think_, end_think_, pause_, end_ids_},
                       begun ? Thinking::kBegun : Thinking::kMay, std::move(limit));
}

void Grammars::MarkThinking(engine::GenerateRequest& request) const {
  request.think_begin_id = think_;
  request.think_end_id = end_think_;
  request.thinks_at_start = BeginsThought(request.prompt);
}

bool Grammars::EndsThought(std::span<const std::int32_t> prompt) const {
  return end_think_ >= 0 && LastMark(prompt) == end_think_;
}

std::int32_t Grammars::LastMark(std::span<const std::int32_t> prompt) const {
  for (auto id = prompt.rbegin(); id != prompt.rend(); ++id) {
    if (*id == think_ || *id == end_think_) return *id;
    if (tokenizer_->Bytes(*id).find_first_not_of(" \n\r\t") != std::string_view::npos) break;
  }
  return -1;
}

}  // namespace yun::server
