#include "cloud/backup.h"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "base/file.h"
#include "cloud/meter.h"
#include "cloud/random.h"
#include "cloud/usage.h"
#include "store/database.h"

namespace yun::cloud {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr std::size_t kBlock = 512;  // of a tar archive
constexpr std::uint64_t kKeyBytesMax = 4096;
constexpr std::uint64_t kManifestBytesMax = 16u << 10;
constexpr std::size_t kBufferBytes = 1u << 20;
constexpr std::string_view kDatabaseName = "database.sqlite", kKeyName = "server.key", kManifestName = "manifest.json";
constexpr std::int64_t kFormat = 1;

class Digest {
 public:
  Digest() { crypto_hash_sha256_init(&state_); }
  void Add(std::string_view bytes) {
    crypto_hash_sha256_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  }
  std::string Hex() {
    std::string digest(crypto_hash_sha256_BYTES, '\0');
    crypto_hash_sha256_final(&state_, reinterpret_cast<unsigned char*>(digest.data()));
    return HexOf(digest);
  }

 private:
  crypto_hash_sha256_state state_;
};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

/// Removed when it goes, with all that is in it.
class Scratch {
 public:
  static Result<Scratch> Make(const fs::path& folder) {
    Scratch scratch(folder / (".backup-" + RandomHex(8)));
    std::error_code ec;
    fs::create_directories(scratch.path_, ec);
    if (!ec) fs::permissions(scratch.path_, fs::perms::owner_all, ec);
    if (ec) return Fail(Code::kDisk, "{}: cannot make the folder: {}", scratch.path_.string(), ec.message());
    return scratch;
  }
  Scratch(Scratch&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch() {
    std::error_code ec;
    if (!path_.empty()) fs::remove_all(path_, ec);
  }
  const fs::path& path() const { return path_; }

 private:
  explicit Scratch(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

// ---- tar, as far as three plain files need it: POSIX ustar, and base 256 for sizes from 8 GiB on.

void PutOctal(char* field, std::size_t width, std::uint64_t value) {
  const std::string text = fmt::format("{:0{}o}", value, width - 1);
  if (text.size() < width) {
    std::memcpy(field, text.data(), text.size());
    return;
  }
  field[0] = static_cast<char>(0x80);
  for (std::size_t i = width; i-- > 1; value >>= 8) field[i] = static_cast<char>(value & 0xff);
}

constexpr std::size_t kNameAt = 0, kModeAt = 100, kSizeAt = 124, kTimeAt = 136, kSumAt = 148, kTypeAt = 156,
                      kMagicAt = 257;

unsigned SumOf(const std::array<char, kBlock>& head) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i)
    sum += i >= kSumAt && i < kSumAt + 8 ? ' ' : static_cast<unsigned char>(head[i]);
  return sum;
}

std::string TarHead(std::string_view name, std::uint64_t bytes, std::int64_t now_ms) {
  std::array<char, kBlock> head{};
  std::memcpy(head.data() + kNameAt, name.data(), name.size());
  PutOctal(head.data() + kModeAt, 8, 0600);
  PutOctal(head.data() + kModeAt + 8, 8, 0);   // user
  PutOctal(head.data() + kModeAt + 16, 8, 0);  // group
  PutOctal(head.data() + kSizeAt, 12, bytes);
  PutOctal(head.data() + kTimeAt, 12, static_cast<std::uint64_t>(std::max<std::int64_t>(0, now_ms / 1000)));
  head[kTypeAt] = '0';
  std::memcpy(head.data() + kMagicAt, "ustar\00000", 8);
  const std::string sum = fmt::format("{:06o}", SumOf(head));
  std::memcpy(head.data() + kSumAt, sum.data(), 6);
  head[kSumAt + 7] = ' ';
  return {head.data(), head.size()};
}

struct TarEntry {
  std::string name;
  std::uint64_t bytes = 0;
};

/// Nothing: the end of the archive.
Result<std::optional<TarEntry>> ReadTarHead(const std::array<char, kBlock>& head) {
  if (std::all_of(head.begin(), head.end(), [](char c) { return c == 0; })) return std::optional<TarEntry>();
  const auto octal = [&](std::size_t at, std::size_t width) {
    std::uint64_t value = 0;
    for (std::size_t i = at; i < at + width && head[i] >= '0' && head[i] <= '7'; ++i)
      value = (value << 3) | static_cast<std::uint64_t>(head[i] - '0');
    return value;
  };
  if (octal(kSumAt, 8) != SumOf(head) || head[kTypeAt] != '0') return Fail(Code::kCorrupt, "not a backup of yun");
  TarEntry entry;
  entry.name.assign(head.data(), ::strnlen(head.data(), 100));
  entry.bytes = octal(kSizeAt, 12);
  if (static_cast<unsigned char>(head[kSizeAt]) == 0x80) {
    entry.bytes = 0;
    for (std::size_t i = kSizeAt + 4; i < kSizeAt + 12; ++i)
      entry.bytes = (entry.bytes << 8) | static_cast<unsigned char>(head[i]);
  }
  return std::optional(std::move(entry));
}

class TarWriter {
 public:
  TarWriter(File file, fs::path path, std::int64_t now_ms)
      : file_(std::move(file)), path_(std::move(path)), now_ms_(now_ms) {}

