#include "cloud/oidc.h"

#include <sodium.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/ascii.h"
#include "cloud/clock.h"
#include "cloud/web_json.h"

namespace yun::cloud {
namespace {

namespace json = boost::json;

constexpr std::size_t kSubjectBytesMax = 255;  // OpenID Connect Core, 2
constexpr std::size_t kCookieBytesMax = 4096;
constexpr std::size_t kReturnToBytesMax = 1024;

Result<json::object> ParseAnswer(std::string_view text, std::string_view what) {
  if (text.size() > kOidcAnswerBytesMax) return Fail(Code::kCorrupt, "{}: too long", what);
  return ParseJsonObject(text, what);
}

/// Seconds, as a whole number or with a fraction; nothing when there are none.
std::optional<double> NumberOf(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (!value || !value->is_number()) return {};
  json::error_code ec;
  const double number = value->to_number<double>(ec);
  return ec ? std::nullopt : std::optional(number);
}

bool TruthOf(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);  // some providers write it as text
  return value && ((value->is_bool() && value->get_bool()) || (value->is_string() && value->get_string() == "true"));
}

bool Has(const json::object& object, std::string_view name, std::string_view wanted) {
  const json::value* list = object.if_contains(name);
  if (!list || !list->is_array()) return false;
  const json::array& items = list->get_array();
  return std::any_of(items.begin(), items.end(), [&](const json::value& item) {
    return item.is_string() && std::string_view(item.get_string()) == wanted;
  });
}

std::string Base64(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // the NUL
  return text;
}

/// https, or http to this machine.
bool IsSafeUrl(std::string_view url) {
  if (url.find_first_of(" \t\r\n\"<>\\") != std::string_view::npos) return false;
  if (url.starts_with("https://")) return url.size() > 8;
  if (!url.starts_with("http://")) return false;
  const std::string_view rest = url.substr(7);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const std::string_view host = authority.starts_with('[') ? authority.substr(0, authority.find(']') + 1)
                                                           : authority.substr(0, authority.find(':'));
  return host == "127.0.0.1" || host == "localhost" || host == "[::1]";
}

Result<json::object> FetchObject(const HttpFetch& fetch, const HttpAsk& ask, std::string_view what) {
  auto answer = fetch(ask);
  if (!answer) return Wrap(std::move(answer.error()), what);
  if (answer->status != 200) return Fail(Code::kNetwork, "{}: {} answered {}", what, ask.url, answer->status);
  return ParseAnswer(answer->body, what);
}

tl::unexpected<Error> Refuse(std::string_view why) { return Fail(Code::kUnauthenticated, "sign-in: {}", why); }

}  // namespace

bool IsOwnPath(std::string_view path) {
  return path.starts_with('/') && !path.starts_with("//") && path.size() <= kReturnToBytesMax &&
         std::all_of(path.begin(), path.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '\\'; });
}

Result<std::unique_ptr<Oidc>> Oidc::Create(OidcOptions options, HttpFetch fetch, const ServerKey& key,
                                           const Clock& clock) {
  if (!IsSafeUrl(options.issuer) || options.issuer.find_first_of("?#") != std::string::npos)
    return Fail(Code::kInvalidArgument, "OIDC issuer '{}': an https address without a query is needed", options.issuer);
  if (!IsSafeUrl(options.redirect_uri))
    return Fail(Code::kInvalidArgument, "OIDC redirect address '{}': https is needed", options.redirect_uri);
  if (options.client_id.empty()) return Fail(Code::kInvalidArgument, "OIDC client id: is missing");
  return std::unique_ptr<Oidc>(new Oidc(std::move(options), std::move(fetch), key, clock));
}

