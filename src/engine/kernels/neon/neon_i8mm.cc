// The table for NEON with dot products and the mixed-sign ones of i8mm. Sealed: only kNeonI8mmTable is seen outside.
#include <arm_neon.h>

#include "engine/kernels/kernels.h"

namespace yun::kernels {
namespace {
#include "engine/kernels/neon/vec.h"
}  // namespace

#include "engine/kernels/generic/table.h"

extern const Kernels kNeonI8mmTable;
const Kernels kNeonI8mmTable = MakeTable("neoni8mm");

}  // namespace yun::kernels
