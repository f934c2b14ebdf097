#include "server/auth/auth.h"

#include <boost/json.hpp>

#include "cloud/jwt_test_signer.h"
#include "cloud/sign_in_test.h"
#include "cloud/totp.h"
#include "server/auth/pages.h"

namespace yun::server {
namespace {

namespace json = boost::json;

using cloud::kPassword;
constexpr const char* kIssuer = "http://127.0.0.1:5556";

class AuthTest : public cloud::SignInPeople {
 protected:
  void SetUp() override {
    SignInPeople::SetUp();
    if (IsSkipped()) return;
    cloud::OidcOptions options;
    options.issuer = kIssuer, options.client_id = "yun";
    options.redirect_uri = "https://cloud.example.com/auth/oidc/callback";
    auto oidc = cloud::Oidc::Create(options, [this](const cloud::HttpAsk& ask) { return Provide(ask); },
                                    directory().server_key(), clock_);
    ASSERT_TRUE(oidc.has_value()) << oidc.error().message;
    auth_ = std::make_unique<Auth>(directory(), *sign_in_, std::move(*oidc), "https://cloud.example.com");
  }
  Result<cloud::HttpAnswer> Provide(const cloud::HttpAsk& ask) {
    const std::string at = kIssuer;
    if (ask.url == at + "/.well-known/openid-configuration")
      return cloud::HttpAnswer{200, json::serialize(json::object{{"issuer", at},
                                                                 {"authorization_endpoint", at + "/auth"},
                                                                 {"token_endpoint", at + "/token"},
                                                                 {"jwks_uri", at + "/keys"}})};
    if (ask.url == at + "/keys") return cloud::HttpAnswer{200, R"({"keys":[)" + signer_.Jwk() + "]}"};
    const std::int64_t now = clock_.unix_ms() / 1000;
    const json::object claims = {{"iss", at},          {"aud", "yun"},  {"sub", "s"},
                                 {"exp", now + 60},    {"iat", now},    {"nonce", nonce_},
                                 {"email", email_},    {"email_verified", true}};
    return cloud::HttpAnswer{200, json::serialize(json::object{{"id_token", signer_.Token(json::serialize(claims))}})};
  }
  AuthReply Ask(std::string method, std::string path, std::string body = "", http::Headers headers = {},
                std::string query = "") {
    http::Request request;
    request.method = std::move(method), request.path = std::move(path), request.body = std::move(body);
    request.query = std::move(query), request.headers = std::move(headers);
    if (!cookie_.empty()) request.headers.emplace_back("cookie", "a=b; " + cookie_);
    return auth_->Handle(request, origin_);
  }
  /// In the session, with its token.
  AuthReply Post(std::string path, const json::object& fields = {}) {
    return Ask("POST", std::move(path), json::serialize(fields), {{"x-csrf-token", csrf_}});
  }
  static std::string Header(const AuthReply& reply, std::string_view name) {
    for (const auto& [key, value] : reply.headers)
      if (key == name) return value;
    return {};
  }
  /// Keeps the cookie that the answer sets.
  void Keep(const AuthReply& reply) {
    const std::string set = Header(reply, "set-cookie");
    cookie_ = set.substr(0, set.find(';'));
    if (const AuthReply session = Ask("GET", "/auth/session"); session.status == 200)
      csrf_ = json::parse(session.body).at("csrf").as_string();
  }
  AuthReply SignIn(std::string_view password = kPassword, std::string_view code = {}) {
    return Ask("POST", "/auth/password",
               json::serialize(json::object{{"email", ann_.email}, {"password", password}, {"code", code}}));
  }

