#include "hub/listing.h"

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "hub/record.h"
#include "hub/source.h"
#include "hub/store.h"

namespace yun::hub {
namespace {

namespace json = boost::json;

constexpr std::size_t kFilesMax = 20000;
constexpr std::uint64_t kFileBytesMax = std::uint64_t{1} << 44;  // 16 TiB: no checkpoint's file is larger

Result<json::value> ParseJson(std::string_view text) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 16;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error) return Fail(Code::kCorrupt, "the hub's answer is not JSON: {}", error.message());
  return value;
}

std::string Text(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

/// False for what is no size.
bool Size(const json::object& object, const char* key, std::uint64_t& out) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return false;
  if (value->is_int64() && value->as_int64() >= 0) {
    out = static_cast<std::uint64_t>(value->as_int64());
  } else if (value->is_uint64()) {
    out = value->as_uint64();
  } else {
    return false;
  }
  return out <= kFileBytesMax;
}

bool IsHex(std::string_view text, std::size_t digits) {
  return text.size() == digits &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string BaseName(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }
bool IsGguf(std::string_view path) { return MatchesPattern("*.gguf", path); }
bool IsProjector(std::string_view path) { return MatchesPattern("mmproj*", BaseName(path)); }
bool IsSafetensors(std::string_view path) { return path.ends_with(".safetensors"); }
bool IsAtRoot(std::string_view path) { return path.find('/') == path.npos; }

/// What stands beside safetensors and is read: configuration, tokenizer, template, shard index.
bool IsCompanion(std::string_view path) {
  constexpr std::string_view kNotNeeded[] = {"vocab.json", "merges.txt"};  // tokenizer.json holds both
  if (!IsAtRoot(path)) return false;
  if (std::find(std::begin(kNotNeeded), std::end(kNotNeeded), path) != std::end(kNotNeeded)) return false;
  return path.ends_with(".json") || path.ends_with(".jinja");
}

std::string NamesOf(const std::vector<RemoteFile>& files) {
  constexpr std::size_t kShown = 12;
  std::vector<std::string> names;
  for (const RemoteFile& file : files) {
    if (IsGguf(file.path) || IsSafetensors(file.path)) names.push_back(file.path);
  }
  const std::size_t all = names.size();
  if (names.empty()) return "no .safetensors and no .gguf file";
  if (all > kShown) names.resize(kShown);
  return fmt::format("{}{}", fmt::join(names, ", "), all > kShown ? fmt::format(" and {} more", all - kShown) : "");
}

Result<Selection> SelectGguf(std::vector<RemoteFile> candidates, const std::vector<RemoteFile>& all) {
  Selection out;
  ASSIGN_OR_RETURN(const std::vector<std::string> names, SplitNames(BaseName(candidates.front().path)));
  const std::string folder = candidates.front().path.substr(0, candidates.front().path.rfind('/') + 1);
  for (const std::string& name : names) {
    const auto it = std::find_if(all.begin(), all.end(), [&](const auto& file) { return file.path == folder + name; });
    if (it == all.end()) return Fail(Code::kNotFound, "the split {} is missing from the repository", name);
    out.files.push_back(*it);
    std::erase_if(candidates, [&](const auto& file) { return file.path == it->path; });
  }
  if (!candidates.empty()) {
    return Fail(Code::kInvalidArgument, "the pattern takes more than one model: {}, {}; give a longer one",
                out.files.front().path, candidates.front().path);
  }
  out.open = BaseName(out.files.front().path);
  return out;
}

Result<Selection> SelectFolder(const std::vector<RemoteFile>& files, std::vector<RemoteFile> weights) {
  Selection out;
  // Some repositories also hold the same weights in their maker's own layout.
  const auto is_standard = [](const RemoteFile& file) { return BaseName(file.path).starts_with("model"); };
  if (std::any_of(weights.begin(), weights.end(), is_standard)) std::erase_if(weights, std::not_fn(is_standard));
  out.files = std::move(weights);
  for (const RemoteFile& file : files) {
    if (IsCompanion(file.path)) out.files.push_back(file);
  }
  out.open = ".";
  return out;
}

}  // namespace

