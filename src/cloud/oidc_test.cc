#include "cloud/oidc.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "cloud/clock.h"
#include "cloud/jwt_test_signer.h"

namespace yun::cloud {
namespace {

namespace json = boost::json;

constexpr const char* kIssuer = "https://id.example.com";

std::string QueryValue(std::string_view url, std::string_view name) {
  const std::string wanted = std::string(name) + "=";
  for (std::size_t at = url.find('?'); at != std::string_view::npos; at = url.find('&', at + 1)) {
    const std::string_view item = url.substr(at + 1, url.find('&', at + 1) - at - 1);
    if (item.starts_with(wanted)) return std::string(item.substr(wanted.size()));
  }
  return {};
}

/// A provider that answers from memory, and can be made to lie.
class OidcTest : public testing::Test {
 protected:
  OidcTest() {
    discovery_ = {{"issuer", kIssuer},
                  {"authorization_endpoint", "https://id.example.com/auth"},
                  {"token_endpoint", "https://id.example.com/token"},
                  {"jwks_uri", "https://id.example.com/keys"}};
    jwks_ = R"({"keys":[)" + signer_.Jwk() + "]}";
    options_.issuer = kIssuer;
    options_.client_id = "yun";
    options_.client_secret = Secret<std::string>("a secret+");
    options_.redirect_uri = "https://cloud.example.com/auth/oidc/callback";
  }
  Result<HttpAnswer> Answer(const HttpAsk& ask) {
    asks_.push_back(ask);
    if (ask.url == "https://id.example.com/.well-known/openid-configuration")
      return HttpAnswer{200, json::serialize(discovery_)};
    if (ask.url == "https://id.example.com/keys") return HttpAnswer{200, jwks_};
    if (ask.url == "https://id.example.com/token")
      return HttpAnswer{token_status_, json::serialize(json::object{{"access_token", "x"},
                                                                    {"id_token", IdToken()}})};
    return Fail(Code::kNetwork, "no such host");
  }
  std::string IdToken() const { return signer_.Token(json::serialize(claims_)); }
  std::unique_ptr<Oidc> Make() {
    auto oidc = Oidc::Create(options_, [this](const HttpAsk& ask) { return Answer(ask); },
                             ServerKey(std::array<unsigned char, 32>{1}), clock_);
    EXPECT_TRUE(oidc.has_value()) << oidc.error().message;
    return std::move(*oidc);
  }
  void BeginAt(Oidc& oidc, std::string_view return_to = "/console") {
    auto begun = oidc.Begin(return_to);
    ASSERT_TRUE(begun.has_value()) << begun.error().message;
    url_ = begun->url;
    cookie_ = begun->cookie.Reveal();
    state_ = QueryValue(url_, "state");
    const std::int64_t now = clock_.unix_ms() / 1000;
    claims_ = {{"iss", kIssuer},    {"aud", "yun"},
               {"sub", "subject"},  {"exp", now + 300},
               {"iat", now},        {"nonce", QueryValue(url_, "nonce")},
               {"email", "a@b.example"}, {"email_verified", true},
               {"name", "Ann"}};
  }
  Result<Oidc::Finished> Finish(Oidc& oidc) { return oidc.Finish(cookie_, "code/1", state_, ""); }

