// Console sessions for programs: signing in and out, passwords, second factors. The pages for people, and other
// providers, are in server/auth.
#include "cloud/sign_in.h"
#include "cloud/totp.h"
#include "server/admin/access.h"

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
const Schema kSession{
    "Session",
    {Text("person_id", "").Required(), Text("name", "").Required(), Text("email", "").Required(),
     Boolean("is_operator", "").Required(), Text("method", "").Required(), Time("expires_ms", "").Required(),
     Boolean("has_password", "").Required(), Boolean("has_totp", "a second factor is in use").Required(),
     Text("csrf_token", "for the header x-csrf-token of every change").Required()}};
const Schema kPassword{
    "PasswordChange",
    {Text("password", "the new one").Lines(cloud::kPasswordBytesMax).Secret().Required(),
     Text("current_password", "where there is one already").Lines(cloud::kPasswordBytesMax).Secret()}};
const Schema kCurrentPassword{"CurrentPassword",
                              {Text("password", "").Lines(cloud::kPasswordBytesMax).Secret().Required()}};
const Schema kCode{"TotpCode", {Text("code", "").Between(6, 8).Secret().Required()}};
const Schema kTotp{
    "TotpSecret",
    {Text("secret", "for an authenticator, base 32").Required(), Text("uri", "for a QR code").Required()}};
cloud::Caller From(const Ask& ask) { return {ask.caller.actor.ip, ask.caller.user_agent}; }

std::string Cookie(std::string_view value, const Ask& ask, std::int64_t seconds) {
  // Lax, so that a link from elsewhere arrives signed in; changes need the token besides.
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{}",
                     ask.over_tls ? kSecureSessionCookie : kSessionCookie, value, seconds,
                     ask.over_tls ? "; Secure" : "");
}

json::object Write(const Parts& parts, const cloud::Session& session) {
  const auto person = parts.directory->FindPerson(session.person_id).value_or(cloud::Person());
  return {{"person_id", person.id},
          {"name", person.name},
          {"email", person.email},
          {"is_operator", person.is_operator},
          {"method", session.method},
          {"expires_ms", session.expires_ms},
          {"has_password", parts.sign_in->HasPassword(person.id)},
          {"has_totp", parts.sign_in->HasTotp(person.id)},
          {"csrf_token", parts.sign_in->CsrfToken(session)}};
}

http::Headers WithCookie(const Parts& parts, const Ask& ask, const NewSession& made) {
  const std::int64_t left_ms = made.session.expires_ms - parts.clock->unix_ms();
  return {{"set-cookie", Cookie(made.token.Reveal(), ask, std::max<std::int64_t>(0, left_ms / 1000))}};
}

Reply Entered(const Parts& parts, const Ask& ask, const NewSession& made) {
  Reply reply = Json(Write(parts, made.session));
  reply.headers = WithCookie(parts, ask, made);
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
  reply.headers.emplace_back("set-cookie", Cookie("", ask, 0));
  return reply;
}

Result<Reply> SetPassword(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const cloud::Session session, SessionOf(ask));
  if (parts.sign_in->HasPassword(session.person_id))
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
       204},
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
