// A model made up in memory: small, with random weights. For tests of what lies around the arithmetic.
#pragma once
#include <cstdint>
#include <memory>

#include "formats/checkpoint/checkpoint.h"

namespace yun {

/// Opens like a model on disk, without tokenizer and template. `config` says its shape; the same shape and seed give
/// the same weights. errors: kCorrupt (as Validate)
Result<std::unique_ptr<Checkpoint>> MakeRandomCheckpoint(ModelConfig config, std::uint64_t seed);

/// The smallest shape that computes as Qwen3 does. vocab: in tokens; context: tokens of prompt and answer together
ModelConfig TinyConfig(std::uint32_t vocab, std::uint32_t context);

}  // namespace yun
