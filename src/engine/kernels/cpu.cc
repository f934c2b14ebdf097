#include "engine/kernels/cpu.h"

#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

namespace yun::kernels {
namespace {

#if defined(__x86_64__)
struct Registers {
  std::uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};
Registers CpuId(std::uint32_t leaf, std::uint32_t subleaf = 0) {
  Registers r;
  if (__get_cpuid_max(leaf & 0x80000000u, nullptr) >= leaf) __cpuid_count(leaf, subleaf, r.eax, r.ebx, r.ecx, r.edx);
  return r;
}
bool Bit(std::uint32_t word, int bit) { return word >> bit & 1; }

// source: Intel SDM vol. 1 chapter 13 (XCR0), vol. 2 CPUID
CpuFeatures Read() {
  CpuFeatures f;
  for (std::uint32_t leaf = 0x80000002; leaf <= 0x80000004; ++leaf) {
    const Registers r = CpuId(leaf);
    char part[17] = {};
    std::memcpy(part, &r, 16);
    f.brand += part;
  }
  const Registers one = CpuId(1), seven = CpuId(7), seven1 = CpuId(7, 1);
  std::uint32_t xcr0 = 0, high = 0;
  if (Bit(one.ecx, 27)) __asm__ volatile("xgetbv" : "=a"(xcr0), "=d"(high) : "c"(0));
  const bool ymm = (xcr0 & 0x6) == 0x6, zmm = (xcr0 & 0xE6) == 0xE6, tiles = (xcr0 & 0x60000) == 0x60000;
  f.avx2 = ymm && Bit(seven.ebx, 5) && Bit(one.ecx, 12) && Bit(one.ecx, 29) && Bit(seven.ebx, 8);
  f.avx512 = f.avx2 && zmm && Bit(seven.ebx, 16) && Bit(seven.ebx, 17) && Bit(seven.ebx, 30) && Bit(seven.ebx, 31) &&
             Bit(seven.ecx, 1) && Bit(seven.ecx, 11);
  f.avx512_bf16 = f.avx512 && Bit(seven1.eax, 5);
  f.avx_vnni = ymm && Bit(seven1.eax, 4);
  if (f.avx512 && tiles && Bit(seven.edx, 24)) {
    // Linux grants the tile registers on request: arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA).
    const bool granted = syscall(SYS_arch_prctl, 0x1023, 18) == 0;
    f.amx_int8 = granted && Bit(seven.edx, 25);
    f.amx_bf16 = granted && Bit(seven.edx, 22);
  }
  return f;
}
#elif defined(__aarch64__)
CpuFeatures Read() {
  CpuFeatures f;
  f.brand = "aarch64";
  f.dotprod = getauxval(AT_HWCAP) >> 20 & 1;  // HWCAP_ASIMDDP
  f.i8mm = getauxval(AT_HWCAP2) >> 13 & 1;    // HWCAP2_I8MM
  return f;
}
#else
CpuFeatures Read() { return {}; }
#endif

}  // namespace

const CpuFeatures& Cpu() {
  static const CpuFeatures features = Read();
  return features;
}

}  // namespace yun::kernels
