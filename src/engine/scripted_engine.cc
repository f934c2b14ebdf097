#include "engine/scripted_engine.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "base/guarded.h"
#include "engine/kvcache/block_pool.h"
#include "engine/limits.h"

namespace yun::engine {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kPromptsKept = 4096;
constexpr std::uint32_t kLetters = 26;

std::uint64_t HashOf(const std::vector<TokenId>& prompt, std::uint64_t salt) {
  std::uint64_t hash = 0xcbf29ce484222325 ^ salt;  // FNV-1a
  for (const TokenId id : prompt) hash = (hash ^ static_cast<std::uint32_t>(id)) * 0x100000001b3;
  return hash ^ hash >> 32;
}
std::uint64_t HashOf(const GenerateRequest& request) { return HashOf(request.prompt, request.cache_salt); }

/// Numbers in [-bound, bound). source: splitmix64, Steele et al. 2014
std::vector<float> ValuesOf(std::uint64_t seed, std::size_t count, float bound) {
  std::vector<float> values(count);
  for (float& value : values) {
    std::uint64_t z = seed += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    value = (static_cast<float>((z ^ z >> 31) >> 40) / 0x1p23f - 1) * bound;
  }
  return values;
}

std::uint64_t Microseconds(Clock::duration duration) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

class Scripted : public Engine {
 public:
  explicit Scripted(ScriptedOptions options) : options_(options) {
    config_.vocab = options.vocab;
    config_.hidden = options.hidden;
    config_.context = options.context_tokens;
    config_.eos_ids = {options.end_id};
    thread_ = std::thread([this] { Run(); });
  }
  ~Scripted() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  Result<std::vector<std::shared_ptr<Stream>>> SubmitGroup(GenerateRequest request, std::uint32_t count) override {
    RETURN_IF_ERROR(CheckPrompt(request));
    if (request.task == Task::kCache) return Fail(Code::kUnsupported, "a scripted model keeps no entries");
    if (request.task != Task::kGenerate && count > 1)
      return Fail(Code::kInvalidArgument, "only generated answers can be more than one");
    if (count < 1 || count > kGroupMax) return Fail(Code::kInvalidArgument, "n must be in [1, {}]", kGroupMax);
    std::vector<std::shared_ptr<Stream>> streams;
    std::lock_guard lock(mutex_);
    if (stopping_) return Fail(Code::kUnavailable, "the engine is stopping");
    if (incoming_.size() + count > options_.waiting_max)
      return tl::unexpected(Error{Code::kTooMany, "too many requests are waiting already; try again later", 1});
    for (std::uint32_t i = 0; i < count; ++i) {
      Answer answer;
      answer.hash = HashOf(request) + i;
      if (request.task == Task::kEmbed) answer.values = ValuesOf(HashOf(request.prompt, 0), options_.hidden, 1);
      if (request.task == Task::kScore)
        answer.values = ValuesOf(HashOf(request.prompt, 0), request.score_ids.size(), 4);
      answer.generates = request.task == Task::kGenerate;
      answer.usage.prompt_tokens = request.prompt.size();
      const auto room = static_cast<std::uint32_t>(options_.context_tokens - request.prompt.size());
      answer.tokens_max = request.max_tokens == 0 ? room : std::min(request.max_tokens, room);
      const auto length = static_cast<std::uint32_t>(1 + answer.hash % options_.answer_tokens_max);
      answer.ends_after = request.ignore_eos ? UINT32_MAX : length;
      answer.child = i > 0;
      answer.timeout = Clock::time_point::max();
      answer.submitted = Clock::now();
      const std::chrono::microseconds timeout(static_cast<std::int64_t>(request.timeout_s * 1e6));
      if (timeout.count() > 0) answer.timeout = answer.submitted + timeout;
      if (!request.usage_sinks.empty()) answer.sink = request.usage_sinks[i];
      answer.stream = std::make_shared<Stream>();
      streams.push_back(answer.stream);
      incoming_.push_back(std::move(answer));
    }
    wake_.notify_one();
    return streams;
  }

  Result<Forecast> Foresee(const GenerateRequest& request) override {
    RETURN_IF_ERROR(CheckPrompt(request));
    return Forecast{};
  }
  Result<std::vector<CacheEntry>> CacheEntries(std::uint64_t) override { return std::vector<CacheEntry>(); }
  Status DropCacheEntry(std::uint64_t, std::uint64_t) override {
    return Fail(Code::kNotFound, "a scripted model keeps no entries");
  }
  EngineStats Stats() const override {
    return stats_.With([](const EngineStats& stats) { return stats; });
  }
  void WaitSettled() override {}
  const ModelConfig& config() const override { return config_; }
  std::uint32_t context_tokens() const override { return options_.context_tokens; }

