#include "base/thread_pool.h"

#include <gtest/gtest.h>

namespace yun {
namespace {

TEST(ThreadPool, RunsEveryChunkOnce) {
  for (int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    for (int round = 0; round < 200; ++round) {
      const std::uint32_t chunks = static_cast<std::uint32_t>(round * 7 % 61);
      std::vector<std::atomic<int>> seen(chunks);
      pool.ParallelFor(chunks, [&](std::uint32_t chunk, int worker) {
        ASSERT_LT(worker, threads);
        seen[chunk].fetch_add(1);
      });
      for (auto& count : seen) ASSERT_EQ(count.load(), 1);
    }
  }
}

TEST(ThreadPool, SleepersWake) {
  ThreadPool pool(3);
  for (int round = 0; round < 20; ++round) {
    std::this_thread::sleep_for(std::chrono::microseconds(round % 2 ? 500 : 20));
    std::atomic<int> sum{0};
    pool.ParallelFor(100, [&](std::uint32_t chunk, int) { sum += static_cast<int>(chunk); });
    EXPECT_EQ(sum.load(), 4950);
  }
}

TEST(ThreadPool, CountsCores) { EXPECT_GE(PhysicalCores(), 1); }

}  // namespace
}  // namespace yun
