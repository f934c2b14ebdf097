// The engine with a tiny real model: many requests at once give what each gives alone.
#include "engine/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include "engine/one_sequence.h"
#include "engine/tiny_engine.h"

namespace yun::engine {
namespace {

TEST(Engine, EqualsOneSequenceByHand) {
  for (const char* name : {"llama", "qwen2", "qwen3_tied", "qwen3_sharded"}) {
    const auto checkpoint = Model(name);
    auto options = Small();
    options.precision = Precision::kF32;
    const auto engine = Engine::Create(checkpoint, options);
    ASSERT_TRUE(engine) << engine.error().message;
    const auto prompt = Prompt(3, 90);  // more than one step of prefill
    const auto stream = (*engine)->Submit(Greedy(prompt, 20));
    ASSERT_TRUE(stream);
    const Answer answer = Collect(**stream);
    EXPECT_EQ(answer.end.reason, FinishReason::kLength);
    EXPECT_EQ(answer.end.usage.prompt_tokens, 90u);
    EXPECT_EQ(answer.end.usage.generated_tokens, 20u);

    auto one = OneSequence::Create(*checkpoint, Precision::kF32, CacheType::kF16, 1, 200);
    ASSERT_TRUE(one);
    std::vector<TokenId> tokens = prompt, expected;
    for (int i = 0; i < 20; ++i) {
      const std::uint32_t last = static_cast<std::uint32_t>(tokens.size() - 1);
      auto logits = (*one)->Forward(tokens, {&last, 1});
      ASSERT_TRUE(logits);
      const auto& row = (*logits)[0];
      expected.push_back(static_cast<TokenId>(std::max_element(row.begin(), row.end()) - row.begin()));
      tokens = {expected.back()};
    }
    EXPECT_EQ(answer.ids, expected) << name;
  }
}

// Every kind of cache answers, whatever the head's width; 8 bits take little more than half of 16.
TEST(Engine, CacheTypes) {
  for (const char* name : {"llama", "qwen3_tied"}) {
    const auto checkpoint = Model(name);
    const auto prompt = Prompt(3, 70);
    const std::vector<std::uint32_t> last = {69};
    std::vector<float> f16;
    for (const CacheType type : {CacheType::kF16, CacheType::kBF16, CacheType::kQ8}) {
      auto one = OneSequence::Create(*checkpoint, Precision::kAuto, type, 1, 128);
      ASSERT_TRUE(one);
      const auto logits = (*one)->Forward(prompt, last);
      ASSERT_TRUE(logits);
      const std::vector<float>& row = (*logits)[0];
      if (f16.empty()) f16 = row;
      float largest = 0, worst = 0;
      for (std::size_t i = 0; i < row.size(); ++i) {
        largest = std::max(largest, std::fabs(f16[i]));
        worst = std::max(worst, std::fabs(row[i] - f16[i]));
      }
      EXPECT_LE(worst, 0.03f * largest) << name << " cache type " << static_cast<int>(type);
    }
  }
  const CacheShape f16 = {28, 8, 128, CacheType::kF16}, q8 = {28, 8, 128, CacheType::kQ8};
  EXPECT_EQ(f16.block_bytes(), 28u * 8 * 16 * 2 * 128 * 2);
  EXPECT_EQ(q8.block_bytes(), 28u * 8 * 16 * 2 * (128 + 4 * 2));
}

TEST(Engine, ManyAtOnceGiveWhatEachGivesAlone) {
  auto options = Small();
  options.precision = Precision::kF32;
  const auto checkpoint = Model("qwen3_untied");
  std::vector<std::vector<TokenId>> alone;
  {
    const auto engine = Engine::Create(checkpoint, options);
    ASSERT_TRUE(engine);
    for (unsigned i = 0; i < 12; ++i)
      alone.push_back(Collect(**(*engine)->Submit(Greedy(Prompt(i, 5 + 11 * i), 30))).ids);
  }
  // A cache for about three of them: the others wait or are preempted, and still answer the same.
  const CacheShape shape = {3, 2, 16, CacheType::kF32};
  for (const std::uint64_t cache : {std::uint64_t{0}, 26 * shape.block_bytes()}) {
    options.cache_bytes = cache;
    const auto engine = Engine::Create(checkpoint, options);
    ASSERT_TRUE(engine) << engine.error().message;
    std::vector<std::shared_ptr<Stream>> streams;
    for (unsigned i = 0; i < 12; ++i) streams.push_back(*(*engine)->Submit(Greedy(Prompt(i, 5 + 11 * i), 30)));
    for (unsigned i = 0; i < 12; ++i) EXPECT_EQ(Collect(*streams[i]).ids, alone[i]) << i << " cache " << cache;
    for (int wait = 0; wait < 100 && (*engine)->Stats().cache_blocks_used > 0; ++wait)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ((*engine)->Stats().cache_blocks_used, 0u);
  }
}

TEST(Engine, CancelFreesTheBlocks) {
  auto options = Small();
  options.running_max = 1;
  const auto engine = Engine::Create(Model("qwen2"), options);
  ASSERT_TRUE(engine);
  std::vector<std::shared_ptr<Stream>> streams;
  for (unsigned i = 0; i < 30; ++i) streams.push_back(*(*engine)->Submit(Greedy(Prompt(i, 20), 100)));
  for (auto& stream : streams) stream->Cancel();
  const Answer last = Collect(*streams.back());  // its turn had not come
  EXPECT_EQ(last.end.reason, FinishReason::kAborted);
  EXPECT_EQ(last.end.usage.generated_tokens, 0u);
  for (auto& stream : streams) Collect(*stream);
  // The next request is answered, and nothing is held afterwards.
  EXPECT_EQ(Collect(**(*engine)->Submit(Greedy(Prompt(2, 8), 4))).ids.size(), 4u);
  for (int wait = 0; wait < 100 && (*engine)->Stats().cache_blocks_used > 0; ++wait)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ((*engine)->Stats().cache_blocks_used, 0u);
}

/// A hot temperature: these small models would else repeat themselves.
GenerateRequest Seeded(std::uint64_t seed) {
  auto request = Greedy(Prompt(4, 10), 16);
  request.sampling.temperature = 20.f;
  request.sampling.seed = seed;
  return request;
}

TEST(Engine, StopIdsEndTheAnswerUnseen) {
  const auto engine = Engine::Create(Model("qwen2"), Small());
  ASSERT_TRUE(engine);
  const auto plain = Collect(**(*engine)->Submit(Seeded(1)));
  ASSERT_EQ(plain.ids.size(), 16u);
  const auto begin = plain.ids.begin();
  std::ptrdiff_t at = 3;
  while (std::find(begin, begin + at, begin[at]) != begin + at) ++at;
  auto request = Seeded(1);
  request.stop_ids = {begin[at]};
  const auto stopped = Collect(**(*engine)->Submit(request));
  EXPECT_EQ(stopped.end.reason, FinishReason::kStop);
  EXPECT_EQ(stopped.ids, std::vector<TokenId>(begin, begin + at));
  EXPECT_EQ(stopped.end.usage.generated_tokens, static_cast<std::uint64_t>(at) + 1);
}

TEST(Engine, SeedsRepeatAndLogprobsCome) {
  const auto engine = Engine::Create(Model("qwen3_tied"), Small());
  ASSERT_TRUE(engine);
  const auto a = Collect(**(*engine)->Submit(Seeded(99))), b = Collect(**(*engine)->Submit(Seeded(99)));
  EXPECT_EQ(a.ids, b.ids);
  EXPECT_NE(Collect(**(*engine)->Submit(Seeded(100))).ids, a.ids);
  auto request = Seeded(99);
  request.logprobs = 3;
  const auto stream = *(*engine)->Submit(request);
  stream->Wait();
  const auto events = stream->Take();
  ASSERT_FALSE(events.empty());
  EXPECT_LE(events[0].logprob, 0.f);
  ASSERT_EQ(events[0].top.size(), 3u);
  EXPECT_GE(events[0].top[0].logprob, events[0].top[1].logprob);
}

TEST(Engine, RefusesAtTheDoor) {
  auto options = Small();
  options.waiting_max = 2;
  options.running_max = 1;
  const auto engine = Engine::Create(Model("qwen2"), options);
  ASSERT_TRUE(engine);
  const auto code = [&](GenerateRequest request) {
    const auto stream = (*engine)->Submit(std::move(request));
    return stream ? Code::kInternal : stream.error().code;
  };
  EXPECT_EQ(code(Greedy({}, 1)), Code::kInvalidArgument);
  EXPECT_EQ(code(Greedy({1, -1}, 1)), Code::kInvalidArgument);
  EXPECT_EQ(code(Greedy({1 << 30}, 1)), Code::kInvalidArgument);
  EXPECT_EQ(code(Greedy(Prompt(1, 256), 1)), Code::kTooLarge);
  auto hot = Greedy({1}, 1);
  hot.sampling.temperature = -1;
  EXPECT_EQ(code(hot), Code::kInvalidArgument);
  bool refused = false;
  std::vector<std::shared_ptr<Stream>> held;
  for (int i = 0; i < 50 && !refused; ++i) {
    auto stream = (*engine)->Submit(Greedy(Prompt(1, 10), 200));
    refused = !stream && stream.error().code == Code::kTooMany;
    if (stream) held.push_back(*stream);
  }
  EXPECT_TRUE(refused);
}

/// A checkpoint whose configuration says something else than its tensors.
class Told : public Checkpoint {
 public:
  Told(std::shared_ptr<const Checkpoint> real, ModelConfig config)
      : real_(std::move(real)), config_(std::move(config)) {}
  bool has_weights() const override { return true; }
  Result<ModelConfig> Config() const override { return config_; }
  Result<TensorView> Tensor(std::string_view name) const override { return real_->Tensor(name); }
  void Release(const TensorView& view) const override { real_->Release(view); }
  Result<TokenizerFiles> Tokenizer() const override { return real_->Tokenizer(); }
  std::string ChatTemplate() const override { return {}; }
  std::string container() const override { return {}; }
  std::vector<std::filesystem::path> files() const override { return {}; }
  std::uint64_t weight_bytes() const override { return 0; }
  std::vector<MetadataEntry> Metadata() const override { return {}; }
  std::vector<TensorEntry> Tensors() const override { return {}; }

