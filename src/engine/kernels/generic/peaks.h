// What the hardware gives at best: arithmetic on registers alone, and plain reading (roofs.h measures with these).

namespace {

// Enough chains to hide the latency: 12 registers, or (where a vector is several) as many as fit beside operands.
constexpr int kPeakChains = kAccumulators >= 12 ? 12 : 5;

/// product(sum, a): 16 lanes of `terms` multiply-adds each onto sum.
template <class Sum, class Operand, class F>
double PeakOfChains(uint32_t rounds, uint32_t terms, Sum zero, Operand a, F&& product) {
  Sum sums[kPeakChains];
  for (Sum& sum : sums) sum = zero;
  for (uint32_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 16
    for (int i = 0; i < kPeakChains; ++i) {
      Keep(a);  // else the products, always the same, would be computed once
      sums[i] = product(sums[i], a);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kPeakChains; ++i) Keep(sums[i]);
  return 2.0 * 16 * terms * kPeakChains * rounds;
}

double PeakInt8(uint32_t rounds) {
  alignas(64) uint8_t bytes[64];
  for (int i = 0; i < 64; ++i) bytes[i] = static_cast<uint8_t>(i);
  const VB code = LoadBytes(bytes);
  return PeakOfChains(rounds, 4, ZeroI(), BroadcastQ(reinterpret_cast<const int8_t*>(bytes)),
                      [&](VI sum, VQ a) { return DotSmall(sum, code, a); });
}

double PeakF32(uint32_t rounds) {
  const VF b = Set1(0.25f);
  return PeakOfChains(rounds, 1, Zero(), Set1(0.5f), [&](VF sum, VF a) { return Fma(a, b, sum); });
}

#ifdef YUN_BF16_DOT
double PeakBf16(uint32_t rounds) {
  alignas(64) uint8_t bytes[64] = {};
  const VB pairs = LoadBytes(bytes);
  return PeakOfChains(rounds, 2, Zero(), BroadcastQ(reinterpret_cast<const int8_t*>(bytes)),
                      [&](VF sum, VQ a) { return DotBf16(sum, pairs, a); });
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
