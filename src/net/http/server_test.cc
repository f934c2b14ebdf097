#include "net/http/server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <unordered_map>

#include "net/http/raw_socket.h"

namespace yun::http {
namespace {

using namespace std::chrono_literals;

// Polls: what is waited for happens on the server's threads.
template <class F>
bool Eventually(F condition, std::chrono::milliseconds patience = 5000ms) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

int StatusOf(const std::string& answer) { return answer.starts_with("HTTP/1.1 ") ? std::atoi(answer.c_str() + 9) : 0; }

std::string BodyOf(const std::string& answer) {
  const std::size_t at = answer.find("\r\n\r\n");
  return at == answer.npos ? std::string() : answer.substr(at + 4);
}

bool Has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

// A server whose handlers the test gives by path.
class ServerTest : public testing::Test {
 protected:
  void Serve(ServerOptions options = {}) {
    options.port = 0;
    auto made = Server::Create(options, [this](Request request, std::shared_ptr<Responder> responder) {
      ++requests_;
      const auto it = routes_.find(request.path);
      if (it == routes_.end()) return responder->Respond(404, "text/plain", "nothing at " + request.path);
      it->second(std::move(request), std::move(responder));
    });
    ASSERT_TRUE(made) << made.error().message;
    server_ = std::move(*made);
  }
  RawSocket Connect() { return RawSocket(server_->port()); }
  std::string Ask(std::string_view bytes) {
    RawSocket socket = Connect();
    socket.Send(bytes);
    return socket.ReceiveAnswer();
  }

  void SetUp() override {
    routes_["/hello"] = [](Request, std::shared_ptr<Responder> r) { r->Respond(200, "text/plain", "hello"); };
    routes_["/echo"] = [](Request request, std::shared_ptr<Responder> r) {
      r->Respond(200, "text/plain", std::move(request.body));
    };
    routes_["/keep"] = [this](Request, std::shared_ptr<Responder> r) {
      r->OnClose([this] { ++closes_; });
      std::lock_guard lock(mutex_);
      kept_.push_back(std::move(r));
    };
    routes_["/stream"] = [this](Request, std::shared_ptr<Responder> r) {
      r->Start(200, "text/event-stream");
      r->OnClose([this] { ++closes_; });
      std::lock_guard lock(mutex_);
      kept_.push_back(std::move(r));
    };
  }
  void TearDown() override {
    server_.reset();
    kept_.clear();
  }
  bool Kept(std::size_t count) {
    return Eventually([&] {
      std::lock_guard lock(mutex_);
      return kept_.size() == count;
    });
  }

