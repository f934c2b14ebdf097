// What limits look like in the admin API: shared by those who set them for accounts, workspaces and keys.
#pragma once
#include "cloud/rate_limit.h"
#include "server/admin/parts.h"

namespace yun::server::admin {

/// A body with limits.
const Schema& LimitsSchema();
cloud::Limits LimitsOf(const Values& values);
boost::json::object WriteRule(const cloud::LimitRule& rule);
const Schema& RuleSchema();

}  // namespace yun::server::admin
