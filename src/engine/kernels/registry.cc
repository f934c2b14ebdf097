#include "engine/kernels/registry.h"

#include <cstdlib>
#include <string>

#include "engine/kernels/cpu.h"

namespace yun::kernels {

extern const Kernels kReferenceTable, kAvx2Table, kAvx512Table, kAvx512Bf16Table, kAmxTable, kNeonTable, kNeonI8mmTable;

const Kernels* ReferenceKernels() { return &kReferenceTable; }

std::vector<const Kernels*> RunnableKernels() {
  std::vector<const Kernels*> tables = {&kReferenceTable};
#if defined(__x86_64__)
  if (Cpu().avx2) tables.push_back(&kAvx2Table);
  if (Cpu().avx512) tables.push_back(&kAvx512Table);
  if (Cpu().avx512_bf16) tables.push_back(&kAvx512Bf16Table);
  if (Cpu().avx512_bf16 && Cpu().amx_bf16) tables.push_back(&kAmxTable);
#elif defined(__aarch64__)
  if (Cpu().dotprod) tables.push_back(&kNeonTable);
  if (Cpu().dotprod && Cpu().i8mm) tables.push_back(&kNeonI8mmTable);
#endif
  return tables;
}

Result<const Kernels*> FindKernels(std::string_view name) {
  std::string names;
  for (const Kernels* table : RunnableKernels()) {
    if (name == table->name) return table;
    names += (names.empty() ? "" : ", ") + std::string(table->name);
  }
  return Fail(Code::kUnsupported, "no kernels named \"{}\" can run here; there are: {}", name, names);
}

Result<const Kernels*> ChooseKernels() {
  const char* forced = std::getenv("YUN_CPU");
  if (forced && *forced) {
    auto found = FindKernels(forced);
    if (!found) return Wrap(found.error(), "YUN_CPU");
    return found;
  }
  return RunnableKernels().back();
}

}  // namespace yun::kernels