  Status Put(std::string_view bytes) {
    sha_.Add(bytes);
    written_ += static_cast<std::int64_t>(bytes.size());
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size())
      return Fail(Code::kDisk, "{}: cannot write: {}", path_.string(), std::strerror(errno));
    return {};
  }
  Status Pad(std::uint64_t bytes) { return Put(std::string((kBlock - bytes % kBlock) % kBlock, '\0')); }

  /// Says what stands in the manifest.
  Result<json::object> AddText(std::string_view name, std::string_view text) {
    RETURN_IF_ERROR(Put(TarHead(name, text.size(), now_ms_)));
    RETURN_IF_ERROR(Put(text));
    RETURN_IF_ERROR(Pad(text.size()));
    return json::object{{"name", name}, {"bytes", text.size()}, {"sha256", HexOf(Sha256(text))}};
  }
  Result<json::object> AddFile(std::string_view name, const fs::path& from) {
    File in(std::fopen(from.c_str(), "rbe"));
    std::error_code ec;
    const std::uint64_t bytes = fs::file_size(from, ec);
    if (!in || ec) return Fail(Code::kDisk, "{} cannot be read", from.string());
    RETURN_IF_ERROR(Put(TarHead(name, bytes, now_ms_)));
    Digest sha;
    std::string buffer(kBufferBytes, '\0');
    for (std::uint64_t left = bytes; left > 0;) {
      const std::size_t got = std::fread(buffer.data(), 1, std::min<std::uint64_t>(left, buffer.size()), in.get());
      if (got == 0) return Fail(Code::kDisk, "{}: cannot be read", from.string());
      sha.Add({buffer.data(), got});
      RETURN_IF_ERROR(Put({buffer.data(), got}));
      left -= got;
    }
    RETURN_IF_ERROR(Pad(bytes));
    return json::object{{"name", name}, {"bytes", bytes}, {"sha256", sha.Hex()}};
  }
  Status Finish() {
    RETURN_IF_ERROR(Put(std::string(2 * kBlock, '\0')));
    if (std::fflush(file_.get()) != 0 || ::fsync(::fileno(file_.get())) != 0)
      return Fail(Code::kDisk, "{}: cannot write: {}", path_.string(), std::strerror(errno));
    file_.reset();
    return {};
  }
  std::int64_t written() const { return written_; }
  std::string Hex() { return sha_.Hex(); }

