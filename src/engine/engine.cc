// The engine thread: plan, forward, mask, draw, commit.
#include "engine/engine.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <random>
#include <thread>

#include "base/check.h"
#include "base/guarded.h"
#include "base/log.h"
#include "base/thread_pool.h"
#include "engine/kvcache/block_pool.h"
#include "engine/kvcache/cache_memory.h"
#include "engine/kv_tier.h"
#include "engine/limits.h"
#include "engine/load.h"
#include "engine/model/adapter.h"
#include "engine/model/decoder.h"
#include "engine/pace.h"
#include "engine/scheduler/scheduler.h"
#include "engine/sequence.h"
#include "engine/speculation/draft_model.h"

namespace yun::engine {
namespace {

// Where nothing can be planned although somebody waits, it is tried again after this.
constexpr std::chrono::milliseconds kIdleWait{1};
constexpr double kRetryAfterMax = 3600;  // seconds
// In a fleet.
constexpr std::chrono::milliseconds kTurnWait{10};
constexpr std::uint64_t kDeterministicSalt = 0x64657465726d696e;  // its cached blocks are its own

double Seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }
std::uint64_t Microseconds(Clock::duration duration) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}
double ClockSeconds(Clock::time_point time) { return Seconds(time.time_since_epoch()); }

std::uint32_t RetryAfter(double seconds) {
  return static_cast<std::uint32_t>(std::clamp(std::ceil(seconds), 1., kRetryAfterMax));
}

std::size_t BucketOf(std::uint64_t size) {
  return std::min<std::size_t>(std::bit_width(std::max<std::uint64_t>(size, 1) - 1), kStepBuckets - 1);
}

class EngineImpl : public Engine {
 public:
  EngineImpl(std::shared_ptr<const Checkpoint> checkpoint, Loaded& loaded, const EngineOptions& options)
      : checkpoint_(std::move(checkpoint)),
        config_(loaded.config),
        kernels_(*loaded.kernels),
        options_(options),
        own_pool_(std::move(loaded.pool)),
        pool_(own_pool_ ? own_pool_.get() : &options.fleet->pool()) {}

