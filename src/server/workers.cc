#include "server/workers.h"

#include <exception>

#include "base/log.h"

namespace yun::server {

Workers::Workers(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Loop(); });
}

void Workers::Post(std::function<void()> job) {
  {
    std::lock_guard lock(mutex_);
    if (stopped_) return;
    jobs_.push_back(std::move(job));
  }
  ready_.notify_one();
}

bool Workers::TryPost(std::function<void()> job) {
  {
    std::lock_guard lock(mutex_);
    if (stopped_ || jobs_.size() >= kWaitingMax) return false;
    jobs_.push_back(std::move(job));
  }
  ready_.notify_one();
  return true;
}

void Workers::Stop() {
  std::deque<std::function<void()>> dropped;  // destroyed outside of the lock: a job may own what posts again
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    dropped.swap(jobs_);
  }
  ready_.notify_all();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

void Workers::Loop() {
  for (;;) {
    std::function<void()> job;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [&] { return stopped_ || !jobs_.empty(); });
      if (stopped_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    try {
      job();
    } catch (const std::exception& e) {  // the last resort: one request may fail, the server goes on
      log::error("a request's work threw: {}", e.what());
    }
  }
}

}  // namespace yun::server
