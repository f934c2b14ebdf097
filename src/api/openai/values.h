// Embeddings in OpenAI's form; rerank, score, tokenize and detokenize, which it has not, as vLLM and the hosted
// service's compatible mode have them. Pure functions of bytes; every error names its field.
#pragma once
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "api/error.h"
#include "api/values.h"

namespace yun::api::openai {

/// errors: as ParseChatRequest
Parsed<EmbeddingRequest> ParseEmbeddingRequest(std::string_view body);

/// vLLM has named the two sides of a score in three ways.
inline constexpr std::array<std::array<std::string_view, 2>, 3> kScoreNames = {
    {{"text_1", "text_2"}, {"data_1", "data_2"}, {"queries", "documents"}}};

enum class RerankForm {
  kOpen,    // /v1/rerank: documents are sent back unless refused; only the model's context bounds them
  kHosted,  // /compatible-api/v1/reranks: with the hosted service's limits
};
Parsed<RerankRequest> ParseRerankRequest(std::string_view body, RerankForm form);
Parsed<ScoreRequest> ParseScoreRequest(std::string_view body);
Parsed<TokenizeRequest> ParseTokenizeRequest(std::string_view body);
Parsed<DetokenizeRequest> ParseDetokenizeRequest(std::string_view body);

/// embeddings: finite
std::string WriteEmbeddings(const ValuesHead& head, const std::vector<std::vector<float>>& embeddings, bool base64);
/// documents: sent back with their results; null: not
std::string WriteRanking(const ValuesHead& head, const std::vector<Ranked>& ranking,
                         const std::vector<std::string>* documents);
std::string WriteScores(const ValuesHead& head, const std::vector<double>& scores);
std::string WriteTokens(const TokenList& list);
std::string WriteText(std::string_view text);

}  // namespace yun::api::openai
