#include "server/admit.h"

#include <utility>

namespace yun::server {

std::shared_ptr<cloud::Grant> Admit(Service& service, Call& call, const Model& model, cloud::AdmissionRequest asked) {
  asked.model = model.id;
  asked.request_id = call.request_id;
  asked.idempotency_key = call.request.Header("idempotency-key");
  asked.app = call.request.Header("x-yun-app");
  asked.batch = call.late != nullptr;
  cloud::Admission::Answer admitted = service.cloud->admission->Admit(*call.principal, asked);
  call.ShowLimits(admitted.left);
  if (!admitted.refusal) return std::move(admitted.grant);
  service.metrics.Of(model.id, call.principal->workspace.id).Refused();
  call.Fail(ToApiError(*admitted.refusal));
  return nullptr;
}

std::function<void(std::uint64_t)> CpuTimeOf(Service& service, const Model& model) {
  return [cloud = service.cloud.get(), id = model.id](std::uint64_t cpu_us) {
    cloud->revenue->AddCpuTime(id, cloud->clock.unix_ms(), static_cast<std::int64_t>(cpu_us));
  };
}

}  // namespace yun::server
