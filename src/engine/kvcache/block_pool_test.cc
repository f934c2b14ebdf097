#include "engine/kvcache/block_pool.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace yun::engine {
namespace {

TEST(BlockPool, GivesWhatItHasAndNoMore) {
  BlockPool pool(4);
  BlockTable a, b;
  EXPECT_TRUE(pool.Grow(a, 33));  // three blocks
  EXPECT_EQ(a.size(), 3u);
  EXPECT_FALSE(pool.Grow(b, 17));
  EXPECT_TRUE(b.empty());
  EXPECT_TRUE(pool.Grow(b, 16));
  EXPECT_EQ(pool.free(), 0u);
  EXPECT_TRUE(pool.Grow(a, 48));  // still three
  pool.Release(a);
  EXPECT_EQ(pool.free(), 3u);
}

TEST(BlockPool, NoBlockIsSharedOrLost) {
  std::mt19937 rng(5);
  BlockPool pool(50);
  std::vector<BlockTable> tables(8);
  for (int step = 0; step < 5000; ++step) {
    BlockTable& table = tables[rng() % tables.size()];
    if (rng() % 3 == 0) pool.Release(table);
    else pool.Grow(table, table.size() * kBlockTokens + rng() % 40);
    std::multiset<std::uint32_t> held;
    for (const BlockTable& t : tables) held.insert(t.begin(), t.end());
    ASSERT_EQ(held.size(), std::set<std::uint32_t>(held.begin(), held.end()).size());
    ASSERT_EQ(held.size() + pool.free(), pool.size());
  }
}

}  // namespace
}  // namespace yun::engine
