// The server's sockets: one strand a connection, non-blocking reads and writes after "ready" events, so that an idle
// connection owns no buffer.
#include "net/http/server.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_set>

#include "base/log.h"
#include "net/http/exchange.h"
#include "net/http/request_reader.h"
#include "net/http/response_head.h"
#include "net/http/tls.h"

namespace yun::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Strand = asio::strand<asio::io_context::executor_type>;
using Socket = asio::basic_stream_socket<tcp, Strand>;
using Acceptor = asio::basic_socket_acceptor<tcp, Strand>;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Strand>;

constexpr std::size_t kReadBytes = 64u << 10;           // one recv
constexpr std::size_t kWakeBytesMax = 512u << 10;       // read by one connection before others get their turn
constexpr std::size_t kPipelineBytesMax = 64u << 10;    // of later requests while an answer is made
constexpr std::size_t kLingerBytesMax = 1u << 20;       // thrown away after an early answer
constexpr std::chrono::seconds kLingerTime{2};          // for the client to read an early answer
constexpr std::uint32_t kRefusalsMax = 64;              // connections over connections_max that still get a 503
constexpr std::chrono::milliseconds kAcceptRetry{100};  // out of file descriptors
constexpr std::uint32_t kOtherFiles = 64;               // descriptors the rest of the program needs
constexpr int kIoThreadsMax = 256;

ErrorAnswer PlainErrorAnswer(int, std::string_view message, std::string_view) {
  std::string safe(message);
  std::replace_if(safe.begin(), safe.end(), [](unsigned char c) { return c < 0x20 || c == '"' || c == '\\'; }, ' ');
  return {fmt::format("{{\"error\":{{\"message\":\"{}\"}}}}", safe)};
}

class Connection;

// What connections and late responders share; the io_context lives until the last of them is gone.
struct Core {
  Core(ServerOptions o, Handler h) : options(std::move(o)), handler(std::move(h)) {}

  const ServerOptions options;
  const Handler handler;
  std::unique_ptr<TlsContext> tls;  // null: plain HTTP
  asio::io_context io;
  const std::shared_ptr<std::atomic<bool>> draining = std::make_shared<std::atomic<bool>>(false);
  std::atomic<std::uint64_t> bodies_bytes{0};  // of requests that are still being received

  std::mutex mutex;
  std::condition_variable changed;
  std::unordered_set<std::shared_ptr<Connection>> open;  // keeps them alive
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Core> core, Socket socket, std::string remote)
      : core_(std::move(core)),
        socket_(std::move(socket)),
        timer_(socket_.get_executor()),
        remote_(std::move(remote)),
        tls_(core_->tls ? core_->tls->MakeSession() : nullptr),
        reader_({core_->options.header_bytes_max, core_->options.body_bytes_max}) {}

  // All of these run on the strand.
  void Open();
  void Refuse();
  void Drain();
  void Kill();

  Strand strand() { return socket_.get_executor(); }

 private:
  enum class Wait { kNothing, kFirst, kIdle, kHead, kBody, kWrite, kLinger };

  void AwaitReadable();
  void OnReadable(error_code ec);
  void OnEnd();
  void Advance();
  void Serve();
  void Pump();
  void Flush();
  void OnFlushed();
  void FailRequest(int status, const std::string& message);
  void LingeringClose();
  void Close(bool reset);
  void CountBody(std::uint64_t bytes);
  bool Decode(std::string_view wire);
  void Put(std::string bytes);
  void SayClosed();
  void SetDeadline(Wait wait, Clock::duration time);
  void ArmTimer();
  void OnTimer();
  std::string_view Unread() const { return std::string_view(inbox_).substr(inbox_used_); }
  std::uint64_t Unsent() const { return outbox_.size() - outbox_sent_; }

  const std::shared_ptr<Core> core_;
  Socket socket_;
  Timer timer_;
  const std::string remote_;
  const std::unique_ptr<TlsSession> tls_;  // null: plain HTTP
  RequestReader reader_;
  std::shared_ptr<Exchange> exchange_;  // while a request is answered

  std::string inbox_;
  std::size_t inbox_used_ = 0;
  std::string outbox_;
  std::size_t outbox_sent_ = 0;

  Wait wait_ = Wait::kNothing;
  Clock::time_point deadline_ = Clock::time_point::max();
  Clock::time_point timer_at_ = Clock::time_point::max();  // when the armed timer fires
  std::uint64_t body_counted_ = 0;
  std::size_t lingered_ = 0;
  bool reading_ = false;
  bool writing_ = false;
  bool ended_ = false;        // the client sends no more
  bool answer_done_ = false;  // all of the exchange's bytes are in the outbox
  bool close_after_ = false;  // when the outbox is empty
  bool reset_after_ = false;
  bool lingering_ = false;
  bool closed_ = false;
};

