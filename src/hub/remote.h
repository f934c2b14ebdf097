// Asks a hub what a repository holds.
#pragma once
#include <atomic>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "hub/listing.h"
#include "hub/pull.h"
#include "hub/source.h"

namespace yun::hub {

struct RemoteModel {
  Selection selection;
  std::vector<std::pair<std::string, std::string>> headers;  // for each file
  std::string token_help;                                    // what to do about a 401 or 403
  std::string source;                                        // as the store records it
};

/// For kHuggingFace, kModelScope and kUrl. Retries as the options say.
/// errors: as Pull
Result<RemoteModel> LookUp(const Source& source, const std::vector<std::string>& patterns, const HubSettings& settings,
                           const PullOptions& options);

}  // namespace yun::hub
