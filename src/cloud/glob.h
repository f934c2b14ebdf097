// Names with wildcards: of models, workspaces, apps.
#pragma once
#include <string_view>

namespace yun::cloud {

/// `pattern` with * (any run) and ? (one byte) against the whole of `text`.
bool GlobMatches(std::string_view pattern, std::string_view text);

}  // namespace yun::cloud
