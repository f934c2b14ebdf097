// Writes a GGUF v3 file front to back: metadata, descriptions, then tensor bytes as they are made.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "formats/gguf/gguf.h"
#include "formats/quant/types.h"

namespace yun::gguf {

/// Add everything, Begin, then every tensor's bytes in the order added, then Finish. The bytes go to a name of their
/// own beside `path`; only Finish puts the whole file in place, and a writer destroyed before leaves nothing behind. A
/// key added twice keeps its first place and takes the last value.
/// thread: one
class Writer {
 public:
  Writer() = default;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer();

  void AddUint32(std::string_view key, std::uint32_t value);
  void AddUint64(std::string_view key, std::uint64_t value);
  void AddFloat(std::string_view key, float value);
  void AddBool(std::string_view key, bool value);
  void AddString(std::string_view key, std::string_view value);
  void AddStrings(std::string_view key, std::span<const std::string> values);
  void AddInts(std::string_view key, std::span<const std::int32_t> values);
  /// A value of another file, unchanged.
  void AddValue(std::string_view key, const Value& value);
  bool Has(std::string_view key) const;

  /// dims: the contiguous dimension first.
  void AddTensor(std::string_view name, quant::Type type, std::span<const std::uint64_t> dims);

  /// errors: kDisk (path, reason), kAlreadyExists (when the file exists and `replace` is false)
  Status Begin(const std::filesystem::path& path, bool replace);
  /// The next bytes of the data; pieces of a tensor may come one at a time. Padding is added between tensors.
  Status Write(std::span<const std::byte> bytes);
  /// CHECKs that every tensor is complete; syncs and renames.
  Status Finish();

 private:
  struct Encoded {
    std::string key;
    ValueType type;
    std::string bytes;
  };
  struct Planned {
    std::string name;
    quant::Type type;
    std::vector<std::uint64_t> dims;
    std::uint64_t bytes;
  };
  void Add(std::string_view key, ValueType type, std::string bytes);
  Status WriteAll(const void* data, std::size_t size);

  std::vector<Encoded> entries_;
  std::unordered_map<std::string, std::size_t> places_;
  std::vector<Planned> tensors_;
  std::filesystem::path path_, temporary_;
  int fd_ = -1;
  std::size_t tensor_ = 0;         // the one being written
  std::uint64_t tensor_done_ = 0;  // bytes of it
};

}  // namespace yun::gguf
