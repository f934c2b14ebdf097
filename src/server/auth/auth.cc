#include "server/auth/auth.h"

#include <map>
#include <utility>

#include "base/log.h"
#include "server/auth/pages.h"

namespace yun::server {

namespace {

constexpr std::string_view kOidcCookie = "yun_oidc";
constexpr std::string_view kHome = "/auth";
constexpr std::size_t kRowsShownMax = 200;

std::string_view OwnPath(std::string_view path) { return cloud::IsOwnPath(path) ? path : kHome; }

AuthReply Html(int status, Page page) {
  return {status, "text/html; charset=utf-8", std::move(page.html),
          {{"content-security-policy", std::move(page.csp)},
           {"x-frame-options", "DENY"},
           {"referrer-policy", "no-referrer"}}};
}

AuthReply Redirect(std::string_view to) { return {303, "text/plain", "", {{"location", std::string(to)}}}; }

}  // namespace

struct Auth::Ask {
  const http::Request& request;
  const Origin& origin;
  cloud::Caller caller;
  std::map<std::string, std::string, std::less<>> fields;  // of the body, or of a GET's query

  std::string_view Field(std::string_view name) const {
    const auto it = fields.find(name);
    return it == fields.end() ? std::string_view() : std::string_view(it->second);
  }
};

struct Auth::Route {
  std::string_view method, path;
  Result<AuthReply> (Auth::*handler)(const Ask&);
};

const Auth::Route Auth::kRoutes[] = {
    {"GET", "/auth", &Auth::Page},
    {"GET", "/auth/link", &Auth::LinkPage},
    {"POST", "/auth/link", &Auth::Link},
    {"POST", "/auth/password", &Auth::Password},
    {"POST", "/auth/sign-out", &Auth::SignOut},
    {"GET", "/auth/oidc", &Auth::OidcBegin},
    {"GET", "/auth/oidc/callback", &Auth::OidcCallback},
};

Auth::Auth(cloud::Directory& directory, cloud::SignIn& sign_in, std::unique_ptr<cloud::Oidc> oidc,
           std::string public_url)
    : directory_(directory), sign_in_(sign_in), oidc_(std::move(oidc)), public_url_(std::move(public_url)) {}

// ---- what comes before every handler

AuthReply Auth::Handle(const http::Request& request, const Origin& origin) {
  Ask ask{request, origin, {origin.ip, std::string(request.Header("user-agent"))}, {}};
  const auto answer = [&]() -> Result<AuthReply> {
    std::string_view path = request.path;
    if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    const Route* found = nullptr;
    bool known = false;
    for (const Route& route : kRoutes) {
      known |= route.path == path;
      if (route.path == path && route.method == request.method) found = &route;
    }
    if (!found)
      return Fail(known ? Code::kUnsupported : Code::kNotFound, "{} {}: there is no such page", request.method,
                  request.path.substr(0, 256));
    const bool posts = request.method != "GET";
    if (request.body.size() > kAuthBodyBytesMax)
      return Fail(Code::kTooLarge, "the body has {} bytes, at most {} are read", request.body.size(),
                  kAuthBodyBytesMax);
    if (posts && !request.Header("content-type").starts_with("application/x-www-form-urlencoded"))
      return Fail(Code::kInvalidArgument, "this page takes its own form; programs use /admin/v1/session");
    for (auto& [name, value] : http::ParseQuery(posts ? request.body : request.query))
      ask.fields.emplace(std::move(name), std::move(value));
    if (posts && !IsFromOwnSite(request, public_url_))
      return Fail(Code::kPermissionDenied, "this request comes from another site");
    return (this->*found->handler)(ask);
  };
  Result<AuthReply> replied = answer();
  AuthReply reply = replied ? std::move(*replied) : Refused(ask, replied.error());
  reply.headers.emplace_back("cache-control", "no-store");
  return reply;
}

AuthReply Auth::Refused(const Ask& ask, const Error& error) const {
  const int status = error.code == Code::kUnsupported ? 405 : HttpStatus(error.code);
  const bool own_fault = status >= 500;
  if (own_fault) log::warn("{} {}: {}", ask.request.method, ask.request.path, error.message);
  SignInPage page;
  page.message = own_fault ? "This does not work at the moment; try again later." : error.message;
  page.email = ask.Field("email"), page.return_to = ask.Field("return_to");
  page.code_needed = error.message == cloud::SignIn::kCodeNeeded || !ask.Field("code").empty();
  page.oidc = oidc_ != nullptr;
  AuthReply reply = Html(status, ShowSignIn(page));
  if (error.retry_after_s > 0) reply.headers.emplace_back("retry-after", std::to_string(error.retry_after_s));
  return reply;
}

AuthReply Auth::SignedIn(const Ask& ask, const cloud::NewSession& made, std::string_view return_to) const {
  AuthReply reply = Redirect(OwnPath(return_to));
  reply.headers.emplace_back("set-cookie", SetSessionCookie(made, ask.origin.secure));
  return reply;
}

// ---- sign in

Result<AuthReply> Auth::Page(const Ask& ask) {
  const auto session = sign_in_.Check(SessionCookieOf(ask.request, ask.origin.secure), ask.caller);
  if (!session) {
    SignInPage page;
    page.return_to = ask.Field("return_to");
    page.oidc = oidc_ != nullptr;
    return Html(200, ShowSignIn(page));
  }
  const std::optional<cloud::Person> person = directory_.FindPerson(session->person_id);
  std::vector<std::string> lines;
  for (const cloud::Workspace& w : directory_.WorkspacesOf(session->person_id)) {
    if (lines.size() == kRowsShownMax) break;
    const auto member = directory_.FindMember(w.id, session->person_id);
    if (member) lines.push_back(fmt::format("{} ({})", w.name, cloud::RoleName(member->role)));
  }
  const std::string name = !person ? "" : person->email.empty() ? person->name : person->email;
  return Html(200, ShowPerson(name, lines, sign_in_.CsrfToken(*session)));
}

Result<AuthReply> Auth::LinkPage(const Ask& ask) { return Html(200, ShowLink(ask.Field("token"))); }

Result<AuthReply> Auth::Link(const Ask& ask) {
  ASSIGN_OR_RETURN(const cloud::NewSession made, sign_in_.WithLink(ask.Field("token"), ask.caller));
  return SignedIn(ask, made, ask.Field("return_to"));
}

Result<AuthReply> Auth::Password(const Ask& ask) {
  ASSIGN_OR_RETURN(const cloud::NewSession made, sign_in_.WithPassword(ask.Field("email"), ask.Field("password"),
                                                                       ask.Field("code"), ask.caller));
  return SignedIn(ask, made, ask.Field("return_to"));
}

Result<AuthReply> Auth::OidcBegin(const Ask& ask) {
  if (!oidc_) return Fail(Code::kNotFound, "no identity provider is set up here");
  ASSIGN_OR_RETURN(const cloud::Oidc::Begun begun, oidc_->Begin(OwnPath(ask.Field("return_to"))));
  AuthReply reply = Redirect(begun.url);
  reply.headers.emplace_back("set-cookie", SetCookie(kOidcCookie, begun.cookie.Reveal(), "/auth/oidc",
                                                     cloud::kOidcFlowMs / 1000, ask.origin.secure));
  return reply;
}

Result<AuthReply> Auth::OidcCallback(const Ask& ask) {
  if (!oidc_) return Fail(Code::kNotFound, "no identity provider is set up here");
  if (const std::string_view error = ask.Field("error"); !error.empty())  // RFC 6749, 4.1.2.1
    return Fail(Code::kUnauthenticated, "The identity provider refused the sign-in: {}", error.substr(0, 64));
  ASSIGN_OR_RETURN(const cloud::Oidc::Finished finished,
                   oidc_->Finish(CookieOf(ask.request, kOidcCookie), ask.Field("code"), ask.Field("state"),
                                 ask.Field("iss")));
  ASSIGN_OR_RETURN(const cloud::NewSession made, sign_in_.WithIdentity(finished.identity, ask.caller));
  AuthReply reply = SignedIn(ask, made, finished.return_to);
  reply.headers.emplace_back("set-cookie", SetCookie(kOidcCookie, "", "/auth/oidc", 0, ask.origin.secure));
  return reply;
}

Result<AuthReply> Auth::SignOut(const Ask& ask) {
  ASSIGN_OR_RETURN(const cloud::Session session,
                   sign_in_.Check(SessionCookieOf(ask.request, ask.origin.secure), ask.caller));
  if (!sign_in_.CsrfMatches(session, ask.Field("csrf")))
    return Fail(Code::kPermissionDenied, "this form is of another session; load the page again");
  RETURN_IF_ERROR(sign_in_.SignOut(session));
  AuthReply reply = Redirect(kHome);
  reply.headers.emplace_back("set-cookie", EndSessionCookie(ask.origin.secure));
  return reply;
}

}  // namespace yun::server
