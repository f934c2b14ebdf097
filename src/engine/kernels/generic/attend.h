// Attention over the 16-lane vector type of the including translation unit.
//
// One long stream is bound by memory, so a run of four blocks is walked in step: four streams, and enough sums at once
// that no multiply-add waits for the one before it. Blocks lie scattered, where no hardware prefetcher follows: while
// keys are multiplied their values are fetched, and then the next run's keys.

namespace {

typedef uint8_t Lanes8 __attribute__((vector_size(16)));
typedef uint16_t Lanes16 __attribute__((vector_size(16)));
typedef uint32_t Lanes32 __attribute__((vector_size(16)));
template <class V>
struct Interleaved { V low, high; };
/// a0 b0 a1 b1 ..: the first and the second half
inline Interleaved<Lanes8> Interleave(Lanes8 a, Lanes8 b) {
  return {__builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23),
          __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)};
}
inline Interleaved<Lanes16> Interleave(Lanes16 a, Lanes16 b) {
  return {__builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11),
          __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)};
}
inline Interleaved<Lanes32> Interleave(Lanes32 a, Lanes32 b) {
  return {__builtin_shufflevector(a, b, 0, 4, 1, 5), __builtin_shufflevector(a, b, 2, 6, 3, 7)};
}
/// out[i] = column i of a square of 16-byte rows: each turn interleaves rows i and i + N/2.
template <class V>
inline __attribute__((always_inline)) void TransposeSquare(const uint8_t* in, size_t in_bytes, uint8_t* out,
                                                           size_t out_bytes) {
  constexpr int kN = sizeof(V) / sizeof(V{}[0]);
  V rows[kN];
#pragma GCC unroll 16
  for (int i = 0; i < kN; ++i) __builtin_memcpy(&rows[i], in + i * in_bytes, sizeof(V));
#pragma GCC unroll 4
  for (int turn = 1; turn < kN; turn *= 2) {
    V next[kN];
#pragma GCC unroll 16
    for (int i = 0; i < kN / 2; ++i) {
      const Interleaved<V> both = Interleave(rows[i], rows[i + kN / 2]);
      next[2 * i] = both.low, next[2 * i + 1] = both.high;
    }
#pragma GCC unroll 16
    for (int i = 0; i < kN; ++i) rows[i] = next[i];
  }
#pragma GCC unroll 16
  for (int i = 0; i < kN; ++i) __builtin_memcpy(out + i * out_bytes, &rows[i], sizeof(V));
}
/// 16 x 16 elements.
template <class V>
inline void Transpose16(const uint8_t* in, uint8_t* out) {
  constexpr uint32_t kBytes = sizeof(V{}[0]), kN = 16 / kBytes, kRow = 16 * kBytes;
  for (uint32_t r = 0; r < 16; r += kN)
    for (uint32_t c = 0; c < 16; c += kN)
      TransposeSquare<V>(in + r * kRow + c * kBytes, kRow, out + c * kRow + r * kBytes, kRow);
}

struct CacheF16 {
  static constexpr uint32_t kBytes = 2;
  static VF Get(const uint8_t* p) { return LoadF16(p); }
  using Element = uint16_t;
  using Lanes = Lanes16;
  static void Put(const float* x, Element* out) { StoreF16(out, Load(x)); }
};
struct CacheBf16 {
  static constexpr uint32_t kBytes = 2;
  static VF Get(const uint8_t* p) { return LoadBf16(p); }
  using Element = uint16_t;
  using Lanes = Lanes16;
  static void Put(const float* x, Element* out) {
    for (int i = 0; i < 16; ++i) out[i] = RoundBf16(x[i]);
  }
};
struct CacheF32 {
  static constexpr uint32_t kBytes = 4;
  static VF Get(const uint8_t* p) { return Load(reinterpret_cast<const float*>(p)); }
  using Element = float;
  using Lanes = Lanes32;
  static void Put(const float* x, Element* out) { __builtin_memcpy(out, x, 64); }
};

