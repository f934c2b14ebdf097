// Tensor element types and their block layouts: the only truth about bytes on disk.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace yun::quant {

/// Element types of tensors, numbered as GGUF numbers them.
/// source: GGUF specification, ggml_type
enum class Type : std::uint32_t {
  kF32 = 0,
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ5_0 = 6,
  kQ5_1 = 7,
  kQ8_0 = 8,
  kQ2_K = 10,
  kQ3_K = 11,
  kQ4_K = 12,
  kQ5_K = 13,
  kQ6_K = 14,
  kBF16 = 30,
};

struct TypeInfo {
  Type type;
  std::string_view name;      // lower case, as on the command line: "q4_k"
  std::uint32_t block_items;  // elements in a block (1 for plain floats)
  std::uint32_t block_bytes;
};

/// Null for a number that is not one of Type.
const TypeInfo* FindType(std::uint32_t number);
const TypeInfo* FindType(std::string_view name);
/// CHECKs that the type is known.
const TypeInfo& InfoOf(Type type);
/// Bytes of a row of `items` elements; items must be a multiple of the block.
std::size_t RowBytes(Type type, std::size_t items);

}  // namespace yun::quant
