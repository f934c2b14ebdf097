#include "api/dashscope/files.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/json.hpp>
#include <ctime>

#include "api/json_text.h"

namespace yun::api::dashscope {
namespace {

namespace json = boost::json;

json::object ObjectOf(const FileEntry& file) {
  const auto seconds = static_cast<std::time_t>(file.created_ms / 1000);
  return {{"id", file.id},
          {"file_id", file.id},
          {"name", file.name},
          {"description", file.description},
          {"purpose", file.purpose},
          {"size", file.bytes},
          {"gmt_create", fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(seconds))},
          {"url", fmt::format("/v1/files/{}/content", file.id)}};
}

std::string Whole(std::string_view request_id, json::object data) {
  return json::serialize(json::object{{"request_id", request_id}, {"data", std::move(data)}});
}

}  // namespace

std::string WriteUpload(const std::vector<FileEntry>& kept, const std::vector<FailedUpload>& failed,
                        std::string_view request_id) {
  json::array good, bad;
  for (const FileEntry& file : kept) good.push_back(json::object{{"file_id", file.id}, {"name", file.name}});
  for (const FailedUpload& file : failed)
    bad.push_back(
        json::object{{"name", ValidText(file.name)}, {"code", file.code}, {"message", ValidText(file.message)}});
  return Whole(request_id, {{"uploaded_files", std::move(good)}, {"failed_uploads", std::move(bad)}});
}

std::string WriteFile(const FileEntry& file, std::string_view request_id) { return Whole(request_id, ObjectOf(file)); }

std::string WriteFilePage(const FilePage& page, std::string_view request_id) {
  json::array files;
  for (const FileEntry& file : page.files) files.push_back(ObjectOf(file));
  return Whole(request_id, {{"total", page.total},
                            {"page_no", page.page_no},
                            {"page_size", page.page_size},
                            {"files", std::move(files)}});
}

}  // namespace yun::api::dashscope
