// What the tests of money share.
#pragma once
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "cloud/invoice.h"

namespace yun::cloud {

/// The value; without one the test fails and goes on with an empty one.
template <class R>
typename R::value_type Must(R result) {
  if (result) return std::move(*result);
  ADD_FAILURE() << result.error().message;
  return {};
}

/// Who pays for these workspaces, in CNY: account acc_1.
inline BillTo CustomerOf(std::string name, std::vector<BilledWorkspace> workspaces) {
  BillTo to;
  to.account_id = "acc_1";
  to.name = std::move(name);
  to.currency = "CNY";
  to.workspaces = std::move(workspaces);
  return to;
}

}  // namespace yun::cloud
