// Files of workspaces: rows in the database, bytes sealed in <home>/files/<workspace>/<id>.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yun::store {
class Connection;
class Database;
}  // namespace yun::store

namespace yun::cloud {

struct Clock;
class Vault;

inline constexpr std::uint64_t kFileBytesMax = 256u << 20;  // what is uploaded is less: the body of a request
inline constexpr std::size_t kFileNameBytesMax = 255;
inline constexpr std::size_t kFileDescriptionBytesMax = 512;
inline constexpr std::int64_t kFilesOfWorkspaceMax = 10'000;
inline constexpr std::int64_t kFileBytesOfWorkspaceMax = std::int64_t{4} << 30;

struct StoredFile {
  std::string id;  // "file-" and 24 hex digits
  std::string workspace_id, key_id, filename, purpose, description;
  std::int64_t bytes = 0, created_ms = 0, expires_ms = 0;  // expires: 0: never
};

struct FileFilter {
  std::string workspace_id;
  std::string purpose;  // empty: any
  std::string after;    // the list goes on after this file; empty: from its start
  bool oldest_first = false;
  std::int64_t offset = 0, limit = 100;
};
struct FileList {
  std::int64_t total = 0;  // that fit, on all pages
  bool more = false;
  std::vector<StoredFile> files;
};

/// thread: all methods from any thread   errors: of all, as store::Database, kDisk
class FileStore {
 public:
  /// Removes what an end in between left behind.
  static Result<std::unique_ptr<FileStore>> Open(store::Database& database, const Vault& vault,
                                                 std::filesystem::path home, const Clock& clock);

  /// Keeps a new file; fills in id, bytes and created_ms.
  /// errors: kTooLarge (kFileBytesMax), kTooMany (the workspace has all that it may), kInvalidArgument (the names)
  Result<StoredFile> Add(StoredFile file, std::string_view bytes);
  /// errors: kNotFound (also of another workspace, also expired)
  Result<StoredFile> Find(std::string_view workspace_id, std::string_view id) const;
  /// errors: kNotFound (`after`)
  Result<FileList> List(const FileFilter& filter) const;
  /// errors: kCorrupt (the bytes were changed), kNotFound (the key that sealed them is gone)
  Result<std::string> Read(const StoredFile& file) const;
  /// errors: kNotFound
  Status Remove(std::string_view workspace_id, std::string_view id);
  /// Removes those that have expired.
  Status Sweep();

  /// The two halves of Add, for who writes more in the same transaction: bytes first, then the row, without a look at
  /// what the workspace has already. A row that is not written leaves bytes that the next start removes.
  Result<StoredFile> PutBytes(StoredFile file, std::string_view bytes);
  static Status PutRow(store::Connection& connection, const StoredFile& file);

 private:
  FileStore(store::Database& database, const Vault& vault, std::filesystem::path home, const Clock& clock)
      : database_(database), vault_(vault), folder_(std::move(home) / "files"), clock_(clock) {}
  std::filesystem::path PathOf(const StoredFile& file) const { return folder_ / file.workspace_id / file.id; }
  Status RemoveStrays();

  store::Database& database_;  // borrows:
  const Vault& vault_;         // borrows:
  const std::filesystem::path folder_;
  const Clock& clock_;  // borrows:
};

}  // namespace yun::cloud
