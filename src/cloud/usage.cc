#include "cloud/usage.h"

#include <algorithm>
#include <numeric>

namespace yun::cloud {
namespace {

constexpr std::array<std::string_view, kKinds> kKindNames = {"input",    "cached_input", "cache_write",  "output",
                                                             "thinking", "image",        "audio_second", "embedding",
                                                             "rerank",   "training"};
constexpr std::array<std::string_view, 5> kReasonNames = {"stop", "length", "aborted", "error", "interrupted"};

}  // namespace

std::string_view KindName(Kind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

std::optional<Kind> KindOfName(std::string_view name) {
  const auto it = std::find(kKindNames.begin(), kKindNames.end(), name);
  if (it == kKindNames.end()) return {};
  return static_cast<Kind>(it - kKindNames.begin());
}

Units& Units::operator+=(const Units& other) {
  for (std::size_t i = 0; i < kKinds; ++i) of[i] += other.of[i];
  return *this;
}

Units& Units::operator-=(const Units& other) {
  for (std::size_t i = 0; i < kKinds; ++i) of[i] -= other.of[i];
  return *this;
}

std::int64_t Units::Total() const { return std::accumulate(of.begin(), of.end(), std::int64_t{0}); }

std::string_view EndReasonName(EndReason reason) { return kReasonNames[static_cast<std::size_t>(reason)]; }

}  // namespace yun::cloud
