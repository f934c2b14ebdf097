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
const http::Headers kForm = {{"content-type", "application/x-www-form-urlencoded"}};

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
  AuthReply Ask(std::string method, std::string path, std::string body = "", http::Headers headers = kForm,
                std::string query = "") {
    http::Request request;
    request.method = std::move(method), request.path = std::move(path), request.body = std::move(body);
    request.query = std::move(query), request.headers = std::move(headers);
    if (!cookie_.empty()) request.headers.emplace_back("cookie", "a=b; " + cookie_);
    return auth_->Handle(request, origin_);
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
  }
  /// Whose name the page shows, with the token of its form; empty when it asks for a sign-in.
  std::string TokenOnPage() {
    const std::string page = Ask("GET", "/auth").body;
    if (page.find(ann_.email) == std::string::npos) return {};
    constexpr std::string_view kField = "name=csrf value=\"";
    const std::size_t at = page.find(kField);
    return at == std::string::npos ? "" : page.substr(at + kField.size(), page.find('"', at + kField.size()) - at -
                                                                              kField.size());
  }
  AuthReply SignIn(const std::string& more = "", http::Headers headers = kForm) {
    return Ask("POST", "/auth/password", "email=ann%40example.com&password=correct+horse+battery" + more,
               std::move(headers));
  }

  std::unique_ptr<Auth> auth_;
  cloud::TestSigner signer_ = cloud::TestSigner::Es256("k");
  Origin origin_{"192.0.2.1", true};
  std::string cookie_, nonce_, email_ = "ann@example.com";
};

TEST_P(AuthTest, SignsInAndOut) {
  EXPECT_EQ(TokenOnPage(), "");
  const AuthReply reply = SignIn();
  ASSERT_EQ(reply.status, 303) << reply.body;
  EXPECT_EQ(Header(reply, "location"), "/auth");
  const std::string set = Header(reply, "set-cookie");
  for (const char* part :
       {"__Host-yun_session=", "; Path=/;", "; HttpOnly", "; SameSite=Lax", "; Secure", "; Max-Age="})
    EXPECT_NE(set.find(part), std::string::npos) << set;
  EXPECT_EQ(set.find("Domain"), std::string::npos);
  EXPECT_EQ(Header(reply, "cache-control"), "no-store");
  Keep(reply);
  const std::string token = TokenOnPage();
  ASSERT_NE(token, "");
  EXPECT_EQ(Ask("GET", "/auth").body.find(cookie_.substr(cookie_.find('=') + 1)), std::string::npos)
      << "the cookie's own value";
  EXPECT_EQ(Ask("POST", "/auth/sign-out").status, 403) << "without the token";
  EXPECT_EQ(Ask("POST", "/auth/sign-out", "csrf=" + std::string(64, '0')).status, 403);
  EXPECT_EQ(TokenOnPage(), token) << "nothing was done";
  const AuthReply out = Ask("POST", "/auth/sign-out", "csrf=" + token);
  EXPECT_EQ(out.status, 303);
  EXPECT_NE(Header(out, "set-cookie").find("Max-Age=0;"), std::string::npos);
  EXPECT_EQ(TokenOnPage(), "") << "the session is gone, not only the cookie";
  EXPECT_EQ(Ask("POST", "/auth/sign-out", "csrf=" + token).status, 401);
}

TEST_P(AuthTest, WithoutTlsTheCookieHasAnotherName) {
  origin_.secure = false;
  const AuthReply reply = SignIn();
  EXPECT_TRUE(Header(reply, "set-cookie").starts_with("yun_session="));
  EXPECT_EQ(Header(reply, "set-cookie").find("Secure"), std::string::npos);
  Keep(reply);
  EXPECT_NE(TokenOnPage(), "");
  origin_.secure = true;
  EXPECT_EQ(TokenOnPage(), "") << "a cookie that came without TLS is not taken under it";
}

