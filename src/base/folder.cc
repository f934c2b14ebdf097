#include "base/folder.h"

#include <sys/stat.h>

#include <system_error>

namespace yun {

std::vector<FolderFile> FilesIn(const std::filesystem::path& folder, std::string_view suffix) {
  std::vector<FolderFile> found;
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ec)) {
    struct stat st = {};
    if (!entry.path().string().ends_with(suffix) || ::lstat(entry.path().c_str(), &st) != 0 || !S_ISREG(st.st_mode))
      continue;
    found.push_back({entry.path(), static_cast<std::uint64_t>(st.st_size), Nanoseconds(st.st_mtim)});
  }
  return found;
}

}  // namespace yun
