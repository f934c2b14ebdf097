#include "engine/kernels/unpack.h"

#include <cstring>

#include "formats/quant/half.h"

namespace yun::kernels {
namespace {

float HalfAt(const std::uint8_t* p, std::uint32_t index) {
  std::uint16_t half;
  std::memcpy(&half, p + 2 * index, 2);
  return quant::HalfToFloat(half);
}

/// The code of column k (0..31) of row r in a block.
int CodeAt(Packing packing, const std::uint8_t* block, std::uint32_t r, std::uint32_t k) {
  const std::uint32_t g = k / 4, at = 4 * r + k % 4;
  if (packing == Packing::kQ8 || packing == Packing::kQ8M) return block[64 * g + at];
  const int nibble = block[64 * (g % 4) + at] >> (g / 4 * 4) & 15;
  if (packing == Packing::kQ5K) return nibble | (block[256 + at] >> g & 1) << 4;
  if (packing == Packing::kQ6K) return nibble | (block[256 + 64 * (g / 4) + at] >> (2 * (g % 4)) & 3) << 4;
  return nibble;
}

}  // namespace

void UnpackRow(const PackedMatrix& w, std::uint32_t row, float* out) {
  const std::uint8_t* panel = w.data + row / kPanelRows * w.panel_bytes;
  const std::uint32_t r = row % kPanelRows;
  if (w.codes_offset == 0) {
    for (std::uint32_t k = 0; k < w.cols; ++k) {
      const std::uint32_t at = w.packing == Packing::kBF16 ? (k / 2 * kPanelRows + r) * 2 + k % 2 : k * kPanelRows + r;
      if (w.packing == Packing::kF32) {
        std::memcpy(out + k, panel + 4 * at, 4);
      } else {
        std::uint16_t bits;
        std::memcpy(&bits, panel + 2 * at, 2);
        out[k] = w.packing == Packing::kF16 ? quant::HalfToFloat(bits) : quant::Bf16ToFloat(bits);
      }
    }
    return;
  }
  const std::uint32_t blocks = w.cols / kBlockCols;
  const std::uint32_t code_bytes = static_cast<std::uint32_t>((w.panel_bytes - w.codes_offset) / blocks);
  for (std::uint32_t b = 0; b < blocks; ++b, out += kBlockCols) {
    const std::uint8_t* block = panel + w.codes_offset + b * code_bytes;
    const std::uint8_t* super = panel + 320 * (b / 8);
    // w = scale (code - offset) + min, for each half of the block
    float scale[2], min = 0;
    int offset = 0;
    switch (w.packing) {
      case Packing::kQ8:
      case Packing::kQ4:
        scale[0] = scale[1] = HalfAt(panel + 32 * b, r);
        offset = w.packing == Packing::kQ8 ? 128 : 8;
        break;
      case Packing::kQ6K:
        for (std::uint32_t half = 0; half < 2; ++half)
          scale[half] =
              HalfAt(super, r) * static_cast<float>(static_cast<std::int8_t>(super[64 + (b % 8 * 2 + half) * 16 + r]));
        offset = 32;
        break;
      case Packing::kQ4K:
      case Packing::kQ5K:
        scale[0] = scale[1] = HalfAt(super, r) * static_cast<float>(super[64 + b % 8 * 16 + r]);
        min = -HalfAt(super + 32, r) * static_cast<float>(super[192 + b % 8 * 16 + r]);
        break;
      default:
        scale[0] = scale[1] = HalfAt(panel + 64 * b, r);
        min = HalfAt(panel + 64 * b + 32, r);
    }
    for (std::uint32_t k = 0; k < kBlockCols; ++k)
      out[k] = scale[k / 16] * static_cast<float>(CodeAt(w.packing, block, r, k) - offset) + min;
  }
}

}  // namespace yun::kernels
