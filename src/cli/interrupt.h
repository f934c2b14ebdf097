// Ctrl-C for commands that can stop in good order.
#pragma once
#include <atomic>

namespace yun::cli {

/// True after the first SIGINT or SIGTERM since the first call; a second one ends the program at once.
const std::atomic<bool>& Interrupted();

inline constexpr int kExitInterrupted = 130;  // as shells say it: 128 + SIGINT

}  // namespace yun::cli
