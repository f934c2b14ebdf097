// How rows of activations lie in tiles (packed.h says what a tile holds).
#pragma once
#include <cstddef>
#include <cstdint>

#include "engine/kernels/packed.h"

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
/// Bytes of one row of activations, the same in every tile.
inline std::size_t ActivationRowBytes(std::uint32_t cols, bool quantised) {
  return quantised ? cols + cols / kBlockCols * sizeof(Meta) : cols * sizeof(float);
}
inline std::uint8_t* TileData(std::uint8_t* data, std::uint32_t cols, bool quantised, std::uint32_t row_begin) {
  return data + row_begin * ActivationRowBytes(cols, quantised);
}

}  // namespace yun::kernels