  Status Start(std::unique_ptr<Weights> weights) {
    const CacheType type = CacheTypeFor(options_.precision, options_.cache_type);
    const std::uint32_t rows_max = options_.step_tokens_max, streams_max = std::min(options_.running_max, rows_max);
    const std::uint32_t logit_rows_max = std::min(streams_max + kStepDraftsMax, rows_max);
    const auto scratch = options_.fleet ? options_.fleet->scratch() : std::make_shared<DecoderScratch>();
    decoder_ = std::make_unique<Decoder>(config_, std::move(weights), kernels_, *pool_, type, rows_max, logit_rows_max,
                                         scratch);
    std::uint64_t scratch_bytes = scratch->Need(decoder_->scratch_sizes());
    const CacheShape shape = decoder_->cache_shape();
    std::uint64_t block_bytes = shape.block_bytes();
    if (options_.speculation == Speculation::kDraft) {
      RETURN_IF_ERROR(LoadDraft(type, rows_max, streams_max, scratch));
      scratch_bytes += scratch->Need(draft_->scratch_sizes());
      block_bytes += draft_->cache_shape().block_bytes();
    }
    const std::uint32_t wanted =
        std::min(options_.context_tokens ? options_.context_tokens : config_.context, config_.context);
    const std::uint64_t one_context = BlockPool::BlocksFor(wanted) * block_bytes;
    std::uint64_t bytes = options_.cache_bytes;
    if (bytes == 0)
      bytes = options_.context_tokens ? std::max(one_context, kCacheBytesDefault)
                                      : std::max(std::min(one_context * 4, kCacheBytesDefault), block_bytes);
    const auto blocks = static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes / block_bytes, kCacheBlocksMax));
    if (blocks == 0)
      return Fail(Code::kNoMemory, "a key-value cache of {} bytes holds no block of {} bytes", bytes, block_bytes);
    ASSIGN_OR_RETURN(cache_, CacheMemory::Create(shape, blocks));
    if (draft_) RETURN_IF_ERROR(draft_->MakeCache(blocks));
    blocks_ = std::make_unique<BlockPool>(blocks);
    context_tokens_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, std::uint64_t{blocks} * kBlockTokens));
    SchedulerOptions policy = options_.policy;
    policy.running_max = options_.running_max;
    policy.step_tokens_max = options_.step_tokens_max;
    scheduler_ = std::make_unique<Scheduler>(policy, *blocks_);
    totals_.cache_blocks = blocks;
    totals_.cache_bytes = cache_.bytes() + (draft_ ? draft_->cache_bytes() : 0);
    totals_.weight_bytes = totals_.weight_bytes_resident = WeightBytes();
    totals_.kernels = kernels_.name;
    if (options_.fleet) {
      decoder_->SetWeights(nullptr);  // it has seen their shapes
      if (draft_) draft_->SetWeights(nullptr);
      totals_.weight_bytes_resident = totals_.weight_loads = 0;
      const std::uint64_t fixed = totals_.cache_bytes + options_.beside_bytes;
      ASSIGN_OR_RETURN(seat_, options_.fleet->Join(options_.name, totals_.weight_bytes, fixed, [this] {
        {
          std::lock_guard lock(mutex_);
          called_ = true;
        }
        wake_.notify_one();
      }));
      RETURN_IF_ERROR(options_.fleet->NeedScratch(scratch_bytes));
    }
    if (options_.kv_disk) MakeTier();
    stats_.With([&](EngineStats& stats) { stats = totals_; });
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
    tier_.reset();  // what it reads goes to this engine's memory
  }

  Result<std::vector<std::shared_ptr<Stream>>> SubmitGroup(GenerateRequest request, std::uint32_t count) override {
    RETURN_IF_ERROR(Check(request, count));
    const double objective = request.ttft_objective_s;
    std::vector<std::unique_ptr<Sequence>> group;
    std::vector<std::shared_ptr<Stream>> streams;
    for (std::uint32_t i = 0; i < count; ++i) {
      GenerateRequest own = request;
      if (count > 1 && !request.usage_sinks.empty()) own.usage_sinks = {request.usage_sinks[i]};
      if (own.sampling.seed) *own.sampling.seed += i;
      if (i > 0 && request.grammar) own.grammar = request.grammar->Clone();
      if (i > 0) own.keep.clear();
      group.push_back(MakeSequence(std::move(own)));
      if (i > 0) group[i]->scheduled.leader = &group[0]->scheduled;
      streams.push_back(group[i]->stream);
    }
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return Fail(Code::kUnavailable, "the engine is stopping");
      if (incoming_.size() + waiting_.load() + count > options_.waiting_max) {
        Error error{Code::kTooMany,
                    fmt::format("{} requests are waiting already; try again later", options_.waiting_max)};
        error.retry_after_s = RetryAfter(Stats().queue_seconds);
        return tl::unexpected<Error>(std::move(error));
      }
      for (auto& sequence : group) {
        sequence->scheduled.id = ++last_id_;
        incoming_.push_back(std::move(sequence));
      }
    }
    wake_.notify_one();
    if (objective > 0) {
      // Whoever is refused ends as it arrives, before this is answered.
      RETURN_IF_ERROR(Ask<int>([] { return 0; }));
      if (const auto end = streams.front()->Ended(); end && end->error.code == Code::kTooMany)
        return tl::unexpected<Error>(end->error);
    }
    return streams;
  }

  Result<Forecast> Foresee(const GenerateRequest& request) override {
    RETURN_IF_ERROR(Check(request, 1));
    const std::uint64_t salt = SaltOf(request);
    return Ask<Forecast>([&] {
      Forecast out;
      out.cached_tokens = scheduler_->cache().Find(salt, request.prompt, request.prompt.size() - 1);
      out.waiting = scheduler_->waiting();
      out.running = scheduler_->running();
      const std::uint64_t ahead = PromptTokensLeft();
      out.start_seconds = pace_.FirstTokenSeconds(LoadBefore(ahead));
      out.first_token_seconds =
          pace_.FirstTokenSeconds(LoadBefore(ahead + request.prompt.size() - out.cached_tokens));
      return out;
    });
  }

  Result<std::shared_ptr<const Adapter>> LoadAdapter(const AdapterFile& file) override {
    const auto reserve = [this](std::uint64_t bytes) { return options_.fleet->Reserve(bytes); };
    ASSIGN_OR_RETURN(auto adapter, Adapter::Create(file, config_, options_.precision == Precision::kF32,
                                                   options_.fleet ? Adapter::Reserve(reserve) : nullptr));
    std::shared_ptr<const Adapter> shared = std::move(adapter);
    adapters_.With([&](auto& adapters) {
      std::erase_if(adapters, [](const std::weak_ptr<const Adapter>& known) { return known.expired(); });
      adapters.push_back(shared);
    });
    return shared;
  }

  Result<std::vector<CacheEntry>> CacheEntries(std::uint64_t salt) override {
    return Ask<std::vector<CacheEntry>>([this, salt] { return scheduler_->cache().List(salt); });
  }
  Status DropCacheEntry(std::uint64_t salt, std::uint64_t id) override {
    ASSIGN_OR_RETURN(Status dropped, Ask<Status>([this, salt, id] { return scheduler_->cache().Unpin(id, salt); }));
    return dropped;
  }

  EngineStats Stats() const override {
    EngineStats now = stats_.With([](const EngineStats& stats) { return stats; });
    if (tier_) now.kv_disk = tier_->stats();
    adapters_.With([&](const auto& adapters) {
      for (const auto& known : adapters)
        if (const auto adapter = known.lock()) now.adapter_bytes += adapter->bytes();
    });
    return now;
  }
  Status WantWeights() override {
    ASSIGN_OR_RETURN(Status wanted, Ask<Status>([this] {
      totals_.weights_leave = false;
      wants_weights_ = seat_ && totals_.weight_bytes_resident == 0;
      return seat_ || totals_.weight_bytes_resident > 0 ? Status() : Resume();
    }));
    return wanted;
  }
  Status DropWeights() override {
    ASSIGN_OR_RETURN(Status dropped, Ask<Status>([this] { return Drop(); }));
    return dropped;
  }
  Result<bool> ReleaseWeights() override {
    return Ask<bool>([this] {
      wants_weights_ = false;
      totals_.weights_leave = !Drop();
      Publish(0);
      return !totals_.weights_leave;
    });
  }
  void WaitSettled() override {
    // On the engine thread, which alone knows whether there are weights.
    static_cast<void>(Ask<int>([this] {
      ForWeights([](Weights& weights) { weights.WaitSettled(); });
      return 0;
    }));
  }
  const ModelConfig& config() const override { return config_; }
  std::uint32_t context_tokens() const override { return context_tokens_; }

 private:
  /// None for a draft model, whose keys and values are not kept, nor for models that files do not identify.
  void MakeTier() {
    const bool f32 = options_.precision == Precision::kF32;
    const std::string what = KvIdentity(*checkpoint_, config_, cache_.shape(), f32, kernels_.name);
    if (draft_ || what.empty() || !scheduler_->cache().enabled()) return;
    KvTierParts parts{options_.kv_disk, scheduler_.get(), blocks_.get(), &cache_, {}, {}};
    parts.wake = [this] {
      {
        std::lock_guard lock(mutex_);
        called_ = true;
      }
      wake_.notify_one();
    };
    parts.compute_seconds = [this](std::uint64_t tokens) { return pace_.FirstTokenSeconds({tokens, 0, 0, 1}); };
    auto tier = KvTier::Create(std::move(parts), what, options_.name);
    if (tier) tier_ = std::move(*tier);
    else log::warn("no cached keys and values are kept on disk: {}", tier.error().message);
  }

  /// What answers and kept prefixes are made of goes to disk too; values of texts are seldom asked for again.
  void Save(const Sequence& s) {
    const bool worth = s.request.task == Task::kGenerate || s.request.task == Task::kCache;
    if (tier_ && worth && s.scheduled.use_cache) tier_->Save(s.scheduled);
  }

  Status LoadDraft(CacheType type, std::uint32_t rows_max, std::uint32_t streams_max,
                   const std::shared_ptr<DecoderScratch>& scratch) {
    if (!options_.draft) return Fail(Code::kInvalidArgument, "speculation by a draft model needs one");
    ASSIGN_OR_RETURN(const ModelConfig config, options_.draft->Config());
    if (config.vocab != config_.vocab)
      return Fail(Code::kInvalidArgument, "the draft model has a vocabulary of {} tokens, the model one of {}",
                  config.vocab, config_.vocab);
    ASSIGN_OR_RETURN(auto weights, options_.fleet ? ShapesOfWeights(*options_.draft, config,
                                                                    options_.precision == Precision::kF32)
                                                  : Read(*options_.draft, config));
    draft_config_ = config;
    draft_ = std::make_unique<DraftModel>(config, std::move(weights), kernels_, *pool_, type, rows_max, streams_max,
                                          scratch);
    return {};
  }

  Result<std::unique_ptr<Weights>> Read(const Checkpoint& checkpoint, const ModelConfig& config) {
    PackedPlace place = options_.packed;
    if (&checkpoint != checkpoint_.get()) place.model += " (draft)";
    return LoadWeights(checkpoint, config, options_.precision == Precision::kF32, place, *pool_, {});
  }

  template <class F>
  void ForWeights(F f) {
    if (Weights* weights = decoder_->weights()) f(*weights);
    if (draft_ && draft_->weights()) f(*draft_->weights());
  }
  std::uint64_t WeightBytes() {
    std::uint64_t bytes = 0;
    ForWeights([&](const Weights& weights) { bytes += weights.bytes; });
    return bytes;
  }
  bool WeightsComplete() {
    bool complete = true;
    ForWeights([&](const Weights& weights) { complete &= weights.complete(); });
    return complete;
  }

  Status Drop() {
    {
      std::lock_guard lock(mutex_);
      if (!incoming_.empty() || !sequences_.empty())
        return Fail(Code::kUnavailable, "{} requests are queued or running", incoming_.size() + sequences_.size());
    }
    Leave();
    return {};
  }

  void Leave() {
    ForWeights([](Weights& weights) { weights.WaitMade(); });
    decoder_->SetWeights(nullptr);
    if (draft_) draft_->SetWeights(nullptr);
    totals_.weight_bytes_resident = 0;
    Publish(0);
    if (seat_) seat_->Left();
  }

  /// Brings dropped weights back.
  Status Resume() {
    const Status resumed = TryResume();
    totals_.weight_error = resumed ? "" : resumed.error().message;
    Publish(0);
    return resumed;
  }
  Status TryResume() {
    RETURN_IF_ERROR(CheckFiles());
    if (!decoder_->weights()) {
      ASSIGN_OR_RETURN(auto weights, Read(*checkpoint_, config_));
      decoder_->SetWeights(std::move(weights));
      ++totals_.weight_loads;
    }
    if (draft_ && !draft_->weights()) {
      ASSIGN_OR_RETURN(auto weights, Read(*options_.draft, draft_config_));
      draft_->SetWeights(std::move(weights));
    }
    totals_.weight_bytes = totals_.weight_bytes_resident = WeightBytes();
    return {};
  }

  /// While the weights are away: whether the model's files are those that were opened. What was cut and put back again
  /// is opened anew.
  Status CheckFiles() {
    RETURN_IF_ERROR(checkpoint_->CheckPaths());
    if (options_.draft) RETURN_IF_ERROR(options_.draft->CheckPaths());
    if (decoder_->weights() || checkpoint_->CheckMapped()) return {};
    ASSIGN_OR_RETURN(std::shared_ptr<const Checkpoint> again, checkpoint_->OpenAgain());
    RETURN_IF_ERROR(again->CheckPaths());
    checkpoint_ = std::move(again);
    return {};
  }

  Status Check(const GenerateRequest& request, std::uint32_t count) const {
    const auto vocab = static_cast<std::int32_t>(config_.vocab);
    RETURN_IF_ERROR(CheckSampling(request.sampling, vocab));
    if (request.prompt.empty()) return Fail(Code::kInvalidArgument, "the prompt is empty");
    // Only a generated token takes room after the prompt.
    if (request.prompt.size() + (request.task == Task::kGenerate) > context_tokens_)
      return Fail(Code::kTooLarge,
                  "the prompt has {} tokens; this model's context is {} tokens here, prompt and answer together",
                  request.prompt.size(), context_tokens_);
    for (const TokenId id : request.prompt)
      if (id < 0 || id >= vocab)
        return Fail(Code::kInvalidArgument, "token id {} in the prompt is outside the vocabulary of {}", id, vocab);
    for (const TokenId id : request.score_ids)
      if (id < 0 || id >= vocab)
        return Fail(Code::kInvalidArgument, "token id {} to be scored is outside the vocabulary of {}", id, vocab);
    if (request.adapter && !Mine(request.adapter))
      return Fail(Code::kInvalidArgument, "the adapter was loaded for another model");
    if (request.logprobs > kLogprobsMax)
      return Fail(Code::kInvalidArgument, "top_logprobs must be in [0, {}]", kLogprobsMax);
    if (!(request.weight > 0)) return Fail(Code::kInvalidArgument, "weight must be above 0");
    if (count < 1 || count > kGroupMax) return Fail(Code::kInvalidArgument, "n must be in [1, {}]", kGroupMax);
    if (!request.usage_sinks.empty() && request.usage_sinks.size() != count)
      return Fail(Code::kInvalidArgument, "{} answers, but {} listeners to their usage", count,
                  request.usage_sinks.size());
    if (count > 1 && request.task != Task::kGenerate)
      return Fail(Code::kInvalidArgument, "only generated answers can be more than one");
    return {};
  }

  std::unique_ptr<Sequence> MakeSequence(GenerateRequest request) {
    const std::uint64_t seed = std::uint64_t{std::random_device{}()} << 32 | std::random_device{}();
    auto s = std::make_unique<Sequence>(Sampler(request.sampling, request.prompt, seed, kernels_));
    s->tokens = std::move(request.prompt);
    s->submitted = Clock::now();
    s->thinking = request.thinks_at_start;
    const auto room = static_cast<std::uint32_t>(context_tokens_ - s->tokens.size());
    s->answer_max = request.max_tokens == 0 ? room : std::min(request.max_tokens, room);
    if (request.task != Task::kGenerate) s->answer_max = 0;
    s->tokens.reserve(s->tokens.size() + std::min<std::uint32_t>(s->answer_max, 4096));
    s->usage.prompt_tokens = s->tokens.size();
    ScheduledSequence& scheduled = s->scheduled;
    scheduled.owner = s.get();
    scheduled.tenant = request.tenant;
    scheduled.weight = request.weight;
    scheduled.priority = -request.priority;  // here higher is sooner
    scheduled.idle = request.idle;
    scheduled.arrival_s = ClockSeconds(s->submitted);
    if (request.ttft_objective_s > 0) scheduled.ttft_deadline_s = scheduled.arrival_s + request.ttft_objective_s;
    scheduled.salt = SaltOf(request);
    // A mean needs the hidden state of every row.
    scheduled.use_cache = !(request.task == Task::kEmbed && request.pooling == Pooling::kMean);
    scheduled.tokens = &s->tokens;
    scheduled.prompt_tokens = static_cast<std::uint32_t>(s->tokens.size());
    scheduled.answer_max = s->answer_max;
    s->request = std::move(request);
    return s;
  }

  bool Deterministic(const GenerateRequest& request) const { return options_.deterministic || request.deterministic; }
  std::uint64_t SaltOf(const GenerateRequest& request) const {
    const std::uint64_t salt = request.adapter ? request.cache_salt ^ request.adapter->digest() : request.cache_salt;
    return Deterministic(request) ? salt ^ kDeterministicSalt : salt;
  }
  bool Mine(const std::shared_ptr<const Adapter>& adapter) const {
    return adapters_.With([&](const auto& adapters) {
      return std::ranges::any_of(adapters, [&](const std::weak_ptr<const Adapter>& known) {
        return !known.owner_before(adapter) && !adapter.owner_before(known);
      });
    });
  }

  /// Runs f on the engine thread, between two steps.
  template <class T, class F>
  Result<T> Ask(F f) {
    auto task = std::make_shared<std::packaged_task<T()>>(std::move(f));
    std::future<T> answer = task->get_future();
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return Fail(Code::kUnavailable, "the engine is stopping");
      asked_.push_back([task] { (*task)(); });
    }
    wake_.notify_one();
    return answer.get();
  }

  void Run() {
    while (true) {
      {
        std::unique_lock lock(mutex_);
        const auto something = [&] { return stopping_ || !incoming_.empty() || !asked_.empty() || called_; };
        if (sequences_.empty() && !wants_weights_) wake_.wait(lock, something);
        else if (nothing_planned_) wake_.wait_for(lock, kIdleWait, something);
        else if (no_turn_) wake_.wait_for(lock, kTurnWait, something);
        called_ = false;
        std::move(incoming_.begin(), incoming_.end(), std::back_inserter(arrived_));
        incoming_.clear();
        std::swap(asked_, asking_);
        if (stopping_) break;
      }
      for (auto& sequence : arrived_) Arrive(std::move(sequence));
      arrived_.clear();
      for (auto& ask : asking_) ask();
      asking_.clear();
      if (tier_ && tier_->Collect()) Publish(0);
      if (seat_) Shared();
      else if (!sequences_.empty() && MayStep()) Step();
      if (totals_.weights_leave && sequences_.empty()) {
        totals_.weights_leave = !Drop();
        Publish(0);
      }
    }
    for (auto& ask : asking_) ask();
    for (auto& sequence : sequences_) End(*sequence, {FinishReason::kAborted, {}, {}, {}});
    for (auto& sequence : arrived_) End(*sequence, {FinishReason::kAborted, {}, {}, {}});
    seat_.reset();
  }

  /// Whether the weights are here, or could be had; else all requests have failed.
  bool MayStep() {
    if (totals_.weight_bytes_resident > 0) return true;
    const Status resumed = Resume();
    if (resumed) return true;
    FailAll(resumed.error());
    Leave();  // of model and draft one may be there
    return false;
  }
  /// The weights cannot be had, or were not right.
  void FailAll(const Error& error) {
    totals_.weight_error = error.message;
    Publish(0);  // before anybody hears of it
    const Code code = error.code == Code::kNoMemory ? Code::kNoMemory : Code::kUnavailable;
    EndAll({FinishReason::kError, {}, {code, fmt::format("the model's weights cannot be had: {}", error.message)}, {}});
  }

  /// A step, if this engine is the one of its fleet to compute now.
  void Shared() {
    no_turn_ = nothing_planned_ = false;
    if (seat_->must_leave()) Leave();
    DropCancelled();
    if (sequences_.empty() && !wants_weights_) return seat_->Rest();
    if (totals_.weight_bytes_resident == 0)
      if (const Status there = CheckFiles(); !there) {  // before anybody gives way for it
        wants_weights_ = false;
        FailAll(there.error());
        seat_->Rest();
        return seat_->Left();
      }
    if (!seat_->TakeTurn(Deadline())) {
      no_turn_ = true;
      return Publish(0);
    }
    const bool comes = totals_.weight_bytes_resident == 0;
    const auto begin = Clock::now();
    wants_weights_ = false;
    if (!MayStep()) return seat_->Rest();
    if (!sequences_.empty()) Step();
    stepped_s_ = ClockSeconds(Clock::now());
    if (comes) seat_->Came(Seconds(Clock::now() - begin));
    sequences_.empty() ? seat_->Rest() : seat_->GiveTurn(Deadline());
  }

  /// When the first of the next tokens is due. Never before the last step: where all are late, all go on by turns.
  double Deadline() const {
    double deadline = ClockSeconds(Clock::now()) + kIdleDueSeconds;
    for (const auto& s : sequences_) {
      if (s->request.idle) continue;
      const double first = ClockSeconds(s->first_token), last = first + 1e-6 * static_cast<double>(s->usage.decode_us);
      deadline = std::min(deadline, NextTokenDue({ClockSeconds(s->submitted), s->request.ttft_objective_s,
                                                  s->usage.generated_tokens, first, last}));
    }
    return std::max(deadline, stepped_s_);
  }

  void Arrive(std::unique_ptr<Sequence> sequence) {
    const double objective = sequence->request.ttft_objective_s;
    const double expected =
        objective > 0 ? pace_.FirstTokenSeconds(LoadBefore(scheduler_->PromptTokensAhead(sequence->scheduled) +
                                                           sequence->tokens.size()))
                      : 0;
    if (expected > objective) {
      Error error{Code::kTooMany,
                  fmt::format("the first token would come after about {:.1f} s, later than the {:.1f} s asked for; "
                              "try again later", expected, objective)};
      error.retry_after_s = RetryAfter(expected - objective);
      return End(*sequence, {FinishReason::kError, {}, std::move(error), {}});
    }
    scheduler_->Add(&sequence->scheduled);
    sequences_.push_back(std::move(sequence));
  }

  /// Of all prompts that are here, what is still to be computed.
  std::uint64_t PromptTokensLeft() const {
    std::uint64_t tokens = 0;
    for (const auto& sequence : sequences_)
      if (sequence->scheduled.computed < sequence->scheduled.prompt_tokens)
        tokens += sequence->scheduled.prompt_tokens - sequence->scheduled.computed;
    return tokens;
  }

  Pace::Load LoadBefore(std::uint64_t prompt_tokens) const {
    return {prompt_tokens, scheduler_->waiting(), scheduler_->running(), options_.running_max};
  }

  static Sequence& Of(ScheduledSequence* scheduled) {
    return *static_cast<Sequence*>(scheduled->owner);
  }

  void Step() {
    DropCancelled();
    ProposeBefore();
    const bool complete = WeightsComplete();
    const auto begin = Clock::now();
    plan_ = scheduler_->PlanStep(ClockSeconds(begin));  // plan
    nothing_planned_ = plan_.rows.empty();
    if (nothing_planned_) return Publish(0);
    Prepare(begin);
    decoder_->Forward(batch_, cache_);  // forward
    float* logits = logit_rows_.empty() ? nullptr : decoder_->Logits(logit_rows_);
    Status sound;
    ForWeights([&](const Weights& weights) {
      if (sound) sound = weights.CheckSound();
    });
    if (!sound) {
      Leave();
      return FailAll(sound.error());
    }
    std::uint32_t row = 0, prompt_rows = 0;
    for (std::size_t i = 0; i < plan_.rows.size(); ++i) {
      Sequence& sequence = Of(plan_.rows[i].sequence);
      const auto rows = static_cast<std::uint32_t>(batch_[i].tokens.size());
      const auto drafts = static_cast<std::uint32_t>(sequence.drafts.size());
      if (rows > 1 + drafts) prompt_rows += rows;
      Take(sequence, row, rows, drafts, logits);  // mask, draw, commit
      row += rows;
    }
    const double seconds = Seconds(Clock::now() - begin);
    if (complete) pace_.Stepped(prompt_rows, row - prompt_rows, seconds);  // not what reading costs
    for (std::size_t i = 0; i < plan_.rows.size(); ++i)
      Of(plan_.rows[i].sequence).usage.cpu_us += static_cast<std::uint64_t>(
          seconds * 1e6 * pool_->threads() * static_cast<double>(batch_[i].tokens.size()) / row);
    scheduler_->set_mixed_prefill_tokens_max(pace_.MixedPromptRows(static_cast<std::uint32_t>(scheduler_->running())));
    totals_.prompt_tokens += prompt_rows;
    EndFinished();
    Publish(row);
  }

  /// The rows of the plan as the decoder takes them, with drafts, and who started; copies are made.
  void Prepare(Clock::time_point begin) {
    batch_.clear();
    logit_rows_.clear();
    finished_.clear();
    bool deterministic = false;
    // Rows of one adapter together: each of its matrices is read once. Those of the model itself come first.
    const auto adapter_of = [](const ScheduledRows& item) { return Of(item.sequence).request.adapter.get(); };
    if (std::ranges::any_of(plan_.rows, adapter_of)) std::ranges::stable_sort(plan_.rows, std::less<>(), adapter_of);
    for (const BlockCopy& copy : plan_.copies) {
      cache_.Copy(copy.from, copy.to);
      if (draft_) draft_->Copy(copy.from, copy.to);
    }
    for (const ScheduledRows& item : plan_.rows) {
      Sequence& sequence = Of(item.sequence);
      deterministic |= Deterministic(sequence.request);
      if (sequence.started == Clock::time_point{}) {
        sequence.started = begin;
        sequence.usage.queue_us = Microseconds(begin - sequence.submitted);
        sequence.draft_computed = item.sequence->computed;  // what the prefix cache holds it holds for both models
      }
      sequence.draft_computed = std::min(sequence.draft_computed, item.sequence->computed);
    }
    decoder_->SetRowInvariant(deterministic);
    if (draft_) {
      draft_->SetRowInvariant(deterministic);
      RunDraft();
    }
    std::uint32_t row = 0;
    for (const ScheduledRows& item : plan_.rows) {
      Sequence& sequence = Of(item.sequence);
      sequence.drafts.resize(std::min<std::size_t>(sequence.drafts.size(), item.drafts));
      if (sequence.request.grammar && !sequence.drafts.empty())
        sequence.drafts.resize(sequence.request.grammar->Valid(sequence.drafts));
      const std::size_t committed = sequence.tokens.size();
      // The drafts follow the committed tokens while the rows are computed: Take() takes them off again.
      sequence.tokens.insert(sequence.tokens.end(), sequence.drafts.begin(), sequence.drafts.end());
      const auto rows = static_cast<std::uint32_t>(item.rows - item.drafts + sequence.drafts.size());
      const auto position = static_cast<std::uint32_t>(item.sequence->computed);
      batch_.push_back({std::span(sequence.tokens).subspan(position, rows), position, item.sequence->blocks.data(),
                        sequence.request.adapter.get()});
      const bool draws = position + rows >= committed && (sequence.request.task == Task::kGenerate ||
                                                          sequence.request.task == Task::kScore);
      for (std::uint32_t i = 0; draws && i <= sequence.drafts.size(); ++i)
        logit_rows_.push_back(row + rows - 1 - static_cast<std::uint32_t>(sequence.drafts.size()) + i);
      row += rows;
    }
  }

  /// What streams would like to have checked, known before the plan: tokens that a grammar forces, or an n-gram
  /// foretells. Of a draft model only their number.
  void ProposeBefore() {
    std::uint32_t streams = 0;
    for (const auto& sequence : sequences_) streams += IsStream(*sequence);
    // Not so many that the rows would be computed otherwise than without drafts.
    std::uint32_t left = std::min(kStepDraftsMax, std::max(decoder_->rows_like_one(), streams) - streams);
    std::uint32_t drafted = 0;
    for (const auto& owned : sequences_) {
      Sequence& s = *owned;
      s.drafts.clear();
      s.scheduled.draft = 0;
      if (!IsStream(s) || s.usage.generated_tokens + 1 >= s.answer_max) continue;
      const std::uint32_t limit =
          std::min({kDraftMax, left, s.answer_max - static_cast<std::uint32_t>(s.usage.generated_tokens) - 1});
      if (s.request.grammar) s.drafts = s.request.grammar->Forced();
      s.drafts_known = !s.drafts.empty() || options_.speculation != Speculation::kDraft;
      if (s.drafts.empty() && options_.speculation != Speculation::kOff) {
        const std::uint32_t length =
            options_.draft_always
                ? limit
                : DraftLength(s.acceptance, pace_.costs(), streams + drafted, streams, draft_token_s_, limit);
        if (options_.speculation == Speculation::kDraft) {
          s.drafts.resize(length);  // to be filled in by RunDraft
        } else if (length > 0) {
          const auto found = s.ngrams.Propose(s.tokens, length);
          s.drafts.assign(found.begin(), found.end());
        }
      }
      s.drafts.resize(std::min<std::size_t>(s.drafts.size(), limit));
      s.scheduled.draft = static_cast<std::uint32_t>(s.drafts.size());
      left -= s.scheduled.draft;
      drafted += s.scheduled.draft;
    }
  }

  static bool IsStream(const Sequence& s) {
    return s.request.task == Task::kGenerate && s.usage.generated_tokens > 0 && s.scheduled.remaining() == 1;
  }

  /// The draft model takes in what the model takes in of prompts, and proposes for streams.
  void RunDraft() {
    std::vector<SequenceRows> prompts;
    std::vector<DraftModel::Task> tasks;
    std::uint32_t drafted = 0;
    for (const ScheduledRows& item : plan_.rows) {
      Sequence& s = Of(item.sequence);
      const auto position = static_cast<std::uint32_t>(item.sequence->computed);
      if (item.rows > 1 + item.drafts && s.draft_computed == position) {
        prompts.push_back({std::span(s.tokens).subspan(position, item.rows), position, item.sequence->blocks.data()});
        s.draft_computed += item.rows;
      } else if (item.drafts > 0 && !s.drafts_known) {
        tasks.push_back({&s.tokens, &s.draft_computed, item.sequence->blocks.data(), item.drafts});
        drafted += item.drafts;
      }
    }
    if (!prompts.empty()) draft_->Forward(prompts);
    if (tasks.empty()) return;
    const auto begin = Clock::now();
    draft_->Propose(tasks);
    draft_token_s_ += kDraftShare * (Seconds(Clock::now() - begin) / drafted - draft_token_s_);
    for (const ScheduledRows& item : plan_.rows) {
      Sequence& s = Of(item.sequence);
      if (item.drafts == 0 || s.drafts_known) continue;
      const auto begin_drafts = s.tokens.end() - item.drafts;
      s.drafts.assign(begin_drafts, s.tokens.end());
      s.tokens.erase(begin_drafts, s.tokens.end());
    }
  }

  /// Takes a sequence's results: `rows` rows from `row` on, the last of them drafts. Moves `logits` past its own.
  void Take(Sequence& s, std::uint32_t row, std::uint32_t rows, std::uint32_t drafts, float*& logits) {
    s.tokens.resize(s.tokens.size() - drafts);
    const std::uint32_t committed = rows - drafts;
    const bool complete = s.scheduled.computed + committed == s.tokens.size();
    if (s.request.task == Task::kEmbed && s.request.pooling == Pooling::kMean) Pool(s, row, rows);
    scheduler_->Computed(&s.scheduled, committed);
    Save(s);
    TellUsage(s);
    if (!complete) return;
    StreamEnd end;
    if (s.request.task == Task::kGenerate) {
      if (s.usage.generated_tokens == 0) {
        KeepMarked(s);
        ForkFrom(s, logits);
      }
      const std::uint32_t accepted = DrawAll(s, drafts, logits, end);
      if (accepted > 0) scheduler_->Computed(&s.scheduled, accepted);
    } else {
      TakeValues(s, row + rows - 1, logits, end);
    }
    if (end.reason != FinishReason::kNone) finished_.emplace_back(&s, std::move(end));
  }

  /// A token after each row whose token was drawn as drafted: returns how many were.
  std::uint32_t DrawAll(Sequence& s, std::uint32_t drafts, float*& logits, StreamEnd& end) {
    const std::size_t before = s.tokens.size();
    std::uint32_t accepted = 0;
    for (float* own = logits;; own += decoder_->logits_stride()) {
      Draw(s, own, end);
      if (end.reason == FinishReason::kError || accepted == drafts || s.tokens.back() != s.drafts[accepted]) break;
      ++accepted;
      if (end.reason != FinishReason::kNone) break;
    }
    logits += (drafts + 1) * decoder_->logits_stride();
    if (drafts > 0) s.acceptance.Drafted(drafts, accepted);
    else s.acceptance.Undrafted();
    s.draft_computed = std::min<std::uint64_t>(s.draft_computed, before + accepted);
    s.usage.drafted_tokens += drafts;
    s.usage.accepted_tokens += accepted;
    s.usage.wasted_tokens += drafts - accepted;
    totals_.drafted_tokens += drafts;
    totals_.accepted_tokens += accepted;
    totals_.wasted_tokens += drafts - accepted;
    return accepted;
  }

  /// Answers to the same prompt that wait for this one begin here: their first tokens come from the same logits.
  void ForkFrom(Sequence& leader, const float* logits) {
    for (const auto& child : sequences_) {
      if (child->scheduled.leader != &leader.scheduled) continue;
      if (!scheduler_->Fork(&leader.scheduled, &child->scheduled)) continue;
      child->started = leader.started;
      child->usage.queue_us = Microseconds(child->started - child->submitted);
      child->usage.cached_tokens = child->tokens.size();
      child->draft_computed = leader.draft_computed;
      shared_logits_.assign(logits, logits + config_.vocab);
      StreamEnd end;
      Draw(*child, shared_logits_.data(), end);
      if (end.reason != FinishReason::kNone) finished_.emplace_back(child.get(), std::move(end));
    }
  }

  void Pool(Sequence& s, std::uint32_t row, std::uint32_t rows) {
    std::vector<float> hidden(config_.hidden);
    if (s.scheduled.computed == 0) s.pooled.assign(config_.hidden, 0);
    for (std::uint32_t i = row; i < row + rows; ++i) {
      decoder_->Hidden(i, hidden.data());
      for (std::size_t d = 0; d < hidden.size(); ++d) s.pooled[d] += hidden[d];
    }
  }

  void TakeValues(Sequence& s, std::uint32_t last_row, float*& logits, StreamEnd& end) {
    end.reason = FinishReason::kStop;
    if (s.request.task == Task::kScore) {
      for (const TokenId id : s.request.score_ids) end.values.push_back(logits[id]);
      logits += decoder_->logits_stride();
    } else if (s.request.task == Task::kEmbed) {
      end.values.resize(config_.hidden);
      if (s.request.pooling == Pooling::kLast) {
        decoder_->Hidden(last_row, end.values.data());
      } else {
        for (std::size_t d = 0; d < end.values.size(); ++d)
          end.values[d] = static_cast<float>(s.pooled[d] / static_cast<double>(s.tokens.size()));
      }
    } else if (s.request.task == Task::kCache) {
      Keep(s, end);
    }
  }

  Result<EntryId> Pin(const Sequence& s, std::size_t tokens, double seconds) {
    return scheduler_->cache().Pin(s.scheduled.salt, std::span(s.tokens).first(tokens / kBlockTokens * kBlockTokens),
                                   ClockSeconds(Clock::now()), seconds);
  }

  void Keep(Sequence& s, StreamEnd& end) {
    auto entry = Pin(s, s.tokens.size(), s.request.keep_s);
    if (entry) end.entry = *entry;
    else end = {FinishReason::kError, {}, std::move(entry.error()), {}};
  }

  /// What the marks of a prompt ask for; a wish that cannot be met costs nothing.
  void KeepMarked(Sequence& s) {
    for (const KeepMark& mark : std::exchange(s.request.keep, {})) {
      const std::size_t tokens = std::min<std::size_t>(mark.tokens, s.scheduled.prompt_tokens);
      auto entry = Pin(s, tokens, mark.seconds);
      while (!entry && (entry.error().code == Code::kTooMany || entry.error().code == Code::kTooLarge) &&
             scheduler_->cache().UnpinFirst(s.scheduled.salt))
        entry = Pin(s, tokens, mark.seconds);
      const std::uint64_t kept = tokens / kBlockTokens * kBlockTokens;
      if (entry && kept > s.scheduled.cached)
        s.usage.kept_tokens = std::max(s.usage.kept_tokens, kept - s.scheduled.cached);
    }
  }

  /// Draws the next token and hands it over; sets the end's reason if that was the last.
  void Draw(Sequence& s, float* logits, StreamEnd& end) {
    Grammar* grammar = s.request.grammar.get();
    Status permitted;
    if (grammar) {
      mask_.resize((config_.vocab + 31) / 32);
      permitted = grammar->Mask(mask_);
      if (!permitted) return Break(end, std::move(permitted.error()));
    }
    const std::span<const std::uint32_t> mask(mask_.data(), grammar ? mask_.size() : 0);
    TokenEvent event = s.sampler.Sample({logits, config_.vocab}, s.request.logprobs, mask);
    const auto now = Clock::now();
    Usage& usage = s.usage;
    ++totals_.generated_tokens;
    if (usage.generated_tokens++ == 0) {
      s.first_token = now;
      usage.prefill_us = Microseconds(now - s.started);
    }
    usage.decode_us = Microseconds(now - s.first_token);
    const TokenId id = event.id;
    s.tokens.push_back(id);
    CountThinking(s, id);
    TellUsage(s);
    const auto among = [&](const std::vector<TokenId>& ids) { return std::ranges::find(ids, id) != ids.end(); };
    const bool eos = among(config_.eos_ids);
    const bool stop = (!s.request.ignore_eos && eos) || among(s.request.stop_ids);
    if (!stop) s.stream->Push(std::move(event));
    if (grammar && !stop) {
      permitted = grammar->Accept(id);
      if (!permitted) return Break(end, std::move(permitted.error()));
    }
    if (stop) end.reason = FinishReason::kStop;
    else if (usage.generated_tokens >= s.answer_max || AnswerIsFull(s)) end.reason = FinishReason::kLength;
  }

  static void Break(StreamEnd& end, Error error) {
    end.reason = FinishReason::kError;
    end.error = std::move(error);
  }

  static void CountThinking(Sequence& s, TokenId id) {
    if (id == s.request.think_end_id) s.thinking = false;
    if (s.thinking) ++s.usage.thinking_tokens;
    else if (id != s.request.think_end_id && id != s.request.think_begin_id) ++s.answer_tokens;
    if (id == s.request.think_begin_id) s.thinking = true;
  }
  static bool AnswerIsFull(const Sequence& s) {
    return s.request.answer_tokens > 0 && !s.thinking && s.answer_tokens >= s.request.answer_tokens;
  }

  /// For those who count: of the prompt what has been computed.
  static Usage UsedBy(const Sequence& s) {
    Usage usage = s.usage;
    usage.prompt_tokens = std::min<std::uint64_t>(s.scheduled.computed_max, s.scheduled.prompt_tokens);
    usage.cached_tokens = std::min(std::max(usage.cached_tokens, s.scheduled.cached), usage.prompt_tokens);
    return usage;
  }
  static void TellUsage(const Sequence& s) {
    for (const auto& sink : s.request.usage_sinks) sink->Used(UsedBy(s));
  }

  void End(Sequence& s, StreamEnd end) {
    if (!s.stream) return;
    s.usage.cached_tokens = std::max(s.usage.cached_tokens, s.scheduled.cached);
    s.usage.wasted_tokens += s.scheduled.recomputed;
    s.usage.preemptions = s.scheduled.preemptions;
    Save(s);
    if (tier_) tier_->Forget(s.scheduled);
    scheduler_->Remove(&s.scheduled);  // blocks are free before the client hears of the end
    if (s.started != Clock::time_point{}) pace_.Served(Seconds(Clock::now() - s.started));
    totals_.wasted_tokens += s.scheduled.recomputed;
    for (const auto& sink : s.request.usage_sinks) sink->Ended(end.reason, UsedBy(s));
    s.request.usage_sinks.clear();
    end.usage = s.usage;
    s.stream->End(std::move(end));
    s.stream = nullptr;
  }

  void EndAll(const StreamEnd& end) {
    for (auto& sequence : sequences_) End(*sequence, end);
    DropEnded();
    Publish(0);
  }
  void EndFinished() {
    for (auto& [sequence, end] : finished_) End(*sequence, std::move(end));
    finished_.clear();
    DropEnded();
  }
  void DropCancelled() {
    const auto now = Clock::now();
    for (auto& sequence : sequences_) {
      const double timeout = sequence->request.timeout_s;
      if (sequence->stream->cancelled()) End(*sequence, {FinishReason::kAborted, {}, {}, {}});
      else if (timeout > 0 && Seconds(now - sequence->submitted) > timeout)
        End(*sequence, {FinishReason::kTimeout, {}, {}, {}});
    }
    DropEnded();
  }
  void DropEnded() {
    std::erase_if(sequences_, [](const std::unique_ptr<Sequence>& sequence) { return sequence->stream == nullptr; });
  }

  void Publish(std::uint32_t rows) {
    waiting_.store(scheduler_->waiting());
    totals_.queue_seconds = pace_.FirstTokenSeconds(LoadBefore(PromptTokensLeft()));
    const PrefixCacheCounters& cache = scheduler_->cache().counters();
    totals_.waiting = scheduler_->waiting();
    totals_.running = scheduler_->running();
    totals_.cache_blocks_cached = scheduler_->cache().evictable();
    totals_.cache_blocks_used = blocks_->size() - blocks_->free() - totals_.cache_blocks_cached;
    totals_.step_rows = rows;
    totals_.step_sequences = rows ? plan_.rows.size() : 0;
    totals_.preemptions = scheduler_->preemptions();
    totals_.cache_lookup_tokens = cache.lookups;
    totals_.cache_hit_tokens = cache.hits;
    if (rows > 0) {
      ++totals_.steps;
      ++totals_.steps_by_rows[BucketOf(rows)];
      ++totals_.steps_by_sequences[BucketOf(totals_.step_sequences)];
      totals_.rows += rows;
      totals_.sequences += totals_.step_sequences;
    }
    stats_.With([&](EngineStats& stats) { stats = totals_; });
  }

  static constexpr double kDraftShare = 0.1;  // of a measurement in draft_token_s_

  std::shared_ptr<const Checkpoint> checkpoint_;
  ModelConfig config_;
  const kernels::Kernels& kernels_;
  EngineOptions options_;
  const std::unique_ptr<ThreadPool> own_pool_;  // null in a fleet
  ThreadPool* const pool_;
  std::unique_ptr<Decoder> decoder_;
  std::unique_ptr<DraftModel> draft_;
  ModelConfig draft_config_;
  CacheMemory cache_;
  std::uint32_t context_tokens_ = 0;

  // Of the engine thread alone.
  std::unique_ptr<BlockPool> blocks_;
  std::unique_ptr<Scheduler> scheduler_;
  std::unique_ptr<KvTier> tier_;  // may be null
  Pace pace_;
  std::vector<std::unique_ptr<Sequence>> sequences_, arrived_;
  Plan plan_;
  std::vector<SequenceRows> batch_;
  std::vector<std::uint32_t> logit_rows_;
  std::vector<std::pair<Sequence*, StreamEnd>> finished_;  // in this step
  std::vector<std::uint32_t> mask_;
  std::vector<float> shared_logits_;
  std::vector<std::function<void()>> asking_;
  double draft_token_s_ = 0;
  EngineStats totals_;
  bool nothing_planned_ = false;
  std::unique_ptr<Fleet::Seat> seat_;  // null: alone
  bool no_turn_ = false, wants_weights_ = false;
  double stepped_s_ = 0;  // the end of the last step

  std::mutex mutex_;  // incoming_, asked_, stopping_, last_id_
  std::condition_variable wake_;
  std::deque<std::unique_ptr<Sequence>> incoming_;
  std::vector<std::function<void()>> asked_;
  bool stopping_ = false;
  bool called_ = false;  // by the fleet
  std::uint64_t last_id_ = 0;
  std::atomic<std::size_t> waiting_{0};
  Guarded<EngineStats> stats_;
  Guarded<std::vector<std::weak_ptr<const Adapter>>> adapters_;  // that LoadAdapter made
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Engine>> Engine::Create(std::shared_ptr<const Checkpoint> checkpoint, EngineOptions options) {
  if (options.step_tokens_max < 1 || options.step_tokens_max > kStepTokensLimit || options.running_max < 1)
    return Fail(Code::kInvalidArgument, "step tokens must be in [1, {}] and at least one request must run",
                kStepTokensLimit);
  Loaded loaded;
  if (options.fleet) {
    ASSIGN_OR_RETURN(loaded, Prepare(*checkpoint));
    ASSIGN_OR_RETURN(loaded.weights,
                     ShapesOfWeights(*checkpoint, loaded.config, options.precision == Precision::kF32));
  } else {
    ASSIGN_OR_RETURN(loaded,
                     Load(*checkpoint, options.precision, options.threads, options.packed, options.on_load));
  }
  auto weights = std::move(loaded.weights);
  auto engine = std::make_unique<EngineImpl>(std::move(checkpoint), loaded, options);
  RETURN_IF_ERROR(engine->Start(std::move(weights)));
  return engine;
}

}  // namespace yun::engine
