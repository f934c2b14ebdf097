// The AVX-512 table (F, BW, VL, DQ, VNNI, VBMI). Sealed: only kAvx512Table is seen outside.
#include <immintrin.h>

#include "engine/kernels/kernels.h"

namespace yun::kernels {
namespace {
#include "engine/kernels/avx512/vec.h"
}  // namespace

#include "engine/kernels/generic/table.h"

extern const Kernels kAvx512Table;
const Kernels kAvx512Table = MakeTable("avx512");

}  // namespace yun::kernels
