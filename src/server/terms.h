// On what terms a request is served beside others: whose it is, how urgent, with what it may share the prefix cache.
#pragma once
#include "api/chat.h"
#include "api/error.h"
#include "engine/request.h"
#include "server/call.h"

namespace yun::server {

/// A request with nothing but its terms filled in: from the fields of `wish`, the headers x-yun-timeout-ms and
/// x-yun-ttft-objective-ms (which win), and the caller's key. errors: 400 that names the header
api::Parsed<engine::GenerateRequest> TermsOf(const Service& service, const Call& call, const api::Generation& wish);

}  // namespace yun::server
