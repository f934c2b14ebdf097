// The only door to the engine: one model, many requests.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/fleet.h"
#include "engine/kernels/packed.h"
#include "engine/kvcache/kv_disk.h"
#include "engine/kvcache/prefix_cache.h"
#include "engine/model/packed_folder.h"
#include "engine/request.h"
#include "engine/scheduler/scheduler.h"
#include "engine/stream.h"
#include "formats/checkpoint/checkpoint.h"

namespace yun {
class AdapterFile;
}

namespace yun::engine {

using kernels::CacheType;
enum class Speculation { kOff, kNgram, kDraft };  // kNgram: from prompt and answer; kDraft: from a smaller model
enum class Precision { kAuto, kF32 };  // kAuto: weights as stored, activations quantised; kF32: float32 throughout

struct EngineOptions {
  int threads = 0;                       // 0: one a physical core
  std::uint32_t context_tokens = 0;      // bound of one request; 0: the model's own, at most what the cache holds
  std::uint64_t cache_bytes = 0;         // KV cache; 0: chosen from the model (at most 2 GiB, at least one context)
  std::uint32_t running_max = 64;        // requests computed together
  std::uint32_t waiting_max = 1024;      // queue; a further Submit gets kTooMany
  std::uint32_t step_tokens_max = 512;   // rows of one forward pass: prefill is cut into chunks of this
  Precision precision = Precision::kAuto;
  CacheType cache_type = CacheType::kF16;  // of keys and values; Precision::kF32 keeps them in f32
  bool deterministic = false;  // for every request: bit-equal answers whatever else is in the batch
  Speculation speculation = Speculation::kOff;
  bool draft_always = false;  // also where it does not pay: for tests
  std::shared_ptr<const Checkpoint> draft;  // with kDraft: a model of the same vocabulary
  SchedulerOptions policy;                   // its sizes but the rows of prompts beside streams are taken from above
  PackedPlace packed;                        // where weights are kept as the kernels take them; by default nowhere
  std::shared_ptr<KvDisk> kv_disk;           // blocks that memory has no room for; null: there is none
  std::function<void(double done)> on_load;  // 0..1, from the loading thread
  /// Other engines on this machine: its processors are theirs in turns, and the weights come when there is work, as far
  /// as there is room: those of model and draft together. `threads` is then the fleet's, and `on_load` is not called.
  std::shared_ptr<Fleet> fleet;
  std::string name;  // in the fleet
  std::uint64_t beside_bytes = 0;  // what goes with this model outside the engine: it counts in the fleet
};

/// Steps are counted by size in buckets: [i] holds those of at most 2^i, and more than 2^(i-1); the last all above.
inline constexpr std::size_t kStepBuckets = 14;

struct EngineStats {
  std::uint64_t waiting = 0, running = 0;
  std::uint64_t cache_blocks = 0;
  std::uint64_t cache_blocks_used = 0;    // held by requests, or kept by marks: else 0 when none runs
  std::uint64_t cache_blocks_cached = 0;  // held by the prefix cache alone: can be had at once
  std::uint64_t step_rows = 0, step_sequences = 0;  // of the last step; 0 when idle

  // Since start.
  std::uint64_t prompt_tokens = 0, generated_tokens = 0, steps = 0;
  std::array<std::uint64_t, kStepBuckets> steps_by_rows{}, steps_by_sequences{};
  std::uint64_t rows = 0, sequences = 0;  // sums of step_rows and step_sequences
  std::uint64_t preemptions = 0;
  std::uint64_t cache_lookup_tokens = 0, cache_hit_tokens = 0;  // of prompts: looked for in the prefix cache, and found
  std::uint64_t drafted_tokens = 0, accepted_tokens = 0, wasted_tokens = 0;  // as in Usage

