// A grammar followed by chance instead of a model: for tests, fuzzing and `yun debug grammar`.
#pragma once
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "engine/grammar.h"
#include "text/tokenizer/tokenizer.h"

namespace yun {

struct WalkOptions {
  std::uint64_t seed = 1;
  std::uint32_t tokens_soft = 40;  // from here on tokens are preferred that bring JSON to an end
  std::uint32_t tokens_max = 400;
  std::int32_t vocab = 0;
  std::vector<std::int32_t> end_ids;
};

struct Walk {
  std::vector<std::int32_t> tokens;  // without the end token
  bool finished = false;             // an end token was permitted and drawn
  std::uint64_t mask_us_sum = 0, mask_us_max = 0, masks = 0;
};

/// Draws permitted tokens until an end token, and checks on the way that mask, Valid, Forced, Clone and Finished agree.
/// errors: kInternal (they do not), and those of the grammar
Result<Walk> RandomWalk(engine::Grammar& grammar, const Tokenizer& tokenizer, const WalkOptions& options);

}  // namespace yun
