// float <-> IEEE half and float <-> bfloat16, round to nearest even, without any instruction set.
// static inline: kernels built with other -m flags include this, and no copy of theirs may reach the baseline.
#pragma once
#include <cstdint>
#include <cstring>

namespace yun::quant {

static inline float BitsToFloat(std::uint32_t bits) {
  float f;
  std::memcpy(&f, &bits, sizeof f);
  return f;
}

static inline std::uint32_t FloatToBits(float f) {
  std::uint32_t bits;
  std::memcpy(&bits, &f, sizeof bits);
  return bits;
}

/// Exact; a NaN stays a NaN with its payload's upper bits.
static inline float HalfToFloat(std::uint16_t h) {
  const std::uint32_t sign = static_cast<std::uint32_t>(h & 0x8000u) << 16;
  const std::uint32_t exponent = (h >> 10) & 31u;
  const std::uint32_t mantissa = h & 1023u;
  if (exponent == 31) return BitsToFloat(sign | 0x7f800000u | mantissa << 13);
  if (exponent != 0) return BitsToFloat(sign | (exponent + 112) << 23 | mantissa << 13);
  // Subnormal: mantissa * 2^-24 is exact in a float.
  const float magnitude = static_cast<float>(mantissa) * 5.9604644775390625e-8f;
  return BitsToFloat(sign | FloatToBits(magnitude));
}

/// Above 65504 + 1/2 ulp it becomes infinity; a NaN becomes a quiet NaN.
static inline std::uint16_t FloatToHalf(float f) {
  const std::uint32_t bits = FloatToBits(f);
  const std::uint16_t sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7e00u | ((magnitude >> 13) & 0x3ffu));
  if (magnitude >= 0x477ff000u) return static_cast<std::uint16_t>(sign | 0x7c00u);  // 65520 and more
  if (magnitude < 0x38800000u) {                                                    // below 2^-14: a multiple of 2^-24
    if (magnitude < 0x33000000u) return sign;             // below 2^-25 (exactly 2^-25 ties to even, 0, just below)
    const std::uint32_t shift = 126 - (magnitude >> 23);  // 14..24
    const std::uint32_t mantissa = (magnitude & 0x7fffffu) | 0x800000u;
    std::uint32_t kept = mantissa >> shift;
    const std::uint32_t rest = mantissa & ((1u << shift) - 1), half = 1u << (shift - 1);
    if (rest > half || (rest == half && (kept & 1u))) ++kept;
    return static_cast<std::uint16_t>(sign | kept);
  }
  const std::uint32_t rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1u);
  return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000u) >> 13));
}

static inline float Bf16ToFloat(std::uint16_t b) { return BitsToFloat(static_cast<std::uint32_t>(b) << 16); }

static inline std::uint16_t FloatToBf16(float f) {
  const std::uint32_t bits = FloatToBits(f);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>((bits >> 16) | 0x40u);
  return static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

}  // namespace yun::quant
