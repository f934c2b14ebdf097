// A whole file as bytes, read-only, through mmap.
#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "base/result.h"

namespace yun {

/// A read-only memory map of a regular file; movable, unmapped on destruction.
/// errors: kNotFound, kDisk (names the path and the reason)
/// A file cut short by another process after Open can still fault; files of the model store are never changed in place.
class MappedFile {
 public:
  static Result<MappedFile> Open(const std::filesystem::path& path);
  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(data_), size_}; }
  const std::filesystem::path& path() const { return path_; }

  /// Tells the kernel that a range will be read soon (sequentially), or is not needed any more.
  void WillNeed(std::size_t offset, std::size_t size) const;
  void DontNeed(std::size_t offset, std::size_t size) const;

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
  std::filesystem::path path_;
};

}  // namespace yun
