// A whole file as bytes, read-only, through mmap.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "base/cut_guard.h"
#include "base/result.h"

namespace yun {

/// A read-only memory map of a regular file; movable, unmapped on destruction.
/// errors: kNotFound, kDisk (names the path and the reason)
/// Of a file that another process cuts or writes to after Open the bytes are zeros or others: CheckMapped tells.
class MappedFile {
 public:
  static Result<MappedFile> Open(const std::filesystem::path& path);
  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(data_), size_}; }
  const std::filesystem::path& path() const { return path_; }
  /// When it was opened: its last change of content, and of content or attributes. units: nanoseconds since 1970
  std::int64_t modified_ns() const { return modified_ns_; }
  std::int64_t changed_ns() const { return changed_ns_; }

  /// Whether what is mapped has been left as it was since Open; also where it was removed or another took its place.
  /// errors: kUnavailable (names the path and what happened)
  Status CheckMapped() const;
  /// Whether the path still leads to a file of the same size and time of change. errors: kUnavailable
  Status CheckPath() const;

  /// Tells the kernel that a range will be read soon (sequentially), or is not needed any more.
  void WillNeed(std::size_t offset, std::size_t size) const;
  void DontNeed(std::size_t offset, std::size_t size) const;

 private:
  void Close();

  void* data_ = nullptr;
  std::size_t size_ = 0;
  int fd_ = -1;
  CutGuard guard_;
  std::int64_t modified_ns_ = 0, changed_ns_ = 0;
  std::filesystem::path path_;
};

}  // namespace yun
