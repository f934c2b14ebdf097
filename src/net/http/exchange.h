// One request's answer on its way from the threads that make it to the connection that sends it. No sockets here.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "net/http/server.h"

namespace yun::http {

/// Shared by a Responder (any thread) and its connection (I/O threads); outlives either.
class Exchange {
 public:
  struct Traits {
    bool is_head = false;     // the request's method is HEAD: no body is sent
    bool http_1_0 = false;    // no chunks: the body ends with the connection
    bool keep_alive = false;  // what the client asked for
    std::uint64_t stream_buffer_bytes_max = 4u << 20;
    std::shared_ptr<const std::atomic<bool>> draining;                            // answers then close the connection
    std::string path;                                                             // the request's, for error_answer
    std::function<ErrorAnswer(int status, std::string_view message, std::string_view path)> error_answer;
    std::function<void()> wake;  // any thread: makes the connection call Take soon
  };
  explicit Exchange(Traits traits);

  // The Responder's side: see server.h.
  void Respond(int status, std::string_view content_type, std::string body, const Headers& headers);
  void Start(int status, std::string_view content_type, const Headers& headers);
  bool Write(std::string bytes);
  void Finish();
  void Abort();
  void OnClose(std::function<void()> callback);
  bool closed() const { return gone_.load(std::memory_order_acquire); }
  /// The Responder is no more: answers 500 or breaks off if nothing ended the answer.
  void Dropped();
  /// The handler threw: as Dropped, with its own words.
  void Failed(std::string_view message);

  // The connection's side.
  struct Taken {
    std::string bytes;      // to send
    bool done = false;      // nothing follows
    bool close = false;     // when done: close after sending
    bool reset = false;     // when closing: with a TCP reset, the only sign of a broken answer without length or chunks
    bool overflow = false;  // the client reads too slowly: drop it
  };
  /// `unsent_bytes`: what earlier calls returned and the socket has not taken yet.
  Taken Take(std::uint64_t unsent_bytes);
  void SetUnsent(std::uint64_t unsent_bytes);
  /// Nothing more will be taken; runs the OnClose callbacks if the answer is not finished.
  void Gone();
  bool done() const;

 private:
  enum class Phase { kWaiting, kStreaming, kDone };
  void RespondLocked(int status, std::string_view content_type, std::string body, const Headers& headers);
  void FailLocked(std::string_view message);
  void AbortLocked();
  void EndLocked(std::vector<std::function<void()>>& unused);
  bool KeepAlive() const;
  void Wake(std::unique_lock<std::mutex>& lock);

  const Traits traits_;
  mutable std::mutex mutex_;
  Phase phase_ = Phase::kWaiting;
  std::string wire_;  // not yet taken
  std::uint64_t unsent_bytes_ = 0;
  bool chunked_ = false;
  bool close_ = false;
  bool reset_ = false;
  bool overflow_ = false;
  bool woken_ = false;
  std::atomic<bool> gone_{false};
  std::vector<std::function<void()>> on_close_;
};

std::shared_ptr<Responder> MakeResponder(std::shared_ptr<Exchange> exchange);

}  // namespace yun::http
