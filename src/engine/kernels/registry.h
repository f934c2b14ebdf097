// Which table of kernels runs.
#pragma once
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/kernels/kernels.h"

namespace yun::kernels {

/// Tables this build has and this machine can run, slowest first; never empty.
std::vector<const Kernels*> RunnableKernels();
/// A table by name. errors: kUnsupported (names those there are)
Result<const Kernels*> FindKernels(std::string_view name);
/// The table of $YUN_CPU if that is set, else the fastest. errors: as FindKernels
Result<const Kernels*> ChooseKernels();

}  // namespace yun::kernels
