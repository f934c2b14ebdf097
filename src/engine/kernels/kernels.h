// The table of kernels: one a set of instructions, the best chosen at start. Plain data only (see packed.h).
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "engine/kernels/packed.h"

namespace yun::kernels {

constexpr uint32_t kCacheBlockTokens = 16;
constexpr uint32_t kAttendRowsMax = 256;  // of any table
constexpr uint32_t kCacheGroup = 32;      // dimensions that share a scale in a kQ8 cache
constexpr uint32_t kHeadDimMax = 512;  // of AttendTask: its scratch lies on the stack

/// One KV head's attention for some query rows over a run of cache blocks.
/// How K and V of a block lie: cache.h.
struct AttendTask {
  const float* const* q;      // q_rows pointers to head_dim floats, already scaled by 1/sqrt(head_dim)
  float* const* out;          // q_rows pointers to head_dim floats
  const uint32_t* limits;     // q_rows: row r sees tokens [0, limits[r])
  uint32_t q_rows;            // 1..attend_rows_max of the table
  uint32_t head_dim;
  const uint8_t* cache;       // of this layer
  const uint32_t* blocks;     // block table of the sequence
  uint64_t block_bytes;       // from block to block
  uint64_t k_offset, v_offset;  // of this head's K and V in a block
  uint32_t block_begin, block_end;  // the run: blocks [begin, end) of the table
  CacheType cache_type;
  /// Null: `out` gets the result. Else (a part of a longer run): out gets the sums not yet divided, and
  /// partial[2 r] gets m, near the row's maximum, and partial[2 r + 1] the sum of exp(score - m); of a row that sees
  /// nothing -infinity and 0.
  float* partial;
  bool wide = false;  // products at least as exact as of two bf16 each (2^-16), not of one
};

/// Every entry: 32-bit sizes, no aliasing of in and out unless said, no allocation, any thread.
/// Bounds against reference/: see kernels_test.cc, which states and checks one for each entry.
struct Kernels {
  const char* name;
  uint32_t tile_rows_max;  // rows of an activation tile
  uint32_t attend_rows_max;  // query rows of one AttendTask
  bool bf16_dot;           // kBF16 matrices eat kBf16 activations; else kFloat
  // From so many rows on quantised, and bfloat16 and f16, matrices eat kAmx activations; 0: never.
  uint32_t amx_rows_min, amx_float_rows_min;

  /// x[32 blocks] -> rows' q and Meta of blocks [first_block, first_block + blocks) in row m of a tile of `tile_rows`.
  /// scale = max|x| / 127; q = round to nearest even; a block of zeros has scale 0.
  void (*quantize)(const float* x, uint32_t first_block, uint32_t blocks, uint32_t total_blocks, uint8_t* tile,
                   uint32_t tile_rows, uint32_t m);

  /// x[cols] -> row m of a kBf16 tile, columns [first, first + cols); first even. Round to nearest even.
  void (*to_bf16)(const float* x, uint32_t first, uint32_t cols, uint8_t* tile, uint32_t tile_rows, uint32_t m);

  /// x[cols] -> columns [first, first + cols) of a row of kAmx activations with `total_cols` columns; all multiples of
  /// 32, or first 0 and cols total_cols below that. Round to nearest even. What that leaves goes to `low_plane` bytes
  /// further, unless that is 0.
  /// Null where amx_rows_min is 0.
  void (*to_amx)(const float* x, uint32_t first, uint32_t cols, uint32_t total_cols, uint8_t* data,
                 uint64_t low_plane, uint32_t row);

  /// out[row][n] (+)= sum_k act[row][k] w[n][k] for n in panels [panel_begin, panel_end) and all rows.
  /// shapes: out [acts.rows, out_stride], written to the panels' full width, so out_stride >= 16 panels
  /// units:  out_stride in floats; `add`: accumulate onto out
  void (*matmul)(const PackedMatrix& w, uint32_t panel_begin, uint32_t panel_end, const Activations& acts, float* out,
                 size_t out_stride, bool add);

  /// out = x / sqrt(mean(x^2) + eps) * weight. out may be x.
  void (*rms_norm)(const float* x, const float* weight, uint32_t n, float eps, float* out);
  /// gate = gate / (1 + exp(-gate)) * up
  void (*silu_mul)(float* gate, const float* up, uint32_t n);
  /// One token's queries or keys, x [heads, head_dim]: each head normed as by rms_norm (norm null: not), its pairs
  /// (x[i], x[i + half]) rotated by (cos[i], sin[i]), and all of it times `scale`.
  void (*rope)(float* x, uint32_t heads, uint32_t head_dim, const float* norm, float eps, const float* cos,
               const float* sin, uint32_t half, float scale);
  /// x += y
  void (*add)(float* x, const float* y, uint32_t n);
  /// Keys and values of tokens [slot, slot + tokens) of a block into its K and V; round to nearest even.
  /// shapes: k and v [tokens, stride], of which head_dim columns are read; slot + tokens <= 16
  void (*store)(CacheType type, const float* k, const float* v, size_t stride, uint32_t tokens, uint32_t head_dim,
                uint32_t slot, uint8_t* key_block, uint8_t* value_block);
  /// Attention with an online softmax.
  /// source: FlashAttention, Dao et al. 2022; online softmax, Milakov & Gimelshein 2018
  void (*attend)(const AttendTask& task);
  /// Index of the largest value (the first of equals); NaN counts as smallest.
  uint32_t (*argmax)(const float* x, uint32_t n);
  /// log(sum(exp(x))), computed around the maximum.
  float (*log_sum_exp)(const float* x, uint32_t n);
  /// out = exp((x - most) scale); returns their sum. out may be x.
  double (*exp_weights)(const float* x, uint32_t n, float most, float scale, float* out);

  // What roofs.h measures. Multiply-adds on registers alone, as many at once as the units take; returns the operations
  // done, proportional to `rounds` (1 multiply-add = 2). bf16: null where bfloat16 has no instruction of its own.
  double (*peak_int8)(uint32_t rounds);
  double (*peak_bf16)(uint32_t rounds);
  double (*peak_f32)(uint32_t rounds);
  /// Loads the bytes of `data` and drops them: as one run, or as 8 equal parts side by side (streams 1 or 8), each
  /// prefetched 1 KiB ahead. Returns the bytes read: a tail of less than 128 a stream is left out.
  uint64_t (*read)(const uint8_t* data, uint64_t bytes, uint32_t streams);
};

/// The oracle; the other tables are found through registry.h.
const Kernels* ReferenceKernels();

}  // namespace yun::kernels
