#include "hub/catalogue.h"

#include <algorithm>

#include "base/check.h"
#include "base/file.h"
#include "base/toml.h"
#include "hub/name.h"
#include "hub/source.h"

namespace yun::embedded {
std::string_view hub_catalogue_toml();
}

namespace yun::hub {
namespace {

constexpr std::uint64_t kCatalogueBytesMax = 4u << 20;
constexpr std::size_t kEntriesMax = 10000;
constexpr std::size_t kListMax = 64;

Result<std::vector<std::string>> Strings(const TomlValue& table, const char* key) {
  std::vector<std::string> out;
  const TomlValue* list = table.Find(key);
  if (list == nullptr) return out;
  if (list->kind != TomlValue::Kind::kArray) return Fail(Code::kCorrupt, "{} must be a list of strings", key);
  if (list->items.size() > kListMax) return Fail(Code::kCorrupt, "{}: more than {} items", key, kListMax);
  for (const TomlValue& item : list->items) {
    if (item.kind != TomlValue::Kind::kString) return Fail(Code::kCorrupt, "{} must be a list of strings", key);
    out.push_back(item.text);
  }
  return out;
}

Result<std::string> String(const TomlValue& table, const char* key) {
  const TomlValue* value = table.Find(key);
  if (value == nullptr) return std::string();
  if (value->kind != TomlValue::Kind::kString) return Fail(Code::kCorrupt, "{} must be a string", key);
  return value->text;
}

Result<std::uint64_t> Number(const TomlValue& table, const char* key) {
  const TomlValue* value = table.Find(key);
  if (value == nullptr) return std::uint64_t{0};
  if (value->kind != TomlValue::Kind::kInteger || value->number < 0) {
    return Fail(Code::kCorrupt, "{} must be a whole number, 0 or more", key);
  }
  return static_cast<std::uint64_t>(value->number);
}

bool IsSha256(std::string_view hex) {
  return hex.size() == 64 &&
         std::all_of(hex.begin(), hex.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<CatalogueEntry> ParseEntry(const TomlValue& table) {
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
  if (const TomlValue* sums = table.Find("sha256")) {
    if (sums->kind != TomlValue::Kind::kTable) {
      return Fail(Code::kCorrupt, "sha256 must be a table: {{ \"file\" = \"hex\" }}");
    }
    for (const auto& [file, sum] : sums->members) {
      if (sum.kind != TomlValue::Kind::kString || !IsSha256(sum.text)) {
        return Fail(Code::kCorrupt, "sha256 of '{}' is not 64 lower-case hex digits", file);
      }
      out.sha256.emplace(file, sum.text);
    }
  }
  return out;
}

}  // namespace

Result<Catalogue> Catalogue::Parse(std::string_view text) {
  ASSIGN_OR_RETURN(const TomlValue root, ParseToml(text));
  Catalogue out;
  const TomlValue* models = root.Find("model");
  if (models == nullptr) return out;
  if (models->kind != TomlValue::Kind::kArray) {
    return Fail(Code::kCorrupt, "line {}: model must be a list: [[model]]", models->line);
  }
  if (models->items.size() > kEntriesMax) return Fail(Code::kTooLarge, "more than {} models", kEntriesMax);
  for (const TomlValue& table : models->items) {
    auto entry = ParseEntry(table);
    if (!entry) {
      entry.error().code = Code::kCorrupt;
      return Wrap(std::move(entry.error()),
                  fmt::format("line {}: model '{}'", table.line, table.String("name").value_or("?")));
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
