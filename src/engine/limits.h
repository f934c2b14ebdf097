// The engine's named limits.
#pragma once
#include <cstdint>

namespace yun::engine {

inline constexpr std::uint64_t kCacheBytesDefault = std::uint64_t{2} << 30;
inline constexpr std::uint64_t kCacheBlocksMax = 1u << 26;
inline constexpr std::uint32_t kStepTokensLimit = 16384;
inline constexpr std::uint32_t kGroupMax = 1024;  // answers to one prompt

}  // namespace yun::engine
