// What a vector of 16 lanes is on AVX-512. Included by the sealed units here, inside their anonymous namespace.

#ifndef YUN_TILE_ROWS  // more where other code takes tiles of more rows than kAccumulators
#define YUN_TILE_ROWS 12
#endif
constexpr int kTileRows = YUN_TILE_ROWS, kAccumulators = 12;  // 12 int + 12 float accumulators leave 8 of 32 registers

struct VF { __m512 v; };
struct VI { __m512i v; };
struct VB { __m512i v; };
struct VQ { __m512i v; };
struct VMask { __mmask16 v; };

#define INLINE inline __attribute__((always_inline))
/// Measured: 5 to 15 % faster decode on Intel (Granite Rapids), up to 20 % slower on AMD (Zen 4).
INLINE bool PrefetchPays() { return __builtin_cpu_is("intel"); }
INLINE VF Zero() { return {_mm512_setzero_ps()}; }
INLINE VI ZeroI() { return {_mm512_setzero_si512()}; }
INLINE VF Set1(float x) { return {_mm512_set1_ps(x)}; }
INLINE VF Broadcast(const float* p) { return {_mm512_set1_ps(*p)}; }
INLINE VI BroadcastI(const int32_t* p) { return {_mm512_set1_epi32(*p)}; }
INLINE VF Load(const float* p) { return {_mm512_loadu_ps(p)}; }
INLINE void Store(float* p, VF a) { _mm512_storeu_ps(p, a.v); }
INLINE VF LoadF16(const void* p) { return {_mm512_cvtph_ps(_mm256_loadu_si256(static_cast<const __m256i*>(p)))}; }
INLINE VF LoadBf16(const void* p) {
  const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(static_cast<const __m256i*>(p)));
  return {_mm512_castsi512_ps(_mm512_slli_epi32(wide, 16))};
}
INLINE void StoreF16(uint16_t* p, VF a) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p),
                      _mm512_cvtps_ph(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
INLINE VF LoadU8(const uint8_t* p) {
  return {_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))))};
}
INLINE VF LoadI8(const uint8_t* p) {
  return {_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))))};
}
INLINE VB LoadBytes(const uint8_t* p) { return {_mm512_loadu_si512(p)}; }
INLINE VB LowNibbles(VB a) { return {_mm512_and_si512(a.v, _mm512_set1_epi8(15))}; }
INLINE VB HighNibbles(VB a) { return {_mm512_and_si512(_mm512_srli_epi16(a.v, 4), _mm512_set1_epi8(15))}; }
/// code | ((bits >> From) & Mask) << To, byte by byte
template <int From, int To, int Mask>
INLINE VB OrBits(VB code, VB bits) {
  const __m512i moved = From >= To ? _mm512_srli_epi16(bits.v, From >= To ? From - To : 0)
                                   : _mm512_slli_epi16(bits.v, From >= To ? 0 : To - From);
  return {
      _mm512_ternarylogic_epi32(code.v, moved, _mm512_set1_epi8(static_cast<char>(Mask << To)), 0xF8)};  // a | (b & c)
}
INLINE VQ BroadcastQ(const int8_t* p) {
  int32_t four;
  __builtin_memcpy(&four, p, 4);
  return {_mm512_set1_epi32(four)};
}
INLINE VI Dot(VI acc, VB code, VQ a) { return {_mm512_dpbusd_epi32(acc.v, code.v, a.v)}; }
INLINE VI DotSmall(VI acc, VB code, VQ a) { return Dot(acc, code, a); }
template <int N>
INLINE VI ShiftRight(VI a) { return N == 0 ? a : VI{_mm512_srai_epi32(a.v, N)}; }
INLINE VI SubI(VI a, VI b) { return {_mm512_sub_epi32(a.v, b.v)}; }
INLINE VF ToFloat(VI a) { return {_mm512_cvtepi32_ps(a.v)}; }
INLINE VI RoundToInt(VF a) { return {_mm512_cvtps_epi32(a.v)}; }
INLINE void StoreI8(int8_t* p, VI a) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtsepi32_epi8(a.v)); }
INLINE int32_t ReduceAddI(VI a) { return _mm512_reduce_add_epi32(a.v); }
INLINE VF Add(VF a, VF b) { return {_mm512_add_ps(a.v, b.v)}; }
INLINE VF Sub(VF a, VF b) { return {_mm512_sub_ps(a.v, b.v)}; }
INLINE VF Mul(VF a, VF b) { return {_mm512_mul_ps(a.v, b.v)}; }
INLINE VF Div(VF a, VF b) { return {_mm512_div_ps(a.v, b.v)}; }
INLINE VF Fma(VF a, VF b, VF c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
INLINE VF Max(VF a, VF b) { return {_mm512_max_ps(a.v, b.v)}; }
INLINE VF Min(VF a, VF b) { return {_mm512_min_ps(a.v, b.v)}; }
INLINE VF Abs(VF a) { return {_mm512_abs_ps(a.v)}; }
INLINE VF Round(VF a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
INLINE VF Scale2(VF a, VF n) { return {_mm512_scalef_ps(a.v, n.v)}; }  // a 2^n
INLINE VMask Less(VF a, VF b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
INLINE VF ZeroWhere(VMask m, VF a) { return {_mm512_maskz_mov_ps(static_cast<__mmask16>(~m.v), a.v)}; }
INLINE float ReduceAdd(VF a) { return _mm512_reduce_add_ps(a.v); }
INLINE float ReduceMax(VF a) { return _mm512_reduce_max_ps(a.v); }
INLINE VF EvenBf16(VB a) { return {_mm512_castsi512_ps(_mm512_slli_epi32(a.v, 16))}; }
INLINE VF OddBf16(VB a) {
  return {_mm512_castsi512_ps(_mm512_and_si512(a.v, _mm512_set1_epi32(static_cast<int>(0xFFFF0000u))))};
}
#ifdef YUN_BF16_DOT
INLINE VF DotBf16(VF acc, VB pairs, VQ a) {
  return {_mm512_dpbf16_ps(acc.v, reinterpret_cast<__m512bh>(pairs.v), reinterpret_cast<__m512bh>(a.v))};
}
#endif
/// The value may have changed and is used: nothing around it is hoisted or dropped.
template <class V>
INLINE void Keep(V& a) { __asm__ volatile("" : "+v"(a.v)); }
#undef INLINE

