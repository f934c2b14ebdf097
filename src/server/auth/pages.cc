#include "server/auth/pages.h"

#include <fmt/format.h>

#include "cloud/random.h"

namespace yun::server {
namespace {

constexpr std::string_view kStyle =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:22rem;margin:12vh auto;padding:0 1rem;color:#1a1a1a;"
    "background:#fff}label{display:block;margin:.8rem 0}input{display:block;width:100%;box-sizing:border-box;"
    "padding:.5rem;font:inherit}button,.button{display:block;width:100%;box-sizing:border-box;padding:.6rem;"
    "margin-top:1rem;font:inherit;text-align:center;border:0;border-radius:.3rem;background:#1f4fd8;color:#fff;"
    "text-decoration:none}.wrong{color:#b00020}"
    "@media(prefers-color-scheme:dark){body{background:#141414;color:#eee}.wrong{color:#ff8a80}}";

Page Wrapped(std::string_view title, std::string_view body) {
  const std::string nonce = cloud::RandomHex(16);
  return {fmt::format("<!doctype html><html lang=en><meta charset=utf-8>"
                      "<meta name=viewport content=\"width=device-width\"><title>{0}</title>"
                      "<style nonce={1}>{2}</style><main><h1>{0}</h1>{3}</main></html>\n",
                      HtmlEscaped(title), nonce, kStyle, body),
          fmt::format("default-src 'none'; style-src 'nonce-{}'; form-action 'self'; frame-ancestors 'none'; "
                      "base-uri 'none'",
                      nonce)};
}

}  // namespace

std::string HtmlEscaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

Page ShowSignIn(const SignInPage& page) {
  std::string body;
  if (!page.message.empty()) body += fmt::format("<p class=wrong role=alert>{}</p>", HtmlEscaped(page.message));
  body += fmt::format(
      "<form method=post action=\"/auth/password\"><input type=hidden name=return_to value=\"{}\">"
      "<label>E-mail<input name=email type=email autocomplete=username required value=\"{}\"></label>"
      "<label>Password<input name=password type=password autocomplete=current-password required></label>",
      HtmlEscaped(page.return_to), HtmlEscaped(page.email));
  if (page.code_needed)
    body += "<label>Code of your authenticator<input name=code inputmode=numeric autocomplete=one-time-code></label>";
  body += "<button>Sign in</button></form>";
  if (page.oidc) body += "<a class=button href=\"/auth/oidc\">Sign in with your organisation</a>";
  return Wrapped("Sign in", body);
}

Page ShowLink(std::string_view token) {
  return Wrapped("Sign in", fmt::format("<p>This link is good once.</p><form method=post action=\"/auth/link\">"
                                        "<input type=hidden name=token value=\"{}\"><button>Sign in</button></form>",
                                        HtmlEscaped(token)));
}

Page ShowPerson(std::string_view name, const std::vector<std::string>& workspaces, std::string_view csrf) {
  std::string body = fmt::format("<p>Signed in as <b>{}</b>.</p><ul>", HtmlEscaped(name));
  for (const std::string& workspace : workspaces) body += fmt::format("<li>{}</li>", HtmlEscaped(workspace));
  body += fmt::format("</ul><form method=post action=\"/auth/sign-out\"><input type=hidden name=csrf value=\"{}\">"
                      "<button>Sign out</button></form>",
                      HtmlEscaped(csrf));
  return Wrapped("yun", body);
}

}  // namespace yun::server
