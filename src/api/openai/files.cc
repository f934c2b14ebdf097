#include "api/openai/files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/ascii.h"

namespace yun::api::openai {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 7> kPurposes = {"batch",     "file-extract", "fine-tune", "user_data",
                                                       "assistants", "vision",       "evals"};

tl::unexpected<ApiError> Refuse(std::string message, std::string_view param) {
  return tl::unexpected(ApiError{400, std::move(message), std::string(param), "invalid_value"});
}

}  // namespace

std::string WriteFile(const FileEntry& file) {
  return json::serialize(json::object{{"id", file.id},
                                      {"object", "file"},
                                      {"bytes", file.bytes},
                                      {"created_at", file.created},
                                      {"expires_at", file.expires > 0 ? json::value(file.expires) : json::value()},
                                      {"filename", file.filename},
                                      {"purpose", file.purpose},
                                      {"status", "processed"},
                                      {"status_details", nullptr}});
}

std::string WriteList(const std::vector<std::string>& items, const std::vector<std::string>& ids, bool has_more) {
  std::string out = R"({"object":"list","data":[)";
  for (std::size_t i = 0; i < items.size(); ++i) (i > 0 ? out += ',' : out) += items[i];
  const auto id = [](const std::string& text) { return json::serialize(json::value(json::string(text))); };
  return out + fmt::format(R"(],"first_id":{},"last_id":{},"has_more":{}}})", ids.empty() ? "null" : id(ids.front()),
                           ids.empty() ? "null" : id(ids.back()), has_more);
}

std::string WriteFileDeleted(std::string_view id) {
  return json::serialize(json::object{{"id", id}, {"object", "file"}, {"deleted", true}});
}

bool IsFilePurpose(std::string_view purpose) { return std::ranges::find(kPurposes, purpose) != kPurposes.end(); }

std::vector<std::string_view> FilePurposeNames() { return {kPurposes.begin(), kPurposes.end()}; }

std::string FilePurposes() { return fmt::format("{}", fmt::join(kPurposes, ", ")); }

Parsed<ListWish> ParseListWish(const std::vector<std::pair<std::string, std::string>>& pairs, std::int64_t limit,
                               std::int64_t limit_max) {
  ListWish wish;
  wish.limit = limit;
  for (const auto& [name, value] : pairs) {
    if (name == "after") wish.after = value;
    if (name == "purpose") wish.purpose = value;
    if (name == "limit") {
      const auto number = WholeNumber(value);
      if (!number || *number < 1 || *number > limit_max)
        return Refuse(fmt::format("Invalid 'limit': the range is [1, {}].", limit_max), "limit");
      wish.limit = *number;
    }
    if (name == "order") {
      if (value != "asc" && value != "desc") return Refuse("Invalid 'order': asc or desc.", "order");
      wish.oldest_first = value == "asc";
    }
  }
  return wish;
}

Parsed<std::int64_t> ParseFileSeconds(std::string_view text, std::string_view param) {
  const auto number = WholeNumber(text);
  if (number && *number >= kFileSecondsMin && *number <= kFileSecondsMax) return *number;
  return Refuse(fmt::format("Invalid '{}': the range is [{}, {}] seconds.", param, kFileSecondsMin, kFileSecondsMax),
                param);
}

}  // namespace yun::api::openai
