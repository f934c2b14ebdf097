#include "engine/speculation/payoff.h"

#include <algorithm>
#include <bit>

namespace yun::engine {
namespace {

constexpr double kNewShare = 0.1;       // of a measurement in the average
constexpr double kForget = 0.01;        // an undrafted token moves the rate so far towards hope
constexpr double kDraftedShare = 0.15;  // of a drafted token in the rate
constexpr double kMargin = 1.25;        // a draft must promise this much more than it costs
constexpr double kRowGuess = 0.05;      // of a step: what a row more costs where that was never measured

}  // namespace

std::size_t StepCosts::SizeOf(std::uint32_t rows) {
  return std::min<std::size_t>(std::bit_width(std::max(rows, 1u) - 1), kSizes - 1);
}

void StepCosts::Measured(std::uint32_t rows, double seconds) {
  double& average = seconds_[SizeOf(rows)];
  average = average == 0 ? seconds : average + kNewShare * (seconds - average);
}

double StepCosts::Step(std::uint32_t rows) const {
  const std::size_t size = SizeOf(rows);
  if (seconds_[size] > 0) return seconds_[size];
  for (std::size_t i = size; i > 0; --i)
    if (seconds_[i - 1] > 0) return seconds_[i - 1];
  for (std::size_t i = size; i < kSizes; ++i)
    if (seconds_[i] > 0) return seconds_[i];
  return 0;
}

double StepCosts::Row(std::uint32_t rows) const {
  const std::size_t size = SizeOf(rows);
  const double here = Step(rows);
  for (std::size_t i = size + 1; i < kSizes; ++i)
    if (seconds_[i] > 0 && seconds_[size] > 0)
      return std::max(0.0, seconds_[i] - here) / static_cast<double>((1u << i) - (1u << size));
  return kRowGuess * here;
}

void Acceptance::Drafted(std::uint32_t drafted, std::uint32_t accepted) {
  for (std::uint32_t i = 0; i < accepted; ++i) rate_ += kDraftedShare * (1 - rate_);
  if (accepted < drafted) rate_ -= kDraftedShare * rate_;  // what came after the first wrong one says nothing
}

void Acceptance::Undrafted() { rate_ += kForget * (kHope - rate_); }

std::uint32_t DraftLength(const Acceptance& acceptance, const StepCosts& costs, std::uint32_t rows,
                          std::uint32_t sequences, double draft_s, std::uint32_t limit) {
  const double token_s = costs.Step(rows) / std::max(sequences, 1u);  // what a token costs now
  if (token_s == 0) return 0;
  double chance = 1;
  std::uint32_t length = 0;
  for (; length < limit; ++length) {
    chance *= acceptance.rate();
    if (chance * token_s < kMargin * (costs.Row(rows + length) + draft_s)) break;
  }
  return length;
}

}  // namespace yun::engine
