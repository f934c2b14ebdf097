#include "server/admin/access.h"

#include <algorithm>

#include "cloud/directory.h"
#include "cloud/ip_range.h"
#include "cloud/partner.h"
#include "cloud/random.h"
#include "cloud/sign_in.h"
#include "server/auth/session.h"
#include "server/call.h"

namespace yun::server::admin {

using cloud::Right;
using cloud::Role;

namespace {

tl::unexpected<api::ApiError> Refuse(int status, std::string_view code, std::string message) {
  return tl::unexpected(api::ApiError{status, std::move(message), "", std::string(code)});
}

/// The token of "Authorization: Bearer <token>"; empty when there is none.
std::string_view Bearer(const http::Request& request) {
  std::string_view value = request.Header("authorization");
  constexpr std::string_view kScheme = "bearer ";
  if (value.size() <= kScheme.size()) return {};
  for (std::size_t i = 0; i < kScheme.size(); ++i)
    if ((value[i] | 0x20) != kScheme[i]) return {};
  value.remove_prefix(kScheme.size());
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return value;
}

tl::unexpected<api::ApiError> Foreign() { return Refuse(403, "csrf", "This request comes from another site."); }

bool IsThisMachine(std::string_view ip) {
  const auto address = cloud::ParseIp(ip);
  static const auto four = cloud::ParseIpRange("127.0.0.0/8"), six = cloud::ParseIpRange("::1");
  return address && four && six && (four->Contains(*address) || six->Contains(*address));
}

api::Parsed<Caller> ByKey(const Parts& parts, std::string_view token, std::string_view ip) {
  Caller caller;
  if (IsThisMachine(ip) && !parts.local_key.empty() && cloud::SameSecret(token, parts.local_key)) {
    caller.means = Caller::Means::kLocal;
    caller.is_operator = true;
    caller.actor = {"", "local", std::string(ip)};
    return caller;
  }
  const auto principal = parts.directory->Verify(token);
  if (!principal) {
    if (const auto suspension = parts.directory->WhySuspended(token))
      return tl::unexpected(ToApiError(cloud::RefusalOf(*suspension)));
    return Refuse(401, "invalid_api_key", "Incorrect API key provided.");
  }
  if (!principal->AllowsEndpoint("admin"))
    return Refuse(403, "permission_denied", "This API key is not for administration: its scopes lack 'admin'.");
  if (!principal->AllowsIp(ip)) return Refuse(403, "permission_denied", "This API key is not good from this address.");
  caller.means = Caller::Means::kKey;
  caller.person = principal->person;
  caller.is_operator = principal->person.is_operator;
  if (!caller.is_operator) caller.workspace_only = principal->workspace.id;
  caller.actor = principal->ActorAt(ip);
  return caller;
}

api::Parsed<Caller> BySession(const Parts& parts, std::string_view token, std::string_view ip,
                              const http::Request& request, bool changes) {
  const auto expired = [] { return Refuse(401, "session_ended", "The session has ended; sign in again."); };
  auto session = parts.sign_in->Check(token, {std::string(ip), std::string(request.Header("user-agent"))});
  if (!session) return expired();
  const auto person = parts.directory->FindPerson(session->person_id);
  if (!person || person->status != cloud::Standing::kActive) return expired();
  if (changes && !IsFromOwnSite(request, parts.url)) return Foreign();
  if (changes && !parts.sign_in->CsrfMatches(*session, request.Header(kCsrfHeader)))
    return Refuse(403, "csrf", fmt::format("A change needs the session's token in the header {}.", kCsrfHeader));
  Caller caller;
  caller.means = Caller::Means::kSession;
  caller.person = *person;
  caller.is_operator = person->is_operator;
  caller.session = std::move(*session);
  caller.actor = {person->id, "", std::string(ip)};
  return caller;
}

}  // namespace

api::Parsed<Caller> Nobody(const Parts& parts, const http::Request& request, std::string_view ip, bool changes) {
  if (changes && !IsFromOwnSite(request, parts.url)) return Foreign();
  Caller caller;
  caller.actor.ip = ip;
  caller.user_agent = request.Header("user-agent");
  return caller;
}

api::Parsed<Caller> Identify(const Parts& parts, const http::Request& request, std::string_view ip, bool over_tls,
                             bool changes) {
  api::Parsed<Caller> caller = Refuse(
      401, "invalid_api_key", "Send an API key with the scope 'admin' as a header: 'Authorization: Bearer sk-...'.");
  if (const std::string_view token = Bearer(request); !token.empty()) {
    caller = ByKey(parts, token, ip);
  } else if (const std::string_view cookie = SessionCookieOf(request, over_tls); !cookie.empty()) {
    caller = BySession(parts, cookie, ip, request, changes);
  }
  if (caller) caller->user_agent = request.Header("user-agent");
  return caller;
}

std::optional<Role> RoleIn(const Parts& parts, const Caller& caller, std::string_view workspace_id) {
  if (!caller.workspace_only.empty() && caller.workspace_only != workspace_id) return {};
  if (caller.person.id.empty()) return {};
  const auto member = parts.directory->FindMember(workspace_id, caller.person.id);
  return member ? std::optional(member->role) : std::nullopt;
}

bool MayInAccount(const Parts& parts, const Caller& caller, std::string_view account_id, Right right) {
  if (caller.is_operator) return true;
  if (right == Right::kOperate) return false;
  bool any = false;
  for (const cloud::Workspace& workspace : parts.directory->Workspaces(account_id)) {
    if (workspace.status == cloud::Standing::kClosed) continue;
    const auto role = RoleIn(parts, caller, workspace.id);
    if (!role || !cloud::May(*role, right)) return false;
    any = true;
  }
  return any;
}

namespace {

/// A role, with the right or without, in one of the account's workspaces.
bool IsInAccount(const Parts& parts, const Caller& caller, std::string_view account_id, std::optional<Right> right) {
  if (caller.is_operator) return true;
  for (const cloud::Workspace& workspace : parts.directory->Workspaces(account_id))
    if (const auto role = RoleIn(parts, caller, workspace.id)) {
      if (!right || (*right != Right::kOperate && cloud::May(*role, *right))) return true;
    }
  return false;
}

}  // namespace

api::Parsed<Ask> Admit(const Parts& parts, const Route& route, Ask ask) {
  const auto unknown = [](std::string_view noun) {
    return Refuse(404, "not_found", fmt::format("There is no such {}.", noun));
  };
  const auto refused = [&] {
    return Refuse(403, "permission_denied",
                  route.right == Right::kOperate
                      ? std::string("Only an operator of the cloud may do this.")
                      : fmt::format("Your role does not have the right '{}'.", cloud::RightName(route.right)));
  };
  const Caller& caller = ask.caller;
  switch (route.whose) {
    case Whose::kNobody:
    case Whose::kCaller:
      return ask;
    case Whose::kCloud:
      if (!caller.is_operator) return refused();
      return ask;
    case Whose::kWorkspace:
      ask.role = RoleIn(parts, caller, ask.Path("workspace_id"));
      if (!ask.role && !caller.is_operator) return unknown("workspace");
      ask.workspace = parts.directory->FindWorkspace(ask.Path("workspace_id"));
      if (!ask.workspace) return unknown("workspace");
      ask.account = parts.directory->FindAccount(ask.workspace->account_id);
      if (!ask.account) return unknown("workspace");
      if (!ask.May(route.right)) return refused();
      return ask;
    case Whose::kAccount:
      if (!IsInAccount(parts, caller, ask.Path("account_id"), {})) return unknown("account");
      ask.account = parts.directory->FindAccount(ask.Path("account_id"));
      if (!ask.account) return unknown("account");
      if (!MayInAccount(parts, caller, ask.account->id, route.right)) return refused();
      return ask;
    case Whose::kPartner: {
      auto partner = parts.partners->FindPartner(ask.Path("partner_id"));
      if (!partner || !IsInAccount(parts, caller, partner->account_id, {})) return unknown("partner");
      ask.partner = std::move(*partner);
      ask.account = parts.directory->FindAccount(ask.partner->account_id);
      if (!ask.account) return unknown("partner");
      if (!IsInAccount(parts, caller, ask.account->id, route.right)) return refused();
      return ask;
    }
  }
  return refused();
}

}  // namespace yun::server::admin