  std::unique_ptr<Auth> auth_;
  cloud::TestSigner signer_ = cloud::TestSigner::Es256("k");
  Origin origin_{"192.0.2.1", true};
  std::string cookie_, csrf_, nonce_, email_ = "ann@example.com";
};

TEST_P(AuthTest, SignsInAndOut) {
  EXPECT_EQ(Ask("GET", "/auth/session").status, 401);
  const AuthReply reply = SignIn();
  ASSERT_EQ(reply.status, 200) << reply.body;
  const std::string set = Header(reply, "set-cookie");
  for (const char* part :
       {"__Host-yun_session=", "; Path=/;", "; HttpOnly", "; SameSite=Lax", "; Secure", "; Max-Age="})
    EXPECT_NE(set.find(part), std::string::npos) << set;
  EXPECT_EQ(set.find("Domain"), std::string::npos);
  EXPECT_EQ(Header(reply, "cache-control"), "no-store");
  Keep(reply);
  const AuthReply session = Ask("GET", "/auth/session");
  ASSERT_EQ(session.status, 200) << session.body;
  const json::value told = json::parse(session.body);
  EXPECT_EQ(told.at("person").at("email").as_string(), ann_.email);
  EXPECT_EQ(told.at("workspaces").as_array().at(0).at("role").as_string(), "admin");
  EXPECT_EQ(session.body.find(cookie_.substr(cookie_.find('=') + 1)), std::string::npos) << "the cookie's own value";
  EXPECT_EQ(Ask("POST", "/auth/sign-out").status, 403) << "without the token";
  EXPECT_EQ(Post("/auth/sign-out").status, 200);
  EXPECT_EQ(Ask("GET", "/auth/session").status, 401);
}

TEST_P(AuthTest, WithoutTlsTheCookieHasAnotherName) {
  origin_.secure = false;
  const AuthReply reply = SignIn();
  EXPECT_TRUE(Header(reply, "set-cookie").starts_with("yun_session="));
  EXPECT_EQ(Header(reply, "set-cookie").find("Secure"), std::string::npos);
  Keep(reply);
  EXPECT_EQ(Ask("GET", "/auth/session").status, 200);
  origin_.secure = true;
  EXPECT_EQ(Ask("GET", "/auth/session").status, 401) << "a cookie that came without TLS is not taken under it";
}

TEST_P(AuthTest, OtherSitesCanMakeNobodySignIn) {
  const std::string body =
      json::serialize(json::object{{"email", ann_.email}, {"password", kPassword}});
  struct Case {
    http::Headers headers;
    int status;
  };
  for (const Case& c : {Case{{{"sec-fetch-site", "cross-site"}}, 403}, Case{{{"sec-fetch-site", "same-site"}}, 403},
                        Case{{{"sec-fetch-site", "same-origin"}}, 200},
                        Case{{{"origin", "https://evil.example.com"}, {"host", "cloud.example.com"}}, 403},
                        Case{{{"origin", "null"}, {"host", "cloud.example.com"}}, 403},
                        Case{{{"origin", "https://cloud.example.com"}, {"host", "127.0.0.1:8460"}}, 200},
                        Case{{{"origin", "http://127.0.0.1:8460"}, {"host", "127.0.0.1:8460"}}, 200}, Case{{}, 200}}) {
    const AuthReply reply = Ask("POST", "/auth/password", body, c.headers);
    EXPECT_EQ(reply.status, c.status) << (c.headers.empty() ? "" : c.headers[0].second);
  }
}

TEST_P(AuthTest, EveryChangeNeedsTheToken) {
  Keep(SignIn());
  for (const char* path : {"/auth/sign-out", "/auth/sign-out-everywhere", "/auth/password/set", "/auth/profile",
                           "/auth/totp/begin", "/auth/totp/confirm", "/auth/totp/remove"}) {
    EXPECT_EQ(Ask("POST", path, "{}").status, 403) << path;
    EXPECT_EQ(Ask("POST", path, "{}", {{"x-csrf-token", std::string(64, '0')}}).status, 403) << path;
    EXPECT_EQ(Ask("POST", path, "{}", {{"x-csrf-token", csrf_}, {"sec-fetch-site", "cross-site"}}).status, 403) << path;
    EXPECT_EQ(Ask("GET", path).status, 405) << path;
    const std::string cookie = std::exchange(cookie_, "");
    EXPECT_EQ(Ask("POST", path, "{}", {{"x-csrf-token", csrf_}}).status, 401) << path;
    cookie_ = cookie;
  }
  EXPECT_EQ(Ask("GET", "/auth/session").status, 200) << "nothing of it was done";
}

TEST_P(AuthTest, WhoIsAtWork) {
  http::Request request;
  request.method = "GET";
  EXPECT_FALSE(Auth::HasCookie(request));
  EXPECT_CODE(auth_->PrincipalOf(request, origin_), Code::kUnauthenticated);
  Keep(SignIn());
  request.headers = {{"cookie", cookie_}};
  EXPECT_TRUE(Auth::HasCookie(request));
  const auto principal = auth_->PrincipalOf(request, origin_);
  ASSERT_TRUE(principal.has_value()) << principal.error().message;
  EXPECT_EQ((*principal)->role, cloud::Role::kAdmin);
  const cloud::Workspace other =
      *directory().MakeWorkspace({}, {.account_id = directory().Accounts()[0].id, .name = "other"}, "");
  EXPECT_CODE(auth_->PrincipalOf(request, origin_, other.id), Code::kPermissionDenied);
  request.headers.emplace_back("x-yun-workspace", other.id);
  EXPECT_CODE(auth_->PrincipalOf(request, origin_), Code::kPermissionDenied);
  request.headers.pop_back();
  request.method = "DELETE";
  EXPECT_CODE(auth_->PrincipalOf(request, origin_), Code::kPermissionDenied);
  request.headers.emplace_back("x-csrf-token", csrf_);
  EXPECT_OK(auth_->PrincipalOf(request, origin_));
}

TEST_P(AuthTest, LinksAskForAButton) {
  const std::string token = sign_in_->MakeLink({}, ann_.id)->Reveal();
  for (int i = 0; i < 3; ++i) {
    const AuthReply page = Ask("GET", "/auth/link", "", {}, "token=" + token);
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.type, "text/html; charset=utf-8");
    EXPECT_NE(page.body.find(token), std::string::npos);
    EXPECT_EQ(Header(page, "referrer-policy"), "no-referrer");
  }
  const AuthReply reply =
      Ask("POST", "/auth/link", "token=" + token, {{"content-type", "application/x-www-form-urlencoded"}});
  EXPECT_EQ(reply.status, 303) << reply.body;
  EXPECT_EQ(Header(reply, "location"), "/auth");
  Keep(reply);
  EXPECT_NE(Ask("GET", "/auth").body.find(ann_.email), std::string::npos);
  // A fresh link may set a password without the old one.
  EXPECT_EQ(Post("/auth/password/set", {{"new_password", "another password"}}).status, 200);
  cookie_.clear();
  EXPECT_EQ(SignIn().status, 401);
  EXPECT_EQ(SignIn("another password").status, 200);
  const AuthReply again =
      Ask("POST", "/auth/link", "token=" + token, {{"content-type", "application/x-www-form-urlencoded"}});
  EXPECT_EQ(again.status, 401);
  EXPECT_EQ(again.type, "text/html; charset=utf-8");
}

TEST_P(AuthTest, ThePasswordIsAskedForWhereASessionIsNotEnough) {
  Keep(SignIn());
  EXPECT_EQ(Post("/auth/password/set", {{"new_password", "another password"}}).status, 403);
  EXPECT_EQ(Post("/auth/password/set", {{"new_password", "another password"}, {"password", "wrong"}}).status, 403);
  EXPECT_EQ(Post("/auth/password/set", {{"new_password", "short"}, {"password", kPassword}}).status, 400);
  EXPECT_EQ(Post("/auth/password/set", {{"new_password", "another password"}, {"password", kPassword}}).status, 200);
  EXPECT_EQ(Ask("GET", "/auth/session").status, 200) << "this session stays";
}

TEST_P(AuthTest, SecondFactor) {
  Keep(SignIn());
  const AuthReply begun = Post("/auth/totp/begin");
  ASSERT_EQ(begun.status, 200) << begun.body;
  const std::string secret =
      *cloud::ParseBase32(std::string_view(json::parse(begun.body).at("secret").as_string()));
  const auto code = [&] { return cloud::TotpCode(secret, clock_.unix_ms() / cloud::kTotpStepMs); };
  EXPECT_EQ(Post("/auth/totp/confirm", {{"code", "1"}}).status, 400);
  EXPECT_EQ(Post("/auth/totp/confirm", {{"code", code()}}).status, 200);
  clock_.Advance(cloud::kTotpStepMs);
  const AuthReply missing = SignIn();
  EXPECT_EQ(missing.status, 401);
  EXPECT_EQ(json::parse(missing.body).at("error").at("code").as_string(), "code_needed");
  EXPECT_EQ(SignIn(kPassword, code()).status, 200);
  EXPECT_EQ(SignIn(kPassword, code()).status, 401) << "a replay";
  EXPECT_EQ(Post("/auth/totp/remove").status, 403);
  EXPECT_EQ(Post("/auth/totp/remove", {{"password", kPassword}}).status, 200);
  EXPECT_EQ(SignIn().status, 200);
}

TEST_P(AuthTest, OpenIdConnect) {
  const auto value_of = [](std::string_view url, std::string_view name) {
    const std::size_t at = url.find(std::string(name) + "=") + name.size() + 1;
    return std::string(url.substr(at, url.find('&', at) - at));
  };
  const AuthReply begun = Ask("GET", "/auth/oidc", "", {}, "return_to=%2Fconsole");
  ASSERT_EQ(begun.status, 303) << begun.body;
  const std::string url = Header(begun, "location"), set = Header(begun, "set-cookie");
  EXPECT_TRUE(url.starts_with("http://127.0.0.1:5556/auth?"));
  EXPECT_NE(set.find("; Path=/auth/oidc;"), std::string::npos);
  nonce_ = value_of(url, "nonce");
  const std::string query = "code=c&state=" + value_of(url, "state");
  EXPECT_EQ(Ask("GET", "/auth/oidc/callback", "", {}, query).status, 401) << "another browser";
  cookie_ = set.substr(0, set.find(';'));
  EXPECT_EQ(Ask("GET", "/auth/oidc/callback", "", {}, "error=access_denied&state=x").status, 401);
  email_ = "stranger@example.com";
  EXPECT_EQ(Ask("GET", "/auth/oidc/callback", "", {}, query).status, 401);
  email_ = "ann@example.com";
  const AuthReply back = Ask("GET", "/auth/oidc/callback", "", {}, query);
  ASSERT_EQ(back.status, 303) << back.body;
  EXPECT_EQ(Header(back, "location"), "/console");
  Keep(back);
  EXPECT_EQ(Ask("GET", "/auth/session").status, 200);
}

TEST_P(AuthTest, Profile) {
  Keep(SignIn());
  EXPECT_EQ(Post("/auth/profile", {{"name", "Ann"}}).status, 200);
  EXPECT_EQ(directory().FindPerson(ann_.id)->name, "Ann");
  EXPECT_EQ(Post("/auth/profile", {{"email", "other@example.com"}}).status, 403);
  // The first operator has no address yet.
  const cloud::Person owner = directory().People()[0];
  Keep(Ask("POST", "/auth/link", json::serialize(json::object{{"token", sign_in_->MakeLink({}, owner.id)->Reveal()}})));
  EXPECT_EQ(Post("/auth/password/set", {{"new_password", "another password"}}).status, 400) << "needs an address";
  EXPECT_EQ(Post("/auth/profile", {{"email", "ann@example.com"}}).status, 409);
  EXPECT_EQ(Post("/auth/profile", {{"email", "me@example.com"}}).status, 200);
  EXPECT_EQ(Post("/auth/password/set", {{"new_password", "another password"}}).status, 200);
}

TEST_P(AuthTest, BadRequests) {
  EXPECT_EQ(Ask("GET", "/auth/none").status, 404);
  EXPECT_EQ(Ask("PUT", "/auth/password").status, 405);
  EXPECT_EQ(Ask("POST", "/auth/password", "{").status, 400);
  EXPECT_EQ(Ask("POST", "/auth/password", "[]").status, 400);
  EXPECT_EQ(Ask("POST", "/auth/password", R"({"email":1})").status, 400);
  EXPECT_EQ(Ask("POST", "/auth/password", std::string(kAuthBodyBytesMax + 1, ' ')).status, 413);
  EXPECT_EQ(Ask("POST", "/auth/password", "{}").status, 401);
  cookie_ = "__Host-yun_session=' OR 1=1 --";
  EXPECT_EQ(Ask("GET", "/auth/session").status, 401);
  const AuthReply form = Ask("POST", "/auth/password", "email=%3Cscript%3E&password=x&return_to=//evil.example.com",
                             {{"content-type", "application/x-www-form-urlencoded"}});
  EXPECT_EQ(form.status, 401);
  EXPECT_EQ(form.body.find("<script>"), std::string::npos);
  EXPECT_NE(form.body.find("&lt;script&gt;"), std::string::npos);
}

TEST_P(AuthTest, ReturnsOnlyToThisSite) {
  for (const auto& [wish, goes] : {std::pair{"/console?a=b", "/console?a=b"}, std::pair{"//evil.example.com", "/auth"},
                                   std::pair{"https://evil.example.com", "/auth"}, std::pair{"/\\evil", "/auth"}}) {
    const AuthReply reply = Ask("POST", "/auth/password",
                                json::serialize(json::object{
                                    {"email", ann_.email}, {"password", kPassword}, {"return_to", wish}}));
    EXPECT_EQ(json::parse(reply.body).at("return_to").as_string(), goes);
  }
}

YUN_ON_EACH_DATABASE(AuthTest);

TEST(HtmlEscaped, Cases) { EXPECT_EQ(HtmlEscaped(R"(<a href="x">'&)"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;"); }

}  // namespace
}  // namespace yun::server
