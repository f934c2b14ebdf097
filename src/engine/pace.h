// How fast this engine goes: for the size of the next step, and for how long somebody will wait.
#pragma once
#include <cstdint>

#include "engine/speculation/payoff.h"

namespace yun::engine {

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
