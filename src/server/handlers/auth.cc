// What lies under /auth, on threads of its own: a password takes a tenth of a second, a provider may take ten.
#include "server/auth/auth.h"

#include "server/handlers/handlers.h"

namespace yun::server::handlers {

bool IsOverTls(const Service& service, const Call& call) {
  return call.origin.secure || (service.auth && service.auth->secure());
}

void SignIn(Service& service, Call call) {
  if (!service.auth) return call.Fail({404, "There is no sign-in here.", "", "unknown_url"});
  auto shared = std::make_shared<Call>(std::move(call));
  const bool taken = service.auth_workers.TryPost([&service, shared] {
    AuthReply reply = service.auth->Handle(shared->request, {shared->origin.ip, IsOverTls(service, *shared)});
    shared->responder->Respond(reply.status, reply.type, std::move(reply.body),
                               shared->AnswerHeaders(std::move(reply.headers)));
  });
  if (!taken) shared->Fail(ToApiError({Code::kTooMany, "Too many people are signing in; try again in a moment."}));
}

}  // namespace yun::server::handlers
