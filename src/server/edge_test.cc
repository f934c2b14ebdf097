#include "server/edge.h"

#include <gtest/gtest.h>

namespace yun::server {
namespace {

std::vector<cloud::IpRange> Ranges(std::initializer_list<const char*> texts) {
  std::vector<cloud::IpRange> ranges;
  for (const char* text : texts) ranges.push_back(*cloud::ParseIpRange(text));
  return ranges;
}

TEST(Edge, ProxiesAreBelievedWhereTheyAreTrusted) {
  struct Case {
    const char *remote, *forwarded, *ip;
  };
  const Case cases[] = {
      {"192.0.2.1:80", "", "192.0.2.1"},
      {"[2001:db8::1]:80", "", "2001:db8::1"},
      {"192.0.2.1:80", "198.51.100.7", "192.0.2.1"},  // no proxy of ours: anybody can write that
      {"10.0.0.1:80", "198.51.100.7", "198.51.100.7"},
      {"10.0.0.1:80", "6.6.6.6, 198.51.100.7", "198.51.100.7"},  // the client wrote the first one itself
      {"10.0.0.1:80", "198.51.100.7, 10.0.0.2", "198.51.100.7"},
      {"10.0.0.1:80", "10.0.0.3, 10.0.0.2", "10.0.0.3"},
      {"10.0.0.1:80", "2001:db8::7", "2001:db8::7"},
      {"10.0.0.1:80", "", "10.0.0.1"},
      {"10.0.0.1:80", "198.51.100.7, unknown", "10.0.0.1"},
      {"10.0.0.1:80", "198.51.100.7, <script>, 10.0.0.2", "10.0.0.2"},
      {"10.0.0.1:80", ",,,", "10.0.0.1"},
  };
  const auto trusted = Ranges({"10.0.0.0/8"});
  for (const Case& c : cases) {
    http::Request request;
    request.remote = c.remote;
    if (*c.forwarded) request.headers = {{"x-forwarded-for", c.forwarded}, {"x-forwarded-proto", "https"}};
    const Origin origin = OriginOf(request, trusted);
    EXPECT_EQ(origin.ip, c.ip) << c.remote << " " << c.forwarded;
    EXPECT_EQ(origin.secure, *c.forwarded && std::string_view(c.remote).starts_with("10.")) << c.forwarded;
  }
}

TEST(Edge, WrongKeysFromOneAddress) {
  cloud::ManualClock clock;
  AddressLimiter limiter(clock, 0);
  for (int i = 0; i < kWrongKeysPerMinute; ++i) {
    EXPECT_EQ(limiter.Wait("2001:db8::1"), 0);
    limiter.NoteWrongKey(i % 2 ? "2001:db8::1" : "2001:db8::abcd");  // one network
  }
  EXPECT_EQ(limiter.Wait("2001:db8::2"), 1);
  EXPECT_EQ(limiter.Wait("2001:db8:0:1::2"), 0);
  EXPECT_EQ(limiter.Wait("192.0.2.1"), 0);
  clock.Advance(1000);
  EXPECT_EQ(limiter.Wait("2001:db8::2"), 0);  // a guess a second
  limiter.NoteWrongKey("2001:db8::2");
  EXPECT_EQ(limiter.Wait("2001:db8::2"), 1);
  for (int i = 0; i < 1000; ++i) limiter.NoteWrongKey("127.0.0.1");
  EXPECT_EQ(limiter.Wait("127.0.0.1"), 0);
}

TEST(Edge, RequestsOfOneAddress) {
  cloud::ManualClock clock;
  AddressLimiter limiter(clock, 10);
  int may = 0;
  for (int i = 0; i < 100; ++i) may += limiter.Wait("192.0.2.1") == 0;
  EXPECT_EQ(may, 20);
  EXPECT_EQ(limiter.Wait("192.0.2.2"), 0);
  clock.Advance(500);
  may = 0;
  for (int i = 0; i < 100; ++i) may += limiter.Wait("192.0.2.1") == 0;
  EXPECT_EQ(may, 5);
  // A million addresses take no more memory than those that are kept.
  for (int i = 0; i < 200'000; ++i) limiter.Wait(fmt::format("10.{}.{}.{}", i >> 16, i >> 8 & 255, i & 255));
}

TEST(Edge, HeadersOfAHandlerStay) {
  http::Headers headers = {{"Content-Security-Policy", "default-src 'self'"}};
  AddSecurityHeaders(headers, true);
  int policies = 0, transport = 0;
  for (const auto& [name, value] : headers) {
    policies += name == "Content-Security-Policy" || name == "content-security-policy";
    transport += name == "strict-transport-security";
  }
  EXPECT_EQ(policies, 1);
  EXPECT_EQ(transport, 1);
}

TEST(Edge, PagesOfOtherOriginsAreLetInWhereTheyAreNamed) {
  http::Request request;
  request.method = "POST";
  EXPECT_TRUE(CorsHeaders(request, {"*"}).empty());
  request.headers = {{"origin", "https://a.example"}};
  EXPECT_TRUE(CorsHeaders(request, {}).empty());
  const auto allowed = [&](const std::vector<std::string>& origins) {
    for (const auto& [name, value] : CorsHeaders(request, origins))
      if (name == "access-control-allow-origin") return value;
    return std::string();
  };
  EXPECT_EQ(allowed({"https://a.example"}), "https://a.example");
  EXPECT_EQ(allowed({"https://b.example", "*"}), "*");
  EXPECT_EQ(allowed({"https://b.example"}), "");
  EXPECT_FALSE(IsPreflight(request));
  request.method = "OPTIONS";
  request.headers.emplace_back("access-control-request-method", "POST");
  request.headers.emplace_back("access-control-request-headers", "authorization, content-type");
  EXPECT_TRUE(IsPreflight(request));
  bool headers = false;
  for (const auto& [name, value] : CorsHeaders(request, {"*"}))
    headers |= name == "access-control-allow-headers" && value == "authorization, content-type";
  EXPECT_TRUE(headers);
  for (const char* origin : {"*", "https://a.example", "http://localhost:3000"})
    EXPECT_TRUE(CheckCorsOrigin(origin)) << origin;
  for (const char* origin : {"", "a.example", "https://", "https://a.example/", "https://*.example"})
    EXPECT_FALSE(CheckCorsOrigin(origin)) << origin;
}

}  // namespace
}  // namespace yun::server
