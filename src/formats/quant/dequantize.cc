#include "formats/quant/dequantize.h"

#include <cstring>

#include "base/check.h"
#include "formats/quant/blocks.h"
#include "formats/quant/half.h"

namespace yun::quant {
namespace {

void Dequantize(const BlockQ4_0& b, float* y) {
  const float d = HalfToFloat(b.d);
  for (int j = 0; j < 16; ++j) {
    y[j] = static_cast<float>((b.qs[j] & 15) - 8) * d;
    y[j + 16] = static_cast<float>((b.qs[j] >> 4) - 8) * d;
  }
}

void Dequantize(const BlockQ4_1& b, float* y) {
  const float d = HalfToFloat(b.d), m = HalfToFloat(b.m);
  for (int j = 0; j < 16; ++j) {
    y[j] = static_cast<float>(b.qs[j] & 15) * d + m;
    y[j + 16] = static_cast<float>(b.qs[j] >> 4) * d + m;
  }
}

int FifthBit(const std::uint8_t* qh, int element) { return ((qh[element / 8] >> (element % 8)) & 1) << 4; }

void Dequantize(const BlockQ5_0& b, float* y) {
  const float d = HalfToFloat(b.d);
  for (int j = 0; j < 16; ++j) {
    y[j] = static_cast<float>(((b.qs[j] & 15) | FifthBit(b.qh, j)) - 16) * d;
    y[j + 16] = static_cast<float>(((b.qs[j] >> 4) | FifthBit(b.qh, j + 16)) - 16) * d;
  }
}

void Dequantize(const BlockQ5_1& b, float* y) {
  const float d = HalfToFloat(b.d), m = HalfToFloat(b.m);
  for (int j = 0; j < 16; ++j) {
    y[j] = static_cast<float>((b.qs[j] & 15) | FifthBit(b.qh, j)) * d + m;
    y[j + 16] = static_cast<float>((b.qs[j] >> 4) | FifthBit(b.qh, j + 16)) * d + m;
  }
}

void Dequantize(const BlockQ8_0& b, float* y) {
  const float d = HalfToFloat(b.d);
  for (int j = 0; j < 32; ++j) y[j] = static_cast<float>(b.qs[j]) * d;
}

void Dequantize(const BlockQ2_K& b, float* y) {
  const float d = HalfToFloat(b.d), dmin = HalfToFloat(b.dmin);
  for (int e = 0; e < 256; ++e) {
    const int half = e / 128, pair = e % 128 / 32;
    const int q = (b.qs[half * 32 + e % 32] >> (2 * pair)) & 3;
    const std::uint8_t scale = b.scales[e / 16];
    y[e] = d * static_cast<float>(scale & 15) * static_cast<float>(q) - dmin * static_cast<float>(scale >> 4);
  }
}

void Dequantize(const BlockQ3_K& b, float* y) {
  const float d = HalfToFloat(b.d);
  for (int e = 0; e < 256; ++e) {
    const int half = e / 128, pair = e % 128 / 32, group = e / 16;
    const int low = (b.qs[half * 32 + e % 32] >> (2 * pair)) & 3;
    const int q = low - (((b.hmask[e % 32] >> (e / 32)) & 1) ? 0 : 4);
    const int nibble = group < 8 ? b.scales[group] & 15 : b.scales[group - 8] >> 4;
    const int scale = nibble | ((b.scales[8 + group % 4] >> (2 * (group / 4))) & 3) << 4;
    y[e] = d * static_cast<float>(scale - 32) * static_cast<float>(q);
  }
}

void Dequantize(const BlockQ4_K& b, float* y) {
  const float d = HalfToFloat(b.d), dmin = HalfToFloat(b.dmin);
  for (int g = 0; g < 8; ++g) {
    std::uint8_t scale, min;
    UnpackScaleMin(b.scales, g, &scale, &min);
    const float dl = d * static_cast<float>(scale), ml = dmin * static_cast<float>(min);
    const std::uint8_t* q = b.qs + g / 2 * 32;
    for (int l = 0; l < 32; ++l) y[g * 32 + l] = dl * static_cast<float>((q[l] >> (4 * (g % 2))) & 15) - ml;
  }
}

void Dequantize(const BlockQ5_K& b, float* y) {
  const float d = HalfToFloat(b.d), dmin = HalfToFloat(b.dmin);
  for (int g = 0; g < 8; ++g) {
    std::uint8_t scale, min;
    UnpackScaleMin(b.scales, g, &scale, &min);
    const float dl = d * static_cast<float>(scale), ml = dmin * static_cast<float>(min);
    const std::uint8_t* q = b.qs + g / 2 * 32;
    for (int l = 0; l < 32; ++l) {
      const int value = ((q[l] >> (4 * (g % 2))) & 15) | ((b.qh[l] >> g) & 1) << 4;
      y[g * 32 + l] = dl * static_cast<float>(value) - ml;
    }
  }
}

void Dequantize(const BlockQ6_K& b, float* y) {
  const float d = HalfToFloat(b.d);
  for (int e = 0; e < 256; ++e) {
    const int half = e / 128, r = e % 128;
    const int low = (b.ql[half * 64 + r % 64] >> (4 * (r / 64))) & 15;
    const int high = (b.qh[half * 32 + r % 32] >> (2 * (r / 32))) & 3;
    y[e] = d * static_cast<float>(b.scales[e / 16]) * static_cast<float>((low | high << 4) - 32);
  }
}

template <class Block>
void Rows(const std::byte* src, float* dst, std::size_t items, std::size_t block_items) {
  for (std::size_t i = 0; i < items; i += block_items, src += sizeof(Block)) {
    Block block;  // a copy: src may have any alignment
    std::memcpy(&block, src, sizeof block);
    Dequantize(block, dst + i);
  }
}

std::uint16_t Load16(const std::byte* src) {
  std::uint16_t bits;
  std::memcpy(&bits, src, sizeof bits);
  return bits;
}

}  // namespace

void DequantizeRow(Type type, const std::byte* src, float* dst, std::size_t items) {
  CHECK(items % InfoOf(type).block_items == 0);
  switch (type) {
    case Type::kF32:
      if (items != 0) std::memcpy(dst, src, items * sizeof(float));
      return;
    case Type::kF16:
      for (std::size_t i = 0; i < items; ++i) dst[i] = HalfToFloat(Load16(src + 2 * i));
      return;
    case Type::kBF16:
      for (std::size_t i = 0; i < items; ++i) dst[i] = Bf16ToFloat(Load16(src + 2 * i));
      return;
    case Type::kQ4_0:
      return Rows<BlockQ4_0>(src, dst, items, kSmallBlock);
    case Type::kQ4_1:
      return Rows<BlockQ4_1>(src, dst, items, kSmallBlock);
    case Type::kQ5_0:
      return Rows<BlockQ5_0>(src, dst, items, kSmallBlock);
    case Type::kQ5_1:
      return Rows<BlockQ5_1>(src, dst, items, kSmallBlock);
    case Type::kQ8_0:
      return Rows<BlockQ8_0>(src, dst, items, kSmallBlock);
    case Type::kQ2_K:
      return Rows<BlockQ2_K>(src, dst, items, kSuperBlock);
    case Type::kQ3_K:
      return Rows<BlockQ3_K>(src, dst, items, kSuperBlock);
    case Type::kQ4_K:
      return Rows<BlockQ4_K>(src, dst, items, kSuperBlock);
    case Type::kQ5_K:
      return Rows<BlockQ5_K>(src, dst, items, kSuperBlock);
    case Type::kQ6_K:
      return Rows<BlockQ6_K>(src, dst, items, kSuperBlock);
  }
  CHECK(false);
}

}  // namespace yun::quant
