// The models that yun knows by name, and where they come from.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yun::hub {

struct CatalogueEntry {
  std::string name, title;
  std::vector<std::string> sources;           // as ParseSource takes them, the preferred one first
  std::vector<std::string> files;             // patterns; empty: the hub's safetensors folder
  std::map<std::string, std::string> sha256;  // by file name, lower-case hex
  std::string licence;
  std::uint64_t bytes = 0, memory_bytes = 0;  // about; 0: not known
  std::uint64_t context = 0;                  // tokens
  std::string cannot_run;                     // why not yet; empty when yun runs it
};

class Catalogue {
 public:
  /// errors: kCorrupt (line, entry and field)
  static Result<Catalogue> Parse(std::string_view toml);
  /// The one in the program, with the entries of <home>/catalogue.toml (if there is one) added or put in place by name.
  static Result<Catalogue> Load(const std::filesystem::path& home);

  const std::vector<CatalogueEntry>& entries() const { return entries_; }
  /// By exact name, or a family's first entry ("smollm2"); null when unknown.
  const CatalogueEntry* Find(std::string_view name) const;

 private:
  std::vector<CatalogueEntry> entries_;
};

}  // namespace yun::hub
