// Attention of many query rows on bf16 tiles. Included by amx.cc after the generic algorithms.
//
// A task's rows are cut into groups of 32 (two tiles). For each span of 128 cached tokens, keys and values become
// bf16 tiles once for all groups; a group then takes its scores S = Q K^T (to base 2), weights P = 2^(S - most), and
// adds P V to its sums. `most` is whole and moves only when weights grow beyond 2^10: sums are then rescaled by a power
// of two, which is exact and rare, and no other row needs its maximum.
//
// Errors: Q, K, V and P are rounded to bf16 (2^-8 each), sums are f32. Wide tasks split each number into a high and a
// low part, x = hi + lo (exact for an f16 cache, else 2^-16), and leave out only lo lo, which is below 2^-16.

namespace {

constexpr uint32_t kTileAttendRowsMin = 12;   // fewer rows than this are faster without tiles (measured)
constexpr uint32_t kTileAttendRowsMax = 256;  // keys and values are converted once for so many rows
constexpr uint32_t kTileHeadDimMax = 256;
constexpr uint32_t kTileRowDims = kTileAttendRowsMax * 128;  // rows * head_dim of one pass: fewer rows of wide heads
constexpr uint32_t kGroupTiles = 2, kSpanBlocks = 8, kSpanPairs = kSpanBlocks / 2;
constexpr uint32_t kTileBf16 = 512, kTileFloats = 256;  // elements of 16 rows of 64 bytes

// tmm0-3: results [2 tiles of rows][2 tiles of columns]; tmm4-5: queries or weights; tmm6-7: keys or values.
struct alignas(64) AttendScratch {
  uint16_t q[2][kTileRowDims];                                // [plane][tile of rows][32 dims][16 rows][32]
  uint16_t k[2][kSpanBlocks * kCacheBlockTokens * kTileHeadDimMax];  // [plane][block][32 dims][16 pairs][16 tokens][2]
  uint16_t v[2][kSpanBlocks * kCacheBlockTokens * kTileHeadDimMax];  // [plane][2 blocks][16 dims][16 pairs][16 dims][2]
  uint16_t p[2][kGroupTiles * kSpanPairs * kTileBf16];         // [plane][tile of rows][2 blocks][16 rows][32]
  float s[kGroupTiles * kSpanBlocks * kTileFloats];            // [tile of rows][block][16 rows][16 tokens]
  float o[kTileRowDims];                                      // [tile of rows][16 dims][16 rows][16]
  float sums[kTileAttendRowsMax][16];                         // of exponentials, lane by lane
  float most[kTileAttendRowsMax];                             // base-2 logarithm, whole; -inf: nothing seen yet
  uint32_t limits[kTileAttendRowsMax];
};

struct AttendGroup {
  uint32_t tile_begin, tiles, limit_min, limit_max;
};

/// Pairs in one plane, or a high and a low one `plane` elements apart.
template <int kPlanes>
inline void StorePairs(uint16_t* to, size_t plane, __m512 even, __m512 odd) {
  _mm512_store_si512(to, PairBf16(even, odd));
  if (kPlanes == 2)
    _mm512_store_si512(to + plane, PairBf16(_mm512_sub_ps(even, _mm512_castsi512_ps(HighBf16(even))),
                                            _mm512_sub_ps(odd, _mm512_castsi512_ps(HighBf16(odd)))));
}

/// Where the tiles of a product lie: rows of tiles `row` elements apart, columns `column` elements apart.
template <class T>
struct TilePlace {
  T* data;
  size_t row, column;
};

/// Result tiles [rows][columns], at most 2 x 2, from the 32-deep steps that the caller takes in between.
template <bool kTwoRows, bool kTwoColumns>
struct TileBlock {
  static void Zero() {
    TILE_ZERO(0);
    TILE_ZERO(1);
    TILE_ZERO(2);
    TILE_ZERO(3);
  }
  static void Load(const TilePlace<float>& from) {
    TILE_LOAD(0, from.data);
    if (kTwoColumns) TILE_LOAD(1, from.data + from.column);
    if (kTwoRows) TILE_LOAD(2, from.data + from.row);
    if (kTwoRows && kTwoColumns) TILE_LOAD(3, from.data + from.row + from.column);
  }
  static void Store(const TilePlace<float>& to) {
    TILE_STORE(0, to.data);
    if (kTwoColumns) TILE_STORE(1, to.data + to.column);
    if (kTwoRows) TILE_STORE(2, to.data + to.row);
    if (kTwoRows && kTwoColumns) TILE_STORE(3, to.data + to.row + to.column);
  }
  static void Step(const uint16_t* a, size_t a_row, const uint16_t* b, size_t b_column) {
    TILE_LOAD(6, b);
    TILE_LOAD(4, a);
    TILE_DOT(0, 4, 6);
    if (kTwoColumns) {
      TILE_LOAD(7, b + b_column);
      TILE_DOT(1, 4, 7);
    }
    if (kTwoRows) {
      TILE_LOAD(5, a + a_row);
      TILE_DOT(2, 5, 6);
      if (kTwoColumns) TILE_DOT(3, 5, 7);
    }
  }
};

/// result (+)= a b over `depth` steps of 32. shapes: a [rows][depth] tiles, b [depth][columns] tiles, each plane
template <int kPlanes, bool kTwoRows, bool kTwoColumns>
void MultiplyBlock(const TilePlace<float>& result, bool add, const TilePlace<const uint16_t>& a, size_t a_plane,
                   const TilePlace<const uint16_t>& b, size_t b_plane, uint32_t depth) {
  using Block = TileBlock<kTwoRows, kTwoColumns>;
  if (add) Block::Load(result);
  else Block::Zero();
  for (uint32_t d = 0; d < depth; ++d) {
    const uint16_t *left = a.data + d * a.column, *right = b.data + d * b.row;
    Block::Step(left, a.row, right, b.column);
    if (kPlanes == 2) {
      Block::Step(left + a_plane, a.row, right, b.column);
      Block::Step(left, a.row, right + b_plane, b.column);
    }
  }
  Block::Store(result);
}

/// The same for one or two tiles of rows and any number of columns.
template <int kPlanes>
void Multiply(uint32_t rows, uint32_t columns, TilePlace<float> result, bool add, const TilePlace<const uint16_t>& a,
              size_t a_plane, TilePlace<const uint16_t> b, size_t b_plane, uint32_t depth) {
  for (; columns; columns -= columns < 2 ? 1 : 2, result.data += 2 * result.column, b.data += 2 * b.column) {
    if (rows == 2 && columns > 1) MultiplyBlock<kPlanes, true, true>(result, add, a, a_plane, b, b_plane, depth);
    else if (rows == 2) MultiplyBlock<kPlanes, true, false>(result, add, a, a_plane, b, b_plane, depth);
    else if (columns > 1) MultiplyBlock<kPlanes, false, true>(result, add, a, a_plane, b, b_plane, depth);
    else MultiplyBlock<kPlanes, false, false>(result, add, a, a_plane, b, b_plane, depth);
  }
}

/// How a block is read: dimension d of 16 keys; dimensions 16 c to 16 c + 15 of token t's value.
template <class F>
struct FloatBlock {
  static __m512 Key(const uint8_t* k, uint32_t, uint32_t d) { return F::Get(k + d * (16 * F::kBytes)).v; }
  static __m512 Value(const uint8_t* v, uint32_t head_dim, uint32_t t, uint32_t c) {
    return F::Get(v + (t * ((head_dim + 15) / 16) + c) * (16 * F::kBytes)).v;
  }
};
struct QuantisedBlock {
  static __m512 Key(const uint8_t* k, uint32_t head_dim, uint32_t d) {
    const void* scale = k + QuantisedCache::ScaleAt(head_dim, d);
    return _mm512_mul_ps(Byte(k + d / 4 * 64, d % 4), LoadF16(scale).v);
  }
  static __m512 Value(const uint8_t* v, uint32_t head_dim, uint32_t t, uint32_t c) {
    uint16_t scale;
    __builtin_memcpy(&scale, v + QuantisedCache::ScaleAt(head_dim, 16 * c) + 2 * t, 2);
    const uint32_t row_bytes = QuantisedCache::Groups(head_dim) * kCacheGroup * 4;
    return _mm512_mul_ps(Byte(v + t / 4 * row_bytes + c * 64, t % 4),
                         _mm512_cvtph_ps(_mm256_set1_epi16(static_cast<int16_t>(scale))));
  }
  /// Code i of each lane's four, its offset taken away.
  static __m512 Byte(const uint8_t* p, uint32_t i) {
    const __m512i code = _mm512_and_si512(_mm512_srlv_epi32(_mm512_loadu_si512(p), _mm512_set1_epi32(8 * i)),
                                          _mm512_set1_epi32(255));
    return _mm512_cvtepi32_ps(_mm512_sub_epi32(code, _mm512_set1_epi32(128)));
  }
};

/// One head's attention on tiles; C says how the cache is read, kPlanes is 2 for wide tasks.
template <class C, int kPlanes>
struct TileAttend {
  static constexpr size_t kQPlane = kTileRowDims, kKvPlane = kSpanBlocks * kCacheBlockTokens * kTileHeadDimMax;
  static constexpr size_t kPPlane = kGroupTiles * kSpanPairs * kTileBf16;
  static constexpr float kLog2E = 1.44269504f, kLn2 = 0.693147181f;
  static constexpr float kWeightMax = 1024;    // of the weights of a span in one lane
  static constexpr float kWhole = 12582912.f;  // 1.5 2^23: x + kWhole is x rounded to a whole number

