// Row operations and attention over the 16-lane vector type of the including translation unit.

namespace {


/// exp(x) for x in [-87, 88], below: 0; error under 2 ulp.
/// source: Cody & Waite reduction, then the minimax polynomial of Cephes' expf
inline VF Exp(VF x) {
  const VF low = Set1(-87.3f);
  const VMask tiny = Less(x, low);
  x = Min(Max(x, low), Set1(88.f));
  const VF n = Round(Mul(x, Set1(1.44269504f)));
  VF r = Fma(n, Set1(-0.693359375f), x);
  r = Fma(n, Set1(2.12194440e-4f), r);
  VF p = Set1(1.9875691500e-4f);
  p = Fma(p, r, Set1(1.3981999507e-3f));
  p = Fma(p, r, Set1(8.3334519073e-3f));
  p = Fma(p, r, Set1(4.1665795894e-2f));
  p = Fma(p, r, Set1(1.6666665459e-1f));
  p = Fma(p, r, Set1(5.0000001201e-1f));
  p = Fma(Mul(p, r), r, Add(r, Set1(1.f)));
  return ZeroWhere(tiny, Scale2(p, n));
}

void Quantize(const float* x, uint32_t first, uint32_t blocks, uint32_t total, uint8_t* tile, uint32_t tile_rows,
              uint32_t m) {
  int8_t* q = reinterpret_cast<int8_t*>(tile);
  Meta* meta = reinterpret_cast<Meta*>(tile + static_cast<size_t>(total) * tile_rows * kBlockCols);
  for (uint32_t b = first; b < first + blocks; ++b, x += kBlockCols) {
    const VF a0 = Load(x), a1 = Load(x + 16);
    const float largest = ReduceMax(Max(Abs(a0), Abs(a1)));
    const float scale = largest / 127.f, inverse = largest > 0 ? 127.f / largest : 0.f;
    const size_t at = static_cast<size_t>(b) * tile_rows + m;
    const VI i0 = RoundToInt(Mul(a0, Set1(inverse))), i1 = RoundToInt(Mul(a1, Set1(inverse)));
    StoreI8(q + at * kBlockCols, i0);
    StoreI8(q + at * kBlockCols + 16, i1);
    const int32_t s0 = ReduceAddI(i0), s1 = ReduceAddI(i1);
    meta[at] = {scale, scale * static_cast<float>(s0 + s1), -128 * (s0 + s1), -128 * s0};
  }
}

uint16_t RoundBf16(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, 4);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

void ToBf16(const float* x, uint32_t first, uint32_t cols, uint8_t* tile, uint32_t tile_rows, uint32_t m) {
  uint16_t* out = reinterpret_cast<uint16_t*>(tile) + (static_cast<size_t>(first) / 2 * tile_rows + m) * 2;
  for (uint32_t i = 0; i < cols; i += 2, out += 2 * tile_rows) {
    out[0] = RoundBf16(x[i]);
    out[1] = i + 1 < cols ? RoundBf16(x[i + 1]) : 0;
  }
}

void RmsNorm(const float* x, const float* weight, uint32_t n, float eps, float* out) {
  VF sum = Zero();
  uint32_t i = 0;
  for (; i + 16 <= n; i += 16) sum = Fma(Load(x + i), Load(x + i), sum);
  float total = ReduceAdd(sum);
  for (; i < n; ++i) total += x[i] * x[i];
  const float scale = 1.f / __builtin_sqrtf(total / static_cast<float>(n) + eps);
  for (i = 0; i + 16 <= n; i += 16) Store(out + i, Mul(Mul(Load(x + i), Set1(scale)), Load(weight + i)));
  for (; i < n; ++i) out[i] = x[i] * scale * weight[i];
}

void SiluMul(float* gate, const float* up, uint32_t n) {
  uint32_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const VF g = Load(gate + i);
    Store(gate + i, Mul(Div(g, Add(Set1(1.f), Exp(Sub(Zero(), g)))), Load(up + i)));
  }
  if (i < n) {
    float g[16] = {}, u[16] = {};
    for (uint32_t j = i; j < n; ++j) g[j - i] = gate[j], u[j - i] = up[j];
    SiluMul(g, u, 16);
    for (uint32_t j = i; j < n; ++j) gate[j] = g[j - i];
  }
}

void Rotate(float* x, const float* cos, const float* sin, uint32_t half) {
  uint32_t i = 0;
  for (; i + 16 <= half; i += 16) {
    const VF a = Load(x + i), b = Load(x + half + i), c = Load(cos + i), s = Load(sin + i);
    Store(x + i, Sub(Mul(a, c), Mul(b, s)));
    Store(x + half + i, Fma(b, c, Mul(a, s)));
  }
  for (; i < half; ++i) {
    const float a = x[i], b = x[half + i];
    x[i] = a * cos[i] - b * sin[i];
    x[half + i] = b * cos[i] + a * sin[i];
  }
}

