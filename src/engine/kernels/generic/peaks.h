// What the hardware gives at best: arithmetic on registers alone, and plain reading (roofs.h measures with these).

namespace {

// Enough chains to hide the latency: 12 registers, or (where a vector is several) as many as fit beside operands.
constexpr int kPeakChains = kAccumulators >= 12 ? 12 : 5;

double PeakInt8(uint32_t rounds) {
  alignas(64) uint8_t bytes[64];
  for (int i = 0; i < 64; ++i) bytes[i] = static_cast<uint8_t>(i);
  VB code = LoadBytes(bytes);
  VQ a = BroadcastQ(reinterpret_cast<const int8_t*>(bytes));
  VI sums[kPeakChains];
  for (VI& sum : sums) sum = ZeroI();
  for (uint32_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 16
    for (int i = 0; i < kPeakChains; ++i) {
      Keep(a);  // else the products, always the same, would be computed once
      sums[i] = DotSmall(sums[i], code, a);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kPeakChains; ++i) Keep(sums[i]);
  return 2.0 * 64 * kPeakChains * rounds;
}

double PeakF32(uint32_t rounds) {
  VF a = Set1(0.5f), b = Set1(0.25f);
  VF sums[kPeakChains];
  for (VF& sum : sums) sum = Zero();
  for (uint32_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 16
    for (int i = 0; i < kPeakChains; ++i) {
      Keep(a);
      sums[i] = Fma(a, b, sums[i]);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kPeakChains; ++i) Keep(sums[i]);
  return 2.0 * 16 * kPeakChains * rounds;
}

#ifdef YUN_BF16_DOT
double PeakBf16(uint32_t rounds) {
  alignas(64) uint8_t bytes[64] = {};
  VB pairs = LoadBytes(bytes);
  VQ a = BroadcastQ(reinterpret_cast<const int8_t*>(bytes));
  VF sums[kPeakChains];
  for (VF& sum : sums) sum = Zero();
  for (uint32_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 16
    for (int i = 0; i < kPeakChains; ++i) {
      Keep(a);
      sums[i] = DotBf16(sums[i], pairs, a);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kPeakChains; ++i) Keep(sums[i]);
  return 2.0 * 32 * kPeakChains * rounds;
}
constexpr double (*kPeakBf16)(uint32_t) = PeakBf16;
#else
constexpr double (*kPeakBf16)(uint32_t) = nullptr;
#endif

template <int kStreams>
uint64_t ReadStreams(const uint8_t* data, uint64_t bytes) {
  constexpr uint64_t kStep = 128;  // two cache lines of each stream in turn
  const uint64_t part = bytes / kStreams / kStep * kStep;
  for (uint64_t at = 0; at < part; at += kStep)
#pragma GCC unroll 16
    for (int s = 0; s < kStreams; ++s) {
      __builtin_prefetch(data + s * part + at + 1024);
      __builtin_prefetch(data + s * part + at + 1088);
      VB first = LoadBytes(data + s * part + at), second = LoadBytes(data + s * part + at + 64);
      Keep(first), Keep(second);
    }
  return part * kStreams;
}

uint64_t Read(const uint8_t* data, uint64_t bytes, uint32_t streams) {
  return streams == 1 ? ReadStreams<1>(data, bytes) : ReadStreams<8>(data, bytes);
}

}  // namespace
