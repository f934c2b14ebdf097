// What a request cost the engine, counted where the work is done. Leaves on every end.
#pragma once
#include <cstdint>

namespace yun::engine {

struct Usage {
  std::uint64_t prompt_tokens = 0;     // length of the prompt
  std::uint64_t cached_tokens = 0;     // of these, taken from the prefix cache
  std::uint64_t kept_tokens = 0;       // of these, computed and then kept by a mark: not among the cached
  std::uint64_t generated_tokens = 0;  // sampled tokens, the end token included
  std::uint64_t thinking_tokens = 0;   // of these, before the model's own end of thinking
  std::uint64_t drafted_tokens = 0;    // proposed by speculation
  std::uint64_t accepted_tokens = 0;   // of these, kept (they are in generated_tokens)
  std::uint64_t wasted_tokens = 0;     // rows computed for nothing: rejected drafts, recomputed after preemption
  std::uint64_t preemptions = 0;       // times that its blocks went to another
  std::uint64_t cpu_us = 0;            // of all threads: its share, by rows, of the steps that it was part of
  std::uint64_t queue_us = 0;          // from Submit to the first computed row
  std::uint64_t prefill_us = 0;        // from there to the first token
  std::uint64_t decode_us = 0;         // from the first token to the last
};

}  // namespace yun::engine
