#include "hub/transfer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>
#include <ctime>
#include <optional>
#include <random>
#include <thread>

#include "hub/digest.h"
#include "net/http/client.h"

namespace yun::hub {
namespace {

namespace fs = std::filesystem;

constexpr int kWrongMax = 2;  // a wrong content is fetched once more, then it is the hub's

fs::path PartPath(const TransferJob& job) { return job.target.string() + ".part"; }

std::optional<std::uint64_t> Number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct ContentRange {
  std::uint64_t begin = 0;
  std::optional<std::uint64_t> total;
};

/// "bytes 5-9/10" or "bytes 5-9/*"
std::optional<ContentRange> ParseContentRange(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  const auto dash = text.find('-'), slash = text.find('/');
  if (dash == text.npos || slash == text.npos || slash < dash) return std::nullopt;
  const auto begin = Number(text.substr(0, dash));
  if (!begin) return std::nullopt;
  return ContentRange{*begin, Number(text.substr(slash + 1))};
}

class Fetcher {
 public:
  Fetcher(const TransferJob& job, const TransferOptions& options)
      : job_(job), options_(options), part_(PartPath(job)) {}
  ~Fetcher() {
    if (fd_ >= 0) ::close(fd_);
  }

  Result<std::string> Run() {
    std::error_code error;
    if (fs::is_regular_file(job_.target, error)) return FileSha256(job_.target);
    RETURN_IF_ERROR(OpenPart());
    std::uint32_t attempts = 0;
    for (;;) {
      if (Stopped()) return Fail(Code::kCancelled, "stopped");
      const std::uint64_t before = have_;
      bool whole = Complete();
      if (!whole) {
        auto outcome = Attempt();
        if (!outcome) return tl::unexpected(std::move(outcome.error()));
        whole = *outcome == Outcome::kWhole;
        if (*outcome == Outcome::kWrong) {
          RETURN_IF_ERROR(Discard());
          if (++wrong_ >= kWrongMax) return Fail(Code::kCorrupt, "{}: {}", job_.file.path, why_);
          Note(fmt::format("{}: {}; fetching it again", job_.file.path, why_));
          continue;
        }
      }
      if (whole) {
        ASSIGN_OR_RETURN(const bool right, Check());
        if (right) return Finish();
        RETURN_IF_ERROR(Discard());
        if (++wrong_ >= kWrongMax)
          return Fail(Code::kCorrupt, "{}: {}; the hub's copy is damaged", job_.file.path, why_);
        Note(fmt::format("{}: {}; fetching it again", job_.file.path, why_));
        continue;
      }
      attempts = have_ > before ? 1 : attempts + 1;
      if (attempts >= options_.attempts_max) {
        return Fail(why_code_, "{}: {} ({} attempts); what is here stays: run the same command to go on",
                    job_.file.path, why_, attempts);
      }
      Wait(attempts);
    }
  }

 private:
  enum class Outcome { kWhole, kAgain, kWrong };

  bool Stopped() const { return options_.stop != nullptr && options_.stop->load(); }
  bool Complete() const { return job_.file.bytes_known && have_ == job_.file.bytes; }
  void Note(const std::string& text) const {
    if (options_.on_note) options_.on_note(text);
  }
  void Gained(std::int64_t bytes) const {
    if (options_.on_bytes && bytes != 0) options_.on_bytes(bytes);
  }

  Status DiskError(const char* doing) {
    const int error = errno;
    // EFBIG: the process's own file size limit.
    if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
      ::unlink(part_.c_str());
      return Fail(Code::kDisk, "{}: the disk is full", part_.parent_path().string());
    }
    return Fail(Code::kDisk, "{}: {}: {}", part_.string(), doing, std::strerror(error));
  }

  void ResetDigests() {
    sha256_.emplace(DigestKind::kSha256, 0);
    git_.emplace(job_.file.digest_kind == DigestKind::kGitBlob ? DigestKind::kGitBlob : DigestKind::kNone,
                 job_.file.bytes);
  }

  void Absorb(std::string_view bytes) {
    sha256_->Update(bytes);
    git_->Update(bytes);
  }

