// SIGINT, SIGTERM, and SIGHUP of a terminal: the first asks for an orderly end, the second ends the process at once.
// SIGHUP without a terminal is a service manager's wish to reload.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "base/guarded.h"

namespace yun::server {

/// Takes the signals over from its creation on: make it before any other thread, so that they inherit the mask.
class Shutdown {
 public:
  Shutdown();
  ~Shutdown();

  /// From now on the first signal is an orderly end; until then (nothing runs yet) it ends the process at once.
  void Orderly() { orderly_ = true; }
  /// What a reload calls, on a thread of its own; nothing when empty. The former one has ended when this returns.
  void OnReload(std::function<void()> reload) {
    reload_.With([&](auto& held) { held = std::move(reload); });
  }
  bool asked() const { return asked_.load(); }
  /// For blocking calls that can be cancelled.
  const std::atomic<bool>* flag() const { return &asked_; }
  /// Returns when the first signal has come.
  void Wait() const { asked_.wait(false); }

 private:
  std::atomic<bool> asked_{false};
  std::atomic<bool> orderly_{false};
  std::atomic<bool> stop_{false};
  Guarded<std::function<void()>> reload_;
  std::thread thread_;
};

}  // namespace yun::server
