// How rows of activations lie in tiles (packed.h says what a tile holds).
#pragma once
#include <cstddef>
#include <cstdint>

#include "engine/kernels/kernels.h"

namespace yun::kernels {

struct Tile {
  std::uint32_t row_begin, rows;
};

inline std::uint32_t TileCount(std::uint32_t rows, std::uint32_t tile_rows_max) {
  return (rows + tile_rows_max - 1) / tile_rows_max;
}
/// The first `rows % count` tiles hold one row more than the rest.
inline Tile TileOf(std::uint32_t rows, std::uint32_t tile_rows_max, std::uint32_t index) {
  const std::uint32_t count = TileCount(rows, tile_rows_max), small = rows / count, extra = rows % count;
  const std::uint32_t begin = index * small + (index < extra ? index : extra);
  return {begin, small + (index < extra ? 1 : 0)};
}
/// The tile that holds a row.
inline Tile TileOfRow(std::uint32_t rows, std::uint32_t tile_rows_max, std::uint32_t row) {
  const std::uint32_t count = TileCount(rows, tile_rows_max), small = rows / count, extra = rows % count;
  const std::uint32_t big_rows = extra * (small + 1);
  return TileOf(rows, tile_rows_max, row < big_rows ? row / (small + 1) : extra + (row - big_rows) / small);
}
/// What a matrix of `cols` columns eats when so many rows are multiplied at once.
inline ActForm FormFor(Packing packing, const Kernels& k, std::uint32_t cols, std::uint32_t rows) {
  const bool floats = packing == Packing::kBF16 || packing == Packing::kF16;
  const std::uint32_t amx_rows_min = floats ? k.amx_float_rows_min : k.amx_rows_min;
  // One step of fewer columns too, of bfloat16: an adapter's rank.
  const bool steps = cols % 32 == 0 || (packing == Packing::kBF16 && cols < 32 && cols % 2 == 0);
  if (amx_rows_min && rows >= amx_rows_min && steps && packing != Packing::kF32) return ActForm::kAmx;
  switch (packing) {
    case Packing::kF32:
    case Packing::kF16: return ActForm::kFloat;
    case Packing::kBF16: return k.bf16_dot ? ActForm::kBf16 : ActForm::kFloat;
    default: return ActForm::kInt8;
  }
}
/// Bytes of one row of activations, the same in every tile.
inline std::size_t ActivationRowBytes(std::uint32_t cols, ActForm form) {
  if (form == ActForm::kInt8) return cols + cols / kBlockCols * sizeof(Meta);
  if (form == ActForm::kAmx) return std::size_t{(cols + 31) / 32} * 64;
  return form == ActForm::kBf16 ? std::size_t{(cols + 1) / 2} * 4 : cols * sizeof(float);
}
/// Bytes of one plane of activations.
inline std::size_t ActivationBytes(std::uint32_t rows, std::uint32_t cols, ActForm form) {
  return (form == ActForm::kAmx ? (std::size_t{rows} + 15) / 16 * 16 : rows) * ActivationRowBytes(cols, form);
}
inline std::uint8_t* TileData(std::uint8_t* data, std::uint32_t cols, ActForm form, std::uint32_t row_begin) {
  return data + row_begin * ActivationRowBytes(cols, form);
}

}  // namespace yun::kernels