constexpr uint32_t kAttendRows = 12, kRunBlocks = 4, kRunTokens = kRunBlocks * kCacheBlockTokens;

/// The largest power of two of sums, at most `most`, that a tile of r rows leaves registers for.
constexpr int SumsFor(int r, int most) {
  while (most > 1 && most * r > 2 * kAccumulators) most /= 2;
  return most;
}

/// Keys and values that are floats of format F.
template <class F>
struct FloatCache {
  template <int R>
  struct Query {
    float x[kHeadDimMax * R];  // [head_dim][R]
    void Set(int r, const float* q, uint32_t head_dim) {
      for (uint32_t d = 0; d < head_dim; ++d) x[d * R + r] = q[d];
    }
  };

  /// scores[r][16 i + t] = q[r] k[i][t] for B blocks; fetches as much of `next`.
  template <int R, int B>
  static void ScoresOf(const uint8_t* const* k, const uint8_t* const* next, const Query<R>& q, uint32_t head_dim,
                       float (*scores)[kRunTokens]) {
    VF sum[B][R];
#pragma GCC unroll 16
    for (int i = 0; i < B; ++i)
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) sum[i][r] = Zero();
    for (uint32_t d = 0; d < head_dim; ++d)
#pragma GCC unroll 16
      for (int i = 0; i < B; ++i) {
        const VF key = F::Get(k[i] + d * (16 * F::kBytes));
        __builtin_prefetch(next[i] + d * (16 * F::kBytes));
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r) sum[i][r] = Fma(key, Broadcast(q.x + d * R + r), sum[i][r]);
      }
#pragma GCC unroll 16
    for (int i = 0; i < B; ++i)
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) Store(scores[r] + 16 * i, sum[i][r]);
  }
  template <int R>
  static void Scores(const uint8_t* const* k, const uint8_t* const* next, const Query<R>& q, uint32_t head_dim,
                     uint32_t count, float (*scores)[kRunTokens]) {
    constexpr int kBlocks = SumsFor(R, kRunBlocks);
    for (uint32_t i = 0; i < count; i += kBlocks)
      ScoresOf<R, kBlocks>(k + i, next + i, q, head_dim, reinterpret_cast<float(*)[kRunTokens]>(&scores[0][16 * i]));
  }

  /// o[r] = o[r] rescale[r] + p[r] v for N times 16 columns of `count` blocks; fetches as much of `next`.
  template <int R, int N>
  static void ValuesOf(const uint8_t* const* v, const uint8_t* const* next, uint32_t count, uint32_t column,
                       uint32_t padded, const float (*p)[kRunTokens], const float* rescale, float (*o)[kHeadDimMax]) {
    VF sum[N][R];
#pragma GCC unroll 16
    for (int n = 0; n < N; ++n)
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) sum[n][r] = Mul(Load(o[r] + column + 16 * n), Broadcast(rescale + r));
    for (uint32_t t = 0; t < kCacheBlockTokens; ++t)
      for (uint32_t i = 0; i < count; ++i) {
        const uint32_t at = (t * padded + column) * F::kBytes;
        for (uint32_t ahead = 0; ahead < 16 * N * F::kBytes; ahead += 64) __builtin_prefetch(next[i] + at + ahead);
#pragma GCC unroll 16
        for (int n = 0; n < N; ++n) {
          const VF value = F::Get(v[i] + at + 16 * n * F::kBytes);
#pragma GCC unroll 16
          for (int r = 0; r < R; ++r) sum[n][r] = Fma(value, Broadcast(&p[r][16 * i + t]), sum[n][r]);
        }
      }
