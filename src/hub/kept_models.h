// What operators had served while the server ran, models and adapters: kept in a file of the home folder, so that a
// restart serves it again.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"

namespace yun::hub {

inline constexpr char kKeptModelsFile[] = "models.json";  // in the home folder
inline constexpr std::size_t kKeptModelsMax = 4096;
inline constexpr std::uint64_t kKeptModelsBytesMax = 16u << 20;

struct KeptModel {
  std::string name;               // of an adapter without its base
  std::string base;               // of an adapter; empty: a model
  std::string source;             // a path, or a model's name in the store
  std::uint64_t cache_bytes = 0;  // of a model; 0: as the others
  std::string error;              // why it is not served; not written down
};

/// errors: kCorrupt, kTooLarge (kKeptModelsMax)
Result<std::vector<KeptModel>> ParseKeptModels(std::string_view json);
std::string WriteKeptModels(const std::vector<KeptModel>& models);

/// thread: any
class KeptModels {
 public:
  /// file: empty: nothing is read or written. What cannot be read is told in the log, and put aside as <file>.bad.
  explicit KeptModels(std::filesystem::path file);

  std::vector<KeptModel> All() const;
  /// In place of one of the same name and base. errors: kDisk, kTooMany (kKeptModelsMax)
  Status Put(KeptModel model);
  /// errors: kDisk, kNotFound
  Status Remove(std::string_view name, std::string_view base);
  /// It could not be served.
  void Failed(std::string_view name, std::string_view base, std::string why);

 private:
  Status Write(const std::vector<KeptModel>& models) const;

  const std::filesystem::path file_;
  Guarded<std::vector<KeptModel>> models_;
};

}  // namespace yun::hub
