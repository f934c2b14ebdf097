#include "base/cut_guard.h"

#include <signal.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <utility>

namespace yun {
namespace {

// Replaced at a time: so that many touches do not make more mappings than a process may have.
constexpr std::uintptr_t kReplacedBytes = 2u << 20;
constexpr std::uintptr_t kPageBytes = 4096;

struct Slot {
  std::atomic<std::uintptr_t> begin{0}, end{0};  // 0: free
  std::atomic<bool> cut{false};
};
std::array<Slot, CutGuard::kGuardsMax> slots;
std::atomic<int> slots_used{0};  // none beyond has ever been
std::mutex slots_mutex;          // for those who take one
struct sigaction before;

/// In a signal handler: atomics and system calls alone.
void OnBus(int signal, siginfo_t* info, void* context) {
  const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
  const int used = slots_used.load(std::memory_order_acquire);
  for (int i = 0; i < used; ++i) {
    Slot& slot = slots[static_cast<std::size_t>(i)];
    const std::uintptr_t begin = slot.begin.load(std::memory_order_acquire);
    if (begin == 0 || at < begin || at >= slot.end.load(std::memory_order_acquire)) continue;
    slot.cut.store(true, std::memory_order_release);
    const std::uintptr_t page = at / kPageBytes * kPageBytes;
    const std::uintptr_t whole = (slot.end.load() + kPageBytes - 1) / kPageBytes * kPageBytes;
    const std::uintptr_t last = std::min(whole, (page / kReplacedBytes + 1) * kReplacedBytes);
    constexpr int kZeros = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
    if (::mmap(reinterpret_cast<void*>(page), last - page, PROT_READ, kZeros, -1, 0) != MAP_FAILED) return;
  }
  // Not ours: as if we had never been asked.
  if ((before.sa_flags & SA_SIGINFO) && before.sa_sigaction) return before.sa_sigaction(signal, info, context);
  ::sigaction(SIGBUS, &before, nullptr);  // the instruction is tried again, and ends the process
}

void Install() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action = {};
    action.sa_sigaction = OnBus;
    action.sa_flags = SA_SIGINFO;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(SIGBUS, &action, &before);
  });
}

}  // namespace

CutGuard::CutGuard(const void* data, std::size_t bytes) {
  if (bytes == 0) return;
  Install();
  std::lock_guard lock(slots_mutex);
  for (int i = 0; i < kGuardsMax; ++i) {
    Slot& slot = slots[static_cast<std::size_t>(i)];
    if (slot.begin.load() != 0) continue;
    slot.cut.store(false);
    slot.end.store(reinterpret_cast<std::uintptr_t>(data) + bytes, std::memory_order_release);
    slot.begin.store(reinterpret_cast<std::uintptr_t>(data), std::memory_order_release);
    slots_used.store(std::max(slots_used.load(), i + 1), std::memory_order_release);
    slot_ = i;
    return;
  }
}

CutGuard::CutGuard(CutGuard&& other) noexcept : slot_(std::exchange(other.slot_, -1)) {}
CutGuard& CutGuard::operator=(CutGuard&& other) noexcept {
  std::swap(slot_, other.slot_);
  return *this;
}

CutGuard::~CutGuard() {
  if (slot_ >= 0) slots[static_cast<std::size_t>(slot_)].begin.store(0, std::memory_order_release);
}

bool CutGuard::cut() const {
  return slot_ >= 0 && slots[static_cast<std::size_t>(slot_)].cut.load(std::memory_order_acquire);
}

}  // namespace yun
