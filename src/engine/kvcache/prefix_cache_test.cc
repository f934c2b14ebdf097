#include "engine/kvcache/prefix_cache.h"

#include <gtest/gtest.h>

#include <numeric>

namespace yun::engine {
namespace {

std::vector<std::int32_t> Tokens(std::size_t count, std::int32_t first = 0) {
  std::vector<std::int32_t> tokens(count);
  std::iota(tokens.begin(), tokens.end(), first);
  return tokens;
}

class PrefixCacheTest : public testing::Test {
 protected:
  /// As a sequence does: takes blocks, computes, gives them to the tree, and ends.
  BlockTable Compute(std::uint64_t salt, const std::vector<std::int32_t>& tokens, bool end = true) {
    BlockTable table;
    while (table.size() < BlockPool::BlocksFor(tokens.size())) table.push_back(pool_.Take());
    cache_.Insert(salt, tokens, table);
    BlockTable blocks = table;
    if (end) pool_.Release(table);
    return blocks;
  }
  std::size_t Cached(std::uint64_t salt, const std::vector<std::int32_t>& tokens, std::uint64_t limit = 1000) {
    CachedPrefix prefix = cache_.Match(salt, tokens, limit);
    const std::size_t blocks = prefix.blocks.size();
    pool_.Release(prefix.blocks);
    return blocks;
  }

