// The engine thread: plan, forward, draw, commit.
#include "engine/engine.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <thread>

#include "base/check.h"
#include "base/guarded.h"
#include "base/thread_pool.h"
#include "engine/kvcache/block_pool.h"
#include "engine/kvcache/cache_memory.h"
#include "engine/limits.h"
#include "engine/load.h"
#include "engine/model/decoder.h"
#include "engine/sampling/sampler.h"
#include "engine/scheduler/scheduler.h"

namespace yun::engine {
namespace {

using Clock = std::chrono::steady_clock;

std::uint64_t Microseconds(Clock::time_point from, Clock::time_point to) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(to - from).count());
}

/// A request inside the engine.
struct Sequence {
  ScheduledSequence scheduled;
  GenerateRequest request;
  std::shared_ptr<Stream> stream;
  Sampler sampler;
  std::vector<TokenId> tokens;  // prompt, then the answer
  std::uint32_t answer_max;
  Usage usage;
  Clock::time_point submitted, started, first_token;
};

class EngineImpl : public Engine {
 public:
  EngineImpl(std::shared_ptr<const Checkpoint> checkpoint, const ModelConfig& config, const kernels::Kernels& kernels,
             std::unique_ptr<ThreadPool> pool, const EngineOptions& options)
      : checkpoint_(std::move(checkpoint)),
        config_(config),
        kernels_(kernels),
        options_(options),
        pool_(std::move(pool)) {}

