// Block layouts as they lie on disk (little-endian). d and m are IEEE halves in bits; x is the value of an element.
// source: GGUF / ggml block formats
#pragma once
#include <cstdint>

namespace yun::quant {

constexpr std::uint32_t kSmallBlock = 32;   // elements of Q4_0 ... Q8_0
constexpr std::uint32_t kSuperBlock = 256;  // elements of the K types

/// x = d * (q - 8). Byte j holds element j in its low nibble, j + 16 in its high one.
struct BlockQ4_0 {
  std::uint16_t d;
  std::uint8_t qs[16];
};
/// x = d * q + m; nibbles as in Q4_0.
struct BlockQ4_1 {
  std::uint16_t d, m;
  std::uint8_t qs[16];
};
/// x = d * (q - 16); the fifth bit of element j is bit j of qh (32 bits, little-endian).
struct BlockQ5_0 {
  std::uint16_t d;
  std::uint8_t qh[4];
  std::uint8_t qs[16];
};
/// x = d * q + m; bits as in Q5_0.
struct BlockQ5_1 {
  std::uint16_t d, m;
  std::uint8_t qh[4];
  std::uint8_t qs[16];
};
/// x = d * q
struct BlockQ8_0 {
  std::uint16_t d;
  std::int8_t qs[32];
};

/// 16 groups of 16; x = d * (scale & 15) * q - dmin * (scale >> 4). Of each half of 128 elements, byte l of its 32
/// holds elements l, l+32, l+64, l+96 in its bit pairs, lowest first.
struct BlockQ2_K {
  std::uint8_t scales[16];
  std::uint8_t qs[64];
  std::uint16_t d, dmin;
};
/// 16 groups of 16; x = d * (scale - 32) * (q - 4), q's third bit in hmask: element e has bit e / 32 of byte e % 32.
/// qs as in Q2_K. Scale j: low nibble in scales[j % 8] (low for j < 8), upper two bits in scales[8 + j % 4] at 2 (j /
/// 4).
struct BlockQ3_K {
  std::uint8_t hmask[32];
  std::uint8_t qs[64];
  std::uint8_t scales[12];
  std::uint16_t d;
};
/// 8 groups of 32; x = d * scale * q - dmin * min, 6-bit scales and mins packed into 12 bytes (UnpackScaleMin).
/// Each 64 elements take 32 bytes: the first 32 in the low nibbles, the next 32 in the high ones.
struct BlockQ4_K {
  std::uint16_t d, dmin;
  std::uint8_t scales[12];
  std::uint8_t qs[128];
};
/// As Q4_K with a fifth bit: element e of group g has bit g of qh[e % 32].
struct BlockQ5_K {
  std::uint16_t d, dmin;
  std::uint8_t scales[12];
  std::uint8_t qh[32];
  std::uint8_t qs[128];
};
/// 16 groups of 16; x = d * scale * (q - 32). Of each half of 128: ql has 64 bytes, element l (0..63) low nibbles, l +
/// 64 high ones; qh has 32 bytes, elements l, l+32, l+64, l+96 in bit pairs, lowest first.
struct BlockQ6_K {
  std::uint8_t ql[128];
  std::uint8_t qh[64];
  std::int8_t scales[16];
  std::uint16_t d;
};

static_assert(sizeof(BlockQ4_0) == 18 && sizeof(BlockQ4_1) == 20 && sizeof(BlockQ5_0) == 22 && sizeof(BlockQ5_1) == 24);
static_assert(sizeof(BlockQ8_0) == 34 && sizeof(BlockQ2_K) == 84 && sizeof(BlockQ3_K) == 110);
static_assert(sizeof(BlockQ4_K) == 144 && sizeof(BlockQ5_K) == 176 && sizeof(BlockQ6_K) == 210);

/// The 6-bit scale and min of group j (0..7) of Q4_K and Q5_K.
static inline void UnpackScaleMin(const std::uint8_t* packed, int j, std::uint8_t* scale, std::uint8_t* min) {
  if (j < 4) {
    *scale = packed[j] & 63;
    *min = packed[j + 4] & 63;
  } else {
    *scale = static_cast<std::uint8_t>((packed[j + 4] & 15) | (packed[j - 4] >> 6) << 4);
    *min = static_cast<std::uint8_t>((packed[j + 4] >> 4) | (packed[j] >> 6) << 4);
  }
}

}  // namespace yun::quant
