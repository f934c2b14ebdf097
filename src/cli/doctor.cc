// yun doctor: what this machine is, how fast its memory and arithmetic are, and what will be slow.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "cli/commands.h"
#include "cli/report.h"
#include "cli/roofs_json.h"
#include "cli/table.h"
#include "engine/kernels/cpu.h"
#include "engine/kernels/registry.h"
#include "engine/kernels/roofs.h"
#include "hub/store.h"

namespace yun::cli {
namespace {

std::uint64_t MemoryBytes() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

int Doctor(bool json) {
  const kernels::CpuFeatures& cpu = kernels::Cpu();
  const auto chosen = kernels::ChooseKernels();
  if (!chosen) return Report(chosen.error());
  const kernels::Kernels& k = **chosen;
  const int cores = PhysicalCores();
  const auto measured = kernels::MeasureRoofs(k, cores > 1 ? std::vector<int>{1, cores} : std::vector<int>{1});
  if (!measured) return Report(measured.error());
  const std::vector<kernels::Roofs>& roofs = *measured;
  const bool slow = std::string_view(k.name) == "reference";

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
    std::string list;
    for (const auto& r : roofs) list += (list.empty() ? "" : ", ") + RoofsJson(r);
    fmt::print(
        "{{\"cpu\": \"{}\", \"cores\": {}, \"memory_bytes\": {}, \"instruction_sets\": \"{}\", \"tables\": \"{}\", "
        "\"kernels\": \"{}\", \"roofs\": [{}]}}\n",
        cpu.brand.c_str(), cores, MemoryBytes(), sets, tables, k.name, list);
    return 0;
  }
  fmt::print(
      "processor         {}\ncores             {} (physical, of this process)\nmemory            {:.1f} GiB\n"
      "instruction sets  {}\nkernels           {} (in use), of {}\n\n",
      cpu.brand.c_str(), cores, static_cast<double>(MemoryBytes()) / (1 << 30),
      sets.empty() ? "none that yun uses" : sets, k.name, tables);
  fmt::print("The roofs: what the hardware gives at best to these kernels\n");
  Table table({"threads", "read, 1 stream", "8 streams a thread", "int8", "bf16", "f32"});
  for (const auto& r : roofs)
    table.Add({std::to_string(r.threads), fmt::format("{:.1f} GB/s", r.read_1_stream / 1e9),
               fmt::format("{:.1f} GB/s", r.read_8_streams / 1e9), fmt::format("{:.0f} Gop/s", r.int8 / 1e9),
               fmt::format("{:.0f} Gop/s", r.bf16 / 1e9), fmt::format("{:.0f} Gop/s", r.f32 / 1e9)});
  table.Print();
  fmt::print("Reading bounds decode, multiplying prefill (1 multiply-add = 2 operations); yun bench says how near a\n"
             "model comes.\n\n");
  if (!slow) {
    const double read = roofs.back().read();
    fmt::print("Decode at most, one answer at a time:\n");
    struct Size { const char* name; double parameters; };
    for (const Size& size :
         {Size{"0.6B", 0.6e9}, Size{"1.7B", 1.7e9}, Size{"4B", 4.0e9}, Size{"8B", 8.2e9}, Size{"32B", 32.8e9}}) {
      const double q8 = size.parameters * 1.0625, q4 = size.parameters * 0.5625;
      const bool fits = q4 * 1.1 < static_cast<double>(MemoryBytes());
      fmt::print("  qwen3 {:<5} {}\n", size.name,
                 fits ? fmt::format("{:>5.1f} tokens/s at 8 bits, {:>5.1f} at 4 bits", read / q8, read / q4)
                      : "does not fit in this memory");
    }
  }
  if (slow)
    fmt::print("Slow: the plain reference kernels are in use; nothing faster can run here, or YUN_CPU forces them.\n");
  else if (!cpu.avx512 && cpu.avx2)
    fmt::print("No AVX-512: prefill runs at about a third of what a newer processor gives.\n");
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
