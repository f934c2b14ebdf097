#include "hub/catalogue.h"

#include <algorithm>

#include "base/check.h"
#include "base/file.h"
#include "hub/name.h"
#include "hub/source.h"
#include "hub/toml.h"

namespace yun::embedded {
std::string_view hub_catalogue_toml();
}

namespace yun::hub {
namespace {

constexpr std::uint64_t kCatalogueBytesMax = 4u << 20;
constexpr std::size_t kEntriesMax = 10000;
constexpr std::size_t kListMax = 64;

Result<std::vector<std::string>> Strings(const toml::table& table, const char* key) {
  std::vector<std::string> out;
  const toml::node* node = table.get(key);
  if (node == nullptr) return out;
  const toml::array* array = node->as_array();
  if (array == nullptr) return Fail(Code::kCorrupt, "{} must be a list of strings", key);
  if (array->size() > kListMax) return Fail(Code::kCorrupt, "{}: more than {} items", key, kListMax);
  for (const toml::node& item : *array) {
    const auto text = item.value_exact<std::string>();
    if (!text) return Fail(Code::kCorrupt, "{} must be a list of strings", key);
    out.push_back(*text);
  }
  return out;
}

Result<std::string> String(const toml::table& table, const char* key) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return std::string();
  const auto text = node->value_exact<std::string>();
  if (!text) return Fail(Code::kCorrupt, "{} must be a string", key);
  return *text;
}

Result<std::uint64_t> Number(const toml::table& table, const char* key) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return std::uint64_t{0};
  const auto number = node->value_exact<std::int64_t>();
  if (!number || *number < 0) return Fail(Code::kCorrupt, "{} must be a whole number, 0 or more", key);
  return static_cast<std::uint64_t>(*number);
}

bool IsSha256(std::string_view hex) {
  return hex.size() == 64 &&
         std::all_of(hex.begin(), hex.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<CatalogueEntry> ParseEntry(const toml::table& table) {
  CatalogueEntry out;
  ASSIGN_OR_RETURN(out.name, String(table, "name"));
  RETURN_IF_ERROR(CheckName(out.name));
  ASSIGN_OR_RETURN(out.title, String(table, "title"));
  ASSIGN_OR_RETURN(out.sources, Strings(table, "sources"));
  if (out.sources.empty()) return Fail(Code::kCorrupt, "no sources");
  for (const std::string& source : out.sources) {
    ASSIGN_OR_RETURN(const Source parsed, ParseSource(source));
    (void)parsed;
  }
  ASSIGN_OR_RETURN(out.files, Strings(table, "files"));
  ASSIGN_OR_RETURN(out.licence, String(table, "licence"));
  ASSIGN_OR_RETURN(out.bytes, Number(table, "bytes"));
  ASSIGN_OR_RETURN(out.memory_bytes, Number(table, "memory_bytes"));
  ASSIGN_OR_RETURN(out.context, Number(table, "context"));
  ASSIGN_OR_RETURN(out.cannot_run, String(table, "cannot_run"));
  if (const toml::node* node = table.get("sha256")) {
    const toml::table* sums = node->as_table();
    if (sums == nullptr) return Fail(Code::kCorrupt, "sha256 must be a table: file = \"hex\"");
    for (const auto& [key, value] : *sums) {
      const auto hex = value.value_exact<std::string>();
      if (!hex || !IsSha256(*hex))
        return Fail(Code::kCorrupt, "sha256 of '{}' is not 64 lower-case hex digits", key.str());
      out.sha256.emplace(key.str(), *hex);
    }
  }
  return out;
}

}  // namespace

Result<Catalogue> Catalogue::Parse(std::string_view text) {
  if (text.size() > kCatalogueBytesMax) return Fail(Code::kTooLarge, "more than {} bytes", kCatalogueBytesMax);
  ASSIGN_OR_RETURN(const toml::table root, ParseToml(text));
  Catalogue out;
  const toml::node* models = root.get("model");
  if (models == nullptr) return out;
  const toml::array* array = models->as_array();
  if (array == nullptr)
    return Fail(Code::kCorrupt, "line {}: model must be a list: [[model]]", models->source().begin.line);
  if (array->size() > kEntriesMax) return Fail(Code::kTooLarge, "more than {} models", kEntriesMax);
  for (const toml::node& node : *array) {
    const toml::table* table = node.as_table();
    if (table == nullptr) return Fail(Code::kCorrupt, "line {}: model must be a table", node.source().begin.line);
    auto entry = ParseEntry(*table);
    if (!entry) {
      entry.error().code = Code::kCorrupt;
      return Wrap(std::move(entry.error()), fmt::format("line {}: model '{}'", node.source().begin.line,
                                                        (*table)["name"].value_or(std::string("?"))));
    }
    out.entries_.push_back(std::move(*entry));
  }
  return out;
}

Result<Catalogue> Catalogue::Load(const std::filesystem::path& home) {
  auto built_in = Parse(embedded::hub_catalogue_toml());
  CHECK(built_in.has_value());
  const std::filesystem::path file = home / "catalogue.toml";
  auto text = ReadFile(file, kCatalogueBytesMax);
  if (!text && text.error().code == Code::kNotFound) return built_in;
  if (!text) return tl::unexpected(std::move(text.error()));
  auto own = Parse(*text);
  if (!own) return Wrap(std::move(own.error()), file.string());
  for (CatalogueEntry& entry : own->entries_) {
    auto& all = built_in->entries_;
    const auto same = std::find_if(all.begin(), all.end(), [&](const auto& other) { return other.name == entry.name; });
    if (same != all.end()) {
      *same = std::move(entry);
    } else {
      all.push_back(std::move(entry));
    }
  }
  return built_in;
}

const CatalogueEntry* Catalogue::Find(std::string_view name) const {
  const std::string prefix = std::string(name) + ":";
  const CatalogueEntry* first = nullptr;
  for (const CatalogueEntry& entry : entries_) {
    if (entry.name == name) return &entry;
    if (first == nullptr && entry.name.starts_with(prefix)) first = &entry;
  }
  return first;
}

}  // namespace yun::hub