 private:
  File file_;
  const fs::path path_;
  const std::int64_t now_ms_;
  Digest sha_;
  std::int64_t written_ = 0;
};

/// Walks a backup; with `to`, its files are written there. Compares every hash.
Result<BackupFile> Walk(const fs::path& path, const fs::path* to) {
  File in(std::fopen(path.c_str(), "rbe"));
  if (!in) return Fail(Code::kNotFound, "{} cannot be opened: {}", path.string(), std::strerror(errno));
  const auto corrupt = [&](std::string_view what) { return Fail(Code::kCorrupt, "{}: {}", path.string(), what); };
  std::map<std::string, json::object> found;
  std::string manifest_text;
  BackupFile out;
  Digest whole;
  std::string buffer(kBufferBytes, '\0');
  std::array<char, kBlock> head{};
  const auto read = [&](char* data, std::size_t size) {
    if (std::fread(data, 1, size, in.get()) != size) return false;
    whole.Add({data, size});
    out.bytes += static_cast<std::int64_t>(size);
    return true;
  };
  for (;;) {
    if (!read(head.data(), head.size())) return corrupt("is cut short");
    auto entry = ReadTarHead(head);
    if (!entry) return Wrap(std::move(entry.error()), path.string());
    if (!*entry) break;
    const auto& [name, bytes] = **entry;
    if ((name != kDatabaseName && name != kKeyName && name != kManifestName) || found.contains(name))
      return corrupt("holds what no backup of yun holds");
    if ((name == kKeyName && bytes > kKeyBytesMax) || (name == kManifestName && bytes > kManifestBytesMax))
      return corrupt("a part of it is too large");
    File part;
    if (to && name != kManifestName) {
      part.reset(std::fopen((*to / name).c_str(), "wbxe"));
      if (!part) return Fail(Code::kDisk, "{}: cannot write: {}", (*to / name).string(), std::strerror(errno));
    }
    Digest sha;
    for (std::uint64_t left = bytes; left > 0;) {
      const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer.size()));
      if (!read(buffer.data(), size)) return corrupt("is cut short");
      sha.Add({buffer.data(), size});
      if (name == kManifestName) manifest_text.append(buffer.data(), size);
      if (part && std::fwrite(buffer.data(), 1, size, part.get()) != size)
        return Fail(Code::kDisk, "{}: cannot write: {}", (*to / name).string(), std::strerror(errno));
      left -= size;
    }
    if (part && std::fflush(part.get()) != 0)
      return Fail(Code::kDisk, "{}: cannot write: {}", (*to / name).string(), std::strerror(errno));
    if (!read(buffer.data(), (kBlock - bytes % kBlock) % kBlock)) return corrupt("is cut short");
    found.emplace(name, json::object{{"name", name}, {"bytes", bytes}, {"sha256", sha.Hex()}});
  }
  if (!read(head.data(), head.size())) return corrupt("is cut short");  // the end is two empty blocks
  out.sha256 = whole.Hex();

  json::error_code ec;
  const json::value manifest = json::parse(manifest_text, ec);
  const json::object* object = ec ? nullptr : manifest.if_object();
  const auto number = [&](std::string_view key) -> std::int64_t {
    const json::value* value = object ? object->if_contains(key) : nullptr;
    return value && value->is_int64() ? value->get_int64() : 0;
  };
  if (number("format") != kFormat) return corrupt("has no manifest that this yun can read");
  out.made_ms = number("made_ms");
  out.schema_version = number("schema_version");
  const json::value* files = object->if_contains("files");
  if (!files || !files->is_array() || files->get_array().size() != 2 || found.size() != 3)
    return corrupt("is not complete");
  for (const json::value& file : files->get_array()) {
    const json::object* said = file.if_object();
    const json::value* name = said ? said->if_contains("name") : nullptr;
    const auto it = name && name->is_string() ? found.find(std::string(name->get_string())) : found.end();
    if (it == found.end() || json::serialize(it->second) != json::serialize(*said))
      return corrupt("has been changed: a part of it does not fit the manifest");
  }
  return out;
}

/// The counters that the restored ledger stands for: every unit of every receipt, by model.
Status SeedMeter(store::Database& database, const fs::path& home) {
  std::map<std::string, Units> totals;
  RETURN_IF_ERROR(database.Read([&](store::Connection& connection) -> Status {
    std::string sums;
    for (std::size_t k = 0; k < kKinds; ++k)
      sums += fmt::format(", CAST(SUM(units_{}) AS BIGINT)", KindName(static_cast<Kind>(k)));
    ASSIGN_OR_RETURN(const store::Rows rows,
                     connection.Query("SELECT model" + sums + " FROM receipt GROUP BY model ORDER BY model"));
    for (const store::Row& row : rows)
      for (std::size_t k = 0; k < kKinds; ++k) totals[std::string(row.Text(0))].of[k] = row.Int(k + 1);
    return {};
  }));
  ASSIGN_OR_RETURN(const std::unique_ptr<Meter> meter, Meter::Open(home));
  for (const auto& [model, units] : totals) {
    MeterInfo info;
    info.receipt_id = "rcp_restored";
    info.model = model;
    ASSIGN_OR_RETURN(const std::shared_ptr<Ticket> ticket, meter->Begin(info));
    ticket->Used(units);
    meter->Free(*ticket);
  }
  return {};
}

}  // namespace