#pragma GCC unroll 16
    for (int n = 0; n < N; ++n)
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) Store(o[r] + column + 16 * n, sum[n][r]);
  }
  template <int R>
  static void Values(const uint8_t* const* v, const uint8_t* const* next, uint32_t count, uint32_t head_dim,
                     const float (*p)[kRunTokens], const float* rescale, float (*o)[kHeadDimMax]) {
    constexpr int kColumns = SumsFor(R, 4);
    const uint32_t padded = (head_dim + 15) / 16 * 16;
    uint32_t c = 0;
    for (; c + 16 * kColumns <= padded; c += 16 * kColumns)
      ValuesOf<R, kColumns>(v, next, count, c, padded, p, rescale, o);
    for (; c < padded; c += 16) ValuesOf<R, 1>(v, next, count, c, padded, p, rescale, o);
  }

  /// All 16 tokens of a block.
  static void StoreBlock(const float* k, const float* v, size_t stride, uint32_t head_dim, uint8_t* key_block,
                         uint8_t* value_block) {
    const uint32_t padded = (head_dim + 15) / 16 * 16;
    for (uint32_t first = 0; first < head_dim; first += 16) {
      const uint32_t n = head_dim - first < 16 ? head_dim - first : 16;
      alignas(64) typename F::Element tokens[kCacheBlockTokens][16], columns[16][kCacheBlockTokens];
      for (uint32_t t = 0; t < kCacheBlockTokens; ++t) Convert(k + t * stride + first, n, tokens[t]);
      uint8_t* keys = key_block + first * kCacheBlockTokens * F::kBytes;
      const auto* in = reinterpret_cast<const uint8_t*>(tokens);
      if (n == 16) {
        Transpose16<typename F::Lanes>(in, keys);
      } else {
        Transpose16<typename F::Lanes>(in, reinterpret_cast<uint8_t*>(columns));
        __builtin_memcpy(keys, columns, n * kCacheBlockTokens * F::kBytes);
      }
    }
    for (uint32_t t = 0; t < kCacheBlockTokens; ++t)
      StoreValues(v + t * stride, head_dim, value_block + t * padded * F::kBytes);
  }
  static void Convert(const float* x, uint32_t n, typename F::Element* lanes) {
    if (n == 16) return F::Put(x, lanes);
    float padded[16] = {};
    __builtin_memcpy(padded, x, n * sizeof(float));
    F::Put(padded, lanes);
  }
  static void StoreValues(const float* v, uint32_t head_dim, uint8_t* to) {
    for (uint32_t first = 0; first < head_dim; first += 16) {
      const uint32_t n = head_dim - first < 16 ? head_dim - first : 16;
      typename F::Element lanes[16];
      Convert(v + first, n, lanes);
      __builtin_memcpy(to + first * F::kBytes, lanes, n * F::kBytes);
    }
  }
  static void StoreSlot(const float* k, const float* v, uint32_t head_dim, uint32_t slot, uint8_t* key_block,
                        uint8_t* value_block) {
    const uint32_t padded = (head_dim + 15) / 16 * 16;
    for (uint32_t first = 0; first < head_dim; first += 16) {
      const uint32_t n = head_dim - first < 16 ? head_dim - first : 16;
      typename F::Element lanes[16];
      Convert(k + first, n, lanes);
      for (uint32_t i = 0; i < n; ++i)
        __builtin_memcpy(key_block + ((first + i) * kCacheBlockTokens + slot) * F::kBytes, lanes + i, F::kBytes);
    }
    StoreValues(v, head_dim, value_block + slot * padded * F::kBytes);
  }
};

/// What 8-bit products need of floats: x = scale (high + low / 128), 15 bits in all.
struct Planes {
  VI high, low;
};
inline Planes Split(VF x, float inverse) {
  const VF scaled = Mul(x, Set1(inverse));
  const VI high = RoundToInt(scaled);
  return {high, RoundToInt(Mul(Sub(scaled, ToFloat(high)), Set1(128.f)))};
}
/// Of the largest magnitude; so small a value that it has no inverse is nothing beside others.
inline float InverseScale(float largest) { return largest > 1e-30f ? 127.f / largest : 0.f; }
/// high + low / 128 in floats
inline VF Join(VI high, VI low) { return Fma(ToFloat(low), Set1(1.f / 128), ToFloat(high)); }

