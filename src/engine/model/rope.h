// Rotary position embedding: the angles.
#pragma once
#include <cstdint>
#include <vector>

#include "formats/checkpoint/checkpoint.h"

namespace yun::engine {

/// Inverse frequencies with a model's scaling applied, and the factor that YaRN puts on cos and sin.
/// source: RoFormer, Su et al. 2021; YaRN, Peng et al. 2023, section 3; Llama 3.1's piecewise scaling
struct RopeFrequencies {
  std::vector<float> inverse;  // [rope_dim / 2]
  float magnitude = 1.f;
};
RopeFrequencies MakeRope(const ModelConfig& config);

/// shapes: cos, sin [rope_dim / 2]
void RopeAngles(const RopeFrequencies& rope, std::uint32_t position, float* cos, float* sin);

}  // namespace yun::engine
