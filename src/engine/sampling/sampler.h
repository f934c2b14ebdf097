// Draws the next token of one request from its logits.
#pragma once
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "engine/kernels/kernels.h"
#include "engine/sampling/params.h"

namespace yun::engine {

inline constexpr std::int32_t kLogprobsMax = 20;
inline constexpr std::size_t kLogitBiasMax = 1024;

/// Checks every parameter's range. errors: kInvalidArgument (names the parameter and its range)
Status CheckSampling(const SamplingParams& params, std::int32_t vocab);

/// A small random generator whose sequence is the same on every machine. source: SplitMix64, Steele et al. 2014
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next();
  /// [0, 1)
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

 private:
  std::uint64_t state_;
};

/// thread: one at a time
class Sampler {
 public:
  /// `seed` is used when params.seed is empty. params must pass CheckSampling.
  Sampler(const SamplingParams& params, std::span<const TokenId> prompt, std::uint64_t seed,
          const kernels::Kernels& kernels);

  /// Draws and remembers a token. `logits` [vocab] are changed. logprobs: as GenerateRequest::logprobs; they are of the
  /// model's own distribution, before any parameter.
  /// mask: a bit for each token that may be drawn, at least one set (Grammar::Mask); empty: all may
  TokenEvent Sample(std::span<float> logits, std::int32_t logprobs, std::span<const std::uint32_t> mask = {});

 private:
  struct Candidate {
    TokenId id;
    float logit;
  };
  void Adjust(std::span<float> logits);
  TokenId Draw(std::span<const float> logits);
  /// The n largest, largest first (ties: lower id first).
  void TopN(std::span<const float> logits, std::size_t n, std::vector<Candidate>& out) const;

  SamplingParams params_;
  const kernels::Kernels& kernels_;  // borrows
  Random random_;
  struct Seen {
    std::uint32_t prompt = 0, answer = 0;
  };
  std::unordered_map<TokenId, Seen> seen_;
  std::vector<Candidate> candidates_;
  std::vector<float> weights_;
};

}  // namespace yun::engine
