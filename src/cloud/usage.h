// What is counted and charged, by kind.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace yun::cloud {

/// A kind of unit that has a price of its own. The numbers are kept in the meter's journal: append only.
enum class Kind : std::uint8_t {
  kInput,        // prompt tokens that were computed, without the cached ones
  kCachedInput,  // prompt tokens taken from a cache
  kCacheWrite,   // prompt tokens that were asked to be kept
  kOutput,       // generated tokens, without thinking
  kThinking,     // generated tokens before the end of thinking
  kImage,        // images
  kAudioSecond,  // seconds of sound
  kEmbedding,    // tokens embedded
  kRerank,       // tokens ranked
  kTraining,     // tokens trained on
};
inline constexpr std::size_t kKinds = 10;

/// "input", "cached_input", "cache_write", "output", "thinking", "image", "audio_second", "embedding", "rerank",
/// "training"
std::string_view KindName(Kind kind);
std::optional<Kind> KindOfName(std::string_view name);

/// How many units of each kind.
struct Units {
  std::array<std::int64_t, kKinds> of{};

  std::int64_t& operator[](Kind kind) { return of[static_cast<std::size_t>(kind)]; }
  std::int64_t operator[](Kind kind) const { return of[static_cast<std::size_t>(kind)]; }
  Units& operator+=(const Units& other);
  Units& operator-=(const Units& other);
  bool operator==(const Units&) const = default;
  std::int64_t Total() const;
};

/// How a request ended. The numbers are kept in the meter's journal: append only.
enum class EndReason : std::uint8_t {
  kStop,         // the model ended, or a stop string
  kLength,       // the length limit
  kAborted,      // the client went away, or cancelled
  kError,        // our own failure
  kInterrupted,  // the program was killed; settled at the next start
};
inline constexpr std::uint32_t kEndReasons = 5;
/// "stop", "length", "aborted", "error", "interrupted"
std::string_view EndReasonName(EndReason reason);

}  // namespace yun::cloud
