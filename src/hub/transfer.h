// One file over HTTP into the staging folder: resumed, retried, checked while it streams by.
#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "hub/listing.h"

namespace yun::hub {

struct TransferOptions {
  std::uint32_t attempts_max = 8;    // in a row without a new byte
  double retry_seconds_first = 1.0;  // doubles up to retry_seconds_max, and jitters
  double retry_seconds_max = 30.0;
  double retry_after_seconds_max = 600;  // what a hub may ask for
  std::uint32_t stall_seconds_max = 60;
  const std::atomic<bool>* stop = nullptr;               // borrows
  std::function<void(std::int64_t bytes)> on_bytes;      // gained, or lost again (negative); any thread
  std::function<void(const std::string& note)> on_note;  // for people; any thread
};

struct TransferJob {
  RemoteFile file;
  std::vector<std::pair<std::string, std::string>> headers;  // Authorization and the like
  std::filesystem::path target;  // the checked file; beside it, while it is fetched, a file named *.part
  std::string token_help;        // what to do about a 401 or 403
};

/// Names the content, so that a part is gone on with only when it is a part of the same: a hash of URL, size and
/// checksum.
std::string ContentId(const RemoteFile& file);

/// Bytes already there of a job: of the checked file, or of its part.
std::uint64_t BytesAtHand(const TransferJob& job);

/// Blocking; returns the file's SHA-256 in lower-case hex.
/// errors: kUnauthenticated, kPermissionDenied (with token_help), kNotFound, kCorrupt (wrong twice: size or checksum),
///   kNetwork and kUnavailable (attempts are spent; the part stays for the next time), kCancelled (likewise),
///   kDisk (the part is removed when the disk is full)
Result<std::string> Transfer(const TransferJob& job, const TransferOptions& options);

/// What a Retry-After header asks for, in seconds from `now_unix`; 0 when it says nothing.
double RetryAfterSeconds(std::string_view header, std::int64_t now_unix);

}  // namespace yun::hub