  std::unordered_map<std::string, Handler> routes_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Responder>> kept_;
  std::atomic<int> closes_{0};
  std::atomic<int> requests_{0};
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, Answers) {
  Serve();
  const std::string answer = Ask("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(StatusOf(answer), 200);
  EXPECT_EQ(BodyOf(answer), "hello");
  EXPECT_TRUE(Has(answer, "Content-Length: 5\r\n"));
  EXPECT_TRUE(Has(answer, "Content-Type: text/plain\r\n"));
  EXPECT_TRUE(Has(answer, "Server: yun\r\n"));
  EXPECT_TRUE(Has(answer, " GMT\r\n"));
  EXPECT_FALSE(Has(answer, "Connection:"));
}

TEST_F(ServerTest, GivesTheRequestAsItCame) {
  Request seen;
  routes_["/a b/ü"] = [&](Request request, std::shared_ptr<Responder> r) {
    seen = std::move(request);
    r->Respond(204, "", "", {{"X-Two", "lines\r\nX-Evil: 1"}});
  };
  Serve();
  RawSocket socket = Connect();
  socket.Send(
      "POST http://host/a%20b/%C3%BC?q=1&r=%20 HTTP/1.1\r\nHost: x\r\nX-Thing:  v \r\nContent-Length: 3\r\n\r\nabc");
  const std::string answer = socket.ReceiveUntil("\r\n\r\n");
  EXPECT_EQ(StatusOf(answer), 204);
  EXPECT_FALSE(Has(answer, "\r\nX-Evil"));
  EXPECT_FALSE(Has(answer, "Content-Length"));
  server_.reset();  // joins the thread that wrote `seen`
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.path, "/a b/ü");
  EXPECT_EQ(seen.query, "q=1&r=%20");
  EXPECT_EQ(seen.Header("x-thing"), "v");
  EXPECT_EQ(seen.Header("x-none"), "");
  EXPECT_EQ(seen.body, "abc");
  EXPECT_TRUE(seen.remote.starts_with("127.0.0.1:")) << seen.remote;
}

TEST_F(ServerTest, KeepsAliveAndPipelines) {
  Serve();
  RawSocket socket = Connect();
  std::string three;
  for (int i = 0; i < 50; ++i)
    three += "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n" + std::to_string(10 + i);
  socket.Send(three);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(BodyOf(socket.ReceiveAnswer()), std::to_string(10 + i));
  socket.Send("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string last = socket.ReceiveAll();
  EXPECT_TRUE(Has(last, "Connection: close\r\n"));
  EXPECT_EQ(BodyOf(last), "hello");
  EXPECT_TRUE(socket.ended());
}

TEST_F(ServerTest, PipelinedAnswersKeepTheirOrder) {
  Serve();
  RawSocket socket = Connect();
  socket.Send("GET /keep HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(Kept(1));
  EXPECT_EQ(socket.Receive(50), "");
  EXPECT_EQ(requests_, 1);
  kept_[0]->Respond(200, "text/plain", "first");
  EXPECT_EQ(BodyOf(socket.ReceiveAnswer()), "first");
  EXPECT_EQ(BodyOf(socket.ReceiveAnswer()), "hello");
}

TEST_F(ServerTest, BytesOneByOne) {
  Serve();
  RawSocket socket = Connect();
  for (const char c : std::string(
           "\r\nPOST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\n\r\n")) {
    ASSERT_TRUE(socket.Send(std::string_view(&c, 1)));
    std::this_thread::sleep_for(200us);
  }
  EXPECT_EQ(BodyOf(socket.ReceiveAnswer()), "abc");
}

// The end of a chunked body, cut at every place.
TEST_F(ServerTest, LastChunkInPieces) {
  Serve();
  const std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string body : {"0\r\n\r\n", "2\r\nab\r\n0\r\nA: b\r\n\r\n"}) {
    RawSocket socket = Connect();
    for (std::size_t cut = 0; cut < body.size(); ++cut) {
      socket.Send(head + body.substr(0, cut));
      std::this_thread::sleep_for(2ms);
      socket.Send(body.substr(cut));
      EXPECT_EQ(BodyOf(socket.ReceiveAnswer()), body.size() == 5 ? "" : "ab");
    }
  }
}

TEST_F(ServerTest, ChunkedUpload) {
  Serve();
  std::string body;
  std::string wire = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 300; ++i) {
    const std::string part(1 + i * 37 % 5000, static_cast<char>('a' + i % 26));
    body += part;
    char size[32];
    std::snprintf(size, sizeof size, "%zx\r\n", part.size());
    wire += size + part + "\r\n";
  }
  wire += "0\r\nX-Trailer: ignored\r\n\r\n";
  EXPECT_EQ(BodyOf(Ask(wire)), body);
}

TEST_F(ServerTest, ExpectContinue) {
  Serve({.body_bytes_max = 100});
  RawSocket socket = Connect();
  socket.Send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(socket.ReceiveUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  socket.Send("ab");
  EXPECT_EQ(BodyOf(socket.ReceiveAnswer()), "ab");
  const std::string refused =
      Ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(StatusOf(refused), 413);
}

TEST_F(ServerTest, HeadHasNoBody) {
  Serve();
  RawSocket socket = Connect();
  socket.Send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string head = socket.ReceiveUntil("\r\n\r\n");
  EXPECT_TRUE(Has(head, "Content-Length: 5\r\n"));
  EXPECT_EQ(BodyOf(socket.ReceiveAnswer()), "hello");
}

TEST_F(ServerTest, StreamsChunks) {
  Serve();
  RawSocket socket = Connect();
  socket.Send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(Kept(1));
  EXPECT_TRUE(Has(socket.ReceiveUntil("\r\n\r\n"), "Transfer-Encoding: chunked\r\n"));
  EXPECT_TRUE(kept_[0]->Write(SseEvent("one")));
  EXPECT_EQ(socket.ReceiveUntil("\n\n\r\n"), "b\r\ndata: one\n\n\r\n");
  EXPECT_TRUE(kept_[0]->Write(""));
  kept_[0]->Finish();
  EXPECT_EQ(socket.ReceiveUntil("\r\n\r\n"), "0\r\n\r\n");
  socket.Send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(BodyOf(socket.ReceiveAnswer()), "hello");
  EXPECT_EQ(closes_, 0);
}

TEST_F(ServerTest, Http10GetsNoChunks) {
  Serve();
  RawSocket socket = Connect();
  socket.Send("GET /stream HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(Kept(1));
  kept_[0]->Write("abc");
  kept_[0]->Finish();
  const std::string answer = socket.ReceiveAll();
  EXPECT_EQ(BodyOf(answer), "abc");
  EXPECT_TRUE(Has(answer, "Connection: close\r\n"));
  RawSocket kept = Connect();
  kept.Send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(Has(kept.ReceiveAnswer(), "Connection: keep-alive\r\n"));
  kept.Send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(BodyOf(kept.ReceiveAll()), "hello");
}

TEST_F(ServerTest, AbortShowsThatTheAnswerIsBroken) {
  Serve();
  RawSocket socket = Connect();
  socket.Send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(Kept(1));
  kept_[0]->Write("abc");
  kept_[0]->Abort();
  const std::string answer = socket.ReceiveAll();
  EXPECT_TRUE(answer.ends_with("3\r\nabc\r\n")) << answer;
  EXPECT_TRUE(socket.ended());
}

TEST_F(ServerTest, NoAnswerIs500) {
  routes_["/drop"] = [](Request, std::shared_ptr<Responder>) {};
  routes_["/throw"] = [](Request, std::shared_ptr<Responder>) { throw std::runtime_error("secret"); };
  routes_["/half"] = [](Request, std::shared_ptr<Responder> r) { r->Start(200, "text/plain"); };
  Serve();
  EXPECT_EQ(StatusOf(Ask("GET /drop HTTP/1.1\r\nHost: x\r\n\r\n")), 500);
  const std::string thrown = Ask("GET /throw HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(StatusOf(thrown), 500);
  EXPECT_FALSE(Has(thrown, "secret"));
  RawSocket socket = Connect();
  socket.Send("GET /half HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(BodyOf(socket.ReceiveAll()), "");
  EXPECT_TRUE(socket.ended());
}

TEST_F(ServerTest, ErrorAnswersAreTheCallers) {
  routes_["/throw"] = [](Request, std::shared_ptr<Responder>) { throw std::runtime_error("secret"); };
  Serve({.error_answer = [](int status, std::string_view message, std::string_view path) {
    return ErrorAnswer{"E" + std::string(path) + " " + std::to_string(status) + " " + std::string(message),
                       {{"x-request-id", "r1"}}};
  }});
  for (const char* bytes : {"GET nowhere HTTP/1.1\r\nHost: x\r\n\r\n", "GET /throw HTTP/1.1\r\nHost: x\r\n\r\n"}) {
    const std::string answer = Ask(bytes);
    EXPECT_TRUE(BodyOf(answer).starts_with("E")) << answer;
    EXPECT_TRUE(Has(answer, "x-request-id: r1\r\n")) << answer;
  }
  EXPECT_TRUE(BodyOf(Ask("GET /throw HTTP/1.1\r\nHost: x\r\n\r\n")).starts_with("E/throw 500"));
  EXPECT_TRUE(BodyOf(Ask("POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")).starts_with("E/p 413"));
}

TEST_F(ServerTest, Malformed) {
  struct Case {
    const char* name;
    std::string bytes;
    int status;
  };
  const std::string get = "GET /hello HTTP/1.1\r\nHost: x\r\n";
  const std::string post = "POST /echo HTTP/1.1\r\nHost: x\r\n";
  const Case cases[] = {
      {"tls hello", std::string("\x16\x03\x01\x02\x00\x01\x00", 7), 400},
      {"bare line feed", "GET /hello HTTP/1.1\nHost: x\n\n", 400},
      {"no version", "GET /hello\r\n\r\n", 400},
      {"http 2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"no host", "GET /hello HTTP/1.1\r\n\r\n", 400},
      {"two hosts", get + "Host: y\r\n\r\n", 400},
      {"space before colon", get + "A : b\r\n\r\n", 400},
      {"folded", get + "A: b\r\n c\r\n\r\n", 400},
      {"nul in a value", get + std::string("A: \0b\r\n\r\n", 9), 400},
      {"bare carriage return", get + "A: b\rc\r\n\r\n", 400},
      {"length and chunked", post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"chunked and length", post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 400},
      {"two lengths", post + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", 400},
      {"two equal lengths", post + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", 400},
      {"list of lengths", post + "Content-Length: 4, 4\r\n\r\nabcd", 400},
      {"signed length", post + "Content-Length: +4\r\n\r\nabcd", 400},
      {"negative length", post + "Content-Length: -1\r\n\r\n", 400},
      {"huge length", post + "Content-Length: 99999999999999999999999\r\n\r\n", 400},
      {"empty length", post + "Content-Length:\r\n\r\n", 400},
      {"other encoding", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"encoding not last", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501},
      {"two encodings", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"odd encoding", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
      {"encoding in 1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"bad chunk size", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", 400},
      {"huge chunk size", post + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 400},
      {"large chunk size", post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", 413},
      {"no line end after chunk", post + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", 400},
      {"endless chunk extension", post + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(20000, 'a'), 400},
      {"expectation", post + "Expect: miracles\r\n\r\n", 417},
      {"connect", "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 501},
      {"not a path", "GET hello HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"broken escape", "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"nul escape", "GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
  };
  Serve();
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    RawSocket socket = Connect();
    socket.Send(c.bytes);
    const std::string answer = socket.ReceiveAll();
    EXPECT_EQ(StatusOf(answer), c.status) << answer;
    EXPECT_TRUE(socket.ended());
    EXPECT_TRUE(Has(answer, "Connection: close"));
  }
  EXPECT_EQ(requests_, 0);
}

TEST_F(ServerTest, HeaderLimit) {
  Serve({.header_bytes_max = 1000});
  const std::string start = "GET /hello HTTP/1.1\r\nHost: x\r\nA: ";
  const std::string end = "\r\n\r\n";
  const std::string fits(1000 - start.size() - end.size(), 'a');
  EXPECT_EQ(StatusOf(Ask(start + fits + end)), 200);
  EXPECT_EQ(StatusOf(Ask(start + fits + "a" + end)), 431);
  EXPECT_EQ(StatusOf(Ask("GET /" + std::string(2000, 'a'))), 431);
  // In small pieces, each far below the limit.
  RawSocket socket = Connect();
  socket.Send("GET /hello HTTP/1.1\r\n");
  for (int i = 0; i < 200; ++i) socket.Send("Aaaa: bbbb\r\n");
  EXPECT_EQ(StatusOf(socket.ReceiveAnswer()), 431);
}

TEST_F(ServerTest, BodyLimit) {
  Serve({.body_bytes_max = 1000});
  const auto post = [](std::size_t size) {
    return "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
           std::string(size, 'a');
  };
  EXPECT_EQ(StatusOf(Ask(post(1000))), 200);
  EXPECT_EQ(StatusOf(Ask(post(1001))), 413);
  EXPECT_EQ(StatusOf(Ask(post(300000))), 413);  // the answer survives the bytes that nobody reads
  std::string chunks = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 11; ++i) chunks += "64\r\n" + std::string(100, 'a') + "\r\n";
  EXPECT_EQ(StatusOf(Ask(chunks)), 413);
}

TEST_F(ServerTest, LimitOnAllBodiesTogether) {
  Serve({.bodies_bytes_max = 1000});
  const std::string half = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n" + std::string(600, 'a');
  {
    RawSocket first = Connect();
    first.Send(half);
    ASSERT_TRUE(Eventually([&] { return server_->connections() == 1; }));
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ(StatusOf(Ask(half)), 503);
  }
  ASSERT_TRUE(Eventually([&] { return server_->connections() == 0; }));
  EXPECT_EQ(StatusOf(Ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 600\r\n\r\n" + std::string(600, 'a'))),
            200);
}

TEST_F(ServerTest, SlowHeadersAndBodies) {
  Serve({.header_seconds_max = 1, .body_seconds_max = 1, .idle_seconds_max = 1});
  RawSocket silent = Connect();
  RawSocket slow_head = Connect();
  RawSocket slow_body = Connect();
  RawSocket idle = Connect();
  idle.Send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(StatusOf(idle.ReceiveAnswer()), 200);
  slow_head.Send("GET /hello HTTP/1.1\r\n");
  slow_body.Send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na");
  // Bytes that trickle in do not buy more time.
  for (int i = 0; i < 6; ++i) {
    std::this_thread::sleep_for(250ms);
    slow_head.Send("A: b\r\n");
  }
  EXPECT_EQ(StatusOf(slow_head.ReceiveAll()), 408);
  EXPECT_EQ(StatusOf(slow_body.ReceiveAll()), 408);
  EXPECT_EQ(silent.ReceiveAll(), "");
  EXPECT_TRUE(silent.ended());
  EXPECT_EQ(idle.ReceiveAll(), "");
  EXPECT_TRUE(idle.ended());
}

TEST_F(ServerTest, TooManyConnections) {
  Serve({.connections_max = 2});
  std::vector<RawSocket> held;
  for (int i = 0; i < 2; ++i) held.push_back(Connect());
  ASSERT_TRUE(Eventually([&] { return server_->connections() == 2; }));
  RawSocket third = Connect();
  EXPECT_EQ(StatusOf(third.ReceiveAll()), 503);
  third.Close();
  held.clear();
  ASSERT_TRUE(Eventually([&] { return server_->connections() == 0; }));
  EXPECT_EQ(StatusOf(Ask("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")), 200);
}

TEST_F(ServerTest, NoticesThatTheClientLeft) {
  Serve();
  for (const char* path : {"/keep", "/stream"}) {
    for (const bool reset : {false, true}) {
      SCOPED_TRACE(path);
      const int before = closes_;
      kept_.clear();
      RawSocket socket = Connect();
      socket.Send(std::string("GET ") + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
      ASSERT_TRUE(Kept(1));
      EXPECT_FALSE(kept_[0]->closed());
      reset ? socket.Reset() : socket.Close();
      EXPECT_TRUE(Eventually([&] { return closes_ == before + 1; }));
      EXPECT_TRUE(kept_[0]->closed());
      EXPECT_FALSE(kept_[0]->Write("x"));
      bool at_once = false;
      kept_[0]->OnClose([&] { at_once = true; });
      EXPECT_TRUE(at_once);
      kept_[0]->Respond(200, "text/plain", "late");
      EXPECT_TRUE(Eventually([&] { return server_->connections() == 0; }));
    }
  }
}

TEST_F(ServerTest, ClientThatOnlyEndedItsSideGetsReadyAnswers) {
  Serve();
  RawSocket socket = Connect();
  socket.Send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\nPOST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nz");
  socket.EndSending();
  const std::string answers = socket.ReceiveAll();
  EXPECT_TRUE(Has(answers, "hello"));
  EXPECT_TRUE(answers.ends_with("z"));
  EXPECT_TRUE(socket.ended());
}

TEST_F(ServerTest, SlowReaderIsDroppedByTime) {
  Serve({.write_stall_seconds_max = 1, .stream_buffer_bytes_max = 64u << 20});
  RawSocket socket(server_->port(), 4096);
  socket.Send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(Kept(1));
  EXPECT_TRUE(kept_[0]->Write(std::string(32u << 20, 'a')));
  EXPECT_TRUE(Eventually([&] { return closes_ == 1; }));
  EXPECT_FALSE(kept_[0]->Write("b"));
}

TEST_F(ServerTest, SlowReaderIsDroppedByBytes) {
  Serve({.stream_buffer_bytes_max = 1u << 20});
  RawSocket socket(server_->port(), 4096);
  socket.Send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(Kept(1));
  std::size_t written = 0;
  while (written < (64u << 20) && kept_[0]->Write(std::string(65536, 'a'))) {
    written += 65536;
    std::this_thread::sleep_for(100us);
  }
  EXPECT_LT(written, 64u << 20);
  EXPECT_TRUE(Eventually([&] { return closes_ == 1; }));
  EXPECT_TRUE(Eventually([&] { return server_->connections() == 0; }));
}

TEST_F(ServerTest, LargeAnswerArrivesWhole) {
  std::string large(20u << 20, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 + i / 977);
  routes_["/large"] = [&](Request, std::shared_ptr<Responder> r) {
    r->Respond(200, "application/octet-stream", large);
  };
  Serve();
  EXPECT_TRUE(BodyOf(Ask("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")) == large);
}

TEST_F(ServerTest, DrainLetsAnswersFinish) {
  Serve({.drain_seconds_max = 10});
  RawSocket idle = Connect();
  RawSocket socket = Connect();
  socket.Send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(Kept(1));
  RawSocket waiting = Connect();
  waiting.Send("GET /keep HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(Kept(2));
  std::atomic<bool> drained{false};
  std::thread drain([&] {
    server_->Drain();
    drained = true;
  });
  EXPECT_EQ(idle.ReceiveAll(), "");
  EXPECT_TRUE(idle.ended());
  RawSocket refused = Connect();
  EXPECT_FALSE(refused.Send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n") && !refused.ReceiveAll().empty());
  EXPECT_FALSE(drained);
  kept_[0]->Write("last words");
  kept_[0]->Finish();
  kept_[1]->Respond(200, "text/plain", "ok");
  EXPECT_TRUE(socket.ReceiveAll().ends_with("last words\r\n0\r\n\r\n"));
  EXPECT_TRUE(Has(waiting.ReceiveAll(), "Connection: close\r\n"));
  socket.Close();
  waiting.Close();
  drain.join();
  EXPECT_EQ(closes_, 0);
}

TEST_F(ServerTest, DrainEndsByTime) {
  Serve({.drain_seconds_max = 1});
  RawSocket socket = Connect();
  socket.Send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(Kept(1));
  server_->Drain();
  EXPECT_EQ(closes_, 1);
  EXPECT_EQ(server_->connections(), 0u);
  EXPECT_FALSE(kept_[0]->Write("x"));
}

TEST_F(ServerTest, ResponderOutlivesTheServer) {
  Serve({.io_threads = 2});
  RawSocket socket = Connect();
  socket.Send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(Kept(1));
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    while (!stop) kept_[0]->Write("data");
  });
  std::this_thread::sleep_for(20ms);
  server_.reset();
  EXPECT_TRUE(kept_[0]->closed());
  stop = true;
  writer.join();
  kept_[0]->Finish();
  kept_.clear();
}

TEST_F(ServerTest, ThousandStreams) {
  constexpr int kStreams = 1000;
  constexpr int kEvents = 20;
  Serve({.io_threads = 2});
  std::vector<RawSocket> sockets;
  for (int i = 0; i < kStreams; ++i) {
    sockets.push_back(Connect());
    ASSERT_TRUE(sockets.back().Send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n"));
  }
  ASSERT_TRUE(Kept(kStreams));
  EXPECT_EQ(server_->connections(), static_cast<unsigned>(kStreams));
  std::vector<std::thread> writers;
  for (int w = 0; w < 2; ++w) {
    writers.emplace_back([&, w] {
      for (int event = 0; event < kEvents; ++event) {
        for (int i = w; i < kStreams; i += 2) kept_[i]->Write(SseEvent("event " + std::to_string(event)));
      }
      for (int i = w; i < kStreams; i += 2) kept_[i]->Finish();
    });
  }
  for (auto& writer : writers) writer.join();
  int whole = 0;
  for (auto& socket : sockets) {
    const std::string answer = socket.ReceiveAnswer();
    bool all = answer.ends_with("0\r\n\r\n");
    for (int event = 0; event < kEvents; ++event)
      all = all && Has(answer, "data: event " + std::to_string(event) + "\n");
    whole += all;
  }
  EXPECT_EQ(whole, kStreams);
  EXPECT_EQ(closes_, 0);
}

TEST(Server, CreateErrors) {
  const Handler handler = [](Request, std::shared_ptr<Responder>) {};
  const auto first = Server::Create({.port = 0}, handler);
  ASSERT_TRUE(first);
  const auto second = Server::Create({.port = (*first)->port()}, handler);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kUnavailable);
  EXPECT_TRUE(Has(second.error().message, std::to_string((*first)->port())));
  const auto bad = Server::Create({.address = "not an address", .port = 0}, handler);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, Code::kInvalidArgument);
  const auto foreign = Server::Create({.address = "192.0.2.1", .port = 0}, handler);
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace yun::http