/// Codes of 8 bits. The query and the softmax's weights are split into two planes each, so that what is rounded is the
/// cache alone.
struct QuantisedCache {
  static constexpr uint32_t kQuads = kCacheGroup / 4, kGroupBytes = kCacheGroup * kCacheBlockTokens;
  static uint32_t Groups(uint32_t head_dim) { return (head_dim + kCacheGroup - 1) / kCacheGroup; }
  /// Of the 16 tokens' scales for dimension d.
  static uint32_t ScaleAt(uint32_t head_dim, uint32_t d) {
    return Groups(head_dim) * kGroupBytes + d / kCacheGroup * (2 * kCacheBlockTokens);
  }

  template <int R>
  struct Query {
    static constexpr uint32_t kGroups = kHeadDimMax / kCacheGroup;
    int8_t high[kHeadDimMax / 4][R][4], low[kHeadDimMax / 4][R][4];
    int32_t high_start[kGroups][R], low_start[kGroups][R];  // minus 128 times the sum: takes the codes' offset away
    float scale[kGroups][R];
    void Set(int r, const float* q, uint32_t head_dim) {
      for (uint32_t g = 0; g < Groups(head_dim); ++g) {
        float x[kCacheGroup] = {};
        for (uint32_t i = 0; i < kCacheGroup && g * kCacheGroup + i < head_dim; ++i) x[i] = q[g * kCacheGroup + i];
        const VF a = Load(x), b = Load(x + 16);
        const float largest = ReduceMax(Max(Abs(a), Abs(b))), inverse = InverseScale(largest);
        const Planes first = Split(a, inverse), second = Split(b, inverse);
        int8_t planes[2][kCacheGroup];
        StoreI8(planes[0], first.high), StoreI8(planes[0] + 16, second.high);
        StoreI8(planes[1], first.low), StoreI8(planes[1] + 16, second.low);
        for (uint32_t j = 0; j < kQuads; ++j) {
          __builtin_memcpy(high[g * kQuads + j][r], planes[0] + 4 * j, 4);
          __builtin_memcpy(low[g * kQuads + j][r], planes[1] + 4 * j, 4);
        }
        high_start[g][r] = -128 * (ReduceAddI(first.high) + ReduceAddI(second.high));
        low_start[g][r] = -128 * (ReduceAddI(first.low) + ReduceAddI(second.low));
        scale[g][r] = largest / 127.f;
      }
    }
  };

