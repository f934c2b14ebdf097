// The table of method and path -> handler, and what comes before every handler: the request's id and its key.
#pragma once
#include <memory>
#include <string_view>

#include "api/dialect.h"
#include "net/http/server.h"
#include "server/service.h"

namespace yun::server {

class LateCharge;

/// What is spoken at a path, whether it is served or not.
const api::Dialect& DialectOf(std::string_view path);

/// Answers one request, now or later. Every path under /v1/ is also served under /compatible-mode/v1/.
/// thread: any; does not block: what takes long goes to service.workers
void Handle(Service& service, http::Request request, std::shared_ptr<http::Responder> responder);

/// The same for a caller who is known, whose address does not matter: see server/inner_call.h. With `late` at the terms
/// of batches: when the machine is idle, at their price, and paid for as it decides.
void HandleAs(Service& service, std::shared_ptr<const cloud::Principal> principal, http::Request request,
              std::shared_ptr<http::Responder> responder, std::shared_ptr<LateCharge> late = {});

}  // namespace yun::server
