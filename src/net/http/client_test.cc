#include "net/http/client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/guarded.h"
#include "net/http/server.h"

namespace yun::http {
namespace {

using namespace std::chrono_literals;

class ClientTest : public testing::Test {
 protected:
  void SetUp() override {
    // A proxy of the machine must not stand between the test and itself.
    ::setenv("no_proxy", "127.0.0.1,localhost", 1);
    ::unsetenv("http_proxy");
    auto made = Server::Create({.port = 0}, [this](Request request, std::shared_ptr<Responder> responder) {
      const Handler handler = routes_.With([&](auto& routes) { return routes[request.path]; });
      if (!handler) return responder->Respond(404, "text/plain", "nothing at " + request.path);
      handler(std::move(request), std::move(responder));
    });
    ASSERT_TRUE(made) << made.error().message;
    server_ = std::move(*made);
    // Answers with the headers and the body that came.
    Route("/show", [](Request request, std::shared_ptr<Responder> r) {
      std::string text = request.method + "\n";
      for (const auto& [name, value] : request.headers) text += name + "=" + value + "\n";
      r->Respond(200, "text/plain", text + "\n" + request.body, {{"X-Back", "yes"}});
    });
  }
  void TearDown() override {
    server_.reset();
    kept_.clear();
  }
  void Route(const std::string& path, Handler handler) {
    routes_.With([&](auto& routes) { routes[path] = std::move(handler); });
  }
  std::string Url(const std::string& path, const std::string& host = "127.0.0.1") {
    return "http://" + host + ":" + std::to_string(server_->port()) + path;
  }
  void RedirectTo(const std::string& path, int status, const std::string& location) {
    Route(path, [status, location](Request, std::shared_ptr<Responder> r) {
      r->Respond(status, "text/plain", "moved", {{"Location", location}});
    });
  }