void Connection::Open() {
  if (closed_) return;
  SetDeadline(Wait::kFirst, std::chrono::seconds(core_->options.header_seconds_max));
  AwaitReadable();
}

void Connection::Refuse() {
  if (closed_) return;
  FailRequest(503, "too many connections; try again later");
}

// A request that is partly here is still answered (with Connection: close); a quiet connection goes at once.
void Connection::Drain() {
  if (closed_ || exchange_ || lingering_ || Unsent() > 0) return;
  if (reader_.state() == RequestReader::State::kHead && Unread().empty()) Close(false);
}

void Connection::Kill() { Close(true); }

// Reading goes on while an answer is made: that is how a client that left is noticed.
void Connection::AwaitReadable() {
  if (reading_ || closed_ || ended_) return;
  if (exchange_ && Unread().size() > kPipelineBytesMax) return;
  reading_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code ec) {
    self->reading_ = false;
    self->OnReadable(ec);
  });
}

void Connection::OnReadable(error_code ec) {
  if (closed_) return;
  if (ec) return Close(true);
  thread_local std::string buffer(kReadBytes, '\0');
  for (std::size_t total = 0; total < kWakeBytesMax && !closed_ && !ended_;) {
    if (exchange_ && Unread().size() > kPipelineBytesMax) return;
    const std::size_t got = socket_.read_some(asio::buffer(buffer), ec);
    if (ec == asio::error::would_block || ec == asio::error::try_again) break;
    if (ec == asio::error::eof) {
      OnEnd();
      break;
    }
    if (ec) return Close(true);
    total += got;
    if (lingering_) {
      lingered_ += got;
      if (lingered_ > kLingerBytesMax) return Close(true);
      continue;
    }
    if (!tls_) {
      inbox_.append(buffer, 0, got);
    } else if (!Decode(std::string_view(buffer).substr(0, got))) {
      return Close(true);
    }
    Advance();
    if (tls_ && tls_->ended() && !closed_ && !ended_) {
      OnEnd();
      break;
    }
    if (got < kReadBytes) break;  // a full socket would have filled the buffer
  }
  AwaitReadable();
}

/// What came from the socket goes through TLS, which may have something to say itself. False: it is broken.
bool Connection::Decode(std::string_view wire) {
  const bool good = tls_->Receive(wire, inbox_);
  if (std::string own = tls_->TakeOutgoing(); !own.empty()) {
    outbox_ += own;
    Flush();
  }
  return good;
}

/// Queues bytes of an answer.
void Connection::Put(std::string bytes) {
  if (tls_) {
    if (!tls_->established() || !tls_->Send(bytes)) return Close(true);
    bytes = tls_->TakeOutgoing();
  }
  if (outbox_.empty()) outbox_ = std::move(bytes);
  else outbox_ += bytes;
}

/// Under TLS a whole answer is told from a cut one by this; sent if the socket takes it at once.
void Connection::SayClosed() {
  if (!tls_ || Unsent() > 0) return;
  tls_->Close();
  error_code ignored;
  const std::string own = tls_->TakeOutgoing();
  if (!own.empty()) socket_.write_some(asio::buffer(own), ignored);
}

void Connection::OnEnd() {
  ended_ = true;
  if (lingering_) return Close(false);
  if (exchange_) {
    // Answers that are ready still go to a client that only closed its sending side.
    if (!exchange_->done()) Close(true);
    return;
  }
  if (Unsent() == 0) Close(false);
}

