// Ranking as Qwen3-Reranker does it: the model is asked whether a document meets what a query wants, and how likely it
// finds "yes" rather than "no" is the score. A model that was not trained for it is asked the same.
// source: the model card of Qwen3-Reranker; Zhang et al. 2025, https://arxiv.org/abs/2506.05176, section 2
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/request.h"
#include "server/service.h"

namespace yun::server {

/// What is looked for, where a caller does not say.
inline constexpr std::string_view kInstructDefault =
    "Given a web search query, retrieve relevant passages that answer the query";

class Judge {
 public:
  /// errors: kUnsupported (the model's tokenizer cannot tell "yes" from "no" by their first tokens)
  static Result<Judge> Create(const Model& model);

  struct Question {
    std::vector<engine::TokenId> prompt;
    std::uint64_t pair_tokens = 0;  // of query and document, as the hosted service counts them
  };
  /// A document that is longer than document_tokens_max (0: any), or than the context leaves, loses its end.
  /// errors: kTooLarge (the query leaves no room for a document)
  Result<Question> Ask(std::string_view instruct, std::string_view query, std::string_view document,
                       std::uint32_t document_tokens_max) const;

  /// "yes" and "no", for engine::Task::kScore.
  std::vector<engine::TokenId> score_ids() const { return {yes_, no_}; }
  /// The probability of "yes" among the two. logits: of score_ids()
  static double Probability(std::span<const float> logits);

 private:
  explicit Judge(const Model& model) : model_(model) {}

  const Model& model_;  // borrows:
  std::vector<engine::TokenId> before_, after_;  // around the question
  engine::TokenId yes_ = -1, no_ = -1;
};

}  // namespace yun::server
