// DashScope's bodies about files.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace yun::api::dashscope {

struct FileEntry {
  std::string id, name, description, purpose;
  std::int64_t bytes = 0, created_ms = 0;
};

/// A file of an upload that was not kept.
struct FailedUpload {
  std::string name, code, message;
};
/// {"request_id", "data": {"uploaded_files": [{"file_id", "name"}], "failed_uploads": [{"name", "code", "message"}]}}
std::string WriteUpload(const std::vector<FileEntry>& kept, const std::vector<FailedUpload>& failed,
                        std::string_view request_id);

/// {"request_id", "data": {"file_id", "name", "description", "purpose", "size", "gmt_create", "url"}}; the url is a
/// path of this server, which wants the key.
std::string WriteFile(const FileEntry& file, std::string_view request_id);

struct FilePage {
  std::int64_t total = 0, page_no = 1, page_size = 10;
  std::vector<FileEntry> files;
};
/// {"request_id", "data": {"total", "page_no", "page_size", "files": [as above]}}
std::string WriteFilePage(const FilePage& page, std::string_view request_id);

}  // namespace yun::api::dashscope
