#include "engine/one_sequence.h"

#include <algorithm>

#include "base/check.h"
#include "engine/load.h"

namespace yun::engine {

Result<std::unique_ptr<OneSequence>> OneSequence::Create(const Checkpoint& checkpoint, Precision precision,
                                                         CacheType cache_type, int threads, std::uint32_t tokens_max) {
  ASSIGN_OR_RETURN(Loaded loaded, Load(checkpoint, precision, threads, {}, {}));
  auto one = std::unique_ptr<OneSequence>(new OneSequence);
  one->config_ = loaded.config;
  one->pool_ = std::move(loaded.pool);
  one->decoder_ = std::make_unique<Decoder>(loaded.config, std::move(loaded.weights), *loaded.kernels, *one->pool_,
                                            CacheTypeFor(precision, cache_type), kRowsMax, 1);
  ASSIGN_OR_RETURN(one->cache_, CacheMemory::Create(one->decoder_->cache_shape(), BlockPool::BlocksFor(tokens_max)));
  for (std::uint32_t i = 0; i < BlockPool::BlocksFor(tokens_max); ++i) one->blocks_.push_back(i);
  one->tokens_max_ = tokens_max;
  return one;
}

OneSequence::~OneSequence() = default;

Result<std::vector<std::vector<float>>> OneSequence::Forward(std::span<const TokenId> tokens,
                                                             std::span<const std::uint32_t> positions,
                                                             std::uint32_t rows) {
  CHECK(rows >= 1 && rows <= kRowsMax);
  if (position_ + tokens.size() > tokens_max_)
    return Fail(Code::kTooLarge, "{} tokens do not fit in {}", position_ + tokens.size(), tokens_max_);
  for (const TokenId id : tokens)
    if (id < 0 || id >= static_cast<std::int32_t>(config_.vocab))
      return Fail(Code::kInvalidArgument, "token id {} is outside the vocabulary of {}", id, config_.vocab);
  for (const std::uint32_t p : positions)
    if (p >= tokens.size())
      return Fail(Code::kInvalidArgument, "position {} is beyond the {} tokens", p, tokens.size());
  std::vector<std::vector<float>> result(positions.size());
  for (std::size_t begin = 0; begin < tokens.size(); begin += rows) {
    const std::size_t count = std::min<std::size_t>(rows, tokens.size() - begin);
    const SequenceRows pass = {tokens.subspan(begin, count), position_, blocks_.data()};
    decoder_->Forward({&pass, 1}, cache_);
    position_ += static_cast<std::uint32_t>(count);
    for (std::size_t i = 0; i < positions.size(); ++i) {
      if (positions[i] < begin || positions[i] >= begin + count) continue;
      const auto row = static_cast<std::uint32_t>(positions[i] - begin);
      const float* logits = decoder_->Logits({&row, 1});
      result[i].assign(logits, logits + config_.vocab);
    }
  }
  return result;
}

}  // namespace yun::engine