  const AttendTask& task;
  AttendScratch& scratch;
  uint32_t depth, columns;  // 32-deep steps of Q K^T; tiles of 16 dims of V
  uint32_t tiles, groups;

  void Run() {
    Start();
    AttendGroup group[kTileAttendRowsMax / 16];
    uint32_t limit_max = 0;
    for (uint32_t g = 0; g < groups; ++g) {
      const uint32_t begin = tiles * g / groups, end = tiles * (g + 1) / groups;
      group[g] = {begin, end - begin, ~0u, 0};
      for (uint32_t r = 16 * begin; r < 16 * end; ++r) {
        const uint32_t limit = scratch.limits[r];
        group[g].limit_min = limit < group[g].limit_min ? limit : group[g].limit_min;
        group[g].limit_max = limit > group[g].limit_max ? limit : group[g].limit_max;
      }
      limit_max = group[g].limit_max > limit_max ? group[g].limit_max : limit_max;
    }
    const uint32_t last = Blocks(limit_max), block_end = task.block_end < last ? task.block_end : last;
    ConfigureTiles(kTileRowsAmx, kTileRowsAmx);
    for (uint32_t first = task.block_begin; first < block_end; first += kSpanBlocks) {
      const uint32_t count = block_end - first < kSpanBlocks ? block_end - first : kSpanBlocks;
      Convert(first, count);
      for (uint32_t g = 0; g < groups; ++g) {
        const uint32_t seen = Blocks(group[g].limit_max);
        if (seen <= first) continue;
        Group(group[g], first, seen - first < count ? seen - first : count);
      }
    }
    __asm__ volatile("tilerelease" ::);
    Finish();
  }

