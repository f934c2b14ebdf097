#include "engine/speculation/draft_model.h"

#include <algorithm>
#include <utility>

namespace yun::engine {

DraftModel::DraftModel(const ModelConfig& config, std::unique_ptr<Weights> weights, const kernels::Kernels& kernels,
                       ThreadPool& pool, kernels::CacheType cache_type, std::uint32_t rows_max,
                       std::uint32_t sequences_max, std::shared_ptr<DecoderScratch> scratch)
    : kernels_(kernels),
      vocab_(config.vocab),
      rows_max_(rows_max),
      decoder_(config, std::move(weights), kernels, pool, cache_type, rows_max, sequences_max,
               std::move(scratch)) {}

Status DraftModel::MakeCache(std::uint32_t blocks) {
  ASSIGN_OR_RETURN(cache_, CacheMemory::Create(decoder_.cache_shape(), blocks));
  return {};
}

void DraftModel::Propose(std::span<const Task> tasks) {
  // What it has not seen yet, all but the last token of each: usually nothing, or one token.
  for (const Task& task : tasks)
    while (*task.computed + 1 < task.tokens->size()) {
      const std::uint64_t rows = std::min<std::uint64_t>(rows_max_, task.tokens->size() - 1 - *task.computed);
      const SequenceRows part = {std::span(*task.tokens).subspan(*task.computed, rows),
                                 static_cast<std::uint32_t>(*task.computed), task.blocks};
      decoder_.Forward({&part, 1}, cache_);
      *task.computed += rows;
    }
  std::uint32_t longest = 0;
  for (const Task& task : tasks) longest = std::max(longest, task.drafts);
  for (std::uint32_t i = 0; i < longest; ++i) {
    batch_.clear();
    logit_rows_.clear();
    for (const Task& task : tasks) {
      if (i >= task.drafts) continue;
      logit_rows_.push_back(static_cast<std::uint32_t>(batch_.size()));
      batch_.push_back({std::span(*task.tokens).subspan(*task.computed, 1), static_cast<std::uint32_t>(*task.computed),
                        task.blocks});
    }
    decoder_.Forward(batch_, cache_);
    const float* logits = decoder_.Logits(logit_rows_);
    for (const Task& task : tasks) {
      if (i >= task.drafts) continue;
      task.tokens->push_back(static_cast<TokenId>(kernels_.argmax(logits, vocab_)));
      ++*task.computed;
      logits += decoder_.logits_stride();
    }
  }
}

}  // namespace yun::engine
