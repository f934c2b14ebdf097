// One sequence computed by hand, without scheduler and sampler: for `yun debug forward`, parity and quality tests.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/thread_pool.h"
#include "engine/engine.h"
#include "engine/kvcache/block_pool.h"
#include "engine/kvcache/cache_memory.h"
#include "engine/model/decoder.h"

namespace yun::engine {

/// thread: one at a time
class OneSequence {
 public:
  /// threads: 0 means one a physical core. borrows: the checkpoint, for its whole life
  /// errors: as Engine::Create
  static Result<std::unique_ptr<OneSequence>> Create(const Checkpoint& checkpoint, Precision precision,
                                                     CacheType cache_type, int threads, std::uint32_t tokens_max);
  ~OneSequence();

  static constexpr std::uint32_t kRowsMax = 256;  // of one pass of the decoder

  /// Appends tokens, `rows` of them a pass (1 to kRowsMax), and returns the logits at some (indexes into `tokens`):
  /// one row of `vocab` floats each.
  /// errors: kTooLarge (over tokens_max in all), kInvalidArgument (token id or position out of range)
  Result<std::vector<std::vector<float>>> Forward(std::span<const TokenId> tokens,
                                                  std::span<const std::uint32_t> positions,
                                                  std::uint32_t rows = kRowsMax);

  const ModelConfig& config() const { return config_; }

 private:
  OneSequence() = default;

  ModelConfig config_;
  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<Decoder> decoder_;
  CacheMemory cache_;
  BlockTable blocks_;
  std::uint32_t tokens_max_ = 0, position_ = 0;
};

}  // namespace yun::engine
