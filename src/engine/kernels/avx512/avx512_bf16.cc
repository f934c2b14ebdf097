// The AVX-512 table with bfloat16 products besides. Sealed: only kAvx512Bf16Table is seen outside.
#include <immintrin.h>

#include "engine/kernels/kernels.h"

#define YUN_BF16_DOT

namespace yun::kernels {
namespace {
#include "engine/kernels/avx512/vec.h"
}  // namespace

#include "engine/kernels/generic/table.h"

extern const Kernels kAvx512Bf16Table;
const Kernels kAvx512Bf16Table = MakeTable("avx512bf16");

}  // namespace yun::kernels