 private:
  std::shared_ptr<const Checkpoint> real_;
  ModelConfig config_;
};

TEST(Engine, RefusesModelsItCannotCompute) {
  const auto real = Model("llama");
  const auto code = [&](auto change) {
    ModelConfig config = *real->Config();
    change(config);
    const auto engine = Engine::Create(std::make_shared<Told>(real, config), Small());
    return engine ? Code::kInternal : engine.error().code;
  };
  EXPECT_EQ(code([](ModelConfig& c) { c.head_dim = 1024, c.rope_dim = 1024; }), Code::kUnsupported);
  EXPECT_EQ(code([](ModelConfig& c) { c.rope_interleaved = true, c.rope_dim = c.head_dim / 2; }), Code::kUnsupported);
  EXPECT_EQ(code([](ModelConfig& c) { c.ffn *= 2; }), Code::kCorrupt);
  EXPECT_EQ(code([](ModelConfig& c) { c.layers += 1; }), Code::kNotFound);
}

TEST(Engine, StopsWhileWorking) {
  auto options = Small();
  options.running_max = 1;
  auto engine = Engine::Create(Model("qwen2"), options);
  ASSERT_TRUE(engine);
  std::vector<std::shared_ptr<Stream>> streams;
  for (int i = 0; i < 100; ++i) streams.push_back(*(*engine)->Submit(Greedy(Prompt(1, 10), 240)));
  engine->reset();
  EXPECT_EQ(Collect(*streams.back()).end.reason, FinishReason::kAborted);
}

}  // namespace
}  // namespace yun::engine
