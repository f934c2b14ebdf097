// HTTP/1.1 server: plain interface, Boost.Asio (server.cc) and Beast's parser (request_reader.cc) behind it.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace yun::http {

struct Request {
  std::string method;                                        // upper case
  std::string path;                                          // decoded, without the query
  std::string query;                                         // raw, without '?'
  std::vector<std::pair<std::string, std::string>> headers;  // names lower case
  std::string body;
  std::string remote;  // "127.0.0.1:51234"
  bool tls = false;    // it came over TLS, to this server

  /// The header's value, or empty. `name` in lower case.
  std::string_view Header(std::string_view name) const;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

/// The answer to one request. All methods from any thread; the object may outlive the connection.
/// Exactly one of Respond, or Start .. Finish, is called; dropped without either, the client gets a 500.
class Responder {
 public:
  virtual ~Responder() = default;
  /// A whole answer with Content-Length.
  virtual void Respond(int status, std::string_view content_type, std::string body, Headers headers = {}) = 0;
  /// Begins a chunked answer (server-sent events, for one).
  virtual void Start(int status, std::string_view content_type, Headers headers = {}) = 0;
  /// Queues bytes: one chunk. False when the client is gone or more than `stream_buffer_bytes_max` wait (the connection
  /// is then dropped): stop working for it.
  virtual bool Write(std::string bytes) = 0;
  virtual void Finish() = 0;
  /// Breaks a started answer off, so that the client sees that it is not whole.
  virtual void Abort() = 0;
  /// Called once, from an I/O thread, when the client goes away before the answer is finished (at once, from the
  /// calling thread, if it has gone). Keep no shared_ptr to this Responder in it: the answer would never end by itself.
  virtual void OnClose(std::function<void()> callback) = 0;
  virtual bool closed() const = 0;
};

/// Called on an I/O thread; must not block. Work that takes long goes elsewhere and keeps the Responder.
using Handler = std::function<void(Request, std::shared_ptr<Responder>)>;

/// What answers for an error that the server itself finds.
struct ErrorAnswer {
  std::string body;  // JSON
  Headers headers = {};
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8460;  // 0: any free port
  int io_threads = 1;
  std::uint64_t body_bytes_max = 32u << 20;
  std::uint64_t bodies_bytes_max = 1u << 30;  // of all requests that are being received, together
  std::uint32_t header_bytes_max = 32u << 10;
  std::uint32_t connections_max = 4096;
  std::uint32_t header_seconds_max = 15;       // to receive the request line and headers: slowloris
  std::uint32_t body_seconds_max = 120;        // to receive the body
  std::uint32_t idle_seconds_max = 75;         // keep-alive between requests
  std::uint32_t write_stall_seconds_max = 60;  // a client that does not read
  std::uint64_t stream_buffer_bytes_max = 4u << 20;
  std::uint32_t drain_seconds_max = 30;
  std::string tls_certificate, tls_key;  // PEM files; empty: plain HTTP. Read again when they change
  /// Words for errors the server itself finds: 431, 413, 400, 408, 503, and 500 where a handler gave no answer.
  /// path: the request's, empty where it was not read.
  std::function<ErrorAnswer(int status, std::string_view message, std::string_view path)> error_answer;
};

/// Listens from Create on; answers until Stop.
class Server {
 public:
  /// errors: kUnavailable (port in use: says which), kInvalidArgument (address), as TlsContext::Create
  static Result<std::unique_ptr<Server>> Create(ServerOptions options, Handler handler);
  virtual ~Server() = default;
  virtual std::uint16_t port() const = 0;
  virtual std::uint32_t connections() const = 0;
  /// Reads certificate and key now; without TLS nothing happens. errors: as TlsContext::Reload
  virtual Status ReloadCertificate() = 0;
  /// Stops accepting, lets running answers finish for at most drain_seconds_max, closes the rest; returns when all is
  /// closed. Not from an I/O thread. The destructor does the same without waiting.
  virtual void Drain() = 0;
};

/// "a=1&b=%20" -> pairs, decoded.
std::vector<std::pair<std::string, std::string>> ParseQuery(std::string_view query);
/// One server-sent event: "data: <line>\n" for each line, then an empty line. `event` may be empty.
std::string SseEvent(std::string_view data, std::string_view event = {});

}  // namespace yun::http