Result<std::shared_ptr<const Oidc::Provider>> Oidc::Discover(std::int64_t max_age_ms) {
  const std::int64_t now = clock_.steady_ns() / 1'000'000;
  auto known = provider_.With([](const auto& provider) { return provider; });
  if (known && now - known->fetched_ms < max_age_ms) return known;
  std::string base = options_.issuer;
  if (base.ends_with('/')) base.pop_back();
  HttpAsk ask;
  ask.url = base + "/.well-known/openid-configuration";
  ask.headers = {{"accept", "application/json"}};
  ASSIGN_OR_RETURN(const json::object found, FetchObject(fetch_, ask, "OIDC discovery"));
  // OpenID Connect Discovery, 4.3: otherwise one provider could speak for another.
  if (TextOf(found, "issuer") != options_.issuer)
    return Fail(Code::kCorrupt, "OIDC discovery: the provider calls itself '{}', not '{}'",
                TextOf(found, "issuer").substr(0, 256), options_.issuer);
  auto provider = std::make_shared<Provider>();
  provider->authorization_endpoint = TextOf(found, "authorization_endpoint");
  provider->token_endpoint = TextOf(found, "token_endpoint");
  provider->jwks_uri = TextOf(found, "jwks_uri");
  // Basic is what a provider understands that says nothing.
  provider->secret_in_body = Has(found, "token_endpoint_auth_methods_supported", "client_secret_post") &&
                             !Has(found, "token_endpoint_auth_methods_supported", "client_secret_basic");
  for (const std::string* url : {&provider->authorization_endpoint, &provider->token_endpoint, &provider->jwks_uri})
    if (!IsSafeUrl(*url)) return Fail(Code::kCorrupt, "OIDC discovery: '{}' is no https address", url->substr(0, 256));
  ask.url = provider->jwks_uri;
  auto keys = fetch_(ask);
  if (!keys) return Wrap(std::move(keys.error()), "OIDC keys");
  if (keys->status != 200) return Fail(Code::kNetwork, "OIDC keys: {} answered {}", ask.url, keys->status);
  ASSIGN_OR_RETURN(provider->keys, ParseJwks(keys->body));
  provider->fetched_ms = now;
  std::shared_ptr<const Provider> made = std::move(provider);
  provider_.With([&](auto& held) { held = made; });
  return made;
}

Result<Oidc::Begun> Oidc::Begin(std::string_view return_to) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Provider> provider, Discover(kOidcKeysMs));
  const std::string state = RandomHex(16), nonce = RandomHex(16), verifier = Base64Url(RandomBytes(32));
  const json::object flow = {{"state", state},
                             {"nonce", nonce},
                             {"verifier", verifier},
                             {"return_to", IsOwnPath(return_to) ? std::string(return_to) : std::string("/")},
                             {"expires_ms", clock_.unix_ms() + kOidcFlowMs}};
  Begun begun;
  const std::string& at = provider->authorization_endpoint;
  begun.url = fmt::format(
      "{}{}response_type=code&client_id={}&redirect_uri={}&scope={}&state={}&nonce={}&code_challenge={}"
      "&code_challenge_method=S256",
      at, at.find('?') == std::string::npos ? "?" : "&", PercentEncoded(options_.client_id),
      PercentEncoded(options_.redirect_uri), PercentEncoded(options_.scopes), state, nonce,
      Base64Url(Sha256(verifier)));
  begun.cookie = Secret<std::string>(Base64Url(Seal(key_, "oidc", json::serialize(flow))));
  return begun;
}

