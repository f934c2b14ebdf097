#include "engine/pace.h"

#include <algorithm>

#include "engine/limits.h"

namespace yun::engine {
namespace {

constexpr double kNewShare = 0.2;               // of a measurement in an average
constexpr std::uint32_t kPromptRowsTelling = 32;  // fewer rows say little about many
constexpr std::uint32_t kPromptRowsMin = 32;
constexpr double kPromptShareMin = 0.3;  // of a step with both
constexpr std::uint32_t kPromptRowsGuess = 256;

void Average(double& average, double value) {
  average = average == 0 ? value : average + kNewShare * (value - average);
}

}  // namespace

double NextTokenDue(const TokenTimes& times) {
  if (times.tokens == 0)
    return times.submitted_s + (times.ttft_objective_s > 0 ? times.ttft_objective_s : kFirstTokenDueSeconds);
  return std::min(times.first_token_s + kTokenDueSeconds * static_cast<double>(times.tokens),
                  times.last_token_s + kAheadSecondsMax);
}

void Pace::Stepped(std::uint32_t prompt_rows, std::uint32_t stream_rows, double seconds) {
  if (prompt_rows == 0) return costs_.Measured(stream_rows, seconds);
  if (prompt_rows < kPromptRowsTelling) return;
  // What the streams alone would have taken is not the prompts' doing, but a good part of it is shared.
  const double streams = stream_rows ? std::min(costs_.Step(stream_rows), (1 - kPromptShareMin) * seconds) : 0;
  Average(prompt_row_s_, (seconds - streams) / prompt_rows);
}

void Pace::Served(double seconds) { Average(service_s_, seconds); }

std::uint32_t Pace::MixedPromptRows(std::uint32_t stream_rows) const {
  if (prompt_row_s_ == 0) return kPromptRowsGuess;
  const double rows = (kStepSeconds - costs_.Step(stream_rows)) / prompt_row_s_;
  return static_cast<std::uint32_t>(std::clamp(rows, 1.0 * kPromptRowsMin, 1.0 * kStepTokensLimit));
}

double Pace::FirstTokenSeconds(const Load& load) const {
  const double prompts = static_cast<double>(load.prompt_tokens) * prompt_row_s_;
  if (load.running + load.waiting < load.running_max) return prompts;
  const double slots = static_cast<double>(load.waiting + 1) / static_cast<double>(load.running_max);
  return prompts + slots * service_s_;
}

}  // namespace yun::engine
