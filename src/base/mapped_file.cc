#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

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
  file.size_ = static_cast<std::size_t>(st.st_size);
  file.modified_ns_ = std::int64_t{st.st_mtim.tv_sec} * 1'000'000'000 + st.st_mtim.tv_nsec;
  file.changed_ns_ = std::int64_t{st.st_ctim.tv_sec} * 1'000'000'000 + st.st_ctim.tv_nsec;
  if (file.size_ > 0) {
    file.data_ = ::mmap(nullptr, file.size_, PROT_READ, MAP_SHARED, fd, 0);
    if (file.data_ == MAP_FAILED) {
      file.data_ = nullptr;
      const int why = errno;
      ::close(fd);
      return Fail(Code::kDisk, "{}: mmap: {}", path.string(), std::strerror(why));
    }
  }
  ::close(fd);
  return file;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)),
      modified_ns_(other.modified_ns_), changed_ns_(other.changed_ns_), path_(std::move(other.path_)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  if (this != &other) {
    if (data_) ::munmap(data_, size_);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    modified_ns_ = other.modified_ns_;
    changed_ns_ = other.changed_ns_;
    path_ = std::move(other.path_);
  }
  return *this;
}

MappedFile::~MappedFile() {
  if (data_) ::munmap(data_, size_);
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
