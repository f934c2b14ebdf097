// A job of many turns: wherever it is woken from, it runs on the workers, one turn at a time.
#pragma once
#include <atomic>
#include <functional>
#include <utility>

#include "server/workers.h"

namespace yun::server {

/// thread: all methods from any thread; does not block
class Turns {
 public:
  /// Lets `turn` run soon, after the turn that is running, if any. What it holds must keep this object alive.
  void Wake(Workers& workers, std::function<void()> turn) {
    if (wakes_.fetch_add(1) > 0) return;
    workers.Post([this, turn = std::move(turn)] {
      for (int seen = wakes_.load(); seen != 0;) {
        turn();
        seen = wakes_.fetch_sub(seen) - seen;  // what woke us meanwhile asks for another turn
      }
    });
  }

 private:
  std::atomic<int> wakes_{0};  // > 0: a job is queued or running
};

}  // namespace yun::server
