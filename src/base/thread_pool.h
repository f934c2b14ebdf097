// Workers that know one thing: ParallelFor.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

#include "base/topology.h"

namespace yun {

/// A fixed set of threads that run the chunks of one ParallelFor at a time; the caller works too.
/// Chunks are handed out one by one, so a worker that the system took off its core delays at most the chunk it holds.
/// Idle workers spin briefly (kSpinMicroseconds), then sleep: a busy machine is not made busier.
/// On several NUMA nodes workers stay on theirs, and chunks are cut into one contiguous run a node, in proportion to
/// its workers: a chunk of a given count belongs to the same node each time, so memory first written in it is near.
/// A worker whose node's run is used up takes chunks of the others'.
/// thread: ParallelFor from one thread at a time
class ThreadPool {
 public:
  static constexpr int kThreadsMax = 512;
  static constexpr std::uint32_t kChunksMax = (1u << 20) - 1;  // of one ParallelFor: the width of the ticket's fields
  static constexpr int kSpinMicroseconds = 60;

  /// threads includes the caller; 1 makes no thread at all. Masks that the system refuses are done without.
  explicit ThreadPool(int threads, const Topology& topology = ReadTopology());
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  /// The node, as an index into the topology's, whose chunks worker in [0, threads()) takes first.
  int NodeOf(int worker) const { return static_cast<int>(nodes_[static_cast<std::size_t>(worker)]); }

  /// The node that begins a chunk of so many, and whose memory is near what is first written in it.
  int OwnerOf(std::uint32_t chunk, std::uint32_t chunks) const;

  /// Runs f(chunk, worker) for every chunk in [0, chunks); worker in [0, threads()). Returns when all are done.
  template <class F>
  void ParallelFor(std::uint32_t chunks, F&& f) {
    using Fn = std::remove_reference_t<F>;
    Run(chunks, [](void* context, std::uint32_t chunk, int worker) { (*static_cast<Fn*>(context))(chunk, worker); },
        const_cast<void*>(static_cast<const void*>(std::addressof(f))));
  }

 private:
  using Function = void (*)(void*, std::uint32_t, int);
  void Run(std::uint32_t chunks, Function function, void* context);
  void WorkerLoop(int worker);
  /// Claims and runs chunks until none is left: the own node's, then the others'.
  void Drain(int worker);

  /// A node's run of chunks.
  struct alignas(64) Queue {
    // epoch (24 bits) | end (20) | next chunk (20): one word, so that a late worker takes no chunk of a later job.
    std::atomic<std::uint64_t> ticket{0};
    std::uint32_t workers_end = 0;  // workers of this node and those before it
  };
  /// The queue's chunks as long as they are of this epoch, or kAnyEpoch; returns the epoch last seen.
  std::uint64_t Drain(Queue& queue, int worker, std::uint64_t epoch);

  /// The chunks of this node's run, and of those before it.
  std::uint64_t RunEnd(const Queue& queue, std::uint32_t chunks) const {
    return std::uint64_t{chunks} * queue.workers_end / static_cast<std::uint64_t>(threads());
  }

  std::vector<Queue> queues_;       // one a node
  std::vector<std::size_t> nodes_;  // of each worker
  alignas(64) std::atomic<std::uint32_t> done_{0};
  alignas(64) std::atomic<std::uint32_t> wake_{0};  // bumped for every job; what sleepers wait on
  std::atomic<std::uint32_t> sleepers_{0};
  std::atomic<bool> stop_{false};
  Function function_ = nullptr;
  void* context_ = nullptr;
  std::vector<std::thread> workers_;
};

}  // namespace yun
