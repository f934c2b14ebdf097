// A grammar for the answer alone: what a model thinks before it is free.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/grammar.h"

namespace yun {

struct ThinkingTokens {
  std::int32_t begin = -1, end = -1;  // <think>, </think>
  std::int32_t pause = -1;            // the blank lines that the model puts after </think>; -1: none
  std::vector<std::int32_t> end_ids;  // end an answer: not permitted while the model thinks
};

/// Where an answer begins.
enum class Thinking {
  kBegun,  // inside: the prompt ends with <think>
  kMay,    // the first token may be <think>
};

/// Permits everything but an end token while the model thinks, and holds the answer after that to `answer`.
std::unique_ptr<engine::Grammar> AfterThinking(std::unique_ptr<engine::Grammar> answer, ThinkingTokens tokens,
                                               Thinking thinking);

}  // namespace yun
