// What a request cost the engine, counted where the work is done. Leaves on every end.
#pragma once
#include <cstdint>

namespace yun::engine {

struct Usage {
  std::uint64_t prompt_tokens = 0;     // length of the prompt
  std::uint64_t cached_tokens = 0;     // of these, taken from the prefix cache
  std::uint64_t generated_tokens = 0;  // sampled tokens, the end token included
  std::uint64_t queue_us = 0;          // from Submit to the first computed row
  std::uint64_t prefill_us = 0;        // from there to the first token
  std::uint64_t decode_us = 0;         // from the first token to the last
};

}  // namespace yun::engine
