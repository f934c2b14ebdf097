#include "server/auth/session.h"

#include <fmt/format.h>

#include <algorithm>

namespace yun::server {

std::string_view CookieOf(const http::Request& request, std::string_view name) {
  std::string_view rest = request.Header("cookie");
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    std::string_view pair = rest.substr(0, end);
    pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
      return pair.substr(name.size() + 1);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

std::string_view SessionCookieOf(const http::Request& request, bool secure) {
  return CookieOf(request, secure ? kSecureSessionCookie : kSessionCookie);
}

std::string SetCookie(std::string_view name, std::string_view value, std::string_view path, std::int64_t seconds,
                      bool secure) {
  return fmt::format("{}={}; Path={}; Max-Age={}; HttpOnly; SameSite=Lax{}", name, value, path, seconds,
                     secure ? "; Secure" : "");
}

std::string SetSessionCookie(const cloud::NewSession& made, bool secure) {
  return SetCookie(secure ? kSecureSessionCookie : kSessionCookie, made.token.Reveal(), "/",
                   (made.session.expires_ms - made.session.created_ms) / 1000, secure);
}

std::string EndSessionCookie(bool secure) {
  return SetCookie(secure ? kSecureSessionCookie : kSessionCookie, "", "/", 0, secure);
}

std::string_view AuthorityOf(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

bool IsFromOwnSite(const http::Request& request, std::string_view public_url) {
  // Browsers say where a request comes from, and no page can change it. What sends neither is no browser, and has no
  // cookies that another site could make it send.
  if (const std::string_view site = request.Header("sec-fetch-site"); !site.empty())
    return site == "same-origin" || site == "none";
  const std::string_view from = request.Header("origin");
  if (from.empty()) return true;
  const std::string_view authority = AuthorityOf(from);
  return !authority.empty() && (authority == AuthorityOf(public_url) || authority == request.Header("host"));
}

}  // namespace yun::server