  static uint32_t Blocks(uint32_t tokens) { return (tokens + kCacheBlockTokens - 1) / kCacheBlockTokens; }

  void Start() {
    const uint32_t hd = task.head_dim;
    depth = (hd + 31) / 32, columns = (hd + 15) / 16;
    tiles = (task.q_rows + 15) / 16, groups = (tiles + kGroupTiles - 1) / kGroupTiles;
    for (uint32_t r = 0; r < 16 * tiles; ++r) {
      uint16_t* to = scratch.q[0] + r / 16 * depth * kTileBf16 + r % 16 * 32;
      for (uint32_t d = 0; d < 32 * depth; d += 32, to += kTileBf16) {
        const uint32_t left = r < task.q_rows && d < hd ? hd - d : 0;  // rows that pad a tile are zeros
        const uint32_t mask = left < 32 ? (1u << left) - 1 : ~0u;
        const float* from = task.q[r < task.q_rows ? r : 0] + d;
        const __m512 scale = _mm512_set1_ps(kLog2E);  // weights are powers of two
        const __m512 a = _mm512_mul_ps(scale, _mm512_maskz_loadu_ps(static_cast<__mmask16>(mask), from));
        const __m512 b = _mm512_mul_ps(scale, _mm512_maskz_loadu_ps(static_cast<__mmask16>(mask >> 16), from + 16));
        StoreBf16(to, a, b);
        if (kPlanes == 2)
          StoreBf16(to + kQPlane, _mm512_sub_ps(a, _mm512_castsi512_ps(HighBf16(a))),
                    _mm512_sub_ps(b, _mm512_castsi512_ps(HighBf16(b))));
      }
      scratch.limits[r] = task.limits[r < task.q_rows ? r : task.q_rows - 1];
      scratch.most[r] = -__builtin_inff();
      _mm512_store_ps(scratch.sums[r], _mm512_setzero_ps());
    }
    for (uint32_t i = 0; i < tiles * columns * kTileFloats; i += 16)
      _mm512_store_ps(scratch.o + i, _mm512_setzero_ps());
    for (uint32_t i = 0; i < kSpanBlocks; ++i)  // dims that pad the depth stay zero
      for (uint32_t pair = (hd + 1) / 2; pair < depth * 16; ++pair)
        for (int plane = 0; plane < kPlanes; ++plane)
          _mm512_store_si512(scratch.k[plane] + i * depth * kTileBf16 + pair * 32, _mm512_setzero_si512());
  }
  static void StoreBf16(uint16_t* to, __m512 a, __m512 b) {  // 32 in order
    const __m512i high = _mm512_srli_epi32(HighBf16(b), 16), low = _mm512_srli_epi32(HighBf16(a), 16);
    _mm256_store_si256(reinterpret_cast<__m256i*>(to), _mm512_cvtepi32_epi16(low));
    _mm256_store_si256(reinterpret_cast<__m256i*>(to + 16), _mm512_cvtepi32_epi16(high));
  }

