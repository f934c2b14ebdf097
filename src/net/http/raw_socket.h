// Plain blocking sockets for the tests: what a client that keeps no rules would send.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace yun::http {

class RawSocket {
 public:
  explicit RawSocket(std::uint16_t port, int receive_buffer_bytes = 0);
  ~RawSocket();
  RawSocket(RawSocket&& other) noexcept : fd_(other.fd_), rest_(std::move(other.rest_)) { other.fd_ = -1; }
  RawSocket(const RawSocket&) = delete;

  bool Send(std::string_view bytes);
  void EndSending();
  /// With a reset instead of a polite end.
  void Reset();
  void Close();
  /// One recv of what comes within the time; empty at the end, on errors, and after the time.
  std::string Receive(int milliseconds = 5000);
  /// All until the connection ends.
  std::string ReceiveAll(int milliseconds = 5000);
  /// Until the text has been seen (what follows it is kept for later); empty when it never comes.
  std::string ReceiveUntil(std::string_view text, int milliseconds = 5000);
  /// One answer with Content-Length or chunks (its raw bytes).
  std::string ReceiveAnswer(int milliseconds = 5000);
  bool ended() const { return ended_; }

 private:
  int fd_ = -1;
  std::string rest_;
  bool ended_ = false;
};

}  // namespace yun::http
