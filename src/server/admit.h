// The door between a parsed request and the engine: the cloud's leave, and what the request's costs are told to.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>

#include "server/call.h"

namespace yun::server {

/// Asks the cloud's leave: fills in who asks for what, shows the limits. Null: refused, and `call` is answered.
std::shared_ptr<cloud::Grant> Admit(Service& service, Call& call, const Model& model, cloud::AdmissionRequest asked);

/// What a model's processor time is told to, for its costs.
std::function<void(std::uint64_t cpu_us)> CpuTimeOf(Service& service, const Model& model);

}  // namespace yun::server
