// The AVX-512 table (F, BW, VL, DQ, VNNI, VBMI). Sealed: only kAvx512Table is seen outside.
#include <immintrin.h>

#include "engine/kernels/kernels.h"

namespace yun::kernels {
namespace {
#include "engine/kernels/avx512/vec.h"
}  // namespace

#include "engine/kernels/generic/matmul.h"
#include "engine/kernels/generic/rows.h"

extern const Kernels kAvx512Table;
const Kernels kAvx512Table = {
    .name = "avx512",
    .tile_rows_max = kTileRows,
    .bf16_dot = false,
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