  /// Takes up what an earlier run left: its bytes are hashed again, so nothing is believed of it but its name.
  Status OpenPart() {
    fd_ = ::open(part_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd_ < 0) return DiskError("cannot create");
    ResetDigests();
    struct stat st{};
    if (::fstat(fd_, &st) != 0) return DiskError("cannot stat");
    const auto size = static_cast<std::uint64_t>(st.st_size);
    const bool resumable =
        job_.file.bytes_known && (job_.file.digest_kind != DigestKind::kNone || !job_.file.validator.empty());
    if (size == 0) return {};
    if (!resumable || size > job_.file.bytes) return Truncate();
    std::vector<char> buffer(1 << 20);
    while (have_ < size) {
      const ssize_t n = ::read(fd_, buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return DiskError("cannot read");
      if (n == 0) break;
      Absorb({buffer.data(), static_cast<std::size_t>(n)});
      have_ += static_cast<std::uint64_t>(n);
      if (Stopped()) return Fail(Code::kCancelled, "stopped");
    }
    return {};
  }

  Status Truncate() {
    if (::ftruncate(fd_, 0) != 0 || ::lseek(fd_, 0, SEEK_SET) < 0) return DiskError("cannot truncate");
    have_ = 0;
    ResetDigests();
    return {};
  }

  Status Discard() {
    Gained(-static_cast<std::int64_t>(have_));
    return Truncate();
  }

  bool Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) {
        disk_ = DiskError("cannot write");
        return false;
      }
      const std::string_view written = bytes.substr(0, static_cast<std::size_t>(n));
      Absorb(written);
      have_ += written.size();
      Gained(static_cast<std::int64_t>(written.size()));
      bytes.remove_prefix(written.size());
    }
    return true;
  }

  /// Whether the size that a 2xx answer tells is the one that was listed.
  bool SizeFits(const http::FetchResponse& response) {
    std::optional<std::uint64_t> total;
    if (response.status == 206) {
      if (const auto range = ParseContentRange(response.Header("content-range"))) total = range->total;
    } else if (response.Header("content-encoding").empty()) {
      total = Number(response.Header("content-length"));
    }
    if (!total || !job_.file.bytes_known || *total == job_.file.bytes) return true;
    why_ = fmt::format("the hub sends {} bytes, its list says {}", *total, job_.file.bytes);
    return false;
  }

  Result<Outcome> Attempt() {
    http::FetchRequest request;
    request.url = job_.file.url;
    request.headers = job_.headers;
    request.headers.emplace_back("accept-encoding", "identity");
    request.range_begin = have_;
    request.stall_seconds_max = options_.stall_seconds_max;
    request.cancel = options_.stop;
    if (have_ > 0 && !job_.file.validator.empty()) request.headers.emplace_back("if-range", job_.file.validator);
    bool too_many = false;
    disk_ = {};
    retry_after_ = 0;
    const std::uint64_t begin = have_;
    const auto response = http::Fetch(request, [&](std::string_view bytes) {
      if (Stopped()) return false;
      if (job_.file.bytes_known && bytes.size() > job_.file.bytes - have_) {
        too_many = true;
        return false;
      }
      return Write(bytes);
    });
    if (!disk_) return tl::unexpected(disk_.error());
    if (Stopped()) return Fail(Code::kCancelled, "stopped");
    if (too_many) {
      why_ = fmt::format("the hub sends more than the {} bytes of its list", job_.file.bytes);
      return Outcome::kWrong;
    }
    if (!response) {
      if (response.error().code != Code::kNetwork) return tl::unexpected(response.error());
      return Again(Code::kNetwork, response.error().message);
    }
    if (begin > 0 && response->status == 200) {
      // The server knows no ranges, or the file has changed: Fetch gave us none of it.
      RETURN_IF_ERROR(Discard());
      return Again(Code::kNetwork, "the hub cannot go on from the middle; beginning anew");
    }
    return Judge(*response);
  }

  Outcome Again(Code code, std::string why) {
    why_ = std::move(why);
    why_code_ = code;
    return Outcome::kAgain;
  }

  Result<Outcome> Judge(const http::FetchResponse& response) {
    const int status = response.status;
    if (status >= 200 && status <= 299) {
      if (!SizeFits(response)) return Outcome::kWrong;
      if (!job_.file.bytes_known || Complete()) return Outcome::kWhole;
      return Again(Code::kNetwork, fmt::format("the connection ended after {} of {} bytes", have_, job_.file.bytes));
    }
    switch (status) {
      case 401:
        return Fail(Code::kUnauthenticated, "{}: the hub wants to know who asks (401). {}", job_.file.url,
                    job_.token_help);
      case 403:
        return Fail(Code::kPermissionDenied, "{}: the hub does not allow it (403). {}", job_.file.url, job_.token_help);
      case 404:
      case 410:
        return Fail(Code::kNotFound, "{}: not there ({})", job_.file.url, status);
      case 416:
        why_ = "the hub cannot go on from what is here";
        return Outcome::kWrong;
      case 408:
      case 425:
      case 429:
        retry_after_ = RetryAfterSeconds(response.Header("retry-after"), std::time(nullptr));
        return Again(Code::kUnavailable,
                     status == 429 ? "the hub asks to slow down (429)" : fmt::format("the hub answers {}", status));
      default:
        if (status >= 500) {
          retry_after_ = RetryAfterSeconds(response.Header("retry-after"), std::time(nullptr));
          return Again(Code::kUnavailable, fmt::format("the hub answers {}", status));
        }
        return Fail(Code::kNetwork, "{}: the hub answers {}", job_.file.url, status);
    }
  }

  void Wait(std::uint32_t attempts) {
    double seconds = options_.retry_seconds_first * std::pow(2.0, std::min(attempts, 16u) - 1.0);
    seconds = std::min(seconds, options_.retry_seconds_max);
    // Jitter, so that the files of one model do not come back all at once.
    seconds *= std::uniform_real_distribution<double>(0.75, 1.25)(random_);
    if (retry_after_ > 0) seconds = std::min(retry_after_, options_.retry_after_seconds_max);
    Note(fmt::format("{}: {}; again in {:.1f} s", job_.file.path, why_, seconds));
    const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (!Stopped() && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::min<std::chrono::duration<double>>(std::chrono::milliseconds(50),
                                                                          until - std::chrono::steady_clock::now()));
    }
  }

  Result<bool> Check() {
    digest_ = sha256_->Finish();
    const std::string git = git_->Finish();
    if (job_.file.digest_kind == DigestKind::kNone) return true;
    const std::string& got = job_.file.digest_kind == DigestKind::kSha256 ? digest_ : git;
    if (got == job_.file.digest) return true;
    why_ = fmt::format("its {} is {}, the hub's list says {}",
                       job_.file.digest_kind == DigestKind::kSha256 ? "sha256" : "git id", got, job_.file.digest);
    return false;
  }

  Result<std::string> Finish() {
    if (::fsync(fd_) != 0) return tl::unexpected(DiskError("cannot sync").error());
    if (::rename(part_.c_str(), job_.target.c_str()) != 0) return tl::unexpected(DiskError("cannot rename").error());
    return digest_;
  }

  const TransferJob& job_;          // borrows
  const TransferOptions& options_;  // borrows
  const fs::path part_;
  int fd_ = -1;
  std::uint64_t have_ = 0;  // bytes in the part, all of them hashed
  std::optional<Digest> sha256_, git_;
  std::string digest_, why_;
  Code why_code_ = Code::kNetwork;
  Status disk_;
  double retry_after_ = 0;  // seconds
  int wrong_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace

