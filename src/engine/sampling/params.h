// How tokens are drawn, and what is known of a drawn token.
#pragma once
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace yun::engine {

using TokenId = std::int32_t;

/// How the next token is drawn. Order: logit bias, penalties, temperature, top-k, top-p, min-p, draw.
/// temperature 0 is greedy. The defaults leave the model's distribution as it is.
struct SamplingParams {
  float temperature = 1.f;         // [0, 100]
  std::int32_t top_k = 0;          // 0: off
  float top_p = 1.f;               // (0, 1]
  float min_p = 0.f;               // [0, 1): relative to the likeliest token
  float repetition_penalty = 1.f;  // > 0; 1: off; over prompt and answer (Keskar et al. 2019)
  float presence_penalty = 0.f;    // [-2, 2], over the answer
  float frequency_penalty = 0.f;   // [-2, 2], over the answer
  std::vector<std::pair<TokenId, float>> logit_bias;
  std::optional<std::uint64_t> seed;  // same seed, same answer
};

struct TokenLogprob {
  TokenId id;
  float logprob;
};

/// One generated token.
struct TokenEvent {
  TokenId id = -1;
  float logprob = 0.f;                // when asked for
  std::vector<TokenLogprob> top;      // when asked for, likeliest first
};

}  // namespace yun::engine
