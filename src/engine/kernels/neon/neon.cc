// The table for NEON with dot products. Sealed: only kNeonTable is seen outside.
#include <arm_neon.h>

#include "engine/kernels/kernels.h"

namespace yun::kernels {
namespace {
#include "engine/kernels/neon/vec.h"
}  // namespace

#include "engine/kernels/generic/matmul.h"
#include "engine/kernels/generic/rows.h"

extern const Kernels kNeonTable;
const Kernels kNeonTable = {
    .name = "neon", .tile_rows_max = kTileRows, .bf16_dot = false, .quantize = Quantize,
    .to_bf16 = ToBf16, .matmul = MatMul, .rms_norm = RmsNorm, .silu_mul = SiluMul, .rope = Rope, .add = AddRows,
    .to_half = ToHalf, .attend = Attend,
    .argmax = ArgMax, .log_sum_exp = LogSumExp, .exp_weights = ExpWeights,
};

}  // namespace yun::kernels
