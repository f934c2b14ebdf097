// Bytes of a connection -> requests. Boost.Beast parses; what it is lenient about and proxies disagree on is refused
// here.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/http/server.h"

namespace yun::http {

struct ReaderLimits {
  std::uint32_t header_bytes_max = 32u << 10;  // request line and headers
  std::uint64_t body_bytes_max = 32u << 20;
};

/// Reads one request at a time: Feed until kDone, Take, go on with Feed for the next.
class RequestReader {
 public:
  enum class State { kHead, kBody, kDone, kFailed };

  explicit RequestReader(ReaderLimits limits);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  /// Takes bytes from the front of `bytes` and says how many; the rest must be offered again with more behind it.
  /// At most header_bytes_max + 4 bytes (head) or kChunkHeadBytesMax (chunked body) are ever left over.
  std::size_t Feed(std::string_view bytes);

  State state() const { return state_; }
  /// From kBody on: the client waits for "100 Continue" before it sends the body.
  bool expects_continue() const { return expects_continue_; }
  /// From kBody on.
  bool keep_alive() const { return keep_alive_; }
  bool http_1_0() const { return http_1_0_; }
  bool is_head() const { return request_.method == "HEAD"; }
  /// Empty before it was read.
  const std::string& path() const { return request_.path; }
  /// Of the body, received so far.
  std::uint64_t body_bytes() const;
  /// In kFailed: the answer to give before the connection is closed.
  int error_status() const { return error_status_; }
  const std::string& error_message() const { return error_message_; }

  /// In kDone: the request without `remote`; the reader then waits for the next one.
  Request Take();

 private:
  struct Parser;
  std::size_t FeedHead(std::string_view bytes);
  std::size_t FeedBody(std::string_view bytes);
  bool AcceptHead();
  bool AcceptTarget(std::string_view target);
  bool Fail(int status, std::string message);

  const ReaderLimits limits_;
  State state_ = State::kHead;
  std::unique_ptr<Parser> parser_;
  Request request_;
  std::size_t scanned_ = 0;  // bytes of an unfinished head that hold no end
  bool expects_continue_ = false;
  bool keep_alive_ = false;
  bool http_1_0_ = false;
  int error_status_ = 0;
  std::string error_message_;
};

/// A chunk's size line with its extensions, or the trailer behind the last chunk.
inline constexpr std::size_t kChunkHeadBytesMax = 16u << 10;

}  // namespace yun::http
