// Requests and answers of the workspaces that want them kept: sealed by the vault, for as many days as they say. None
// of it is on a request's way: what is to be kept waits in the database's queue, and is dropped when too much does.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.h"
#include "cloud/directory.h"
#include "cloud/vault.h"

namespace yun::cloud {

inline constexpr std::size_t kPromptBytesMax = 1u << 20;          // request and answer of one; larger: dropped
inline constexpr std::size_t kPromptsQueuedMax = 1'000;           // more: dropped
inline constexpr std::size_t kPromptBytesQueuedMax = 64u << 20;   // more: dropped
inline constexpr std::size_t kPromptsListedMax = 1'000;           // of one page
inline constexpr std::size_t kPromptsRemovedMax = 200;            // in one transaction, and
inline constexpr std::int64_t kPromptBytesRemovedMax = 8 << 20;   // as many bytes, or one

struct StoredPrompt {
  std::string receipt_id, workspace_id, key_id, model;
  std::int64_t created_ms = 0;
  std::int64_t bytes = 0;       // of request and answer
  std::string request, answer;  // empty in a list
};

/// Since the start.
struct PromptCounts {
  std::uint64_t stored = 0, dropped_queue_full = 0, dropped_too_large = 0, dropped_failed = 0;
};

/// thread: all methods from any thread
class Prompts {
 public:
  Prompts(store::Database& database, const Vault& vault, const Directory& directory);
  ~Prompts();  // writes what is queued

  /// Whether this workspace's are to be kept.
  static bool Wants(const Workspace& workspace) { return workspace.store_prompts && workspace.retention_days > 0; }
  /// Seals it and queues it; returns at once, whatever comes of it. `created_ms` and `bytes` are filled in.
  void Keep(StoredPrompt prompt);

  /// errors: kNotFound (also: kept longer than the workspace's retention), kCorrupt, as Vault::Unseal
  Result<StoredPrompt> Find(std::string_view workspace_id, std::string_view receipt_id) const;
  /// The latest first, of those made before `before_ms` (or then, with a lesser receipt id).
  Result<std::vector<StoredPrompt>> List(std::string_view workspace_id, std::int64_t before_ms,
                                         std::string_view before_id, std::size_t rows_max) const;
  /// errors: kNotFound
  Status Delete(std::string_view workspace_id, std::string_view receipt_id);
  /// All of a workspace; returns how many.
  Result<std::int64_t> Clear(std::string_view workspace_id);
  /// Removes what is older than its workspace's retention, some in a transaction. Runs by itself, too.
  Status Sweep(const std::stop_token& stop = {});
  PromptCounts counts() const;

 private:
  std::int64_t KeptSince(std::string_view workspace_id) const;
  /// Removes some that are older; how many. 0: none was left.
  Result<std::int64_t> RemoveSome(std::string_view workspace_id, std::int64_t before_ms);
  void SweepNowAndThen(const std::stop_token& stop);

  store::Database& database_;   // borrows
  const Vault& vault_;          // borrows
  const Directory& directory_;  // borrows
  std::atomic<std::size_t> queued_{0}, bytes_queued_{0};
  std::atomic<std::uint64_t> stored_{0}, queue_full_{0}, too_large_{0}, failed_{0};
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread sweeper_;
};

}  // namespace yun::cloud
