// Who asks the admin API, and what they may: by an API key with the scope "admin", a console session, or the key of
// this machine.
#pragma once
#include <optional>
#include <string_view>

#include "api/error.h"
#include "net/http/server.h"
#include "server/admin/parts.h"

namespace yun::server::admin {

/// For a route that needs no key. errors: 403 (with `changes`: another site)
api::Parsed<Caller> Nobody(const Parts& parts, const http::Request& request, std::string_view ip, bool changes);

/// Who sent the request; with `changes` a session must also come from our own site and show its CSRF token. `ip`: the
/// client's, without port. `over_tls`: which of the cookies counts.
/// errors: 401 (no or a wrong key or session), 403 (key without the scope or from a wrong address; CSRF token; another
/// site)
api::Parsed<Caller> Identify(const Parts& parts, const http::Request& request, std::string_view ip, bool over_tls,
                             bool changes);

/// The caller's role there; nothing when they have none, or their key is another workspace's.
std::optional<cloud::Role> RoleIn(const Parts& parts, const Caller& caller, std::string_view workspace_id);
/// In every workspace of the account that is not closed; operators always.
bool MayInAccount(const Parts& parts, const Caller& caller, std::string_view account_id, cloud::Right right);

/// Finds what the path names and checks the route's right. errors: 404 (nothing of this id, or nothing of the
/// caller's), 403 (theirs, but without the right)
api::Parsed<Ask> Admit(const Parts& parts, const Route& route, Ask ask);

}  // namespace yun::server::admin
