// An engine whose cached blocks go to disk and come back: its answers stay what they were, and are cheaper.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "engine/model/packed_model.h"
#include "engine/tiny_engine.h"

namespace yun::engine {
namespace {
namespace fs = std::filesystem;

constexpr std::uint64_t kBound = 64u << 20;
constexpr std::uint32_t kPromptTokens = 100, kWhole = 96;  // of these in whole blocks

std::shared_ptr<KvDisk> Disk(const TemporaryFolder& folder, bool sealed = false) {
  KvDiskOptions options;
  options.folder = folder.path / "kv";
  options.bytes_max = kBound;
  options.read_always = true;
  if (sealed) options.key = cipher::Key({1, 2, 3});
  auto disk = KvDisk::Open(options);
  EXPECT_TRUE(disk) << disk.error().message;
  return *disk;
}

EngineOptions With(std::shared_ptr<KvDisk> disk) {
  EngineOptions options = Small();
  options.deterministic = true;
  options.name = "m";
  options.kv_disk = std::move(disk);
  return options;
}

std::unique_ptr<Engine> Make(const EngineOptions& options, const char* name = "qwen3_tied") {
  auto engine = Engine::Create(Model(name), options);
  EXPECT_TRUE(engine) << engine.error().message;
  return std::move(*engine);
}

struct Told {
  std::vector<TokenId> ids;
  std::vector<float> logprobs;
  std::uint64_t cached = 0;
  FinishReason reason = FinishReason::kNone;
  /// The answer alone.
  bool operator==(const Told& other) const { return ids == other.ids && logprobs == other.logprobs; }
};

GenerateRequest Conversation(unsigned seed, std::uint64_t salt = 0) {
  GenerateRequest request = Greedy(Prompt(seed, kPromptTokens), 20);
  request.logprobs = 0;
  request.cache_salt = salt;
  return request;
}

Told Hear(Stream& stream) {
  Told told;
  while (true) {
    stream.Wait();
    for (const TokenEvent& event : stream.Take()) {
      told.ids.push_back(event.id);
      told.logprobs.push_back(event.logprob);
    }
    if (const auto end = stream.Ended()) {
      told.cached = end->usage.cached_tokens;
      told.reason = end->reason;
      return told;
    }
  }
}

Told Ask(Engine& engine, unsigned seed, std::uint64_t salt = 0) {
  auto stream = engine.Submit(Conversation(seed, salt));
  EXPECT_TRUE(stream) << stream.error().message;
  return Hear(**stream);
}

TEST(KvTier, AnswersSurviveARestartBitByBit) {
  const auto alone = Make(With(nullptr));
  std::vector<Told> expected;
  for (unsigned i = 0; i < 4; ++i) expected.push_back(Ask(*alone, i));
  for (const bool sealed : {false, true}) {
    TemporaryFolder folder;
    for (int round = 0; round < 3; ++round) {
      const auto disk = Disk(folder, sealed);
      const auto engine = Make(With(disk));
      for (unsigned i = 0; i < 4; ++i) {
        const Told told = Ask(*engine, i);
        EXPECT_EQ(told, expected[i]) << round;
        EXPECT_EQ(told.cached, round == 0 ? 0 : kWhole) << round;
      }
      ASSERT_TRUE(disk->Flush(60));
      const KvDiskStats stats = engine->Stats().kv_disk;
      EXPECT_EQ(stats.blocks, 4u * 7) << "of prompt and answer";
      EXPECT_EQ(stats.written, round == 0 ? 4u * 7 : 0u);
      EXPECT_EQ(stats.read, round == 0 ? 0u : 4u * kWhole / kBlockTokens);
      EXPECT_EQ(stats.hits, stats.read);
    }
  }
}

TEST(KvTier, WhatMemoryHasNoRoomForComesBack) {
  TemporaryFolder folder;
  const auto disk = Disk(folder);
  EngineOptions options = With(disk);
  options.cache_bytes = 256 << 10;
  const auto engine = Make(options), alone = Make(With(nullptr));
  const std::uint64_t blocks = engine->Stats().cache_blocks;
  const auto conversations = static_cast<unsigned>(3 * blocks / 7);
  for (int round = 0; round < 2; ++round) {
    for (unsigned i = 0; i < conversations; ++i) {
      const Told told = Ask(*engine, i);
      EXPECT_GE(told.cached, round == 1 ? kWhole : 0) << i;
      EXPECT_EQ(told, Ask(*alone, i)) << i;
      ASSERT_TRUE(disk->Flush(60));
    }
  }
  while (engine->Stats().cache_blocks_used > 0) std::this_thread::yield();
  EXPECT_GT(engine->Stats().kv_disk.read, 0u);
}

TEST(KvTier, SaltsAndWaysOfComputingAreKeptApart) {
  TemporaryFolder folder;
  {
    const auto disk = Disk(folder);
    Ask(*Make(With(disk)), 0, 7);
  }
  const auto disk = Disk(folder);
  {
    const auto engine = Make(With(disk));
    EXPECT_EQ(Ask(*engine, 0, 8).cached, 0u);
    EXPECT_EQ(Ask(*engine, 0, 7).cached, kWhole);
  }
  EngineOptions other = With(disk);
  other.deterministic = false;
  EXPECT_EQ(Ask(*Make(other), 0, 7).cached, 0u);
  other = With(disk);
  other.cache_type = CacheType::kBF16;
  EXPECT_EQ(Ask(*Make(other), 0, 7).cached, 0u);
  other = With(disk);
  other.name = "another";
  EXPECT_EQ(Ask(*Make(other), 0, 7).cached, 0u);
  EXPECT_EQ(Ask(*Make(With(disk), "llama"), 0, 7).cached, 0u);
  EXPECT_EQ(Ask(*Make(With(disk)), 0, 7).cached, kWhole);
}

TEST(KvTier, WhatIsDamagedIsComputed) {
  TemporaryFolder folder;
  Told expected;
  {
    const auto disk = Disk(folder);
    expected = Ask(*Make(With(disk)), 0);
  }
  const auto disk = Disk(folder);
  const auto engine = Make(With(disk));
  for (const auto& entry : fs::recursive_directory_iterator(folder.path)) {
    if (entry.path().extension() != ".kv") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    std::vector<char> page(kKvPageBytes);
    file.read(page.data(), kKvPageBytes);
    const auto head = ParseKvSegment(std::as_bytes(std::span(page)), "test");
    ASSERT_TRUE(head);
    file.seekp(static_cast<std::streamoff>(head->SlotOffset(3)));
    file << "damage";
  }
  const Told told = Ask(*engine, 0);
  EXPECT_EQ(told, expected);
  EXPECT_EQ(told.cached, 3 * kBlockTokens);
  EXPECT_EQ(engine->Stats().kv_disk.damaged, 1u);
}

TEST(KvTier, ADiskThatHangsIsNotWaitedForLong) {
  TemporaryFolder folder;
  std::vector<Told> expected;
  {
    const auto disk = Disk(folder);
    const auto engine = Make(With(disk));
    for (unsigned i = 0; i < 3; ++i) expected.push_back(Ask(*engine, i));
  }
  const auto disk = Disk(folder);
  const auto engine = Make(With(disk));
  std::vector<fs::path> segments;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path))
    if (entry.path().extension() == ".kv") segments.push_back(entry.path());
  ASSERT_EQ(segments.size(), 1u);
  fs::remove(segments[0]);
  ASSERT_EQ(::mkfifo(segments[0].c_str(), 0600), 0);  // whoever opens it waits
  for (unsigned i = 0; i < 3; ++i) {
    const Told told = Ask(*engine, i);
    EXPECT_EQ(told, expected[i]);
    EXPECT_EQ(told.cached, 0u);
  }
  EXPECT_EQ(engine->Stats().kv_disk.read, 0u);
  const int woken = ::open(segments[0].c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_GE(woken, 0);
  ::close(woken);
  while (engine->Stats().cache_blocks_used > 0) std::this_thread::yield();  // it gives the blocks back by itself
  EXPECT_EQ(Ask(*engine, 0), expected[0]);
}

TEST(KvTier, ComesBackInAFleetToo) {
  TemporaryFolder folder;
  for (int round = 0; round < 2; ++round) {
    const auto disk = Disk(folder);
    const auto fleet = std::make_shared<Fleet>(ResidencyOptions{}, 2);
    std::vector<std::unique_ptr<Engine>> engines;
    std::vector<std::shared_ptr<Stream>> streams;
    for (const char* name : {"qwen3_tied", "llama"}) {
      EngineOptions options = With(disk);
      options.fleet = fleet;
      options.name = name;
      engines.push_back(Make(options, name));
      for (unsigned i = 0; i < 6; ++i) streams.push_back(*engines.back()->Submit(Conversation(i)));
    }
    for (const auto& stream : streams) EXPECT_EQ(Hear(*stream).cached, round == 0 ? 0 : kWhole);
  }
}

TEST(KvTier, WaitingRequestsAreCancelledAndEnginesStopped) {
  TemporaryFolder folder;
  {
    const auto disk = Disk(folder);
    const auto engine = Make(With(disk));
    for (unsigned i = 0; i < 12; ++i) Ask(*engine, i);
  }
  const auto alone = Make(With(nullptr));
  std::vector<Told> expected;
  for (unsigned i = 0; i < 12; ++i) expected.push_back(Ask(*alone, i));
  const auto disk = Disk(folder);
  for (unsigned round = 0; round < 20; ++round) {
    EngineOptions options = With(disk);
    options.cache_bytes = 512 << 10;
    const auto engine = Make(options);
    std::vector<std::shared_ptr<Stream>> streams;
    for (unsigned i = 0; i < 24; ++i) {
      GenerateRequest request = Conversation(i % 12);
      if (i % 5 == 4) request.timeout_s = 0.001;
      streams.push_back(*engine->Submit(std::move(request)));
      if (i % 3 == round % 3) streams.back()->Cancel();
      if (i % 7 == 0) std::this_thread::yield();
    }
    if (round % 4 == 3) continue;  // the engine goes while they wait
    for (unsigned i = 0; i < 24; ++i) {
      const Told told = Hear(*streams[i]);
      if (told.reason == FinishReason::kLength) EXPECT_EQ(told, expected[i % 12]) << round << " " << i;
      else EXPECT_TRUE(told.reason == FinishReason::kAborted || told.reason == FinishReason::kTimeout);
    }
    while (engine->Stats().cache_blocks_used > 0) std::this_thread::yield();  // what nobody waits for is read to an end
  }
}

TEST(KvTier, ADraftModelHasNone) {
  TemporaryFolder folder;
  const auto disk = Disk(folder);
  EngineOptions options = With(disk);
  options.speculation = Speculation::kDraft;
  options.draft = Model("qwen3_tied");
  const auto engine = Make(options);
  Ask(*engine, 0);
  ASSERT_TRUE(disk->Flush(60));
  EXPECT_EQ(engine->Stats().kv_disk.blocks, 0u);
}

}  // namespace
}  // namespace yun::engine
