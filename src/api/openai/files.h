// Files in OpenAI's form, and the list that its endpoints answer with.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/error.h"

namespace yun::api::openai {

inline constexpr std::int64_t kFilesListedMax = 10'000;
inline constexpr std::int64_t kFileSecondsMin = 3600, kFileSecondsMax = 2'592'000;  // until it expires: 30 days

struct FileEntry {
  std::string id, filename, purpose;
  std::int64_t bytes = 0, created = 0, expires = 0;  // expires: 0: never
};
std::string WriteFile(const FileEntry& file);
/// {"object":"list","data":[...],"first_id","last_id","has_more"}; `ids` of `items`, in their order
std::string WriteList(const std::vector<std::string>& items, const std::vector<std::string>& ids, bool has_more);
std::string WriteFileDeleted(std::string_view id);

/// What a file may be uploaded for.
bool IsFilePurpose(std::string_view purpose);
std::vector<std::string_view> FilePurposeNames();
/// For messages.
std::string FilePurposes();

/// What the query of a list asks for; `after`: an id, empty: from the start.
struct ListWish {
  std::string after, purpose;
  std::int64_t limit = 0;
  bool oldest_first = false;
};
/// `pairs`: of the query, decoded. errors: 400 that names the field
Parsed<ListWish> ParseListWish(const std::vector<std::pair<std::string, std::string>>& pairs, std::int64_t limit,
                               std::int64_t limit_max);

/// "3600" -> 3600, within the range for files. errors: 400 that names `param`
Parsed<std::int64_t> ParseFileSeconds(std::string_view text, std::string_view param);

}  // namespace yun::api::openai
