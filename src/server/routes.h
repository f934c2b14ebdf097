// The table of method and path -> handler, and what comes before every handler: the request's id and its key.
#pragma once
#include <memory>
#include <span>
#include <string_view>

#include "api/dialect.h"
#include "net/http/server.h"
#include "server/service.h"

namespace yun::server {

class LateCharge;
struct Call;

struct Route {
  std::string_view method, path;  // a path may end in '*': the rest goes to Call::tail
  void (*handler)(Service&, Call);
  bool open = false;   // needs no key
  bool heavy = false;  // parses, tokenises or asks the database: runs on a worker
  std::string_view endpoint = {};  // of KeyScopes; empty: good for every key
};
std::span<const Route> Routes();
/// Whether a path is the row's, whatever the method.
bool Matches(const Route& row, std::string_view path);

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
