// The table for NEON with dot products. Sealed: only kNeonTable is seen outside.
#include <arm_neon.h>

#include "engine/kernels/kernels.h"

namespace yun::kernels {
namespace {
#include "engine/kernels/neon/vec.h"
}  // namespace

#include "engine/kernels/generic/table.h"

extern const Kernels kNeonTable;
const Kernels kNeonTable = MakeTable("neon");

}  // namespace yun::kernels
