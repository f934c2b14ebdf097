// Console sessions: signing in and out, passwords, second factors, one's own name. The pages for browsers without a
// console, and other providers, are in server/auth.
#include "cloud/sign_in.h"
#include "cloud/totp.h"
#include "server/admin/access.h"
#include "server/auth/session.h"

namespace yun::server::admin {

namespace json = boost::json;
using cloud::NewSession;
using cloud::Right;

namespace {

const Schema kSignIn{"SignIn",
                     {Text("email", "").Between(1, 200).Required(),
                      Text("password", "").Lines(cloud::kPasswordBytesMax).Secret().Required(),
                      Text("code", "of the authenticator, where one is in use").Between(0, 16).Secret()}};
const Schema kWithLink{"SignInWithLink", {Text("token", "of the link").Between(1, 200).Secret().Required()}};
const Schema kPlace{"SessionWorkspace",
                    {Text("id", "").Required(), Text("account_id", "").Required(), Text("name", "").Required(),
                     Text("status", "").Required(), Text("role", "").Required(), Texts("rights", "").Required()}};
const Schema kSession{
    "Session",
    {Text("id", "").Required(), Text("person_id", "").Required(), Text("name", "").Required(),
     Text("email", "").Required(), Boolean("is_operator", "").Required(), Text("method", "").Required(),
     Time("expires_ms", "").Required(), Boolean("has_password", "").Required(),
     Boolean("has_totp", "a second factor is in use").Required(),
     Text("csrf_token", "for the header x-csrf-token of every change").Required(),
     Objects("workspaces", "those of the person, with what they may there; 200 at most", kPlace).Required()}};
const Schema kSessionRow{
    "SessionRow",
    {Text("id", "").Required(), Text("method", "").Required(), Text("ip", "").Required(),
     Text("user_agent", "").Required(), Time("created_ms", "").Required(), Time("seen_ms", "").Required(),
     Time("expires_ms", "").Required(), Boolean("current", "the one that asks").Required()}};
const Schema kProfile{
    "Profile",
    {Text("name", "").Between(1, 100), Text("email", "where there is none yet").Between(3, 200).Like(kEmail)}};
const Schema kPassword{
    "PasswordChange",
    {Text("password", "the new one").Lines(cloud::kPasswordBytesMax).Secret().Required(),
     Text("current_password", "where there is one; not in the first ten minutes after a link")
         .Lines(cloud::kPasswordBytesMax)
         .Secret()}};
const Schema kCurrentPassword{"CurrentPassword",
                              {Text("password", "").Lines(cloud::kPasswordBytesMax).Secret().Required()}};
const Schema kCode{"TotpCode", {Text("code", "").Between(6, 8).Secret().Required()}};
const Schema kTotp{
    "TotpSecret",
    {Text("secret", "for an authenticator, base 32").Required(), Text("uri", "for a QR code").Required()}};

cloud::Caller From(const Ask& ask) { return {ask.caller.actor.ip, ask.caller.user_agent}; }

constexpr std::int64_t kLinkIsFreshMs = 10 * cloud::kMinuteMs;
constexpr std::size_t kPlacesMax = 200;

json::array PlacesOf(const Parts& parts, const std::string& person_id) {
  json::array out;
  for (const cloud::Workspace& w : parts.directory->WorkspacesOf(person_id)) {
    const auto principal = parts.directory->PrincipalOf(person_id, w.id);
    if (!principal) continue;  // closed
    if (out.size() == kPlacesMax) break;
    json::array rights;
    for (std::size_t i = 0; i < cloud::kRights; ++i)
      if (const auto right = static_cast<Right>(i); (*principal)->May(right))
        rights.emplace_back(cloud::RightName(right));
    out.push_back(json::object{{"id", w.id},
                               {"account_id", w.account_id},
                               {"name", w.name},
                               {"status", cloud::StandingName(w.status)},
                               {"role", cloud::RoleName((*principal)->role)},
                               {"rights", std::move(rights)}});
  }
  return out;
}

json::object Write(const Parts& parts, const cloud::Session& session) {
  const auto person = parts.directory->FindPerson(session.person_id).value_or(cloud::Person());
  return {{"id", session.id},
          {"person_id", person.id},
          {"name", person.name},
          {"email", person.email},
          {"is_operator", person.is_operator},
          {"method", session.method},
          {"expires_ms", session.expires_ms},
          {"has_password", parts.sign_in->HasPassword(person.id)},
          {"has_totp", parts.sign_in->HasTotp(person.id)},
          {"csrf_token", parts.sign_in->CsrfToken(session)},
          {"workspaces", PlacesOf(parts, person.id)}};
}

Reply Entered(const Parts& parts, const Ask& ask, const NewSession& made) {
  Reply reply = Json(Write(parts, made.session));
  reply.headers.emplace_back("set-cookie", SetSessionCookie(made, ask.over_tls));
  return reply;
}

Result<Reply> SignIn(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const NewSession made, parts.sign_in->WithPassword(ask.body.Text("email"), ask.body.Text("password"),
                                                                      ask.body.Text("code"), From(ask)));
  return Entered(parts, ask, made);
}

Result<Reply> SignInWithLink(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const NewSession made, parts.sign_in->WithLink(ask.body.Text("token"), From(ask)));
  return Entered(parts, ask, made);
}

