// Calls that the server makes to itself, in a caller's name: of tasks and batches.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "cloud/directory.h"
#include "net/http/server.h"

namespace yun::server {

class LateCharge;
class Service;

/// An answer that was kept instead of sent.
struct InnerAnswer {
  int status = 500;
  std::string body;
  http::Headers headers;
};

/// Asks what the table of routes has at the request's path, as a caller whose key is good and whose address does not
/// matter. `done` is called once, from any thread, also before this returns. `late`: as HandleAs.
void CallInside(Service& service, std::shared_ptr<const cloud::Principal> principal, http::Request request,
                std::function<void(InnerAnswer)> done, std::shared_ptr<LateCharge> late = {});

}  // namespace yun::server
