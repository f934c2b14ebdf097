// Sign-in over HTTP: the pages and endpoints under /auth, and who a console's cookie belongs to.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cloud/directory.h"
#include "cloud/oidc.h"
#include "cloud/sign_in.h"
#include "net/http/server.h"

namespace yun::server {

/// Where a request comes from, once proxies have been seen through.
struct Origin {
  std::string ip;
  bool secure = false;  // the browser speaks TLS, with us or with a proxy in front
};

struct AuthReply {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  http::Headers headers;
};

inline constexpr std::size_t kAuthBodyBytesMax = 16u << 10;

/// The endpoints. Those that answer with a page say so; the rest speak JSON. What changes something is a POST, comes
/// from our own site (Sec-Fetch-Site, Origin), and, in a session, carries its token in the header x-csrf-token or the
/// field `csrf`. The cookie is HttpOnly, SameSite=Lax, and Secure under TLS.
///
///   GET  /auth                        page: sign in, or who is signed in
///   GET  /auth/link?token=...         page with a button: what only looks at links must not use them up
///   POST /auth/password               email, password, code, return_to
///   POST /auth/link                   token
///   GET  /auth/oidc?return_to=...     on to the provider;   GET /auth/oidc/callback   back from it
///   GET  /auth/session                person, workspaces, rights, the CSRF token
///   GET  /auth/sessions               all of the person's
///   POST /auth/sign-out               POST /auth/sign-out-everywhere
///   POST /auth/password/set           new_password; password (unless signed in by a link)
///   POST /auth/profile                name; email, where there is none yet
///   POST /auth/totp/begin             POST /auth/totp/confirm  code       POST /auth/totp/remove  password
///
/// thread: all methods from any thread
class Auth {
 public:
  /// `oidc` may be null. `public_url`: how browsers reach us, "https://cloud.example.com".
  Auth(cloud::Directory& directory, cloud::SignIn& sign_in, std::unique_ptr<cloud::Oidc> oidc, std::string public_url);

  /// Browsers reach us by TLS, here or at a proxy in front.
  bool secure() const { return public_url_.starts_with("https://"); }
  const std::string& public_url() const { return public_url_; }

  /// Answers what lies under /auth. Blocks: for a tenth of a second with passwords, for seconds with a slow provider.
  AuthReply Handle(const http::Request& request, const Origin& origin);

  /// Whether the request brings a session's cookie: then PrincipalOf decides, if no API key is there.
  static bool HasCookie(const http::Request& request);
  /// Who is at work in a workspace: `workspace_id`, else the header x-yun-workspace, else their first. Methods other
  /// than GET and HEAD need the CSRF token.
  /// errors: kUnauthenticated, kPermissionDenied (token, no member), kNotFound
  Result<std::shared_ptr<const cloud::Principal>> PrincipalOf(const http::Request& request, const Origin& origin,
                                                              std::string_view workspace_id = {});

 private:
  struct Ask;
  struct Route;
  static const Route kRoutes[];

  Result<cloud::Session> SessionOf(const http::Request& request, const Origin& origin);
  bool IsFromOwnSite(const http::Request& request) const;
  AuthReply SignedIn(const Ask& ask, const cloud::NewSession& made, std::string_view return_to) const;
  AuthReply Refused(const Ask& ask, const Error& error) const;

  Result<AuthReply> Page(const Ask& ask);
  Result<AuthReply> LinkPage(const Ask& ask);
  Result<AuthReply> Password(const Ask& ask);
  Result<AuthReply> Link(const Ask& ask);
  Result<AuthReply> OidcBegin(const Ask& ask);
  Result<AuthReply> OidcCallback(const Ask& ask);
  Result<AuthReply> ShowSession(const Ask& ask);
  Result<AuthReply> ListSessions(const Ask& ask);
  Result<AuthReply> SignOut(const Ask& ask);
  Result<AuthReply> SignOutEverywhere(const Ask& ask);
  Result<AuthReply> SetPassword(const Ask& ask);
  Result<AuthReply> SetProfile(const Ask& ask);
  Result<AuthReply> TotpBegin(const Ask& ask);
  Result<AuthReply> TotpConfirm(const Ask& ask);
  Result<AuthReply> TotpRemove(const Ask& ask);

  cloud::Directory& directory_;  // borrows
  cloud::SignIn& sign_in_;       // borrows
  const std::unique_ptr<cloud::Oidc> oidc_;
  const std::string public_url_;
};

}  // namespace yun::server
