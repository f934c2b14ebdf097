#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/folder.h"

namespace yun {

Result<MappedFile> MappedFile::Open(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return Fail(errno == ENOENT ? Code::kNotFound : Code::kDisk, "{}: {}", path.string(), std::strerror(errno));
  struct stat st = {};
  if (::fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
    ::close(fd);
    return Fail(Code::kInvalidArgument, "{}: not a regular file", path.string());
  }
  MappedFile file;
  file.path_ = path;
  file.fd_ = fd;
  file.size_ = static_cast<std::size_t>(st.st_size);
  file.modified_ns_ = Nanoseconds(st.st_mtim);
  file.changed_ns_ = Nanoseconds(st.st_ctim);
  if (file.size_ > 0) {
    file.data_ = ::mmap(nullptr, file.size_, PROT_READ, MAP_SHARED, fd, 0);
    if (file.data_ == MAP_FAILED) {
      file.data_ = nullptr;
      return Fail(Code::kDisk, "{}: mmap: {}", path.string(), std::strerror(errno));
    }
    file.guard_ = CutGuard(file.data_, file.size_);
  }
  return file;
}

Status MappedFile::CheckMapped() const {
  struct stat st = {};
  if (fd_ < 0) return {};
  if (guard_.cut() || ::fstat(fd_, &st) != 0 || static_cast<std::size_t>(st.st_size) != size_ ||
      Nanoseconds(st.st_mtim) != modified_ns_)
    return Fail(Code::kUnavailable, "{} was cut or written to after it was opened", path_.string());
  return {};
}

Status MappedFile::CheckPath() const {
  struct stat st = {};
  if (fd_ < 0) return {};
  if (::stat(path_.c_str(), &st) != 0)
    return Fail(Code::kUnavailable, "{}: {}", path_.string(), std::strerror(errno));
  if (static_cast<std::size_t>(st.st_size) != size_)
    return Fail(Code::kUnavailable, "{} has {} bytes now, it had {} when it was opened", path_.string(), st.st_size,
                size_);
  if (Nanoseconds(st.st_mtim) != modified_ns_)
    return Fail(Code::kUnavailable, "{} has been changed or replaced since it was opened", path_.string());
  return {};
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)),
      fd_(std::exchange(other.fd_, -1)), guard_(std::move(other.guard_)),
      modified_ns_(other.modified_ns_), changed_ns_(other.changed_ns_), path_(std::move(other.path_)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  if (this != &other) {
    Close();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    fd_ = std::exchange(other.fd_, -1);
    guard_ = std::move(other.guard_);
    modified_ns_ = other.modified_ns_;
    changed_ns_ = other.changed_ns_;
    path_ = std::move(other.path_);
  }
  return *this;
}

MappedFile::~MappedFile() { Close(); }

void MappedFile::Close() {
  guard_ = {};
  if (data_) ::munmap(data_, size_);
  if (fd_ >= 0) ::close(fd_);
}

namespace {
void Advise(void* data, std::size_t total, std::size_t offset, std::size_t size, int advice) {
  const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  if (!data || offset >= total) return;
  const std::size_t begin = offset / page * page;
  const std::size_t end = std::min(total, offset + size);
  ::madvise(static_cast<char*>(data) + begin, end - begin, advice);
}
}  // namespace

void MappedFile::WillNeed(std::size_t offset, std::size_t size) const {
  Advise(data_, size_, offset, size, MADV_WILLNEED);
}
void MappedFile::DontNeed(std::size_t offset, std::size_t size) const {
  Advise(data_, size_, offset, size, MADV_DONTNEED);
}

}  // namespace yun
