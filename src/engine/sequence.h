// A request inside the engine.
#pragma once
#include <chrono>
#include <memory>
#include <vector>

#include "engine/request.h"
#include "engine/sampling/sampler.h"
#include "engine/scheduler/scheduled_sequence.h"
#include "engine/speculation/ngram.h"
#include "engine/speculation/payoff.h"
#include "engine/stream.h"

namespace yun::engine {

using Clock = std::chrono::steady_clock;

struct Sequence {
  explicit Sequence(Sampler drawer) : sampler(std::move(drawer)) {}

  ScheduledSequence scheduled;
  GenerateRequest request;
  std::shared_ptr<Stream> stream = std::make_shared<Stream>();  // null once it has ended
  Sampler sampler;
  std::vector<TokenId> tokens;  // prompt, then the committed answer
  std::uint32_t answer_max = 0;
  std::uint32_t answer_tokens = 0;  // generated outside of the thinking and its marks
  Usage usage;
  Clock::time_point submitted, started, first_token;
  bool thinking = false;

  // Speculation.
  Acceptance acceptance;
  NgramIndex ngrams;
  std::vector<TokenId> drafts;          // of this step
  bool drafts_known = true;             // else only their number: the draft model is to fill them in
  std::uint64_t draft_computed = 0;     // tokens in the draft model's cache

  std::vector<double> pooled;           // kEmbed by mean: sums of hidden states
};

}  // namespace yun::engine
