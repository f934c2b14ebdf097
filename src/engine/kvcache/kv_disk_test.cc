#include "engine/kvcache/kv_disk.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <thread>

#include "base/check.h"
#include "base/file.h"
#include "cipher/key_file.h"
#include "engine/kvcache/block_pool.h"

namespace yun::engine {
namespace {
namespace fs = std::filesystem;

constexpr std::uint64_t kBlock = 5000;  // bytes: not whole pages
constexpr std::uint64_t kStride = 8192;

using Block = std::vector<unsigned char>;

class KvDiskTest : public testing::TestWithParam<bool> {  // sealed
 protected:
  KvDiskTest() {
    std::string name = (fs::temp_directory_path() / "yun_kv_XXXXXX").string();
    CHECK(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
  }
  ~KvDiskTest() override {
    std::error_code ec;
    fs::remove_all(folder_, ec);
  }

  KvDiskOptions Options(std::uint64_t bytes_max = 64u << 20) const {
    KvDiskOptions options;
    options.folder = folder_;
    options.bytes_max = bytes_max;
    if (GetParam()) options.key = KeyOf(7);
    return options;
  }
  static cipher::Key KeyOf(unsigned char byte) {
    std::array<unsigned char, cipher::kKeyBytes> bytes;
    bytes.fill(byte);
    return cipher::Key(bytes);
  }
  std::shared_ptr<KvDisk> Open(const KvDiskOptions& options) {
    auto disk = KvDisk::Open(options);
    EXPECT_TRUE(disk) << disk.error().message;
    return *disk;
  }
  static KvDisk::StoreId Join(KvDisk& disk, std::string_view what = "weights", std::string_view model = "m") {
    const auto id = disk.Join(what, model, kBlock);
    EXPECT_TRUE(id) << id.error().message;
    return *id;
  }
  /// Of a conversation's first blocks.
  static std::vector<KvKey> Keys(const KvDisk& disk, KvDisk::StoreId store, int conversation, int count,
                                 std::uint64_t salt = 1) {
    std::vector<KvKey> keys;
    KvKey key = disk.RootKey(store, salt);
    for (int i = 0; i < count; ++i) {
      std::vector<std::int32_t> tokens(kBlockTokens, conversation);
      tokens[0] = i;
      keys.push_back(key = disk.NextKey(key, tokens));
    }
    return keys;
  }
  static Block Content(int conversation, int i) {
    Block block(kBlock);
    for (std::size_t at = 0; at < block.size(); ++at)
      block[at] = static_cast<unsigned char>(at * 7 + at / 256 + static_cast<std::size_t>(conversation * 31 + i * 3));
    return block;
  }
  static void PutAll(KvDisk& disk, KvDisk::StoreId store, int conversation, int count) {
    const auto keys = Keys(disk, store, conversation, count);
    for (int i = 0; i < count; ++i) {
      const Block block = Content(conversation, i);
      while (!disk.Put(store, keys[static_cast<std::size_t>(i)], block.data())) std::this_thread::yield();
    }
  }
  /// How many blocks of a conversation come back; each is right.
  static std::uint32_t ReadBack(KvDisk& disk, KvDisk::StoreId store, int conversation, int count) {
    auto read = std::make_shared<KvRead>();
    read->store = store;
    read->keys = Keys(disk, store, conversation, count);
    std::vector<Block> blocks(static_cast<std::size_t>(count), Block(kBlock));
    for (Block& block : blocks) read->out.push_back(block.data());
    std::atomic<bool> told{false};
    read->done = [&told] { told = true; };
    disk.Start(read);
    while (!told) std::this_thread::yield();
    disk.Cancel(read);
    EXPECT_TRUE(read->finished);
    const std::uint32_t got = read->blocks;
    for (std::uint32_t i = 0; i < got; ++i)
      EXPECT_EQ(blocks[i], Content(conversation, static_cast<int>(i))) << conversation << " " << i;
    return got;
  }
  std::vector<fs::path> Segments() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_))
      if (entry.path().extension() == ".kv") found.push_back(entry.path());
    return found;
  }
  std::uint64_t BytesOnDisk() const {
    std::uint64_t bytes = 0;
    for (const fs::path& path : Segments()) bytes += fs::file_size(path);
    return bytes;
  }

  fs::path folder_;
};
INSTANTIATE_TEST_SUITE_P(PlainAndSealed, KvDiskTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "sealed" : "plain"; });

