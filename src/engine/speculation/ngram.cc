#include "engine/speculation/ngram.h"

#include <algorithm>

namespace yun::engine {
namespace {

std::uint64_t HashBefore(std::span<const TokenId> tokens, std::size_t end) {
  std::uint64_t hash = 0;
  for (std::size_t i = end - NgramIndex::kNgram; i < end; ++i)
    hash = (hash ^ static_cast<std::uint32_t>(tokens[i])) * 0x9E3779B97F4A7C15u;
  return hash;
}

}  // namespace

std::span<const TokenId> NgramIndex::Propose(std::span<const TokenId> tokens, std::size_t limit) {
  for (; indexed_ < tokens.size(); ++indexed_)
    next_[HashBefore(tokens, indexed_)] = static_cast<std::uint32_t>(indexed_);
  if (tokens.size() <= kNgram) return {};
  const auto found = next_.find(HashBefore(tokens, tokens.size()));
  if (found == next_.end()) return {};
  const std::size_t at = found->second;
  if (!std::equal(tokens.end() - kNgram, tokens.end(), tokens.begin() + static_cast<std::ptrdiff_t>(at - kNgram)))
    return {};  // another n-gram of the same hash
  return tokens.subspan(at, std::min(limit, tokens.size() - at));
}

}  // namespace yun::engine
