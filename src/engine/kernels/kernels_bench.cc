// Each kernel of each table on one thread. Rates are per second of CPU time: multiply-adds count as two operations.
//   build/release/bench/engine_kernels_bench --benchmark_filter=avx512/matmul/q8/
#include <benchmark/benchmark.h>
#include <sys/mman.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/kernels/activations.h"
#include "engine/kernels/cache.h"
#include "engine/kernels/pack.h"
#include "engine/kernels/registry.h"

namespace yun::kernels {
namespace {

struct Name {
  Packing packing;
  const char* text;
};
constexpr Name kPackings[] = {{Packing::kF32, "f32"}, {Packing::kF16, "f16"}, {Packing::kBF16, "bf16"},
                              {Packing::kQ8, "q8"},   {Packing::kQ4, "q4"},   {Packing::kQ4M, "q4m"},
                              {Packing::kQ4K, "q4k"}, {Packing::kQ5K, "q5k"}, {Packing::kQ6K, "q6k"}};

/// Bytes that are ordinary numbers as any type: denormal floats would be slow, and no model has many.
struct Memory {
  explicit Memory(std::size_t bytes)
      : data(static_cast<std::uint8_t*>(std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096))) {
    ::madvise(data, bytes, MADV_HUGEPAGE);  // as the engine asks for its cache
    std::mt19937 rng(1);
    for (std::size_t i = 0; i < bytes; ++i) data[i] = 0x3C | (rng() & 3);  // numbers near 1 as f16 and bf16
  }
  ~Memory() { std::free(data); }
  std::uint8_t* data;
};

void MatMul(benchmark::State& state, const Kernels* k, Packing packing, std::uint32_t n, std::uint32_t cols,
            std::uint32_t rows) {
  PackedMatrix w = PackedShape(packing, n, cols);
  const Memory weights(PackedBytes(w));
  w.data = weights.data;
  const ActForm form = FormFor(packing, *k, cols, rows);
  const Memory acts(ActivationBytes(rows, cols, form));
  const std::size_t stride = w.panels * kPanelRows + 16;  // not a power of two: as the model's rows
  const Memory room(rows * stride * sizeof(float));
  float* out = reinterpret_cast<float*>(room.data);
  for (auto _ : state) {
    k->matmul(w, 0, w.panels, {acts.data, rows, cols, k->tile_rows_max, form}, out, stride, false);
    benchmark::ClobberMemory();
  }
  const auto runs = static_cast<double>(state.iterations());
  state.counters["op/s"] = benchmark::Counter(runs * 2.0 * n * cols * rows, benchmark::Counter::kIsRate);
  state.counters["B/s"] = benchmark::Counter(runs * static_cast<double>(PackedBytes(w)), benchmark::Counter::kIsRate);
}

constexpr std::size_t kStreamedBytes = 256u << 20;  // far beyond any core's share of a cache

/// What memory gives: `streams` places read at once, in step.
void Read(benchmark::State& state, std::uint32_t streams) {
  static const Memory memory(kStreamedBytes);
  const std::size_t words = kStreamedBytes / 8, step = words / streams;
  const auto* data = reinterpret_cast<const std::uint64_t*>(memory.data);
  for (auto _ : state) {
    std::uint64_t sums[8] = {};
    for (std::size_t i = 0; i < step; i += 8)
      for (std::uint32_t s = 0; s < streams; ++s)
        for (int j = 0; j < 8; ++j) sums[j] ^= data[s * step + i + j];
    for (const std::uint64_t sum : sums) benchmark::DoNotOptimize(sum);
  }
  state.counters["B/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * kStreamedBytes, benchmark::Counter::kIsRate);
}

struct CacheName {
  CacheType type;
  const char* text;
};
constexpr CacheName kCaches[] = {{CacheType::kF16, "f16"}, {CacheType::kBF16, "bf16"}, {CacheType::kQ8, "q8"}};
constexpr std::uint32_t kKvHeads = 8, kStreamedTokens = 4096;

/// One KV head at a time, as decode walks through heads and layers: every byte comes from memory, block by block.
void Attend(benchmark::State& state, const Kernels* k, CacheType type, std::uint32_t hd, std::uint32_t rows) {
  static const Memory cache(kStreamedBytes);
  constexpr std::uint32_t kBlocks = kStreamedTokens / kCacheBlockTokens;
  const std::uint64_t k_bytes = CacheKeyBytes(type, hd), head_bytes = k_bytes + CacheValueBytes(type, hd),
                      block_bytes = kKvHeads * head_bytes;
  const std::uint32_t turns = static_cast<std::uint32_t>(kStreamedBytes / (kBlocks * head_bytes));
  std::vector<std::uint32_t> table, limits(rows, kStreamedTokens);
  for (std::uint32_t i = 0; i < kBlocks; ++i) table.push_back(i);
  std::shuffle(table.begin(), table.end(), std::mt19937(1));
  std::vector<float> q(rows * hd, 0.01f), out(rows * hd);
  std::vector<const float*> qs;
  std::vector<float*> outs;
  for (std::uint32_t r = 0; r < rows; ++r) qs.push_back(&q[r * hd]), outs.push_back(&out[r * hd]);
  std::uint32_t turn = 0;
  for (auto _ : state) {
    const std::uint8_t* layer = cache.data + turn / kKvHeads * kBlocks * block_bytes;
    const std::uint64_t head = turn % kKvHeads * head_bytes;
    k->attend({qs.data(), outs.data(), limits.data(), rows, hd, layer, table.data(), block_bytes, head,
               head + k_bytes, 0, kBlocks, type, nullptr, false});
    benchmark::ClobberMemory();
    turn = (turn + 1) % turns;
  }
  const auto runs = static_cast<double>(state.iterations());
  state.counters["op/s"] = benchmark::Counter(runs * 4.0 * hd * rows * kStreamedTokens, benchmark::Counter::kIsRate);
  state.counters["B/s"] =
      benchmark::Counter(runs * static_cast<double>(kBlocks * head_bytes), benchmark::Counter::kIsRate);
}

/// A piece of a prompt: many query rows of one KV head over a cache that is warm.
void AttendMany(benchmark::State& state, const Kernels* k, CacheType type, std::uint32_t rows, std::uint32_t tokens,
                bool wide) {
  const std::uint32_t hd = 128, blocks = tokens / kCacheBlockTokens;
  const std::uint64_t k_bytes = CacheKeyBytes(type, hd), block_bytes = k_bytes + CacheValueBytes(type, hd);
  const Memory cache(blocks * block_bytes);
  std::vector<std::uint32_t> table, limits(rows, tokens);
  for (std::uint32_t i = 0; i < blocks; ++i) table.push_back(i);
  std::vector<float> q(rows * hd, 0.01f), out(rows * hd);
  std::vector<const float*> qs;
  std::vector<float*> outs;
  for (std::uint32_t r = 0; r < rows; ++r) qs.push_back(&q[r * hd]), outs.push_back(&out[r * hd]);
  for (auto _ : state) {
    k->attend({qs.data(), outs.data(), limits.data(), rows, hd, cache.data, table.data(), block_bytes, 0, k_bytes,
               0, blocks, type, nullptr, wide});
    benchmark::ClobberMemory();
  }
  const auto runs = static_cast<double>(state.iterations());
  state.counters["op/s"] = benchmark::Counter(runs * 4.0 * hd * rows * tokens, benchmark::Counter::kIsRate);
}

/// A block of 16 tokens of one KV head into a cache that is warm, `run` tokens at a time.
void Store(benchmark::State& state, const Kernels* k, CacheType type, std::uint32_t run) {
  const std::uint32_t hd = 128, stride = 4096 + 16;  // of a row of queries, keys and values
  const std::uint64_t k_bytes = CacheKeyBytes(type, hd);
  const Memory cache(k_bytes + CacheValueBytes(type, hd));
  std::vector<float> x(kCacheBlockTokens * stride, 0.7f);
  for (auto _ : state) {
    for (std::uint32_t t = 0; t < kCacheBlockTokens; t += run)
      k->store(type, &x[t * stride], &x[t * stride + hd], stride, run, hd, t, cache.data, cache.data + k_bytes);
    benchmark::ClobberMemory();
  }
}

int Register() {
  for (const std::uint32_t streams : {1u, 4u, 8u})
    benchmark::RegisterBenchmark(("read/streams:" + std::to_string(streams)).c_str(),
                                 [=](benchmark::State& state) { Read(state, streams); });
  for (const Kernels* k : RunnableKernels()) {
    if (k == ReferenceKernels()) continue;
    const std::string table = k->name;
    for (const Name& name : kPackings)
      for (const std::uint32_t rows : {1u, 2u, 4u, 8u, 12u, 16u, 32u, 64u, 128u, 256u, 512u})
        benchmark::RegisterBenchmark(
            (table + "/matmul/" + name.text + "/3072x1024/rows:" + std::to_string(rows)).c_str(),
            [=](benchmark::State& state) { MatMul(state, k, name.packing, 3072, 1024, rows); });
    for (const Name& name : kPackings)
      benchmark::RegisterBenchmark((table + "/matmul/" + name.text + "/1024x3072/rows:512").c_str(),
                                   [=](benchmark::State& state) { MatMul(state, k, name.packing, 1024, 3072, 512); });
    for (const Name& name : kPackings)
      for (const std::uint32_t rows : {1u, 8u, 16u, 24u, 32u})  // out of memory
        benchmark::RegisterBenchmark(
            (table + "/matmul/" + name.text + "/65536x1024/rows:" + std::to_string(rows)).c_str(),
            [=](benchmark::State& state) { MatMul(state, k, name.packing, 65536, 1024, rows); });
    for (const CacheName& cache : kCaches)
      for (const std::uint32_t run : {1u, 16u})
        benchmark::RegisterBenchmark((table + "/store/" + cache.text + "/run:" + std::to_string(run)).c_str(),
                                     [=](benchmark::State& state) { Store(state, k, cache.type, run); });
    for (const CacheName& cache : kCaches)
      for (const std::uint32_t hd : {64u, 128u})
        for (const std::uint32_t rows : {1u, 2u, 3u, 4u, 8u, 12u})
          benchmark::RegisterBenchmark(
              (table + "/attend/" + cache.text + "/hd:" + std::to_string(hd) + "/rows:" + std::to_string(rows)).c_str(),
              [=](benchmark::State& state) { Attend(state, k, cache.type, hd, rows); });
    for (const CacheName& cache : kCaches)
      for (const std::uint32_t tokens : {512u, 4096u})
        for (const std::uint32_t rows : {12u, 16u, 32u, 64u, 128u, 256u})
          for (const bool wide : {false, true}) {
            if (rows > k->attend_rows_max) continue;
            const std::string name = (wide ? "/attend_many_wide/" : "/attend_many/") + std::string(cache.text);
            benchmark::RegisterBenchmark(
                (table + name + "/hd:128/tokens:" + std::to_string(tokens) + "/rows:" + std::to_string(rows)).c_str(),
                [=](benchmark::State& state) { AttendMany(state, k, cache.type, rows, tokens, wide); });
          }
  }
  return 0;
}
const int registered = Register();

}  // namespace
}  // namespace yun::kernels

BENCHMARK_MAIN();
