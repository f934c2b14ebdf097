// Prompt lookup: what followed the last few tokens before may follow them again.
#pragma once
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/sampling/params.h"

namespace yun::engine {

/// source: prompt lookup decoding, Saxena 2023
class NgramIndex {
 public:
  static constexpr std::size_t kNgram = 3;

  /// At most `limit` tokens that followed the latest earlier occurrence of the last kNgram tokens. `tokens` has only
  /// grown since the last call.
  std::span<const TokenId> Propose(std::span<const TokenId> tokens, std::size_t limit);

 private:
  std::unordered_map<std::uint64_t, std::uint32_t> next_;  // hash of kNgram tokens -> index of what followed
  std::size_t indexed_ = kNgram;                           // tokens[kNgram, indexed_) are in next_
};

}  // namespace yun::engine
