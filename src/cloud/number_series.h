// Numbers without gaps, for documents that the law wants counted.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cloud/billing_settings.h"

namespace yun::cloud {

/// "INV-2026-000001": the next of its series, taken in the caller's transaction: if that fails, it was never taken.
/// `what` tells kinds of documents apart ("CN"; empty: invoices). A series begins anew each year (UTC), and for each
/// account where the settings say so. errors: those of the database
Result<std::string> NextNumber(store::Connection& connection, const BillingSettings& settings, std::string_view what,
                               std::string_view account_id, std::int64_t at_ms);

}  // namespace yun::cloud