void Connection::Advance() {
  using State = RequestReader::State;
  while (!closed_ && !lingering_ && !close_after_ && !exchange_ && !Unread().empty()) {
    if (wait_ == Wait::kFirst || wait_ == Wait::kIdle) {
      SetDeadline(Wait::kHead, std::chrono::seconds(core_->options.header_seconds_max));
    }
    const State before = reader_.state();
    const std::size_t used = reader_.Feed(Unread());
    inbox_used_ += used;
    if (inbox_used_ == inbox_.size()) {
      inbox_.clear();
      inbox_used_ = 0;
      if (inbox_.capacity() > kReadBytes) inbox_.shrink_to_fit();
    } else if (inbox_used_ > kReadBytes) {
      inbox_.erase(0, inbox_used_);
      inbox_used_ = 0;
    }
    if (reader_.state() == State::kFailed) return FailRequest(reader_.error_status(), reader_.error_message());
    if (reader_.state() == State::kDone) {
      Serve();
      return;
    }
    if (reader_.state() == State::kBody) {
      CountBody(reader_.body_bytes());
      if (core_->bodies_bytes.load(std::memory_order_relaxed) > core_->options.bodies_bytes_max) {
        return FailRequest(503, "too many large requests at a time; try again later");
      }
      if (before == State::kHead) {
        SetDeadline(Wait::kBody, std::chrono::seconds(core_->options.body_seconds_max));
        if (reader_.expects_continue() && Unread().empty()) {
          Put("HTTP/1.1 100 Continue\r\n\r\n");
          Flush();
        }
      }
    }
    if (used == 0 || Unread().empty()) break;
  }
}

void Connection::CountBody(std::uint64_t bytes) {
  core_->bodies_bytes.fetch_add(bytes - body_counted_, std::memory_order_relaxed);
  body_counted_ = bytes;
}

void Connection::Serve() {
  SetDeadline(Wait::kNothing, {});
  CountBody(0);
  answer_done_ = false;
  exchange_ =
      std::make_shared<Exchange>(Exchange::Traits{.is_head = reader_.is_head(),
                                                  .http_1_0 = reader_.http_1_0(),
                                                  .keep_alive = reader_.keep_alive() && !ended_,
                                                  .stream_buffer_bytes_max = core_->options.stream_buffer_bytes_max,
                                                  .draining = core_->draining,
                                                  .path = reader_.path(),
                                                  .error_answer = core_->options.error_answer,
                                                  .wake = [core = core_, weak = weak_from_this()] {
                                                    if (const auto self = weak.lock()) {
                                                      asio::post(self->strand(), [weak] {
                                                        if (const auto connection = weak.lock()) connection->Pump();
                                                      });
                                                    }
                                                  }});
  Request request = reader_.Take();
  request.remote = remote_;
  request.tls = tls_ != nullptr;
  const std::shared_ptr<Exchange> exchange = exchange_;
  const std::shared_ptr<Responder> responder = MakeResponder(exchange);
  try {
    core_->handler(std::move(request), responder);
  } catch (const std::exception& error) {
    log::error("http: a handler threw: {}", error.what());
    exchange->Failed("the request failed inside the server");
  } catch (...) {
    exchange->Failed("the request failed inside the server");
  }
  // The client ended its side before; nobody would notice that it left.
  if (ended_ && !exchange->done()) Close(true);
}

void Connection::Pump() {
  if (closed_ || !exchange_) return;
  Exchange::Taken taken = exchange_->Take(Unsent());
  if (taken.overflow) {
    log::warn("http: {} reads too slowly: dropped with {} bytes waiting", remote_, Unsent() + taken.bytes.size());
    return Close(true);
  }
  Put(std::move(taken.bytes));
  if (closed_) return;
  if (taken.done) {
    answer_done_ = true;
    close_after_ = taken.close;
    reset_after_ = taken.reset;
  }
  Flush();
}

