#include "formats/quant/types.h"

#include "base/check.h"

namespace yun::quant {
namespace {
constexpr TypeInfo kTypes[] = {
    {Type::kF32, "f32", 1, 4},       {Type::kF16, "f16", 1, 2},       {Type::kBF16, "bf16", 1, 2},
    {Type::kQ4_0, "q4_0", 32, 18},   {Type::kQ4_1, "q4_1", 32, 20},   {Type::kQ5_0, "q5_0", 32, 22},
    {Type::kQ5_1, "q5_1", 32, 24},   {Type::kQ8_0, "q8_0", 32, 34},   {Type::kQ2_K, "q2_k", 256, 84},
    {Type::kQ3_K, "q3_k", 256, 110}, {Type::kQ4_K, "q4_k", 256, 144}, {Type::kQ5_K, "q5_k", 256, 176},
    {Type::kQ6_K, "q6_k", 256, 210},
};
}  // namespace

const TypeInfo* FindType(std::uint32_t number) {
  for (const TypeInfo& info : kTypes)
    if (static_cast<std::uint32_t>(info.type) == number) return &info;
  return nullptr;
}

const TypeInfo* FindType(std::string_view name) {
  for (const TypeInfo& info : kTypes)
    if (info.name == name) return &info;
  return nullptr;
}

const TypeInfo& InfoOf(Type type) {
  const TypeInfo* info = FindType(static_cast<std::uint32_t>(type));
  CHECK(info != nullptr);
  return *info;
}

std::size_t RowBytes(Type type, std::size_t items) {
  const TypeInfo& info = InfoOf(type);
  CHECK(items % info.block_items == 0);
  return items / info.block_items * info.block_bytes;
}

}  // namespace yun::quant
