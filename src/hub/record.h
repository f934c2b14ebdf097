// model.toml: what the store knows of one model. Its presence makes the model be there.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yun::hub {

struct RecordedFile {
  std::string path;  // relative to the model's folder
  std::uint64_t bytes = 0;
  std::string sha256;  // lower-case hex, or empty
};

struct ModelRecord {
  std::string name;
  std::string path;  // what Checkpoint::Open takes, relative to the model's folder; "." for the folder
  std::uint64_t bytes = 0;
  std::string source, licence;
  std::int64_t added_unix = 0;  // seconds
  std::vector<RecordedFile> files;
};

std::string WriteRecord(const ModelRecord& record);
/// Untrusted as any file. errors: kCorrupt (line and what; a path that leaves the folder)
Result<ModelRecord> ParseRecord(std::string_view toml);

/// A relative path of ordinary names: no "..", no leading '/', no empty or hidden part, no control byte or backslash.
bool IsSafeRelativePath(std::string_view path);

inline constexpr std::string_view kRecordFile = "model.toml";

}  // namespace yun::hub
