#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "net/http/raw_socket.h"

namespace yun::http {

RawSocket::RawSocket(std::uint16_t port, int receive_buffer_bytes) {
  fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
  if (receive_buffer_bytes > 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) Close();
}

RawSocket::~RawSocket() { Close(); }

void RawSocket::Close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void RawSocket::Reset() {
  linger option{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &option, sizeof option);
  Close();
}

void RawSocket::EndSending() { ::shutdown(fd_, SHUT_WR); }

bool RawSocket::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string RawSocket::Receive(int milliseconds) {
  if (!rest_.empty()) return std::exchange(rest_, {});
  pollfd poll_fd{fd_, POLLIN, 0};
  if (::poll(&poll_fd, 1, milliseconds) <= 0) return {};
  char buffer[65536];
  const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
  if (got <= 0) {
    ended_ = true;
    return {};
  }
  return std::string(buffer, static_cast<std::size_t>(got));
}

std::string RawSocket::ReceiveAll(int milliseconds) {
  std::string all;
  while (!ended_) {
    const std::string part = Receive(milliseconds);
    if (part.empty()) break;
    all += part;
  }
  return all;
}

std::string RawSocket::ReceiveUntil(std::string_view text, int milliseconds) {
  std::string all;
  for (;;) {
    if (const std::size_t at = all.find(text); at != all.npos) {
      rest_ = all.substr(at + text.size()) + rest_;
      all.resize(at + text.size());
      return all;
    }
    const std::string part = Receive(milliseconds);
    if (part.empty()) return {};
    all += part;
  }
}

std::string RawSocket::ReceiveAnswer(int milliseconds) {
  std::string head = ReceiveUntil("\r\n\r\n", milliseconds);
  if (head.find("Transfer-Encoding: chunked") != head.npos) return head + ReceiveUntil("0\r\n\r\n", milliseconds);
  const std::size_t at = head.find("Content-Length: ");
  if (at == head.npos) return head;
  const std::size_t length = std::strtoul(head.c_str() + at + 16, nullptr, 10);
  std::string body;
  while (body.size() < length) {
    const std::string part = Receive(milliseconds);
    if (part.empty()) break;
    body += part;
  }
  if (body.size() > length) {
    rest_ = body.substr(length) + rest_;
    body.resize(length);
  }
  return head + body;
}

}  // namespace yun::http
