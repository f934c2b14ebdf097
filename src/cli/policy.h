// The scheduler's switches as `yun serve --policy` takes them: "fair=off,chunked=off".
#pragma once
#include <string_view>

#include "base/result.h"
#include "engine/engine.h"

namespace yun::cli {

inline constexpr std::string_view kPolicyNames = "fair, chunked, paged";

/// Sets what `text` names, a list of NAME=on or NAME=off with commas between; the rest stays as it is.
/// errors: kInvalidArgument (says which name or value, and what there is)
Status ParsePolicy(std::string_view text, engine::SchedulerOptions& policy);

}  // namespace yun::cli