  template <int R, int B>
  static void ScoresOf(const uint8_t* const* k, const uint8_t* const* next, const Query<R>& q, uint32_t groups,
                       float (*scores)[kRunTokens]) {
    for (uint32_t g = 0; g < groups; ++g) {
      VI high[B][R], low[B][R];
#pragma GCC unroll 16
      for (int i = 0; i < B; ++i)
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r)
          high[i][r] = BroadcastI(&q.high_start[g][r]), low[i][r] = BroadcastI(&q.low_start[g][r]);
      for (uint32_t j = g * kQuads; j < (g + 1) * kQuads; ++j)
#pragma GCC unroll 16
        for (int i = 0; i < B; ++i) {
          const VB key = LoadBytes(k[i] + 64 * j);
          __builtin_prefetch(next[i] + 64 * j);
#pragma GCC unroll 16
          for (int r = 0; r < R; ++r) {
            high[i][r] = Dot(high[i][r], key, BroadcastQ(q.high[j][r]));
            low[i][r] = Dot(low[i][r], key, BroadcastQ(q.low[j][r]));
          }
        }
#pragma GCC unroll 16
      for (int i = 0; i < B; ++i) {
        const VF scale = LoadF16(k[i] + groups * kGroupBytes + 32 * g);
        __builtin_prefetch(next[i] + groups * kGroupBytes + 32 * g);
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r) {
          const VF before = g == 0 ? Zero() : Load(scores[r] + 16 * i);
          Store(scores[r] + 16 * i,
                Fma(Join(high[i][r], low[i][r]), Mul(scale, Broadcast(&q.scale[g][r])), before));
        }
      }
    }
  }
  template <int R>
  static void Scores(const uint8_t* const* k, const uint8_t* const* next, const Query<R>& q, uint32_t head_dim,
                     uint32_t count, float (*scores)[kRunTokens]) {
    constexpr int kBlocks = SumsFor(2 * R, kRunBlocks);
    for (uint32_t i = 0; i < count; i += kBlocks)
      ScoresOf<R, kBlocks>(k + i, next + i, q, Groups(head_dim),
                           reinterpret_cast<float(*)[kRunTokens]>(&scores[0][16 * i]));
  }

  /// Weights times the values' scales, split: one run and one group.
  template <int R>
  struct Weights {
    int8_t high[R][kRunTokens], low[R][kRunTokens];
    int32_t high_start[R], low_start[R];
    float scale[R];
  };
  template <int R, int N>
  static void ValuesOf(const uint8_t* const* v, const uint8_t* const* next, uint32_t count, uint32_t column,
                       uint32_t row_bytes, const Weights<R>& w, const float* rescale, float (*o)[kHeadDimMax]) {
    VI high[N][R], low[N][R];
#pragma GCC unroll 16
    for (int n = 0; n < N; ++n)
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) high[n][r] = BroadcastI(&w.high_start[r]), low[n][r] = BroadcastI(&w.low_start[r]);
    for (uint32_t j = 0; j < kCacheBlockTokens / 4; ++j)
      for (uint32_t i = 0; i < count; ++i) {
        const uint32_t at = j * row_bytes + 4 * column;
#pragma GCC unroll 16
        for (int n = 0; n < N; ++n) {
          const VB value = LoadBytes(v[i] + at + 64 * n);
          __builtin_prefetch(next[i] + at + 64 * n);
#pragma GCC unroll 16
          for (int r = 0; r < R; ++r) {
            high[n][r] = Dot(high[n][r], value, BroadcastQ(&w.high[r][16 * i + 4 * j]));
            low[n][r] = Dot(low[n][r], value, BroadcastQ(&w.low[r][16 * i + 4 * j]));
          }
        }
      }
