// What lies in a folder, and when it was last changed.
#pragma once
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <string_view>
#include <vector>

namespace yun {

inline std::int64_t Nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

struct FolderFile {
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0;  // Unix time
};

/// The regular files, links aside, whose names end so; none where the folder cannot be read.
std::vector<FolderFile> FilesIn(const std::filesystem::path& folder, std::string_view suffix);

}  // namespace yun
