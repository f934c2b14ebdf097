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

constexpr uint32_t kAheadBytes = 2048;
constexpr int kFewRowsAhead = 4;

template <class F, int G, int MR, int NP, bool kAhead>
inline __attribute__((always_inline)) void DotGroup(VI (&sums)[NP][MR], const uint8_t* const (&codes)[NP],
                                                    const int8_t* q, size_t row_step) {
  VB code[NP];
#pragma GCC unroll 16
  for (int p = 0; p < NP; ++p) code[p] = F::template Code<G>(codes[p]);
  if constexpr (kAhead) {
    if (64 * G < F::kCodeBytes) {
#pragma GCC unroll 16
      for (int p = 0; p < NP; ++p) __builtin_prefetch(codes[p] + 64 * G + kAheadBytes);
    }
  }
#pragma GCC unroll 16
  for (int m = 0; m < MR; ++m) {
    const VQ a = BroadcastQ(q + row_step * m + 4 * G);
#pragma GCC unroll 16
    for (int p = 0; p < NP; ++p)
      sums[p][m] = F::kSmallCodes ? DotSmall(sums[p][m], code[p], a) : Dot(sums[p][m], code[p], a);
  }
}

template <int MR, int NP>
inline __attribute__((always_inline)) void StoreTile(const VF (&acc)[NP][MR], uint32_t panel, float* out,
                                                     size_t out_stride, bool add) {
#pragma GCC unroll 16
  for (int p = 0; p < NP; ++p)
#pragma GCC unroll 16
    for (int m = 0; m < MR; ++m) {
      float* o = out + m * out_stride + (panel + p) * kPanelRows;
      Store(o, add ? Add(Load(o), acc[p][m]) : acc[p][m]);
    }
}

/// One tile of MR rows against NP panels: MR * NP * 16 outputs. kAhead: the weights come from memory, and the
/// processor fetches too little ahead by itself. kPlanes: a tile of one row with two planes, taken together as two rows
/// that are added in the end, so that each weight is unpacked once.
template <class F, int MR, int NP, bool kAhead, bool kPlanes>
void TileQuantised(const PackedMatrix& w, uint32_t panel, const uint8_t* tile, size_t plane_bytes, float* out,
                   size_t out_stride, bool add) {
  constexpr uint32_t kRows = kPlanes ? 1 : MR;  // of the tile
  const size_t q_row = kPlanes ? plane_bytes : kBlockCols, meta_row = kPlanes ? plane_bytes / sizeof(Meta) : 1;
  const uint32_t blocks = w.cols / kBlockCols;
  const int8_t* q = reinterpret_cast<const int8_t*>(tile);
  const Meta* meta = reinterpret_cast<const Meta*>(tile + static_cast<size_t>(blocks) * kRows * kBlockCols);
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
    const auto of = [&](int m) -> const Meta& { return meta[static_cast<size_t>(m) * meta_row]; };
    VI sums[NP][MR];
#pragma GCC unroll 16
    for (int p = 0; p < NP; ++p)
#pragma GCC unroll 16
      for (int m = 0; m < MR; ++m)
        sums[p][m] = F::kOffset ? ShiftRight<F::kOffsetShift>(BroadcastI(F::kHalves ? &of(m).n128_0 : &of(m).n128))
                                : ZeroI();
    DotGroup<F, 0, MR, NP, kAhead>(sums, codes, q, q_row);
    DotGroup<F, 1, MR, NP, kAhead>(sums, codes, q, q_row);
    DotGroup<F, 2, MR, NP, kAhead>(sums, codes, q, q_row);
    DotGroup<F, 3, MR, NP, kAhead>(sums, codes, q, q_row);
    if constexpr (F::kHalves) {
#pragma GCC unroll 16
      for (int p = 0; p < NP; ++p) {
        const VF scale = F::Scale(scales[p], 2 * b);
#pragma GCC unroll 16
        for (int m = 0; m < MR; ++m) {
          acc[p][m] = Fma(ToFloat(sums[p][m]), Mul(scale, Broadcast(&of(m).scale)), acc[p][m]);
          sums[p][m] = ShiftRight<F::kOffsetShift>(SubI(BroadcastI(&of(m).n128), BroadcastI(&of(m).n128_0)));
        }
      }
    }
    DotGroup<F, 4, MR, NP, kAhead>(sums, codes, q, q_row);
    DotGroup<F, 5, MR, NP, kAhead>(sums, codes, q, q_row);
    DotGroup<F, 6, MR, NP, kAhead>(sums, codes, q, q_row);
    DotGroup<F, 7, MR, NP, kAhead>(sums, codes, q, q_row);
#pragma GCC unroll 16
    for (int p = 0; p < NP; ++p) {
      const VF scale = F::Scale(scales[p], F::kHalves ? 2 * b + 1 : b);
      const VF min = F::Min(scales[p], b);
#pragma GCC unroll 16
      for (int m = 0; m < MR; ++m) {
        acc[p][m] = Fma(ToFloat(sums[p][m]), Mul(scale, Broadcast(&of(m).scale)), acc[p][m]);
        if (F::kMin) acc[p][m] = Fma(min, Broadcast(&of(m).sum), acc[p][m]);
      }
      codes[p] += F::kCodeBytes;
    }
    q += kBlockCols * kRows;
    meta += kRows;
  }
  if constexpr (kPlanes) {
    // One after the other, as two tiles would be: the same bits.
#pragma GCC unroll 16
    for (int p = 0; p < NP; ++p) {
      float* o = out + (panel + p) * kPanelRows;
      Store(o, Add(add ? Add(Load(o), acc[p][0]) : acc[p][0], acc[p][1]));
    }
  } else {
    StoreTile<MR, NP>(acc, panel, out, out_stride, add);
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
  StoreTile<MR, NP>(acc, panel, out, out_stride, add);
}