  double queue_seconds = 0;  // until a request that came now would begin, as far as can be known
  std::uint64_t weight_bytes = 0;           // that the weights take when they are there
  std::uint64_t weight_bytes_resident = 0;  // 0 after DropWeights; of a mapped file also what is not read yet
  std::uint64_t weight_loads = 1;           // times that they came: at the start, and again for requests
  std::string weight_error;                 // why they could not be had the last time; empty: they could
  bool weights_leave = false;               // ReleaseWeights waits for the end of what runs
  std::uint64_t cache_bytes = 0;
  std::uint64_t adapter_bytes = 0;
  std::string kernels;  // the table in use: "avx512"
  KvDiskStats kv_disk;  // of this model's part; zeros without
};

/// What would become of a request that was submitted now.
struct Forecast {
  std::uint64_t cached_tokens = 0;         // of its prompt
  std::uint64_t waiting = 0, running = 0;  // before it
  double start_seconds = 0;                // until its first row is computed,
  double first_token_seconds = 0;          // until its first token; 0 where the engine's pace is not known yet
};

/// thread: Submit and Stats from any thread
class Engine {
 public:
  /// Loads the weights, unless a fleet is to say when, and starts the engine thread.
  /// errors: kUnsupported, kCorrupt, kNoMemory
  static Result<std::unique_ptr<Engine>> Create(std::shared_ptr<const Checkpoint> checkpoint, EngineOptions options);
  virtual ~Engine() = default;

  /// Checks the request against the limits and queues it, `count` times: that many answers to one prompt, which is
  /// computed once. A given seed is that of the first answer; the next ones count up. With a ttft_objective_s it waits
  /// until the engine thread has said whether that can be met: a step at most.
  /// errors: kInvalidArgument (empty prompt, token id out of range, parameter out of range: names it),
  ///         kTooLarge (prompt does not fit the context: says both lengths),
  ///         kTooMany (queue full, objective out of reach: with retry_after_s), kUnavailable (stopping)
  virtual Result<std::vector<std::shared_ptr<Stream>>> SubmitGroup(GenerateRequest request, std::uint32_t count) = 0;
  Result<std::shared_ptr<Stream>> Submit(GenerateRequest request) {
    ASSIGN_OR_RETURN(auto streams, SubmitGroup(std::move(request), 1));
    return std::move(streams.front());
  }

  /// Checks the request as SubmitGroup does, and says what would become of it. Nothing is queued or counted.
  /// errors: as SubmitGroup, but for kTooMany
  virtual Result<Forecast> Foresee(const GenerateRequest& request) = 0;

  /// Packs an adapter for this model: requests that carry it are computed with it, beside others in the same batch.
  /// Beside running requests. In a fleet its bytes count as long as it is there: those of models without work go for
  /// them. errors: as Adapter::Create, kNoMemory (says what is needed and there), kUnsupported (no weights)
  virtual Result<std::shared_ptr<const Adapter>> LoadAdapter(const AdapterFile&) {
    return Fail(Code::kUnsupported, "this engine takes no adapters");
  }

  /// Explicit entries of the prefix cache (Task::kCache makes them), of one salt. errors: kNotFound, kUnavailable
  virtual Result<std::vector<CacheEntry>> CacheEntries(std::uint64_t salt) = 0;
  virtual Status DropCacheEntry(std::uint64_t salt, std::uint64_t id) = 0;

  virtual EngineStats Stats() const = 0;
  /// Has the weights come before there is work for them, as a request would; in a fleet without waiting for them.
  /// Calls ReleaseWeights off. errors: kUnavailable (stopping), kUnsupported (an engine without weights); without a
  /// fleet what LoadWeights says
  virtual Status WantWeights() { return Fail(Code::kUnsupported, "this engine has no weights"); }
  /// Gives the weights' memory back. The caches stay; the next request brings the weights back: from the packed file,
  /// of which layers are computed while later ones are still being read, or from the model's own file. A packed file
  /// that is being made is finished first.
  /// errors: kUnavailable (requests are queued or running; stopping), kUnsupported (an engine without weights)
  virtual Status DropWeights() { return Fail(Code::kUnsupported, "this engine has no weights to drop"); }
  /// The same as soon as no request is queued or running; whether that was so at once.
  /// errors: kUnavailable (stopping), kUnsupported (an engine without weights)
  virtual Result<bool> ReleaseWeights() { return Fail(Code::kUnsupported, "this engine has no weights to drop"); }
  /// Waits until the weights' memory is arranged as well as it will be: a second or so after Create, or until their
  /// packed file is made. For benchmarks.
  virtual void WaitSettled() = 0;
  virtual const ModelConfig& config() const = 0;
  /// The bound of prompt + answer of one request, in tokens.
  virtual std::uint32_t context_tokens() const = 0;
};

}  // namespace yun::engine
