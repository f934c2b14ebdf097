// The folder of packed files: what is in it, making one, keeping it within a size.
#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/model/packed_file.h"

namespace yun::engine {

/// Where packed files of models are kept. Several processes may use one folder.
struct PackedPlace {
  std::filesystem::path folder;              // empty: none are used
  std::string model;                         // for people who list the folder
  std::optional<std::uint64_t> bytes_max;    // of the folder; nothing: DefaultPackedBytes; 0: none are used or made
  bool make = true;                          // else only those that are there are read, and nothing is written

  bool used() const { return !folder.empty() && bytes_max != 0u; }
};

inline constexpr char kPackedFolder[] = "packed";  // in the home folder
inline constexpr std::uint64_t kPackedBytesMaxDefault = std::uint64_t{64} << 30;
/// A fifth of what the disk has free or these files hold already, at most kPackedBytesMaxDefault.
std::uint64_t DefaultPackedBytes(const std::filesystem::path& folder);

struct PackedInfo {
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  std::int64_t used_unix = 0;  // seconds
  PackedHeader header;         // without model where the file cannot be read
  bool stale = false;          // made of a model file that has changed or is gone, or unreadable
};
/// The last used first.
std::vector<PackedInfo> ListPacked(const std::filesystem::path& folder);
/// Removes files of a model, or all ("") and what writers that were killed left. Returns how many and their bytes.
/// errors: kDisk
struct PackedRemoved {
  std::size_t files = 0;
  std::uint64_t bytes = 0;
};
Result<PackedRemoved> RemovePacked(const std::filesystem::path& folder, std::string_view model);

/// What writers that were killed left.
void RemoveUnfinishedPacked(const std::filesystem::path& folder);

std::filesystem::path PackedPath(const std::filesystem::path& folder, const PackedHeader& header);

/// Writes data and header (whose checksums it makes) beside, syncs, renames: a kill at any moment leaves none or a
/// whole file. Removes first what was used longest ago, for room, and files of the same model as it was before.
/// sound: asked before it is put in place, whether the data was right all the while; null: it was.
/// shapes: data [header.data_bytes]
/// errors: kDisk (full, ...), kTooLarge (over the limit), kCancelled (stop), kUnavailable (another process writes it),
/// kCorrupt (not sound)
Status WritePacked(const PackedPlace& place, PackedHeader header, const std::uint8_t* data,
                   const std::atomic<bool>& stop, const std::function<bool()>& sound = {});

}  // namespace yun::engine
