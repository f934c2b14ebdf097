// Many requests on one model: batches, drafts, groups, grammars, what is kept, and the other tasks.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <latch>
#include <thread>
#include <utility>

#include "engine/one_sequence.h"
#include "engine/tiny_engine.h"

namespace yun::engine {
namespace {

GenerateRequest WithLogprobs(std::vector<TokenId> prompt, std::uint32_t tokens) {
  GenerateRequest request = Greedy(std::move(prompt), tokens);
  request.logprobs = 5;
  return request;
}

struct Detailed {
  std::vector<TokenId> ids;
  std::vector<float> logprobs;  // of the drawn and of the likeliest, bit for bit
  StreamEnd end;
  bool operator==(const Detailed& other) const { return ids == other.ids && logprobs == other.logprobs; }
};
Detailed CollectAll(Stream& stream) {
  Detailed answer;
  while (true) {
    stream.Wait();
    for (const TokenEvent& event : stream.Take()) {
      answer.ids.push_back(event.id);
      answer.logprobs.push_back(event.logprob);
      for (const TokenLogprob& top : event.top) answer.logprobs.push_back(top.logprob);
    }
    if (const auto end = stream.Ended()) {
      answer.end = *end;
      return answer;
    }
  }
}

// Alone, in company that comes and goes, cut into other chunks, with a tiny cache, with or without prefixes kept.
TEST(Serving, DeterministicAnswersAreTheSameBits) {
  for (const char* name : {"qwen3_tied", "qwen3_bf16", "llama", "qwen2_f16"}) {
    const auto checkpoint = Model(name);
    auto options = Small();
    options.deterministic = true;
    const auto wanted = [&](unsigned i) { return WithLogprobs(Prompt(i, 3 + 17 * i), 24); };
    std::vector<Detailed> alone;
    {
      const auto engine = Engine::Create(checkpoint, options);
      ASSERT_TRUE(engine) << engine.error().message;
      for (unsigned i = 0; i < 8; ++i) alone.push_back(CollectAll(**(*engine)->Submit(wanted(i))));
    }
    for (int way = 0; way < 4; ++way) {
      options.policy.prefix_cache = way != 1;
      options.step_tokens_max = way == 2 ? 19 : 64;
      options.running_max = way == 2 ? 19 : 64;
      options.cache_bytes = way == 3 ? 24 * CacheShape{3, 2, 16, CacheType::kF32}.block_bytes() : 0;
      const auto engine = Engine::Create(checkpoint, options);
      ASSERT_TRUE(engine) << engine.error().message;
      for (int round = 0; round < 2; ++round) {
        std::vector<std::shared_ptr<Stream>> streams;
        for (unsigned i = 0; i < 8; ++i) {
          streams.push_back(*(*engine)->Submit(wanted(i)));
          if (i % 3 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        for (unsigned i = 0; i < 8; ++i)
          EXPECT_TRUE(CollectAll(*streams[i]) == alone[i]) << name << " way " << way << " request " << i;
      }
    }
  }
}

// Prompts that repeat themselves, so that there is something to look up.
std::vector<TokenId> Repeating(unsigned seed) {
  std::vector<TokenId> ids;
  for (int i = 0; i < 60; ++i) ids.push_back(static_cast<TokenId>((seed + static_cast<unsigned>(i) % 7 * 13) % 250));
  return ids;
}

// A draft is checked by drawing what would have been drawn anyway: with the same seed the same answer, also when hot.
TEST(Serving, SpeculationChangesNoAnswer) {
  for (const float temperature : {0.f, 1.f, 8.f}) {
    auto options = Small();
    options.deterministic = true;
    options.draft_always = true;
    std::vector<std::vector<Detailed>> answers;
    std::uint64_t drafted = 0, accepted = 0;
    for (const Speculation speculation : {Speculation::kOff, Speculation::kNgram, Speculation::kDraft}) {
      options.speculation = speculation;
      options.draft = Model("qwen3_tied");
      const auto engine = Engine::Create(Model("qwen3_tied"), options);
      ASSERT_TRUE(engine) << engine.error().message;
      std::vector<std::shared_ptr<Stream>> streams;
      for (unsigned i = 0; i < 4; ++i) {
        auto request = WithLogprobs(Repeating(i), 60);
        request.sampling.temperature = temperature;
        request.sampling.frequency_penalty = i == 3 ? 0.5f : 0.f;
        request.sampling.seed = 7 + i;
        streams.push_back(*(*engine)->Submit(request));
      }
      answers.emplace_back();
      for (auto& stream : streams) {
        answers.back().push_back(CollectAll(*stream));
        const Usage& usage = answers.back().back().end.usage;
        EXPECT_EQ(usage.generated_tokens, 60u);
        EXPECT_LE(usage.accepted_tokens, usage.drafted_tokens);
        EXPECT_EQ(usage.wasted_tokens, usage.drafted_tokens - usage.accepted_tokens);
        drafted += usage.drafted_tokens;
        accepted += usage.accepted_tokens;
      }
      const EngineStats stats = (*engine)->Stats();
      if (speculation == Speculation::kOff) {
        EXPECT_EQ(drafted, 0u);
      }
      EXPECT_LE(stats.accepted_tokens, stats.drafted_tokens);
    }
    for (std::size_t way = 1; way < answers.size(); ++way)
      for (std::size_t i = 0; i < 4; ++i)
        EXPECT_TRUE(answers[way][i] == answers[0][i]) << "temperature " << temperature << " way " << way << " " << i;
    if (temperature == 0) {
      EXPECT_GT(accepted, 0u);
    }
  }
}

// A single stream's answer is the same bits also where nobody asked for that; far into a context, too, where attention
// is cut in parts.
TEST(Serving, DraftsChangeNoBit) {
  for (const char* name : {"qwen3_tied", "llama", "qwen3_bf16"}) {
    auto options = Small();
    options.threads = 4;  // more than heads to go round
    options.draft_always = true;
    options.context_tokens = 128;
    std::vector<Detailed> answers;
    for (const Speculation speculation : {Speculation::kOff, Speculation::kNgram, Speculation::kDraft}) {
      options.speculation = speculation;
      options.draft = Model(name);
      const auto engine = Engine::Create(Model(name), options);
      ASSERT_TRUE(engine) << engine.error().message;
      answers.push_back(CollectAll(**(*engine)->Submit(WithLogprobs(Repeating(1), 60))));
    }
    EXPECT_GT(answers[2].end.usage.accepted_tokens, 5u) << name;
    EXPECT_TRUE(answers[1] == answers[0]) << name;
    EXPECT_TRUE(answers[2] == answers[0]) << name;
  }
}

TEST(Serving, ADraftModelNeedsTheSameVocabulary) {
  auto options = Small();
  options.speculation = Speculation::kDraft;
  EXPECT_EQ(Engine::Create(Model("qwen2"), options).error().code, Code::kInvalidArgument);
}

TEST(Serving, AGroupComputesItsPromptOnce) {
  auto options = Small();
  options.deterministic = true;
  const auto engine = Engine::Create(Model("qwen3_tied"), options);
  ASSERT_TRUE(engine);
  auto request = WithLogprobs(Prompt(5, 75), 20);
  request.sampling.temperature = 5;
  request.sampling.seed = 40;
  std::vector<Detailed> apart;
  for (unsigned i = 0; i < 6; ++i) {
    auto own = request;
    own.sampling.seed = 40 + i;
    own.cache_salt = i + 1;
    apart.push_back(CollectAll(**(*engine)->Submit(own)));
  }
  const auto before = (*engine)->Stats().prompt_tokens;
  const auto group = (*engine)->SubmitGroup(request, 6);
  ASSERT_TRUE(group) << group.error().message;
  ASSERT_EQ(group->size(), 6u);
  for (unsigned i = 0; i < 6; ++i) {
    const Detailed answer = CollectAll(*(*group)[i]);
    EXPECT_TRUE(answer == apart[i]) << i;
    EXPECT_EQ(answer.end.usage.cached_tokens, i == 0 ? 0u : 75u);
  }
  EXPECT_EQ((*engine)->Stats().prompt_tokens - before, 75u);
  EXPECT_FALSE((*engine)->SubmitGroup(request, 0));
}

TEST(Serving, EmbeddingsAndScores) {
  const auto checkpoint = Model("qwen3_untied");
  auto options = Small();
  options.precision = Precision::kF32;
  const auto engine = Engine::Create(checkpoint, options);
  ASSERT_TRUE(engine);
  const auto prompt = Prompt(2, 110);
  GenerateRequest score;
  score.task = Task::kScore;
  score.prompt = prompt;
  score.score_ids = {7, 3, 200};
  auto one = OneSequence::Create(*checkpoint, Precision::kF32, CacheType::kF16, 1, 200);
  ASSERT_TRUE(one);
  const std::uint32_t last = 109;
  const auto logits = (*one)->Forward(prompt, {&last, 1});
  ASSERT_TRUE(logits);
  for (int round = 0; round < 2; ++round) {  // computed, then from the prefix cache
    const Detailed answer = CollectAll(**(*engine)->Submit(score));
    EXPECT_EQ(answer.end.reason, FinishReason::kStop);
    ASSERT_EQ(answer.end.values.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_NEAR(answer.end.values[i], (*logits)[0][static_cast<std::size_t>(score.score_ids[i])], 1e-4);
    EXPECT_EQ(answer.end.usage.cached_tokens, round == 0 ? 0u : 96u);
    EXPECT_EQ(answer.end.usage.generated_tokens, 0u);
  }
  // The mean is that of the last ones of all prefixes.
  GenerateRequest embed;
  embed.task = Task::kEmbed;
  std::vector<double> mean((*engine)->config().hidden);
  for (std::size_t n = 1; n <= 20; ++n) {
    embed.prompt.assign(prompt.begin(), prompt.begin() + static_cast<std::ptrdiff_t>(n));
    const Detailed answer = CollectAll(**(*engine)->Submit(embed));
    ASSERT_EQ(answer.end.values.size(), mean.size());
    for (std::size_t d = 0; d < mean.size(); ++d) mean[d] += answer.end.values[d] / 20;
  }
  embed.pooling = Pooling::kMean;
  const Detailed answer = CollectAll(**(*engine)->Submit(embed));
  for (std::size_t d = 0; d < mean.size(); ++d) EXPECT_NEAR(answer.end.values[d], mean[d], 1e-4);
}

TEST(Serving, KeptPrefixes) {
  const auto engine = Engine::Create(Model("qwen2"), Small());
  ASSERT_TRUE(engine);
  GenerateRequest keep;
  keep.task = Task::kCache;
  keep.prompt = Prompt(1, 100);
  keep.cache_salt = 5;
  keep.keep_s = 3600;
  const Detailed kept = CollectAll(**(*engine)->Submit(keep));
  EXPECT_EQ(kept.end.reason, FinishReason::kStop);
  ASSERT_NE(kept.end.entry, 0u);
  auto request = Greedy(keep.prompt, 2);
  EXPECT_EQ(Collect(**(*engine)->Submit(request)).end.usage.cached_tokens, 0u) << "another salt found it";
  request.cache_salt = 5;
  EXPECT_EQ(Collect(**(*engine)->Submit(request)).end.usage.cached_tokens, 96u);
  const auto entries = (*engine)->CacheEntries(5);
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ(entries->front().tokens, 96u);
  EXPECT_TRUE((*engine)->CacheEntries(6)->empty());
  EXPECT_FALSE((*engine)->DropCacheEntry(6, kept.end.entry));
  EXPECT_TRUE((*engine)->DropCacheEntry(5, kept.end.entry));
  EXPECT_TRUE((*engine)->CacheEntries(5)->empty());
}

TEST(Serving, MarkedBeginningsAreKept) {
  EngineOptions options = Small();
  options.cache_bytes = 0;
  const auto engine = Engine::Create(Model("qwen2"), options);
  ASSERT_TRUE(engine);
  GenerateRequest request = Greedy(Prompt(1, 100), 2);
  request.cache_salt = 5;
  EXPECT_EQ((*engine)->Foresee(request)->cached_tokens, 0u);
  request.keep = {{50, 300}, {90, 300}};
  const Usage first = Collect(**(*engine)->Submit(request)).end.usage;
  EXPECT_EQ(first.cached_tokens, 0u);
  EXPECT_EQ(first.kept_tokens, 80u) << "in whole blocks";
  ASSERT_EQ((*engine)->CacheEntries(5)->size(), 1u) << "the longer covers the shorter";
  EXPECT_EQ((*engine)->Foresee(request)->cached_tokens, 96u);
  const Usage second = Collect(**(*engine)->Submit(request)).end.usage;
  EXPECT_EQ(second.cached_tokens, 96u);
  EXPECT_EQ(second.kept_tokens, 0u) << "it was there";
  request.prompt[0] += 1;
  EXPECT_EQ((*engine)->Foresee(request)->cached_tokens, 0u);
  request.prompt.clear();
  EXPECT_EQ((*engine)->Foresee(request).error().code, Code::kInvalidArgument);
}

/// Tokens a b a b ... between 10 and 20, then the end token; a is free in 10..19, b is always 20.
class Pattern : public Grammar {
 public:
  explicit Pattern(int left) : left_(left) {}
  Status Mask(std::span<std::uint32_t> mask) override {
    std::fill(mask.begin(), mask.end(), 0u);
    for (TokenId id = 0; id < 32; ++id)
      if (Permits(id)) mask[0] |= 1u << id;
    return {};
  }
  Status Accept(std::int32_t token) override {
    if (!Permits(token)) return Fail(Code::kInvalidArgument, "{} is not permitted", token);
    --left_;
    return {};
  }
  std::size_t Valid(std::span<const std::int32_t> draft) override {
    Pattern copy = *this;
    std::size_t n = 0;
    while (n < draft.size() && copy.Accept(draft[n])) ++n;
    return n;
  }
  std::vector<std::int32_t> Forced() override {
    return left_ % 2 == 1 ? std::vector<std::int32_t>{20} : std::vector<std::int32_t>{};
  }
  bool Finished() const override { return left_ == 0; }
  std::unique_ptr<Grammar> Clone() const override { return std::make_unique<Pattern>(*this); }

 private:
  bool Permits(TokenId id) const { return left_ > 0 && (left_ % 2 == 1 ? id == 20 : id >= 10 && id < 20); }
  int left_;
};

TEST(Serving, AGrammarMasksAndForces) {
  for (const Speculation speculation : {Speculation::kOff, Speculation::kNgram, Speculation::kDraft}) {
    auto options = Small();
    options.speculation = speculation;
    options.draft = Model("qwen3_tied");
    const auto engine = Engine::Create(Model("qwen3_tied"), options);
    ASSERT_TRUE(engine);
    auto request = Greedy(Prompt(3, 30), 40);
    request.sampling.temperature = 3;
    request.grammar = std::make_shared<Pattern>(40);
    const auto streams = (*engine)->SubmitGroup(request, 2);
    ASSERT_TRUE(streams);
    for (const auto& stream : *streams) {
      const Answer answer = Collect(*stream);
      ASSERT_EQ(answer.ids.size(), 40u);
      for (std::size_t i = 0; i < 40; ++i) {
        if (i % 2 == 1) EXPECT_EQ(answer.ids[i], 20);
        else EXPECT_TRUE(answer.ids[i] >= 10 && answer.ids[i] < 20) << answer.ids[i];
      }
      EXPECT_GE(answer.end.usage.accepted_tokens, 10u);  // the forced ones
    }
  }
}

/// Says when its request is first about to draw, and holds the engine there until told to go on.
class Gate : public Pattern {
 public:
  Gate(int left, std::latch& reached, std::latch& open) : Pattern(left), reached_(reached), open_(open) {}
  Status Mask(std::span<std::uint32_t> mask) override {
    if (!std::exchange(passed_, true)) reached_.count_down();
    open_.wait();
    return Pattern::Mask(mask);
  }

 private:
  std::latch &reached_, &open_;  // borrows
  bool passed_ = false;
};

TEST(Serving, UsageCountsPreemptions) {
  auto options = Small();
  options.running_max = 1;
  std::latch reached(1), open(1);
  const auto engine = Engine::Create(Model("qwen3_tied"), options);
  ASSERT_TRUE(engine);
  auto request = Greedy(Prompt(3, 30), 20);
  request.grammar = std::make_shared<Gate>(20, reached, open);
  const auto slow = *(*engine)->Submit(request);
  reached.wait();
  auto urgent = Greedy(Prompt(4, 30), 5);
  urgent.priority = -1;
  const auto quick = *(*engine)->Submit(urgent);
  open.count_down();
  EXPECT_EQ(Collect(*quick).end.usage.preemptions, 0u);
  const Answer answer = Collect(*slow);
  EXPECT_EQ(answer.ids.size(), 20u);
  EXPECT_EQ(answer.end.usage.preemptions, 1u);
  EXPECT_EQ((*engine)->Stats().preemptions, 1u);
}

TEST(Serving, TimeIsUp) {
  auto options = Small();
  options.running_max = 1;
  const auto engine = Engine::Create(Model("qwen2"), options);
  ASSERT_TRUE(engine);
  std::vector<std::shared_ptr<Stream>> ahead;
  for (unsigned i = 0; i < 100; ++i) ahead.push_back(*(*engine)->Submit(Greedy(Prompt(i, 20), 100)));
  auto request = Greedy(Prompt(1, 10), 100);
  request.timeout_s = 1e-3;
  const Answer answer = Collect(**(*engine)->Submit(request));
  EXPECT_EQ(answer.end.reason, FinishReason::kTimeout);
  EXPECT_EQ(answer.end.usage.generated_tokens, answer.ids.size());
}

// An objective that the queue ahead makes impossible is refused at once, with a time to come back.
TEST(Serving, ObjectivesAreRefusedEarly) {
  auto options = Small();
  options.running_max = 1;
  options.policy.prefix_cache = false;
  const auto engine = Engine::Create(Model("qwen2"), options);
  ASSERT_TRUE(engine);
  Collect(**(*engine)->Submit(Greedy(Prompt(9, 90), 30)));  // the engine knows its pace now
  std::vector<std::shared_ptr<Stream>> ahead;
  for (unsigned i = 0; i < 40; ++i) ahead.push_back(*(*engine)->Submit(Greedy(Prompt(i, 90), 30)));
  auto request = Greedy(Prompt(1, 100), 4);
  request.ttft_objective_s = 1e-5;
  const auto refused = (*engine)->Submit(request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kTooMany);
  EXPECT_GE(refused.error().retry_after_s, 1u);
  request.ttft_objective_s = 3600;
  EXPECT_EQ(Collect(**(*engine)->Submit(request)).ids.size(), 4u);
}

TEST(Serving, UsageCountsThinking) {
  const auto engine = Engine::Create(Model("qwen2"), Small());
  ASSERT_TRUE(engine);
  auto request = Greedy(Prompt(1, 10), 30);
  request.sampling.temperature = 20;
  request.sampling.seed = 3;
  const Answer plain = Collect(**(*engine)->Submit(request));
  request.thinks_at_start = true;
  std::size_t at = 5;
  while (std::find(plain.ids.begin(), plain.ids.begin() + static_cast<std::ptrdiff_t>(at), plain.ids[at]) !=
         plain.ids.begin() + static_cast<std::ptrdiff_t>(at))
    ++at;
  request.think_end_id = plain.ids[at];
  const Answer thought = Collect(**(*engine)->Submit(request));
  EXPECT_EQ(thought.ids, plain.ids);
  EXPECT_EQ(thought.end.usage.thinking_tokens, at);
  EXPECT_GT(thought.end.usage.cpu_us, 0u);
  request.answer_tokens = 3;  // beyond the thought and its mark
  const Answer cut = Collect(**(*engine)->Submit(request));
  EXPECT_EQ(cut.ids.size(), std::min<std::size_t>(at + 1 + 3, plain.ids.size()));
  EXPECT_EQ(cut.end.reason, FinishReason::kLength);
}

}  // namespace
}  // namespace yun::engine
