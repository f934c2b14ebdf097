// yun doctor: what this machine is, how fast its memory and arithmetic are, and what will be slow.
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "cli/commands.h"
#include "cli/report.h"
#include "engine/kernels/activations.h"
#include "engine/kernels/cpu.h"
#include "engine/kernels/pack.h"
#include "engine/kernels/registry.h"
#include "hub/store.h"

namespace yun::cli {
namespace {

using Clock = std::chrono::steady_clock;

double Seconds(Clock::time_point from) { return std::chrono::duration<double>(Clock::now() - from).count(); }

/// A zeroed matrix of a packing, for measuring: rows x cols.
struct Probe {
  kernels::PackedMatrix matrix;
  void* memory = nullptr;
  std::uint64_t bytes = 0;

  Probe(kernels::Packing packing, std::uint32_t rows, std::uint32_t cols)
      : matrix(kernels::PackedShape(packing, rows, cols)) {
    bytes = kernels::PackedBytes(matrix);
    memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) memory = nullptr;
    if (!memory) return;
    ::madvise(memory, bytes, MADV_HUGEPAGE);
    std::fill_n(static_cast<std::uint8_t*>(memory), bytes, std::uint8_t{1});
    matrix.data = static_cast<const std::uint8_t*>(memory);
  }
  ~Probe() {
    if (memory) ::munmap(memory, bytes);
  }
};

/// Seconds of one multiplication by `rows` rows, the best of five.
double TimeMatMul(const kernels::Kernels& k, ThreadPool& pool, const Probe& probe, std::uint32_t rows) {
  const std::uint32_t cols = probe.matrix.cols;
  const kernels::ActForm form = kernels::FormFor(probe.matrix.packing, k.bf16_dot);
  std::vector<std::uint8_t> acts(rows * kernels::ActivationRowBytes(cols, form) + 64, 0);
  std::vector<float> out(std::size_t{rows} * probe.matrix.panels * kernels::kPanelRows);
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const auto begin = Clock::now();
    pool.ParallelFor((probe.matrix.panels + 15) / 16, [&](std::uint32_t chunk, int) {
      k.matmul(probe.matrix, chunk * 16, std::min(probe.matrix.panels, chunk * 16 + 16),
               {acts.data(), rows, cols, k.tile_rows_max, form}, out.data(), std::size_t{probe.matrix.panels} * 16,
               false);
    });
    best = std::min(best, Seconds(begin));
  }
  return best;
}

std::uint64_t MemoryBytes() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

