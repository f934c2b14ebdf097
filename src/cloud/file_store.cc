#include "cloud/file_store.h"

#include <set>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "cloud/clock.h"
#include "cloud/random.h"
#include "cloud/vault.h"
#include "store/database.h"

namespace yun::cloud {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTable = "file";
constexpr std::uint64_t kSealBytes = 64;  // more than a seal adds
constexpr std::int64_t kSweptMax = 1000;  // at a time

constexpr std::string_view kColumns =
    "SELECT id, workspace_id, key_id, filename, purpose, description, bytes, created_ms, expires_ms FROM file";

StoredFile FileOf(const store::Row& row) {
  StoredFile file;
  file.id = row.Text(0), file.workspace_id = row.Text(1), file.key_id = row.Text(2), file.filename = row.Text(3);
  file.purpose = row.Text(4), file.description = row.Text(5);
  file.bytes = row.Int(6), file.created_ms = row.Int(7), file.expires_ms = row.Int(8);
  return file;
}

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kFileNameBytesMax && store::IsStorableText(name) &&
         name.find_first_of("\r\n") == name.npos;
}

}  // namespace

Result<std::unique_ptr<FileStore>> FileStore::Open(store::Database& database, const Vault& vault, fs::path home,
                                                   const Clock& clock) {
  std::unique_ptr<FileStore> files(new FileStore(database, vault, std::move(home), clock));
  RETURN_IF_ERROR(files->RemoveStrays());
  return files;
}

Status FileStore::RemoveStrays() {
  std::set<std::string, std::less<>> known;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& c) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows, c.Query("SELECT id FROM file"));
    for (const store::Row& row : rows) known.emplace(row.Text(0));
    return {};
  }));
  std::error_code ec;
  for (fs::recursive_directory_iterator it(folder_, ec), end; !ec && it != end; it.increment(ec)) {
    if (!it->is_regular_file(ec) || known.contains(it->path().filename().string())) continue;
    std::error_code removing;
    if (fs::remove(it->path(), removing)) log::info("{}: removed; no file has it", it->path().string());
  }
  return {};
}

Result<StoredFile> FileStore::PutBytes(StoredFile file, std::string_view bytes) {
  if (bytes.size() > kFileBytesMax)
    return Fail(Code::kTooLarge, "the file has {} bytes; at most {} are allowed", bytes.size(), kFileBytesMax);
  file.id = "file-" + RandomHex(12);
  file.bytes = static_cast<std::int64_t>(bytes.size());
  file.created_ms = clock_.unix_ms();
  std::error_code ec;
  fs::create_directories(PathOf(file).parent_path(), ec);
  if (ec) return Fail(Code::kDisk, "{}: cannot make the folder: {}", folder_.string(), ec.message());
  RETURN_IF_ERROR(WriteFileAtomic(PathOf(file), vault_.Seal(kTable, file.id, bytes), 0600));
  return file;
}

Status FileStore::PutRow(store::Connection& c, const StoredFile& file) {
  RETURN_IF_ERROR(c.Execute(
      "INSERT INTO file (id, workspace_id, key_id, filename, purpose, description, bytes, created_ms, expires_ms) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {file.id, file.workspace_id, file.key_id, file.filename, file.purpose, file.description, file.bytes,
       file.created_ms, file.expires_ms}));
  return {};
}

Result<StoredFile> FileStore::Add(StoredFile file, std::string_view bytes) {
  if (!IsName(file.filename))
    return Fail(Code::kInvalidArgument, "a file's name is a line of UTF-8 with 1 to {} bytes", kFileNameBytesMax);
  if (file.description.size() > kFileDescriptionBytesMax || !store::IsStorableText(file.description))
    return Fail(Code::kInvalidArgument, "a file's description is UTF-8 of at most {} bytes", kFileDescriptionBytesMax);
  const auto has_room = [&file, size = static_cast<std::int64_t>(bytes.size())](store::Connection& c) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows,
                     c.Query("SELECT COUNT(*), SUM(bytes) FROM file WHERE workspace_id = ?", {file.workspace_id}));
    if (rows[0].Int(0) >= kFilesOfWorkspaceMax)
      return Fail(Code::kTooMany, "this workspace has {} files, and no more are kept; delete some",
                  kFilesOfWorkspaceMax);
    if (rows[0].Int(1) + size > kFileBytesOfWorkspaceMax)
      return Fail(Code::kTooMany, "the files of this workspace would have more than {} bytes; delete some",
                  kFileBytesOfWorkspaceMax);
    return {};
  };
  RETURN_IF_ERROR(database_.Read(has_room));
  ASSIGN_OR_RETURN(file, PutBytes(std::move(file), bytes));
  const Status written = database_.Write([&](store::Connection& c) -> Status {
    RETURN_IF_ERROR(has_room(c));
    return PutRow(c, file);
  });
  if (written) return file;
  std::error_code ec;
  fs::remove(PathOf(file), ec);
  return tl::unexpected<Error>(written.error());
}

