// Many rows times a matrix on AMX tiles: weights are widened to bfloat16 a block of columns at a time, in the caches,
// and every product of that block is made there. Sums are float32 from end to end, so scales cost nothing per product.
// Errors: weights and activations are rounded to bfloat16 (2^-8 each); with a second plane of activations only weights.
// source: Intel 64 and IA-32 Architectures Optimization Reference Manual, chapter on AMX

namespace {

constexpr uint32_t kStepCols = 32;                        // columns that one tile product takes
constexpr uint32_t kGroupPanels = 2;                      // panels whose weights are widened together
// Steps of a block of columns: 32 KiB of weights, which stay in the L1 cache; half of that for few rows, which do not
// use them often enough to pay for putting them there.
constexpr uint32_t kBlockStepsMax = 16, kBlockStepsFew = 8, kFewRows = 64;
constexpr uint32_t kPrefetchPairs = 4;                    // fewer row pairs than this leave no time to fetch ahead

/// Two columns of 16 rows as bfloat16 pairs.
inline __attribute__((always_inline)) void StoreColumns(VF even, VF odd, uint8_t* out) {
  _mm512_storeu_si512(out, PairBf16(even.v, odd.v));
}

/// Bytes J of the 16 lanes as floats 256 + byte: one shift and one merge, exact.
template <int J>
inline __attribute__((always_inline)) VF BytePlus256(VB codes) {
  const __m512i moved = J < 2 ? _mm512_slli_epi32(codes.v, J < 2 ? 15 - 8 * J : 0)
                              : _mm512_srli_epi32(codes.v, J < 2 ? 0 : 8 * J - 15);
  // (moved & mask) | 256.f
  return {_mm512_castsi512_ps(_mm512_ternarylogic_epi32(_mm512_set1_epi32(0x43800000), moved,
                                                        _mm512_set1_epi32(0x7F8000), 0xF8))};
}

template <class F, int G>
inline __attribute__((always_inline)) void ExpandGroup(const uint8_t* codes, VF scale, VF base, uint8_t* out) {
  const VB code = F::template Code<G>(codes);
  StoreColumns(Fma(BytePlus256<0>(code), scale, base), Fma(BytePlus256<1>(code), scale, base), out + 128 * G);
  StoreColumns(Fma(BytePlus256<2>(code), scale, base), Fma(BytePlus256<3>(code), scale, base), out + 128 * G + 64);
}

/// 32 columns of a panel as one weight tile [column pair][row][2].
template <class F>
struct ExpandQuantised {
  static inline void Step(const PackedMatrix& w, const uint8_t* panel, uint32_t b, uint8_t* out) {
    const uint8_t* codes = panel + w.codes_offset + static_cast<size_t>(b) * F::kCodeBytes;
    for (uint32_t i = 0; i < F::kCodeBytes; i += 64) __builtin_prefetch(codes + kAheadBytes + i);
    constexpr int kZero = F::kOffset ? 128 >> F::kOffsetShift : 0;
    const VF scale = F::Scale(panel, F::kHalves ? 2 * b : b);
    const VF offset = Mul(scale, Set1(-256.f - kZero));
    const VF base = F::kMin ? Add(offset, F::Min(panel, b)) : offset;
    ExpandGroup<F, 0>(codes, scale, base, out);
    ExpandGroup<F, 1>(codes, scale, base, out);
    ExpandGroup<F, 2>(codes, scale, base, out);
    ExpandGroup<F, 3>(codes, scale, base, out);
    const VF scale2 = F::kHalves ? F::Scale(panel, 2 * b + 1) : scale;
    const VF base2 = F::kHalves ? Mul(scale2, Set1(-256.f - kZero)) : base;
    ExpandGroup<F, 4>(codes, scale2, base2, out);
    ExpandGroup<F, 5>(codes, scale2, base2, out);
    ExpandGroup<F, 6>(codes, scale2, base2, out);
    ExpandGroup<F, 7>(codes, scale2, base2, out);
  }
};
struct ExpandF16 {
  static inline void Step(const PackedMatrix&, const uint8_t* panel, uint32_t b, uint8_t* out) {
    const uint8_t* in = panel + static_cast<size_t>(b) * 1024;
    for (uint32_t pair = 0; pair < 16; ++pair)
      StoreColumns(LoadF16(in + pair * 64), LoadF16(in + pair * 64 + 32), out + pair * 64);
  }
};
/// bfloat16 weights lie in their panel as tiles already.
struct ExpandNothing {};

template <int MT, int NT>
inline __attribute__((always_inline)) void TileProducts(const uint8_t* a, size_t a_next, const uint8_t* b,
                                                        size_t b_next, uint32_t steps) {
  // Activations pass by the L1 cache, where the weights are to stay.
  for (uint32_t s = 0; s < steps; ++s, a += kTileBytes, b += kTileBytes) {
    _tile_loadd(6, b, 64);
    _tile_stream_loadd(4, a, 64);
    _tile_dpbf16ps(0, 4, 6);
    if constexpr (NT == 2) {
      _tile_loadd(7, b + b_next, 64);
      _tile_dpbf16ps(1, 4, 7);
    }
    if constexpr (MT == 2) {
      _tile_stream_loadd(5, a + a_next, 64);
      _tile_dpbf16ps(2, 5, 6);
      if constexpr (NT == 2) _tile_dpbf16ps(3, 5, 7);
    }
  }
}

/// Fetches the next block's weights into the L2 cache, some lines at a time, while this block is computed.
struct Prefetch {
  const uint8_t* at = nullptr;
  size_t run = 0, next = 0;  // bytes of a panel's run; from the run's begin to the next panel's
  uint32_t panels = 0;
  size_t done = 0;
  uint32_t lines = 0;  // at a time

