// All algorithms of this folder, and the table of them. The including unit says first what a vector is.
#include "engine/kernels/generic/matmul.h"
#include "engine/kernels/generic/peaks.h"
#include "engine/kernels/generic/rows.h"
#include "engine/kernels/generic/attend.h"

namespace {

constexpr Kernels MakeTable(const char* name) {
  return {
      .name = name, .tile_rows_max = kTileRows, .attend_rows_max = kAttendRows,
      .bf16_dot = Bf16Tile::kForm == ActForm::kBf16, .amx_rows_min = 0, .amx_float_rows_min = 0,
      .quantize = Quantize, .to_bf16 = ToBf16, .to_amx = nullptr, .matmul = MatMul, .rms_norm = RmsNorm,
      .silu_mul = SiluMul, .rope = Rope, .add = AddRows,
      .store = StoreTokens, .attend = Attend, .argmax = ArgMax, .log_sum_exp = LogSumExp, .exp_weights = ExpWeights,
      .peak_int8 = PeakInt8, .peak_bf16 = kPeakBf16, .peak_f32 = PeakF32, .read = Read,
  };
}

}  // namespace
