// Who may do what in a workspace: one table.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace yun::cloud {

/// What a member is in one workspace.
enum class Role : std::uint8_t {
  kViewer,     // looks
  kBilling,    // looks at and looks after the money
  kDeveloper,  // uses models, with keys of their own
  kAdmin,      // looks after members, keys and settings
  kOwner,      // all of a workspace; there is always one
};
inline constexpr std::array kRoles = {Role::kViewer, Role::kBilling, Role::kDeveloper, Role::kAdmin, Role::kOwner};

/// What may be allowed. All but kOperate are rights in one workspace.
enum class Right : std::uint8_t {
  kSeeWorkspace,     // its settings, members, limits, models
  kUseModels,        // the data endpoints
  kManageOwnKeys,    // make, rotate and revoke keys of one's own
  kManageKeys,       // those of every member
  kManageMembers,    // all but owners
  kManageOwners,     // make and remove owners
  kManageWorkspace,  // name, retention, webhooks
  kSeeUsage,         // requests, tokens, receipts
  kSeeMoney,         // balance, prices paid, invoices, budgets
  kManageMoney,      // budgets, requests for a top-up, invoice address
  kSeePrompts,       // stored prompts and answers
  kSeeAudit,         // the workspace's part of the audit log
  kPublish,          // adapters and apps with a share of revenue
  kOperate,          // the cloud itself: accounts, prices, top-ups, limits, back-ups; for operators alone
};
inline constexpr std::size_t kRights = static_cast<std::size_t>(Right::kOperate) + 1;

/// The table. Nothing but an operator has kOperate; an operator has every right everywhere (see Principal::May).
bool May(Role role, Right right);

/// What it takes to make a member of role `from` one of role `to`; nothing: no member (before or after).
Right RightToChange(std::optional<Role> from, std::optional<Role> to);

/// "owner", "admin", ...
std::string_view RoleName(Role role);
std::optional<Role> ParseRole(std::string_view name);
/// "manage_keys", ...
std::string_view RightName(Right right);

}  // namespace yun::cloud
