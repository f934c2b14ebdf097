// What the engine is asked to do: token ids in, token ids out. Knows no text, no tenants, no money.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/grammar.h"
#include "engine/sampling/params.h"

namespace yun::engine {

struct GenerateRequest {
  std::vector<TokenId> prompt;
  SamplingParams sampling;
  std::uint32_t max_tokens = 0;      // 0: as far as the context goes
  std::vector<TokenId> stop_ids;     // besides the model's own eos ids
  bool ignore_eos = false;           // for benchmarks
  std::int32_t logprobs = -1;        // -1: none; 0: of the drawn token; k: and of the k likeliest (at most 20)
  std::shared_ptr<Grammar> grammar;  // null: any token may come; its own, shared with no other request
};

enum class FinishReason { kNone, kStop, kLength, kAborted, kError };

}  // namespace yun::engine
