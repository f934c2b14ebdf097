#include "hub/digest.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/check.h"

namespace yun::hub {

// OpenSSL and not libsodium: it uses the processor's SHA instructions, which makes checking a 60 GB model minutes
// shorter.
struct Digest::State {
  DigestKind kind;
  EVP_MD_CTX* context = nullptr;
  ~State() { EVP_MD_CTX_free(context); }
};

Digest::Digest(DigestKind kind, std::uint64_t size_bytes) : state_(std::make_unique<State>(State{kind})) {
  if (kind == DigestKind::kNone) return;
  state_->context = EVP_MD_CTX_new();
  CHECK(state_->context != nullptr);
  CHECK(EVP_DigestInit_ex(state_->context, kind == DigestKind::kSha256 ? EVP_sha256() : EVP_sha1(), nullptr) == 1);
  if (kind == DigestKind::kGitBlob) {
    std::string head = "blob " + std::to_string(size_bytes);
    head += '\0';
    Update(head);
  }
}

Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

void Digest::Update(std::string_view bytes) {
  if (state_->context != nullptr) CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

std::string Digest::Finish() {
  if (state_->context == nullptr) return {};
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  CHECK(EVP_DigestFinal_ex(state_->context, out, &size) == 1);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", out[i]);
  return hex;
}

Result<std::string> FileSha256(const std::filesystem::path& path, const std::function<bool(std::size_t)>& feed) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return Fail(errno == ENOENT ? Code::kNotFound : Code::kDisk, "{}: cannot open: {}", path.string(),
                std::strerror(errno));
  }
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  Digest digest(DigestKind::kSha256, 0);
  std::vector<char> buffer(1 << 20);
  for (;;) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int error = errno;
      ::close(fd);
      return Fail(Code::kDisk, "{}: cannot read: {}", path.string(), std::strerror(error));
    }
    if (n == 0) break;
    digest.Update({buffer.data(), static_cast<std::size_t>(n)});
    if (feed && !feed(static_cast<std::size_t>(n))) {
      ::close(fd);
      return Fail(Code::kCancelled, "stopped");
    }
  }
  ::close(fd);
  return digest.Finish();
}

}  // namespace yun::hub