#pragma GCC unroll 16
    for (int n = 0; n < N; ++n)
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        float* out = o[r] + column + 16 * n;
        Store(out, Fma(Join(high[n][r], low[n][r]), Broadcast(&w.scale[r]), Mul(Load(out), Broadcast(rescale + r))));
      }
  }
  template <int R>
  static void Values(const uint8_t* const* v, const uint8_t* const* next, uint32_t count, uint32_t head_dim,
                     const float (*p)[kRunTokens], const float* rescale, float (*o)[kHeadDimMax]) {
    constexpr int kColumns = SumsFor(2 * R, 2);
    const uint32_t groups = Groups(head_dim);
    for (uint32_t g = 0; g < groups; ++g) {
      VF scale[kRunBlocks];
      for (uint32_t i = 0; i < count; ++i) {
        scale[i] = LoadF16(v[i] + groups * kGroupBytes + 32 * g);
        __builtin_prefetch(next[i] + groups * kGroupBytes + 32 * g);
      }
      Weights<R> w;
      for (int r = 0; r < R; ++r) {
        VF weight[kRunBlocks], high = Zero();
        for (uint32_t i = 0; i < count; ++i) {
          weight[i] = Mul(Load(p[r] + 16 * i), scale[i]);
          high = Max(high, weight[i]);
        }
        const float largest = ReduceMax(high), inverse = InverseScale(largest);
        VI sum_high = ZeroI(), sum_low = ZeroI();
        for (uint32_t i = 0; i < count; ++i) {
          const Planes planes = Split(weight[i], inverse);
          StoreI8(w.high[r] + 16 * i, planes.high), StoreI8(w.low[r] + 16 * i, planes.low);
          sum_high = SubI(sum_high, planes.high), sum_low = SubI(sum_low, planes.low);
        }
        w.high_start[r] = 128 * ReduceAddI(sum_high), w.low_start[r] = 128 * ReduceAddI(sum_low);
        w.scale[r] = largest / 127.f;
      }
      for (uint32_t c = 0; c < kCacheGroup; c += 16 * kColumns)
        ValuesOf<R, kColumns>(v, next, count, g * kCacheGroup + c, groups * kCacheGroup * 4, w, rescale, o);
    }
  }

  /// Codes of 32 values and their scale, rounded to f16 before it is used.
  static void Encode(const float* x, uint32_t n, uint8_t* codes, uint16_t* scale) {
    float in[kCacheGroup] = {};
    for (uint32_t i = 0; i < n; ++i) in[i] = x[i];
    uint16_t lanes[16];
    const VF a = Load(in), b = Load(in + 16), most = Set1(127.f), least = Set1(-127.f);
    const float largest = ReduceMax(Max(Abs(a), Abs(b)));
    StoreF16(lanes, Min(Set1(largest / 127.f), Set1(65504.f)));
    float rounded[16];
    Store(rounded, LoadF16(lanes));
    const VF inverse = Set1(rounded[0] > 0 ? 1.f / rounded[0] : 0.f);
    *scale = lanes[0];
    StoreI8(reinterpret_cast<int8_t*>(codes), RoundToInt(Min(Max(Mul(a, inverse), least), most)));
    StoreI8(reinterpret_cast<int8_t*>(codes) + 16, RoundToInt(Min(Max(Mul(b, inverse), least), most)));
    for (uint32_t i = 0; i < kCacheGroup; ++i) codes[i] ^= 128;
  }
  /// All 16 tokens of a block.
  static void StoreBlock(const float* k, const float* v, size_t stride, uint32_t head_dim, uint8_t* key_block,
                         uint8_t* value_block) {
    const uint32_t groups = Groups(head_dim), row_bytes = groups * kCacheGroup * 4;
    for (uint32_t g = 0; g < groups; ++g) {
      const uint32_t first = g * kCacheGroup, n = head_dim - first < kCacheGroup ? head_dim - first : kCacheGroup;
      alignas(64) uint8_t codes[kCacheBlockTokens][kCacheGroup];
      uint16_t scales[kCacheBlockTokens];
      for (uint32_t t = 0; t < kCacheBlockTokens; ++t) Encode(k + t * stride + first, n, codes[t], scales + t);
      // In words of 4 codes keys are [8][16 tokens].
      for (uint32_t t = 0; t < kCacheBlockTokens; t += 4)
        for (uint32_t j = 0; j < kQuads; j += 4)
          TransposeSquare<Lanes32>(codes[t] + 4 * j, kCacheGroup, key_block + (g * kQuads + j) * 64 + 4 * t, 64);
      __builtin_memcpy(key_block + groups * kGroupBytes + 32 * g, scales, sizeof(scales));
      for (uint32_t t = 0; t < kCacheBlockTokens; ++t) Encode(v + t * stride + first, n, codes[t], scales + t);
      for (uint32_t t = 0; t < kCacheBlockTokens; t += 4)
        for (uint32_t i = 0; i < kCacheGroup; i += 16)
          InterleaveFour(codes[t] + i, value_block + t / 4 * row_bytes + (first + i) * 4);
      __builtin_memcpy(value_block + groups * kGroupBytes + 32 * g, scales, sizeof(scales));
    }
  }
  /// [4 tokens][16] -> [16][4 tokens]
  static void InterleaveFour(const uint8_t* codes, uint8_t* to) {
    Lanes8 rows[4];
    for (int i = 0; i < 4; ++i) __builtin_memcpy(&rows[i], codes + i * kCacheGroup, 16);
    const auto even = Interleave(rows[0], rows[2]), odd = Interleave(rows[1], rows[3]);
    const auto low = Interleave(even.low, odd.low), high = Interleave(even.high, odd.high);
    __builtin_memcpy(to, &low, 32), __builtin_memcpy(to + 32, &high, 32);
  }
  static void StoreSlot(const float* k, const float* v, uint32_t head_dim, uint32_t slot, uint8_t* key_block,
                        uint8_t* value_block) {
    const uint32_t groups = Groups(head_dim), row_bytes = groups * kCacheGroup * 4;
    for (uint32_t g = 0; g < groups; ++g) {
      const uint32_t first = g * kCacheGroup, n = head_dim - first < kCacheGroup ? head_dim - first : kCacheGroup;
      uint8_t codes[kCacheGroup];
      uint16_t scale;
      const uint32_t scale_at = groups * kGroupBytes + 32 * g + 2 * slot;
      Encode(k + first, n, codes, &scale);
      for (uint32_t j = 0; j < kQuads; ++j)
        __builtin_memcpy(key_block + (g * kQuads + j) * 64 + 4 * slot, codes + 4 * j, 4);
      __builtin_memcpy(key_block + scale_at, &scale, 2);
      Encode(v + first, n, codes, &scale);
      for (uint32_t i = 0; i < kCacheGroup; ++i)
        value_block[slot / 4 * row_bytes + (first + i) * 4 + slot % 4] = codes[i];
      __builtin_memcpy(value_block + scale_at, &scale, 2);
    }
  }
};