void Connection::Flush() {
  if (writing_ || closed_) return;
  error_code ec;
  while (Unsent() > 0) {
    const std::size_t sent = socket_.write_some(asio::buffer(outbox_.data() + outbox_sent_, Unsent()), ec);
    if (ec == asio::error::would_block || ec == asio::error::try_again) break;
    if (ec) return Close(true);
    outbox_sent_ += sent;
  }
  if (Unsent() == 0) {
    outbox_.clear();
    if (outbox_.capacity() > kReadBytes) outbox_.shrink_to_fit();
    outbox_sent_ = 0;
    if (wait_ == Wait::kWrite) {
      // Only "100 Continue" is sent while a body is awaited.
      const bool in_body = reader_.state() == RequestReader::State::kBody;
      SetDeadline(in_body ? Wait::kBody : Wait::kNothing, std::chrono::seconds(core_->options.body_seconds_max));
      if (tls_ && !tls_->established())
        SetDeadline(Wait::kFirst, std::chrono::seconds(core_->options.header_seconds_max));
    }
  } else if (outbox_sent_ > kReadBytes && outbox_sent_ > outbox_.size() / 2) {
    outbox_.erase(0, outbox_sent_);
    outbox_sent_ = 0;
  }
  if (exchange_) exchange_->SetUnsent(Unsent());
  if (Unsent() == 0) return OnFlushed();
  // Every time the socket takes bytes the client has shown that it reads.
  SetDeadline(Wait::kWrite, std::chrono::seconds(core_->options.write_stall_seconds_max));
  writing_ = true;
  socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](error_code wait_error) {
    self->writing_ = false;
    if (self->closed_) return;
    if (wait_error) return self->Close(true);
    self->Flush();
  });
}

void Connection::OnFlushed() {
  if (exchange_) {
    if (!answer_done_) return;
    exchange_.reset();
    answer_done_ = false;
    if (reset_after_) return Close(true);
    if (ended_ && Unread().empty()) return Close(false);
    if (close_after_) return LingeringClose();
    if (Unread().empty() && core_->draining->load(std::memory_order_relaxed)) return Close(false);
    SetDeadline(Wait::kIdle, std::chrono::seconds(core_->options.idle_seconds_max));
    Advance();
    // A client that ended its side gets no answer to the request it never finished.
    if (!closed_ && ended_ && !exchange_ && !lingering_ && Unsent() == 0) return Close(false);
    return AwaitReadable();
  }
  if (close_after_) LingeringClose();
}

// The answer to a request that is not understood; the connection cannot be used after it.
void Connection::FailRequest(int status, const std::string& message) {
  SetDeadline(Wait::kNothing, {});
  CountBody(0);
  const ErrorAnswer answer = core_->options.error_answer(status, message, reader_.path());
  Put(FormatHead({.status = status,
                  .content_type = "application/json",
                  .content_length = answer.body.size(),
                  .keep_alive = false},
                 answer.headers) +
      answer.body);
  if (closed_) return;
  close_after_ = true;
  Flush();
}

// Closing with unread bytes makes the kernel send a reset, which can overtake the answer: so the sending side ends, and
// the rest of what the client sends is thrown away for a moment.
void Connection::LingeringClose() {
  if (lingering_ || closed_) return;
  SayClosed();
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  if (ended_) return Close(false);
  lingering_ = true;
  inbox_ = std::string();
  inbox_used_ = 0;
  SetDeadline(Wait::kLinger, kLingerTime);
  AwaitReadable();
}

void Connection::Close(bool reset) {
  if (closed_) return;
  closed_ = true;
  CountBody(0);
  error_code ignored;
  if (reset) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  else SayClosed();
  socket_.close(ignored);
  timer_.cancel();
  const std::shared_ptr<Connection> self = shared_from_this();
  if (const std::shared_ptr<Exchange> exchange = std::exchange(exchange_, nullptr)) exchange->Gone();
  std::lock_guard lock(core_->mutex);
  core_->open.erase(self);
  core_->changed.notify_all();
}

// The timer is only moved when it would fire too late; a busy connection then hardly touches it.
void Connection::SetDeadline(Wait wait, Clock::duration time) {
  wait_ = wait;
  deadline_ = wait == Wait::kNothing ? Clock::time_point::max() : Clock::now() + time;
  if (deadline_ < timer_at_) ArmTimer();
}

void Connection::ArmTimer() {
  if (closed_ || deadline_ == Clock::time_point::max()) return;
  timer_at_ = deadline_;
  timer_.expires_at(deadline_);
  timer_.async_wait([weak = weak_from_this()](error_code ec) {
    if (ec) return;
    if (const auto self = weak.lock()) self->OnTimer();
  });
}

