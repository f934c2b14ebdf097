// The admin API among the handlers: on threads of its own, so that no report waits behind prompts, nor they behind it.
#include "server/admin/admin.h"

#include "server/handlers/handlers.h"

namespace yun::server::handlers {

void AdminApi(Service& service, Call call) {
  if (service.phase == Phase::kLoading)
    return call.Fail(ToApiError({Code::kUnavailable, "The models are still being loaded."}));
  // Where the first programs look for it.
  if (call.request.path == "/admin/reconcile") call.request.path = "/admin/v1/reconcile";
  auto shared = std::make_shared<Call>(std::move(call));
  const bool taken = service.admin_workers.TryPost([&service, shared] {
    const Call& c = *shared;
    admin::Reply reply = service.admin->Answer(c.request, c.origin.ip, IsOverTls(service, c), c.request_id);
    c.responder->Respond(reply.status, reply.content_type, std::move(reply.body),
                         c.AnswerHeaders(std::move(reply.headers)));
  });
  if (!taken) shared->Fail(ToApiError({Code::kTooMany, "Too many requests are waiting; try again in a moment."}));
}

}  // namespace yun::server::handlers