TEST_P(AuthTest, OtherSitesCanMakeNobodySignIn) {
  struct Case {
    http::Headers headers;
    int status;
  };
  for (const Case& c : {Case{{{"sec-fetch-site", "cross-site"}}, 403}, Case{{{"sec-fetch-site", "same-site"}}, 403},
                        Case{{{"sec-fetch-site", "same-origin"}}, 303},
                        Case{{{"origin", "https://evil.example.com"}, {"host", "cloud.example.com"}}, 403},
                        Case{{{"origin", "null"}, {"host", "cloud.example.com"}}, 403},
                        Case{{{"origin", "https://cloud.example.com"}, {"host", "127.0.0.1:8460"}}, 303},
                        Case{{{"origin", "http://127.0.0.1:8460"}, {"host", "127.0.0.1:8460"}}, 303}, Case{{}, 303}}) {
    http::Headers headers = c.headers;
    headers.push_back(kForm[0]);
    EXPECT_EQ(SignIn("", headers).status, c.status) << (c.headers.empty() ? "" : c.headers[0].second);
  }
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
  const AuthReply reply = Ask("POST", "/auth/link", "token=" + token);
  EXPECT_EQ(reply.status, 303) << reply.body;
  EXPECT_EQ(Header(reply, "location"), "/auth");
  Keep(reply);
  EXPECT_NE(TokenOnPage(), "");
  cookie_.clear();
  const AuthReply again = Ask("POST", "/auth/link", "token=" + token);
  EXPECT_EQ(again.status, 401);
  EXPECT_EQ(again.type, "text/html; charset=utf-8");
}

TEST_P(AuthTest, ThePageAsksForTheSecondFactor) {
  const std::string secret = sign_in_->BeginTotp({}, ann_.id)->Reveal();
  const auto code = [&] { return cloud::TotpCode(secret, clock_.unix_ms() / cloud::kTotpStepMs); };
  ASSERT_OK(sign_in_->ConfirmTotp({}, ann_.id, code()));
  clock_.Advance(cloud::kTotpStepMs);
  const AuthReply missing = SignIn();
  EXPECT_EQ(missing.status, 401);
  EXPECT_NE(missing.body.find("name=code"), std::string::npos);
  EXPECT_EQ(SignIn("&code=" + code()).status, 303);
  EXPECT_EQ(SignIn("&code=" + code()).status, 401) << "a replay";
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
  EXPECT_NE(TokenOnPage(), "");
}

TEST_P(AuthTest, BadRequests) {
  EXPECT_EQ(Ask("GET", "/auth/none").status, 404);
  EXPECT_EQ(Ask("PUT", "/auth/password").status, 405);
  EXPECT_EQ(Ask("POST", "/auth/password", R"({"email":"a"})", {{"content-type", "application/json"}}).status, 400);
  EXPECT_EQ(Ask("POST", "/auth/password", std::string(kAuthBodyBytesMax + 1, ' ')).status, 413);
  EXPECT_EQ(Ask("POST", "/auth/password").status, 401);
  cookie_ = "__Host-yun_session=' OR 1=1 --";
  EXPECT_EQ(TokenOnPage(), "");
  const AuthReply form =
      Ask("POST", "/auth/password", "email=%3Cscript%3E&password=x&return_to=//evil.example.com");
  EXPECT_EQ(form.status, 401);
  EXPECT_EQ(form.body.find("<script>"), std::string::npos);
  EXPECT_NE(form.body.find("&lt;script&gt;"), std::string::npos);
}

TEST_P(AuthTest, ReturnsOnlyToThisSite) {
  for (const auto& [wish, goes] :
       {std::pair{"%2Fconsole%3Fa%3Db", "/console?a=b"}, std::pair{"%2F%2Fevil.example.com", "/auth"},
        std::pair{"https%3A%2F%2Fevil.example.com", "/auth"}, std::pair{"%2F%5Cevil", "/auth"}})
    EXPECT_EQ(Header(SignIn(std::string("&return_to=") + wish), "location"), goes);
}

YUN_ON_EACH_DATABASE(AuthTest);

TEST(HtmlEscaped, Cases) { EXPECT_EQ(HtmlEscaped(R"(<a href="x">'&)"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;"); }

}  // namespace
}  // namespace yun::server
