#include "hub/record.h"

#include <sstream>

#include "hub/toml.h"

namespace yun::hub {
namespace {

constexpr std::uint64_t kRecordBytesMax = 4u << 20;

}  // namespace

bool IsSafeRelativePath(std::string_view path) {
  constexpr std::size_t kPathBytesMax = 1024;
  constexpr std::size_t kPartBytesMax = 255;  // NAME_MAX
  if (path.empty() || path.size() > kPathBytesMax) return false;
  for (const char c : path) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\') return false;
  }
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view part = path.substr(at, end - at);
    if (part.empty() || part[0] == '.' || part.size() > kPartBytesMax) return false;
    at = end + 1;
  }
  return true;
}

std::string WriteRecord(const ModelRecord& record) {
  toml::table root;
  root.insert("name", record.name);
  root.insert("path", record.path);
  root.insert("bytes", static_cast<std::int64_t>(record.bytes));
  root.insert("source", record.source);
  root.insert("licence", record.licence);
  root.insert("added_unix", record.added_unix);
  toml::array files;
  for (const RecordedFile& file : record.files) {
    toml::table entry;
    entry.insert("path", file.path);
    entry.insert("bytes", static_cast<std::int64_t>(file.bytes));
    if (!file.sha256.empty()) entry.insert("sha256", file.sha256);
    files.push_back(std::move(entry));
  }
  root.insert("file", std::move(files));
  std::ostringstream out;
  out << root << "\n";
  return out.str();
}

Result<ModelRecord> ParseRecord(std::string_view text) {
  if (text.size() > kRecordBytesMax) return Fail(Code::kTooLarge, "more than {} bytes", kRecordBytesMax);
  ASSIGN_OR_RETURN(const toml::table root, ParseToml(text));
  ModelRecord out;
  out.name = root["name"].value_or(std::string());
  out.path = root["path"].value_or(std::string());
  out.bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, root["bytes"].value_or(std::int64_t{0})));
  out.source = root["source"].value_or(std::string());
  out.licence = root["licence"].value_or(std::string());
  out.added_unix = root["added_unix"].value_or(std::int64_t{0});
  if (out.name.empty()) return Fail(Code::kCorrupt, "no name");
  if (out.path != "." && !IsSafeRelativePath(out.path))
    return Fail(Code::kCorrupt, "path '{}' leaves the folder", out.path);
  if (const toml::array* files = root["file"].as_array()) {
    for (const toml::node& node : *files) {
      const toml::table* entry = node.as_table();
      if (entry == nullptr) return Fail(Code::kCorrupt, "file: not a table");
      RecordedFile file;
      file.path = (*entry)["path"].value_or(std::string());
      file.bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, (*entry)["bytes"].value_or(std::int64_t{0})));
      file.sha256 = (*entry)["sha256"].value_or(std::string());
      if (!IsSafeRelativePath(file.path)) return Fail(Code::kCorrupt, "file '{}' leaves the folder", file.path);
      out.files.push_back(std::move(file));
    }
  }
  return out;
}

}  // namespace yun::hub
