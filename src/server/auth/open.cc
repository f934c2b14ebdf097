#include "server/auth/open.h"

#include "base/file.h"
#include "net/http/client.h"

namespace yun::server {
namespace {

constexpr std::uint64_t kSecretBytesMax = 4096;
constexpr std::uint32_t kProviderSecondsMax = 10;       // to connect, and between two bytes
constexpr std::uint32_t kProviderTotalSecondsMax = 20;  // of one answer

Result<cloud::HttpAnswer> Fetch(const cloud::HttpAsk& ask) {
  http::FetchRequest request;
  request.url = ask.url;
  request.method = ask.method;
  request.headers = ask.headers;
  request.body = ask.body;
  request.connect_seconds_max = request.stall_seconds_max = kProviderSecondsMax;
  request.total_seconds_max = kProviderTotalSecondsMax;
  request.redirects_max = 0;
  ASSIGN_OR_RETURN(http::FetchResponse response, http::Fetch(request, {}, cloud::kOidcAnswerBytesMax));
  return cloud::HttpAnswer{response.status, std::move(response.body)};
}

}  // namespace

Result<std::unique_ptr<Auth>> OpenAuth(const AuthOptions& options, const std::string& own_url,
                                       cloud::Directory& directory, cloud::SignIn& sign_in) {
  std::string url = options.public_url.empty() ? own_url : options.public_url;
  while (url.ends_with('/')) url.pop_back();
  if (!url.starts_with("https://") && !url.starts_with("http://"))
    return Fail(Code::kInvalidArgument, "public address '{}': https://... is needed", url);
  std::unique_ptr<cloud::Oidc> oidc;
  if (!options.oidc_issuer.empty()) {
    if (url.ends_with(":0"))
      return Fail(Code::kInvalidArgument, "a provider sends browsers back to a fixed address: give a public address");
    cloud::OidcOptions how;
    how.issuer = options.oidc_issuer;
    how.client_id = options.oidc_client_id;
    how.redirect_uri = url + "/auth/oidc/callback";
    how.email_domains = options.oidc_email_domains;
    if (!options.oidc_secret_file.empty()) {
      ASSIGN_OR_RETURN(std::string secret, ReadFile(options.oidc_secret_file, kSecretBytesMax));
      while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
      how.client_secret = Secret<std::string>(std::move(secret));
    }
    ASSIGN_OR_RETURN(oidc, cloud::Oidc::Create(std::move(how), Fetch, directory.server_key(), directory.clock()));
  }
  return std::make_unique<Auth>(directory, sign_in, std::move(oidc), std::move(url));
}

}  // namespace yun::server