Result<cloud::Session> SessionOf(const Ask& ask) {
  if (!ask.caller.session) return Fail(Code::kPermissionDenied, "This is for console sessions, not for API keys.");
  return *ask.caller.session;
}

Result<Reply> Show(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const cloud::Session session, SessionOf(ask));
  return Json(Write(parts, session));
}

Result<Reply> SignOut(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const cloud::Session session, SessionOf(ask));
  RETURN_IF_ERROR(parts.sign_in->SignOut(session));
  Reply reply = Nothing();
  reply.headers.emplace_back("set-cookie", EndSessionCookie(ask.over_tls));
  return reply;
}

Result<Reply> List(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const cloud::Session own, SessionOf(ask));
  json::array all;
  for (const cloud::Session& s : parts.sign_in->Sessions(own.person_id))
    all.push_back(json::object{{"id", s.id},
                               {"method", s.method},
                               {"ip", s.ip},
                               {"user_agent", s.user_agent},
                               {"created_ms", s.created_ms},
                               {"seen_ms", s.seen_ms},
                               {"expires_ms", s.expires_ms},
                               {"current", s.id == own.id}});
  return CountedPage(ask, std::move(all));
}

Result<Reply> SignOutEverywhere(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const cloud::Session session, SessionOf(ask));
  RETURN_IF_ERROR(parts.sign_in->SignOutEverywhere(ask.caller.actor, session.person_id));
  Reply reply = Nothing();
  reply.headers.emplace_back("set-cookie", EndSessionCookie(ask.over_tls));
  return reply;
}

Result<Reply> SetProfile(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const cloud::Session session, SessionOf(ask));
  cloud::Person person = ask.caller.person;
  if (const std::string email = ask.body.Text("email", person.email); email != person.email) {
    // Whoever has an address signs in with it at a provider too: only who runs the cloud may change one.
    if (!person.email.empty() && !person.is_operator)
      return Fail(Code::kPermissionDenied, "email: ask who runs this cloud to change it");
    person.email = email;
  }
  person.name = ask.body.Text("name", person.name);
  RETURN_IF_ERROR(parts.directory->UpdatePerson(ask.caller.actor, person));
  return Json(Write(parts, session));
}

Result<Reply> SetPassword(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const cloud::Session session, SessionOf(ask));
  const bool fresh_link =
      session.method == "link" && parts.clock->unix_ms() - session.created_ms < kLinkIsFreshMs;
  if (!fresh_link && parts.sign_in->HasPassword(session.person_id))
    RETURN_IF_ERROR(parts.sign_in->CheckPassword(session.person_id, ask.body.Text("current_password"), From(ask)));
  RETURN_IF_ERROR(
      parts.sign_in->SetPassword(ask.caller.actor, session.person_id, ask.body.Text("password"), session.id));
  return Nothing();
}

