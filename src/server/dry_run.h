// A request that is not served but told what it would take: exact tokens, the cached part, the price, the wait.
#pragma once
#include <vector>

#include "cloud/admission.h"
#include "server/call.h"

namespace yun::server {

/// Answers `call` and gives back what was granted: nothing is computed, nothing charged. `each`: terms of the request.
void AnswerDryRun(Call& call, const Model& model, const std::vector<std::vector<engine::TokenId>>& prompts,
                  engine::GenerateRequest each, cloud::Grant& grant);

}  // namespace yun::server
