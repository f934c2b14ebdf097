#include "base/thread_pool.h"

#include <sched.h>

#include <chrono>
#include <fstream>
#include <set>
#include <string>

#include "base/check.h"

namespace yun {
namespace {

constexpr std::uint64_t kFieldMask = (1u << 20) - 1;

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

}  // namespace

int PhysicalCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  std::set<std::string> cores;
  int logical = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &set)) continue;
    ++logical;
    const std::string base = "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
    std::ifstream core(base + "thread_siblings_list");
    std::string siblings;
    if (std::getline(core, siblings)) cores.insert(siblings);
  }
  const int count = cores.empty() ? logical : static_cast<int>(cores.size());
  return count < 1 ? 1 : count;
}

ThreadPool::ThreadPool(int threads) {
  CHECK(threads >= 1 && threads <= kThreadsMax);
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { WorkerLoop(i); });
}

ThreadPool::~ThreadPool() {
  stop_.store(true);
  wake_.fetch_add(1);
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
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
  const std::uint64_t epoch = (ticket_.load(std::memory_order_relaxed) >> 40) + 1;
  ticket_.store(epoch << 40 | std::uint64_t{chunks} << 20, std::memory_order_release);
  wake_.fetch_add(1);
  if (sleepers_.load() > 0) wake_.notify_all();
  Drain(0);
  // Chunks that others hold: they end soon unless the system took their core, and then a busy wait would not help.
  while (!Spin(200, [&] { return done_.load(std::memory_order_acquire) == chunks; })) sched_yield();
}

void ThreadPool::Drain(int worker) {
  std::uint64_t ticket = ticket_.load(std::memory_order_acquire);
  while (true) {
    const std::uint64_t chunks = ticket >> 20 & kFieldMask, next = ticket & kFieldMask;
    if (next >= chunks) return;
    if (!ticket_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_acq_rel, std::memory_order_acquire))
      continue;
    // The job cannot end before this chunk is done, so function_ and context_ are this job's.
    function_(context_, static_cast<std::uint32_t>(next), worker);
    done_.fetch_add(1, std::memory_order_acq_rel);
    ticket = ticket_.load(std::memory_order_acquire);
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
