#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>

namespace yun {
namespace {

/// Nodes with so many cores, of cpus that no machine has: masks of them cannot be applied.
Topology Nodes(const std::vector<int>& cores) {
  Topology topology;
  for (const int count : cores)
    topology.nodes.push_back({.cpus = std::vector<int>(static_cast<std::size_t>(count), 1000), .logical = {1000}});
  return topology;
}

template <class Ready>
void Until(Ready&& ready) {
  while (!ready()) std::this_thread::yield();
}

TEST(ThreadPool, RunsEveryChunkOnce) {
  for (const auto& nodes : {std::vector<int>{4}, {2, 2}, {1, 5}, {3, 1, 2}, {1, 1, 1, 1, 1, 1, 1, 1, 1}})
    for (int threads : {1, 2, 3, 8}) {
      ThreadPool pool(threads, Nodes(nodes));
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
  for (const auto& nodes : {std::vector<int>{3}, {2, 1}}) {
    ThreadPool pool(3, Nodes(nodes));
    for (int round = 0; round < 20; ++round) {
      std::this_thread::sleep_for(std::chrono::microseconds(round % 2 ? 500 : 20));
      std::atomic<int> sum{0};
      pool.ParallelFor(100, [&](std::uint32_t chunk, int) { sum += static_cast<int>(chunk); });
      EXPECT_EQ(sum.load(), 4950);
    }
  }
}

TEST(ThreadPool, TheMostChunks) {
  ThreadPool pool(4, Nodes({2, 2}));
  std::atomic<std::uint64_t> sum{0};
  pool.ParallelFor(ThreadPool::kChunksMax, [&](std::uint32_t chunk, int) { sum += chunk; });
  EXPECT_EQ(sum.load(), std::uint64_t{ThreadPool::kChunksMax} * (ThreadPool::kChunksMax - 1) / 2);
}

TEST(ThreadPool, WorkersAreSpreadOverNodes) {
  struct Case {
    std::vector<int> cores;
    int threads;
    std::vector<int> nodes;
  };
  for (const Case& c : {Case{{4}, 2, {0, 0}},
                        {{2, 2}, 4, {0, 0, 1, 1}},
                        {{2, 2}, 3, {0, 0, 1}},
                        {{2, 2}, 2, {0, 1}},
                        {{2, 2}, 8, {0, 0, 0, 0, 1, 1, 1, 1}},
                        {{3, 1}, 4, {0, 0, 0, 1}},
                        {{1, 1, 1, 1}, 2, {0, 2}},
                        {{2, 2}, 1, {0}}}) {
    const ThreadPool pool(c.threads, Nodes(c.cores));
    std::vector<int> nodes;
    for (int worker = 0; worker < c.threads; ++worker) nodes.push_back(pool.NodeOf(worker));
    EXPECT_EQ(nodes, c.nodes);
  }
}

// As many chunks as workers, none of which ends before all have begun: each worker has one, and it is its own node's.
TEST(ThreadPool, WorkersTakeTheirNodesChunks) {
  for (const auto& nodes : {std::vector<int>{2, 2}, {3, 1}, {1, 2, 1}}) {
    ThreadPool pool(4, Nodes(nodes));
    for (int round = 0; round < 50; ++round) {
      std::atomic<int> begun{0};
      std::array<std::atomic<int>, 4> taken{-1, -1, -1, -1};
      pool.ParallelFor(4, [&](std::uint32_t chunk, int worker) {
        taken[chunk] = pool.NodeOf(worker);
        ++begun;
        Until([&] { return begun.load() == 4; });
      });
      for (int i = 0; i < 4; ++i) EXPECT_EQ(taken[static_cast<std::size_t>(i)], pool.NodeOf(i)) << i;
    }
  }
}

// Two workers of a node hold one chunk each until the others have done all the rest, of both runs.
TEST(ThreadPool, ASlowNodeIsHelped) {
  constexpr std::uint32_t kChunks = 100;
  ThreadPool pool(4, Nodes({2, 2}));
  for (const int slow : {0, 1}) {
    std::atomic<std::uint32_t> held{0}, done{0};
    std::array<std::atomic<int>, kChunks> taken{};
    pool.ParallelFor(kChunks, [&](std::uint32_t chunk, int worker) {
      taken[chunk] = pool.NodeOf(worker);
      if (pool.NodeOf(worker) == slow) {
        ++held;
        Until([&] { return done.load() == kChunks - 2; });
      } else {
        Until([&] { return held.load() == 2; });
        ++done;
      }
    });
    // The held chunks are the first that their node handed out.
    const std::uint32_t first = slow == 0 ? 0 : kChunks / 2;
    for (std::uint32_t i = 0; i < kChunks; ++i) EXPECT_EQ(taken[i] == slow, i == first || i == first + 1) << i;
  }
}

TEST(ThreadPool, WorkersStayOnTheirNode) {
  const std::vector<int> here = AllowedCpus();
  ASSERT_FALSE(here.empty());
  const auto masks = [](const Topology& topology) {
    ThreadPool pool(4, topology);
    std::atomic<int> begun{0};
    std::vector<std::vector<int>> all(4);
    pool.ParallelFor(4, [&](std::uint32_t, int worker) {
      all[static_cast<std::size_t>(worker)] = AllowedCpus();
      ++begun;
      Until([&] { return begun.load() == 4; });
    });
    return all;
  };
  using Masks = std::vector<std::vector<int>>;
  const std::vector<int> first = {here.front()}, last = {here.back()};
  const Topology two = {{{.cpus = first, .logical = first}, {.cpus = last, .logical = last}}};
  EXPECT_EQ(masks(two), (Masks{here, first, last, last}));
  const Topology one = {{{.cpus = first, .logical = first}}};
  EXPECT_EQ(masks(one), (Masks{here, here, here, here}));
  EXPECT_EQ(masks(Nodes({2, 2})), (Masks{here, here, here, here}));
  EXPECT_EQ(AllowedCpus(), here);
}

}  // namespace
}  // namespace yun
