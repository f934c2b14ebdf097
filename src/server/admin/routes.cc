#include "server/admin/routes.h"

#include <algorithm>

#include "base/check.h"

namespace yun::server::admin {

namespace {

constexpr std::size_t kParameterBytesMax = 256;

std::vector<std::string_view> Segments(std::string_view path) {
  std::vector<std::string_view> out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    out.push_back(path.substr(1, end - 1));
    path.remove_prefix(end);
  }
  return out;
}

bool IsParameter(std::string_view segment) { return segment.starts_with('{'); }

/// How many literal segments match; nothing when the path is another.
std::optional<int> Literals(const std::vector<std::string_view>& wanted, const std::vector<std::string_view>& got) {
  if (wanted.size() != got.size()) return {};
  int literals = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (IsParameter(wanted[i])) {
      if (got[i].empty() || got[i].size() > kParameterBytesMax || !kId.fits(got[i])) return {};
    } else if (wanted[i] == got[i]) {
      ++literals;
    } else {
      return {};
    }
  }
  return literals;
}

}  // namespace

std::string_view WhoseName(Whose whose) {
  switch (whose) {
    case Whose::kNobody:
      return "nobody";
    case Whose::kCaller:
      return "caller";
    case Whose::kWorkspace:
      return "workspace";
    case Whose::kAccount:
      return "account";
    case Whose::kPartner:
      return "partner";
    case Whose::kCloud:
      return "cloud";
  }
  return "";
}

const std::string& Ask::Path(std::string_view name) const {
  const auto it = path.find(name);
  CHECK(it != path.end());
  return it->second;
}

bool Ask::May(cloud::Right right) const {
  return caller.is_operator || (role && right != cloud::Right::kOperate && cloud::May(*role, right));
}

const std::vector<Route>& Routes() {
  static const std::vector<Route> all = [] {
    std::vector<Route> routes;
    for (const auto make :
         {AccountRoutes, WorkspaceRoutes, MemberRoutes, KeyRoutes, LimitRoutes, PriceRoutes, MoneyRoutes, BudgetRoutes,
          UsageRoutes, InvoiceRoutes, ReportRoutes, PartnerRoutes, PromptRoutes, ModelRoutes, AdapterRoutes,
          AuditRoutes, SystemRoutes, SessionRoutes})
      for (Route& route : make()) routes.push_back(std::move(route));
    return routes;
  }();
  return all;
}

Match FindRoute(std::string_view method, std::string_view path) {
  Match match;
  if (!path.starts_with(kPrefix)) return match;
  path.remove_prefix(kPrefix.size());
  const auto got = Segments(path);
  int best = -1;
  for (const Route& route : Routes())
    if (const auto literals = Literals(Segments(route.path), got)) best = std::max(best, *literals);
  for (const Route& route : Routes()) {
    const auto wanted = Segments(route.path);
    const auto literals = Literals(wanted, got);
    if (!literals || *literals != best) continue;
    match.allowed += (match.allowed.empty() ? "" : ", ") + std::string(route.method);
    if (route.method != method) continue;
    match.route = &route;
    for (std::size_t i = 0; i < got.size(); ++i)
      if (IsParameter(wanted[i])) match.path.emplace(wanted[i].substr(1, wanted[i].size() - 2), got[i]);
  }
  return match;
}

}  // namespace yun::server::admin
