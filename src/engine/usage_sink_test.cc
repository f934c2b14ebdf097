// Whoever counts hears of every token before the stream does, and of every end exactly once.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "engine/scripted_engine.h"
#include "engine/tiny_engine.h"

namespace yun::engine {
namespace {

class Recorder : public UsageSink {
 public:
  void Used(const Usage& so_far) override {
    EXPECT_EQ(ends_, 0);
    const auto grows = [](std::uint64_t before, std::uint64_t now) { EXPECT_LE(before, now); };
    grows(last_.prompt_tokens, so_far.prompt_tokens);
    grows(last_.cached_tokens, so_far.cached_tokens);
    grows(last_.generated_tokens, so_far.generated_tokens);
    grows(last_.thinking_tokens, so_far.thinking_tokens);
    last_ = so_far;
    generated_ = so_far.generated_tokens;
    prompt_ = so_far.prompt_tokens;
    if (generated_ > 0 && hold_.valid()) {
      held_ = true;
      held_.notify_all();
      hold_.wait();
    }
  }
  void Ended(FinishReason reason, const Usage& usage) override {
    Used(usage);
    reason_ = reason;
    ++ends_;
  }
  std::atomic<std::uint64_t> generated_{0}, prompt_{0};
  std::atomic<int> ends_{0};
  std::atomic<FinishReason> reason_{FinishReason::kNone};
  std::shared_future<void> hold_;  // the engine waits for it at the first token
  std::atomic<bool> held_{false};
  Usage last_;  // of the engine's thread until the end
};

std::shared_ptr<Recorder> Listen(GenerateRequest& request) {
  auto recorder = std::make_shared<Recorder>();
  request.usage_sinks = {recorder};
  return recorder;
}

/// Reads the stream to its end; nothing may come that has not been counted.
StreamEnd Follow(Stream& stream, const Recorder& recorder) {
  std::uint64_t taken = 0;
  while (true) {
    stream.Wait();
    taken += stream.Take().size();
    EXPECT_LE(taken, recorder.generated_);
    if (const auto end = stream.Ended()) {
      EXPECT_EQ(recorder.ends_, 1);
      EXPECT_EQ(recorder.reason_, end->reason);
      EXPECT_EQ(recorder.last_.generated_tokens, end->usage.generated_tokens);
      return *end;
    }
  }
}

/// Refuses the fourth token.
class Breaking : public Grammar {
 public:
  Status Mask(std::span<std::uint32_t> words) override {
    for (std::uint32_t& word : words) word = ~0u;
    return {};
  }
  Status Accept(TokenId) override {
    if (++accepted_ == 4) return Fail(Code::kInternal, "broken");
    return {};
  }
  std::vector<TokenId> Forced() override { return {}; }
  std::size_t Valid(std::span<const TokenId> tokens) override { return tokens.size(); }
  bool Finished() const override { return false; }
  std::unique_ptr<Grammar> Clone() const override { return std::make_unique<Breaking>(*this); }

