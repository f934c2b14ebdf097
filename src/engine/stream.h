// The engine's answer to one request: a bounded queue from the engine thread to one consumer.
#pragma once
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/request.h"
#include "engine/usage.h"

namespace yun::engine {

/// How a stream ended; `error` is set for kError.
struct StreamEnd {
  FinishReason reason = FinishReason::kNone;
  Usage usage;
  Error error;
  std::vector<float> values;  // kEmbed: [hidden]; kScore: [score_ids]
  std::uint64_t entry = 0;    // kCache: the id of what is kept
};

/// Events of one request, in order; then exactly one end, on every way a request can end.
/// Bounded by the request's own max_tokens, so a slow reader costs memory of that size at most.
/// thread: Push/End from the engine thread; the rest from one consumer (Cancel from any)
class Stream {
 public:
  /// Takes what has come since the last call; does not wait. The end is seen when `ended()` after an empty Take.
  std::vector<TokenEvent> Take();
  /// Waits until there is something to take or the stream has ended.
  void Wait();
  /// The end, once all events have been taken and the stream has ended.
  std::optional<StreamEnd> Ended() const;
  /// Asks the engine to stop the request; its cache blocks are free before the engine's next step.
  void Cancel();
  bool cancelled() const;
  /// Called from the engine thread (must not block) whenever there is something new; at once if there is already.
  void OnReady(std::function<void()> callback);

  // The engine's side.
  void Push(TokenEvent event);
  void End(StreamEnd end);

 private:
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<TokenEvent> events_;
  std::optional<StreamEnd> end_;
  std::function<void()> on_ready_;
  bool cancelled_ = false;
};

}  // namespace yun::engine
