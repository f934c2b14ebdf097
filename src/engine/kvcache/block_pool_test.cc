#include "engine/kvcache/block_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace yun::engine {
namespace {

TEST(BlockPool, CountsReferences) {
  BlockPool pool(2);
  BlockTable a = {pool.Take()}, b = {a[0], pool.Take()};
  pool.Share(a[0]);
  EXPECT_EQ(pool.references(a[0]), 2u);
  EXPECT_EQ(pool.free(), 0u);
  pool.Release(a);
  EXPECT_EQ(pool.free(), 0u);
  pool.Release(b);
  EXPECT_EQ(pool.free(), 2u);
}

TEST(BlockPool, KeptBlocksStandInLineLongestIdleFirst) {
  BlockPool pool(3);
  BlockTable table = {pool.Take(), pool.Take(), pool.Take()};
  const BlockTable blocks = table;
  for (const std::uint32_t block : blocks) pool.Keep(block);
  EXPECT_EQ(pool.idle(), 0u);
  pool.Release(table);  // last first
  EXPECT_EQ(pool.idle(), 3u);
  EXPECT_EQ(pool.LongestIdle(), blocks[2]);
  pool.Share(blocks[2]);  // in use again
  EXPECT_EQ(pool.LongestIdle(), blocks[1]);
  pool.Drop(blocks[2]);
  pool.Forget(blocks[1]);
  EXPECT_EQ(pool.free(), 1u);
  EXPECT_EQ(pool.LongestIdle(), blocks[0]);
}

TEST(BlockPool, MisuseIsCaught) {
  BlockPool pool(1);
  EXPECT_DEATH(pool.Drop(0), "");
  EXPECT_DEATH(pool.Share(0), "");
  const std::uint32_t block = pool.Take();
  EXPECT_DEATH(pool.Take(), "");
  pool.Keep(block);
  pool.Drop(block);
  EXPECT_DEATH(pool.Drop(block), "") << "that reference is the cache's";
}

/// Against a plain model: a count a block.
TEST(BlockPool, RandomUseAgreesWithAPlainCount) {
  std::mt19937 rng(5);
  BlockPool pool(20);
  std::vector<std::uint32_t> held;  // one entry a reference
  for (int step = 0; step < 20000; ++step) {
    const unsigned what = rng() % 3;
    if (what == 0 && pool.free() > 0) {
      held.push_back(pool.Take());
    } else if (!held.empty()) {
      const std::size_t i = rng() % held.size();
      if (what == 1) {
        pool.Share(held[i]);
        held.push_back(held[i]);
      } else {
        pool.Drop(held[i]);
        held.erase(held.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
    std::uint32_t free = 0;
    for (std::uint32_t block = 0; block < pool.size(); ++block) {
      ASSERT_EQ(pool.references(block), std::count(held.begin(), held.end(), block));
      free += pool.references(block) == 0;
    }
    ASSERT_EQ(pool.free(), free);
  }
}

}  // namespace
}  // namespace yun::engine
