// An engine whose weights come from a packed file, are given back, and come again: its answers stay what they were.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "engine/model/packed_model.h"
#include "engine/tiny_engine.h"

namespace yun::engine {
namespace {
namespace fs = std::filesystem;

std::vector<TokenId> Ask(Engine& engine, unsigned seed, std::uint32_t tokens = 20) {
  auto stream = engine.Submit(Greedy(Prompt(seed, 20 + seed % 30), tokens));
  EXPECT_TRUE(stream) << stream.error().message;
  return Collect(**stream).ids;
}

std::vector<std::vector<TokenId>> Expected(const std::shared_ptr<const Checkpoint>& checkpoint, unsigned count,
                                           EngineOptions options = Small()) {
  options.packed = {};
  const auto engine = *Engine::Create(checkpoint, options);
  std::vector<std::vector<TokenId>> answers;
  for (unsigned i = 0; i < count; ++i) answers.push_back(Ask(*engine, i));
  return answers;
}

TEST(PackedEngine, AnswersAsTheModelItself) {
  TemporaryFolder folder;
  const auto checkpoint = FiledModel("model.gguf");
  const auto expected = Expected(checkpoint, 4);
  EngineOptions options = Small();
  options.packed = {folder.path, "m"};
  for (int round = 0; round < 4; ++round) {
    const auto engine = *Engine::Create(checkpoint, options);
    for (unsigned i = 0; i < 4; ++i) EXPECT_EQ(Ask(*engine, i), expected[i]) << round;
    engine->WaitSettled();
    const auto list = ListPacked(folder.path);
    ASSERT_EQ(list.size(), 1u);
    if (round == 2) {  // the last start finds it damaged
      std::fstream out(list[0].path, std::ios::binary | std::ios::in | std::ios::out);
      for (int at = 1; at < 4; ++at) {
        out.seekp(static_cast<std::streamoff>(list[0].bytes - at * kPackedChunkBytes));
        out << "damage";
      }
    }
  }
}

TEST(PackedEngine, DroppedWeightsComeBackAndTheCachesStay) {
  for (const bool packed : {true, false}) {
    TemporaryFolder folder;
    const auto checkpoint = FiledModel("model.gguf");
    EngineOptions options = Small();
    if (packed) options.packed = {folder.path, "m"};
    const auto expected = Expected(checkpoint, 3);
    const auto engine = *Engine::Create(checkpoint, options);
    EXPECT_EQ(Ask(*engine, 0), expected[0]);
    EXPECT_EQ(engine->Stats().weight_loads, 1u);
    const std::uint64_t bytes = engine->Stats().weight_bytes;
    EXPECT_EQ(engine->Stats().weight_bytes_resident, bytes);
    EXPECT_GT(bytes, 4u << 20);
    for (unsigned i = 0; i < 3; ++i) {
      ASSERT_TRUE(engine->DropWeights());
      EXPECT_TRUE(engine->DropWeights());  // twice is as good as once
      EXPECT_EQ(engine->Stats().weight_bytes_resident, 0u);
      EXPECT_EQ(engine->Stats().weight_bytes, bytes);
      EXPECT_GT(engine->Stats().cache_blocks_cached, 0u);
      const std::uint64_t hits = engine->Stats().cache_hit_tokens;
      EXPECT_EQ(Ask(*engine, i), expected[i]);
      EXPECT_GE(engine->Stats().cache_hit_tokens, hits + (i == 0 ? 16 : 0));
      EXPECT_GT(engine->Stats().weight_bytes_resident, 4u << 20);
      EXPECT_EQ(engine->Stats().weight_loads, i + 2);
    }
    EXPECT_EQ(ListPacked(folder.path).size(), packed ? 1u : 0u);
  }
}

TEST(PackedEngine, WeightsInUseAreNotDropped) {
  const auto engine = *Engine::Create(FiledModel("model.gguf"), Small());
  auto stream = *engine->Submit(Greedy(Prompt(1, 20), 200));
  EXPECT_EQ(engine->DropWeights().error().code, Code::kUnavailable);
  EXPECT_EQ(Collect(*stream).ids.size(), 200u);
}

TEST(PackedEngine, AStormOfDropsChangesNoAnswer) {
  TemporaryFolder folder;
  const auto checkpoint = FiledModel("model.gguf");
  EngineOptions options = Small();
  options.deterministic = true;  // whatever shares a step
  const auto expected = Expected(checkpoint, 8, options);
  options.packed = {folder.path, "m"};
  const auto engine = *Engine::Create(checkpoint, options);
  std::atomic<bool> done{false};
  std::atomic<int> drops{0};
  std::thread dropper([&] {
    while (!done) drops += engine->DropWeights().has_value();
  });
  std::vector<std::thread> askers;
  for (unsigned t = 0; t < 3; ++t)
    askers.emplace_back([&, t] {
      for (unsigned i = 0; i < 10; ++i) EXPECT_EQ(Ask(*engine, (t + i) % 8), expected[(t + i) % 8]);
    });
  for (auto& asker : askers) asker.join();
  done = true;
  dropper.join();
  for (unsigned i = 0; i < 4; ++i) {  // one that is sure to have been dropped
    ASSERT_TRUE(engine->DropWeights());
    EXPECT_EQ(Ask(*engine, i), expected[i]);
  }
  EXPECT_GE(engine->Stats().weight_loads, 5u);
}

TEST(PackedEngine, ADraftModelIsDroppedAndComesBackToo) {
  TemporaryFolder folder;
  EngineOptions options = Small();
  const auto checkpoint = FiledModel("model.gguf"), draft = FiledModel("draft.gguf", 2);
  const auto expected = Expected(checkpoint, 3);
  options.speculation = Speculation::kDraft;
  options.draft = draft;
  options.draft_always = true;
  options.packed = {folder.path, "m"};
  const auto engine = *Engine::Create(checkpoint, options);
  for (unsigned i = 0; i < 3; ++i) {
    EXPECT_EQ(Ask(*engine, i), expected[i]);
    ASSERT_TRUE(engine->DropWeights());
    EXPECT_EQ(engine->Stats().weight_bytes_resident, 0u);
  }
  EXPECT_EQ(ListPacked(folder.path).size(), 2u);
  EXPECT_GT(engine->Stats().accepted_tokens, 0u);
}

TEST(PackedEngine, AModelFileThatIsCutIsNoticedAndServesAgainWhenPutBack) {
  for (const bool packed : {true, false}) {
    TemporaryFolder folder;
    const fs::path model = folder.path / "model", weights = model / "model.safetensors", copy = folder.path / "copy";
    fs::copy(YUN_SOURCE_DIR "/tests/golden/models/qwen2_untied", model);  // embeddings are looked up in the file
    fs::copy_file(weights, copy);
    fs::last_write_time(copy, fs::last_write_time(weights));
    std::shared_ptr<const Checkpoint> checkpoint = *Checkpoint::Open(model);
    EngineOptions options = Small();
    if (packed) options.packed = {folder.path / "packed", "m"};
    const auto engine = *Engine::Create(checkpoint, options);
    const auto expected = Ask(*engine, 1);
    engine->WaitSettled();
    const auto fails = [&] {
      const Answer answer = Collect(**engine->Submit(Greedy(Prompt(2, 20), 20)));
      EXPECT_EQ(answer.end.reason, FinishReason::kError);
      EXPECT_EQ(answer.end.error.code, Code::kUnavailable);
      EXPECT_NE(answer.end.error.message.find("model.safetensors"), std::string::npos) << answer.end.error.message;
      EXPECT_FALSE(engine->Stats().weight_error.empty());
    };
    fs::resize_file(weights, 4096);
    fails();  // while it computes
    EXPECT_EQ(engine->Stats().weight_bytes_resident, 0u);
    fails();  // when they are to come back
    fs::remove(weights);
    fails();
    fs::copy_file(folder.path / "copy", weights);
    fails();  // as long, of another time: perhaps another model
    fs::last_write_time(weights, fs::last_write_time(copy));
    EXPECT_EQ(Ask(*engine, 1), expected);
    EXPECT_TRUE(engine->Stats().weight_error.empty());
    ASSERT_TRUE(engine->DropWeights());
    fs::rename(weights, folder.path / "moved");
    EXPECT_EQ(engine->WantWeights().error().code, Code::kUnavailable);
    fs::rename(folder.path / "moved", weights);
    EXPECT_TRUE(engine->WantWeights());
    EXPECT_GT(engine->Stats().weight_bytes_resident, 0u);
    EXPECT_EQ(Ask(*engine, 1), expected);
  }
}

TEST(PackedEngine, ReleasedWeightsGoWhenTheWorkIsDone) {
  const auto engine = *Engine::Create(FiledModel("model.gguf"), Small());
  auto stream = *engine->Submit(Greedy(Prompt(1, 20), 200));
  EXPECT_FALSE(*engine->ReleaseWeights());
  EXPECT_TRUE(engine->Stats().weights_leave);
  EXPECT_EQ(Collect(*stream).ids.size(), 200u);
  for (int i = 0; i < 2000 && engine->Stats().weights_leave; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(engine->Stats().weight_bytes_resident, 0u);
  EXPECT_EQ(Ask(*engine, 1, 5).size(), 5u);
  EXPECT_TRUE(*engine->ReleaseWeights()) << "at once";
  EXPECT_EQ(engine->Stats().weight_bytes_resident, 0u);
}

}  // namespace
}  // namespace yun::engine