Result<std::vector<RemoteFile>> ParseHuggingFaceTree(std::string_view text) {
  ASSIGN_OR_RETURN(const json::value root, ParseJson(text));
  const json::array* array = root.if_array();
  if (array == nullptr) return Fail(Code::kCorrupt, "the hub's answer is not a list of files");
  if (array->size() > kFilesMax) return Fail(Code::kTooLarge, "the repository lists more than {} files", kFilesMax);
  std::vector<RemoteFile> out;
  for (const json::value& item : *array) {
    const json::object* entry = item.if_object();
    if (entry == nullptr || Text(*entry, "type") != "file") continue;
    RemoteFile file;
    file.path = Text(*entry, "path");
    if (!IsSafeRelativePath(file.path) || !Size(*entry, "size", file.bytes)) continue;
    if (const json::value* value = entry->if_contains("lfs"); value != nullptr && value->is_object()) {
      const json::object& lfs = value->as_object();
      std::string oid = Text(lfs, "oid");
      if (oid.starts_with("sha256:")) oid.erase(0, 7);
      if (!Size(lfs, "size", file.bytes) || !IsHex(oid, 64)) {
        return Fail(Code::kCorrupt, "the hub tells no checksum or size for {}", file.path);
      }
      file.digest_kind = DigestKind::kSha256;
      file.digest = std::move(oid);
    } else if (std::string oid = Text(*entry, "oid"); IsHex(oid, 40)) {
      file.digest_kind = DigestKind::kGitBlob;
      file.digest = std::move(oid);
    }
    out.push_back(std::move(file));
  }
  return out;
}

Result<std::vector<RemoteFile>> ParseModelScopeFiles(std::string_view text) {
  ASSIGN_OR_RETURN(const json::value root, ParseJson(text));
  const json::object* object = root.if_object();
  if (object == nullptr) return Fail(Code::kCorrupt, "the hub's answer is not an object");
  const json::value* data = object->if_contains("Data");
  const json::value* list = data != nullptr && data->is_object() ? data->as_object().if_contains("Files") : nullptr;
  if (list == nullptr || !list->is_array()) {
    const std::string message = Text(*object, "Message");
    if (!message.empty()) return Fail(Code::kNotFound, "the hub says: {}", message.substr(0, 300));
    return Fail(Code::kCorrupt, "the hub's answer has no Data.Files");
  }
  if (list->as_array().size() > kFilesMax)
    return Fail(Code::kTooLarge, "the repository lists more than {} files", kFilesMax);
  std::vector<RemoteFile> out;
  for (const json::value& item : list->as_array()) {
    const json::object* entry = item.if_object();
    if (entry == nullptr || Text(*entry, "Type") == "tree") continue;
    RemoteFile file;
    file.path = Text(*entry, "Path");
    if (file.path.empty()) file.path = Text(*entry, "Name");
    if (!IsSafeRelativePath(file.path) || !Size(*entry, "Size", file.bytes)) continue;
    if (std::string sha = Text(*entry, "Sha256"); IsHex(sha, 64)) {
      file.digest_kind = DigestKind::kSha256;
      file.digest = std::move(sha);
    }
    out.push_back(std::move(file));
  }
  return out;
}

std::string NextPage(std::string_view link) {
  for (std::size_t at = 0; at < link.size();) {
    const std::size_t open = link.find('<', at), close = link.find('>', open == link.npos ? link.size() : open);
    if (open == link.npos || close == link.npos) return {};
    const std::size_t end = std::min(link.find(',', close), link.size());
    const std::string_view parameters = link.substr(close + 1, end - close - 1);
    if (parameters.find("rel=\"next\"") != parameters.npos || parameters.find("rel=next") != parameters.npos) {
      return std::string(link.substr(open + 1, close - open - 1));
    }
    at = end + 1;
  }
  return {};
}

Result<Selection> SelectFiles(std::vector<RemoteFile> files, const std::vector<std::string>& patterns) {
  std::vector<RemoteFile> gguf, weights;
  for (const RemoteFile& file : files) {
    const bool wanted =
        patterns.empty() || std::any_of(patterns.begin(), patterns.end(),
                                        [&](const std::string& pattern) { return MatchesPattern(pattern, file.path); });
    if (!wanted) continue;
    if (IsGguf(file.path) && !IsProjector(file.path)) gguf.push_back(file);
    if (IsSafetensors(file.path) && IsAtRoot(file.path)) weights.push_back(file);
  }
  if (!weights.empty() && (patterns.empty() || gguf.empty())) return SelectFolder(files, std::move(weights));
  if (gguf.empty()) {
    return Fail(Code::kNotFound, "{}; there is {}",
                patterns.empty() ? "no model in it" : "no weights match the pattern", NamesOf(files));
  }
  std::sort(gguf.begin(), gguf.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  if (patterns.empty()) {
    // What loses little and is fast comes first.
    constexpr std::string_view kPreferred[] = {"*Q4_K_M*", "*Q8_0*", "*Q5_K_M*", "*Q6_K*",
                                               "*Q4_0*",   "*Q4_1*", "*BF16*",   "*F16*"};
    for (const std::string_view type : kPreferred) {
      std::vector<RemoteFile> of_type;
      for (const RemoteFile& file : gguf) {
        if (MatchesPattern(type, file.path)) of_type.push_back(file);
      }
      if (!of_type.empty()) return SelectGguf(std::move(of_type), files);
    }
  }
  return SelectGguf(std::move(gguf), files);
}

}  // namespace yun::hub
