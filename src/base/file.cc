#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace yun {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int Close() {
    const int fd = fd_;
    fd_ = -1;
    return ::close(fd);
  }

 private:
  int fd_;
};

tl::unexpected<Error> DiskError(const std::filesystem::path& path, const char* doing) {
  return Fail(errno == ENOENT ? Code::kNotFound : Code::kDisk, "{}: {}: {}", path.string(), doing,
              std::strerror(errno));
}

Status WriteAll(int fd, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Fail(Code::kDisk, "{}: cannot write: {}", path.string(), std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace

Result<std::string> ReadFile(const std::filesystem::path& path, std::uint64_t bytes_max) {
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return DiskError(path, "cannot open");
  struct stat st{};
  if (::fstat(fd.get(), &st) != 0) return DiskError(path, "cannot stat");
  if (!S_ISREG(st.st_mode)) return Fail(Code::kDisk, "{}: not a regular file", path.string());
  std::string out;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return DiskError(path, "cannot read");
    if (n == 0) return out;
    if (out.size() + static_cast<std::size_t>(n) > bytes_max) {
      return Fail(Code::kTooLarge, "{}: more than {} bytes", path.string(), bytes_max);
    }
    out.append(buffer, static_cast<std::size_t>(n));
  }
}

Status WriteFileAtomic(const std::filesystem::path& path, std::string_view bytes, unsigned mode) {
  const std::filesystem::path temp = path.string() + ".new." + std::to_string(::getpid());
  Descriptor fd(::open(temp.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
  if (fd.get() < 0) return Fail(Code::kDisk, "{}: cannot create: {}", temp.string(), std::strerror(errno));
  Status written = WriteAll(fd.get(), bytes, temp);
  if (written && ::fsync(fd.get()) != 0)
    written = Fail(Code::kDisk, "{}: cannot sync: {}", temp.string(), std::strerror(errno));
  if (written && fd.Close() != 0)
    written = Fail(Code::kDisk, "{}: cannot close: {}", temp.string(), std::strerror(errno));
  if (written && ::rename(temp.c_str(), path.c_str()) != 0) {
    written = Fail(Code::kDisk, "{}: cannot put in place: {}", path.string(), std::strerror(errno));
  }
  if (!written) {
    ::unlink(temp.c_str());
    return written;
  }
  return SyncFolder(path.parent_path());
}

Status SyncFolder(const std::filesystem::path& folder) {
  Descriptor fd(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return DiskError(folder, "cannot open");
  // Some file systems refuse to sync a folder; the rename itself is still atomic there.
  if (::fsync(fd.get()) != 0 && errno != EINVAL) return DiskError(folder, "cannot sync");
  return {};
}

}  // namespace yun
