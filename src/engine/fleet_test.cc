// Several engines that share processors and memory.
#include "engine/fleet.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>

#include "engine/tiny_engine.h"

namespace yun::engine {
namespace {

constexpr const char* kNames[] = {"qwen3_tied", "llama", "qwen2"};

std::unique_ptr<Engine> Make(const char* name, std::shared_ptr<Fleet> fleet) {
  EngineOptions options = Small();
  options.cache_bytes = 256 << 10;
  options.fleet = std::move(fleet);
  options.name = name;
  auto engine = Engine::Create(Model(name), options);
  EXPECT_TRUE(engine) << engine.error().message;
  return engine ? std::move(*engine) : nullptr;
}

/// What the three models need at the least: all that stays, and the largest weights.
std::uint64_t Least() {
  const auto fleet = std::make_shared<Fleet>(ResidencyOptions{}, 2);
  const auto first = Make(kNames[0], fleet), second = Make(kNames[1], fleet), third = Make(kNames[2], fleet);
  std::uint64_t largest = 0, caches = 0;
  for (const FleetRow& row : fleet->Rows()) largest = std::max(largest, row.weight_bytes);
  for (const Engine* engine : {first.get(), second.get(), third.get()}) caches += engine->Stats().cache_bytes;
  EXPECT_GT(fleet->bytes_fixed(), caches) << "a step's buffers count, once for all";
  EXPECT_EQ(fleet->bytes_fixed(), fleet->bytes_used());
  return fleet->bytes_fixed() + largest;
}

TEST(Fleet, AnswersAreThoseOfEachModelAlone) {
  std::vector<std::vector<std::vector<TokenId>>> alone;
  for (const char* name : kNames) {
    const auto engine = Make(name, nullptr);
    auto& answers = alone.emplace_back();
    for (unsigned i = 0; i < 6; ++i) answers.push_back(Collect(**engine->Submit(Greedy(Prompt(i, 5 + 9 * i), 20))).ids);
  }
  for (const std::uint64_t bytes : {std::uint64_t{0}, Least()}) {
    for (const bool switches : {true, false}) {
      const auto fleet = std::make_shared<Fleet>(
          ResidencyOptions{.bytes = bytes, .switches = switches, .quantum_s = 0.001, .quantum_loads = 0}, 2);
      std::vector<std::unique_ptr<Engine>> engines;
      for (const char* name : kNames) engines.push_back(Make(name, fleet));
      std::vector<std::vector<std::shared_ptr<Stream>>> streams(3);
      for (unsigned i = 0; i < 6; ++i)
        for (std::size_t m = 0; m < 3; ++m) streams[m].push_back(*engines[m]->Submit(Greedy(Prompt(i, 5 + 9 * i), 20)));
      for (std::size_t m = 0; m < 3; ++m)
        for (unsigned i = 0; i < 6; ++i)
          EXPECT_EQ(Collect(*streams[m][i]).ids, alone[m][i]) << kNames[m] << " " << i << " within " << bytes;
      std::uint64_t loads = 0;
      for (const FleetRow& row : fleet->Rows()) loads += row.loads;
      EXPECT_GE(loads, 3u);
      if (bytes > 0) EXPECT_LE(fleet->bytes_used(), bytes);
      else EXPECT_EQ(loads, 3u) << "there is room for all";
    }
  }
}

/// A model and its draft are one member: their bytes count together, they come and go together.
TEST(Fleet, ADraftModelComesAndGoesWithItsModel) {
  const auto drafted = [](std::shared_ptr<Fleet> fleet) {
    EngineOptions options = Small();
    options.cache_bytes = 512 << 10;
    options.speculation = Speculation::kDraft;
    options.draft = Model("qwen3_tied");
    options.draft_always = true;
    options.fleet = std::move(fleet);
    options.name = "drafted";
    auto engine = Engine::Create(Model("qwen3_tied"), options);
    EXPECT_TRUE(engine) << engine.error().message;
    return std::move(*engine);
  };
  std::vector<std::vector<TokenId>> expected;
  const auto plain = Make("qwen3_tied", nullptr);
  for (unsigned i = 0; i < 4; ++i) expected.push_back(Collect(**plain->Submit(Greedy(Prompt(i, 9 + 9 * i), 40))).ids);
  const auto alone = drafted(nullptr);
  EXPECT_EQ(alone->Stats().weight_bytes, 2 * plain->Stats().weight_bytes);

  const auto measured = std::make_shared<Fleet>(ResidencyOptions{}, 2);
  std::uint64_t bytes = alone->Stats().weight_bytes;
  {
    const auto first = drafted(measured), other = Make("llama", measured);
    bytes += measured->bytes_used();
  }
  const auto fleet =
      std::make_shared<Fleet>(ResidencyOptions{.bytes = bytes, .quantum_s = 0.001, .quantum_loads = 0}, 2);
  const auto engine = drafted(fleet), other = Make("llama", fleet);
  EXPECT_EQ(fleet->Rows()[0].weight_bytes, alone->Stats().weight_bytes);
  std::uint64_t accepted = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const auto busy = *other->Submit(Greedy(Prompt(i, 20), 30));
    const Answer answer = Collect(**engine->Submit(Greedy(Prompt(i, 9 + 9 * i), 40)));
    EXPECT_EQ(answer.ids, expected[i]);
    accepted += answer.end.usage.accepted_tokens;
    EXPECT_EQ(Collect(*busy).ids.size(), 30u);
    EXPECT_LE(fleet->bytes_used(), fleet->bytes());
  }
  EXPECT_GT(accepted, 20u);
  EXPECT_GT(fleet->Rows()[0].loads, 1u) << "it gave way and came back";
}

TEST(Fleet, WeightsComeWhenThereIsWorkAndGoForOthers) {
  const auto fleet = std::make_shared<Fleet>(ResidencyOptions{.bytes = Least()}, 2);
  const auto first = Make(kNames[0], fleet), second = Make(kNames[1], fleet), third = Make(kNames[2], fleet);
  EXPECT_EQ(first->Stats().weight_bytes_resident, 0u);
  first->WantWeights();
  for (int i = 0; i < 2000 && first->Stats().weight_bytes_resident == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_GT(first->Stats().weight_bytes_resident, 0u);
  Collect(**second->Submit(Greedy(Prompt(1, 9), 3)));
  Collect(**third->Submit(Greedy(Prompt(1, 9), 3)));
  EXPECT_GT(third->Stats().weight_bytes_resident, 0u);
  EXPECT_EQ(first->Stats().weight_bytes_resident, 0u) << "used longest ago";
  EXPECT_LE(fleet->bytes_used(), fleet->bytes());
  EXPECT_TRUE(third->DropWeights());
  EXPECT_EQ(fleet->Rows()[2].resident, false);
  EXPECT_EQ(fleet->Pin(kNames[1], true).error().code, Code::kNoMemory) << "the others could never come";
  EXPECT_EQ(fleet->Pin("nobody", true).error().code, Code::kNotFound);
}

TEST(Fleet, WhatCannotFitIsRefused) {
  const auto small = std::make_shared<Fleet>(ResidencyOptions{.bytes = 1000}, 1);
  EngineOptions options = Small();
  options.fleet = small;
  const auto engine = Engine::Create(Model("llama"), options);
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, Code::kNoMemory);
  EXPECT_NE(engine.error().message.find("1000"), std::string::npos) << engine.error().message;
}

/// Requests that come and are cancelled at any moment, engines that go: nothing hangs, nothing is lost.
TEST(Fleet, AStorm) {
  const auto fleet =
      std::make_shared<Fleet>(ResidencyOptions{.bytes = Least(), .quantum_s = 0.002, .quantum_loads = 0}, 2);
  std::vector<std::unique_ptr<Engine>> engines;
  for (const char* name : kNames) engines.push_back(Make(name, fleet));
  std::vector<std::thread> callers;
  std::atomic<int> whole{0}, aborted{0};
  for (unsigned t = 0; t < 4; ++t)
    callers.emplace_back([&, t] {
      std::mt19937 random(t);
      for (int i = 0; i < 40; ++i) {
        auto stream = engines[random() % 3]->Submit(Greedy(Prompt(random() % 9, 1 + random() % 60), 1 + random() % 12));
        if (!stream) continue;
        if (random() % 3 == 0) (*stream)->Cancel();
        (Collect(**stream).end.reason == FinishReason::kLength ? whole : aborted)++;
        if (random() % 9 == 0) static_cast<void>(engines[random() % 3]->DropWeights());
      }
    });
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(whole + aborted, 160);
  EXPECT_GT(whole, 60);
  auto other = *fleet->Join("other", 0, 0, [] {});
  while (!other->TakeTurn(0)) std::this_thread::yield();
  const auto left = *engines[1]->Submit(Greedy(Prompt(1, 20), 200));
  engines[1].reset();  // while it has work, which cannot end without its turn
  other.reset();
  EXPECT_EQ(Collect(*left).end.reason, FinishReason::kAborted);
  EXPECT_EQ(Collect(**engines[2]->Submit(Greedy(Prompt(1, 20), 5))).ids.size(), 5u);
  EXPECT_EQ(fleet->Rows().size(), 2u);
}

}  // namespace
}  // namespace yun::engine
