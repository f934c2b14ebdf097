// Each kernel of each table on one thread. Rates are per second of CPU time: multiply-adds count as two operations.
//   build/release/bench/engine_kernels_bench --benchmark_filter=avx512/matmul/q8/
#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/kernels/activations.h"
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

struct Memory {
  explicit Memory(std::size_t bytes)
      : data(static_cast<std::uint8_t*>(std::aligned_alloc(64, (bytes + 63) / 64 * 64))) {
    std::mt19937 rng(1);
    for (std::size_t i = 0; i < bytes; ++i) data[i] = static_cast<std::uint8_t>(rng() & 0x3B);  // no infinities as f16
  }
  ~Memory() { std::free(data); }
  std::uint8_t* data;
};

void MatMul(benchmark::State& state, const Kernels* k, Packing packing, std::uint32_t n, std::uint32_t cols,
            std::uint32_t rows) {
  PackedMatrix w = PackedShape(packing, n, cols);
  const Memory weights(PackedBytes(w));
  w.data = weights.data;
  const ActForm form = FormFor(packing, k->bf16_dot);
  const Memory acts(rows * ActivationRowBytes(cols, form));
  std::vector<float> out(std::size_t{rows} * w.panels * kPanelRows);
  for (auto _ : state) {
    k->matmul(w, 0, w.panels, {acts.data, rows, cols, k->tile_rows_max, form}, out.data(), w.panels * kPanelRows,
              false);
    benchmark::ClobberMemory();
  }
  const auto runs = static_cast<double>(state.iterations());
  state.counters["op/s"] = benchmark::Counter(runs * 2.0 * n * cols * rows, benchmark::Counter::kIsRate);
  state.counters["B/s"] = benchmark::Counter(runs * static_cast<double>(PackedBytes(w)), benchmark::Counter::kIsRate);
}

void Attend(benchmark::State& state, const Kernels* k, std::uint32_t rows, std::uint32_t tokens) {
  const std::uint32_t hd = 128, blocks = tokens / 16;
  const std::uint64_t k_bytes = hd * 32, block_bytes = 2 * k_bytes;
  const Memory cache(blocks * block_bytes);
  std::vector<std::uint32_t> table, limits(rows, tokens);
  for (std::uint32_t i = 0; i < blocks; ++i) table.push_back(i);
  std::vector<float> q(rows * hd, 0.01f), out(rows * hd);
  std::vector<const float*> qs;
  std::vector<float*> outs;
  for (std::uint32_t r = 0; r < rows; ++r) qs.push_back(&q[r * hd]), outs.push_back(&out[r * hd]);
  for (auto _ : state) {
    k->attend({qs.data(), outs.data(), limits.data(), rows, hd, hd, cache.data, table.data(), block_bytes, 0, k_bytes,
               0, blocks, CacheType::kF16, nullptr});
    benchmark::ClobberMemory();
  }
  const auto runs = static_cast<double>(state.iterations());
  state.counters["op/s"] = benchmark::Counter(runs * 4.0 * hd * rows * tokens, benchmark::Counter::kIsRate);
  state.counters["B/s"] =
      benchmark::Counter(runs * static_cast<double>(blocks * block_bytes), benchmark::Counter::kIsRate);
}

int Register() {
  for (const Kernels* k : RunnableKernels()) {
    if (k == ReferenceKernels()) continue;
    const std::string table = k->name;
    for (const Name& name : kPackings)
      for (const std::uint32_t rows : {1u, 2u, 4u, 8u, 12u, 64u, 512u})
        benchmark::RegisterBenchmark(
            (table + "/matmul/" + name.text + "/3072x1024/rows:" + std::to_string(rows)).c_str(),
            [=](benchmark::State& state) { MatMul(state, k, name.packing, 3072, 1024, rows); });
    for (const Name& name : kPackings)
      benchmark::RegisterBenchmark((table + "/matmul/" + name.text + "/65536x1024/rows:1").c_str(),
                                   [=](benchmark::State& state) { MatMul(state, k, name.packing, 65536, 1024, 1); });
    for (const std::uint32_t rows : {1u, 2u, 4u, 12u})
      benchmark::RegisterBenchmark((table + "/attend/hd128/tokens:4096/rows:" + std::to_string(rows)).c_str(),
                                   [=](benchmark::State& state) { Attend(state, k, rows, 4096); });
  }
  return 0;
}
const int registered = Register();

}  // namespace
}  // namespace yun::kernels

BENCHMARK_MAIN();