TEST_P(KvDiskTest, GivesBackWhatWasPutAlsoAfterARestart) {
  for (int round = 0; round < 3; ++round) {
    const auto disk = Open(Options());
    const auto store = Join(*disk);
    EXPECT_EQ(disk->Stats(store).blocks, round == 0 ? 0u : 20u + 5u * static_cast<unsigned>(round - 1));
    if (round == 0) PutAll(*disk, store, 0, 20);
    else PutAll(*disk, store, round, 5);
    ASSERT_TRUE(disk->Flush(60));
    EXPECT_EQ(ReadBack(*disk, store, 0, 25), 20u);
    for (int i = 1; i <= round; ++i) EXPECT_EQ(ReadBack(*disk, store, i, 5), 5u);
    EXPECT_EQ(disk->Find(store, Keys(*disk, store, 0, 25)), 20u);
    EXPECT_EQ(disk->Find(store, Keys(*disk, store, 0, 25, 2)), 0u) << "another salt";
    EXPECT_EQ(disk->Stats(store).bytes, BytesOnDisk());
    EXPECT_GT(disk->ReadSeconds(1 << 20), 0);
  }
}

TEST_P(KvDiskTest, WhatIsStagedAtTheEndIsWritten) {
  {
    const auto disk = Open(Options());
    PutAll(*disk, Join(*disk), 0, 200);
  }
  const auto disk = Open(Options());
  EXPECT_EQ(ReadBack(*disk, Join(*disk), 0, 200), 200u);
}

TEST_P(KvDiskTest, ModelsAndWaysOfComputingAreKeptApart) {
  const auto disk = Open(Options());
  const auto one = Join(*disk), two = Join(*disk, "other weights"), named = Join(*disk, "weights", "n");
  EXPECT_EQ(Join(*disk), one);
  PutAll(*disk, one, 0, 4);
  ASSERT_TRUE(disk->Flush(60));
  EXPECT_EQ(disk->Find(two, Keys(*disk, two, 0, 4)), 0u);
  EXPECT_EQ(disk->Find(named, Keys(*disk, named, 0, 4)), 0u);
  EXPECT_EQ(disk->Find(two, Keys(*disk, one, 0, 4)), 0u);
  EXPECT_FALSE(disk->Join("weights", "huge", kKvBlockBytesMax + 1));
}