/// R query rows (rows beyond task.q_rows repeat the last) over the run of blocks, 64 tokens at a time.
template <class C, int R>
void AttendRows(const AttendTask& task) {
  const uint32_t hd = task.head_dim, padded = (hd + kCacheGroup - 1) / kCacheGroup * kCacheGroup;
  alignas(64) typename C::template Query<R> q;
  alignas(64) float scores[R][kRunTokens];
  alignas(64) float o[R][kHeadDimMax];
  float most[R], total[R];
  uint32_t limits[R], limit_max = 0;
  for (int r = 0; r < R; ++r) {
    const uint32_t from = static_cast<uint32_t>(r) < task.q_rows ? r : task.q_rows - 1;
    q.Set(r, task.q[from], hd);
    for (uint32_t d = 0; d < padded; ++d) o[r][d] = 0;
    most[r] = -__builtin_inff();
    total[r] = 0;
    limits[r] = task.limits[from];
    limit_max = limits[r] > limit_max ? limits[r] : limit_max;
  }
  const uint32_t last = (limit_max + kCacheBlockTokens - 1) / kCacheBlockTokens;
  const uint32_t block_end = task.block_end < last ? task.block_end : last;
  for (uint32_t first = task.block_begin; first < block_end; first += kRunBlocks) {
    const uint32_t count = block_end - first < kRunBlocks ? block_end - first : kRunBlocks;
    const uint32_t tokens = count * kCacheBlockTokens, token_begin = first * kCacheBlockTokens;
    const uint8_t *k[kRunBlocks], *v[kRunBlocks], *ahead[kRunBlocks];
    for (uint32_t i = 0; i < kRunBlocks; ++i) {  // beyond the run the last block stands in
      const uint8_t* block = task.cache + task.blocks[first + (i < count ? i : count - 1)] * task.block_bytes;
      k[i] = block + task.k_offset, v[i] = block + task.v_offset;
      const uint32_t later = first + kRunBlocks + i;
      ahead[i] = task.cache + task.blocks[later < block_end ? later : block_end - 1] * task.block_bytes + task.k_offset;
    }
    C::template Scores<R>(k, v, q, hd, count, scores);
    float rescale[R];
    for (int r = 0; r < R; ++r) {
      const uint32_t visible = limits[r] > token_begin ? limits[r] - token_begin : 0;
      for (uint32_t t = visible; t < tokens; ++t) scores[r][t] = -__builtin_inff();
      VF high = Load(scores[r]);
      for (uint32_t t = 16; t < tokens; t += 16) high = Max(high, Load(scores[r] + t));
      const float now = ReduceMax(high), next = now > most[r] ? now : most[r];
      if (next == -__builtin_inff()) {  // this row sees nothing of the run so far
        for (uint32_t t = 0; t < tokens; ++t) scores[r][t] = 0;
        rescale[r] = 1;
        continue;
      }
      rescale[r] = most[r] == next ? 1.f : most[r] == -__builtin_inff() ? 0.f : __builtin_expf(most[r] - next);
      most[r] = next;
      VF sum = Zero();
      for (uint32_t t = 0; t < tokens; t += 16) {
        const VF p = Exp(Sub(Load(scores[r] + t), Set1(next)));
        Store(scores[r] + t, p);
        sum = Add(sum, p);
      }
      total[r] = total[r] * rescale[r] + ReduceAdd(sum);
    }
    C::template Values<R>(v, ahead, count, hd, scores, rescale, o);
  }
  for (uint32_t r = 0; r < task.q_rows; ++r) {
    const float scale = task.partial ? 1.f : total[r] > 0 ? 1.f / total[r] : 0.f;
    for (uint32_t d = 0; d < hd; ++d) task.out[r][d] = o[r][d] * scale;
    if (task.partial) task.partial[2 * r] = most[r], task.partial[2 * r + 1] = total[r];
  }
}

