// Some rows times a quantised matrix on int8 tiles: too many rows for vectors to keep up with memory, too few to pay
// for widening weights. A block of 32 columns is one tile product: a tile of up to 16 rows of activations (packed.h) by
// the 8 groups of codes, which lie as a weight tile. Vectors scale each block's integer sums as TileQuantised does, in
// the same order: the same bits. Included by amx.cc after the generic algorithms.

namespace {

// Measured: fewer rows are as fast on vectors. Products of 16 columns (kHalves) pay later, but tiles of more rows than
// vectors take always come here.
constexpr uint32_t kInt8RowsMin = 7, kInt8HalvesRowsMin = kVectorRows + 1;
constexpr uint32_t kInt8AheadBytes = 6144;  // weights come from memory
constexpr uint32_t kUnpackedBlocks = 4;     // so that a tile is loaded after its stores are done

/// How a format's blocks become tiles. Signed: unpacked codes have lost their offset; codes in place have it still.
template <class F>
struct Int8Blocks {
  static constexpr uint32_t kParts = F::kHalves ? 2 : 1;  // products and scales a block
  static constexpr uint32_t kPartCols = kBlockCols / kParts, kTileBytes = kPartCols * kPanelRows;
  static constexpr bool kInPlace = F::kCodeBytes == kBlockCols * kPanelRows;
};

template <class F, int G>
inline __attribute__((always_inline)) void UnpackGroup(const uint8_t* codes, uint8_t* out) {
  const __m512i code = F::template Code<G>(codes).v;
  constexpr char kZero = F::kOffset ? 128 >> F::kOffsetShift & 127 : 0;
  _mm512_store_si512(out + 64 * G, kZero ? _mm512_sub_epi8(code, _mm512_set1_epi8(kZero)) : code);
}
template <class F>
inline __attribute__((always_inline)) void UnpackCodes(const uint8_t* codes, uint8_t* out) {
  UnpackGroup<F, 0>(codes, out);
  UnpackGroup<F, 1>(codes, out);
  UnpackGroup<F, 2>(codes, out);
  UnpackGroup<F, 3>(codes, out);
  UnpackGroup<F, 4>(codes, out);
  UnpackGroup<F, 5>(codes, out);
  UnpackGroup<F, 6>(codes, out);
  UnpackGroup<F, 7>(codes, out);
}

/// What to fetch meanwhile: from `at` on, so much a block.
struct Int8Ahead {
  const uint8_t* at;
  size_t block_bytes;
};

/// One panel by a tile of R rows. Products are stored one part later and scaled two parts later, so that nothing waits.
/// tmm0, 1: sums; tmm4, 5: activations; tmm6, 7: codes, of even and odd parts.
template <class F, int R>
void PanelInt8(const PackedMatrix& w, const uint8_t* panel, const uint8_t* tile, Int8Ahead ahead, float* out,
               size_t stride, bool add) {
  using Blocks = Int8Blocks<F>;
  constexpr uint32_t kParts = Blocks::kParts;
  alignas(64) static constexpr uint8_t kZeros[64] = {};  // TILE_ZERO would wait for the product before
  alignas(64) int32_t sums[2][16 * kPanelRows];
  alignas(64) uint8_t unpacked[Blocks::kInPlace ? 1 : kUnpackedBlocks][kBlockCols * kPanelRows];
  const uint32_t blocks = w.cols / kBlockCols, parts = blocks * kParts;
  const Meta* meta = reinterpret_cast<const Meta*>(tile + static_cast<size_t>(blocks) * (R * kBlockCols));
  const uint8_t* codes = panel + w.codes_offset;
  VF acc[R];
#pragma GCC unroll 16
  for (int m = 0; m < R; ++m) acc[m] = Zero();

  const auto unpack = [&](uint32_t b) __attribute__((always_inline)) {
    if (Blocks::kInPlace || b >= blocks) return;
    UnpackCodes<F>(codes + static_cast<size_t>(b) * F::kCodeBytes, unpacked[b % kUnpackedBlocks]);
  };
  const auto weights = [&](uint32_t i) __attribute__((always_inline)) {
    const uint32_t b = i / kParts;
    const uint8_t* block = Blocks::kInPlace ? codes + static_cast<size_t>(b) * F::kCodeBytes
                                            : unpacked[b % kUnpackedBlocks];
    return block + i % kParts * Blocks::kTileBytes;
  };
  const auto activations = [&](uint32_t i) __attribute__((always_inline)) {
    return tile + static_cast<size_t>(i / kParts) * (R * kBlockCols) + i % kParts * Blocks::kPartCols;
  };
  const auto scale_sums = [&](uint32_t i) __attribute__((always_inline)) {
    const VF scale = F::Scale(panel, i), min = F::Min(panel, i / kParts);
    const Meta* of = meta + static_cast<size_t>(i / kParts) * R;
#pragma GCC unroll 16
    for (int m = 0; m < R; ++m) {
      VI sum = {_mm512_load_si512(sums[i % 2] + m * kPanelRows)};
      if (Blocks::kInPlace && F::kOffset) sum.v = _mm512_add_epi32(sum.v, BroadcastI(&of[m].n128).v);
      acc[m] = Fma(ToFloat(sum), Mul(scale, Broadcast(&of[m].scale)), acc[m]);
      if (F::kMin) acc[m] = Fma(min, Broadcast(&of[m].sum), acc[m]);
    }
  };
  const auto begin_block = [&](uint32_t b) __attribute__((always_inline)) {
    for (size_t i = 0; i < ahead.block_bytes; i += 64) __builtin_prefetch(ahead.at + i);
    ahead.at += ahead.block_bytes;
    unpack(b + kUnpackedBlocks - 1);
  };
  for (uint32_t b = 0; b + 1 < kUnpackedBlocks; ++b) unpack(b);
  for (uint32_t i = 0; i < parts + 2; i += 2) {
    if (i < parts) {
      begin_block(i / kParts);
      TILE_LOAD(6, weights(i));
      TILE_LOAD_ROWS(4, activations(i), kBlockCols);
      TILE_LOAD_ROWS(0, kZeros, 0);
      if (Blocks::kInPlace) _tile_dpbsud(0, 4, 6);
      else _tile_dpbssd(0, 4, 6);
    }
    if (i > 0) {
      if (i - 1 < parts) TILE_STORE(1, sums[1]);
      scale_sums(i - 2);
    }
    if (i + 1 < parts) {
      if (kParts == 1) begin_block(i + 1);
      TILE_LOAD(7, weights(i + 1));
      TILE_LOAD_ROWS(5, activations(i + 1), kBlockCols);
      TILE_LOAD_ROWS(1, kZeros, 0);
      if (Blocks::kInPlace) _tile_dpbsud(1, 5, 7);
      else _tile_dpbssd(1, 5, 7);
    }
    if (i < parts) TILE_STORE(0, sums[0]);
    if (i > 0 && i - 1 < parts) scale_sums(i - 1);
  }
#pragma GCC unroll 16
  for (int m = 0; m < R; ++m) {
    float* o = out + m * stride;
    Store(o, add ? Add(Load(o), acc[m]) : acc[m]);
  }
}

template <class F, uint32_t R = kTileRows>
void PanelOfRows(uint32_t rows, const PackedMatrix& w, const uint8_t* panel, const uint8_t* tile, Int8Ahead ahead,
                 float* out, size_t stride, bool add) {
  if (rows == R) return PanelInt8<F, R>(w, panel, tile, ahead, out, stride, add);
  if constexpr (R > kInt8RowsMin) PanelOfRows<F, R - 1>(rows, w, panel, tile, ahead, out, stride, add);
}

/// A panel at a time: with several tiles it stays in the caches while they pass by, and each fetches its part of the
/// next panel.
template <class F>
void MatMulInt8(const PackedMatrix& w, uint32_t begin, uint32_t end, const Activations& acts, float* out, size_t stride,
                bool add) {
  constexpr uint32_t kRowsMin = F::kHalves ? kInt8HalvesRowsMin : kInt8RowsMin;
  if (acts.rows < kRowsMin) return MatMulFormat<QuantisedTile<F>>(w, begin, end, acts, out, stride, add);
  const uint32_t count = (acts.rows + kTileRows - 1) / kTileRows;
  const uint32_t small = acts.rows / count, extra = acts.rows % count;
  const size_t row_bytes = acts.cols + acts.cols / kBlockCols * sizeof(Meta);
  const size_t ahead_bytes = w.panel_bytes / (w.cols / kBlockCols) / count;
  uint32_t configured = 0;
  for (uint32_t p = begin; p < end; ++p) {
    const uint8_t* panel = w.data + p * w.panel_bytes;
    uint32_t row = 0;
    for (uint32_t t = 0; t < count; ++t) {
      const uint32_t rows = small + (t < extra ? 1 : 0);
      if (rows != configured) ConfigureTilesInt8(rows, Int8Blocks<F>::kPartCols);
      configured = rows;
      const uint8_t* ahead = count == 1 ? panel + kInt8AheadBytes : panel + w.panel_bytes + t * (w.panel_bytes / count);
      for (uint32_t plane = 0; plane < acts.planes; ++plane)
        PanelOfRows<F>(rows, w, panel, acts.data + plane * acts.plane_bytes + row * row_bytes, {ahead, ahead_bytes},
                       out + p * kPanelRows + row * stride, stride, add || plane > 0);
      row += rows;
    }
  }
  _tile_release();
}

}  // namespace
