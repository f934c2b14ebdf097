// Blocks to floats: plain loops, the oracle for every faster kernel.
#pragma once
#include <cstddef>

#include "formats/quant/types.h"

namespace yun::quant {

/// shapes: src RowBytes(type, items) bytes, of any alignment . dst [items]; items a multiple of the type's block
/// errors: none (preconditions are CHECKed)   thread: any
void DequantizeRow(Type type, const std::byte* src, float* dst, std::size_t items);

}  // namespace yun::quant
