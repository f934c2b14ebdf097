#include "formats/quant/quantize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "formats/quant/blocks.h"
#include "formats/quant/half.h"

namespace yun::quant {
namespace {

/// 0 where the inverse is no number: what is divided by it is too small to be stored.
float Inverse(float d) {
  const float inverse = 1.f / d;
  return std::isfinite(inverse) ? inverse : 0.f;
}

/// The element of largest magnitude, with its sign.
float Extreme(const float* x, int n) {
  float best = 0.f, magnitude = 0.f;
  for (int i = 0; i < n; ++i)
    if (std::fabs(x[i]) > magnitude) magnitude = std::fabs(x[i]), best = x[i];
  return best;
}

int RoundDown(float scaled, double offset, int limit) {
  return std::clamp(static_cast<int>(static_cast<double>(scaled) + offset), 0, limit);
}

bool Quantize(const float* x, BlockQ4_0& b) {
  const float d = Extreme(x, 32) / -8.f, inverse = Inverse(d);
  b.d = FloatToHalf(d);
  for (int j = 0; j < 16; ++j) {
    const int low = RoundDown(x[j] * inverse, 8.5, 15), high = RoundDown(x[j + 16] * inverse, 8.5, 15);
    b.qs[j] = static_cast<std::uint8_t>(low | high << 4);
  }
  return true;
}

bool Quantize(const float* x, BlockQ5_0& b) {
  const float d = Extreme(x, 32) / -16.f, inverse = Inverse(d);
  b.d = FloatToHalf(d);
  std::memset(b.qh, 0, sizeof b.qh);
  for (int j = 0; j < 16; ++j) {
    const int low = RoundDown(x[j] * inverse, 16.5, 31), high = RoundDown(x[j + 16] * inverse, 16.5, 31);
    b.qs[j] = static_cast<std::uint8_t>((low & 15) | (high & 15) << 4);
    b.qh[j / 8] |= static_cast<std::uint8_t>((low >> 4) << (j % 8));
    b.qh[2 + j / 8] |= static_cast<std::uint8_t>((high >> 4) << (j % 8));
  }
  return true;
}

bool Quantize(const float* x, BlockQ4_1& b) {
  const auto [low_end, high_end] = std::minmax_element(x, x + 32);
  const float m = *low_end, d = (*high_end - m) / 15.f, inverse = Inverse(d);
  b.d = FloatToHalf(d);
  b.m = FloatToHalf(m);
  for (int j = 0; j < 16; ++j) {
    const int low = RoundDown((x[j] - m) * inverse, 0.5, 15), high = RoundDown((x[j + 16] - m) * inverse, 0.5, 15);
    b.qs[j] = static_cast<std::uint8_t>(low | high << 4);
  }
  return (b.m & 0x7c00u) != 0x7c00u;
}

bool Quantize(const float* x, BlockQ5_1& b) {
  const auto [low_end, high_end] = std::minmax_element(x, x + 32);
  const float m = *low_end, d = (*high_end - m) / 31.f, inverse = Inverse(d);
  b.d = FloatToHalf(d);
  b.m = FloatToHalf(m);
  std::memset(b.qh, 0, sizeof b.qh);
  for (int j = 0; j < 16; ++j) {
    const int low = RoundDown((x[j] - m) * inverse, 0.5, 31), high = RoundDown((x[j + 16] - m) * inverse, 0.5, 31);
    b.qs[j] = static_cast<std::uint8_t>((low & 15) | (high & 15) << 4);
    b.qh[j / 8] |= static_cast<std::uint8_t>((low >> 4) << (j % 8));
    b.qh[2 + j / 8] |= static_cast<std::uint8_t>((high >> 4) << (j % 8));
  }
  return (b.m & 0x7c00u) != 0x7c00u;
}

bool Quantize(const float* x, BlockQ8_0& b) {
  const float d = std::fabs(Extreme(x, 32)) / 127.f, inverse = Inverse(d);
  b.d = FloatToHalf(d);
  for (int j = 0; j < 32; ++j) {
    // Halves go away from zero, as the reference does it.
    const float scaled = x[j] * inverse;
    const int q = static_cast<int>(static_cast<double>(scaled) + (scaled < 0.f ? -0.5 : 0.5));
    b.qs[j] = static_cast<std::int8_t>(std::clamp(q, -127, 127));
  }
  return true;
}

/// Round to nearest even of a value known to lie within +-2^22, without a call.
int Nearest(float v) {
  constexpr float kShift = 12582912.f;  // 1.5 * 2^23: pushes the fraction out of the mantissa
  return static_cast<int>(v + kShift - kShift);
}

/// Scale and min (both >= 0) of x ~ scale * q - min, q in 0..levels, by weighted least squares: for several trial
/// scales the codes are fixed, then scale and min have a closed form (2 x 2 normal equations); the best pair is kept.
void FitScaleMin(const float* x, const float* weight, int n, int levels, float* scale_out, float* min_out) {
  const auto [low_end, high_end] = std::minmax_element(x, x + n);
  const float low = std::min(*low_end, 0.f), high = *high_end;
  const float range = high - low;
  *scale_out = 0.f;
  *min_out = -low;
  if (!(range > 0.f)) return;
  const float step = range / static_cast<float>(levels);
  if (!std::isfinite(1.f / step)) return;  // subnormal: stored as zero
  double sum_w = 0, sum_x = 0;
  for (int i = 0; i < n; ++i) sum_w += weight[i], sum_x += static_cast<double>(weight[i]) * x[i];
  double best = -1;
  // Trial scales from 0.87 to 1.07 of the full range: clipping the ends a little often pays.
  constexpr int kTrials = 14;
  for (int t = 0; t <= kTrials; ++t) {
    const float inverse = (static_cast<float>(levels) - 1.1f + 0.2f * static_cast<float>(t)) / range;
    float s_q = 0, s_qq = 0, s_qx = 0;
    for (int i = 0; i < n; ++i) {
      const float q = static_cast<float>(std::clamp(Nearest((x[i] - low) * inverse), 0, levels));
      s_q += weight[i] * q;
      s_qq += weight[i] * q * q;
      s_qx += weight[i] * q * x[i];
    }
    const double det = sum_w * s_qq - static_cast<double>(s_q) * s_q;
    if (!(det > 0)) continue;
    double scale = (sum_w * s_qx - static_cast<double>(s_q) * sum_x) / det;
    double min = (static_cast<double>(s_q) * s_qx - static_cast<double>(s_qq) * sum_x) / det;
    if (min < 0) {
      min = 0;
      scale = s_qq > 0 ? s_qx / s_qq : 0;
    }
    if (!(scale > 0)) continue;
    const float f_scale = static_cast<float>(scale), f_min = static_cast<float>(min);
    float error = 0;
    const float f_inverse = Inverse(f_scale);
    for (int i = 0; i < n; ++i) {
      const float q = static_cast<float>(std::clamp(Nearest(std::min((x[i] + f_min) * f_inverse, 64.f)), 0, levels));
      const float diff = f_scale * q - f_min - x[i];
      error += weight[i] * diff * diff;
    }
    if (best < 0 || error < best) {
      best = error;
      *scale_out = f_scale;
      *min_out = f_min;
    }
  }
  if (best < 0) *scale_out = step, *min_out = -low;
}

/// Weighted squared error of a group of 32 stored with these factors.
float GroupError(const float* x, const float* weight, float dl, float ml) {
  const float inverse = Inverse(dl);
  float error = 0;
  for (int i = 0; i < 32; ++i) {
    const float q = static_cast<float>(Nearest(std::clamp((x[i] + ml) * inverse, 0.f, 15.f)));
    const float diff = dl * q - ml - x[i];
    error += weight[i] * diff * diff;
  }
  return error;
}

/// The 6-bit scale and min next to the exact ones that store a group best: rounding each alone is not best together.
void RoundScaleMin(const float* x, const float* weight, float d, float dmin, int* scale, int* min) {
  const int s0 = *scale, m0 = *min;
  float best = -1;
  for (int s = std::max(s0 - 1, 0); s <= std::min(s0 + 1, 63); ++s)
    for (int m = std::max(m0 - 1, 0); m <= std::min(m0 + 1, 63); ++m) {
      const float error = GroupError(x, weight, d * static_cast<float>(s), dmin * static_cast<float>(m));
      if (best >= 0 && !(error < best)) continue;
      best = error;
      *scale = s;
      *min = m;
    }
}

bool Quantize(const float* x, BlockQ4_K& b) {
  float scales[8], mins[8], weight[256];
  float max_scale = 0, max_min = 0;
  for (int g = 0; g < 8; ++g) {
    const float* xg = x + g * 32;
    float square = 0;
    for (int i = 0; i < 32; ++i) square += xg[i] * xg[i] / 32.f;
    if (!std::isfinite(square)) return false;
    const float rms = std::sqrt(square);
    for (int i = 0; i < 32; ++i)
      weight[g * 32 + i] = rms + std::fabs(xg[i]);  // large weights matter more to the output
    FitScaleMin(xg, weight + g * 32, 32, 15, &scales[g], &mins[g]);
    max_scale = std::max(max_scale, scales[g]);
    max_min = std::max(max_min, mins[g]);
  }
  b.d = FloatToHalf(max_scale / 63.f);
  b.dmin = FloatToHalf(max_min / 63.f);
  if ((b.dmin & 0x7c00u) == 0x7c00u) return false;
  const float d = HalfToFloat(b.d), dmin = HalfToFloat(b.dmin);
  const float inverse_scale = Inverse(d), inverse_min = Inverse(dmin);
  std::memset(b.scales, 0, sizeof b.scales);
  std::memset(b.qs, 0, sizeof b.qs);
  for (int g = 0; g < 8; ++g) {
    int s = static_cast<int>(std::min(scales[g] * inverse_scale, 63.f) + 0.5f);
    int m = static_cast<int>(std::min(mins[g] * inverse_min, 63.f) + 0.5f);
    RoundScaleMin(x + g * 32, weight + g * 32, d, dmin, &s, &m);
    if (g < 4) {
      b.scales[g] |= static_cast<std::uint8_t>(s);
      b.scales[g + 4] |= static_cast<std::uint8_t>(m);
    } else {
      b.scales[g + 4] |= static_cast<std::uint8_t>((s & 15) | (m & 15) << 4);
      b.scales[g - 4] |= static_cast<std::uint8_t>((s >> 4) << 6);
      b.scales[g] |= static_cast<std::uint8_t>((m >> 4) << 6);
    }
    const float ml = dmin * static_cast<float>(m), inverse = Inverse(d * static_cast<float>(s));
    for (int i = 0; i < 32; ++i) {
      const float scaled = std::clamp((x[g * 32 + i] + ml) * inverse, 0.f, 15.f);
      b.qs[g / 2 * 32 + i] |= static_cast<std::uint8_t>(Nearest(scaled) << (4 * (g % 2)));
    }
  }
  return true;
}

/// Scale of x ~ scale * q, q in -32..31, weighted by x^2: for trial scales the codes are fixed and the best scale is
/// sum(w x q) / sum(w q q); the trial that explains most of x wins.
float FitScale(const float* x, int n) {
  const float extreme = Extreme(x, n);
  if (std::fabs(extreme) < 1e-30f) return 0.f;
  float best_scale = 0, best = -1;
  for (int t = -9; t <= 9; ++t) {
    const float inverse = -(32.f + 0.1f * static_cast<float>(t)) / extreme;
    float s_qx = 0, s_qq = 0;
    for (int i = 0; i < n; ++i) {
      const float q = static_cast<float>(std::clamp(Nearest(x[i] * inverse), -32, 31));
      const float r = x[i] / extreme, w = r * r;  // relative: squares of small values would underflow
      s_qx += w * q * r;
      s_qq += w * q * q;
    }
    if (s_qq > 0 && s_qx * s_qx > best * s_qq) {
      best = s_qx * s_qx / s_qq;
      best_scale = s_qx / s_qq * extreme;
    }
  }
  return best_scale;
}

bool Quantize(const float* x, BlockQ6_K& b) {
  float scales[16];
  for (int g = 0; g < 16; ++g) scales[g] = FitScale(x + g * 16, 16);
  const float largest = Extreme(scales, 16);
  std::memset(&b, 0, sizeof b);
  b.d = FloatToHalf(largest / -128.f);
  const float d = HalfToFloat(b.d), inverse_d = Inverse(d);
  for (int g = 0; g < 16; ++g) {
    b.scales[g] = static_cast<std::int8_t>(Nearest(std::clamp(scales[g] * inverse_d, -128.f, 127.f)));
    const float inverse = Inverse(d * static_cast<float>(b.scales[g]));
    for (int i = 0; i < 16; ++i) {
      const int e = g * 16 + i, half = e / 128, r = e % 128;
      const int q = Nearest(std::clamp(x[e] * inverse, -32.f, 31.f)) + 32;
      b.ql[half * 64 + r % 64] |= static_cast<std::uint8_t>((q & 15) << (4 * (r / 64)));
      b.qh[half * 32 + r % 32] |= static_cast<std::uint8_t>((q >> 4) << (2 * (r / 32)));
    }
  }
  return true;
}

Status TooLarge(Type type, std::size_t index, float value) {
  return Fail(Code::kInvalidArgument, "element {} ({}) cannot be stored as {}; use bf16 or f32", index, value,
              InfoOf(type).name);
}

template <class Block>
Status Rows(Type type, const float* src, std::byte* dst, std::size_t items, std::size_t block_items) {
  for (std::size_t i = 0; i < items; i += block_items, dst += sizeof(Block)) {
    for (std::size_t j = i; j < i + block_items; ++j)
      if (!std::isfinite(src[j])) return TooLarge(type, j, src[j]);
    Block block;
    // A scale that overflows the half format makes every element of the block infinite.
    if (!Quantize(src + i, block) || (block.d & 0x7c00u) == 0x7c00u) {
      const float* largest = std::max_element(src + i, src + i + block_items,
                                              [](float a, float b) { return std::fabs(a) < std::fabs(b); });
      return TooLarge(type, static_cast<std::size_t>(largest - src), *largest);
    }
    std::memcpy(dst, &block, sizeof block);
  }
  return {};
}

void Store16(std::byte* dst, std::uint16_t bits) { std::memcpy(dst, &bits, sizeof bits); }

}  // namespace

bool CanQuantize(Type type) {
  switch (type) {
    case Type::kQ2_K:
    case Type::kQ3_K:
    case Type::kQ5_K:
      return false;
    default:
      return true;
  }
}

Status QuantizeRow(Type type, const float* src, std::byte* dst, std::size_t items) {
  CHECK(items % InfoOf(type).block_items == 0);
  switch (type) {
    case Type::kF32:
      if (items != 0) std::memcpy(dst, src, items * sizeof(float));
      return {};
    case Type::kF16:
      for (std::size_t i = 0; i < items; ++i) {
        const std::uint16_t half = FloatToHalf(src[i]);
        if ((half & 0x7c00u) == 0x7c00u) return TooLarge(type, i, src[i]);
        Store16(dst + 2 * i, half);
      }
      return {};
    case Type::kBF16:
      for (std::size_t i = 0; i < items; ++i) Store16(dst + 2 * i, FloatToBf16(src[i]));
      return {};
    case Type::kQ4_0:
      return Rows<BlockQ4_0>(type, src, dst, items, kSmallBlock);
    case Type::kQ4_1:
      return Rows<BlockQ4_1>(type, src, dst, items, kSmallBlock);
    case Type::kQ5_0:
      return Rows<BlockQ5_0>(type, src, dst, items, kSmallBlock);
    case Type::kQ5_1:
      return Rows<BlockQ5_1>(type, src, dst, items, kSmallBlock);
    case Type::kQ8_0:
      return Rows<BlockQ8_0>(type, src, dst, items, kSmallBlock);
    case Type::kQ4_K:
      return Rows<BlockQ4_K>(type, src, dst, items, kSuperBlock);
    case Type::kQ6_K:
      return Rows<BlockQ6_K>(type, src, dst, items, kSuperBlock);
    case Type::kQ2_K:
    case Type::kQ3_K:
    case Type::kQ5_K:
      break;
  }
  return Fail(Code::kUnsupported,
              "writing {} is not supported; f16, bf16, q8_0, q4_0, q4_1, q5_0, q5_1, q4_k, q6_k are",
              InfoOf(type).name);
}

}  // namespace yun::quant
