// Sign-in by an OpenID Connect provider: code flow with PKCE (RFC 7636), state and nonce; discovery and keys by HTTP.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "base/secret.h"
#include "cloud/jwt.h"
#include "cloud/random.h"
#include "cloud/sign_in.h"

namespace yun::cloud {

struct Clock;

struct OidcOptions {
  std::string issuer;     // "https://accounts.example.com": as the provider calls itself, to the letter
  std::string client_id;
  Secret<std::string> client_secret;  // empty: a public client
  std::string redirect_uri;           // "https://cloud.example.com/auth/oidc/callback"
  std::string scopes = "openid email profile";
  std::vector<std::string> email_domains;  // empty: any
};

/// One HTTP exchange, made by whoever has a client. No redirects are followed.
struct HttpAsk {
  std::string method = "GET", url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};
struct HttpAnswer {
  int status = 0;
  std::string body;
};
using HttpFetch = std::function<Result<HttpAnswer>(const HttpAsk&)>;

inline constexpr std::int64_t kOidcFlowMs = 600000;       // from Begin to Finish
inline constexpr std::int64_t kOidcKeysMs = 3600000;      // then discovery and keys are fetched again
inline constexpr std::int64_t kOidcKeysMsMin = 60000;     // a token with an unknown key fetches them at most this often
inline constexpr std::int64_t kOidcSkewMs = 60000;        // between the provider's clock and ours
inline constexpr std::size_t kOidcAnswerBytesMax = 1u << 20;

/// A path of ours to go on to: nothing that a browser takes for another site.
bool IsOwnPath(std::string_view path);

/// thread: all methods from any thread; both block on HTTP
class Oidc {
 public:
  /// errors: kInvalidArgument (an issuer or redirect address without TLS that is not this machine)
  static Result<std::unique_ptr<Oidc>> Create(OidcOptions options, HttpFetch fetch, const ServerKey& key,
                                              const Clock& clock);

  struct Begun {
    std::string url;             // where the browser goes
    Secret<std::string> cookie;  // sealed state, nonce, verifier; HttpOnly, for kOidcFlowMs
  };
  /// `return_to`: a path of ours to go on to. errors: kNetwork, kCorrupt (discovery)
  Result<Begun> Begin(std::string_view return_to);

  struct Finished {
    Identity identity;
    std::string return_to;
  };
  /// `cookie` as Begin gave it; `code`, `state` and `iss` (may be empty) from the callback's query.
  /// errors: kUnauthenticated, kPermissionDenied (e-mail domain), kNetwork, kCorrupt
  Result<Finished> Finish(std::string_view cookie, std::string_view code, std::string_view state, std::string_view iss);

  const OidcOptions& options() const { return options_; }

 private:
  struct Provider {
    std::string authorization_endpoint, token_endpoint, jwks_uri;
    std::vector<Jwk> keys;
    bool secret_in_body = false;  // else as Basic authorization
    std::int64_t fetched_ms = 0;  // steady
  };
  Oidc(OidcOptions options, HttpFetch fetch, const ServerKey& key, const Clock& clock)
      : options_(std::move(options)), fetch_(std::move(fetch)), key_(key), clock_(clock) {}
  Result<std::shared_ptr<const Provider>> Discover(std::int64_t max_age_ms);
  Result<Identity> CheckIdToken(std::string_view token, std::string_view nonce);

  const OidcOptions options_;
  const HttpFetch fetch_;
  const ServerKey key_;
  const Clock& clock_;  // borrows
  Guarded<std::shared_ptr<const Provider>> provider_;
};

}  // namespace yun::cloud
