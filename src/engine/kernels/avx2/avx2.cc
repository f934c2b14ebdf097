// The AVX2 table (with FMA and F16C): 16 lanes are two 256-bit registers. Sealed: only Avx2Table is seen outside.
#include <immintrin.h>

#include "engine/kernels/kernels.h"

namespace yun::kernels {
namespace {

constexpr int kTileRows = 3, kAccumulators = 3;  // 3 x 2 int + 3 x 2 float accumulators of 16 registers

struct VF { __m256 lo, hi; };
struct VI { __m256i lo, hi; };
struct VB { __m256i lo, hi; };
struct VQ { __m256i v; };
struct VMask { __m256 lo, hi; };

#define INLINE inline __attribute__((always_inline))
INLINE bool PrefetchPays() { return __builtin_cpu_is("intel"); }  // see avx512/vec.h
#define BOTH(f, ...) {f(a.lo, ##__VA_ARGS__), f(a.hi, ##__VA_ARGS__)}
INLINE VF Zero() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
INLINE VI ZeroI() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
INLINE VF Set1(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
INLINE VF Broadcast(const float* p) { return Set1(*p); }
INLINE VI BroadcastI(const int32_t* p) { return {_mm256_set1_epi32(*p), _mm256_set1_epi32(*p)}; }
INLINE VF Load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
INLINE void Store(float* p, VF a) { _mm256_storeu_ps(p, a.lo), _mm256_storeu_ps(p + 8, a.hi); }
INLINE __m128i Load128(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
INLINE VF LoadF16(const void* p) {
  return {_mm256_cvtph_ps(Load128(p)), _mm256_cvtph_ps(Load128(static_cast<const char*>(p) + 16))};
}
INLINE VF LoadBf16(const void* p) {
  const auto widen = [](__m128i a) __attribute__((always_inline)) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(a), 16));
  };
  return {widen(Load128(p)), widen(Load128(static_cast<const char*>(p) + 16))};
}
INLINE void StoreF16(uint16_t* p, VF a) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(a.lo, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p + 8),
                   _mm256_cvtps_ph(a.hi, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
INLINE VF LoadU8(const uint8_t* p) {
  const __m128i a = Load128(p);
  return {_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(a)), _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_srli_si128(a, 8)))};
}
INLINE VF LoadI8(const uint8_t* p) {
  const __m128i a = Load128(p);
  return {_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(a)), _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(a, 8)))};
}
INLINE VB LoadBytes(const uint8_t* p) {
  return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)),
          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 32))};
}
INLINE VB LowNibbles(VB a) { return BOTH(_mm256_and_si256, _mm256_set1_epi8(15)); }
INLINE VB HighNibbles(VB a) {
  const __m256i mask = _mm256_set1_epi8(15);
  return {_mm256_and_si256(_mm256_srli_epi16(a.lo, 4), mask), _mm256_and_si256(_mm256_srli_epi16(a.hi, 4), mask)};
}
/// code | ((bits >> From) & Mask) << To, byte by byte
template <int From, int To, int Mask>
INLINE VB OrBits(VB code, VB bits) {
  const __m256i mask = _mm256_set1_epi8(static_cast<char>(Mask << To));
  const auto move = [&](__m256i a) __attribute__((always_inline)) {
    return _mm256_and_si256(From >= To ? _mm256_srli_epi16(a, From >= To ? From - To : 0)
                                       : _mm256_slli_epi16(a, From >= To ? 0 : To - From), mask);
  };
  return {_mm256_or_si256(code.lo, move(bits.lo)), _mm256_or_si256(code.hi, move(bits.hi))};
}
INLINE VQ BroadcastQ(const int8_t* p) {
  int32_t four;
  __builtin_memcpy(&four, p, 4);
  return {_mm256_set1_epi32(four)};
}
/// Codes up to 255 in 16-bit products: vpmaddubsw would saturate. Bytes 0, 2 and bytes 1, 3 of a group pair up.
INLINE VI Dot(VI acc, VB code, VQ q) {
  const __m256i even = _mm256_srai_epi16(_mm256_slli_epi16(q.v, 8), 8), odd = _mm256_srai_epi16(q.v, 8);
  const __m256i low = _mm256_set1_epi16(255);
  const auto dot = [&](__m256i sum, __m256i c) __attribute__((always_inline)) {
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_and_si256(c, low), even));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_srli_epi16(c, 8), odd));
  };
  return {dot(acc.lo, code.lo), dot(acc.hi, code.hi)};
}
/// Codes up to 127: 2 * 127 * 127 fits 16 bits.
INLINE VI DotSmall(VI acc, VB code, VQ q) {
  const __m256i ones = _mm256_set1_epi16(1);
  return {_mm256_add_epi32(acc.lo, _mm256_madd_epi16(_mm256_maddubs_epi16(code.lo, q.v), ones)),
          _mm256_add_epi32(acc.hi, _mm256_madd_epi16(_mm256_maddubs_epi16(code.hi, q.v), ones))};
}
template <int N>
INLINE VI ShiftRight(VI a) { return {_mm256_srai_epi32(a.lo, N), _mm256_srai_epi32(a.hi, N)}; }
INLINE VI SubI(VI a, VI b) { return {_mm256_sub_epi32(a.lo, b.lo), _mm256_sub_epi32(a.hi, b.hi)}; }
INLINE VF ToFloat(VI a) { return BOTH(_mm256_cvtepi32_ps); }
INLINE VI RoundToInt(VF a) { return BOTH(_mm256_cvtps_epi32); }
INLINE void StoreI8(int8_t* p, VI a) {
  const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(a.lo, a.hi), 0xD8);
  const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bytes);
}
INLINE int32_t ReduceAddI(VI a) {
  __m256i s = _mm256_add_epi32(a.lo, a.hi);
  __m128i x = _mm_add_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));
  x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0x4E));
  return _mm_cvtsi128_si32(_mm_add_epi32(x, _mm_shuffle_epi32(x, 0xB1)));
}
#define TWO(f) {f(a.lo, b.lo), f(a.hi, b.hi)}
INLINE VF Add(VF a, VF b) { return TWO(_mm256_add_ps); }
INLINE VF Sub(VF a, VF b) { return TWO(_mm256_sub_ps); }
INLINE VF Mul(VF a, VF b) { return TWO(_mm256_mul_ps); }
INLINE VF Div(VF a, VF b) { return TWO(_mm256_div_ps); }
INLINE VF Max(VF a, VF b) { return TWO(_mm256_max_ps); }
INLINE VF Min(VF a, VF b) { return TWO(_mm256_min_ps); }
INLINE VF Fma(VF a, VF b, VF c) { return {_mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi)}; }
INLINE VF Abs(VF a) { return BOTH(_mm256_and_ps, _mm256_castsi256_ps(_mm256_set1_epi32(0x7FFFFFFF))); }
INLINE VF Round(VF a) { return BOTH(_mm256_round_ps, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
/// a 2^n for n in [-126, 127]
INLINE VF Scale2(VF a, VF n) {
  const auto scale = [](__m256 x, __m256 e) __attribute__((always_inline)) {
    const __m256i bits = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(e), _mm256_set1_epi32(127)), 23);
    return _mm256_mul_ps(x, _mm256_castsi256_ps(bits));
  };
  return {scale(a.lo, n.lo), scale(a.hi, n.hi)};
}
INLINE VMask Less(VF a, VF b) { return {_mm256_cmp_ps(a.lo, b.lo, _CMP_LT_OQ), _mm256_cmp_ps(a.hi, b.hi, _CMP_LT_OQ)}; }
INLINE VF ZeroWhere(VMask m, VF a) { return {_mm256_andnot_ps(m.lo, a.lo), _mm256_andnot_ps(m.hi, a.hi)}; }
INLINE float ReduceAdd(VF a) {
  const __m256 s = _mm256_add_ps(a.lo, a.hi);
  __m128 x = _mm_add_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1));
  x = _mm_add_ps(x, _mm_movehl_ps(x, x));
  return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}
