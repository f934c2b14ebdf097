// What a hub says is in a repository, and which of it a model needs. File names from a hub are not trusted.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "hub/digest.h"

namespace yun::hub {

struct RemoteFile {
  std::string path;  // in the repository; safe (IsSafeRelativePath)
  std::uint64_t bytes = 0;
  bool bytes_known = true;
  DigestKind digest_kind = DigestKind::kNone;
  std::string digest;     // lower-case hex
  std::string url;        // set by the hub
  std::string validator;  // a strong ETag for If-Range; may be empty
};

/// Hugging Face: GET /api/models/{repo}/tree/{revision}?recursive=true
/// errors: kCorrupt; names that are not safe are left out
Result<std::vector<RemoteFile>> ParseHuggingFaceTree(std::string_view json);
/// ModelScope: GET /api/v1/models/{repo}/repo/files?Revision={revision}&Recursive=true
/// errors: kCorrupt, kNotFound (the hub's own words)
Result<std::vector<RemoteFile>> ParseModelScopeFiles(std::string_view json);
/// The URL of `<url>; rel="next"` in a Link header, or empty.
std::string NextPage(std::string_view link_header);

struct Selection {
  std::vector<RemoteFile> files;  // what to fetch; the last parts of their paths are the names on disk, and differ
  std::string open;               // what Checkpoint::Open takes: a file's name, or "." for the folder
};

/// With patterns: the weights that match them. Without: the safetensors folder, else one GGUF, by preference of type.
/// errors: kNotFound (says what there is), kInvalidArgument (patterns take GGUF files that are not one model's splits)
Result<Selection> SelectFiles(std::vector<RemoteFile> files, const std::vector<std::string>& patterns);

}  // namespace yun::hub
