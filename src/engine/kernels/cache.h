// How keys and values lie in a block of the cache: one KV head, 16 tokens.
//
//   kF16 kBF16 kF32   K is [head_dim][16 tokens], V is [16 tokens][head_dim padded to 16]
//   kQ8               32 dimensions share a scale: x = scale (code - 128). Of G = ceil(head_dim / 32) groups
//                       K: u8 code[8 G][16 tokens][4 dimensions], then f16 scale[G][16 tokens]
//                       V: u8 code[4][32 G][4 tokens],            then f16 scale[G][16 tokens]
//                     64 bytes of codes are what kernels.h's products of 4 with 16 lanes eat: see packed.h.
#pragma once
#include <cstdint>

#include "engine/kernels/kernels.h"

namespace yun::kernels {

inline std::uint64_t CacheElementBytes(CacheType type) { return type == CacheType::kF32 ? 4 : 2; }
/// Of keys, and of values, of kQ8.
inline std::uint64_t CacheQ8Bytes(std::uint32_t head_dim) {
  const std::uint64_t groups = (head_dim + kCacheGroup - 1) / kCacheGroup;
  return (groups * kCacheBlockTokens * (kCacheGroup + 2) + 63) / 64 * 64;
}
inline std::uint64_t CacheKeyBytes(CacheType type, std::uint32_t head_dim) {
  if (type == CacheType::kQ8) return CacheQ8Bytes(head_dim);
  return std::uint64_t{head_dim} * kCacheBlockTokens * CacheElementBytes(type);
}
inline std::uint64_t CacheValueBytes(CacheType type, std::uint32_t head_dim) {
  if (type == CacheType::kQ8) return CacheQ8Bytes(head_dim);
  return std::uint64_t{(head_dim + 15) / 16 * 16} * kCacheBlockTokens * CacheElementBytes(type);
}

}  // namespace yun::kernels
