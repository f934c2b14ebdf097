// An engine without a model: it answers with letters, at a chosen pace, through the same queue, streams and usage as
// the real one. For tests and measurements of all that lies around an engine.
#pragma once
#include <memory>

#include "engine/engine.h"

namespace yun::engine {

struct ScriptedOptions {
  std::uint32_t answer_tokens_max = 16;  // an answer ends by itself after 1 to this, by a hash of its prompt
  std::uint32_t step_us = 500;           // at least so long between two tokens of an answer
  std::uint32_t running_max = 4096;
  std::uint32_t waiting_max = 65536;
  std::uint32_t context_tokens = 32768;
  std::uint32_t vocab = 257;
  std::uint32_t hidden = 64;  // of embeddings
  TokenId first_id = 'a', end_id = 256;  // it says first_id .. first_id + 25, again and again
};

/// Embeddings are numbers in [-1, 1), scores in [-4, 4), by a hash of the prompt alone.
/// A prompt that came before under the same salt is taken from "the cache", in blocks, as with the real engine.
std::unique_ptr<Engine> MakeScriptedEngine(ScriptedOptions options);

}  // namespace yun::engine