void Connection::OnTimer() {
  if (closed_) return;
  timer_at_ = Clock::time_point::max();
  if (Clock::now() < deadline_) return ArmTimer();
  switch (wait_) {
    case Wait::kNothing:
      break;
    case Wait::kHead:
      return FailRequest(408, "the request's headers took too long to arrive");
    case Wait::kBody:
      return FailRequest(408, "the request's body took too long to arrive");
    case Wait::kWrite:
      log::warn("http: {} does not read: dropped with {} bytes waiting", remote_, Unsent());
      return Close(true);
    case Wait::kFirst:
    case Wait::kIdle:
    case Wait::kLinger:
      return Close(false);
  }
}

std::string RemoteText(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

// As many descriptors as the limit on connections needs, or as many connections as the hard limit allows.
std::uint32_t FitToFileLimit(std::uint32_t connections) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return connections;
  const rlim_t wanted = static_cast<rlim_t>(connections) + kRefusalsMax + kOtherFiles;
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur >= wanted) return connections;
  const auto room = static_cast<std::uint32_t>(
      limit.rlim_cur > kRefusalsMax + kOtherFiles + 1 ? limit.rlim_cur - kRefusalsMax - kOtherFiles : 1);
  log::warn("http: the open files limit ({}) allows {} connections, not {}: raise it with ulimit -n", limit.rlim_cur,
            room, connections);
  return room;
}

class AsioServer final : public Server {
 public:
  AsioServer(std::shared_ptr<Core> core, std::uint32_t connections_max)
      : core_(std::move(core)),
        connections_max_(connections_max),
        acceptor_(asio::make_strand(core_->io)),
        retry_(acceptor_.get_executor()) {}
  ~AsioServer() override;

  Status Listen();
  void Run();

  std::uint16_t port() const override { return port_; }
  std::uint32_t connections() const override;
  Status ReloadCertificate() override { return core_->tls ? core_->tls->Reload() : Status(); }
  void Drain() override { Shut(std::chrono::seconds(core_->options.drain_seconds_max)); }

 private:
  void Accept();
  void OnAccept(error_code ec, Socket socket);
  void Shut(Clock::duration patience);
  template <class F>
  void ForEach(F function);

  const std::shared_ptr<Core> core_;
  const std::uint32_t connections_max_;
  Acceptor acceptor_;
  Timer retry_;
  std::uint16_t port_ = 0;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  std::vector<std::thread> threads_;
};

Status AsioServer::Listen() {
  const ServerOptions& options = core_->options;
  error_code ec;
  const auto address = asio::ip::make_address(options.address == "localhost" ? "127.0.0.1" : options.address, ec);
  if (ec) return Fail(Code::kInvalidArgument, "{}: not an IP address to listen on", options.address);
  const tcp::endpoint endpoint(address, options.port);
  acceptor_.open(endpoint.protocol(), ec);
  if (!ec) acceptor_.set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec) acceptor_.bind(endpoint, ec);
  if (!ec) acceptor_.listen(asio::socket_base::max_listen_connections, ec);
  if (ec == asio::error::address_in_use) {
    return Fail(Code::kUnavailable, "port {} on {} is in use: stop the program that has it, or choose another port",
                options.port, options.address);
  }
  if (ec == asio::error::access_denied) {
    return Fail(Code::kPermissionDenied, "port {} on {} needs more rights: choose one above 1023", options.port,
                options.address);
  }
  if (ec == boost::system::errc::address_not_available) {
    return Fail(Code::kInvalidArgument, "{} is not an address of this machine", options.address);
  }
  if (ec) return Fail(Code::kUnavailable, "cannot listen on {}:{}: {}", options.address, options.port, ec.message());
  port_ = acceptor_.local_endpoint(ec).port();
  return {};
}

void AsioServer::Run() {
  work_.emplace(core_->io.get_executor());
  asio::post(acceptor_.get_executor(), [this] { Accept(); });
  const int threads = std::clamp(core_->options.io_threads, 1, kIoThreadsMax);
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([core = core_] {
      for (;;) {
        try {
          core->io.run();
          return;
        } catch (const std::exception& error) {
          log::error("http: {}", error.what());  // out of memory in one connection must not end all
        }
      }
    });
  }
}