Result<Oidc::Finished> Oidc::Finish(std::string_view cookie, std::string_view code, std::string_view state,
                                    std::string_view iss) {
  const auto sealed = ParseBase64Url(cookie.size() <= kCookieBytesMax ? cookie : std::string_view());
  const auto text = sealed ? Unseal(key_, "oidc", *sealed) : std::nullopt;
  if (!text) return Refuse("it was not begun in this browser, or too long ago; begin again");
  ASSIGN_OR_RETURN(const json::object flow, ParseAnswer(*text, "sign-in cookie"));
  if (NumberOf(flow, "expires_ms").value_or(0) <= static_cast<double>(clock_.unix_ms()))
    return Refuse("it took too long; begin again");
  if (!SameSecret(TextOf(flow, "state"), state)) return Refuse("the answer belongs to another sign-in; begin again");
  // RFC 9207: tells providers apart that share a redirect address.
  if (!iss.empty() && iss != options_.issuer) return Refuse("the answer is another provider's");
  if (code.empty()) return Refuse("the provider gave no code");

  ASSIGN_OR_RETURN(const std::shared_ptr<const Provider> provider, Discover(kOidcKeysMs));
  HttpAsk ask;
  ask.method = "POST";
  ask.url = provider->token_endpoint;
  ask.headers = {{"content-type", "application/x-www-form-urlencoded"}, {"accept", "application/json"}};
  ask.body = fmt::format("grant_type=authorization_code&code={}&redirect_uri={}&client_id={}&code_verifier={}",
                         PercentEncoded(code), PercentEncoded(options_.redirect_uri),
                         PercentEncoded(options_.client_id), TextOf(flow, "verifier"));
  if (const std::string& secret = options_.client_secret.Reveal(); !secret.empty()) {
    if (provider->secret_in_body)
      ask.body += "&client_secret=" + PercentEncoded(secret);
    else  // RFC 6749, 2.3.1
      ask.headers.emplace_back("authorization",
                               "Basic " + Base64(PercentEncoded(options_.client_id) + ":" + PercentEncoded(secret)));
  }
  auto answer = fetch_(ask);
  if (!answer) return Wrap(std::move(answer.error()), "OIDC token");
  if (answer->status >= 400 && answer->status < 500) return Refuse("the provider refused its own code; begin again");
  if (answer->status != 200) return Fail(Code::kNetwork, "OIDC token: {} answered {}", ask.url, answer->status);
  ASSIGN_OR_RETURN(const json::object tokens, ParseAnswer(answer->body, "OIDC token"));
  ASSIGN_OR_RETURN(Identity identity, CheckIdToken(TextOf(tokens, "id_token"), TextOf(flow, "nonce")));
  return Finished{std::move(identity), TextOf(flow, "return_to")};
}

Result<Identity> Oidc::CheckIdToken(std::string_view token, std::string_view nonce) {
  ASSIGN_OR_RETURN(std::shared_ptr<const Provider> provider, Discover(kOidcKeysMs));
  Result<std::string> verified = VerifyJwt(token, provider->keys);
  if (!verified && verified.error().code == Code::kNotFound) {  // the provider has changed its keys
    ASSIGN_OR_RETURN(provider, Discover(kOidcKeysMsMin));
    verified = VerifyJwt(token, provider->keys);
  }
  if (!verified) return Refuse(verified.error().message);
  ASSIGN_OR_RETURN(const json::object claims, ParseAnswer(*verified, "token"));
  // OpenID Connect Core, 3.1.3.7.
  if (TextOf(claims, "iss") != options_.issuer) return Refuse("the token is another provider's");
  const json::value* audience = claims.if_contains("aud");
  const bool ours = TextOf(claims, "aud") == options_.client_id || Has(claims, "aud", options_.client_id);
  if (!ours) return Refuse("the token is for another client");
  const bool several = audience->is_array() && audience->get_array().size() > 1;
  if ((several || claims.contains("azp")) && TextOf(claims, "azp") != options_.client_id)
    return Refuse("the token was given to another client");
  const double now = static_cast<double>(clock_.unix_ms()) / 1000, skew = static_cast<double>(kOidcSkewMs) / 1000;
  const std::optional<double> expires = NumberOf(claims, "exp"), issued = NumberOf(claims, "iat");
  if (!expires || now >= *expires + skew) return Refuse("the token has expired; are the clocks right?");
  if (!issued || *issued > now + skew) return Refuse("the token is of the future; are the clocks right?");
  if (const auto from = NumberOf(claims, "nbf"); from && *from > now + skew)
    return Refuse("the token is of the future; are the clocks right?");
  if (nonce.empty() || !SameSecret(TextOf(claims, "nonce"), nonce)) return Refuse("the token is of another sign-in");
  Identity identity{options_.issuer, TextOf(claims, "sub"), TextOf(claims, "email"), TruthOf(claims, "email_verified"),
                    TextOf(claims, "name")};
  if (identity.subject.empty() || identity.subject.size() > kSubjectBytesMax) return Refuse("the token names nobody");
  if (!options_.email_domains.empty()) {
    const std::string domain = LowerAscii(identity.email.substr(identity.email.rfind('@') + 1));
    const auto& allowed = options_.email_domains;
    if (!identity.email_verified || std::find(allowed.begin(), allowed.end(), domain) == allowed.end())
      return Fail(Code::kPermissionDenied, "sign-in: people of this e-mail domain are not let in");
  }
  return identity;
}

}  // namespace yun::cloud
