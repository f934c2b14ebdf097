// What a vector of 16 lanes is on NEON: four 128-bit registers. Included by the sealed units here, inside their
// anonymous namespace. Needs the dot product instructions; i8mm's mixed-sign ones where the unit is built with them.

constexpr int kTileRows = 3, kAccumulators = 3;  // 3 x 4 int + 3 x 4 float accumulators of 32 registers

struct VF { float32x4_t v[4]; };
struct VI { int32x4_t v[4]; };
struct VB { uint8x16_t v[4]; };
struct VQ { int8x16_t v; };
struct VMask { uint32x4_t v[4]; };

#define INLINE inline __attribute__((always_inline))
INLINE bool PrefetchPays() { return false; }
#define EACH(T, expr)                        \
  T r;                                       \
  for (int i = 0; i < 4; ++i) r.v[i] = expr; \
  return r
INLINE VF Set1(float x) { EACH(VF, vdupq_n_f32(x)); }
INLINE VF Zero() { return Set1(0.f); }
INLINE VI ZeroI() { EACH(VI, vdupq_n_s32(0)); }
INLINE VF Broadcast(const float* p) { return Set1(*p); }
INLINE VI BroadcastI(const int32_t* p) { EACH(VI, vdupq_n_s32(*p)); }
INLINE VF Load(const float* p) { EACH(VF, vld1q_f32(p + 4 * i)); }
INLINE void Store(float* p, VF a) {
  for (int i = 0; i < 4; ++i) vst1q_f32(p + 4 * i, a.v[i]);
}
INLINE VF LoadF16(const void* p) {
  EACH(VF, vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(static_cast<const uint8_t*>(p) + 8 * i))));
}
INLINE VF LoadBf16(const void* p) {
  const auto wide = [](const uint8_t* at) { return vmovl_u16(vreinterpret_u16_u8(vld1_u8(at))); };
  EACH(VF, vreinterpretq_f32_u32(vshlq_n_u32(wide(static_cast<const uint8_t*>(p) + 8 * i), 16)));
}
INLINE void StoreF16(uint16_t* p, VF a) {
  for (int i = 0; i < 4; ++i) vst1_u16(p + 4 * i, vreinterpret_u16_f16(vcvt_f16_f32(a.v[i])));
}
INLINE VF LoadU8(const uint8_t* p) {
  const uint8x16_t a = vld1q_u8(p);
  const uint16x8_t low = vmovl_u8(vget_low_u8(a)), high = vmovl_u8(vget_high_u8(a));
  return {{vcvtq_f32_u32(vmovl_u16(vget_low_u16(low))), vcvtq_f32_u32(vmovl_u16(vget_high_u16(low))),
           vcvtq_f32_u32(vmovl_u16(vget_low_u16(high))), vcvtq_f32_u32(vmovl_u16(vget_high_u16(high)))}};
}
INLINE VF LoadI8(const uint8_t* p) {
  const int8x16_t a = vreinterpretq_s8_u8(vld1q_u8(p));
  const int16x8_t low = vmovl_s8(vget_low_s8(a)), high = vmovl_s8(vget_high_s8(a));
  return {{vcvtq_f32_s32(vmovl_s16(vget_low_s16(low))), vcvtq_f32_s32(vmovl_s16(vget_high_s16(low))),
           vcvtq_f32_s32(vmovl_s16(vget_low_s16(high))), vcvtq_f32_s32(vmovl_s16(vget_high_s16(high)))}};
}
INLINE VB LoadBytes(const uint8_t* p) { EACH(VB, vld1q_u8(p + 16 * i)); }
INLINE VB LowNibbles(VB a) { EACH(VB, vandq_u8(a.v[i], vdupq_n_u8(15))); }
INLINE VB HighNibbles(VB a) { EACH(VB, vshrq_n_u8(a.v[i], 4)); }
/// code | ((bits >> From) & Mask) << To, byte by byte
template <int From, int To, int Mask>
INLINE VB OrBits(VB code, VB bits) {
  EACH(VB, vorrq_u8(code.v[i], vandq_u8(vshlq_u8(bits.v[i], vdupq_n_s8(To - From)), vdupq_n_u8(Mask << To))));
}
INLINE VQ BroadcastQ(const int8_t* p) {
  int32_t four;
  __builtin_memcpy(&four, p, 4);
  return {vreinterpretq_s8_s32(vdupq_n_s32(four))};
}
/// Codes up to 127 are signed bytes already.
INLINE VI DotSmall(VI acc, VB code, VQ a) { EACH(VI, vdotq_s32(acc.v[i], vreinterpretq_s8_u8(code.v[i]), a.v)); }
#ifdef __ARM_FEATURE_MATMUL_INT8
INLINE VI Dot(VI acc, VB code, VQ a) { EACH(VI, vusdotq_s32(acc.v[i], code.v[i], a.v)); }
#else
/// code = (code & 127) + 128 (code >> 7)
INLINE VI Dot(VI acc, VB code, VQ a) {
  VI r;
  for (int i = 0; i < 4; ++i) {
    const int32x4_t top = vdotq_s32(vdupq_n_s32(0), vreinterpretq_s8_u8(vshrq_n_u8(code.v[i], 7)), a.v);
    r.v[i] = vdotq_s32(acc.v[i], vreinterpretq_s8_u8(vandq_u8(code.v[i], vdupq_n_u8(127))), a.v);
    r.v[i] = vaddq_s32(r.v[i], vshlq_n_s32(top, 7));
  }
  return r;
}
#endif
template <int N>
INLINE VI ShiftRight(VI a) { EACH(VI, vshlq_s32(a.v[i], vdupq_n_s32(-N))); }
INLINE VI SubI(VI a, VI b) { EACH(VI, vsubq_s32(a.v[i], b.v[i])); }
INLINE VF ToFloat(VI a) { EACH(VF, vcvtq_f32_s32(a.v[i])); }
INLINE VI RoundToInt(VF a) { EACH(VI, vcvtnq_s32_f32(a.v[i])); }
INLINE void StoreI8(int8_t* p, VI a) {
  const int16x8_t low = vcombine_s16(vqmovn_s32(a.v[0]), vqmovn_s32(a.v[1]));
  const int16x8_t high = vcombine_s16(vqmovn_s32(a.v[2]), vqmovn_s32(a.v[3]));
  vst1q_s8(p, vcombine_s8(vqmovn_s16(low), vqmovn_s16(high)));
}
INLINE int32_t ReduceAddI(VI a) { return vaddvq_s32(vaddq_s32(vaddq_s32(a.v[0], a.v[1]), vaddq_s32(a.v[2], a.v[3]))); }
INLINE VF Add(VF a, VF b) { EACH(VF, vaddq_f32(a.v[i], b.v[i])); }
INLINE VF Sub(VF a, VF b) { EACH(VF, vsubq_f32(a.v[i], b.v[i])); }
INLINE VF Mul(VF a, VF b) { EACH(VF, vmulq_f32(a.v[i], b.v[i])); }
INLINE VF Div(VF a, VF b) { EACH(VF, vdivq_f32(a.v[i], b.v[i])); }
INLINE VF Fma(VF a, VF b, VF c) { EACH(VF, vfmaq_f32(c.v[i], a.v[i], b.v[i])); }
/// Where the first is a NaN the second is taken, as on the other instruction sets.
INLINE VF Max(VF a, VF b) { EACH(VF, vbslq_f32(vcgtq_f32(a.v[i], b.v[i]), a.v[i], b.v[i])); }
INLINE VF Min(VF a, VF b) { EACH(VF, vbslq_f32(vcltq_f32(a.v[i], b.v[i]), a.v[i], b.v[i])); }
INLINE VF Abs(VF a) { EACH(VF, vabsq_f32(a.v[i])); }
INLINE VF Round(VF a) { EACH(VF, vrndnq_f32(a.v[i])); }
/// a 2^n for n in [-126, 127]
INLINE VF Scale2(VF a, VF n) {
  const int32x4_t bias = vdupq_n_s32(127);
  EACH(VF, vmulq_f32(a.v[i], vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vcvtnq_s32_f32(n.v[i]), bias), 23))));
}
INLINE VMask Less(VF a, VF b) { EACH(VMask, vcltq_f32(a.v[i], b.v[i])); }
INLINE VF ZeroWhere(VMask m, VF a) {
  EACH(VF, vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(a.v[i]), m.v[i])));
}
INLINE float ReduceAdd(VF a) { return vaddvq_f32(vaddq_f32(vaddq_f32(a.v[0], a.v[1]), vaddq_f32(a.v[2], a.v[3]))); }
INLINE float ReduceMax(VF a) {
  return vmaxvq_f32(vmaxq_f32(vmaxq_f32(a.v[0], a.v[1]), vmaxq_f32(a.v[2], a.v[3])));
}
INLINE VF EvenBf16(VB a) { EACH(VF, vreinterpretq_f32_u32(vshlq_n_u32(vreinterpretq_u32_u8(a.v[i]), 16))); }
INLINE VF OddBf16(VB a) {
  EACH(VF, vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_u8(a.v[i]), vdupq_n_u32(0xFFFF0000u))));
}
/// The value may have changed and is used: nothing around it is hoisted or dropped.
template <class V>
INLINE void Keep(V& a) { __asm__ volatile("" : "+w"(a.v[0]), "+w"(a.v[1]), "+w"(a.v[2]), "+w"(a.v[3])); }
INLINE void Keep(VQ& a) { __asm__ volatile("" : "+w"(a.v)); }
#undef EACH
#undef INLINE
