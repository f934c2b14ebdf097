// The AMX table: AVX-512 with BF16 for few rows, int8 tiles for some, bf16 tiles for many. Sealed: only kAmxTable is
// seen outside.
#include <immintrin.h>

#include "engine/kernels/kernels.h"

#define YUN_BF16_DOT
#define YUN_TILE_ROWS 16  // of a tile register

namespace yun::kernels {
namespace {
#include "engine/kernels/avx512/vec.h"
}  // namespace

#include "engine/kernels/generic/table.h"

#include "engine/kernels/amx/tiles.h"

#include "engine/kernels/amx/attend.h"
#include "engine/kernels/amx/matmul_int8.h"
#include "engine/kernels/amx/matmul.h"
#include "engine/kernels/amx/peaks.h"

namespace {

// Measured: fewer rows are faster with 8-bit activations, which need no weights widened.
constexpr uint32_t kAmxRowsMin = 24, kAmxFloatRowsMin = 4;

constexpr Kernels MakeAmxTable() {
  Kernels table = MakeTable("amx");
  table.attend = AttendAmx, table.attend_rows_max = kTileAttendRowsMax;
  table.amx_rows_min = kAmxRowsMin;
  table.amx_float_rows_min = kAmxFloatRowsMin;
  table.to_amx = ToAmx;
  table.matmul = MatMulAmx;
  table.peak_int8 = PeakTilesInt8, table.peak_bf16 = PeakTilesBf16;
  return table;
}

}  // namespace

extern const Kernels kAmxTable;
const Kernels kAmxTable = MakeAmxTable();

}  // namespace yun::kernels
