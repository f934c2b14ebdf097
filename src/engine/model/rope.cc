#include "engine/model/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace yun::engine {
namespace {

/// The dimension whose wave turns `rotations` times within the original context (YaRN, equation 17's inverse).
double CorrectionDim(double rotations, const ModelConfig& c) {
  return c.rope_dim * std::log(c.rope_original_context / (rotations * 2 * std::numbers::pi)) /
         (2 * std::log(c.rope_theta));
}

}  // namespace

RopeFrequencies MakeRope(const ModelConfig& c) {
  RopeFrequencies rope;
  const std::uint32_t half = c.rope_dim / 2;
  rope.inverse.resize(half);
  for (std::uint32_t i = 0; i < half; ++i)
    rope.inverse[i] = 1.f / std::pow(c.rope_theta, static_cast<float>(2 * i) / static_cast<float>(c.rope_dim));

  if (!c.rope_freq_divisors.empty()) {
    for (std::uint32_t i = 0; i < half && i < c.rope_freq_divisors.size(); ++i)
      rope.inverse[i] /= c.rope_freq_divisors[i];
    return rope;
  }
  switch (c.rope_scaling) {
    case RopeScaling::kNone: break;
    case RopeScaling::kLinear:
      for (float& f : rope.inverse) f /= c.rope_factor;
      break;
    case RopeScaling::kLlama3: {
      const double low_wavelength = c.rope_original_context / c.llama3_low_freq_factor;
      const double high_wavelength = c.rope_original_context / c.llama3_high_freq_factor;
      for (float& f : rope.inverse) {
        const double wavelength = 2 * std::numbers::pi / f;
        if (wavelength < high_wavelength) continue;
        if (wavelength > low_wavelength) {
          f /= c.rope_factor;
        } else {
          const double smooth = (c.rope_original_context / wavelength - c.llama3_low_freq_factor) /
                                (c.llama3_high_freq_factor - c.llama3_low_freq_factor);
          f = static_cast<float>((1 - smooth) * f / c.rope_factor + smooth * f);
        }
      }
      break;
    }
    case RopeScaling::kYarn: {
      double low = CorrectionDim(c.yarn_beta_fast, c), high = CorrectionDim(c.yarn_beta_slow, c);
      if (c.yarn_truncate) low = std::floor(low), high = std::ceil(high);
      low = std::max(0.0, low), high = std::min(c.rope_dim - 1.0, high);
      if (high == low) high += 0.001;
      for (std::uint32_t i = 0; i < half; ++i) {
        const double ramp = std::clamp((i - low) / (high - low), 0.0, 1.0);  // 0: kept as it is, 1: interpolated
        rope.inverse[i] = static_cast<float>(rope.inverse[i] / c.rope_factor * ramp + rope.inverse[i] * (1 - ramp));
      }
      rope.magnitude = c.yarn_attention_factor > 0 ? c.yarn_attention_factor
                       : c.rope_factor > 1        ? 0.1f * std::log(c.rope_factor) + 1.f
                                                  : 1.f;
      break;
    }
  }
  return rope;
}

void RopeAngles(const RopeFrequencies& rope, std::uint32_t position, float* cos, float* sin) {
  for (std::size_t i = 0; i < rope.inverse.size(); ++i) {
    const float angle = static_cast<float>(position) * rope.inverse[i];
    cos[i] = std::cos(angle) * rope.magnitude;
    sin[i] = std::sin(angle) * rope.magnitude;
  }
}

}  // namespace yun::engine
