// Matrix times activations over the 16-lane vector type of the including translation unit (vec.h there comes first).
// Everything has internal linkage: each instruction set gets its own copy, compiled with its own flags.
// No include guard across sets is needed: one sealed unit includes this once.

namespace {

// One of these a packing. Code<G> gives the 64 codes of group G of a block; Scale and Min are of block b of a panel.
struct FormatQ8 {
  static constexpr uint32_t kCodeBytes = 512;
  static constexpr int kOffsetShift = 0;  // code - 128
  static constexpr bool kOffset = true, kMin = false, kHalves = false, kSmallCodes = false;
  template <int G>
  static VB Code(const uint8_t* block) { return LoadBytes(block + 64 * G); }
  static VF Scale(const uint8_t* panel, uint32_t b) { return LoadF16(panel + 32 * b); }
  static VF Min(const uint8_t*, uint32_t) { return Zero(); }
};
template <int G>
inline VB Nibble(const uint8_t* block) {
  return G < 4 ? LowNibbles(LoadBytes(block + 64 * (G & 3))) : HighNibbles(LoadBytes(block + 64 * (G & 3)));
}
struct FormatQ4 {
  static constexpr uint32_t kCodeBytes = 256;
  static constexpr int kOffsetShift = 4;  // code - 8
  static constexpr bool kOffset = true, kMin = false, kHalves = false, kSmallCodes = true;
  template <int G>
  static VB Code(const uint8_t* block) { return Nibble<G>(block); }
  static VF Scale(const uint8_t* panel, uint32_t b) { return LoadF16(panel + 32 * b); }
  static VF Min(const uint8_t*, uint32_t) { return Zero(); }
};
struct FormatQ8M {
  static constexpr uint32_t kCodeBytes = 512;
  static constexpr int kOffsetShift = 0;
  static constexpr bool kOffset = false, kMin = true, kHalves = false, kSmallCodes = false;
  template <int G>
  static VB Code(const uint8_t* block) { return LoadBytes(block + 64 * G); }
  static VF Scale(const uint8_t* panel, uint32_t b) { return LoadF16(panel + 64 * b); }
  static VF Min(const uint8_t* panel, uint32_t b) { return LoadF16(panel + 64 * b + 32); }
};
struct FormatQ4M {
  static constexpr uint32_t kCodeBytes = 256;
  static constexpr int kOffsetShift = 0;
  static constexpr bool kOffset = false, kMin = true, kHalves = false, kSmallCodes = true;
  template <int G>
  static VB Code(const uint8_t* block) { return Nibble<G>(block); }
  static VF Scale(const uint8_t* panel, uint32_t b) { return LoadF16(panel + 64 * b); }
  static VF Min(const uint8_t* panel, uint32_t b) { return LoadF16(panel + 64 * b + 32); }
};
struct FormatQ4K {
  static constexpr uint32_t kCodeBytes = 256;
  static constexpr int kOffsetShift = 0;
  static constexpr bool kOffset = false, kMin = true, kHalves = false, kSmallCodes = true;
  template <int G>
  static VB Code(const uint8_t* block) { return Nibble<G>(block); }
  static VF Scale(const uint8_t* panel, uint32_t b) {
    const uint8_t* super = panel + 320 * (b / 8);
    return Mul(LoadF16(super), LoadU8(super + 64 + 16 * (b % 8)));
  }
  static VF Min(const uint8_t* panel, uint32_t b) {
    const uint8_t* super = panel + 320 * (b / 8);
    return Sub(Zero(), Mul(LoadF16(super + 32), LoadU8(super + 192 + 16 * (b % 8))));
  }
};
struct FormatQ5K : FormatQ4K {
  static constexpr uint32_t kCodeBytes = 320;
  template <int G>
  static VB Code(const uint8_t* block) { return OrBits<G, 4, 1>(Nibble<G>(block), LoadBytes(block + 256)); }
};
struct FormatQ6K {
  static constexpr uint32_t kCodeBytes = 384;
  static constexpr int kOffsetShift = 2;  // code - 32
  static constexpr bool kOffset = true, kMin = false, kHalves = true, kSmallCodes = true;
  template <int G>
  static VB Code(const uint8_t* block) {
    return OrBits<2 * (G & 3), 4, 3>(Nibble<G>(block), LoadBytes(block + 256 + 64 * (G / 4)));
  }
  /// Here b counts blocks of 16 columns.
  static VF Scale(const uint8_t* panel, uint32_t b) {
    const uint8_t* super = panel + 320 * (b / 16);
    return Mul(LoadF16(super), LoadI8(super + 64 + 16 * (b % 16)));
  }
  static VF Min(const uint8_t*, uint32_t) { return Zero(); }
};

template <class F, int G, int MR, int NP>
inline __attribute__((always_inline)) void DotGroup(VI (&sums)[NP][MR], const uint8_t* const (&codes)[NP], const int8_t* q) {
  VB code[NP];
#pragma GCC unroll 16
  for (int p = 0; p < NP; ++p) code[p] = F::template Code<G>(codes[p]);
#pragma GCC unroll 16
  for (int m = 0; m < MR; ++m) {
    const VQ a = BroadcastQ(q + 32 * m + 4 * G);
#pragma GCC unroll 16
    for (int p = 0; p < NP; ++p) sums[p][m] = F::kSmallCodes ? DotSmall(sums[p][m], code[p], a) : Dot(sums[p][m], code[p], a);
  }
}

/// One tile of MR rows against NP panels: MR * NP * 16 outputs.
template <class F, int MR, int NP>
void TileQuantised(const PackedMatrix& w, uint32_t panel, const uint8_t* tile, float* out, size_t out_stride, bool add) {
  const uint32_t blocks = w.cols / kBlockCols;
  const int8_t* q = reinterpret_cast<const int8_t*>(tile);
  const Meta* meta = reinterpret_cast<const Meta*>(tile + static_cast<size_t>(blocks) * MR * kBlockCols);
  const uint8_t* scales[NP];
  const uint8_t* codes[NP];
  VF acc[NP][MR];
#pragma GCC unroll 16
  for (int p = 0; p < NP; ++p) {
    scales[p] = w.data + (panel + p) * w.panel_bytes;
    codes[p] = scales[p] + w.codes_offset;
#pragma GCC unroll 16
    for (int m = 0; m < MR; ++m) acc[p][m] = Zero();
  }
  for (uint32_t b = 0; b < blocks; ++b) {
    VI sums[NP][MR];
#pragma GCC unroll 16
    for (int p = 0; p < NP; ++p)
#pragma GCC unroll 16
      for (int m = 0; m < MR; ++m)
        sums[p][m] = F::kOffset ? ShiftRight<F::kOffsetShift>(BroadcastI(F::kHalves ? &meta[m].n128_0 : &meta[m].n128)) : ZeroI();
    DotGroup<F, 0, MR, NP>(sums, codes, q);
    DotGroup<F, 1, MR, NP>(sums, codes, q);
    DotGroup<F, 2, MR, NP>(sums, codes, q);
    DotGroup<F, 3, MR, NP>(sums, codes, q);
    if constexpr (F::kHalves) {
#pragma GCC unroll 16
      for (int p = 0; p < NP; ++p) {
        const VF scale = F::Scale(scales[p], 2 * b);
#pragma GCC unroll 16
        for (int m = 0; m < MR; ++m) {
          acc[p][m] = Fma(ToFloat(sums[p][m]), Mul(scale, Broadcast(&meta[m].scale)), acc[p][m]);
          sums[p][m] = ShiftRight<F::kOffsetShift>(SubI(BroadcastI(&meta[m].n128), BroadcastI(&meta[m].n128_0)));
        }
      }
    }
    DotGroup<F, 4, MR, NP>(sums, codes, q);
    DotGroup<F, 5, MR, NP>(sums, codes, q);
    DotGroup<F, 6, MR, NP>(sums, codes, q);
    DotGroup<F, 7, MR, NP>(sums, codes, q);
#pragma GCC unroll 16
    for (int p = 0; p < NP; ++p) {
      const VF scale = F::Scale(scales[p], F::kHalves ? 2 * b + 1 : b);
      const VF min = F::Min(scales[p], b);
#pragma GCC unroll 16
      for (int m = 0; m < MR; ++m) {
        acc[p][m] = Fma(ToFloat(sums[p][m]), Mul(scale, Broadcast(&meta[m].scale)), acc[p][m]);
        if (F::kMin) acc[p][m] = Fma(min, Broadcast(&meta[m].sum), acc[p][m]);
      }
      codes[p] += F::kCodeBytes;
    }
    q += 32 * MR;
    meta += MR;
  }
#pragma GCC unroll 16
  for (int p = 0; p < NP; ++p)
#pragma GCC unroll 16
    for (int m = 0; m < MR; ++m) {
      float* o = out + m * out_stride + (panel + p) * kPanelRows;
      Store(o, add ? Add(Load(o), acc[p][m]) : acc[p][m]);
    }
}

struct FloatF32 {
  static constexpr uint32_t kBytes = 4;
  static VF Get(const uint8_t* p) { return Load(reinterpret_cast<const float*>(p)); }
};
struct FloatF16 {
  static constexpr uint32_t kBytes = 2;
  static VF Get(const uint8_t* p) { return LoadF16(p); }
};
struct FloatBF16 {
  static constexpr uint32_t kBytes = 2;
  static VF Get(const uint8_t* p) { return LoadBF16(p); }
};

template <class F, int MR, int NP>
void TileFloat(const PackedMatrix& w, uint32_t panel, const uint8_t* tile, float* out, size_t out_stride, bool add) {
  const float* x = reinterpret_cast<const float*>(tile);
  const uint8_t* rows[NP];
  VF acc[NP][MR];
#pragma GCC unroll 16
  for (int p = 0; p < NP; ++p) {
    rows[p] = w.data + (panel + p) * w.panel_bytes;
#pragma GCC unroll 16
    for (int m = 0; m < MR; ++m) acc[p][m] = Zero();
  }
  for (uint32_t k = 0; k < w.cols; ++k) {
    VF value[NP];
#pragma GCC unroll 16
    for (int p = 0; p < NP; ++p) value[p] = F::Get(rows[p] + k * (16 * F::kBytes));
#pragma GCC unroll 16
    for (int m = 0; m < MR; ++m) {
      const VF a = Broadcast(x + m);
#pragma GCC unroll 16
      for (int p = 0; p < NP; ++p) acc[p][m] = Fma(value[p], a, acc[p][m]);
    }
    x += MR;
  }
#pragma GCC unroll 16
  for (int p = 0; p < NP; ++p)
#pragma GCC unroll 16
    for (int m = 0; m < MR; ++m) {
      float* o = out + m * out_stride + (panel + p) * kPanelRows;
      Store(o, add ? Add(Load(o), acc[p][m]) : acc[p][m]);
    }
}

// Panels computed together for a tile of MR rows: as many as the registers hold (kAccumulators of int and of float each).
constexpr int PanelsFor(int mr) { return mr * 4 <= kAccumulators ? 4 : mr * 2 <= kAccumulators ? 2 : 1; }

using TileFunction = void (*)(const PackedMatrix&, uint32_t, const uint8_t*, float*, size_t, bool);

template <class F, bool kQuantised, int MR>
void TilePanels(const PackedMatrix& w, uint32_t begin, uint32_t end, const uint8_t* tile, float* out, size_t stride, bool add) {
  constexpr int NP = PanelsFor(MR);
  uint32_t p = begin;
  if constexpr (kQuantised) {
    for (; p + NP <= end; p += NP) TileQuantised<F, MR, NP>(w, p, tile, out, stride, add);
    for (; p < end; ++p) TileQuantised<F, MR, 1>(w, p, tile, out, stride, add);
  } else {
    for (; p + NP <= end; p += NP) TileFloat<F, MR, NP>(w, p, tile, out, stride, add);
    for (; p < end; ++p) TileFloat<F, MR, 1>(w, p, tile, out, stride, add);
  }
}

template <class F, bool kQuantised, int MR = kTileRows>
void TileOfRows(uint32_t rows, const PackedMatrix& w, uint32_t begin, uint32_t end, const uint8_t* tile, float* out,
                size_t stride, bool add) {
  if (rows == MR) return TilePanels<F, kQuantised, MR>(w, begin, end, tile, out, stride, add);
  if constexpr (MR > 1) TileOfRows<F, kQuantised, MR - 1>(rows, w, begin, end, tile, out, stride, add);
}

/// Panels in groups that stay in the L2 cache while the tiles pass by.
template <class F, bool kQuantised>
void MatMulFormat(const PackedMatrix& w, uint32_t begin, uint32_t end, const Activations& acts, float* out, size_t stride,
                  bool add) {
  constexpr uint32_t kGroup = 4;
  const uint32_t count = (acts.rows + acts.tile_rows_max - 1) / acts.tile_rows_max;
  const uint32_t small = acts.rows / count, extra = acts.rows % count;
  const size_t row_bytes = kQuantised ? acts.cols + acts.cols / kBlockCols * sizeof(Meta) : acts.cols * sizeof(float);
  for (uint32_t p = begin; p < end; p += kGroup) {
    const uint32_t stop = p + kGroup < end ? p + kGroup : end;
    uint32_t row = 0;
    for (uint32_t t = 0; t < count; ++t) {
      const uint32_t rows = small + (t < extra ? 1 : 0);
      for (uint32_t plane = 0; plane < acts.planes; ++plane)
        TileOfRows<F, kQuantised>(rows, w, p, stop, acts.data + plane * acts.plane_bytes + row * row_bytes, out + row * stride,
                                  stride, add || plane > 0);
      row += rows;
    }
  }
}

}  // namespace