  ManualClock clock_;
  TestSigner signer_ = TestSigner::Es256("one");
  OidcOptions options_;
  json::object discovery_, claims_;
  std::string jwks_, url_, cookie_, state_;
  int token_status_ = 200;
  std::vector<HttpAsk> asks_;
};

TEST_F(OidcTest, CodeFlow) {
  const auto oidc = Make();
  BeginAt(*oidc, "/console?x=1");
  EXPECT_EQ(url_.substr(0, 28), "https://id.example.com/auth?");
  EXPECT_EQ(QueryValue(url_, "response_type"), "code");
  EXPECT_EQ(QueryValue(url_, "client_id"), "yun");
  EXPECT_EQ(QueryValue(url_, "redirect_uri"), "https%3A%2F%2Fcloud.example.com%2Fauth%2Foidc%2Fcallback");
  EXPECT_EQ(QueryValue(url_, "code_challenge_method"), "S256");
  const auto finished = Finish(*oidc);
  ASSERT_TRUE(finished.has_value()) << finished.error().message;
  EXPECT_EQ(finished->return_to, "/console?x=1");
  EXPECT_EQ(finished->identity.issuer, kIssuer);
  EXPECT_EQ(finished->identity.subject, "subject");
  EXPECT_EQ(finished->identity.email, "a@b.example");
  EXPECT_TRUE(finished->identity.email_verified);
  const HttpAsk& ask = asks_.back();
  EXPECT_EQ(ask.method, "POST");
  EXPECT_EQ(QueryValue("?" + ask.body, "code"), "code%2F1");
  // RFC 7636, 4.2: the challenge is the verifier's hash.
  EXPECT_EQ(Base64Url(Sha256(QueryValue("?" + ask.body, "code_verifier"))), QueryValue(url_, "code_challenge"));
  EXPECT_EQ(ask.headers.back().second, "Basic eXVuOmElMjBzZWNyZXQlMkI=");  // yun:a%20secret%2B
  EXPECT_EQ(ask.body.find("secret"), std::string::npos);
}

TEST_F(OidcTest, ASecretInTheBodyWhereTheProviderWantsIt) {
  discovery_["token_endpoint_auth_methods_supported"] = json::array{"client_secret_post"};
  const auto oidc = Make();
  BeginAt(*oidc);
  ASSERT_TRUE(Finish(*oidc).has_value());
  EXPECT_EQ(QueryValue("?" + asks_.back().body, "client_secret"), "a%20secret%2B");
}

TEST_F(OidcTest, TokensThatAreNotForUs) {
  struct Case {
    const char* what;
    std::function<void(json::object&)> change;
    bool good = false;
  };
  const std::int64_t now = clock_.unix_ms() / 1000, skew = kOidcSkewMs / 1000;
  const Case cases[] = {
      {"as it is", [](auto&) {}, true},
      {"other issuer", [](auto& c) { c["iss"] = "https://evil.example.com"; }},
      {"no issuer", [](auto& c) { c.erase("iss"); }},
      {"other audience", [](auto& c) { c["aud"] = "other"; }},
      {"no audience", [](auto& c) { c.erase("aud"); }},
      {"a list", [](auto& c) { c["aud"] = json::array{"yun"}; }, true},
      {"a list of others", [](auto& c) { c["aud"] = json::array{"a", "b"}; }},
      {"two audiences without azp", [](auto& c) { c["aud"] = json::array{"yun", "b"}; }},
      {"two audiences, azp ours", [](auto& c) { c["aud"] = json::array{"yun", "b"}, c["azp"] = "yun"; }, true},
      {"azp of another", [](auto& c) { c["azp"] = "other"; }},
      {"other nonce", [](auto& c) { c["nonce"] = "00000000000000000000000000000000"; }},
      {"no nonce", [](auto& c) { c.erase("nonce"); }},
      {"expired", [&](auto& c) { c["exp"] = now - skew; }},
      {"just not expired", [&](auto& c) { c["exp"] = now - skew + 1; }, true},
      {"no expiry", [](auto& c) { c.erase("exp"); }},
      {"expiry as text", [](auto& c) { c["exp"] = "9999999999"; }},
      {"a fraction", [&](auto& c) { c["exp"] = static_cast<double>(now) + 0.5; }, true},
      {"of the future", [&](auto& c) { c["iat"] = now + skew + 1; }},
      {"no time", [](auto& c) { c.erase("iat"); }},
      {"not yet", [&](auto& c) { c["nbf"] = now + skew + 1; }},
      {"no subject", [](auto& c) { c.erase("sub"); }},
      {"an empty subject", [](auto& c) { c["sub"] = ""; }},
      {"a long subject", [](auto& c) { c["sub"] = std::string(256, 's'); }},
      {"a subject that is a number", [](auto& c) { c["sub"] = 7; }},
  };
  for (const Case& c : cases) {
    const auto oidc = Make();
    BeginAt(*oidc);
    c.change(claims_);
    const auto finished = Finish(*oidc);
    EXPECT_EQ(finished.has_value(), c.good) << c.what << ": " << (finished ? "" : finished.error().message);
    if (!finished) {
      EXPECT_EQ(finished.error().code, Code::kUnauthenticated) << c.what;
    }
  }
}

TEST_F(OidcTest, AnswersThatBelongElsewhere) {
  const auto oidc = Make();
  BeginAt(*oidc);
  const std::string cookie = cookie_, state = state_;
  BeginAt(*oidc);
  std::string changed = cookie_;
  changed[50] = changed[50] == 'A' ? 'B' : 'A';
  const auto code_of = [&](std::string_view c, std::string_view s, std::string_view iss = "",
                           std::string_view code = "c") {
    const auto finished = oidc->Finish(c, code, s, iss);
    return finished ? std::string("good") : std::string(CodeName(finished.error().code));
  };
  EXPECT_EQ(code_of(cookie, state_), "unauthenticated") << "another flow of the same browser";
  EXPECT_EQ(code_of("", state_), "unauthenticated") << "another browser";
  EXPECT_EQ(code_of(changed, state_), "unauthenticated");
  EXPECT_EQ(code_of(cookie_, ""), "unauthenticated");
  EXPECT_EQ(code_of(cookie_, state_, "https://evil.example.com"), "unauthenticated") << "RFC 9207";
  EXPECT_EQ(code_of(cookie_, state_, "", ""), "unauthenticated") << "no code";
  EXPECT_EQ(code_of(std::string(99999, 'a'), state_), "unauthenticated");
  EXPECT_EQ(code_of(cookie_, state_, kIssuer), "good");
  token_status_ = 400;  // a code that was used before
  EXPECT_EQ(code_of(cookie_, state_), "unauthenticated");
  token_status_ = 503;
  EXPECT_EQ(code_of(cookie_, state_), "network");
  token_status_ = 200;
  clock_.Advance(kOidcFlowMs);
  EXPECT_EQ(code_of(cookie_, state_), "unauthenticated") << "too late";
}

TEST_F(OidcTest, ReturnsOnlyToThisSite) {
  const auto oidc = Make();
  for (const char* elsewhere : {"//evil.example.com", "https://evil.example.com", "/\\evil.example.com", "", "console",
                                "/a\nb", "/\t/evil.example.com"}) {
    BeginAt(*oidc, elsewhere);
    EXPECT_EQ(Finish(*oidc)->return_to, "/") << elsewhere;
  }
}

TEST_F(OidcTest, KeysThatChangeAreFetchedAgainButNotForEveryToken) {
  const auto oidc = Make();
  BeginAt(*oidc);
  const TestSigner old = signer_;
  signer_ = TestSigner::Rs256("two");
  EXPECT_FALSE(Finish(*oidc).has_value()) << "fetched a moment ago";
  jwks_ = R"({"keys":[)" + old.Jwk() + "," + signer_.Jwk() + "]}";
  clock_.Advance(kOidcKeysMsMin);
  BeginAt(*oidc);
  EXPECT_TRUE(Finish(*oidc).has_value());
  const auto keys_fetched = [&] {
    return std::count_if(asks_.begin(), asks_.end(), [](const HttpAsk& a) { return a.url.ends_with("/keys"); });
  };
  EXPECT_EQ(keys_fetched(), 2);
  signer_ = TestSigner::Es256("three");
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(Finish(*oidc).has_value());
  EXPECT_EQ(keys_fetched(), 2);
}

TEST_F(OidcTest, EmailDomains) {
  options_.email_domains = {"b.example"};
  const auto oidc = Make();
  BeginAt(*oidc);
  EXPECT_TRUE(Finish(*oidc).has_value());
  claims_["email"] = "a@B.Example";
  EXPECT_TRUE(Finish(*oidc).has_value());
  claims_["email_verified"] = false;
  EXPECT_EQ(Finish(*oidc).error().code, Code::kPermissionDenied);
  claims_["email_verified"] = "true";
  EXPECT_TRUE(Finish(*oidc).has_value());
  for (const char* email : {"a@evil.example", "a@b.example@evil.example", "", "b.example.evil", "a@sub.b.example"}) {
    claims_["email"] = email;
    EXPECT_EQ(Finish(*oidc).error().code, Code::kPermissionDenied) << email;
  }
}

TEST_F(OidcTest, DiscoveryIsChecked) {
  const json::object good = discovery_;
  const auto begins = [&] { return Make()->Begin("/").has_value(); };
  EXPECT_TRUE(begins());
  discovery_["issuer"] = "https://id.example.com/";
  EXPECT_FALSE(begins()) << "to the letter";
  for (const char* field : {"authorization_endpoint", "token_endpoint", "jwks_uri"})
    for (const char* url : {"", "http://id.example.com/x", "javascript:alert(1)", "https://", "/x",
                            "http://127.0.0.1.evil.example/", "http://localhost@evil.example/"}) {
      discovery_ = good;
      discovery_[field] = url;
      EXPECT_FALSE(begins()) << field << " " << url;
    }
  discovery_ = good;
  jwks_ = "{";
  EXPECT_FALSE(begins());
}

TEST_F(OidcTest, AddressesNeedTls) {
  const auto makes = [&](std::string issuer, std::string redirect, std::string client = "yun") {
    OidcOptions options;
    options.issuer = std::move(issuer), options.redirect_uri = std::move(redirect), options.client_id = client;
    return Oidc::Create(options, {}, ServerKey(std::array<unsigned char, 32>{}), clock_).has_value();
  };
  EXPECT_TRUE(makes("http://127.0.0.1:5556/dex", "http://localhost:8460/auth/oidc/callback"));
  EXPECT_FALSE(makes("http://id.example.com", "https://c"));
  EXPECT_FALSE(makes("https://id.example.com?x", "https://c"));
  EXPECT_FALSE(makes("https://id.example.com", "http://cloud.example.com"));
  EXPECT_FALSE(makes("https://id.example.com", "https://c", ""));
}

}  // namespace
}  // namespace yun::cloud
