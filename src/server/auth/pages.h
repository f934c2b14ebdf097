// The few pages that sign-in needs before there is a console. No script; styles by nonce.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace yun::server {

struct Page {
  std::string html, csp;  // csp: the Content-Security-Policy to send with it
};

struct SignInPage {
  std::string message;  // what went wrong; may be empty
  std::string email, return_to;
  bool code_needed = false;
  bool oidc = false;
};
Page ShowSignIn(const SignInPage& page);

/// A button that uses the link.
Page ShowLink(std::string_view token);

/// Who is signed in, and where they are a member.
Page ShowPerson(std::string_view name, const std::vector<std::string>& workspaces, std::string_view csrf);

std::string HtmlEscaped(std::string_view text);

}  // namespace yun::server
