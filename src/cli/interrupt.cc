#include "cli/interrupt.h"

#include <signal.h>

namespace yun::cli {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // written by a signal handler

void OnSignal(int) { interrupted.store(true); }

}  // namespace

const std::atomic<bool>& Interrupted() {
  static const bool watching = [] {
    struct sigaction action{};
    action.sa_handler = OnSignal;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    return true;
  }();
  (void)watching;
  return interrupted;
}

}  // namespace yun::cli
