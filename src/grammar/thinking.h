// A grammar for the answer alone: what a model thinks before it is free, but may be limited in length.
#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>
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

struct ThinkingBudget {
  std::uint32_t tokens = std::numeric_limits<std::uint32_t>::max();  // between <think> and </think>, `closing` included
  std::vector<std::int32_t> closing;  // said before </think> when they run out; left out where it is all of the budget
};

/// What Qwen3's models saw in training where a budget ran out. source: Qwen3 Technical Report, 2025, section 4.3
inline constexpr std::string_view kThinkingClosing =
    "\n\nConsidering the limited time by the user, I have to give the solution based on the thinking directly now.\n";

/// Permits everything but an end token while the model thinks, up to its budget, and holds the answer after that to
/// `answer`; without one it is free.
std::unique_ptr<engine::Grammar> AfterThinking(std::unique_ptr<engine::Grammar> answer, ThinkingTokens tokens,
                                               Thinking thinking, ThinkingBudget budget = {});

}  // namespace yun