 private:
  struct Answer {
    std::shared_ptr<Stream> stream;
    std::shared_ptr<UsageSink> sink;
    Usage usage;
    std::uint64_t hash = 0;
    std::vector<float> values;  // of a task that does not generate
    std::uint32_t tokens_max = 0, ends_after = 0;
    bool child = false, started = false, generates = true;
    Clock::time_point submitted, first, timeout;
  };

  Status CheckPrompt(const GenerateRequest& request) const {
    if (request.prompt.empty()) return Fail(Code::kInvalidArgument, "the prompt is empty");
    if (request.prompt.size() + (request.task == Task::kGenerate) > options_.context_tokens)
      return Fail(Code::kTooLarge, "the prompt has {} tokens; the context is {}", request.prompt.size(),
                  options_.context_tokens);
    return {};
  }

  void Run() {
    while (true) {
      const auto begin = Clock::now();
      {
        std::unique_lock lock(mutex_);
        const auto something = [&] { return stopping_ || !incoming_.empty(); };
        if (running_.empty()) wake_.wait(lock, something);
        while (!incoming_.empty() && running_.size() < options_.running_max) {
          running_.push_back(std::move(incoming_.front()));
          incoming_.pop_front();
        }
        totals_.waiting = incoming_.size();
        if (stopping_) break;
      }
      for (Answer& answer : running_) Step(answer);
      std::erase_if(running_, [](const Answer& answer) { return answer.stream == nullptr; });
      ++totals_.steps;
      totals_.running = running_.size();
      stats_.With([&](EngineStats& stats) { stats = totals_; });
      std::this_thread::sleep_until(begin + std::chrono::microseconds(options_.step_us));
    }
    for (Answer& answer : running_) End(answer, FinishReason::kAborted);
    for (Answer& answer : incoming_) End(answer, FinishReason::kAborted);
  }

  void Step(Answer& answer) {
    const auto now = Clock::now();
    if (answer.stream->cancelled()) return End(answer, FinishReason::kAborted);
    if (now > answer.timeout) return End(answer, FinishReason::kTimeout);
    Usage& usage = answer.usage;
    if (!answer.started) {
      answer.started = true;
      answer.first = now;
      usage.queue_us = Microseconds(now - answer.submitted);
      if (prompts_.size() >= kPromptsKept) prompts_.clear();
      if (answer.child) usage.cached_tokens = usage.prompt_tokens;
      else if (!prompts_.insert(answer.hash).second)
        usage.cached_tokens = (usage.prompt_tokens - 1) / kBlockTokens * kBlockTokens;
      totals_.prompt_tokens += usage.prompt_tokens - usage.cached_tokens;
      totals_.cache_hit_tokens += usage.cached_tokens;
    }
    if (!answer.generates) {
      if (answer.sink) answer.sink->Used(usage);
      return End(answer, FinishReason::kStop);
    }
    ++usage.generated_tokens;
    ++totals_.generated_tokens;
    usage.decode_us = Microseconds(now - answer.first);
    if (answer.sink) answer.sink->Used(usage);
    if (usage.generated_tokens > answer.ends_after) return End(answer, FinishReason::kStop);  // this was the end token
    const auto letter = static_cast<TokenId>((answer.hash + usage.generated_tokens) % kLetters);
    answer.stream->Push({.id = options_.first_id + letter, .logprob = 0, .top = {}});
    if (usage.generated_tokens >= answer.tokens_max) End(answer, FinishReason::kLength);
  }

  void End(Answer& answer, FinishReason reason) {
    if (answer.sink) answer.sink->Ended(reason, answer.started ? answer.usage : Usage{});
    answer.sink = nullptr;
    if (reason != FinishReason::kStop) answer.values.clear();
    answer.stream->End({reason, answer.usage, {}, std::move(answer.values), 0});
    answer.stream = nullptr;
  }

  const ScriptedOptions options_;
  ModelConfig config_;

  // Of the engine thread alone.
  std::vector<Answer> running_;
  std::unordered_set<std::uint64_t> prompts_;
  EngineStats totals_;

  std::mutex mutex_;  // incoming_, stopping_
  std::condition_variable wake_;
  std::deque<Answer> incoming_;
  bool stopping_ = false;
  Guarded<EngineStats> stats_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Engine> MakeScriptedEngine(ScriptedOptions options) { return std::make_unique<Scripted>(options); }

}  // namespace yun::engine
