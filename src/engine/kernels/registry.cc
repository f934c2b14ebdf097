#include "engine/kernels/registry.h"

#include <cstdlib>
#include <string>

#include "engine/kernels/cpu.h"

namespace yun::kernels {

extern const Kernels kReferenceTable, kAvx2Table, kAvx512Table, kAvx512Bf16Table;

const Kernels* ReferenceKernels() { return &kReferenceTable; }
#if defined(__x86_64__)
const Kernels* Avx2Kernels() { return Cpu().avx2 ? &kAvx2Table : nullptr; }
const Kernels* Avx512Kernels() { return Cpu().avx512 ? &kAvx512Table : nullptr; }
const Kernels* Avx512Bf16Kernels() { return Cpu().avx512_bf16 ? &kAvx512Bf16Table : nullptr; }
#else
const Kernels* Avx512Bf16Kernels() { return nullptr; }
const Kernels* Avx2Kernels() { return nullptr; }
const Kernels* Avx512Kernels() { return nullptr; }
#endif

std::vector<const Kernels*> RunnableKernels() {
  std::vector<const Kernels*> tables;
  for (const Kernels* table : {ReferenceKernels(), Avx2Kernels(), Avx512Kernels(), Avx512Bf16Kernels()})
    if (table) tables.push_back(table);
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