  const uint8_t* Block(uint32_t index) const { return task.cache + task.blocks[index] * task.block_bytes; }

  /// Keys and values of blocks [first, first + count) as tiles.
  void Convert(uint32_t first, uint32_t count) {
    const uint32_t hd = task.head_dim;
    for (uint32_t i = 0; i < count; ++i) {
      const uint8_t* k = Block(first + i) + task.k_offset;
      uint16_t* to = scratch.k[0] + i * depth * kTileBf16;
      for (uint32_t d = 0; d < hd; d += 2, to += 32)
        StorePairs<kPlanes>(to, kKvPlane, C::Key(k, hd, d), d + 1 < hd ? C::Key(k, hd, d + 1) : _mm512_setzero_ps());
    }
    for (uint32_t i = 0; i < count; i += 2) {
      const bool both = i + 1 < count;
      const uint8_t* even = Block(first + i) + task.v_offset;
      const uint8_t* odd = both ? Block(first + i + 1) + task.v_offset : nullptr;
      uint16_t* to = scratch.v[0] + i / 2 * columns * kTileBf16;
      for (uint32_t t = 0; t < kCacheBlockTokens; ++t)
        for (uint32_t c = 0; c < columns; ++c)
          StorePairs<kPlanes>(to + c * kTileBf16 + t * 32, kKvPlane, C::Value(even, hd, t, c),
                              both ? C::Value(odd, hd, t, c) : _mm512_setzero_ps());
    }
  }

  /// A group's rows over `count` converted blocks that begin at block `first`.
  void Group(const AttendGroup& group, uint32_t first, uint32_t count) {
    Multiply<kPlanes>(group.tiles, count, {scratch.s, kSpanBlocks * kTileFloats, kTileFloats}, false,
                      {scratch.q[0] + group.tile_begin * depth * kTileBf16, depth * kTileBf16, kTileBf16}, kQPlane,
                      {scratch.k[0], kTileBf16, depth * kTileBf16}, kKvPlane, depth);
    const uint32_t begin = first * kCacheBlockTokens;
    const bool masked = group.limit_min < begin + count * kCacheBlockTokens;
    for (uint32_t r = 0; r < 16 * group.tiles; ++r) {
      const uint32_t row = 16 * group.tile_begin + r;
      if (masked || count != kSpanBlocks) {
        const uint32_t limit = scratch.limits[row];
        Softmax<true>(r, row, (count + 1) / 2, limit > begin ? limit - begin : 0, count);
      } else {
        Softmax<false>(r, row, kSpanPairs, 0, 0);
      }
    }
    Multiply<kPlanes>(group.tiles, columns,
                      {scratch.o + group.tile_begin * columns * kTileFloats, columns * kTileFloats, kTileFloats}, true,
                      {scratch.p[0], kSpanPairs * kTileBf16, kTileBf16}, kPPlane,
                      {scratch.v[0], columns * kTileBf16, kTileBf16}, kKvPlane, (count + 1) / 2);
  }

