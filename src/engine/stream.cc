#include "engine/stream.h"

#include <utility>

namespace yun::engine {

std::vector<TokenEvent> Stream::Take() {
  std::lock_guard lock(mutex_);
  return std::exchange(events_, {});
}

void Stream::Wait() {
  std::unique_lock lock(mutex_);
  ready_.wait(lock, [&] { return !events_.empty() || end_; });
}

std::optional<StreamEnd> Stream::Ended() const {
  std::lock_guard lock(mutex_);
  return events_.empty() ? end_ : std::nullopt;
}

void Stream::Cancel() {
  std::lock_guard lock(mutex_);
  cancelled_ = true;
}

bool Stream::cancelled() const {
  std::lock_guard lock(mutex_);
  return cancelled_;
}

void Stream::OnReady(std::function<void()> callback) {
  std::function<void()> now;
  {
    std::lock_guard lock(mutex_);
    on_ready_ = std::move(callback);
    if (!events_.empty() || end_) now = on_ready_;
  }
  if (now) now();
}

void Stream::Push(TokenEvent event) {
  std::function<void()> callback;
  {
    std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    callback = on_ready_;
  }
  ready_.notify_one();
  if (callback) callback();
}

void Stream::End(StreamEnd end) {
  std::function<void()> callback;
  {
    std::lock_guard lock(mutex_);
    if (end_) return;
    end_ = std::move(end);
    callback = std::exchange(on_ready_, nullptr);
  }
  ready_.notify_all();
  if (callback) callback();
}

}  // namespace yun::engine
