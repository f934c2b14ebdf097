// The AMX table: AVX-512 with BF16 for few rows, tiles for many. Sealed: only kAmxTable is seen outside.
#include <immintrin.h>

#include "engine/kernels/kernels.h"

#define YUN_BF16_DOT

namespace yun::kernels {
namespace {
#include "engine/kernels/avx512/vec.h"
}  // namespace

#include "engine/kernels/generic/table.h"
#include "engine/kernels/amx/attend.h"

namespace {

constexpr Kernels MakeAmxTable() {
  Kernels table = MakeTable("amx");
  table.attend = AttendAmx, table.attend_rows_max = kTileAttendRowsMax;
  return table;
}

}  // namespace

extern const Kernels kAmxTable;
const Kernels kAmxTable = MakeAmxTable();

}  // namespace yun::kernels