TEST_P(KvDiskTest, AnyDamageIsNoticedAndOnlyItsBlockIsLost) {
  constexpr int kCount = 3;
  const std::vector<std::string> regions = {"header", "entry 1", "block 1", "end of block 1", "cut", "table", "none"};
  for (const std::string& region : regions) {
    fs::remove_all(folder_);
    {
      const auto disk = Open(Options());
      PutAll(*disk, Join(*disk), 0, kCount);
    }
    const auto segments = Segments();
    ASSERT_EQ(segments.size(), 1u);
    std::ifstream in(segments[0], std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    const auto head = ParseKvSegment(std::as_bytes(std::span(bytes)), "test");
    ASSERT_TRUE(head);
    EXPECT_EQ(head->stride(), kStride);
    const auto flip = [&](std::uint64_t at) { bytes[at] = static_cast<char>(bytes[at] ^ 0x10); };
    std::uint32_t left = 1;
    if (region == "header") flip(100), left = 0;
    else if (region == "entry 1") flip(KvSegment::EntryOffset(1) + 20);
    else if (region == "block 1") flip(head->SlotOffset(1));
    else if (region == "end of block 1") flip(head->SlotOffset(1) + kBlock - 1);
    else if (region == "cut") bytes.resize(head->SlotOffset(1) + 100);
    else if (region == "table") bytes.resize(KvSegment::EntryOffset(1) + 3), left = 0;
    else left = kCount;
    std::ofstream(segments[0], std::ios::binary | std::ios::trunc) << bytes;
    const auto disk = Open(Options());
    const auto store = Join(*disk);
    EXPECT_EQ(ReadBack(*disk, store, 0, kCount), left) << region;
    PutAll(*disk, store, 0, kCount);  // what was lost is computed and written again
    ASSERT_TRUE(disk->Flush(60));
    EXPECT_EQ(ReadBack(*disk, store, 0, kCount), kCount) << region;
  }
}

TEST_P(KvDiskTest, EveryFlippedByteOfTheHeadIsNoticed) {
  KvSegment segment;
  segment.block_bytes = kBlock;
  segment.slots = 2;
  segment.model = "m";
  std::string page = SerializeKvSegment(segment);
  KvEntry entry{1, {}, {}};
  entry.key.fill(3);
  const KvEntryBytes right = SerializeKvEntry(segment, entry);
  std::vector<std::byte> table(segment.table_bytes());
  std::memcpy(table.data() + right.size(), right.data(), right.size());
  ASSERT_EQ(ParseKvTable(segment, table, 1u << 20).size(), 1u);
  EXPECT_EQ(ParseKvTable(segment, table, segment.SlotOffset(1) + kBlock - 1).size(), 0u) << "beyond the file";
  for (std::size_t i = 0; i < 328; ++i) {
    page[i] = static_cast<char>(page[i] ^ 1);
    EXPECT_FALSE(ParseKvSegment(std::as_bytes(std::span(page)), "test")) << i;
    page[i] = static_cast<char>(page[i] ^ 1);
  }
  for (std::size_t i = right.size(); i < table.size(); ++i) {
    table[i] ^= std::byte{1};
    EXPECT_EQ(ParseKvTable(segment, table, 1u << 20).size(), 0u) << i;
    table[i] ^= std::byte{1};
  }
  std::swap_ranges(table.begin(), table.begin() + 40, table.begin() + 40);
  EXPECT_EQ(ParseKvTable(segment, table, 1u << 20).size(), 0u) << "in another slot";
}

TEST_P(KvDiskTest, StaysWithinItsBoundAndKeepsWhatIsUsed) {
  constexpr std::uint64_t kBound = 8u << 20;
  const auto disk = Open(Options(kBound));
  const auto store = Join(*disk);
  PutAll(*disk, store, 0, 10);
  for (int i = 1; i <= 40; ++i) {  // each about 0.4 MB
    PutAll(*disk, store, i, 50);
    ASSERT_TRUE(disk->Flush(60));
    ASSERT_EQ(ReadBack(*disk, store, 0, 10), 10u) << i;
    EXPECT_LE(BytesOnDisk(), kBound);
  }
  const KvDiskStats stats = disk->Stats(store);
  EXPECT_EQ(stats.bytes, BytesOnDisk());
  EXPECT_EQ(stats.written, 2010u);
  EXPECT_EQ(stats.blocks + stats.evicted, 2010u);
  EXPECT_GT(stats.evicted, 900u);
  EXPECT_EQ(ReadBack(*disk, store, 4, 50), 0u);  // those before share a file with what is used
  EXPECT_EQ(ReadBack(*disk, store, 40, 50), 50u);
}

TEST_P(KvDiskTest, TheBoundHoldsForAllModelsAndForThoseNotServedNow) {
  constexpr std::uint64_t kBound = 4u << 20;
  {
    const auto disk = Open(Options(kBound));
    PutAll(*disk, Join(*disk, "one"), 0, 400);
  }
  const auto disk = Open(Options(kBound));
  const auto two = Join(*disk, "two"), three = Join(*disk, "three");
  PutAll(*disk, two, 0, 200);
  PutAll(*disk, three, 0, 200);
  ASSERT_TRUE(disk->Flush(60));
  EXPECT_LE(BytesOnDisk(), kBound);
  EXPECT_GT(ReadBack(*disk, three, 0, 200), 100u);
}

TEST_P(KvDiskTest, AnotherKeyFindsNothing) {
  {
    const auto disk = Open(Options());
    PutAll(*disk, Join(*disk), 0, 4);
  }
  KvDiskOptions other = Options();
  other.key = KeyOf(8);
  {
    const auto disk = Open(other);
    const auto store = Join(*disk);
    EXPECT_EQ(ReadBack(*disk, store, 0, 4), 0u);
    PutAll(*disk, store, 0, 4);
  }
  const auto disk = Open(Options());
  EXPECT_EQ(ReadBack(*disk, Join(*disk), 0, 4), 4u) << "the first one's are still there";
}

TEST_P(KvDiskTest, BlocksAreSealedWithAKeyAlone) {
  const std::string secret = "what the user said, as keys and values";
  {
    const auto disk = Open(Options());
    const auto store = Join(*disk);
    Block block(kBlock);
    std::memcpy(block.data() + 100, secret.data(), secret.size());
    EXPECT_TRUE(disk->Put(store, Keys(*disk, store, 0, 1)[0], block.data()));
  }
  const std::string bytes = *ReadFile(Segments().at(0), 1u << 30);
  EXPECT_EQ(bytes.find(secret) == std::string::npos, GetParam());
  EXPECT_EQ(fs::status(Segments()[0]).permissions() & (fs::perms::group_all | fs::perms::others_all), fs::perms::none);
}

TEST_P(KvDiskTest, OneProcessAtATime) {
  const auto disk = Open(Options());
  const auto second = KvDisk::Open(Options());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kUnavailable);
  PutAll(*disk, Join(*disk), 0, 1);
  ASSERT_TRUE(disk->Flush(60));
  EXPECT_EQ(RemoveKv(folder_, "").error().code, Code::kUnavailable);
}

