// How fast this engine goes: for the size of the next step, and for how long somebody will wait. And how fast it
// should: when a request's next token is due.
#pragma once
#include <cstdint>

#include "engine/speculation/payoff.h"

namespace yun::engine {

/// units: seconds of one clock
struct TokenTimes {
  double submitted_s = 0;
  double ttft_objective_s = 0;                // until the first token; 0: kFirstTokenDueSeconds
  std::uint64_t tokens = 0;                   // that have come
  double first_token_s = 0, last_token_s = 0;  // when, if any
};

constexpr double kFirstTokenDueSeconds = 1;  // where no objective says it
constexpr double kTokenDueSeconds = 0.1;     // each token of a stream, counted from its first: faster than one reads
constexpr double kAheadSecondsMax = 1.5;     // but the next one no later than this after the last
constexpr double kIdleDueSeconds = 60;       // of work that waits for quiet, from now on

/// When the next token is due: of a prompt when its caller would like it, of a stream as if tokens came at an even pace
/// from its first on, so that who is ahead lets others go first.
double NextTokenDue(const TokenTimes& times);

/// thread: the engine thread
class Pace {
 public:
  /// A step is done.
  void Stepped(std::uint32_t prompt_rows, std::uint32_t stream_rows, double seconds);
  /// A request is done that ran for so long.
  void Served(double seconds);

  /// Rows of prompts in a step that `stream_rows` rows of running streams wait for: such that it takes about
  /// kStepSeconds; how many fit into one is the scheduler's to say.
  std::uint32_t MixedPromptRows(std::uint32_t stream_rows) const;

  struct Load {
    std::uint64_t prompt_tokens = 0;  // to be computed, the asking one's included
    std::uint64_t waiting = 0, running = 0, running_max = 1;
  };
  /// Seconds until the first token of a request behind this load.
  double FirstTokenSeconds(const Load& load) const;

  const StepCosts& costs() const { return costs_; }

  static constexpr double kStepSeconds = 0.2;

 private:
  StepCosts costs_;            // of steps without prompts
  double prompt_row_s_ = 0;    // that a row of a prompt adds to a step; 0: not yet known
  double service_s_ = 0;       // of a request, from its first row to its end
};

}  // namespace yun::engine