  /// Scores of a row (r in its group) to weights. Ragged: the row sees `visible` tokens, `count` blocks have scores.
  template <bool kRagged>
  void Softmax(uint32_t r, uint32_t row, uint32_t pairs, uint32_t visible, uint32_t count) {
    float* s = scratch.s + r / 16 * (kSpanBlocks * kTileFloats) + r % 16 * 16;
    uint16_t* p = scratch.p[0] + r / 16 * (kSpanPairs * kTileBf16) + r % 16 * 32;
    const uint32_t blocks = kRagged ? 2 * pairs : kSpanBlocks;
    if (kRagged) {
      Hide(s, blocks, visible < count * 16 ? visible : count * 16);
      Raise(row, s, blocks);
      if (scratch.most[row] == -__builtin_inff()) {  // this row sees nothing of the span so far
        for (uint32_t i = 0; i < pairs; ++i)
          for (int plane = 0; plane < kPlanes; ++plane)
            _mm512_store_si512(p + plane * kPPlane + i * kTileBf16, _mm512_setzero_si512());
        return;
      }
    }
    for (;;) {
      const __m512 most = _mm512_set1_ps(scratch.most[row]);
      __m512 sum = _mm512_setzero_ps();
#pragma GCC unroll 4
      for (uint32_t i = 0; i < blocks; i += 2) {
        __m512 even = _mm512_load_ps(s + i * kTileFloats), odd = _mm512_load_ps(s + (i + 1) * kTileFloats);
        if (kRagged) {  // from a finite score: its weight is 0
          const __m512 least = _mm512_sub_ps(most, _mm512_set1_ps(200.f));
          even = _mm512_max_ps(least, even), odd = _mm512_max_ps(least, odd);
        }
        even = Exp2(even, most), odd = Exp2(odd, most);
        sum = _mm512_add_ps(sum, _mm512_add_ps(even, odd));
        StorePairs<kPlanes>(p + i / 2 * kTileBf16, kPPlane, even, odd);
      }
      // Also where `most` is still -infinity, as then the sum is not a number.
      if (kRagged || !_mm512_cmp_ps_mask(sum, _mm512_set1_ps(kWeightMax), _CMP_NLE_UQ) || !Raise(row, s, blocks)) {
        _mm512_store_ps(scratch.sums[row], _mm512_add_ps(sum, _mm512_load_ps(scratch.sums[row])));
        return;
      }
    }
  }

  /// Scores from token `visible` on become -infinity.
  static void Hide(float* s, uint32_t blocks, uint32_t visible) {
    for (uint32_t i = visible / 16; i < blocks; ++i) {
      const uint32_t left = visible > 16 * i ? visible - 16 * i : 0;
      _mm512_mask_store_ps(s + i * kTileFloats, static_cast<__mmask16>(~((1u << left) - 1)),
                           _mm512_set1_ps(-__builtin_inff()));
    }
  }

