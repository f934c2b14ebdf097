// A model without weights behind the whole server, for tests and measurements of all that is not arithmetic:
// `yun serve --model scripted:NAME[,tokens=N][,step_us=N]`.
#pragma once
#include <memory>
#include <string_view>

#include "base/result.h"
#include "server/service.h"

namespace yun::server {

inline constexpr std::string_view kScriptedPrefix = "scripted:";

/// `spec` after the prefix: "NAME,tokens=8,step_us=0", or without NAME where `id` says it. A token is a byte; answers
/// have 1 to `tokens` letters, one in `step_us`. errors: kInvalidArgument
Result<std::shared_ptr<Model>> MakeScriptedModel(std::string_view id, std::string_view spec);

}  // namespace yun::server