void Rope(float* x, uint32_t heads, uint32_t head_dim, const float* norm, float eps, const float* cos,
          const float* sin, uint32_t half, float scale) {
  for (uint32_t h = 0; h < heads; ++h, x += head_dim) {
    if (norm) RmsNorm(x, norm, head_dim, eps, x);
    Rotate(x, cos, sin, half);
    if (scale == 1.f) continue;
    uint32_t i = 0;
    for (; i + 16 <= head_dim; i += 16) Store(x + i, Mul(Load(x + i), Set1(scale)));
    for (; i < head_dim; ++i) x[i] *= scale;
  }
}

void AddRows(float* x, const float* y, uint32_t n) {
  uint32_t i = 0;
  for (; i + 16 <= n; i += 16) Store(x + i, Add(Load(x + i), Load(y + i)));
  for (; i < n; ++i) x[i] += y[i];
}

uint32_t ArgMax(const float* x, uint32_t n) {
  VF best = Set1(-__builtin_inff());
  uint32_t i = 0;
  for (; i + 16 <= n; i += 16) best = Max(Load(x + i), best);  // a NaN on the left loses
  float largest = ReduceMax(best);
  for (; i < n; ++i) largest = x[i] > largest ? x[i] : largest;
  for (i = 0; i < n; ++i)
    if (x[i] == largest) return i;
  return 0;
}

double ExpWeights(const float* x, uint32_t n, float most, float scale, float* out) {
  // Sixteen partial sums for 1024 values, those sums in double: 150 000 terms lose nothing that matters.
  double total = 0;
  uint32_t i = 0;
  while (i + 16 <= n) {
    VF sum = Zero();
    for (uint32_t j = 0; j < 64 && i + 16 <= n; ++j, i += 16) {
      const VF weight = Exp(Mul(Sub(Load(x + i), Set1(most)), Set1(scale)));
      Store(out + i, weight);
      sum = Add(sum, weight);
    }
    total += ReduceAdd(sum);
  }
  for (; i < n; ++i) total += out[i] = __builtin_expf((x[i] - most) * scale);
  return total;
}

float LogSumExp(const float* x, uint32_t n) {
  constexpr uint32_t kStep = 1024;
  VF high = Set1(-__builtin_inff());
  uint32_t i = 0;
  for (; i + 16 <= n; i += 16) high = Max(Load(x + i), high);
  float most = ReduceMax(high);
  for (; i < n; ++i) most = x[i] > most ? x[i] : most;
  float weights[kStep];
  double total = 0;
  for (i = 0; i < n; i += kStep) total += ExpWeights(x + i, n - i < kStep ? n - i : kStep, most, 1.f, weights);
  return most + static_cast<float>(__builtin_log(total));
}

void MatMul(const PackedMatrix& w, uint32_t begin, uint32_t end, const Activations& acts, float* out, size_t stride,
            bool add) {
  switch (w.packing) {
    case Packing::kF32: return MatMulFormat<FloatTile<FloatF32>>(w, begin, end, acts, out, stride, add);
    case Packing::kF16: return MatMulFormat<FloatTile<FloatF16>>(w, begin, end, acts, out, stride, add);
    case Packing::kBF16: return MatMulFormat<Bf16Tile>(w, begin, end, acts, out, stride, add);
    case Packing::kQ8: return MatMulFormat<QuantisedTile<FormatQ8>>(w, begin, end, acts, out, stride, add);
    case Packing::kQ4: return MatMulFormat<QuantisedTile<FormatQ4>>(w, begin, end, acts, out, stride, add);
    case Packing::kQ8M: return MatMulFormat<QuantisedTile<FormatQ8M>>(w, begin, end, acts, out, stride, add);
    case Packing::kQ4M: return MatMulFormat<QuantisedTile<FormatQ4M>>(w, begin, end, acts, out, stride, add);
    case Packing::kQ4K: return MatMulFormat<QuantisedTile<FormatQ4K>>(w, begin, end, acts, out, stride, add);
    case Packing::kQ5K: return MatMulFormat<QuantisedTile<FormatQ5K>>(w, begin, end, acts, out, stride, add);
    case Packing::kQ6K: return MatMulFormat<QuantisedTile<FormatQ6K>>(w, begin, end, acts, out, stride, add);
  }
}

}  // namespace
