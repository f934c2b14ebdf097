#include "hub/record.h"

#include <algorithm>

#include "base/toml.h"

namespace yun::hub {
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
  std::string out = fmt::format("name = {}\npath = {}\nbytes = {}\nsource = {}\nlicence = {}\nadded_unix = {}\n",
                                TomlQuoted(record.name), TomlQuoted(record.path), record.bytes,
                                TomlQuoted(record.source), TomlQuoted(record.licence), record.added_unix);
  for (const RecordedFile& file : record.files) {
    out += fmt::format("\n[[file]]\npath = {}\nbytes = {}\n", TomlQuoted(file.path), file.bytes);
    if (!file.sha256.empty()) out += fmt::format("sha256 = {}\n", TomlQuoted(file.sha256));
  }
  return out;
}

Result<ModelRecord> ParseRecord(std::string_view text) {
  ASSIGN_OR_RETURN(const TomlValue root, ParseToml(text));
  const auto bytes = [](const TomlValue& table) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, table.Integer("bytes").value_or(0)));
  };
  ModelRecord out;
  out.name = root.String("name").value_or("");
  out.path = root.String("path").value_or("");
  out.bytes = bytes(root);
  out.source = root.String("source").value_or("");
  out.licence = root.String("licence").value_or("");
  out.added_unix = root.Integer("added_unix").value_or(0);
  if (out.name.empty()) return Fail(Code::kCorrupt, "no name");
  if (out.path != "." && !IsSafeRelativePath(out.path)) {
    return Fail(Code::kCorrupt, "path '{}' leaves the folder", out.path);
  }
  const TomlValue* files = root.Find("file");
  if (files == nullptr) return out;
  for (const TomlValue& entry : files->items) {
    RecordedFile file;
    file.path = entry.String("path").value_or("");
    file.bytes = bytes(entry);
    file.sha256 = entry.String("sha256").value_or("");
    if (!IsSafeRelativePath(file.path)) return Fail(Code::kCorrupt, "file '{}' leaves the folder", file.path);
    out.files.push_back(std::move(file));
  }
  return out;
}

}  // namespace yun::hub
