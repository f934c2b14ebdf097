// Sends a budget's alert to the address that its owner gave.
#pragma once
#include "base/result.h"
#include "cloud/budget.h"

namespace yun::server {

/// POSTs it, to addresses of the public network alone; no redirects. An answer of 2xx is success.
/// errors: kPermissionDenied (a private address), kNetwork, kInvalidArgument
Status SendWebhook(const cloud::Webhook& webhook);

}  // namespace yun::server
