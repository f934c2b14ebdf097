// A console's session over HTTP: its cookie, and what a change in its name must show. The admin API and the pages
// under /auth make and read it here.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "cloud/sign_in.h"
#include "net/http/server.h"

namespace yun::server {

/// Where a request comes from, once proxies have been seen through.
struct Origin {
  std::string ip;
  bool secure = false;  // the browser speaks TLS, with us or with a proxy in front
};

// "__Host-" makes a browser refuse the cookie from a subdomain and without TLS (RFC 6265bis, 4.1.3).
inline constexpr std::string_view kSecureSessionCookie = "__Host-yun_session", kSessionCookie = "yun_session";
/// What carries a session's token with every change.
inline constexpr std::string_view kCsrfHeader = "x-csrf-token";

/// The value of one cookie; empty when there is none.
std::string_view CookieOf(const http::Request& request, std::string_view name);
/// The value of the session's. `secure`: as of Origin; a cookie that came without TLS is not taken under it.
std::string_view SessionCookieOf(const http::Request& request, bool secure);

/// A Set-Cookie that no script reads. Lax, so that a link from elsewhere arrives signed in; changes need the token
/// besides. 0 seconds: the browser forgets it.
std::string SetCookie(std::string_view name, std::string_view value, std::string_view path, std::int64_t seconds,
                      bool secure);
std::string SetSessionCookie(const cloud::NewSession& made, bool secure);
std::string EndSessionCookie(bool secure);

/// "cloud.example.com:8460" of "https://cloud.example.com:8460/x"; empty when it is no address.
std::string_view AuthorityOf(std::string_view url);
/// Whether a page of ours sent it, at `public_url` or the address it was sent to, or no browser did: another site's
/// page must neither sign anybody in nor change anything.
bool IsFromOwnSite(const http::Request& request, std::string_view public_url);

}  // namespace yun::server
