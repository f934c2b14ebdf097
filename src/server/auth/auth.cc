#include "server/auth/auth.h"

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <optional>
#include <utility>

#include "base/log.h"
#include "cloud/clock.h"
#include "cloud/totp.h"
#include "server/auth/pages.h"

namespace yun::server {

namespace json = boost::json;

namespace {

// "__Host-" makes a browser refuse the cookie from a subdomain and without TLS (RFC 6265bis, 4.1.3).
constexpr std::string_view kSecureCookie = "__Host-yun_session", kPlainCookie = "yun_session";
constexpr std::string_view kOidcCookie = "yun_oidc";
constexpr std::string_view kHome = "/auth";
constexpr std::size_t kReturnToBytesMax = 1024;
constexpr std::size_t kRowsShownMax = 200;
constexpr int kJsonDepthMax = 4;
constexpr std::int64_t kLinkIsFreshMs = 600000;  // how long a link's session may set a password without the old one
constexpr std::string_view kIssuerName = "yun";  // as an authenticator shows it

std::string_view CookieOf(const http::Request& request, std::string_view name) {
  std::string_view rest = request.Header("cookie");
  while (!rest.empty()) {
    const std::size_t end = rest.find(';');
    std::string_view item = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    while (item.starts_with(' ')) item.remove_prefix(1);
    if (item.size() > name.size() && item.starts_with(name) && item[name.size()] == '=')
      return item.substr(name.size() + 1);
  }
  return {};
}

std::string_view SessionCookieOf(const http::Request& request, bool secure) {
  return CookieOf(request, secure ? kSecureCookie : kPlainCookie);
}

std::string Cookie(std::string_view name, std::string_view value, std::string_view path, std::int64_t seconds,
                   bool secure) {
  return fmt::format("{}={}; Path={}; Max-Age={}; HttpOnly; SameSite=Lax{}", name, value, path, seconds,
                     secure ? "; Secure" : "");
}

/// "cloud.example.com:8460" of "https://cloud.example.com:8460/x".
std::string_view HostOf(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

/// A path of ours: nothing that a browser takes for another site.
std::string_view OwnPath(std::string_view path) {
  const bool own = path.starts_with('/') && !path.starts_with("//") && path.size() <= kReturnToBytesMax &&
                   std::all_of(path.begin(), path.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '\\'; });
  return own ? path : kHome;
}

AuthReply Json(const json::value& value) { return {200, "application/json", json::serialize(value) + "\n", {}}; }

AuthReply Html(int status, Page page) {
  return {status, "text/html; charset=utf-8", std::move(page.html),
          {{"content-security-policy", std::move(page.csp)},
           {"x-frame-options", "DENY"},
           {"referrer-policy", "no-referrer"}}};
}

AuthReply Redirect(std::string_view to) { return {303, "text/plain", "", {{"location", std::string(to)}}}; }

bool IsForm(const http::Request& request) {
  return request.Header("content-type").starts_with("application/x-www-form-urlencoded");
}

json::object SessionJson(const cloud::Session& s) {
  return {{"id", s.id},           {"method", s.method},         {"ip", s.ip},
          {"user_agent", s.user_agent}, {"created_ms", s.created_ms}, {"seen_ms", s.seen_ms},
          {"expires_ms", s.expires_ms}};
}

}  // namespace

struct Auth::Ask {
  const http::Request& request;
  const Origin& origin;
  cloud::Caller caller;
  std::map<std::string, std::string, std::less<>> fields;  // of the body, or of a GET's query
  std::optional<cloud::Session> session;
  bool form = false;  // a browser's own form: answers are pages