std::string ContentId(const RemoteFile& file) {
  Digest digest(DigestKind::kSha256, 0);
  // A checksum names the content wherever it comes from, so another hub or mirror can go on with a part.
  if (file.digest_kind == DigestKind::kNone) digest.Update(file.url + "\n" + file.validator + "\n");
  digest.Update(fmt::format("{}\n{}\n", file.bytes_known ? file.bytes : 0, file.digest));
  return digest.Finish().substr(0, 16);
}

std::uint64_t BytesAtHand(const TransferJob& job) {
  std::error_code error;
  std::uintmax_t bytes = fs::file_size(job.target, error);
  if (error) bytes = fs::file_size(PartPath(job), error);
  if (error) return 0;
  return job.file.bytes_known ? std::min<std::uint64_t>(bytes, job.file.bytes) : 0;
}

Result<std::string> Transfer(const TransferJob& job, const TransferOptions& options) {
  return Fetcher(job, options).Run();
}

double RetryAfterSeconds(std::string_view header, std::int64_t now_unix) {
  if (header.empty()) return 0;
  if (const auto seconds = Number(header)) return static_cast<double>(std::min<std::uint64_t>(*seconds, 1u << 30));
  std::tm when{};
  const std::string text(header);
  if (strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &when) == nullptr) return 0;
  return std::max<double>(0, static_cast<double>(timegm(&when) - now_unix));
}

}  // namespace yun::hub