template <class C>
void AttendFormat(const AttendTask& task) {
  const uint32_t rows = task.q_rows;
  if (rows == 1) return AttendRows<C, 1>(task);
  if (rows == 2) return AttendRows<C, 2>(task);
  if (rows == 3) return AttendRows<C, 3>(task);
  if (rows == 4) return AttendRows<C, 4>(task);
  if (rows <= 6) return AttendRows<C, 6>(task);
  if (rows <= 8) return AttendRows<C, 8>(task);
  AttendRows<C, kAttendRows>(task);
}

void Attend(const AttendTask& task) {
  switch (task.cache_type) {
    case CacheType::kF16: return AttendFormat<FloatCache<CacheF16>>(task);
    case CacheType::kBF16: return AttendFormat<FloatCache<CacheBf16>>(task);
    case CacheType::kQ8: return AttendFormat<QuantisedCache>(task);
    case CacheType::kF32: return AttendFormat<FloatCache<CacheF32>>(task);
  }
}

template <class C>
void StoreFormat(const float* k, const float* v, size_t stride, uint32_t tokens, uint32_t head_dim, uint32_t slot,
                 uint8_t* key_block, uint8_t* value_block) {
  if (tokens == kCacheBlockTokens) return C::StoreBlock(k, v, stride, head_dim, key_block, value_block);
  for (uint32_t t = 0; t < tokens; ++t)
    C::StoreSlot(k + t * stride, v + t * stride, head_dim, slot + t, key_block, value_block);
}

void StoreTokens(CacheType type, const float* k, const float* v, size_t stride, uint32_t tokens, uint32_t head_dim,
                 uint32_t slot, uint8_t* keys, uint8_t* values) {
  switch (type) {
    case CacheType::kF16:
      return StoreFormat<FloatCache<CacheF16>>(k, v, stride, tokens, head_dim, slot, keys, values);
    case CacheType::kBF16:
      return StoreFormat<FloatCache<CacheBf16>>(k, v, stride, tokens, head_dim, slot, keys, values);
    case CacheType::kQ8: return StoreFormat<QuantisedCache>(k, v, stride, tokens, head_dim, slot, keys, values);
    case CacheType::kF32:
      return StoreFormat<FloatCache<CacheF32>>(k, v, stride, tokens, head_dim, slot, keys, values);
  }
}

}  // namespace