/// bfloat16 weights in pairs of columns: by vdpbf16ps where there is one, else widened to floats.
template <int MR, int NP>
void TileBf16(const PackedMatrix& w, uint32_t panel, const uint8_t* tile, float* out, size_t out_stride, bool add) {
  const uint8_t* rows[NP];
  VF acc[NP][MR];
#pragma GCC unroll 16
  for (int p = 0; p < NP; ++p) {
    rows[p] = w.data + (panel + p) * w.panel_bytes;
#pragma GCC unroll 16
    for (int m = 0; m < MR; ++m) acc[p][m] = Zero();
  }
  for (uint32_t k = 0; k < w.cols; k += 2) {
    VB pairs[NP];
#pragma GCC unroll 16
    for (int p = 0; p < NP; ++p) pairs[p] = LoadBytes(rows[p] + k * 32);
    if (MR <= kFewRowsAhead && PrefetchPays()) {  // each weight is used a few times, and comes from memory
#pragma GCC unroll 16
      for (int p = 0; p < NP; ++p) __builtin_prefetch(rows[p] + k * 32 + kAheadBytes);
    }
#ifdef YUN_BF16_DOT
#pragma GCC unroll 16
    for (int m = 0; m < MR; ++m) {
      const VQ a = BroadcastQ(reinterpret_cast<const int8_t*>(tile) + 4 * m);
#pragma GCC unroll 16
      for (int p = 0; p < NP; ++p) acc[p][m] = DotBf16(acc[p][m], pairs[p], a);
    }
    tile += 4 * MR;
#else
    const float* x = reinterpret_cast<const float*>(tile);
#pragma GCC unroll 16
    for (int m = 0; m < MR; ++m) {
#pragma GCC unroll 16
      for (int p = 0; p < NP; ++p) acc[p][m] = Fma(EvenBf16(pairs[p]), Broadcast(x + m), acc[p][m]);
    }
    if (k + 1 < w.cols) {
#pragma GCC unroll 16
      for (int m = 0; m < MR; ++m) {
#pragma GCC unroll 16
        for (int p = 0; p < NP; ++p) acc[p][m] = Fma(OddBf16(pairs[p]), Broadcast(x + MR + m), acc[p][m]);
      }
    }
    tile += 8 * MR;
#endif
  }
  StoreTile<MR, NP>(acc, panel, out, out_stride, add);
}

// How a format's tile is computed, and what its activations are. kWide: only float accumulators, so twice the panels.
template <class F>
struct QuantisedTile {
  using Format = F;
  static constexpr ActForm kForm = ActForm::kInt8;
  static constexpr bool kWide = false;
  template <int MR, int NP>
  static void Run(const PackedMatrix& w, uint32_t p, const uint8_t* tile, float* out, size_t stride, bool add) {
    if (PrefetchPays()) return TileQuantised<F, MR, NP, true, false>(w, p, tile, 0, out, stride, add);
    TileQuantised<F, MR, NP, false, false>(w, p, tile, 0, out, stride, add);
  }
};
/// One row whose two planes are taken together.
template <class F, int NP>
void TileOfPlanes(const PackedMatrix& w, uint32_t p, const Activations& acts, float* out, size_t stride, bool add) {
  if (PrefetchPays()) return TileQuantised<F, 2, NP, true, true>(w, p, acts.data, acts.plane_bytes, out, stride, add);
  TileQuantised<F, 2, NP, false, true>(w, p, acts.data, acts.plane_bytes, out, stride, add);
}
template <class F>
struct FloatTile {
  static constexpr ActForm kForm = ActForm::kFloat;
  static constexpr bool kWide = true;
  template <int MR, int NP>
  static void Run(const PackedMatrix& w, uint32_t p, const uint8_t* tile, float* out, size_t stride, bool add) {
    TileFloat<F, MR, NP>(w, p, tile, out, stride, add);
  }
};
struct Bf16Tile {
#ifdef YUN_BF16_DOT
  static constexpr ActForm kForm = ActForm::kBf16;
#else
  static constexpr ActForm kForm = ActForm::kFloat;
#endif
  static constexpr bool kWide = true;
  template <int MR, int NP>
  static void Run(const PackedMatrix& w, uint32_t p, const uint8_t* tile, float* out, size_t stride, bool add) {
    TileBf16<MR, NP>(w, p, tile, out, stride, add);
  }
};

