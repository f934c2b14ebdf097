// GGUF, versions 2 and 3: a reader over a memory map and a streaming writer. Nothing a file says about itself is
// trusted.
// source: the GGUF specification
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mapped_file.h"
#include "base/result.h"
#include "formats/quant/types.h"

namespace yun::gguf {

// Limits on what a file may ask for; the largest real models stay far below each.
constexpr std::uint64_t kMaxMetadataEntries = 1u << 16;
constexpr std::uint64_t kMaxTensors = 1u << 17;
constexpr std::uint64_t kMaxKeyBytes = (1u << 16) - 1;
constexpr std::uint64_t kMaxStringBytes = 1u << 26;
constexpr std::uint64_t kMaxArrayItems = 1u << 26;
constexpr std::uint64_t kMaxTensorNameBytes = 1024;
constexpr std::uint32_t kMaxDimensions = 4;
constexpr int kMaxArrayDepth = 4;
constexpr std::uint64_t kMinAlignment = 8, kMaxAlignment = 1u << 16, kDefaultAlignment = 32;
constexpr std::uint32_t kMaxSplits = 1000;

enum class ValueType : std::uint32_t {
  kUint8 = 0,
  kInt8 = 1,
  kUint16 = 2,
  kInt16 = 3,
  kUint32 = 4,
  kInt32 = 5,
  kFloat32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kUint64 = 10,
  kInt64 = 11,
  kFloat64 = 12,
};
std::string_view TypeName(ValueType type);

/// One metadata value, checked to lie within the file but not copied out of it.
struct Value {
  ValueType type = ValueType::kUint8;
  ValueType element = ValueType::kUint8;  // of an array
  std::uint64_t count = 0;                // of an array
  std::span<const std::byte> payload;     // borrows: scalar or string bytes; an array's encoded elements
  std::span<const std::byte> encoded;     // borrows: everything behind the type number, as in the file

  /// Any integer type that fits; empty otherwise.
  std::optional<std::uint64_t> AsUint() const;
  std::optional<std::int64_t> AsInt() const;
  /// Any number.
  std::optional<double> AsDouble() const;
  std::optional<bool> AsBool() const;
  std::optional<std::string_view> AsString() const;
  /// Elements of an array of strings, or of any integer type.
  std::optional<std::vector<std::string_view>> AsStrings() const;
  std::optional<std::vector<std::int32_t>> AsInts() const;
  /// For people: at most `width` characters of it.
  std::string ToText(std::size_t width) const;
};

struct Entry {
  std::string key;
  Value value;
};

struct TensorInfo {
  std::string name;
  std::uint32_t type = 0;           // GGUF's number; quant::FindType knows some
  std::vector<std::uint64_t> dims;  // as in the file: the contiguous dimension first
  std::uint64_t bytes = 0;          // 0 when the type is not known
  std::span<const std::byte> data;  // borrows: empty when the type is not known
  std::size_t file = 0;             // index of the split
};
/// Name of a tensor type, also of those that cannot be read here, e.g. "iq4_nl"; "type 99" when nothing knows it.
std::string TensorTypeName(std::uint32_t type);

/// A GGUF model, all splits of it.
/// thread: const methods from any thread
class File {
 public:
  /// errors: kNotFound, kDisk, kCorrupt (file, byte, what), kUnsupported (version, byte order), kTooLarge (a limit
  /// above) Of a split model open the first file; the others must lie beside it.
  static Result<File> Open(const std::filesystem::path& path);
  /// One file's bytes, which must outlive the result; splits are not followed.
  static Result<File> Parse(std::span<const std::byte> bytes, std::string_view name);

  std::uint32_t version() const { return version_; }
  std::uint64_t alignment() const { return alignment_; }
  const std::vector<Entry>& metadata() const { return metadata_; }
  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  const std::vector<MappedFile>& maps() const { return maps_; }

  /// Null when there is none of that name.
  const Value* Find(std::string_view key) const;
  const TensorInfo* FindTensor(std::string_view name) const;

 private:
  Status ParseOne(std::span<const std::byte> bytes, std::string_view name, std::size_t index);

  std::uint32_t version_ = 0;
  std::uint64_t alignment_ = kDefaultAlignment;
  std::vector<MappedFile> maps_;
  std::vector<Entry> metadata_;  // of the first file
  std::vector<TensorInfo> tensors_;
  std::unordered_map<std::string, std::size_t> keys_, names_;
  std::uint32_t split_count_ = 1, split_number_ = 0;
};

/// True for "name-00001-of-00003.gguf" and the like; sets the parts.
bool ParseSplitName(std::string_view file_name, std::string* stem, std::uint32_t* number, std::uint32_t* count);

}  // namespace yun::gguf