  struct Snapshots : SnapshotStore {
    void Free(std::uint64_t snapshot) override { freed.push_back(snapshot); }
    std::vector<std::uint64_t> freed;
  } snapshots_;
  BlockPool pool_{10};
  PrefixCache cache_{pool_, true, &snapshots_};
};

TEST_F(PrefixCacheTest, FindsWholeBlocksOfWhatWasComputed) {
  const auto tokens = Tokens(50);
  Compute(1, tokens);
  EXPECT_EQ(cache_.evictable(), 3u);
  EXPECT_EQ(pool_.free(), 7u) << "the block that is not full is not kept";
  EXPECT_EQ(Cached(1, tokens), 3u);
  EXPECT_EQ(Cached(1, tokens, 47), 2u) << "one token must be left to compute";
  auto other = tokens;
  other[20] = -1;
  EXPECT_EQ(Cached(1, other), 1u);
}

TEST_F(PrefixCacheTest, SaltsDoNotSeeEachOther) {
  const auto tokens = Tokens(32);
  Compute(1, tokens);
  EXPECT_EQ(Cached(2, tokens), 0u);
  Compute(2, tokens);
  EXPECT_EQ(cache_.evictable(), 4u);
}

TEST_F(PrefixCacheTest, TheSameContentComputedTwiceIsKeptOnce) {
  const auto tokens = Tokens(40);
  const BlockTable a = Compute(1, tokens, false), b = Compute(1, tokens, false);
  EXPECT_EQ(b[0], a[0]);
  EXPECT_EQ(b[1], a[1]);
  EXPECT_NE(b[2], a[2]);
  EXPECT_EQ(pool_.references(a[0]), 3u);
  EXPECT_EQ(pool_.free(), 6u);
}

TEST_F(PrefixCacheTest, LeavesThatWereNotUsedForLongestGoFirst) {
  const auto a = Tokens(48), b = Tokens(48, 1000);
  Compute(1, a);
  Compute(1, b);
  EXPECT_EQ(Cached(1, a, 16), 1u);  // the first block of a is used again
  ASSERT_TRUE(cache_.MakeFree(pool_.free() + 4));
  EXPECT_EQ(Cached(1, a), 1u);
  EXPECT_EQ(Cached(1, b), 1u);
  ASSERT_TRUE(cache_.MakeFree(pool_.free() + 1));
  EXPECT_EQ(Cached(1, a), 0u) << "b was looked at last";
  EXPECT_EQ(Cached(1, b), 1u);
  EXPECT_EQ(cache_.counters().evictions, 5u);
}

TEST_F(PrefixCacheTest, WhatIsHeldIsNotEvicted) {
  const auto tokens = Tokens(160);
  Compute(1, tokens);
  CachedPrefix held = cache_.Match(1, tokens, 64);
  EXPECT_FALSE(cache_.MakeFree(7));
  EXPECT_EQ(Cached(1, tokens), 10u) << "and nothing is evicted in vain";
  EXPECT_TRUE(cache_.MakeFree(6));
  EXPECT_EQ(Cached(1, tokens), 4u);
  pool_.Release(held.blocks);
}

TEST_F(PrefixCacheTest, EntriesAreKeptUntilTheyExpire) {
  const auto tokens = Tokens(40);
  EXPECT_EQ(cache_.Pin(1, tokens, 0, 10).error().code, Code::kNotFound);
  Compute(1, tokens);
  const auto id = cache_.Pin(1, tokens, 0, 10);
  ASSERT_TRUE(id.has_value());
  EXPECT_FALSE(cache_.MakeFree(9));
  ASSERT_EQ(cache_.List(1).size(), 1u);
  EXPECT_EQ(cache_.List(1)[0].tokens, 32u);
  EXPECT_TRUE(cache_.List(2).empty());
  EXPECT_EQ(cache_.Unpin(*id, 2).error().code, Code::kNotFound) << "of another salt";
  cache_.Expire(9);
  EXPECT_EQ(cache_.List(1).size(), 1u);
  cache_.Expire(10);
  EXPECT_TRUE(cache_.List(1).empty());
  EXPECT_TRUE(cache_.MakeFree(10));
}

TEST_F(PrefixCacheTest, AnEntryGrowsWithItsConversation) {
  const auto tokens = Tokens(48), shorter = Tokens(32);
  Compute(1, tokens);
  ASSERT_TRUE(cache_.Pin(1, shorter, 0, 20).has_value());
  ASSERT_TRUE(cache_.Pin(1, shorter, 5, 20).has_value()) << "used again: it lives longer";
  ASSERT_EQ(cache_.List(1).size(), 1u);
  EXPECT_EQ(cache_.List(1)[0].expires_s, 25);
  ASSERT_TRUE(cache_.Pin(1, tokens, 5, 10).has_value());
  EXPECT_EQ(cache_.List(1).size(), 2u) << "what would outlive the longer one stays";
  EXPECT_EQ(cache_.pinned_blocks(), 5u);
}

TEST_F(PrefixCacheTest, FindHoldsNothing) {
  const auto tokens = Tokens(80);
  Compute(1, tokens);
  EXPECT_EQ(cache_.Find(1, tokens, 79), 64u);
  EXPECT_EQ(cache_.Find(1, tokens, 80), 80u);
  EXPECT_EQ(cache_.Find(2, tokens, 80), 0u);
  EXPECT_TRUE(cache_.MakeFree(10));
}

TEST_F(PrefixCacheTest, EntriesAreBounded) {
  const auto tokens = Tokens(96);
  Compute(1, tokens);
  EXPECT_EQ(cache_.Pin(1, tokens, 0, 10).error().code, Code::kTooLarge) << "six of ten blocks";
  EXPECT_EQ(cache_.Pin(1, Tokens(15), 0, 10).error().code, Code::kInvalidArgument);
  EXPECT_EQ(cache_.Pin(1, Tokens(16), 0, 0).error().code, Code::kInvalidArgument);
  EXPECT_TRUE(cache_.Pin(1, Tokens(80), 0, 10).has_value());
  EXPECT_TRUE(cache_.UnpinFirst());
  EXPECT_FALSE(cache_.UnpinFirst());
  EXPECT_EQ(cache_.pinned_blocks(), 0u);
}

TEST_F(PrefixCacheTest, SnapshotsAreFoundAndFreedWithTheirBlock) {
  const auto tokens = Tokens(48);
  const BlockTable blocks = Compute(1, tokens);
  cache_.AttachSnapshot(blocks[0], 70);
  cache_.AttachSnapshot(blocks[1], 71);
  CachedPrefix prefix = cache_.Match(1, tokens, 48);
  EXPECT_EQ(prefix.snapshot, 71u);
  EXPECT_EQ(prefix.snapshot_blocks, 2u);
  pool_.Release(prefix.blocks);
  cache_.AttachSnapshot(blocks[1], 72);
  EXPECT_EQ(snapshots_.freed, (std::vector<std::uint64_t>{71}));
  cache_.MakeFree(10);
  EXPECT_EQ(snapshots_.freed, (std::vector<std::uint64_t>{71, 72, 70}));
}

TEST(PrefixCache, SwitchedOffItKeepsNothing) {
  BlockPool pool(4);
  PrefixCache cache(pool, false);
  const auto tokens = Tokens(32);
  BlockTable table = {pool.Take(), pool.Take()};
  cache.Insert(1, tokens, table);
  EXPECT_TRUE(cache.Match(1, tokens, 32).blocks.empty());
  EXPECT_FALSE(cache.Pin(1, tokens, 0, 10).has_value());
  pool.Release(table);
  EXPECT_EQ(pool.free(), 4u);
}

}  // namespace
}  // namespace yun::engine