  Guarded<std::unordered_map<std::string, Handler>> routes_;
  std::vector<std::shared_ptr<Responder>> kept_;
  std::unique_ptr<Server> server_;
};

bool Has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

TEST_F(ClientTest, SendsAndReceives) {
  const auto got =
      Fetch({.url = Url("/show"), .method = "POST", .headers = {{"X-A", "1"}, {"X-Empty", ""}}, .body = "abc"});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->Header("x-back"), "yes");
  EXPECT_EQ(got->Header("content-type"), "text/plain");
  EXPECT_TRUE(got->body.starts_with("POST\n"));
  EXPECT_TRUE(Has(got->body, "x-a=1\n"));
  EXPECT_TRUE(Has(got->body, "x-empty=\n"));
  EXPECT_TRUE(got->body.ends_with("\n\nabc"));
}

TEST_F(ClientTest, PublicOnlyDoesNotConnectHere) {
  std::atomic<bool> reached = false;
  Route("/inside", [&](Request, std::shared_ptr<Responder> r) {
    reached = true;
    r->Respond(200, "text/plain", "secret");
  });
  ASSERT_TRUE(Fetch({.url = Url("/show")}));  // leaves a connection that could be used again
  for (const char* host : {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"}) {
    const auto got = Fetch({.url = Url("/inside", host), .public_only = true});
    ASSERT_FALSE(got) << host;
    EXPECT_EQ(got.error().code, Code::kPermissionDenied) << host << ": " << got.error().message;
  }
  EXPECT_FALSE(reached);
}

TEST_F(ClientTest, HeadAndErrors) {
  const auto head = Fetch({.url = Url("/show"), .method = "HEAD"});
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->body, "");
  EXPECT_NE(head->Header("content-length"), "0");
  bool called = false;
  const auto missing = Fetch({.url = Url("/missing")}, [&](std::string_view) { return called = true; });
  ASSERT_TRUE(missing) << missing.error().message;
  EXPECT_EQ(missing->status, 404);
  EXPECT_EQ(missing->body, "nothing at /missing");
  EXPECT_FALSE(called);
  Route("/long",
        [](Request, std::shared_ptr<Responder> r) { r->Respond(500, "text/plain", std::string(1 << 20, 'e')); });
  const auto cut = Fetch({.url = Url("/long")});
  ASSERT_TRUE(cut) << cut.error().message;
  EXPECT_EQ(cut->status, 500);
  EXPECT_EQ(cut->body.size(), 64u << 10);
}

TEST_F(ClientTest, RedirectsKeepHeadersOnlyForTheSameOrigin) {
  RedirectTo("/near", 302, "/show");
  RedirectTo("/far", 302, Url("/show", "localhost"));
  RedirectTo("/far_and_back", 302, Url("/far_two", "localhost"));
  RedirectTo("/far_two", 307, Url("/show"));
  const std::vector<std::pair<std::string, std::string>> headers = {{"Authorization", "Bearer k"}, {"X-Key", "k2"}};
  const auto near = Fetch({.url = Url("/near"), .headers = headers});
  ASSERT_TRUE(near) << near.error().message;
  EXPECT_TRUE(Has(near->body, "authorization=Bearer k\n"));
  EXPECT_TRUE(Has(near->body, "x-key=k2\n"));
  for (const char* path : {"/far", "/far_and_back"}) {
    const auto far = Fetch({.url = Url(path), .headers = headers});
    ASSERT_TRUE(far) << far.error().message;
    EXPECT_EQ(far->status, 200);
    EXPECT_FALSE(Has(far->body, "authorization")) << path;
    EXPECT_FALSE(Has(far->body, "x-key")) << path;
  }
}

TEST_F(ClientTest, RedirectMethods) {
  struct Case {
    int status;
    const char* method;
  };
  for (const auto& [status, method] :
       {Case{301, "GET"}, Case{302, "GET"}, Case{303, "GET"}, Case{307, "POST"}, Case{308, "POST"}}) {
    RedirectTo("/r", status, "/show");
    const auto got = Fetch({.url = Url("/r"), .method = "POST", .body = "abc"});
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_TRUE(got->body.starts_with(std::string(method) + "\n")) << status << got->body;
    EXPECT_EQ(got->body.ends_with("abc"), std::string_view(method) == "POST") << status;
  }
}

TEST_F(ClientTest, RedirectErrors) {
  RedirectTo("/loop", 302, "/loop");
  RedirectTo("/file", 302, "file:///etc/passwd");
  RedirectTo("/ftp", 302, "ftp://127.0.0.1/x");
  RedirectTo("/none", 302, "");
  RedirectTo("/leak", 307, Url("/show", "localhost"));
  for (const char* path : {"/loop", "/file", "/ftp", "/none"}) {
    const auto got = Fetch({.url = Url(path)});
    ASSERT_FALSE(got) << path;
    EXPECT_EQ(got.error().code, Code::kNetwork) << path << got.error().message;
  }
  const auto leak = Fetch({.url = Url("/leak"), .method = "POST", .body = "secret"});
  ASSERT_FALSE(leak);
  EXPECT_EQ(leak.error().code, Code::kNetwork);
  const auto shown = Fetch({.url = Url("/loop"), .redirects_max = 0});
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->status, 302);
}

TEST_F(ClientTest, BadUrls) {
  for (const char* url : {"", "nonsense://x", "file:///etc/passwd", "http://", "http://a b/"}) {
    const auto got = Fetch({.url = url});
    ASSERT_FALSE(got) << url;
    EXPECT_EQ(got.error().code, Code::kInvalidArgument) << url << " " << got.error().message;
  }
  const auto broken = Fetch({.url = Url("/show"), .headers = {{"A", "b\r\nC: d"}}});
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, Code::kInvalidArgument);
}

TEST_F(ClientTest, Ranges) {
  const std::string file = "0123456789";
  Route("/file", [file](Request request, std::shared_ptr<Responder> r) {
    const std::string_view range = request.Header("range");
    if (range == "bytes=4-") {
      return r->Respond(206, "x/y", file.substr(4), {{"Content-Range", "bytes 4-9/10"}});
    }
    if (range == "bytes=2-3") return r->Respond(206, "x/y", file.substr(2, 2), {{"Content-Range", "bytes 2-3/10"}});
    if (range == "bytes=9-") return r->Respond(206, "x/y", file, {{"Content-Range", "bytes 0-9/10"}});
    r->Respond(200, "x/y", file);
  });
  std::string taken;
  const BodySink sink = [&](std::string_view bytes) {
    taken += bytes;
    return true;
  };
  auto got = Fetch({.url = Url("/file"), .range_begin = 4}, sink);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 206);
  EXPECT_EQ(std::exchange(taken, {}), "456789");
  EXPECT_EQ(got->body, "");
  got = Fetch({.url = Url("/file"), .range_begin = 2, .range_end = 3}, sink);
  ASSERT_TRUE(got);
  EXPECT_EQ(std::exchange(taken, {}), "23");
  // Ignored by the server: nothing may reach the sink.
  got = Fetch({.url = Url("/file"), .range_begin = 5}, sink);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(taken, "");
  // Another part than the one asked for.
  got = Fetch({.url = Url("/file"), .range_begin = 9}, sink);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Code::kNetwork);
  EXPECT_EQ(taken, "");
}

