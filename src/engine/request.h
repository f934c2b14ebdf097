// What the engine is asked to do: token ids in, token ids out. Knows no text, no tenants, no money.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/grammar.h"
#include "engine/sampling/params.h"
#include "engine/usage.h"

namespace yun::engine {

class Adapter;

enum class Task {
  kGenerate,
  kEmbed,  // the prompt's embedding, to StreamEnd::values
  kScore,  // the logits of `score_ids` after the prompt, to StreamEnd::values
  kCache,  // computes the prompt and keeps its whole blocks in the prefix cache for `keep_s`: StreamEnd::entry
};
enum class Pooling { kLast, kMean };  // of the hidden states of a prompt

enum class FinishReason { kNone, kStop, kLength, kAborted, kTimeout, kError };

/// Hears of one answer's usage where it is counted, always before its stream hears of what was counted.
/// thread: the engine's; must not block
class UsageSink {
 public:
  virtual ~UsageSink() = default;
  /// What has been used so far, absolute; after each step that the answer was part of. `prompt_tokens`: of the prompt
  /// so many as have been computed or found in the cache. No member ever becomes smaller.
  virtual void Used(const Usage& so_far) = 0;
  /// The last call, once, on every way that a request which was taken can end. What was never begun has used nothing.
  virtual void Ended(FinishReason reason, const Usage& usage) = 0;
};

/// A beginning of the prompt that is to stay in the prefix cache.
struct KeepMark {
  std::uint32_t tokens = 0;  // in whole blocks: the rest of the last one is not kept
  double seconds = 0;        // from the moment that the prompt is computed
};

struct GenerateRequest {
  Task task = Task::kGenerate;
  std::vector<TokenId> prompt;
  SamplingParams sampling;
  std::uint32_t max_tokens = 0;      // 0: as far as the context goes
  std::uint32_t answer_tokens = 0;   // of these, outside of the thinking; 0: any number
  std::vector<TokenId> stop_ids;     // besides the model's own eos ids
  bool ignore_eos = false;           // for benchmarks
  std::int32_t logprobs = -1;        // -1: none; 0: of the drawn token; k: and of the k likeliest (at most 20)
  std::shared_ptr<const Adapter> adapter;  // null: the model as it is; of the same engine's LoadAdapter
  std::shared_ptr<Grammar> grammar;  // null: any token may come; its own, shared with no other request

  // The model's own marks around its thinking, so that Usage can count it; -1: none.
  TokenId think_begin_id = -1, think_end_id = -1;
  bool thinks_at_start = false;  // the prompt ends within it

  /// Kept as kCache does once the prompt is computed, in order; Usage::kept_tokens tells what came of it. Where there
  /// is no room, earlier ones of the same salt go first.
  std::vector<KeepMark> keep;

  // Of other tasks.
  Pooling pooling = Pooling::kLast;
  std::vector<TokenId> score_ids;
  double keep_s = 0;

  // How it is served beside others.
  std::uint64_t tenant = 0;      // who pays: requests of one tenant share one virtual token counter
  double weight = 1;             // of the tenant, > 0: under contention service is in proportion to it
  std::int32_t priority = 0;     // the lower runs sooner (as in vLLM), before any fairness; may preempt higher values
  bool idle = false;             // idle lane: computed only with rows that nobody else wants
  double timeout_s = 0;          // from Submit to the end, then FinishReason::kTimeout; 0: none
  double ttft_objective_s = 0;   // what cannot meet it is refused at once (kTooMany, with retry_after_s); 0: none
  std::uint64_t cache_salt = 0;  // prefix-cache blocks are shared only between requests of one salt
  bool deterministic = false;    // bit-equal answers whatever else is in the batch, also without the engine's option

  std::vector<std::shared_ptr<UsageSink>> usage_sinks;  // one an answer of the group; or none at all
};

}  // namespace yun::engine