int Doctor(bool json) {
  const kernels::CpuFeatures& cpu = kernels::Cpu();
  const auto chosen = kernels::ChooseKernels();
  if (!chosen) return Report(chosen.error());
  const kernels::Kernels& k = **chosen;
  const int cores = PhysicalCores();
  ThreadPool pool(cores);
  // 128 MB a thread: far beyond the caches. One row: the weights are read once, so this is what decode can have.
  const Probe wide(kernels::Packing::kQ8, 65536, 2048), small(kernels::Packing::kQ8, 1024, 1024),
      floats(kernels::Packing::kF32, 1024, 1024);
  if (!wide.memory || !small.memory || !floats.memory)
    return Report({Code::kNoMemory, "not enough free memory to measure"});
  const bool slow = std::string_view(k.name) == "reference";
  const double read = slow ? 0 : static_cast<double>(wide.bytes) / TimeMatMul(k, pool, wide, 1) / 1e9;
  const std::uint32_t rows = slow ? 2 : 256;
  const double int8 = 2.0 * 1024 * 1024 * rows / TimeMatMul(k, pool, small, rows) / 1e9;
  const double f32 = 2.0 * 1024 * 1024 * rows / TimeMatMul(k, pool, floats, rows) / 1e9;

  std::string sets;
  const auto set = [&](bool has, const char* name) {
    if (has) sets += (sets.empty() ? "" : " ") + std::string(name);
  };
  set(cpu.avx2, "avx2"), set(cpu.avx_vnni, "avx-vnni"), set(cpu.avx512, "avx512-vnni"),
      set(cpu.avx512_bf16, "avx512-bf16");
  set(cpu.amx_int8, "amx-int8"), set(cpu.amx_bf16, "amx-bf16"), set(cpu.dotprod, "dotprod"), set(cpu.i8mm, "i8mm");
  std::string tables;
  for (const auto* table : kernels::RunnableKernels()) tables += (tables.empty() ? "" : " ") + std::string(table->name);

  if (json) {
    fmt::print(
        "{{\"cpu\": \"{}\", \"cores\": {}, \"memory_bytes\": {}, \"instruction_sets\": \"{}\", \"tables\": \"{}\", "
        "\"kernels\": \"{}\", \"read_gb_per_second\": {:.2f}, \"int8_gops\": {:.1f}, \"f32_gops\": {:.1f}}}\n",
        cpu.brand.c_str(), cores, MemoryBytes(), sets, tables, k.name, read, int8, f32);
    return 0;
  }
  fmt::print(
      "processor         {}\ncores             {} (physical, of this process)\nmemory            {:.1f} GiB\n"
      "instruction sets  {}\nkernels           {} (in use), of {}\n",
      cpu.brand.c_str(), cores, static_cast<double>(MemoryBytes()) / (1 << 30),
      sets.empty() ? "none that yun uses" : sets, k.name, tables);
  if (!slow) fmt::print("weights read      {:.1f} GB/s with all cores (bounds decode)\n", read);
  fmt::print("int8 multiply     {:.0f} Gop/s (bounds prefill of quantised models; 1 multiply-add = 2 operations)\n"
             "f32 multiply      {:.0f} Gop/s (bounds prefill of f16 and bf16 models)\n\n", int8, f32);
  if (!slow) {
    fmt::print("What to expect at best, one answer at a time:\n");
    struct Size { const char* name; double parameters; };
    for (const Size& size :
         {Size{"0.6B", 0.6e9}, Size{"1.7B", 1.7e9}, Size{"4B", 4.0e9}, Size{"8B", 8.2e9}, Size{"32B", 32.8e9}}) {
      const double q8 = size.parameters * 1.0625, q4 = size.parameters * 0.5625;
      const bool fits = q4 * 1.1 < static_cast<double>(MemoryBytes());
      fmt::print(
          "  qwen3 {:<5} {}\n", size.name,
          fits ? fmt::format("decode {:>5.1f} tokens/s at 8 bits, {:>5.1f} at 4 bits; prefill up to {:.0f} tokens/s",
                             read * 1e9 / q8, read * 1e9 / q4, int8 * 1e9 / (2 * size.parameters))
               : "does not fit in this memory");
    }
  }
  if (slow)
    fmt::print("Slow: the plain reference kernels are in use; nothing faster can run here, or YUN_CPU forces them.\n");
  else if (!cpu.avx512 && cpu.avx2)
    fmt::print("No AVX-512: prefill runs at about a third of what a newer processor gives.\n");
  if (cpu.amx_int8) fmt::print("This processor has AMX tiles; this version does not use them yet.\n");
  std::ifstream thp("/sys/kernel/mm/transparent_hugepage/enabled");
  std::string mode;
  if (std::getline(thp, mode) && mode.find("[never]") != std::string::npos)
    fmt::print("Transparent huge pages are off: weights are read up to a quarter slower. As root: echo madvise > "
               "/sys/kernel/mm/transparent_hugepage/enabled\n");
  return 0;
}

}  // namespace

void RegisterDoctor(CLI::App& app, int& exit_code) {
  auto json = std::make_shared<bool>(false);
  CLI::App* doctor = app.add_subcommand("doctor", "Say what this machine is and what will be fast or slow on it");
  doctor->add_flag("--json", *json, "print JSON");
  doctor->footer("Examples:\n  yun doctor\n  YUN_CPU=avx2 yun doctor     with other kernels");
  doctor->callback([json, &exit_code] { exit_code = Doctor(*json); });
}

}  // namespace yun::cli
