// safetensors: one file, or shards named by model.safetensors.index.json. Read over memory maps; nothing is trusted.
// source: the safetensors format description
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/mapped_file.h"
#include "base/result.h"
#include "formats/quant/types.h"

namespace yun::safetensors {

constexpr std::uint64_t kMaxHeaderBytes = 64u << 20;
constexpr std::uint64_t kMaxIndexBytes = 64u << 20;
constexpr std::size_t kMaxTensors = 1u << 18;
constexpr std::size_t kMaxDimensions = 8;
constexpr std::size_t kMaxShards = 1000;
constexpr std::size_t kMaxHeaderDepth = 8;

struct TensorInfo {
  std::string name;
  std::string dtype;                 // as in the file: "BF16"
  std::optional<quant::Type> type;   // empty for a dtype that cannot be computed with here
  std::vector<std::uint64_t> shape;  // the contiguous dimension last
  std::span<const std::byte> data;   // borrows: the file's map; of any alignment
  std::size_t file = 0;
};

/// All tensors of a model.
/// thread: const methods from any thread
class Model {
 public:
  /// `path`: a .safetensors file, a *.safetensors.index.json, or a folder that holds model.safetensors or the index.
  /// errors: kNotFound, kDisk, kCorrupt (file, tensor, what), kTooLarge (a limit above)
  static Result<Model> Open(const std::filesystem::path& path);
  /// One file's bytes, which must outlive the result.
  static Result<Model> Parse(std::span<const std::byte> bytes, std::string_view name);
  /// True when a folder holds such a model.
  static bool IsIn(const std::filesystem::path& folder);

  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  const TensorInfo* Find(std::string_view name) const;
  const std::vector<MappedFile>& maps() const { return maps_; }
  /// The "__metadata__" of the first file.
  const std::vector<std::pair<std::string, std::string>>& metadata() const { return metadata_; }

 private:
  Status ParseOne(std::span<const std::byte> bytes, std::string_view name, std::size_t index);
  Status OpenIndex(const std::filesystem::path& path);

  std::vector<MappedFile> maps_;
  std::vector<TensorInfo> tensors_;
  std::unordered_map<std::string, std::size_t> names_;
  std::vector<std::pair<std::string, std::string>> metadata_;
};

}  // namespace yun::safetensors