Result<StoredFile> FileStore::Find(std::string_view workspace_id, std::string_view id) const {
  StoredFile file;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& c) -> Status {
    if (!store::IsStorableText(id)) return Fail(Code::kNotFound, "there is no such file");
    ASSIGN_OR_RETURN(const store::Rows rows,
                     c.Query(std::string(kColumns) +
                                 " WHERE id = ? AND workspace_id = ? AND (expires_ms = 0 OR expires_ms > ?)",
                             {id, workspace_id, clock_.unix_ms()}));
    if (rows.empty()) return Fail(Code::kNotFound, "there is no such file");
    file = FileOf(rows[0]);
    return {};
  }));
  return file;
}

Result<FileList> FileStore::List(const FileFilter& filter) const {
  std::string where = " WHERE workspace_id = ? AND (expires_ms = 0 OR expires_ms > ?)";
  std::vector<store::Value> params = {filter.workspace_id, clock_.unix_ms()};
  if (!filter.purpose.empty()) {
    where += " AND purpose = ?";
    params.emplace_back(filter.purpose);
  }
  std::int64_t after_ms = 0;
  if (!filter.after.empty()) {
    ASSIGN_OR_RETURN(const StoredFile after, Find(filter.workspace_id, filter.after));
    after_ms = after.created_ms;
  }
  FileList list;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& c) -> Status {
    list = {};
    ASSIGN_OR_RETURN(const store::Rows total, c.Query("SELECT COUNT(*) FROM file" + where, params));
    list.total = total[0].Int(0);
    std::string page = std::string(kColumns) + where;
    std::vector<store::Value> paged = params;
    if (!filter.after.empty()) {
      page += filter.oldest_first ? " AND (created_ms > ? OR (created_ms = ? AND id > ?))"
                                  : " AND (created_ms < ? OR (created_ms = ? AND id < ?))";
      paged.insert(paged.end(), {after_ms, after_ms, filter.after});
    }
    page += filter.oldest_first ? " ORDER BY created_ms, id" : " ORDER BY created_ms DESC, id DESC";
    page += " LIMIT ? OFFSET ?";
    paged.emplace_back(filter.limit + 1);
    paged.emplace_back(filter.offset);
    ASSIGN_OR_RETURN(const store::Rows rows, c.Query(page, paged));
    for (const store::Row& row : rows) list.files.push_back(FileOf(row));
    return {};
  }));
  list.more = static_cast<std::int64_t>(list.files.size()) > filter.limit;
  if (list.more) list.files.pop_back();
  return list;
}

Result<std::string> FileStore::Read(const StoredFile& file) const {
  ASSIGN_OR_RETURN(const std::string sealed, ReadFile(PathOf(file), kFileBytesMax + kSealBytes));
  return vault_.Unseal(kTable, file.id, sealed);
}

Status FileStore::Remove(std::string_view workspace_id, std::string_view id) {
  ASSIGN_OR_RETURN(const StoredFile file, Find(workspace_id, id));
  RETURN_IF_ERROR(database_.Write([&file](store::Connection& c) -> Status {
    ASSIGN_OR_RETURN(const std::int64_t gone, c.Execute("DELETE FROM file WHERE id = ?", {file.id}));
    if (gone == 0) return Fail(Code::kNotFound, "there is no such file");
    return {};
  }));
  std::error_code ec;  // what stays is removed at the next start
  fs::remove(PathOf(file), ec);
  return {};
}

Status FileStore::Sweep() {
  std::vector<StoredFile> expired;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& c) -> Status {
    expired.clear();
    ASSIGN_OR_RETURN(const store::Rows rows,
                     c.Query(std::string(kColumns) + " WHERE expires_ms > 0 AND expires_ms <= ? LIMIT ?",
                             {clock_.unix_ms(), kSweptMax}));
    for (const store::Row& row : rows) expired.push_back(FileOf(row));
    return {};
  }));
  for (const StoredFile& file : expired) {
    RETURN_IF_ERROR(database_.Write([&file](store::Connection& c) -> Status {
      RETURN_IF_ERROR(c.Execute("DELETE FROM file WHERE id = ?", {file.id}));
      return {};
    }));
    std::error_code ec;
    fs::remove(PathOf(file), ec);
  }
  return {};
}

}  // namespace yun::cloud