// Panels computed together for a tile of MR rows: as many as the registers hold.
constexpr int PanelsFor(int mr, bool wide) {
  const int room = wide ? kAccumulators * 2 : kAccumulators;
  return mr * 4 <= room ? 4 : mr * 2 <= room ? 2 : 1;
}

template <class T, int MR>
void TilePanels(const PackedMatrix& w, uint32_t begin, uint32_t end, const uint8_t* tile, float* out, size_t stride,
                bool add) {
  constexpr int NP = PanelsFor(MR, T::kWide);
  uint32_t p = begin;
  for (; p + NP <= end; p += NP) T::template Run<MR, NP>(w, p, tile, out, stride, add);
  if constexpr (T::kWide && NP > 2) {
    for (; p + 2 <= end; p += 2) T::template Run<MR, 2>(w, p, tile, out, stride, add);
  }
  for (; p < end; ++p) T::template Run<MR, 1>(w, p, tile, out, stride, add);
}

// Tiles of more rows than there are integer accumulators are another algorithm's (amx/matmul_int8.h).
constexpr int kVectorRows = kTileRows < kAccumulators ? kTileRows : kAccumulators;

template <class T, int MR = T::kWide ? kTileRows : kVectorRows>
void TileOfRows(uint32_t rows, const PackedMatrix& w, uint32_t begin, uint32_t end, const uint8_t* tile, float* out,
                size_t stride, bool add) {
  if (rows == MR) return TilePanels<T, MR>(w, begin, end, tile, out, stride, add);
  if constexpr (MR > 1) TileOfRows<T, MR - 1>(rows, w, begin, end, tile, out, stride, add);
}

/// One row of two planes against panels [begin, end).
template <class F>
void MatMulOfPlanes(const PackedMatrix& w, uint32_t begin, uint32_t end, const Activations& acts, float* out,
                    size_t stride, bool add) {
  constexpr int NP = PanelsFor(2, false);
  uint32_t p = begin;
  for (; p + NP <= end; p += NP) TileOfPlanes<F, NP>(w, p, acts, out, stride, add);
  for (; p < end; ++p) TileOfPlanes<F, 1>(w, p, acts, out, stride, add);
}

/// Panels in groups that stay in the L2 cache while the tiles pass by.
template <class T>
void MatMulFormat(const PackedMatrix& w, uint32_t begin, uint32_t end, const Activations& acts, float* out,
                  size_t stride, bool add) {
  if constexpr (T::kForm == ActForm::kInt8) {
    if (acts.rows == 1 && acts.planes == 2)
      return MatMulOfPlanes<typename T::Format>(w, begin, end, acts, out, stride, add);
  }
  constexpr uint32_t kGroup = 4;
  const uint32_t count = (acts.rows + acts.tile_rows_max - 1) / acts.tile_rows_max;
  const uint32_t small = acts.rows / count, extra = acts.rows % count;
  const size_t row_bytes = T::kForm == ActForm::kInt8   ? acts.cols + acts.cols / kBlockCols * sizeof(Meta)
                           : T::kForm == ActForm::kBf16 ? size_t{(acts.cols + 1) / 2} * 4
                                                        : acts.cols * sizeof(float);
  for (uint32_t p = begin; p < end; p += kGroup) {
    const uint32_t stop = p + kGroup < end ? p + kGroup : end;
    uint32_t row = 0;
    for (uint32_t t = 0; t < count; ++t) {
      const uint32_t rows = small + (t < extra ? 1 : 0);
      for (uint32_t plane = 0; plane < acts.planes; ++plane)
        TileOfRows<T>(rows, w, p, stop, acts.data + plane * acts.plane_bytes + row * row_bytes, out + row * stride,
                      stride, add || plane > 0);
      row += rows;
    }
  }
}

}  // namespace