TEST_P(KvDiskTest, ListsAndRemoves) {
  {
    const auto disk = Open(Options());
    PutAll(*disk, Join(*disk, "w", "first"), 0, 3);
    PutAll(*disk, Join(*disk, "w", "second"), 0, 4);
  }
  auto list = ListKv(folder_);
  ASSERT_EQ(list.size(), 2u);
  std::ranges::sort(list, {}, &KvInfo::model);
  EXPECT_EQ(list[0].model, "first");
  EXPECT_EQ(list[0].blocks, 3u);
  EXPECT_EQ(list[0].sealed, GetParam());
  EXPECT_EQ(list[0].bytes + list[1].bytes, BytesOnDisk());
  EXPECT_EQ(RemoveKv(folder_, "nobody")->files, 0u);
  EXPECT_EQ(RemoveKv(folder_, "first")->files, 1u);
  EXPECT_EQ(ListKv(folder_).size(), 1u);
  EXPECT_EQ(RemoveKv(folder_, "")->files, 1u);
  EXPECT_EQ(RemoveKv(folder_, "")->files, 0u);
}

/// No file may grow beyond what there is: as with a full disk, but for the message.
class FullDisk {
 public:
  FullDisk() : before_(::signal(SIGXFSZ, SIG_IGN)) {
    CHECK(::getrlimit(RLIMIT_FSIZE, &unlimited_) == 0);
    rlimit limit = unlimited_;
    limit.rlim_cur = 1000;
    CHECK(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FullDisk() {
    CHECK(::setrlimit(RLIMIT_FSIZE, &unlimited_) == 0);
    ::signal(SIGXFSZ, before_);
  }

 private:
  rlimit unlimited_{};
  void (*before_)(int);
};

TEST_P(KvDiskTest, AFullDiskIsNoticedAndTriedAgain) {
  KvDiskOptions options = Options();
  options.retry_seconds = 0;
  const auto disk = Open(options);
  const auto store = Join(*disk);
  PutAll(*disk, store, 0, 4);
  ASSERT_TRUE(disk->Flush(60));
  {
    const FullDisk full;
    PutAll(*disk, store, 1, 4);
    ASSERT_TRUE(disk->Flush(60));
  }
  EXPECT_EQ(disk->Stats(store).write_errors, 4u);
  EXPECT_EQ(disk->Stats(store).skipped, 4u);
  EXPECT_EQ(ReadBack(*disk, store, 0, 4), 4u) << "what was there is still served";
  EXPECT_EQ(ReadBack(*disk, store, 1, 4), 0u);
  PutAll(*disk, store, 1, 4);
  ASSERT_TRUE(disk->Flush(60));
  EXPECT_EQ(ReadBack(*disk, store, 1, 4), 4u);
  EXPECT_EQ(disk->Stats(store).bytes, BytesOnDisk());
}

TEST_P(KvDiskTest, AfterAFailureNothingIsTakenForAWhile) {
  KvDiskOptions options = Options();
  options.retry_seconds = 3600;
  const auto disk = Open(options);
  const auto store = Join(*disk);
  const auto keys = Keys(*disk, store, 0, 2);
  const Block block = Content(0, 0);
  {
    const FullDisk full;
    EXPECT_TRUE(disk->Put(store, keys[0], block.data()));
    ASSERT_TRUE(disk->Flush(60));
  }
  EXPECT_EQ(disk->Stats(store).write_errors, 1u);
  EXPECT_FALSE(disk->Put(store, keys[1], block.data()));
  EXPECT_EQ(disk->Stats(store).write_errors, 1u);
}

TEST_P(KvDiskTest, StagingIsBounded) {
  KvDiskOptions options = Options();
  options.staging_bytes = 4 * kBlock;
  const auto disk = Open(options);
  const auto store = Join(*disk);
  const auto keys = Keys(*disk, store, 0, 2000);
  std::uint32_t taken = 0;
  for (int i = 0; i < 2000; ++i) {
    const Block block = Content(0, i);
    if (disk->Put(store, keys[static_cast<std::size_t>(i)], block.data())) ++taken;
  }
  ASSERT_TRUE(disk->Flush(60));
  EXPECT_GE(taken, 4u);
  EXPECT_EQ(disk->Stats(store).written, taken);
}

TEST_P(KvDiskTest, ThreadsPutFindReadAndCancel) {
  const auto disk = Open(Options(16u << 20));
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      const auto store = Join(*disk, fmt::format("w{}", t % 2));
      for (int i = 0; i < 30; ++i) {
        PutAll(*disk, store, 100 * t + i, 10);
        ReadBack(*disk, store, 100 * t + i / 2, 12);
        auto read = std::make_shared<KvRead>();
        read->store = store;
        read->keys = Keys(*disk, store, 100 * t, 10);
        std::vector<Block> blocks(10, Block(kBlock));
        for (Block& block : blocks) read->out.push_back(block.data());
        disk->Start(read);
        disk->Cancel(read);  // nothing is written to `blocks` from here on
        static_cast<void>(disk->Stats(store));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(disk->Flush(60));
}

}  // namespace
}  // namespace yun::engine
