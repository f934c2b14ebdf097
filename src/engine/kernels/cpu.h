// What this processor can do, by our own CPUID code (the compiler's builtins do not know whether AMX may be used).
#pragma once
#include <string>

namespace yun::kernels {

struct CpuFeatures {
  std::string brand;
  bool avx2 = false;         // with FMA, F16C and BMI2
  bool avx512 = false;       // F, BW, VL, DQ, VNNI, VBMI
  bool avx512_bf16 = false;
  bool avx_vnni = false;
  bool amx_int8 = false, amx_bf16 = false;  // the system must also grant the tile state
  bool dotprod = false, i8mm = false;       // aarch64
};

/// Read once. An instruction set counts only if the system saves its registers.
const CpuFeatures& Cpu();

}  // namespace yun::kernels
