// DashScope's native text-embedding, text-rerank and tokenizer: bodies <-> structs. Pure functions; every error names
// its field, without the `input` or `parameters` that it stands in. Unknown fields are let be, as the hosted service
// does.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "api/error.h"
#include "api/values.h"

namespace yun::api::dashscope {

inline constexpr std::size_t kTextsMax = 10;  // of one request for embeddings, as text-embedding-v4 has it

/// errors: as ParseEmbeddingRequest of api/openai
Parsed<EmbeddingRequest> ParseTextEmbedding(std::string_view body);
Parsed<RerankRequest> ParseTextRerank(std::string_view body);
Parsed<TokenizeRequest> ParseTokenizer(std::string_view body);

/// In all of these head.id is the request's.
std::string WriteTextEmbedding(const ValuesHead& head, const std::vector<std::vector<float>>& embeddings);
/// documents: sent back with their results; null: not
std::string WriteTextRerank(const ValuesHead& head, const std::vector<Ranked>& ranking,
                            const std::vector<std::string>* documents);
/// list: with its strings
std::string WriteTokenizer(const TokenList& list, std::string_view request_id);

}  // namespace yun::api::dashscope
