// Whole small files: read with a limit, written so that a reader sees the old bytes or the new, never a part.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yun {

/// errors: kNotFound, kDisk, kTooLarge (more than bytes_max)
Result<std::string> ReadFile(const std::filesystem::path& path, std::uint64_t bytes_max);

/// Writes beside the target, syncs, renames. `mode` as in chmod, e.g. 0600 for secrets.
/// errors: kDisk (names the path and the reason); the target is then as it was
Status WriteFileAtomic(const std::filesystem::path& path, std::string_view bytes, unsigned mode = 0644);

/// Makes a rename or a new entry in a folder last through a power cut.
Status SyncFolder(const std::filesystem::path& folder);

}  // namespace yun
