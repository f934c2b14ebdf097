#include "engine/model/packed_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/file.h"
#include "base/folder.h"

namespace yun::engine {
namespace {
namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".packed", kNewSuffix = ".packed.new";
constexpr std::uint64_t kWriteBytes = 4 * kPackedChunkBytes;  // at a time: large folios, which can be mapped whole
constexpr std::size_t kSlugMax = 64;

/// A temporary file under its lock, which the system takes back from whoever is killed.
class Temporary {
 public:
  static Result<std::unique_ptr<Temporary>> Make(const fs::path& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) return Fail(Code::kDisk, "{}: cannot create: {}", path.string(), std::strerror(errno));
    auto temporary = std::unique_ptr<Temporary>(new Temporary(fd, path));
    struct stat own = {}, there = {};
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0 || ::fstat(fd, &own) != 0 || ::stat(path.c_str(), &there) != 0 ||
        own.st_ino != there.st_ino) {
      temporary->path_.clear();
      return Fail(Code::kUnavailable, "{}: another process is writing it", path.string());
    }
    return temporary;
  }
  ~Temporary() {
    if (!path_.empty()) ::unlink(path_.c_str());
    ::close(fd_);
  }
  Temporary(const Temporary&) = delete;

  Status Write(const void* data, std::uint64_t bytes, std::uint64_t offset) {
    const auto* from = static_cast<const char*>(data);
    while (bytes > 0) {
      const ssize_t n = ::pwrite(fd_, from, bytes, static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0)
        return Fail(Code::kDisk, "{}: cannot write: {}", path_.string(), std::strerror(n < 0 ? errno : ENOSPC));
      from += n;
      offset += static_cast<std::uint64_t>(n);
      bytes -= static_cast<std::uint64_t>(n);
    }
    return {};
  }
  /// A full disk is told before anything is written, where the file system can tell.
  Status Size(std::uint64_t bytes) {
    if (::ftruncate(fd_, 0) != 0 || ::fallocate(fd_, 0, 0, static_cast<off_t>(bytes)) != 0) {
      if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
        return Fail(Code::kDisk, "{}: no room for {} MiB: {}", path_.string(), bytes >> 20, std::strerror(errno));
      if (::ftruncate(fd_, static_cast<off_t>(bytes)) != 0)
        return Fail(Code::kDisk, "{}: cannot write: {}", path_.string(), std::strerror(errno));
    }
    return {};
  }
  Status Place(const fs::path& path) {
    if (::fsync(fd_) != 0) return Fail(Code::kDisk, "{}: cannot sync: {}", path_.string(), std::strerror(errno));
    if (::rename(path_.c_str(), path.c_str()) != 0)
      return Fail(Code::kDisk, "{}: cannot put in place: {}", path.string(), std::strerror(errno));
    path_.clear();
    return SyncFolder(path.parent_path());
  }

 private:
  Temporary(int fd, fs::path path) : fd_(fd), path_(std::move(path)) {}
  int fd_;
  fs::path path_;  // empty: not to be removed
};

/// The last used first.
std::vector<FolderFile> Files(const fs::path& folder) {
  std::vector<FolderFile> found = FilesIn(folder, kSuffix);
  std::ranges::sort(found, std::greater(), &FolderFile::modified_ns);
  return found;
}

bool IsStale(const PackedHeader& header) {
  for (const PackedHeader::Source& source : header.sources) {
    struct stat st = {};
    if (::stat(source.path.c_str(), &st) != 0 || static_cast<std::uint64_t>(st.st_size) != source.bytes ||
        Nanoseconds(st.st_mtim) != source.modified_ns)
      return true;
  }
  return false;
}

Status MakeRoom(const PackedPlace& place, const fs::path& path, std::uint64_t bytes) {
  const std::uint64_t limit = place.bytes_max.value_or(DefaultPackedBytes(place.folder));
  if (bytes > limit)
    return Fail(Code::kTooLarge, "{}: {} MiB are more than the {} MiB that packed models may take", path.string(),
                bytes >> 20, limit >> 20);
  std::uint64_t total = bytes;
  for (const FolderFile& file : Files(place.folder)) {
    if (file.path == path) continue;
    total += file.bytes;
    if (total > limit) ::unlink(file.path.c_str());
  }
  return {};
}

/// Of the same model file, as it was before.
void RemoveFormer(const fs::path& folder, const fs::path& path, const PackedHeader& header) {
  if (header.sources.empty()) return;
  for (const FolderFile& file : Files(folder)) {
    if (file.path == path) continue;
    const auto other = ReadPackedHeader(file.path);
    if (other && other->f32 == header.f32 && !other->sources.empty() &&
        other->sources.front().path == header.sources.front().path)
      ::unlink(file.path.c_str());
  }
}

}  // namespace

