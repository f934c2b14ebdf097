#include "engine/kernels/pack.h"

#include <cstring>
#include <vector>

#include "base/check.h"
#include "formats/quant/blocks.h"
#include "formats/quant/dequantize.h"
#include "formats/quant/half.h"

namespace yun::kernels {
namespace {

using quant::Type;

constexpr std::uint32_t kGroupBytes = 64, kSuperScaleBytes = 320;

std::uint32_t CodeBytes(Packing packing) {
  switch (packing) {
    case Packing::kQ8:
    case Packing::kQ8M: return 512;
    case Packing::kQ4:
    case Packing::kQ4M:
    case Packing::kQ4K: return 256;
    case Packing::kQ5K: return 320;
    case Packing::kQ6K: return 384;
    default: return 0;
  }
}

std::uint32_t AlignUp(std::uint32_t bytes) { return (bytes + 63) / 64 * 64; }

template <class T>
void Put(std::uint8_t* out, std::uint32_t index, T value) {
  std::memcpy(out + index * sizeof(T), &value, sizeof(T));
}

/// Writes 32 codes (below 16) of row r as the nibbles of a block.
void PutNibbles(std::uint8_t* block, std::uint32_t r, const std::uint8_t* codes) {
  for (std::uint32_t g = 0; g < 4; ++g)
    for (std::uint32_t i = 0; i < 4; ++i)
      block[g * kGroupBytes + 4 * r + i] = static_cast<std::uint8_t>(codes[4 * g + i] | codes[16 + 4 * g + i] << 4);
}
void PutBytes(std::uint8_t* block, std::uint32_t r, const std::uint8_t* codes) {
  for (std::uint32_t g = 0; g < 8; ++g) std::memcpy(block + g * kGroupBytes + 4 * r, codes + 4 * g, 4);
}

void PackFloats(const PackedMatrix& m, Type type, const std::byte* row, std::uint32_t r, std::uint8_t* out) {
  std::vector<float> values(m.cols);
  quant::DequantizeRow(type, row, values.data(), m.cols);
  for (std::uint32_t k = 0; k < m.cols; ++k) {
    switch (m.packing) {
      case Packing::kF32: Put(out, k * kPanelRows + r, values[k]); break;
      case Packing::kF16: Put(out, k * kPanelRows + r, quant::FloatToHalf(values[k])); break;
      default: Put(out, (k / 2 * kPanelRows + r) * 2 + k % 2, quant::FloatToBf16(values[k])); break;
    }
  }
}

/// Q8_0, Q5_0 (codes moved to 128), Q4_0, Q4_1, Q5_1: a scale, and for some a min, for each 32 columns.
void PackSimple(const PackedMatrix& m, Type type, const std::byte* row, std::uint32_t r, std::uint8_t* out) {
  const bool has_min = type == Type::kQ4_1 || type == Type::kQ5_1;
  const std::size_t block_bytes = quant::InfoOf(type).block_bytes;
  for (std::uint32_t b = 0; b < m.cols / kBlockCols; ++b) {
    const auto* in = reinterpret_cast<const std::uint8_t*>(row) + b * block_bytes;
    std::uint8_t* block = out + m.codes_offset + b * CodeBytes(m.packing);
    std::memcpy(out + b * (has_min ? 64 : 32) + 2 * r, in, 2);
    if (has_min) std::memcpy(out + b * 64 + 32 + 2 * r, in + 2, 2);
    const std::uint8_t* payload = in + (has_min ? 4 : 2);
    std::uint8_t codes[32];
    switch (type) {
      case Type::kQ8_0:
        for (int i = 0; i < 32; ++i) codes[i] = payload[i] ^ 0x80;
        PutBytes(block, r, codes);
        break;
      case Type::kQ4_0:
      case Type::kQ4_1:  // a file's nibbles lie as a panel's do
        for (std::uint32_t g = 0; g < 4; ++g) std::memcpy(block + g * kGroupBytes + 4 * r, payload + 4 * g, 4);
        break;
      default: {  // 5 bits
        std::uint32_t high;
        std::memcpy(&high, payload, 4);
        for (int i = 0; i < 32; ++i) {
          const int nibble = i < 16 ? payload[4 + i] & 15 : payload[4 + i - 16] >> 4;
          codes[i] = static_cast<std::uint8_t>((nibble | (high >> i & 1) << 4) + (type == Type::kQ5_0 ? 128 - 16 : 0));
        }
        PutBytes(block, r, codes);
      }
    }
  }
}

void PackQ45K(const PackedMatrix& m, Type type, const std::byte* row, std::uint32_t r, std::uint8_t* out) {
  const bool five = type == Type::kQ5_K;
  for (std::uint32_t s = 0; s < m.cols / kSuperCols; ++s) {
    const auto* in = reinterpret_cast<const std::uint8_t*>(row) + s * quant::InfoOf(type).block_bytes;
    std::uint8_t* scales = out + s * kSuperScaleBytes;
    std::memcpy(scales + 2 * r, in, 2);
    std::memcpy(scales + 32 + 2 * r, in + 2, 2);
    const std::uint8_t* high = in + 16;
    const std::uint8_t* low = five ? in + 48 : in + 16;
    for (int g = 0; g < 8; ++g) {
      quant::UnpackScaleMin(in + 4, g, scales + 64 + 16 * g + r, scales + 192 + 16 * g + r);
      std::uint8_t codes[32];
      for (int i = 0; i < 32; ++i) codes[i] = low[g / 2 * 32 + i] >> (g % 2 * 4) & 15;
      std::uint8_t* block = out + m.codes_offset + (s * 8 + g) * CodeBytes(m.packing);
      PutNibbles(block, r, codes);
      if (!five) continue;
      for (int i = 0; i < 32; ++i) {
        std::uint8_t& bits = block[256 + 4 * r + i % 4];
        bits = static_cast<std::uint8_t>(bits | (high[i] >> g & 1) << (i / 4));
      }
    }
  }
}

void PackQ6K(const PackedMatrix& m, const std::byte* row, std::uint32_t r, std::uint8_t* out) {
  for (std::uint32_t s = 0; s < m.cols / kSuperCols; ++s) {
    quant::BlockQ6_K in;
    std::memcpy(&in, row + s * sizeof(in), sizeof(in));
    std::uint8_t* scales = out + s * kSuperScaleBytes;
    Put(scales, r, in.d);
    for (int g = 0; g < 16; ++g) scales[64 + 16 * g + r] = static_cast<std::uint8_t>(in.scales[g]);
    for (int g = 0; g < 8; ++g) {
      // Group g of 32: half g / 4; in the half, low nibbles of ql for quarters 0 and 1, high ones for 2 and 3.
      const std::uint8_t* ql = in.ql + g / 4 * 64 + g % 2 * 32;
      const std::uint8_t* qh = in.qh + g / 4 * 32;
      std::uint8_t codes[32];
      for (int i = 0; i < 32; ++i) codes[i] = ql[i] >> (g % 4 / 2 * 4) & 15;
      std::uint8_t* block = out + m.codes_offset + (s * 8 + g) * CodeBytes(m.packing);
      PutNibbles(block, r, codes);
      for (int i = 0; i < 32; ++i) {
        std::uint8_t& bits = block[256 + i / 16 * 64 + 4 * r + i % 4];
        bits = static_cast<std::uint8_t>(bits | (qh[i] >> (2 * (g % 4)) & 3) << (2 * (i / 4 % 4)));
      }
    }
  }
}

}  // namespace

Packing PackingOf(quant::Type type, bool f32) {
  if (f32) return Packing::kF32;
  switch (type) {
    case Type::kF32: return Packing::kF32;
    case Type::kBF16: return Packing::kBF16;
    case Type::kQ8_0:
    case Type::kQ5_0: return Packing::kQ8;
    case Type::kQ4_0: return Packing::kQ4;
    case Type::kQ4_1: return Packing::kQ4M;
    case Type::kQ5_1: return Packing::kQ8M;
    case Type::kQ4_K: return Packing::kQ4K;
    case Type::kQ5_K: return Packing::kQ5K;
    case Type::kQ6_K: return Packing::kQ6K;
    default: return Packing::kF16;
  }
}

bool IsQuantised(Packing packing) { return CodeBytes(packing) > 0; }

PackedMatrix PackedShape(Packing packing, std::uint32_t rows, std::uint32_t cols) {
  PackedMatrix m = {nullptr, packing, rows, cols, (rows + kPanelRows - 1) / kPanelRows, 0, 0};
  const std::uint32_t blocks = cols / kBlockCols, supers = cols / kSuperCols;
  switch (packing) {
    case Packing::kF32: m.panel_bytes = std::uint64_t{cols} * 64; break;
    case Packing::kF16: m.panel_bytes = AlignUp(cols * 32); break;
    case Packing::kBF16: m.panel_bytes = std::uint64_t{(cols + 1) / 2} * 64; break;
    case Packing::kQ8:
    case Packing::kQ4: m.codes_offset = AlignUp(blocks * 32); break;
    case Packing::kQ8M:
    case Packing::kQ4M: m.codes_offset = blocks * 64; break;
    default: m.codes_offset = supers * kSuperScaleBytes; break;
  }
  if (IsQuantised(packing)) m.panel_bytes = m.codes_offset + std::uint64_t{blocks} * CodeBytes(packing);
  return m;
}

void PackPanel(const PackedMatrix& shape, quant::Type type, const std::byte* const rows[kPanelRows],
               std::uint8_t* out) {
  std::memset(out, 0, shape.panel_bytes);
  for (std::uint32_t r = 0; r < kPanelRows; ++r) {
    if (!rows[r]) continue;
    switch (shape.packing) {
      case Packing::kF32:
      case Packing::kF16:
      case Packing::kBF16: PackFloats(shape, type, rows[r], r, out); break;
      case Packing::kQ8:
      case Packing::kQ4:
      case Packing::kQ8M:
      case Packing::kQ4M: PackSimple(shape, type, rows[r], r, out); break;
      case Packing::kQ4K:
      case Packing::kQ5K: PackQ45K(shape, type, rows[r], r, out); break;
      case Packing::kQ6K: PackQ6K(shape, rows[r], r, out); break;
    }
  }
}

}  // namespace yun::kernels
