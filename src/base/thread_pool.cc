#include "base/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <chrono>

#include "base/check.h"

namespace yun {
namespace {

constexpr std::uint64_t kFieldMask = (1u << 20) - 1;
constexpr std::uint64_t kAnyEpoch = ~std::uint64_t{0};

void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Spins until ready() or the time is up; true when ready.
template <class Ready>
bool Spin(int microseconds, Ready&& ready) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(microseconds);
  while (true) {
    for (int i = 0; i < 64; ++i) {
      if (ready()) return true;
      Pause();
    }
    if (std::chrono::steady_clock::now() >= end) return ready();
  }
}

/// The system leaves out cpus that are not there or not allowed; if none remains, the thread's mask stays as it was.
void StayOn(const std::vector<int>& cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus)
    if (cpu >= 0 && cpu < CPU_SETSIZE) CPU_SET(cpu, &set);
  static_cast<void>(sched_setaffinity(0, sizeof(set), &set));
}

}  // namespace

ThreadPool::ThreadPool(int threads, const Topology& topology) : queues_(topology.nodes.size()) {
  CHECK(threads >= 1 && threads <= kThreadsMax);
  CHECK(topology.cores() >= 1);
  // Worker i stands at core i * cores / threads, counted node by node.
  const auto cores = static_cast<std::size_t>(topology.cores()), count = static_cast<std::size_t>(threads);
  std::size_t node = 0, cores_end = topology.nodes[0].cpus.size();
  for (std::size_t i = 0; i < count; ++i) {
    while (i * cores / count >= cores_end) cores_end += topology.nodes[++node].cpus.size();
    nodes_.push_back(node);
  }
  for (std::size_t n = 0; n < queues_.size(); ++n)
    queues_[n].workers_end =
        static_cast<std::uint32_t>(std::upper_bound(nodes_.begin(), nodes_.end(), n) - nodes_.begin());
  for (int i = 1; i < threads; ++i) {
    // The caller keeps its mask, which threads that it makes later would inherit. With a worker on every other core,
    // the one that the system finds free for it is on its node.
    std::vector<int> cpus;
    if (queues_.size() > 1) cpus = topology.nodes[nodes_[static_cast<std::size_t>(i)]].logical;
    workers_.emplace_back([this, i, cpus] {
      if (!cpus.empty()) StayOn(cpus);
      WorkerLoop(i);
    });
  }
}

ThreadPool::~ThreadPool() {
  stop_.store(true);
  wake_.fetch_add(1);
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

int ThreadPool::OwnerOf(std::uint32_t chunk, std::uint32_t chunks) const {
  int node = 0;
  while (chunk >= RunEnd(queues_[static_cast<std::size_t>(node)], chunks)) ++node;
  return node;
}

void ThreadPool::Run(std::uint32_t chunks, Function function, void* context) {
  if (chunks == 0) return;
  if (workers_.empty() || chunks == 1) {
    for (std::uint32_t i = 0; i < chunks; ++i) function(context, i, 0);
    return;
  }
  CHECK(chunks <= kChunksMax);
  function_ = function;
  context_ = context;
  done_.store(0, std::memory_order_relaxed);
  const std::uint64_t epoch = (queues_[0].ticket.load(std::memory_order_relaxed) >> 40) + 1;
  std::uint64_t begin = 0;
  for (Queue& queue : queues_) {
    const std::uint64_t end = RunEnd(queue, chunks);
    queue.ticket.store(epoch << 40 | end << 20 | begin, std::memory_order_release);
    begin = end;
  }
  wake_.fetch_add(1);
  if (sleepers_.load() > 0) wake_.notify_all();
  Drain(0);
  // Chunks that others hold: they end soon unless the system took their core, and then a busy wait would not help.
  while (!Spin(200, [&] { return done_.load(std::memory_order_acquire) == chunks; })) sched_yield();
}

void ThreadPool::Drain(int worker) {
  const std::size_t own = nodes_[static_cast<std::size_t>(worker)];
  const std::uint64_t epoch = Drain(queues_[own], worker, kAnyEpoch);
  // Of this job only: in the next one, which may have begun by now, its own node comes first again.
  for (std::size_t n = own + 1; n < queues_.size(); ++n) Drain(queues_[n], worker, epoch);
  for (std::size_t n = 0; n < own; ++n) Drain(queues_[n], worker, epoch);
}

std::uint64_t ThreadPool::Drain(Queue& queue, int worker, std::uint64_t epoch) {
  std::uint64_t ticket = queue.ticket.load(std::memory_order_acquire);
  while (true) {
    const std::uint64_t end = ticket >> 20 & kFieldMask, next = ticket & kFieldMask;
    if (next >= end || (epoch != kAnyEpoch && ticket >> 40 != epoch)) return ticket >> 40;
    if (!queue.ticket.compare_exchange_weak(ticket, ticket + 1, std::memory_order_acq_rel, std::memory_order_acquire))
      continue;
    // The job cannot end before this chunk is done, so function_ and context_ are this job's.
    function_(context_, static_cast<std::uint32_t>(next), worker);
    done_.fetch_add(1, std::memory_order_acq_rel);
    ticket = queue.ticket.load(std::memory_order_acquire);
  }
}

void ThreadPool::WorkerLoop(int worker) {
  std::uint32_t seen = 0;
  while (!stop_.load(std::memory_order_relaxed)) {
    const auto changed = [&] { return wake_.load(std::memory_order_acquire) != seen; };
    if (!Spin(kSpinMicroseconds, changed)) {
      sleepers_.fetch_add(1);
      wake_.wait(seen);
      sleepers_.fetch_sub(1);
    }
    seen = wake_.load(std::memory_order_acquire);
    Drain(worker);
  }
}

}  // namespace yun
