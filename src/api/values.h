// Requests that are answered with numbers or tokens instead of text: what every dialect's embeddings, rankings, scores
// and tokenisers are read into.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "api/chat.h"

namespace yun::api {

// Limits, beyond what the HTTP server bounds and what a model's context holds.
inline constexpr std::size_t kEmbeddingInputsMax = 2048;     // of one request, as OpenAI has it
inline constexpr std::size_t kDocumentsMax = 500;            // of one ranking, as qwen3-rerank has it
inline constexpr std::size_t kScorePairsMax = 2048;          // of one request
inline constexpr std::int64_t kDimensionsMax = 1 << 20;      // the model's own bound is tighter
inline constexpr std::size_t kInstructBytesMax = 8192;       // of an instruct
inline constexpr std::uint32_t kDocumentTokensMax = 4000;    // qwen3-rerank: longer documents are cut
inline constexpr std::uint64_t kRankingTokensMax = 120'000;  // qwen3-rerank: query x documents + documents

/// What each request for values carries.
struct ValuesRequest {
  std::string model;
  std::string user;
  std::int32_t priority = 0;  // as in Generation, from here on
  bool idle = false;
  double timeout_s = 0;
};

enum class TextType { kUnsaid, kQuery, kDocument };

struct EmbeddingRequest : ValuesRequest {
  std::vector<Prompt> inputs;     // at least one; none is empty
  std::uint32_t dimensions = 0;   // 0: all that the model has
  bool base64 = false;            // of little-endian float32, instead of numbers
  TextType text_type = TextType::kUnsaid;
  std::string instruct;  // what is looked for; for queries
};

struct RerankRequest : ValuesRequest {
  std::string query;
  std::vector<std::string> documents;  // at least one
  std::uint32_t top_n = 0;             // 0: all
  bool return_documents = false;
  std::string instruct;                   // empty: the model's own
  std::uint32_t document_tokens_max = 0;  // longer ones are cut; 0: only to the model's context
  std::uint64_t tokens_max = 0;           // of the request; 0: any number
};

struct ScoreRequest : ValuesRequest {
  std::vector<std::pair<std::string, std::string>> pairs;  // query and document; at least one
  std::string instruct;
};

struct TokenizeRequest {
  std::string model;                // empty: the only one that is served
  std::optional<ChatRequest> chat;  // its messages, or
  std::string text;
  bool add_special_tokens = true;
  bool add_generation_prompt = true;  // of chat
  bool return_token_strings = false;
};

struct DetokenizeRequest {
  std::string model;  // as above
  std::vector<std::int32_t> tokens;
};

/// A document's place in a ranking, best first.
struct Ranked {
  std::size_t index = 0;
  double score = 0;  // the probability of "yes"
};

/// What every body of values repeats.
struct ValuesHead {
  std::string id;
  std::int64_t created = 0;  // unix seconds
  std::string model;
  std::uint64_t prompt_tokens = 0;
};

/// A text's tokens, of a model with this context.
struct TokenList {
  std::vector<std::int32_t> tokens;
  std::vector<std::string> strings;  // valid UTF-8, one a token; empty where nobody asked
  std::uint32_t context_tokens = 0;
};

/// [0.25,-1.5]: the shortest texts that give the same float32. values: finite
void AppendNumbers(std::string& out, std::span<const float> values);
/// The bytes of little-endian float32 in base64, as OpenAI's SDK reads them.
void AppendBase64(std::string& out, std::span<const float> values);

}  // namespace yun::api