  std::string_view Field(std::string_view name) const {
    const auto it = fields.find(name);
    return it == fields.end() ? std::string_view() : std::string_view(it->second);
  }
  cloud::Actor Who() const { return {session->person_id, "", caller.ip}; }
};

struct Auth::Route {
  std::string_view method, path;
  Result<AuthReply> (Auth::*handler)(const Ask&);
  enum class Needs { kNothing, kOwnSite, kSession, kSessionAndToken } needs;
};

const Auth::Route Auth::kRoutes[] = {
    {"GET", "/auth", &Auth::Page, Route::Needs::kNothing},
    {"GET", "/auth/link", &Auth::LinkPage, Route::Needs::kNothing},
    {"POST", "/auth/link", &Auth::Link, Route::Needs::kOwnSite},
    {"POST", "/auth/password", &Auth::Password, Route::Needs::kOwnSite},
    {"GET", "/auth/oidc", &Auth::OidcBegin, Route::Needs::kNothing},
    {"GET", "/auth/oidc/callback", &Auth::OidcCallback, Route::Needs::kNothing},
    {"GET", "/auth/session", &Auth::ShowSession, Route::Needs::kSession},
    {"GET", "/auth/sessions", &Auth::ListSessions, Route::Needs::kSession},
    {"POST", "/auth/sign-out", &Auth::SignOut, Route::Needs::kSessionAndToken},
    {"POST", "/auth/sign-out-everywhere", &Auth::SignOutEverywhere, Route::Needs::kSessionAndToken},
    {"POST", "/auth/password/set", &Auth::SetPassword, Route::Needs::kSessionAndToken},
    {"POST", "/auth/profile", &Auth::SetProfile, Route::Needs::kSessionAndToken},
    {"POST", "/auth/totp/begin", &Auth::TotpBegin, Route::Needs::kSessionAndToken},
    {"POST", "/auth/totp/confirm", &Auth::TotpConfirm, Route::Needs::kSessionAndToken},
    {"POST", "/auth/totp/remove", &Auth::TotpRemove, Route::Needs::kSessionAndToken},
};

Auth::Auth(cloud::Directory& directory, cloud::SignIn& sign_in, std::unique_ptr<cloud::Oidc> oidc,
           std::string public_url)
    : directory_(directory), sign_in_(sign_in), oidc_(std::move(oidc)), public_url_(std::move(public_url)) {}

// ---- what comes before every handler

namespace {

Status ReadFields(const http::Request& request, std::map<std::string, std::string, std::less<>>& fields) {
  if (request.body.size() > kAuthBodyBytesMax)
    return Fail(Code::kTooLarge, "the body has {} bytes, at most {} are read", request.body.size(), kAuthBodyBytesMax);
  if (request.method == "GET" || IsForm(request)) {
    for (auto& [name, value] : http::ParseQuery(request.method == "GET" ? request.query : request.body))
      fields.emplace(std::move(name), std::move(value));
    return {};
  }
  if (request.body.empty()) return {};
  json::parse_options options;
  options.max_depth = kJsonDepthMax;
  json::error_code ec;
  const json::value value = json::parse(request.body, ec, {}, options);
  if (ec || !value.is_object()) return Fail(Code::kInvalidArgument, "the body is no JSON object");
  for (const auto& field : value.get_object()) {
    if (!field.value().is_string()) return Fail(Code::kInvalidArgument, "{}: text is needed", std::string(field.key()));
    fields.emplace(std::string(field.key()), std::string(field.value().get_string()));
  }
  return {};
}

}  // namespace

bool Auth::IsFromOwnSite(const http::Request& request) const {
  // Browsers say where a request comes from, and no page can change it. What sends neither is no browser, and has no
  // cookies that another site could make it send.
  if (const std::string_view site = request.Header("sec-fetch-site"); !site.empty())
    return site == "same-origin" || site == "none";
  const std::string_view from = request.Header("origin");
  if (from.empty()) return true;
  const std::string_view host = HostOf(from);
  return !host.empty() && (host == HostOf(public_url_) || host == request.Header("host"));
}

Result<cloud::Session> Auth::SessionOf(const http::Request& request, const Origin& origin) {
  return sign_in_.Check(SessionCookieOf(request, origin.secure),
                        {origin.ip, std::string(request.Header("user-agent"))});
}

bool Auth::HasCookie(const http::Request& request) {
  return !CookieOf(request, kSecureCookie).empty() || !CookieOf(request, kPlainCookie).empty();
}

Result<std::shared_ptr<const cloud::Principal>> Auth::PrincipalOf(const http::Request& request, const Origin& origin,
                                                                  std::string_view workspace_id) {
  ASSIGN_OR_RETURN(const cloud::Session session, SessionOf(request, origin));
  if (request.method != "GET" && request.method != "HEAD") {
    if (!IsFromOwnSite(request) || !sign_in_.CsrfMatches(session, request.Header("x-csrf-token")))
      return Fail(Code::kPermissionDenied, "the header x-csrf-token is missing or wrong; GET /auth/session tells it");
  }
  std::string wanted(workspace_id.empty() ? request.Header("x-yun-workspace") : workspace_id);
  if (wanted.empty()) {
    std::vector<cloud::Workspace> workspaces = directory_.WorkspacesOf(session.person_id);
    if (workspaces.empty()) workspaces = directory_.Workspaces();  // an operator's; others are refused below
    if (workspaces.empty()) return Fail(Code::kNotFound, "there is no workspace");
    wanted = workspaces[0].id;
  }
  return directory_.PrincipalOf(session.person_id, wanted);
}

AuthReply Auth::Handle(const http::Request& request, const Origin& origin) {
  Ask ask{request, origin, {origin.ip, std::string(request.Header("user-agent"))}, {}, {}, IsForm(request)};
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
      return Fail(known ? Code::kUnsupported : Code::kNotFound, "{} {}: there is no such endpoint", request.method,
                  request.path.substr(0, 256));
    RETURN_IF_ERROR(ReadFields(request, ask.fields));
    if (request.method != "GET" && !IsFromOwnSite(request))
      return Fail(Code::kPermissionDenied, "this request comes from another site");
    if (found->needs == Route::Needs::kSession || found->needs == Route::Needs::kSessionAndToken) {
      ASSIGN_OR_RETURN(ask.session, SessionOf(request, origin));
      const std::string_view header = request.Header("x-csrf-token");
      if (found->needs == Route::Needs::kSessionAndToken &&
          !sign_in_.CsrfMatches(*ask.session, header.empty() ? ask.Field("csrf") : header))
        return Fail(Code::kPermissionDenied, "the token x-csrf-token is missing or wrong; GET /auth/session tells it");
    }
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
  AuthReply reply;
  if (ask.form || (ask.request.method == "GET" && ask.request.path.starts_with("/auth/oidc"))) {
    SignInPage page;
    page.message = own_fault ? "This does not work at the moment; try again later." : error.message;
    page.email = ask.Field("email"), page.return_to = ask.Field("return_to");
    page.code_needed = error.message == cloud::SignIn::kCodeNeeded || !ask.Field("code").empty();
    page.oidc = oidc_ != nullptr;
    reply = Html(status, ShowSignIn(page));
  } else {
    const std::string_view code = error.message == cloud::SignIn::kCodeNeeded ? "code_needed" : CodeName(error.code);
    reply.status = status;
    reply.body = json::serialize(json::object{{"error", json::object{{"message", error.message}, {"code", code}}}}) +
                 "\n";
  }
  if (error.retry_after_s > 0) reply.headers.emplace_back("retry-after", std::to_string(error.retry_after_s));
  return reply;
}

AuthReply Auth::SignedIn(const Ask& ask, const cloud::NewSession& made, std::string_view return_to) const {
  const std::string_view to = return_to.empty() ? kHome : OwnPath(return_to);
  const bool page = ask.form || ask.request.method == "GET";
  AuthReply reply = page ? Redirect(to)
                         : Json(json::object{{"person_id", made.session.person_id},
                                             {"csrf", sign_in_.CsrfToken(made.session)},
                                             {"expires_ms", made.session.expires_ms},
                                             {"return_to", to}});
  const std::int64_t seconds = (made.session.expires_ms - made.session.created_ms) / 1000;
  reply.headers.emplace_back("set-cookie", Cookie(ask.origin.secure ? kSecureCookie : kPlainCookie,
                                                  made.token.Reveal(), "/", seconds, ask.origin.secure));
  return reply;
}

// ---- sign in

Result<AuthReply> Auth::Page(const Ask& ask) {
  const auto session = SessionOf(ask.request, ask.origin);
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
  reply.headers.emplace_back("set-cookie", Cookie(kOidcCookie, begun.cookie.Reveal(), "/auth/oidc",
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
  reply.headers.emplace_back("set-cookie", Cookie(kOidcCookie, "", "/auth/oidc", 0, ask.origin.secure));
  return reply;
}

// ---- in a session

Result<AuthReply> Auth::ShowSession(const Ask& ask) {
  const std::string& id = ask.session->person_id;
  const std::optional<cloud::Person> person = directory_.FindPerson(id);
  if (!person) return Fail(Code::kUnauthenticated, "You are not signed in, or no longer.");
  json::array workspaces;
  for (const cloud::Workspace& w : directory_.WorkspacesOf(id)) {
    const auto principal = directory_.PrincipalOf(id, w.id);
    if (!principal) continue;  // closed
    if (workspaces.size() == kRowsShownMax) break;
    json::array rights;
    for (std::size_t i = 0; i < cloud::kRights; ++i)
      if (const auto right = static_cast<cloud::Right>(i); (*principal)->May(right))
        rights.emplace_back(cloud::RightName(right));
    workspaces.push_back(json::object{{"id", w.id},
                                      {"name", w.name},
                                      {"account_id", w.account_id},
                                      {"status", cloud::StandingName(w.status)},
                                      {"role", cloud::RoleName((*principal)->role)},
                                      {"rights", std::move(rights)}});
  }
  return Json(json::object{{"person", json::object{{"id", person->id},
                                                   {"email", person->email},
                                                   {"name", person->name},
                                                   {"operator", person->is_operator}}},
                           {"session", SessionJson(*ask.session)},
                           {"csrf", sign_in_.CsrfToken(*ask.session)},
                           {"has_password", sign_in_.HasPassword(id)},
                           {"has_totp", sign_in_.HasTotp(id)},
                           {"workspaces", std::move(workspaces)}});
}

Result<AuthReply> Auth::ListSessions(const Ask& ask) {
  json::array sessions;
  for (const cloud::Session& s : sign_in_.Sessions(ask.session->person_id)) {
    json::object session = SessionJson(s);
    session["current"] = s.id == ask.session->id;
    sessions.push_back(std::move(session));
  }
  return Json(json::object{{"sessions", std::move(sessions)}});
}

Result<AuthReply> Auth::SignOut(const Ask& ask) {
  RETURN_IF_ERROR(sign_in_.SignOut(*ask.session));
  AuthReply reply = ask.form ? Redirect(kHome) : Json(json::object{});
  reply.headers.emplace_back("set-cookie", Cookie(ask.origin.secure ? kSecureCookie : kPlainCookie, "", "/", 0,
                                                  ask.origin.secure));
  return reply;
}

Result<AuthReply> Auth::SignOutEverywhere(const Ask& ask) {
  RETURN_IF_ERROR(sign_in_.SignOutEverywhere(ask.Who(), ask.session->person_id));
  return ask.form ? Redirect(kHome) : Json(json::object{});
}

Result<AuthReply> Auth::SetPassword(const Ask& ask) {
  const std::string& id = ask.session->person_id;
  const bool fresh_link = ask.session->method == "link" &&
                          directory_.clock().unix_ms() - ask.session->created_ms < kLinkIsFreshMs;
  if (!fresh_link && sign_in_.HasPassword(id))
    RETURN_IF_ERROR(sign_in_.CheckPassword(id, ask.Field("password"), ask.caller));
  RETURN_IF_ERROR(sign_in_.SetPassword(ask.Who(), id, ask.Field("new_password"), ask.session->id));
  return Json(json::object{});
}

Result<AuthReply> Auth::SetProfile(const Ask& ask) {
  std::optional<cloud::Person> person = directory_.FindPerson(ask.session->person_id);
  if (!person) return Fail(Code::kUnauthenticated, "You are not signed in, or no longer.");
  if (const std::string_view email = ask.Field("email"); !email.empty() && email != person->email) {
    // Whoever has an address signs in with it at a provider too: only who runs the cloud may change one.
    if (!person->email.empty() && !person->is_operator)
      return Fail(Code::kPermissionDenied, "email: ask who runs this cloud to change it");
    person->email = email;
  }
  if (ask.fields.contains("name")) person->name = ask.Field("name");
  ASSIGN_OR_RETURN(const cloud::Person changed, directory_.UpdatePerson(ask.Who(), *person));
  return Json(json::object{{"id", changed.id}, {"email", changed.email}, {"name", changed.name}});
}

Result<AuthReply> Auth::TotpBegin(const Ask& ask) {
  const std::string& id = ask.session->person_id;
  ASSIGN_OR_RETURN(const Secret<std::string> secret, sign_in_.BeginTotp(ask.Who(), id));
  const std::optional<cloud::Person> person = directory_.FindPerson(id);
  return Json(json::object{{"secret", cloud::Base32(secret.Reveal())},
                           {"uri", cloud::TotpUri(secret.Reveal(), kIssuerName,
                                                  person && !person->email.empty() ? person->email : id)}});
}

Result<AuthReply> Auth::TotpConfirm(const Ask& ask) {
  RETURN_IF_ERROR(sign_in_.ConfirmTotp(ask.Who(), ask.session->person_id, ask.Field("code")));
  return Json(json::object{});
}

Result<AuthReply> Auth::TotpRemove(const Ask& ask) {
  RETURN_IF_ERROR(sign_in_.CheckPassword(ask.session->person_id, ask.Field("password"), ask.caller));
  RETURN_IF_ERROR(sign_in_.RemoveTotp(ask.Who(), ask.session->person_id));
  return Json(json::object{});
}

}  // namespace yun::server