 private:
  int accepted_ = 0;
};

TEST(UsageSink, EveryEnd) {
  auto options = Small();
  options.running_max = 2;
  auto engine = *Engine::Create(Model("qwen3_tied"), options);
  {
    GenerateRequest request = Greedy(Prompt(1, 90), 20);
    const auto recorder = Listen(request);
    const StreamEnd end = Follow(**engine->Submit(request), *recorder);
    EXPECT_EQ(end.reason, FinishReason::kLength);
    EXPECT_EQ(recorder->prompt_, 90u);
    EXPECT_EQ(recorder->generated_, 20u);
    EXPECT_EQ(recorder->last_.cached_tokens, 0u);
  }
  {  // again: most of the prompt is cached
    GenerateRequest request = Greedy(Prompt(1, 90), 20);
    const auto recorder = Listen(request);
    const StreamEnd end = Follow(**engine->Submit(request), *recorder);
    EXPECT_EQ(recorder->last_.cached_tokens, 80u);
    EXPECT_EQ(end.usage.cached_tokens, 80u);
  }
  {  // a token that ends it counts, although nobody sees it
    GenerateRequest request = Greedy(Prompt(1, 90), 20);
    const auto plain = *engine->Submit(request);
    const TokenId third = Collect(*plain).ids[2];
    request.stop_ids = {third};
    const auto recorder = Listen(request);
    EXPECT_EQ(Follow(**engine->Submit(request), *recorder).reason, FinishReason::kStop);
    EXPECT_GE(recorder->generated_, 1u);
    EXPECT_LE(recorder->generated_, 3u);
  }
  {
    GenerateRequest request = Greedy(Prompt(2, 30), 200);
    std::promise<void> go_on;
    const auto recorder = Listen(request);
    recorder->hold_ = go_on.get_future();
    const auto stream = *engine->Submit(request);
    recorder->held_.wait(false);
    stream->Cancel();
    go_on.set_value();
    EXPECT_EQ(Follow(*stream, *recorder).reason, FinishReason::kAborted);
    EXPECT_EQ(recorder->generated_, 1u);
    EXPECT_EQ(recorder->prompt_, 30u);
  }
  {
    GenerateRequest request = Greedy(Prompt(3, 30), 200);
    request.timeout_s = 1e-4;
    const auto recorder = Listen(request);
    EXPECT_EQ(Follow(**engine->Submit(request), *recorder).reason, FinishReason::kTimeout);
  }
  {
    GenerateRequest request = Greedy(Prompt(4, 30), 200);
    request.grammar = std::make_shared<Breaking>();
    const auto recorder = Listen(request);
    EXPECT_EQ(Follow(**engine->Submit(request), *recorder).reason, FinishReason::kError);
    EXPECT_EQ(recorder->generated_, 4u);
  }
  {
    GenerateRequest request = Greedy(Prompt(5, 30), 0);
    request.task = Task::kEmbed;
    const auto recorder = Listen(request);
    EXPECT_EQ(Follow(**engine->Submit(request), *recorder).reason, FinishReason::kStop);
    EXPECT_EQ(recorder->prompt_, 30u);
    EXPECT_EQ(recorder->generated_, 0u);
  }
  {  // a group: each answer has its own
    GenerateRequest request = Greedy(Prompt(6, 30), 5);
    std::vector<std::shared_ptr<Recorder>> recorders;
    for (int i = 0; i < 3; ++i) {
      recorders.push_back(std::make_shared<Recorder>());
      request.usage_sinks.push_back(recorders.back());
    }
    const auto streams = *engine->SubmitGroup(request, 3);
    for (std::size_t i = 0; i < 3; ++i) {
      Follow(*streams[i], *recorders[i]);
      EXPECT_EQ(recorders[i]->generated_, 5u);
      EXPECT_EQ(recorders[i]->prompt_, 30u);
    }
    EXPECT_EQ(engine->SubmitGroup(request, 2).error().code, Code::kInvalidArgument);
  }
  {  // refused: nobody is told
    GenerateRequest request = Greedy({}, 5);
    const auto recorder = Listen(request);
    EXPECT_FALSE(engine->Submit(request));
    EXPECT_EQ(recorder->ends_, 0);
  }
  std::promise<void> go_on;
  // The engine goes while some run and some wait.
  std::vector<std::shared_ptr<Recorder>> recorders;
  std::vector<std::shared_ptr<Stream>> streams;
  for (unsigned i = 0; i < 8; ++i) {
    GenerateRequest request = Greedy(Prompt(10 + i, 40), 200);
    recorders.push_back(Listen(request));
    if (i == 0) recorders[0]->hold_ = go_on.get_future();
    streams.push_back(*engine->Submit(request));
  }
  recorders[0]->held_.wait(false);
  Engine* stopping = engine.get();
  std::thread stop([&] { engine = nullptr; });
  while (stopping->Submit(Greedy({1}, 1))) std::this_thread::yield();  // until it refuses: it stops
  go_on.set_value();
  stop.join();
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(Follow(*streams[i], *recorders[i]).reason, FinishReason::kAborted);
    EXPECT_EQ(recorders[i]->generated_, i == 0 ? 1u : 0u);
    EXPECT_TRUE(i <= 1 || recorders[i]->prompt_ == 0) << i;  // what waited has used nothing
  }
}

// With speculation a step gives several tokens: each is counted before it is seen.
TEST(UsageSink, Speculation) {
  auto options = Small();
  options.speculation = Speculation::kNgram;
  options.draft_always = true;
  const auto engine = *Engine::Create(Model("qwen3_tied"), options);
  std::vector<TokenId> prompt;
  for (int i = 0; i < 60; ++i) prompt.push_back(static_cast<TokenId>(3 + i % 5));
  GenerateRequest request = Greedy(prompt, 60);
  const auto recorder = Listen(request);
  EXPECT_EQ(Follow(**engine->Submit(request), *recorder).usage.generated_tokens, 60u);
}

TEST(ScriptedEngine, AnswersCountsAndEnds) {
  // An endless answer takes seconds: it cannot end before it is cancelled.
  auto engine = MakeScriptedEngine({.answer_tokens_max = 8, .step_us = 500});
  std::uint64_t generated = 0;
  for (unsigned i = 0; i < 50; ++i) {
    GenerateRequest request;
    request.prompt = Prompt(i % 25, 40);
    request.max_tokens = 4;
    const auto recorder = Listen(request);
    const StreamEnd end = Follow(**engine->Submit(request), *recorder);
    EXPECT_EQ(end.usage.prompt_tokens, 40u);
    EXPECT_EQ(end.usage.cached_tokens, i < 25 ? 0u : 32u);
    EXPECT_EQ(end.reason, end.usage.generated_tokens == 4 ? end.reason : FinishReason::kStop);
    generated += end.usage.generated_tokens;
  }
  GenerateRequest endless;
  endless.prompt = {1};
  endless.ignore_eos = true;
  auto recorder = Listen(endless);
  auto stream = *engine->Submit(endless);
  stream->Wait();
  stream->Cancel();
  EXPECT_EQ(Follow(*stream, *recorder).reason, FinishReason::kAborted);
  EXPECT_EQ(engine->Stats().generated_tokens, generated + recorder->generated_);
  recorder = Listen(endless);
  stream = *engine->Submit(endless);
  engine = nullptr;
  EXPECT_EQ(Follow(*stream, *recorder).reason, FinishReason::kAborted);
}

}  // namespace
}  // namespace yun::engine