  Status Start(std::unique_ptr<Weights> weights) {
    const CacheType type = CacheTypeFor(options_.precision, options_.cache_type);
    decoder_ = std::make_unique<Decoder>(config_, std::move(weights), kernels_, *pool_, type, options_.step_tokens_max,
                                         std::min(options_.running_max, options_.step_tokens_max));
    const CacheShape shape = decoder_->cache_shape();
    const std::uint32_t wanted =
        std::min(options_.context_tokens ? options_.context_tokens : config_.context, config_.context);
    const std::uint64_t one_context = BlockPool::BlocksFor(wanted) * shape.block_bytes();
    std::uint64_t bytes = options_.cache_bytes;
    if (bytes == 0)
      bytes = options_.context_tokens ? std::max(one_context, kCacheBytesDefault)
                                      : std::max(std::min(one_context * 4, kCacheBytesDefault), shape.block_bytes());
    const std::uint64_t blocks = std::min<std::uint64_t>(bytes / shape.block_bytes(), kCacheBlocksMax);
    if (blocks == 0)
      return Fail(Code::kNoMemory, "a key-value cache of {} bytes holds no block of {} bytes", bytes,
                  shape.block_bytes());
    ASSIGN_OR_RETURN(cache_, CacheMemory::Create(shape, static_cast<std::uint32_t>(blocks)));
    blocks_ = std::make_unique<BlockPool>(static_cast<std::uint32_t>(blocks));
    context_tokens_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, blocks * kBlockTokens));
    scheduler_ = std::make_unique<Scheduler>(
        SchedulerOptions{.running_max = options_.running_max, .step_tokens_max = options_.step_tokens_max}, *blocks_);
    stats_.With([&](EngineStats& stats) {
      stats.cache_blocks = blocks;
      stats.cache_bytes = cache_.bytes();
      stats.weight_bytes = decoder_->weights().slab.bytes();
      stats.kernels = kernels_.name;
    });
    thread_ = std::thread([this] { Run(); });
    return {};
  }

  ~EngineImpl() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  Result<std::shared_ptr<Stream>> Submit(GenerateRequest request) override {
    const auto vocab = static_cast<std::int32_t>(config_.vocab);
    RETURN_IF_ERROR(CheckSampling(request.sampling, vocab));
    if (request.prompt.empty()) return Fail(Code::kInvalidArgument, "the prompt is empty");
    if (request.prompt.size() >= context_tokens_)
      return Fail(Code::kTooLarge,
                  "the prompt has {} tokens; this model's context is {} tokens here, prompt and answer together",
                  request.prompt.size(), context_tokens_);
    for (const TokenId id : request.prompt)
      if (id < 0 || id >= vocab)
        return Fail(Code::kInvalidArgument, "token id {} in the prompt is outside the vocabulary of {}", id, vocab);
    if (request.logprobs > kLogprobsMax)
      return Fail(Code::kInvalidArgument, "top_logprobs must be in [0, {}]", kLogprobsMax);
    const auto room = static_cast<std::uint32_t>(context_tokens_ - request.prompt.size());
    const std::uint32_t answer_max = request.max_tokens == 0 ? room : std::min(request.max_tokens, room);
    auto stream = std::make_shared<Stream>();
    const std::uint64_t seed = std::uint64_t{std::random_device{}()} << 32 | std::random_device{}();
    auto sequence = std::unique_ptr<Sequence>(new Sequence{{},
                                                           {},
                                                           stream,
                                                           Sampler(request.sampling, request.prompt, seed, kernels_),
                                                           request.prompt,
                                                           answer_max,
                                                           {},
                                                           Clock::now(),
                                                           {},
                                                           {}});
    sequence->tokens.reserve(request.prompt.size() + std::min<std::uint32_t>(answer_max, 4096));
    sequence->request = std::move(request);
    sequence->usage.prompt_tokens = sequence->tokens.size();
    sequence->scheduled.tokens = &sequence->tokens;
    sequence->scheduled.prompt_tokens = static_cast<std::uint32_t>(sequence->tokens.size());
    sequence->scheduled.answer_max = answer_max;
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return Fail(Code::kUnavailable, "the engine is stopping");
      if (incoming_.size() + waiting_.load() >= options_.waiting_max)
        return Fail(Code::kTooMany, "{} requests are waiting already; try again later", options_.waiting_max);
      sequence->scheduled.id = ++last_id_;
      incoming_.push_back(std::move(sequence));
    }
    wake_.notify_one();
    return stream;
  }

  EngineStats Stats() const override {
    return stats_.With([](const EngineStats& stats) { return stats; });
  }
  void WaitSettled() override { decoder_->WaitSettled(); }
  const ModelConfig& config() const override { return config_; }
  std::uint32_t context_tokens() const override { return context_tokens_; }

 private:
  void Run() {
    while (true) {
      {
        std::unique_lock lock(mutex_);
        if (sequences_.empty()) wake_.wait(lock, [&] { return stopping_ || !incoming_.empty(); });
        if (stopping_) break;
        while (!incoming_.empty()) {
          scheduler_->Add(&incoming_.front()->scheduled);
          sequences_.push_back(std::move(incoming_.front()));
          incoming_.pop_front();
        }
      }
      Step();
    }
    for (auto& sequence : sequences_) End(*sequence, FinishReason::kAborted);
    for (auto& sequence : incoming_) End(*sequence, FinishReason::kAborted);
  }

  Sequence& Of(const ScheduledSequence* scheduled) {
    for (auto& sequence : sequences_)
      if (&sequence->scheduled == scheduled) return *sequence;
    CHECK(false && "a scheduled sequence that nobody submitted");
    __builtin_unreachable();
  }

  void Step() {
    DropCancelled();
    const auto begin = Clock::now();
    const std::vector<ScheduledRows>& plan =
        scheduler_->PlanStep(std::chrono::duration<double>(begin.time_since_epoch()).count()).rows;  // plan
    batch_.clear();
    logit_rows_.clear();
    std::uint32_t row = 0;
    for (const ScheduledRows& item : plan) {
      Sequence& sequence = Of(item.sequence);
      if (sequence.started == Clock::time_point{}) {
        sequence.started = begin;
        sequence.usage.queue_us = Microseconds(sequence.submitted, begin);
      }
      const auto position = static_cast<std::uint32_t>(item.sequence->computed);
      batch_.push_back(
          {std::span(sequence.tokens).subspan(position, item.rows), position, item.sequence->blocks.data()});
      row += item.rows;
      if (position + item.rows == sequence.tokens.size()) logit_rows_.push_back(row - 1);
    }
    if (!batch_.empty()) {
      decoder_->Forward(batch_, cache_);  // forward
      float* logits = logit_rows_.empty() ? nullptr : decoder_->Logits(logit_rows_);
      for (const ScheduledRows& item : plan) {
        Sequence& sequence = Of(item.sequence);
        scheduler_->Computed(&sequence.scheduled, item.rows);
        if (sequence.scheduled.computed < sequence.tokens.size()) continue;
        Commit(sequence, {logits, config_.vocab});  // draw, commit
        logits += decoder_->logits_stride();
      }
    }
    DropEnded();
    waiting_.store(scheduler_->waiting());
    stats_.With([&](EngineStats& stats) {
      stats.waiting = scheduler_->waiting();
      stats.running = scheduler_->running();
      stats.cache_blocks_used = blocks_->size() - blocks_->free() - blocks_->idle();
      stats.prompt_tokens += row - logit_rows_.size();
      stats.steps += !batch_.empty();
      stats.generated_tokens += logit_rows_.size();
    });
  }

  /// Draws the next token, hands it over, and ends the request if that was its last.
  void Commit(Sequence& sequence, std::span<float> logits) {
    TokenEvent event = sequence.sampler.Sample(logits, sequence.request.logprobs);
    const auto now = Clock::now();
    Usage& usage = sequence.usage;
    if (usage.generated_tokens++ == 0) {
      sequence.first_token = now;
      usage.prefill_us = Microseconds(sequence.started, now);
    }
    usage.decode_us = Microseconds(sequence.first_token, now);
    const TokenId id = event.id;
    sequence.tokens.push_back(id);
    const auto among = [&](const std::vector<TokenId>& ids) {
      return std::find(ids.begin(), ids.end(), id) != ids.end();
    };
    const bool stop = (!sequence.request.ignore_eos && among(config_.eos_ids)) || among(sequence.request.stop_ids);
    if (!stop) sequence.stream->Push(std::move(event));
    if (stop) {
      End(sequence, FinishReason::kStop);
    } else if (usage.generated_tokens >= sequence.answer_max) {
      End(sequence, FinishReason::kLength);
    }
  }

  void End(Sequence& sequence, FinishReason reason) {
    if (!sequence.stream) return;
    scheduler_->Remove(&sequence.scheduled);  // blocks are free before the client hears of the end
    sequence.stream->End({reason, sequence.usage, {}});
    sequence.stream = nullptr;
  }

  void DropCancelled() {
    for (auto& sequence : sequences_)
      if (sequence->stream->cancelled()) End(*sequence, FinishReason::kAborted);
    DropEnded();
  }
  void DropEnded() {
    std::erase_if(sequences_, [](const std::unique_ptr<Sequence>& sequence) { return sequence->stream == nullptr; });
  }

  std::shared_ptr<const Checkpoint> checkpoint_;
  ModelConfig config_;
  const kernels::Kernels& kernels_;
  EngineOptions options_;
  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<Decoder> decoder_;
  CacheMemory cache_;
  std::uint32_t context_tokens_ = 0;

  // Of the engine thread alone.
  std::unique_ptr<BlockPool> blocks_;
  std::unique_ptr<Scheduler> scheduler_;
  std::vector<std::unique_ptr<Sequence>> sequences_;
  std::vector<SequenceRows> batch_;
  std::vector<std::uint32_t> logit_rows_;

  std::mutex mutex_;  // incoming_, stopping_, last_id_
  std::condition_variable wake_;
  std::deque<std::unique_ptr<Sequence>> incoming_;
  bool stopping_ = false;
  std::uint64_t last_id_ = 0;
  std::atomic<std::size_t> waiting_{0};
  Guarded<EngineStats> stats_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Engine>> Engine::Create(std::shared_ptr<const Checkpoint> checkpoint, EngineOptions options) {
  if (options.step_tokens_max < 1 || options.step_tokens_max > kStepTokensLimit || options.running_max < 1)
    return Fail(Code::kInvalidArgument, "step tokens must be in [1, {}] and at least one request must run",
                kStepTokensLimit);
  ASSIGN_OR_RETURN(Loaded loaded, Load(*checkpoint, options.precision, options.threads, options.on_load));
  auto engine = std::make_unique<EngineImpl>(std::move(checkpoint), loaded.config, *loaded.kernels,
                                             std::move(loaded.pool), options);
  RETURN_IF_ERROR(engine->Start(std::move(loaded.weights)));
  return engine;
}

}  // namespace yun::engine
