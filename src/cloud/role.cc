#include "cloud/role.h"

#include "base/check.h"

namespace yun::cloud {
namespace {

struct Line {
  Right right;
  std::string_view name;
  bool viewer, billing, developer, admin, owner;
};

// clang-format off
constexpr std::array<Line, kRights> kTable = {{
    //                                             viewer billing develop. admin  owner
    {Right::kSeeWorkspace,    "see_workspace",      true,  true,  true,  true,  true},
    {Right::kUseModels,       "use_models",         false, false, true,  true,  true},
    {Right::kManageOwnKeys,   "manage_own_keys",    false, false, true,  true,  true},
    {Right::kManageKeys,      "manage_keys",        false, false, false, true,  true},
    {Right::kManageMembers,   "manage_members",     false, false, false, true,  true},
    {Right::kManageOwners,    "manage_owners",      false, false, false, false, true},
    {Right::kManageWorkspace, "manage_workspace",   false, false, false, true,  true},
    {Right::kSeeUsage,        "see_usage",          true,  true,  true,  true,  true},
    {Right::kSeeMoney,        "see_money",          false, true,  false, true,  true},
    {Right::kManageMoney,     "manage_money",       false, true,  false, false, true},
    {Right::kSeePrompts,      "see_prompts",        false, false, true,  true,  true},
    {Right::kSeeAudit,        "see_audit",          false, false, false, true,  true},
    {Right::kPublish,         "publish",            false, false, false, true,  true},
    {Right::kOperate,         "operate",            false, false, false, false, false},
}};
// clang-format on

constexpr bool InOrder() {
  for (std::size_t i = 0; i < kTable.size(); ++i)
    if (static_cast<std::size_t>(kTable[i].right) != i) return false;
  return true;
}
static_assert(InOrder());

constexpr std::array<std::string_view, kRoles.size()> kRoleNames = {"viewer", "billing", "developer", "admin", "owner"};

}  // namespace

bool May(Role role, Right right) {
  const Line& line = kTable[static_cast<std::size_t>(right)];
  switch (role) {
    case Role::kViewer: return line.viewer;
    case Role::kBilling: return line.billing;
    case Role::kDeveloper: return line.developer;
    case Role::kAdmin: return line.admin;
    case Role::kOwner: return line.owner;
  }
  CHECK(false);
}

Right RightToChange(std::optional<Role> from, std::optional<Role> to) {
  return from == Role::kOwner || to == Role::kOwner ? Right::kManageOwners : Right::kManageMembers;
}

std::string_view RoleName(Role role) { return kRoleNames[static_cast<std::size_t>(role)]; }

std::optional<Role> ParseRole(std::string_view name) {
  for (const Role role : kRoles)
    if (RoleName(role) == name) return role;
  return {};
}

std::string_view RightName(Right right) { return kTable[static_cast<std::size_t>(right)].name; }

}  // namespace yun::cloud