std::uint64_t DefaultPackedBytes(const fs::path& folder) {
  std::uint64_t held = 0;
  for (const FolderFile& file : Files(folder)) held += file.bytes;
  std::error_code ec;
  fs::path at = folder;
  while (!fs::exists(at, ec) && at.has_relative_path()) at = at.parent_path();
  const auto space = fs::space(at, ec);
  return ec ? held : std::min(kPackedBytesMaxDefault, (space.available + held) / 5);
}

std::vector<PackedInfo> ListPacked(const fs::path& folder) {
  std::vector<PackedInfo> list;
  for (const FolderFile& file : Files(folder)) {
    PackedInfo info{file.path, file.bytes, file.modified_ns / 1'000'000'000, {}, true};
    if (auto header = ReadPackedHeader(file.path)) {
      info.stale = IsStale(*header);
      info.header = std::move(*header);
    }
    list.push_back(std::move(info));
  }
  return list;
}

Result<PackedRemoved> RemovePacked(const fs::path& folder, std::string_view model) {
  PackedRemoved removed;
  if (model.empty()) RemoveUnfinishedPacked(folder);
  for (const PackedInfo& info : ListPacked(folder)) {
    if (!model.empty() && info.header.model != model && info.path.filename() != model) continue;
    if (::unlink(info.path.c_str()) != 0 && errno != ENOENT)
      return Fail(Code::kDisk, "{}: cannot remove: {}", info.path.string(), std::strerror(errno));
    ++removed.files;
    removed.bytes += info.bytes;
  }
  return removed;
}

void RemoveUnfinishedPacked(const fs::path& folder) {
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(folder, ec)) {
    if (!entry.path().string().ends_with(kNewSuffix)) continue;
    const int fd = ::open(entry.path().c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) continue;
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) ::unlink(entry.path().c_str());
    ::close(fd);
  }
}

fs::path PackedPath(const fs::path& folder, const PackedHeader& header) {
  const fs::path source = header.sources.empty() ? "model" : header.sources.front().path;
  std::string name = source.stem().string(), slug;
  if (name.starts_with("model")) name = source.parent_path().filename().string();  // of a folder
  for (const char c : name.substr(0, kSlugMax))
    slug += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                    (c == '.' && !slug.empty())
                ? c
                : '_';
  return folder / fmt::format("{}-{:016x}{}", slug, FingerprintOf(header), kSuffix);
}

Status WritePacked(const PackedPlace& place, PackedHeader header, const std::uint8_t* data,
                   const std::atomic<bool>& stop, const std::function<bool()>& sound) {
  const fs::path path = PackedPath(place.folder, header);
  std::error_code ec;
  fs::create_directories(place.folder, ec);
  if (ec) return Fail(Code::kDisk, "{}: cannot create: {}", place.folder.string(), ec.message());
  RemoveUnfinishedPacked(place.folder);
  header.checksums.assign((header.data_bytes + kPackedChunkBytes - 1) / kPackedChunkBytes, 0);
  const std::uint64_t offset = PackedDataOffset(SerializePackedHeader(header).size());
  RETURN_IF_ERROR(MakeRoom(place, path, offset + header.data_bytes));
  const fs::path beside = place.folder / (path.stem().string() + std::string(kNewSuffix));
  ASSIGN_OR_RETURN(const auto temporary, Temporary::Make(beside));
  RETURN_IF_ERROR(temporary->Size(offset + header.data_bytes));
  for (std::uint64_t at = 0; at < header.data_bytes; at += kWriteBytes) {
    if (stop) return Fail(Code::kCancelled, "{}: stopped", path.string());
    const std::uint64_t bytes = std::min(kWriteBytes, header.data_bytes - at);
    for (std::uint64_t chunk = at; chunk < at + bytes; chunk += kPackedChunkBytes)
      header.checksums[chunk / kPackedChunkBytes] =
          PackedChecksum(data + chunk, std::min(kPackedChunkBytes, header.data_bytes - chunk));
    RETURN_IF_ERROR(temporary->Write(data + at, bytes, offset + at));
  }
  const std::string bytes = SerializePackedHeader(header);
  RETURN_IF_ERROR(temporary->Write(bytes.data(), bytes.size(), 0));
  if (sound && !sound()) return Fail(Code::kCorrupt, "{}: its data changed while it was written", path.string());
  RETURN_IF_ERROR(temporary->Place(path));
  RemoveFormer(place.folder, path, header);
  return {};
}

}  // namespace yun::engine
