// Checksums of files, as they stream by.
#pragma once
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yun::hub {

enum class DigestKind {
  kNone,
  kSha256,   // of the bytes
  kGitBlob,  // SHA-1 of "blob <size>\0" and the bytes: what a hub says of small files kept in git
};

/// thread: one at a time
class Digest {
 public:
  /// `size_bytes` counts for kGitBlob alone.
  Digest(DigestKind kind, std::uint64_t size_bytes);
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;

  void Update(std::string_view bytes);
  /// Lower-case hex; once. Empty for kNone.
  std::string Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Lower-case hex of the whole file's SHA-256. `feed` (may be empty) hears of each chunk's bytes; false stops.
/// errors: kNotFound, kDisk, kCancelled
Result<std::string> FileSha256(const std::filesystem::path& path, const std::function<bool(std::size_t)>& feed = {});

}  // namespace yun::hub