Result<Reply> BeginTotp(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const cloud::Session session, SessionOf(ask));
  ASSIGN_OR_RETURN(const Secret<std::string> secret, parts.sign_in->BeginTotp(ask.caller.actor, session.person_id));
  const std::string who = ask.caller.person.email.empty() ? ask.caller.person.name : ask.caller.person.email;
  return Json({{"secret", cloud::Base32(secret.Reveal())}, {"uri", cloud::TotpUri(secret.Reveal(), "yun", who)}});
}

Result<Reply> ConfirmTotp(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const cloud::Session session, SessionOf(ask));
  RETURN_IF_ERROR(parts.sign_in->ConfirmTotp(ask.caller.actor, session.person_id, ask.body.Text("code")));
  return Nothing();
}

Result<Reply> RemoveTotp(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const cloud::Session session, SessionOf(ask));
  RETURN_IF_ERROR(parts.sign_in->CheckPassword(session.person_id, ask.body.Text("password"), From(ask)));
  RETURN_IF_ERROR(parts.sign_in->RemoveTotp(ask.caller.actor, session.person_id));
  return Nothing();
}

}  // namespace

std::vector<Route> SessionRoutes() {
  return {
      {"POST",
       "/session",
       "session.sign_in",
       "Signs in with a password",
       Whose::kNobody,
       {},
       SignIn,
       nullptr,
       &kSignIn,
       &kSession,
       false,
       201,
       Audit::kBelow},
      {"POST",
       "/session/link",
       "session.link",
       "Signs in with a one-time link",
       Whose::kNobody,
       {},
       SignInWithLink,
       nullptr,
       &kWithLink,
       &kSession,
       false,
       201,
       Audit::kBelow},
      {"GET", "/session", "session.show", "Who is signed in", Whose::kCaller, {}, Show, nullptr, nullptr, &kSession},
      {"DELETE",
       "/session",
       "session.sign_out",
       "Signs out",
       Whose::kCaller,
       {},
       SignOut,
       nullptr,
       nullptr,
       nullptr,
       false,
       204,
       Audit::kBelow},
      {"PATCH", "/session", "session.profile", "Changes your name, or enters your e-mail address", Whose::kCaller, {},
       SetProfile, nullptr, &kProfile, &kSession, false, 200, Audit::kBelow},
      {"GET", "/sessions", "session.list", "Where you are signed in", Whose::kCaller, {}, List, &PageQuery(), nullptr,
       &kSessionRow, true},
      {"DELETE", "/sessions", "session.end_all", "Signs out everywhere, and ends links to sign in", Whose::kCaller, {},
       SignOutEverywhere, nullptr, nullptr, nullptr, false, 204, Audit::kBelow},
      {"PUT",
       "/session/password",
       "session.password",
       "Sets your password and ends your other sessions",
       Whose::kCaller,
       {},
       SetPassword,
       nullptr,
       &kPassword,
       nullptr,
       false,
       204,
       Audit::kBelow},
      {"POST",
       "/session/totp",
       "session.totp",
       "A secret for an authenticator; counts once it is confirmed",
       Whose::kCaller,
       {},
       BeginTotp,
       nullptr,
       nullptr,
       &kTotp,
       false,
       201,
       Audit::kBelow},
      {"POST",
       "/session/totp/confirm",
       "session.totp_confirm",
       "Confirms it by a code",
       Whose::kCaller,
       {},
       ConfirmTotp,
       nullptr,
       &kCode,
       nullptr,
       false,
       204,
       Audit::kBelow},
      {"POST",
       "/session/totp/remove",
       "session.totp_remove",
       "Signs in without a second factor from now on",
       Whose::kCaller,
       {},
       RemoveTotp,
       nullptr,
       &kCurrentPassword,
       nullptr,
       false,
       204,
       Audit::kBelow},
  };
}

}  // namespace yun::server::admin