TEST_F(ClientTest, CutConnectionIsAnError) {
  Route("/cut", [](Request, std::shared_ptr<Responder> r) {
    r->Start(200, "x/y");
    r->Write("half");
    r->Abort();
  });
  std::string taken;
  const auto got = Fetch({.url = Url("/cut")}, [&](std::string_view bytes) {
    taken += bytes;
    return true;
  });
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Code::kNetwork) << got.error().message;
  EXPECT_EQ(taken, "half");
}

TEST_F(ClientTest, AnAnswerThatTricklesEnds) {
  std::atomic<bool> ended = false;
  std::thread trickle;
  Route("/trickle", [&](Request, std::shared_ptr<Responder> r) {
    r->Start(200, "text/plain");
    trickle = std::thread([&ended, r] {
      while (!ended && r->Write("x")) std::this_thread::sleep_for(100ms);
    });
  });
  const auto got = Fetch({.url = Url("/trickle"), .stall_seconds_max = 1, .total_seconds_max = 2});
  ended = true;
  if (trickle.joinable()) trickle.join();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Code::kNetwork) << got.error().message;
}

TEST_F(ClientTest, StallIsAnError) {
  Route("/stall", [this](Request, std::shared_ptr<Responder> r) {
    r->Start(200, "x/y");
    r->Write("half");
    kept_.push_back(std::move(r));
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto got = Fetch({.url = Url("/stall"), .stall_seconds_max = 1});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Code::kNetwork) << got.error().message;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s);
}

TEST_F(ClientTest, CancelStops) {
  Route("/wait", [this](Request, std::shared_ptr<Responder> r) { kept_.push_back(std::move(r)); });
  std::atomic<bool> cancel{false};
  std::thread later([&] {
    std::this_thread::sleep_for(100ms);
    cancel = true;
  });
  const auto got = Fetch({.url = Url("/wait"), .cancel = &cancel});
  later.join();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Code::kCancelled);
  const auto before = Fetch({.url = Url("/show"), .cancel = &cancel});
  ASSERT_FALSE(before);
  EXPECT_EQ(before.error().code, Code::kCancelled);
}

TEST_F(ClientTest, SinkStopsOrThrows) {
  const auto stopped = Fetch({.url = Url("/show")}, [](std::string_view) { return false; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Code::kCancelled);
  const auto thrown = Fetch({.url = Url("/show")}, [](std::string_view) -> bool { throw 1; });
  ASSERT_FALSE(thrown);
  EXPECT_EQ(thrown.error().code, Code::kCancelled);
}

TEST_F(ClientTest, SinkMayFetch) {
  int inner = 0;
  const auto got = Fetch({.url = Url("/show")}, [&](std::string_view) {
    const auto nested = Fetch({.url = Url("/show")});
    inner = nested ? nested->status : 0;
    return true;
  });
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(inner, 200);
}

TEST_F(ClientTest, SizeLimit) {
  Route("/large", [](Request, std::shared_ptr<Responder> r) { r->Respond(200, "x/y", std::string(1000, 'a')); });
  EXPECT_TRUE(Fetch({.url = Url("/large")}, {}, 1000));
  const auto got = Fetch({.url = Url("/large")}, {}, 999);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Code::kTooLarge);
}

TEST_F(ClientTest, RefusedAndUnknownHosts) {
  const std::string url = Url("/show?key=secret");
  server_.reset();
  const auto got = Fetch({.url = url});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Code::kNetwork);
  EXPECT_FALSE(Has(got.error().message, "secret")) << got.error().message;
}

}  // namespace
}  // namespace yun::http