INLINE float ReduceMax(VF a) {
  const __m256 s = _mm256_max_ps(a.lo, a.hi);
  __m128 x = _mm_max_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1));
  x = _mm_max_ps(x, _mm_movehl_ps(x, x));
  return _mm_cvtss_f32(_mm_max_ss(x, _mm_movehdup_ps(x)));
}
INLINE VF EvenBf16(VB a) {
  return {_mm256_castsi256_ps(_mm256_slli_epi32(a.lo, 16)), _mm256_castsi256_ps(_mm256_slli_epi32(a.hi, 16))};
}
INLINE VF OddBf16(VB a) {
  const __m256i mask = _mm256_set1_epi32(static_cast<int>(0xFFFF0000u));
  return {_mm256_castsi256_ps(_mm256_and_si256(a.lo, mask)), _mm256_castsi256_ps(_mm256_and_si256(a.hi, mask))};
}
/// The value may have changed and is used: nothing around it is hoisted or dropped.
template <class V>
INLINE void Keep(V& a) { __asm__ volatile("" : "+x"(a.lo), "+x"(a.hi)); }
INLINE void Keep(VQ& a) { __asm__ volatile("" : "+x"(a.v)); }
#undef BOTH
#undef TWO
#undef INLINE

}  // namespace

#include "engine/kernels/generic/table.h"

extern const Kernels kAvx2Table;
const Kernels kAvx2Table = MakeTable("avx2");

}  // namespace yun::kernels