  /// 2^(score - most), most whole. The polynomial is off by 7.5e-5, a fiftieth of bf16's rounding; wide: 7.5e-8.
  static __m512 Exp2(__m512 score, __m512 most) {
    const __m512 whole = _mm512_set1_ps(kWhole), shift = _mm512_sub_ps(whole, most);
    const __m512 n = _mm512_add_ps(score, shift);
    const __m512 f = _mm512_sub_ps(score, _mm512_sub_ps(n, shift));
    __m512 p;
    if (kPlanes == 1) {
      p = _mm512_fmadd_ps(_mm512_set1_ps(0.0551716691f), f, _mm512_set1_ps(0.242611122f));
      p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.693260985f));
      p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.999928074f));
    } else {
      p = _mm512_fmadd_ps(_mm512_set1_ps(0.0013276472f), f, _mm512_set1_ps(0.00967554133f));
      p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.0555071327f));
      p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.240221197f));
      p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.693146967f));
      p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(1.00000007f));
    }
    return _mm512_scalef_ps(p, _mm512_sub_ps(n, whole));
  }

  /// Moves a row's `most` up to its largest score, if that is above it, and rescales what the row has summed.
  __attribute__((noinline)) bool Raise(uint32_t row, const float* s, uint32_t blocks) {
    __m512 high = _mm512_load_ps(s);
    for (uint32_t i = 1; i < blocks; ++i) high = _mm512_max_ps(high, _mm512_load_ps(s + i * kTileFloats));
    const float most = __builtin_ceilf(_mm512_reduce_max_ps(high)), before = scratch.most[row];
    if (!(most > before)) return false;
    scratch.most[row] = most;
    if (before == -__builtin_inff()) return true;
    const float scale = __builtin_exp2f(before - most);
    _mm512_store_ps(scratch.sums[row], _mm512_mul_ps(_mm512_set1_ps(scale), _mm512_load_ps(scratch.sums[row])));
    float* o = scratch.o + row / 16 * columns * kTileFloats + row % 16 * 16;
    for (uint32_t c = 0; c < columns; ++c, o += kTileFloats)
      _mm512_store_ps(o, _mm512_mul_ps(_mm512_set1_ps(scale), _mm512_load_ps(o)));
    return true;
  }

  void Finish() {
    for (uint32_t r = 0; r < task.q_rows; ++r) {
      const float total = _mm512_reduce_add_ps(_mm512_load_ps(scratch.sums[r]));
      const float scale = task.partial ? 1.f : total > 0 ? 1.f / total : 0.f;
      const float* o = scratch.o + r / 16 * columns * kTileFloats + r % 16 * 16;
      for (uint32_t d = 0; d < task.head_dim; d += 16, o += kTileFloats) {
        const uint32_t left = task.head_dim - d;
        _mm512_mask_storeu_ps(task.out[r] + d, static_cast<__mmask16>(left < 16 ? (1u << left) - 1 : ~0u),
                              _mm512_mul_ps(_mm512_load_ps(o), _mm512_set1_ps(scale)));
      }
      if (task.partial) task.partial[2 * r] = scratch.most[r] * kLn2, task.partial[2 * r + 1] = total;
    }
  }
};

template <class C>
void AttendOnTiles(const AttendTask& task) {
  AttendScratch scratch;
  if (task.wide) TileAttend<C, 2>{task, scratch, 0, 0, 0, 0}.Run();
  else TileAttend<C, 1>{task, scratch, 0, 0, 0, 0}.Run();
}

/// Many rows on tiles, few as the generic code does it.
void AttendAmx(const AttendTask& task) {
  const bool on_tiles =
      task.q_rows >= kTileAttendRowsMin && task.head_dim <= kTileHeadDimMax && task.cache_type != CacheType::kF32;
  const uint32_t fit = kTileRowDims / ((task.head_dim + 31) / 32 * 32) / 16 * 16;
  const uint32_t step = !on_tiles ? kAttendRows : fit < kTileAttendRowsMax ? fit : kTileAttendRowsMax;
  AttendTask part = task;
  for (uint32_t r = 0; r < task.q_rows; r += step) {
    part.q = task.q + r, part.out = task.out + r, part.limits = task.limits + r;
    part.partial = task.partial ? task.partial + 2 * r : nullptr;
    part.q_rows = task.q_rows - r < step ? task.q_rows - r : step;
    if (!on_tiles) Attend(part);
    else if (task.cache_type == CacheType::kF16) AttendOnTiles<FloatBlock<CacheF16>>(part);
    else if (task.cache_type == CacheType::kBF16) AttendOnTiles<FloatBlock<CacheBf16>>(part);
    else AttendOnTiles<QuantisedBlock>(part);
  }
}

}  // namespace
