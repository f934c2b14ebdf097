#include "net/http/request_reader.h"

#include <fmt/format.h>

#include <boost/beast/http/parser.hpp>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/check.h"
#include "net/http/url_text.h"

namespace yun::http {
namespace {

namespace beast_http = boost::beast::http;
using boost::beast::error_code;

// A body that grows with the bytes that came, never by the length that was announced.
struct GrowingBody {
  using value_type = std::string;
  class reader {
   public:
    template <bool kIsRequest, class Fields>
    reader(beast_http::header<kIsRequest, Fields>&, value_type& body) : body_(body) {}
    void init(const boost::optional<std::uint64_t>&, error_code& ec) { ec = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, error_code& ec) {
      ec = {};
      std::size_t taken = 0;
      for (auto it = boost::asio::buffer_sequence_begin(buffers); it != boost::asio::buffer_sequence_end(buffers);
           ++it) {
        const boost::asio::const_buffer part = *it;
        body_.append(static_cast<const char*>(part.data()), part.size());
        taken += part.size();
      }
      return taken;
    }
    void finish(error_code& ec) { ec = {}; }

   private:
    value_type& body_;  // borrows: the parser's message
  };
};

// "0\r\n\r\n": so many bytes are still to come at any time in a chunked body. Beast asserts that it is not called with
// fewer once it has seen the last chunk's size, so none of its calls gets fewer.
constexpr std::size_t kLastChunkBytes = 5;

bool IsTokenStart(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

bool IsDigits(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == text.npos; }

// Beast's string_view is Boost's.
template <class View>
std::string_view Std(View view) {
  return {view.data(), view.size()};
}

}  // namespace

struct RequestReader::Parser {
  beast_http::request_parser<GrowingBody> beast;
};

RequestReader::RequestReader(ReaderLimits limits) : limits_(limits) {}
RequestReader::~RequestReader() = default;

std::size_t RequestReader::Feed(std::string_view bytes) {
  std::size_t used = 0;
  if (state_ == State::kHead) used = FeedHead(bytes);
  if (state_ == State::kBody) used += FeedBody(bytes.substr(used));
  return used;
}

bool RequestReader::Fail(int status, std::string message) {
  state_ = State::kFailed;
  error_status_ = status;
  error_message_ = std::move(message);
  parser_.reset();
  return false;
}

// The head goes to Beast whole: Beast counts its limit per call, and a head that comes in small pieces would escape it.
std::size_t RequestReader::FeedHead(std::string_view bytes) {
  std::size_t skipped = 0;
  if (scanned_ == 0) {
    // RFC 9112, 2.2: empty lines in front of a request line are ignored.
    while (bytes.substr(skipped, 2) == "\r\n") skipped += 2;
    bytes.remove_prefix(skipped);
    if (bytes.empty() || bytes == "\r") return skipped;
    if (!IsTokenStart(bytes[0])) {
      Fail(400, "not an HTTP request (this port speaks plain HTTP)");
      return skipped;
    }
  }
  std::size_t end = 0;
  for (std::size_t at = scanned_; (at = bytes.find('\n', at)) != bytes.npos; ++at) {
    if (at == 0 || bytes[at - 1] != '\r') {
      Fail(400, "a header line ends without a carriage return");
      return skipped;
    }
    if (at >= 3 && bytes[at - 2] == '\n') {
      end = at + 1;
      break;
    }
    // Folded lines are read differently by different programs, which is what smuggling lives on.
    if (at + 1 < bytes.size() && (bytes[at + 1] == ' ' || bytes[at + 1] == '\t')) {
      Fail(400, "a header is folded over two lines");
      return skipped;
    }
    if (at + 1 > limits_.header_bytes_max) break;
  }
  if ((end == 0 ? bytes.size() : end) > limits_.header_bytes_max) {
    Fail(431, fmt::format("the request line and headers are over {} bytes", limits_.header_bytes_max));
    return skipped;
  }
  if (end == 0) {
    // The last three bytes are looked at again: the end may lie across two feeds.
    scanned_ = bytes.size() > 3 ? bytes.size() - 3 : 1;
    return skipped;
  }
  scanned_ = 0;
  parser_ = std::make_unique<Parser>();
  auto& beast = parser_->beast;
  beast.eager(false);
  beast.header_limit(limits_.header_bytes_max + 1);
  beast.body_limit(limits_.body_bytes_max);
  error_code ec;
  const std::size_t used = beast.put(boost::asio::const_buffer(bytes.data(), end), ec);
  if (ec == beast_http::error::body_limit) {
    request_ = Request();
    AcceptTarget(Std(beast.get().target()));  // what answers may depend on it
    Fail(413, fmt::format("the body is over {} bytes", limits_.body_bytes_max));
  } else if (ec == beast_http::error::header_limit) {
    Fail(431, fmt::format("the request line and headers are over {} bytes", limits_.header_bytes_max));
  } else if (ec == beast_http::error::bad_version) {
    Fail(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  } else if (ec || used != end || !beast.is_header_done()) {
    Fail(400, fmt::format("malformed request: {}", ec ? ec.message() : "headers"));
  } else if (AcceptHead()) {
    state_ = beast.is_done() ? State::kDone : State::kBody;
    beast.eager(true);
  }
  return skipped + used;
}

bool RequestReader::AcceptHead() {
  const auto& message = parser_->beast.get();
  http_1_0_ = message.version() == 10;
  keep_alive_ = parser_->beast.keep_alive();
  expects_continue_ = false;
  request_ = Request();
  request_.method = Std(message.method_string());
  int hosts = 0;
  int lengths = 0;
  int encodings = 0;
  for (const auto& field : message) {
    auto& [name, value] = request_.headers.emplace_back(LowerAscii(Std(field.name_string())), Std(field.value()));
    if (name == "host") {
      ++hosts;
    } else if (name == "content-length") {
      ++lengths;
      if (!IsDigits(value)) return Fail(400, "Content-Length is not a number");
    } else if (name == "transfer-encoding") {
      ++encodings;
      if (LowerAscii(value) != "chunked") return Fail(501, "only the transfer encoding \"chunked\" is understood");
    } else if (name == "expect") {
      if (LowerAscii(value) != "100-continue") return Fail(417, "only \"Expect: 100-continue\" is understood");
      expects_continue_ = !http_1_0_;
    }
  }
  if (lengths > 1) return Fail(400, "more than one Content-Length");
  if (encodings > 1 || (encodings == 1 && lengths > 0)) return Fail(400, "Transfer-Encoding beside another length");
  if (encodings == 1 && http_1_0_) return Fail(400, "HTTP/1.0 has no Transfer-Encoding");
  if (hosts > 1 || (hosts == 0 && !http_1_0_)) return Fail(400, "exactly one Host header is needed");
  return AcceptTarget(Std(message.target()));
}

bool RequestReader::AcceptTarget(std::string_view target) {
  if (request_.method == "CONNECT") return Fail(501, "CONNECT is not offered");
  // The absolute form that a proxy's client sends: only the path matters here.
  const std::string start = LowerAscii(target.substr(0, 8));
  if (const std::size_t scheme = start.starts_with("http://") ? 7 : start == "https://" ? 8 : 0; scheme > 0) {
    target.remove_prefix(scheme);
    const std::size_t path = target.find_first_of("/?");
    target = path == target.npos ? std::string_view("/") : target.substr(path);
  }
  const std::size_t question = target.find('?');
  if (question != target.npos) request_.query = target.substr(question + 1);
  target = target.substr(0, question);
  if (target.empty()) target = "/";
  if (target[0] != '/' && !(target == "*" && request_.method == "OPTIONS")) {
    return Fail(400, "the request target is not a path");
  }
  std::optional<std::string> path = PercentDecode(target);
  if (!path) return Fail(400, "the path holds a broken percent escape");
  request_.path = std::move(*path);
  return true;
}

std::size_t RequestReader::FeedBody(std::string_view bytes) {
  auto& beast = parser_->beast;
  std::size_t used = 0;
  error_code ec;
  // One call takes what it can; it stops early at boundaries inside the chunked framing.
  const std::size_t needed = beast.chunked() ? kLastChunkBytes : 1;
  while (bytes.size() - used >= needed && !beast.is_done()) {
    const std::size_t taken = beast.put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), ec);
    used += taken;
    if (ec || taken == 0) break;
  }
  if (ec == beast_http::error::body_limit) {
    Fail(413, fmt::format("the body is over {} bytes", limits_.body_bytes_max));
  } else if (ec && ec != beast_http::error::need_more) {
    Fail(400, fmt::format("malformed body: {}", ec.message()));
  } else if (beast.is_done()) {
    state_ = State::kDone;
    request_.body = std::move(beast.get().body());
  } else if (bytes.size() - used > kChunkHeadBytesMax) {
    Fail(400, fmt::format("a chunk's size line or the trailer is over {} bytes", kChunkHeadBytesMax));
  }
  return used;
}

std::uint64_t RequestReader::body_bytes() const {
  return state_ == State::kBody ? parser_->beast.get().body().size() : request_.body.size();
}

Request RequestReader::Take() {
  CHECK(state_ == State::kDone);
  state_ = State::kHead;
  parser_.reset();
  Request request = std::move(request_);
  request_ = Request();
  return request;
}

}  // namespace yun::http
