// Weights as the kernels eat them. Plain data only: this header is included by the sealed translation units.
//
// A matrix [rows, cols] is cut into panels of 16 rows. A panel holds first its scales, then its codes:
//   floats  kF32 kF16   element [k][row]
//           kBF16       element [k / 2][row][k % 2], as vdpbf16ps eats it; an odd last column is followed by zeros
//   codes   for each block of 32 columns, 8 groups of 4 columns; a group is 64 bytes: [row][4 columns]. This is at once
//           the operand of AVX-512's vpdpbusd (16 rows in 16 lanes) and a slice of an AMX int8 tile.
//     8 bit   8 groups of 64 bytes
//     4 bit   4 x 64 bytes: low nibbles are group g, high nibbles group g + 4
//     5 bit   4 bit, then 64 bytes: bit g of a byte is the fifth bit of that byte in group g
//     6 bit   4 bit, then 2 x 64 bytes: in byte i's j-th bit pair are bits 5-6 of that byte in group 4 i + j
//   scales  kQ8 kQ4       per block: f16 scale[16]                        w = scale (code - 128 | 8)
//           kQ8M kQ4M     per block: f16 scale[16], f16 min[16]           w = scale code + min
//           kQ4K kQ5K     per 256 columns: f16 d[16], f16 dmin[16], u8 sc[8][16], u8 m[8][16]    w = d sc code - dmin m
//           kQ6K          per 256 columns: f16 d[16], 32 bytes free, i8 sc[16][16]               w = d sc (code - 32)
//   The scales are padded to 64 bytes, so every group lies on a cache line.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace yun::kernels {

enum class Packing : uint8_t { kF32, kF16, kBF16, kQ8, kQ4, kQ8M, kQ4M, kQ4K, kQ5K, kQ6K };

/// How keys and values are kept.
enum class CacheType : uint8_t { kF16, kBF16, kQ8, kF32 };

constexpr uint32_t kPanelRows = 16, kBlockCols = 32, kSuperCols = 256;

/// rows and cols are the true sizes; rows of the last panel beyond `rows` are zero.
struct PackedMatrix {
  const uint8_t* data;  // borrows; 64-byte aligned
  Packing packing;
  uint32_t rows, cols, panels;
  uint64_t panel_bytes;
  uint32_t codes_offset;  // in a panel
};

enum class ActForm : uint8_t { kFloat, kInt8, kBf16, kAmx };
constexpr int kActForms = 4;

/// The same activations for every matrix that eats them. Rows are cut into tiles of at most `tile_rows_max` rows (of
/// the table that made them), as even as can be: see TileOf in activations.h. A tile of r rows over `cols` columns is
///   kInt8   int8 q[block][r][32], then Meta[block][r]
///   kFloat  float x[col][r]
///   kBf16   bfloat16 x[col / 2][r][col % 2], an odd last column followed by zeros
/// kAmx has tiles of its own, rows in order: bfloat16 x[row / 16][col / 32][row % 16][col % 32], with room for 32
/// columns also where there are fewer.
/// With two planes the second holds, in the same form, what the first one's rounding left over: x = scale q + scale' q'
/// carries 15 bits instead of 8 (kAmx: 16 bits, by x = x' + x'').
struct Activations {
  const uint8_t* data;
  uint32_t rows, cols;
  uint32_t tile_rows_max;
  ActForm form;
  uint8_t planes = 1;
  uint64_t plane_bytes = 0;
};

/// Whether a plane of kAmx activations stays in the L2 cache while weights pass by. Larger ones are taken a block of
/// columns at a time, for all panels of a call.
inline bool AmxActivationsFitL2(uint32_t rows, uint32_t cols) { return size_t{rows} * cols * 2 <= 768 * 1024; }

/// Of one row's block of 32: x = scale q. The sums let kernels subtract a code's offset before they scale.
struct Meta {
  float scale;
  float sum;       // scale * (q0 + ... + q31)
  int32_t n128;    // -128 (q0 + ... + q31)
  int32_t n128_0;  // -128 (q0 + ... + q15)
};

}  // namespace yun::kernels