std::string DefaultDatabase(const fs::path& home) { return "sqlite:" + (home / "cloud.db").string(); }

Result<BackupFile> MakeBackup(store::Database& database, const fs::path& home, const fs::path& file,
                              std::int64_t now_ms) {
  std::error_code ec;
  if (fs::exists(file, ec)) return Fail(Code::kAlreadyExists, "{} exists already", file.string());
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  ASSIGN_OR_RETURN(const Scratch scratch, Scratch::Make(folder));
  const fs::path copy = scratch.path() / kDatabaseName;
  RETURN_IF_ERROR(database.Backup(copy.string()));
  ASSIGN_OR_RETURN(const std::string key, ReadFile(home / kKeyName, kKeyBytesMax));

  const fs::path tar = scratch.path() / "backup.tar";
  const int fd = ::open(tar.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  File out(fd < 0 ? nullptr : ::fdopen(fd, "wb"));
  if (!out) return Fail(Code::kDisk, "{}: cannot write: {}", tar.string(), std::strerror(errno));
  TarWriter writer(std::move(out), tar, now_ms);
  ASSIGN_OR_RETURN(json::object database_entry, writer.AddFile(kDatabaseName, copy));
  ASSIGN_OR_RETURN(json::object key_entry, writer.AddText(kKeyName, key));
  const json::object manifest{{"format", kFormat},
                              {"made_ms", now_ms},
                              {"schema_version", database.schema_version()},
                              {"files", json::array{std::move(database_entry), std::move(key_entry)}}};
  RETURN_IF_ERROR(writer.AddText(kManifestName, json::serialize(manifest)));
  RETURN_IF_ERROR(writer.Finish());
  fs::create_hard_link(tar, file, ec);  // unlike a rename, it replaces nothing
  if (ec == std::errc::file_exists) return Fail(Code::kAlreadyExists, "{} exists already", file.string());
  if (ec) fs::rename(tar, file, ec);
  if (ec) return Fail(Code::kDisk, "{}: cannot write: {}", file.string(), ec.message());
  RETURN_IF_ERROR(SyncFolder(folder));
  return BackupFile{writer.written(), writer.Hex(), now_ms, database.schema_version()};
}

Result<BackupFile> CheckBackup(const fs::path& file) { return Walk(file, nullptr); }

Result<BackupFile> RestoreBackup(const fs::path& file, const fs::path& home, std::string_view database_url) {
  std::error_code ec;
  for (const std::string_view there : {std::string_view("server.key"), std::string_view("meter.journal")})
    if (fs::exists(home / there, ec))
      return Fail(Code::kAlreadyExists, "{} exists: there is a cloud in {} already. Restore into an empty folder.",
                  (home / there).string(), home.string());
  ASSIGN_OR_RETURN(const BackupFile checked, CheckBackup(file));  // before anything is made
  fs::create_directories(home, ec);
  if (ec) return Fail(Code::kDisk, "{}: cannot make the folder: {}", home.string(), ec.message());
  ASSIGN_OR_RETURN(const Scratch scratch, Scratch::Make(home));
  RETURN_IF_ERROR(Walk(file, &scratch.path()));
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Database> database, store::Database::Open(database_url));
  RETURN_IF_ERROR(database->RestoreFrom((scratch.path() / kDatabaseName).string()));
  RETURN_IF_ERROR(SeedMeter(*database, home));
  ASSIGN_OR_RETURN(const std::string key, ReadFile(scratch.path() / kKeyName, kKeyBytesMax));
  RETURN_IF_ERROR(WriteFileAtomic(home / kKeyName, key, 0600));  // last: a restore that failed can be begun anew
  return checked;
}

}  // namespace yun::cloud
