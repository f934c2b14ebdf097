// The AVX-512 table with bfloat16 products besides. Sealed: only kAvx512Bf16Table is seen outside.
#include <immintrin.h>

#include "engine/kernels/kernels.h"

#define YUN_BF16_DOT

namespace yun::kernels {
namespace {
#include "engine/kernels/avx512/vec.h"
}  // namespace

#include "engine/kernels/generic/matmul.h"
#include "engine/kernels/generic/rows.h"

extern const Kernels kAvx512Bf16Table;
const Kernels kAvx512Bf16Table = {
    .name = "avx512bf16",
    .tile_rows_max = kTileRows,
    .bf16_dot = true,
    .quantize = Quantize,
    .to_bf16 = ToBf16,
    .matmul = MatMul,
    .rms_norm = RmsNorm,
    .silu_mul = SiluMul,
    .rope = Rope,
    .add = AddRows,
    .to_half = ToHalf,
    .attend = Attend,
    .argmax = ArgMax,
    .log_sum_exp = LogSumExp,
    .exp_weights = ExpWeights,
};

}  // namespace yun::kernels
