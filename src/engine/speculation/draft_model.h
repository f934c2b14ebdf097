// A smaller model of the same vocabulary that runs ahead of the large one.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/thread_pool.h"
#include "engine/kvcache/cache_memory.h"
#include "engine/model/decoder.h"
#include "engine/sampling/params.h"

namespace yun::engine {

/// Its keys and values lie in blocks of the same numbers as the large model's, in memory of their own: what the
/// scheduler and the prefix cache say of a block holds for both.
/// What it proposes is checked, so its own errors cost time, never truth.
/// thread: one at a time
class DraftModel {
 public:
  /// borrows: kernels and pool, for its whole life; the checkpoint stays alive for untied embeddings
  DraftModel(const ModelConfig& config, std::unique_ptr<Weights> weights, const kernels::Kernels& kernels,
             ThreadPool& pool, kernels::CacheType cache_type, std::uint32_t rows_max, std::uint32_t sequences_max,
             std::shared_ptr<DecoderScratch> scratch);
  const DecoderScratch::Sizes& scratch_sizes() const { return decoder_.scratch_sizes(); }

  CacheShape cache_shape() const { return decoder_.cache_shape(); }
  /// errors: kNoMemory
  Status MakeCache(std::uint32_t blocks);
  std::uint64_t cache_bytes() const { return cache_.bytes(); }
  /// As Decoder's.
  Weights* weights() { return decoder_.weights(); }
  void SetWeights(std::unique_ptr<Weights> weights) { decoder_.SetWeights(std::move(weights)); }

  void SetRowInvariant(bool on) { decoder_.SetRowInvariant(on); }
  void Copy(std::uint32_t from, std::uint32_t to) { cache_.Copy(from, to); }
  /// Takes in the rows that the large model takes in.
  void Forward(std::span<const SequenceRows> rows) { decoder_.Forward(rows, cache_); }

  struct Task {
    std::vector<TokenId>* tokens;  // committed ones, at least one; the proposed ones are appended
    std::uint64_t* computed;       // of these, in this model's cache, fewer than all
    const std::uint32_t* blocks;
    std::uint32_t drafts;          // wanted, at least one
  };
  /// Appends the likeliest next tokens of each sequence, all sequences together.
  void Propose(std::span<const Task> tasks);

 private:
  const kernels::Kernels& kernels_;  // borrows
  std::uint32_t vocab_, rows_max_;
  Decoder decoder_;
  CacheMemory cache_;
  std::vector<SequenceRows> batch_;
  std::vector<std::uint32_t> logit_rows_;
};

}  // namespace yun::engine