void AsioServer::Accept() {
  acceptor_.async_accept(asio::make_strand(core_->io),
                         [this](error_code ec, Socket socket) { OnAccept(ec, std::move(socket)); });
}

void AsioServer::OnAccept(error_code ec, Socket socket) {
  if (!acceptor_.is_open()) return;
  if (ec == asio::error::no_descriptors || ec == boost::system::errc::too_many_files_open_in_system ||
      ec == asio::error::no_buffer_space || ec == asio::error::no_memory) {
    log::warn("http: cannot accept: {}", ec.message());
    retry_.expires_after(kAcceptRetry);
    retry_.async_wait([this](error_code stopped) {
      if (!stopped && acceptor_.is_open()) Accept();
    });
    return;
  }
  if (!ec) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    socket.non_blocking(true, ignored);
    const tcp::endpoint remote = socket.remote_endpoint(ignored);
    auto connection = std::make_shared<Connection>(core_, std::move(socket), RemoteText(remote));
    std::size_t open = 0;
    {
      std::lock_guard lock(core_->mutex);
      open = core_->open.size();
      if (open < connections_max_ + kRefusalsMax) core_->open.insert(connection);
    }
    if (open < connections_max_ + kRefusalsMax) {
      const bool refuse = open >= connections_max_;
      asio::post(connection->strand(), [connection, refuse] { refuse ? connection->Refuse() : connection->Open(); });
    }
  }
  Accept();
}

std::uint32_t AsioServer::connections() const {
  std::lock_guard lock(core_->mutex);
  return static_cast<std::uint32_t>(core_->open.size());
}

template <class F>
void AsioServer::ForEach(F function) {
  std::vector<std::shared_ptr<Connection>> open;
  {
    std::lock_guard lock(core_->mutex);
    open.assign(core_->open.begin(), core_->open.end());
  }
  for (auto& connection : open) {
    const auto strand = connection->strand();
    asio::post(strand, [function, connection = std::move(connection)] { function(*connection); });
  }
}

void AsioServer::Shut(Clock::duration patience) {
  core_->draining->store(true, std::memory_order_relaxed);
  // The acceptor first: a connection it accepts before this is in `open` when the next lines look.
  std::mutex mutex;
  std::condition_variable closed_changed;
  bool closed = false;
  asio::post(acceptor_.get_executor(), [&] {
    error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
    std::lock_guard lock(mutex);
    closed = true;
    closed_changed.notify_all();
  });
  {
    std::unique_lock lock(mutex);
    closed_changed.wait(lock, [&] { return closed; });
  }
  ForEach([](Connection& connection) { connection.Drain(); });
  const auto all_closed = [this] { return core_->open.empty(); };
  {
    std::unique_lock lock(core_->mutex);
    if (core_->changed.wait_for(lock, patience, all_closed)) return;
  }
  ForEach([](Connection& connection) { connection.Kill(); });
  std::unique_lock lock(core_->mutex);
  core_->changed.wait(lock, all_closed);
}

AsioServer::~AsioServer() {
  if (threads_.empty()) return;
  Shut({});
  work_.reset();
  for (auto& thread : threads_) thread.join();
}

}  // namespace

Result<std::unique_ptr<Server>> Server::Create(ServerOptions options, Handler handler) {
  // Writing to a closed socket is an error value here, not the end of the program.
  std::signal(SIGPIPE, SIG_IGN);
  if (!options.error_answer) options.error_answer = PlainErrorAnswer;
  const std::uint32_t connections_max = FitToFileLimit(options.connections_max);
  auto core = std::make_shared<Core>(std::move(options), std::move(handler));
  if (const ServerOptions& o = core->options; !o.tls_certificate.empty() || !o.tls_key.empty()) {
    ASSIGN_OR_RETURN(core->tls, TlsContext::Create(o.tls_certificate, o.tls_key));
  }
  auto server = std::make_unique<AsioServer>(std::move(core), connections_max);
  RETURN_IF_ERROR(server->Listen());
  server->Run();
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace yun::http
