// The table of the admin API: each row is a method and a path with who may, what goes in, what comes out, and the
// handler. The dispatcher, the check of rights, the OpenAPI document and the matrix of the security tests are made of
// it, so none of them can say something else than another.
#pragma once
#include <boost/json.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cloud/directory.h"
#include "cloud/partner.h"
#include "cloud/sign_in.h"
#include "net/http/server.h"
#include "server/admin/schema.h"

namespace yun::server::admin {

struct Parts;

/// Whose things a route touches, by the id in its path. Another's ids are answered like unknown ones: 404.
enum class Whose {
  kNobody,     // no key is needed
  kCaller,     // anyone with a key or a session; shows what is theirs
  kWorkspace,  // {workspace_id}: the right is wanted there
  kAccount,    // {account_id}: the right is wanted in every workspace of the account
  kPartner,    // {partner_id}: the right is wanted in one workspace of the partner's account
  kCloud,      // operators alone
};
std::string_view WhoseName(Whose whose);  // "workspace", ...

/// Who asks.
struct Caller {
  enum class Means { kNone, kLocal, kKey, kSession };
  Means means = Means::kNone;
  cloud::Person person;  // empty with kNone and kLocal
  bool is_operator = false;
  std::string workspace_only;             // of a key that is no operator's: nothing else is to be seen
  std::optional<cloud::Session> session;  // with kSession
  cloud::Actor actor;
  std::string user_agent;
};

/// A request that has passed the checks of its route.
struct Ask {
  Caller caller;
  std::map<std::string, std::string, std::less<>> path;  // "workspace_id" -> "ws_..."
  Values query, body;
  std::string idempotency_key;  // as the header gave it; empty: none
  bool over_tls = false;        // the browser speaks TLS, with us or with a proxy in front
  // What the path names, by the route's Whose.
  std::optional<cloud::Workspace> workspace;  // kWorkspace
  std::optional<cloud::Account> account;      // kWorkspace, kAccount, kPartner
  std::optional<cloud::Partner> partner;      // kPartner
  std::optional<cloud::Role> role;            // kWorkspace: of the caller there; nothing: an operator who is no member

  const std::string& Path(std::string_view name) const;
  /// kWorkspace: beyond what the route itself asks for.
  bool May(cloud::Right right) const;
};

struct Reply {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  http::Headers headers = {};
  // For the audit log, where the route does not say it: what was made or changed.
  std::string target = {};
  std::string workspace_id = {}, account_id = {};
};

using Handler = Result<Reply> (*)(const Parts& parts, const Ask& ask);

/// Who writes the audit row of a change.
enum class Audit {
  kHere,   // the dispatcher, when the handler has succeeded
  kBelow,  // the room below, in the transaction of the change
};

struct Route {
  std::string_view method, path;  // without the prefix: "/workspaces/{workspace_id}/keys"
  std::string_view operation;     // "key.create": also the action in the audit log
  std::string_view about;
  Whose whose = Whose::kCloud;
  cloud::Right right = cloud::Right::kOperate;  // no meaning with kNobody and kCaller
  Handler handler = nullptr;
  const Schema* query = nullptr;
  const Schema* body = nullptr;
  const Schema* answer = nullptr;  // null: any object
  bool page = false;               // the answer is a page of `answer`
  int status = 200;                // of success
  Audit audit = Audit::kHere;
  bool once = false;  // takes an Idempotency-Key
  std::vector<std::string_view> content_types = {"application/json"};

  bool changes() const { return method != "GET"; }
};

inline constexpr std::string_view kPrefix = "/admin/v1";

const std::vector<Route>& Routes();

struct Match {
  const Route* route = nullptr;  // null: no such path, or not with this method
  std::map<std::string, std::string, std::less<>> path;
  std::string allowed;  // the methods of this path: "GET, POST"
};
/// `path` with the prefix. A literal segment goes before a parameter.
Match FindRoute(std::string_view method, std::string_view path);

// One file a noun.
std::vector<Route> AccountRoutes();
std::vector<Route> WorkspaceRoutes();
std::vector<Route> MemberRoutes();
std::vector<Route> KeyRoutes();
std::vector<Route> LimitRoutes();
std::vector<Route> PriceRoutes();
std::vector<Route> MoneyRoutes();
std::vector<Route> BudgetRoutes();
std::vector<Route> UsageRoutes();
std::vector<Route> InvoiceRoutes();
std::vector<Route> ReportRoutes();
std::vector<Route> PartnerRoutes();
std::vector<Route> PromptRoutes();
std::vector<Route> ModelRoutes();
std::vector<Route> AdapterRoutes();
std::vector<Route> AuditRoutes();
std::vector<Route> SystemRoutes();
std::vector<Route> SessionRoutes();

}  // namespace yun::server::admin
