// Threads that parse, tokenise and format, so that neither an I/O thread nor an engine thread does.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace yun::server {

/// A queue of jobs and the threads that run them, in order of arrival. A job that throws is logged and forgotten.
/// thread: all methods from any thread, Stop from one
class Workers {
 public:
  explicit Workers(int threads);
  ~Workers() { Stop(); }

  /// For work that is bounded elsewhere (one waiting job an answer). Dropped after Stop.
  void Post(std::function<void()> job);
  /// For work from outside: false when kWaitingMax jobs wait, or after Stop.
  bool TryPost(std::function<void()> job);
  /// Ends the threads after the jobs that run now; what waits is dropped.
  void Stop();

  static constexpr std::size_t kWaitingMax = 8192;

 private:
  void Loop();

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> jobs_;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace yun::server