  inline void Lines() {
    for (uint32_t i = 0; i < lines && panels; ++i) {
      _mm_prefetch(reinterpret_cast<const char*>(at + done), _MM_HINT_T1);
      done += 64;
      if (done >= run) done = 0, at += next, --panels;
    }
  }
};

/// A block of columns of the product: MT row tiles by NT panels, begun from `out` or from zero.
struct BlockProduct {
  const uint8_t* a;        // the activations' first tile
  size_t a_next;           // to the next row tile
  const uint8_t* b;
  size_t b_next;           // to the next panel
  uint64_t a_plane;        // to the second plane of the activations; 0: there is none
  uint32_t steps;
  float* out;
  size_t stride;           // in floats
  bool load;
};

template <int MT, int NT>
void Multiply(const BlockProduct& p) {
  float* second = p.out + kTileRowsAmx * p.stride;
  const size_t bytes = p.stride * sizeof(float);
  if (p.load) {
    _tile_loadd(0, p.out, bytes);
    if constexpr (NT == 2) _tile_loadd(1, p.out + 16, bytes);
    if constexpr (MT == 2) _tile_loadd(2, second, bytes);
    if constexpr (MT == 2 && NT == 2) _tile_loadd(3, second + 16, bytes);
  } else {
    _tile_zero(0);
    if constexpr (NT == 2) _tile_zero(1);
    if constexpr (MT == 2) _tile_zero(2);
    if constexpr (MT == 2 && NT == 2) _tile_zero(3);
  }
  TileProducts<MT, NT>(p.a, p.a_next, p.b, p.b_next, p.steps);
  if (p.a_plane) TileProducts<MT, NT>(p.a + p.a_plane, p.a_next, p.b, p.b_next, p.steps);
  _tile_stored(0, p.out, bytes);
  if constexpr (NT == 2) _tile_stored(1, p.out + 16, bytes);
  if constexpr (MT == 2) _tile_stored(2, second, bytes);
  if constexpr (MT == 2 && NT == 2) _tile_stored(3, second + 16, bytes);
}

/// One or two row tiles against one panel or two.
template <int MT>
void MultiplyPanels(const BlockProduct& p, uint32_t panels) {
  if (panels == 2) Multiply<MT, 2>(p);
  else Multiply<MT, 1>(p);
}

template <class E>
void MatMulTiles(const PackedMatrix& w, uint32_t begin, uint32_t end, const Activations& acts, float* out,
                 size_t stride, bool add) {
  constexpr bool kInPlace = __is_same(E, ExpandNothing);
  constexpr size_t kPanelScratch = kBlockStepsMax * kTileBytes;
  alignas(64) uint8_t scratch[kInPlace ? 64 : kGroupPanels * kPanelScratch];
  const uint32_t steps = (w.cols + kStepCols - 1) / kStepCols, cols = w.cols < kStepCols ? w.cols : kStepCols;
  const uint32_t pairs = acts.rows / 32, rest = acts.rows % 32;
  const uint32_t block_steps = acts.rows <= kFewRows ? kBlockStepsFew : kBlockStepsMax;
  const size_t a_next = static_cast<size_t>(steps) * kTileBytes;
  const size_t step_bytes = (w.panel_bytes - w.codes_offset) / steps;
  const auto weights = [&](uint32_t p, uint32_t s) {
    return w.data + p * w.panel_bytes + w.codes_offset + s * step_bytes;
  };
  const auto panels_at = [&](uint32_t p) { return p + kGroupPanels < end ? kGroupPanels : end - p; };
  // One block of columns of one group of panels; (next_p, next_s) is the block to be fetched meanwhile.
  const auto block = [&](uint32_t p, uint32_t s, uint32_t next_p, uint32_t next_s) {
    const uint32_t panels = panels_at(p), count = s + block_steps < steps ? block_steps : steps - s;
    const uint8_t* first = w.data + p * w.panel_bytes;
    BlockProduct product = {acts.data + static_cast<size_t>(s) * kTileBytes, a_next, scratch, kPanelScratch,
                            acts.planes == 2 ? acts.plane_bytes : 0, count, out + p * kPanelRows, stride, add || s > 0};
    if constexpr (kInPlace) {
      product.b = weights(p, s);
      product.b_next = w.panel_bytes;
    } else {
      for (uint32_t i = 0; i < panels; ++i)
        for (uint32_t b = 0; b < count; ++b)
          E::Step(w, first + i * w.panel_bytes, s + b, scratch + i * kPanelScratch + b * kTileBytes);
    }
    Prefetch prefetch;
    if (pairs >= kPrefetchPairs && next_p < end && next_s < steps) {
      prefetch = {weights(next_p, next_s), step_bytes * block_steps, w.panel_bytes, panels_at(next_p), 0};
      prefetch.lines = static_cast<uint32_t>((prefetch.run / 64 * prefetch.panels + pairs - 1) / pairs);
    }
    for (uint32_t m = 0; m < pairs; ++m, product.a += 2 * a_next, product.out += 32 * stride) {
      prefetch.Lines();
      MultiplyPanels<2>(product, panels);
    }
    if (rest) {
      ConfigureTiles(rest < 16 ? rest : 16, rest > 16 ? rest - 16 : 0, cols);
      if (rest > 16) MultiplyPanels<2>(product, panels);
      else MultiplyPanels<1>(product, panels);
      if (pairs) ConfigureTiles(16, 16, cols);
    }
  };
  if (pairs) ConfigureTiles(16, 16, cols);
  if (AmxActivationsFitL2(acts.rows, acts.cols)) {
    for (uint32_t p = begin; p < end; p += kGroupPanels)
      for (uint32_t s = 0; s < steps; s += block_steps) {
        const bool last = s + block_steps >= steps;
        block(p, s, last ? p + kGroupPanels : p, last ? 0 : s + block_steps);
      }
  } else {
    for (uint32_t s = 0; s < steps; s += block_steps)
      for (uint32_t p = begin; p < end; p += kGroupPanels) {
        const bool last = p + kGroupPanels >= end;
        block(p, s, last ? begin : p + kGroupPanels, last ? s + block_steps : s);
      }
  }
  _tile_release();
}

template <class F>
void MatMulQuantised(const PackedMatrix& w, uint32_t begin, uint32_t end, const Activations& acts, float* out,
                     size_t stride, bool add) {
  if (acts.form == ActForm::kInt8) return MatMulInt8<F>(w, begin, end, acts, out, stride, add);
  MatMulTiles<ExpandQuantised<F>>(w, begin, end, acts, out, stride, add);
}

void MatMulAmx(const PackedMatrix& w, uint32_t begin, uint32_t end, const Activations& acts, float* out, size_t stride,
               bool add) {
  if (acts.form != ActForm::kAmx && acts.form != ActForm::kInt8) return MatMul(w, begin, end, acts, out, stride, add);
  switch (w.packing) {
    case Packing::kF32: return;  // FormFor never asks for this
    case Packing::kF16: return MatMulTiles<ExpandF16>(w, begin, end, acts, out, stride, add);
    case Packing::kBF16: return MatMulTiles<ExpandNothing>(w, begin, end, acts, out, stride, add);
    case Packing::kQ8: return MatMulQuantised<FormatQ8>(w, begin, end, acts, out, stride, add);
    case Packing::kQ4: return MatMulQuantised<FormatQ4>(w, begin, end, acts, out, stride, add);
    case Packing::kQ8M: return MatMulQuantised<FormatQ8M>(w, begin, end, acts, out, stride, add);
    case Packing::kQ4M: return MatMulQuantised<FormatQ4M>(w, begin, end, acts, out, stride, add);
    case Packing::kQ4K: return MatMulQuantised<FormatQ4K>(w, begin, end, acts, out, stride, add);
    case Packing::kQ5K: return MatMulQuantised<FormatQ5K>(w, begin, end, acts, out, stride, add);
    case Packing::kQ6K: return MatMulQuantised<FormatQ6K>(w, begin, end, acts, out, stride, add);
  }
}

void ToAmx(const float* x, uint32_t first, uint32_t cols, uint32_t total_cols, uint8_t* data, uint64_t low_plane,
           uint32_t row) {
  const uint32_t steps = (total_cols + kStepCols - 1) / kStepCols;
  uint8_t* tile = data + (static_cast<size_t>(row / 16) * steps + first / kStepCols) * kTileBytes + row % 16 * 64;
  for (uint32_t i = 0; i < cols; i += kStepCols, tile += kTileBytes) {
    const __mmask32 there = cols - i < kStepCols ? (1u << (cols - i)) - 1 : ~0u;
    const __m512 a = _mm512_maskz_loadu_ps(static_cast<__mmask16>(there), x + i);
    const __m512 b = _mm512_maskz_loadu_ps(static_cast<__mmask16>(there >> 16), x + i + 16);
    const __m512bh high = _mm512_cvtne2ps_pbh(b, a);
    __builtin_memcpy(tile, &high, 64);
    if (!low_plane) continue;
    const __m512i bits = reinterpret_cast<__m512i>(high);
    const auto widen = [](__m256i half) {
      return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
    };
    const __m512bh rest = _mm512_cvtne2ps_pbh(_mm512_sub_ps(b, widen(_mm512_extracti64x4_epi64(bits, 1))),
                                              _mm512_sub_ps(a, widen(_mm512_castsi512_si256(bits))));
    __builtin_memcpy(tile + low_plane, &rest, 64);
  }
}

}  // namespace
