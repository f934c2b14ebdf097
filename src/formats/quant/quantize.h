// Floats to blocks: simple rounding for the small types, a search for the best scales for the K types.
#pragma once
#include <cstddef>

#include "formats/quant/types.h"

namespace yun::quant {

/// True for the types QuantizeRow can write: f32 f16 bf16 q8_0 q4_0 q4_1 q5_0 q5_1 q4_k q6_k.
bool CanQuantize(Type type);

/// shapes: src [items] . dst RowBytes(type, items) bytes, of any alignment; items a multiple of the type's block
/// errors: kInvalidArgument (a value that is not finite or too large for the type, with its index), kUnsupported (type)
/// thread: any
Status QuantizeRow(Type type, const float* src, std::byte* dst, std::size_t items);

}  // namespace yun::quant
