// The table for NEON with dot products and the mixed-sign ones of i8mm. Sealed: only kNeonI8mmTable is seen outside.
#include <arm_neon.h>

#include "engine/kernels/kernels.h"

namespace yun::kernels {
namespace {
#include "engine/kernels/neon/vec.h"
}  // namespace

#include "engine/kernels/generic/matmul.h"
#include "engine/kernels/generic/rows.h"

extern const Kernels kNeonI8mmTable;
const Kernels kNeonI8mmTable = {
    .name = "neoni8mm", .tile_rows_max = kTileRows, .bf16_dot = false, .quantize = Quantize,
    .to_bf16 = ToBf16, .matmul = MatMul, .rms_norm = RmsNorm, .silu_mul = SiluMul, .rope = Rope, .add = AddRows,
    .to_half = ToHalf, .attend = Attend,
    .argmax = ArgMax, .log_sum_exp = LogSumExp, .exp_weights = ExpWeights,
};

}  // namespace yun::kernels
