// Attention over the 16-lane vector type of the including translation unit.
//
// One long stream is bound by memory, so a run of four blocks is walked in step: four streams, and enough sums at once
// that no multiply-add waits for the one before it. Blocks lie scattered, where no hardware prefetcher follows: while
// keys are multiplied their values are fetched, and then the next run's keys.

namespace {

struct CacheF16 {
  static constexpr uint32_t kBytes = 2;
  static VF Get(const uint8_t* p) { return LoadF16(p); }
};
struct CacheF32 {
  static constexpr uint32_t kBytes = 4;
  static VF Get(const uint8_t* p) { return Load(reinterpret_cast<const float*>(p)); }
};

constexpr uint32_t kAttendRows = 12, kRunBlocks = 4, kRunTokens = kRunBlocks * kCacheBlockTokens;

/// The largest power of two of sums, at most `most`, that a tile of r rows leaves registers for.
constexpr int SumsFor(int r, int most) {
  while (most > 1 && most * r > 2 * kAccumulators) most /= 2;
  return most;
}

/// scores[r][16 i + t] = q[r] k[i][t] for B blocks; fetches as much of `next`.
/// shapes: q [head_dim][R], k: [head_dim][16] each
template <class C, int R, int B>
void Scores(const uint8_t* const* k, const uint8_t* const* next, const float* q, uint32_t head_dim,
            float (*scores)[kRunTokens]) {
  VF sum[B][R];
#pragma GCC unroll 16
  for (int i = 0; i < B; ++i)
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) sum[i][r] = Zero();
  for (uint32_t d = 0; d < head_dim; ++d)
#pragma GCC unroll 16
    for (int i = 0; i < B; ++i) {
      const VF key = C::Get(k[i] + d * (16 * C::kBytes));
      __builtin_prefetch(next[i] + d * (16 * C::kBytes));
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) sum[i][r] = Fma(key, Broadcast(q + d * R + r), sum[i][r]);
    }
#pragma GCC unroll 16
  for (int i = 0; i < B; ++i)
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) Store(scores[r] + 16 * i, sum[i][r]);
}

/// o[r] = o[r] rescale[r] + p[r] v for N times 16 columns of `count` blocks; fetches as much of `next`.
/// shapes: v: [16][padded] each
template <class C, int R, int N>
void Values(const uint8_t* const* v, const uint8_t* const* next, uint32_t count, uint32_t column, uint32_t padded,
            const float (*p)[kRunTokens], const float* rescale, float (*o)[kHeadDimMax]) {
  VF sum[N][R];
#pragma GCC unroll 16
  for (int n = 0; n < N; ++n)
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) sum[n][r] = Mul(Load(o[r] + column + 16 * n), Broadcast(rescale + r));
  for (uint32_t t = 0; t < kCacheBlockTokens; ++t)
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t at = (t * padded + column) * C::kBytes;
      for (uint32_t ahead = 0; ahead < 16 * N * C::kBytes; ahead += 64) __builtin_prefetch(next[i] + at + ahead);
#pragma GCC unroll 16
      for (int n = 0; n < N; ++n) {
        const VF value = C::Get(v[i] + at + 16 * n * C::kBytes);
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r) sum[n][r] = Fma(value, Broadcast(&p[r][16 * i + t]), sum[n][r]);
      }
    }
#pragma GCC unroll 16
  for (int n = 0; n < N; ++n)
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) Store(o[r] + column + 16 * n, sum[n][r]);
}

/// R query rows (rows beyond task.q_rows repeat the last) over the run of blocks, 64 tokens at a time.
template <class C, int R>
void AttendRows(const AttendTask& task) {
  constexpr int kBlocks = SumsFor(R, kRunBlocks), kColumns = SumsFor(R, 4);
  const uint32_t hd = task.head_dim, padded = task.head_dim_padded;
  alignas(64) float q[kHeadDimMax * R];
  alignas(64) float scores[R][kRunTokens];
  alignas(64) float o[R][kHeadDimMax];
  float most[R], total[R];
  uint32_t limits[R], limit_max = 0;
  for (int r = 0; r < R; ++r) {
    const uint32_t from = static_cast<uint32_t>(r) < task.q_rows ? r : task.q_rows - 1;
    for (uint32_t d = 0; d < hd; ++d) q[d * R + r] = task.q[from][d];
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
    for (uint32_t i = 0; i < count; i += kBlocks)
      Scores<C, R, kBlocks>(k + i, v + i, q, hd, reinterpret_cast<float(*)[kRunTokens]>(&scores[0][16 * i]));
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
    uint32_t c = 0;
    for (; c + 16 * kColumns <= padded; c += 16 * kColumns)
      Values<C, R, kColumns>(v, ahead, count, c, padded, scores, rescale, o);
    for (; c < padded; c += 16) Values<C, R, 1>(v, ahead, count, c, padded, scores, rescale, o);
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
    case CacheType::kF16: return AttendFormat<CacheF16>(task);
    case CacheType::kF32: return AttendFormat<CacheF32>(task);
    case CacheType::kBF16:
    case CacheType::kQ8: __builtin_trap();
  }
}

}  // namespace
