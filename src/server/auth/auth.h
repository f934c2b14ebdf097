// What only a browser can do to sign in: pages with forms, and the way to another provider and back. All else of a
// session is the admin API's (server/admin/sessions.cc).
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cloud/directory.h"
#include "cloud/oidc.h"
#include "cloud/sign_in.h"
#include "net/http/server.h"
#include "server/auth/session.h"

namespace yun::server {

struct AuthReply {
  int status = 200;
  std::string type = "text/html; charset=utf-8";
  std::string body;
  http::Headers headers;
};

inline constexpr std::size_t kAuthBodyBytesMax = 16u << 10;

/// The endpoints under /auth. All answer with a page or send the browser on; a POST is a form of these pages.
///
///   GET  /auth                        sign in, or who is signed in
///   GET  /auth/link?token=...         a button: what only looks at links must not use them up
///   POST /auth/password               email, password, code, return_to
///   POST /auth/link                   token
///   POST /auth/sign-out               csrf
///   GET  /auth/oidc?return_to=...     on to the provider;   GET /auth/oidc/callback   back from it
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

 private:
  struct Ask;
  struct Route;
  static const Route kRoutes[];

  AuthReply SignedIn(const Ask& ask, const cloud::NewSession& made, std::string_view return_to) const;
  AuthReply Refused(const Ask& ask, const Error& error) const;

  Result<AuthReply> Page(const Ask& ask);
  Result<AuthReply> LinkPage(const Ask& ask);
  Result<AuthReply> Password(const Ask& ask);
  Result<AuthReply> Link(const Ask& ask);
  Result<AuthReply> OidcBegin(const Ask& ask);
  Result<AuthReply> OidcCallback(const Ask& ask);
  Result<AuthReply> SignOut(const Ask& ask);

  cloud::Directory& directory_;  // borrows
  cloud::SignIn& sign_in_;       // borrows
  const std::unique_ptr<cloud::Oidc> oidc_;
  const std::string public_url_;
};

}  // namespace yun::server
