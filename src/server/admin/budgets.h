// What a budget looks like in the admin API: shared with keys, which can be made with one.
#pragma once
#include "cloud/budget.h"
#include "server/admin/parts.h"

namespace yun::server::admin {

std::optional<cloud::BudgetPeriod> ParsePeriod(std::string_view name);
Field PeriodField();

}  // namespace yun::server::admin
