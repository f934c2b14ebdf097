#include "hub/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "base/file.h"
#include "hub/digest.h"
#include "hub/name.h"

namespace yun::hub {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kRecordBytesMax = 4u << 20;
constexpr std::uint32_t kSplitsMax = 1000;
constexpr std::size_t kImportFilesMax = 10000;

tl::unexpected<Error> Disk(const fs::path& path, const std::error_code& error) {
  return Fail(Code::kDisk, "{}: {}", path.string(), error.message());
}

StoredModel ToStored(const ModelRecord& record, const fs::path& folder) {
  StoredModel out;
  out.name = record.name;
  out.path = record.path == "." ? folder : folder / record.path;
  out.bytes = record.bytes;
  out.source = record.source;
  out.licence = record.licence;
  out.added_unix = record.added_unix;
  return out;
}

bool HasSuffix(std::string_view text, std::string_view suffix) { return text.ends_with(suffix); }

/// What of a Hugging Face folder is a model's: not the readme, not another framework's weights.
bool IsModelFile(std::string_view name) {
  return HasSuffix(name, ".safetensors") || HasSuffix(name, ".json") || HasSuffix(name, ".jinja");
}

struct SourceFile {
  fs::path from;
  std::string to;
  std::uint64_t bytes = 0;
};

Result<std::vector<SourceFile>> FilesToImport(const fs::path& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  if (error) return Fail(Code::kNotFound, "{}: {}", path.string(), error.message());
  std::vector<SourceFile> out;
  if (fs::is_directory(real, error)) {
    // An index names weights that may stand in no sub-folder: a model folder is flat.
    for (auto it = fs::directory_iterator(real, error); !error && it != fs::directory_iterator(); it.increment(error)) {
      const std::string name = it->path().filename().string();
      std::error_code ignored;
      if (name[0] == '.' || !IsModelFile(name) || !fs::is_regular_file(it->path(), ignored)) continue;
      out.push_back({it->path(), name, 0});
      if (out.size() > kImportFilesMax)
        return Fail(Code::kTooLarge, "{}: more than {} files", path.string(), kImportFilesMax);
    }
    if (error) return Disk(real, error);
    const bool has_config = std::any_of(out.begin(), out.end(), [](const auto& f) { return f.to == "config.json"; });
    if (!has_config) {
      return Fail(Code::kInvalidArgument, "{}: no config.json: give a Hugging Face model folder or a .gguf file",
                  path.string());
    }
  } else {
    char magic[4] = {};
    const int fd = ::open(real.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return Fail(Code::kDisk, "{}: cannot open: {}", path.string(), std::strerror(errno));
    const ssize_t n = ::read(fd, magic, sizeof magic);
    ::close(fd);
    if (n != 4 || std::memcmp(magic, "GGUF", 4) != 0) {
      return Fail(Code::kInvalidArgument, "{}: not a GGUF file (it does not begin with 'GGUF')", path.string());
    }
    // The name that the user gave tells the splits, not that of a link's target.
    std::string given = path.filename().string();
    if (!HasSuffix(given, ".gguf")) given = "model.gguf";
    ASSIGN_OR_RETURN(const std::vector<std::string> names, SplitNames(given));
    for (const std::string& name : names) {
      const fs::path from = names.size() == 1 ? real : path.parent_path() / name;
      if (!fs::is_regular_file(from, error)) return Fail(Code::kNotFound, "{}: this split is missing", from.string());
      out.push_back({from, IsSafeRelativePath(name) ? name : "model.gguf", 0});
    }
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.to < b.to; });
  for (SourceFile& file : out) {
    file.from = fs::canonical(file.from, error);
    if (!error) file.bytes = fs::file_size(file.from, error);
    if (error) return Disk(file.from, error);
  }
  return out;
}

class Copier {
 public:
  Copier(const ImportOptions& options, std::uint64_t total) : options_(options), total_(total) {}

  Status Bring(const SourceFile& file, const fs::path& to) {
    if (::link(file.from.c_str(), to.c_str()) == 0) {
      Report(file.bytes);
      return {};
    }
    const int in = ::open(file.from.c_str(), O_RDONLY | O_CLOEXEC);
    if (in < 0) return Fail(Code::kDisk, "{}: cannot open: {}", file.from.string(), std::strerror(errno));
    const int out = ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (out < 0) {
      const int error = errno;
      ::close(in);
      return Fail(Code::kDisk, "{}: cannot create: {}", to.string(), std::strerror(error));
    }
    Status status = Copy(in, out, to);
    if (status && ::fsync(out) != 0)
      status = Fail(Code::kDisk, "{}: cannot sync: {}", to.string(), std::strerror(errno));
    ::close(in);
    ::close(out);
    return status;
  }

 private:
  Status Copy(int in, int out, const fs::path& to) {
    constexpr std::size_t kChunkBytes = 4u << 20;
    std::vector<char> buffer(kChunkBytes);
    for (;;) {
      const ssize_t n = ::read(in, buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return Fail(Code::kDisk, "cannot read the source of {}: {}", to.string(), std::strerror(errno));
      if (n == 0) return {};
      for (ssize_t at = 0; at < n;) {
        const ssize_t w = ::write(out, buffer.data() + at, static_cast<std::size_t>(n - at));
        if (w < 0 && errno == EINTR) continue;
        if (w < 0) return Fail(Code::kDisk, "{}: cannot write: {}", to.string(), std::strerror(errno));
        at += w;
      }
      Report(static_cast<std::uint64_t>(n));
      if (options_.cancel != nullptr && options_.cancel->load())
        return Fail(Code::kCancelled, "stopped; nothing was kept");
    }
  }

  void Report(std::uint64_t bytes) {
    done_ += bytes;
    if (options_.progress) options_.progress(done_, total_);
  }

  const ImportOptions& options_;  // borrows
  std::uint64_t total_, done_ = 0;
};

}  // namespace

std::filesystem::path HomeFolder() {
  const auto from = [](const char* variable) -> std::string {
    const char* value = std::getenv(variable);
    return value != nullptr ? value : "";
  };
  if (const std::string home = from("YUN_HOME"); !home.empty()) return home;
  if (const std::string data = from("XDG_DATA_HOME"); !data.empty()) return fs::path(data) / "yun";
  if (const std::string home = from("HOME"); !home.empty()) return fs::path(home) / ".local/share/yun";
  return "/var/lib/yun";
}

Result<std::vector<std::string>> SplitNames(std::string_view file_name) {
  // <stem>-NNNNN-of-NNNNN.gguf
  constexpr std::string_view kSuffix = ".gguf", kOf = "-of-";
  constexpr std::size_t kDigits = 5, kTail = 1 + kDigits + kOf.size() + kDigits;
  const auto number = [](std::string_view digits) -> std::int64_t {
    std::int64_t value = 0;
    for (const char c : digits) {
      if (c < '0' || c > '9') return -1;
      value = value * 10 + (c - '0');
    }
    return value;
  };
  const std::vector<std::string> itself{std::string(file_name)};
  if (!HasSuffix(file_name, kSuffix) || file_name.size() < kSuffix.size() + kTail) return itself;
  const std::string_view stem = file_name.substr(0, file_name.size() - kSuffix.size() - kTail);
  const std::string_view tail = file_name.substr(stem.size(), kTail);
  const std::int64_t index = number(tail.substr(1, kDigits)), count = number(tail.substr(kTail - kDigits));
  if (tail[0] != '-' || tail.substr(1 + kDigits, kOf.size()) != kOf || index < 1 || count < index) return itself;
  if (count > kSplitsMax) return Fail(Code::kInvalidArgument, "{}: more than {} splits", file_name, kSplitsMax);
  std::vector<std::string> out;
  for (std::int64_t i = 1; i <= count; ++i) out.push_back(fmt::format("{}-{:05}-of-{:05}.gguf", stem, i, count));
  return out;
}

Result<Store> Store::Open(const fs::path& home) {
  Store out;
  std::error_code error;
  out.folder_ = fs::absolute(home, error) / "models";
  if (error) return Disk(home, error);
  fs::create_directories(out.folder_ / ".incoming", error);
  if (error) {
    return Fail(Code::kDisk, "{}: {} (set YUN_HOME to a folder that you may write to)", out.folder_.string(),
                error.message());
  }
  return out;
}

fs::path Store::ModelFolder(std::string_view name) const { return folder_ / NameFolder(name); }

fs::path Store::StagingFolder(std::string_view name) const {
  std::string id = NameFolder(name);
  id[id.find('/')] = '+';  // no part of a name holds it
  return folder_ / ".incoming" / id;
}

std::vector<StoredModel> Store::List() const {
  std::vector<StoredModel> out;
  std::error_code error;
  for (auto family = fs::directory_iterator(folder_, error); !error && family != fs::directory_iterator();
       family.increment(error)) {
    if (family->path().filename().string()[0] == '.') continue;
    std::error_code inner;
    for (auto tag = fs::directory_iterator(family->path(), inner); !inner && tag != fs::directory_iterator();
         tag.increment(inner)) {
      auto text = ReadFile(tag->path() / kRecordFile, kRecordBytesMax);
      if (!text) continue;
      auto record = ParseRecord(*text);
      // A record that tells another name was moved by hand; the folder's place decides, so it is not one of ours.
      if (!record || !CheckName(record->name) || ModelFolder(record->name) != tag->path()) continue;
      out.push_back(ToStored(*record, tag->path()));
    }
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

bool Store::Has(std::string_view name) const {
  std::error_code error;
  return CheckName(name) && fs::exists(ModelFolder(name) / kRecordFile, error);
}

Result<ModelRecord> Store::Record(std::string_view name) const {
  RETURN_IF_ERROR(CheckName(name));
  const fs::path file = ModelFolder(name) / kRecordFile;
  auto text = ReadFile(file, kRecordBytesMax);
  if (!text) {
    if (text.error().code == Code::kNotFound) return Fail(Code::kNotFound, "no model '{}' on this machine", name);
    return tl::unexpected(text.error());
  }
  auto record = ParseRecord(*text);
  if (!record) return Wrap(std::move(record.error()), file.string());
  return record;
}

Result<StoredModel> Store::Find(std::string_view name) const {
  if (Has(name)) {
    ASSIGN_OR_RETURN(const ModelRecord record, Record(name));
    return ToStored(record, ModelFolder(name));
  }
  const std::vector<StoredModel> all = List();
  std::vector<std::string> names, tagged;
  const std::string prefix = std::string(name) + ":";
  const StoredModel* only = nullptr;
  for (const StoredModel& model : all) {
    names.push_back(model.name);
    if (!model.name.starts_with(prefix)) continue;
    only = &model;
    tagged.push_back(model.name);
  }
  if (tagged.size() == 1) return *only;
  if (tagged.size() > 1) {
    return Fail(Code::kNotFound, "there is more than one '{}' on this machine: {}", name, fmt::join(tagged, ", "));
  }
  const std::vector<std::string> near = NearNames(name, names);
  if (!near.empty()) {
    return Fail(Code::kNotFound, "no model '{}' on this machine; there is {}. To fetch it: yun pull {}", name,
                fmt::join(near, ", "), name);
  }
  return Fail(Code::kNotFound, "no model '{}' on this machine. To fetch it: yun pull {}", name, name);
}

Status Store::Remove(std::string_view name) {
  RETURN_IF_ERROR(CheckName(name));
  if (!Has(name)) return Fail(Code::kNotFound, "no model '{}' on this machine (yun list shows what there is)", name);
  ASSIGN_OR_RETURN(const NameLock lock, NameLock::Take(*this, name));
  const fs::path folder = ModelFolder(name);
  const fs::path trash = StagingFolder(name).string() + ".removed";
  std::error_code error;
  fs::remove_all(trash, error);
  fs::rename(folder, trash, error);
  if (error) return Disk(folder, error);
  fs::remove_all(trash, error);
  if (error) return Disk(trash, error);
  fs::remove(folder.parent_path(), error);  // fails, rightly, when another tag is there
  return {};
}

Result<StoredModel> Store::Place(const fs::path& staging, const ModelRecord& record, bool replace) {
  RETURN_IF_ERROR(CheckName(record.name));
  const fs::path folder = ModelFolder(record.name);
  if (Has(record.name) && !replace) return Fail(Code::kAlreadyExists, "model '{}' is already here", record.name);
  RETURN_IF_ERROR(WriteFileAtomic(staging / kRecordFile, WriteRecord(record)));
  std::error_code error;
  fs::create_directories(folder.parent_path(), error);
  if (error) return Disk(folder.parent_path(), error);
  const fs::path old = staging.string() + ".replaced";
  fs::remove_all(old, error);
  if (fs::exists(folder, error)) {
    fs::rename(folder, old, error);
    if (error) return Disk(folder, error);
  }
  fs::rename(staging, folder, error);
  if (error) {
    const std::error_code why = error;
    fs::rename(old, folder, error);
    return Disk(folder, why);
  }
  fs::remove_all(old, error);
  RETURN_IF_ERROR(SyncFolder(folder.parent_path()));
  return ToStored(record, folder);
}

Result<StoredModel> Store::Import(const fs::path& path, std::string_view name, const ImportOptions& options) {
  RETURN_IF_ERROR(CheckName(name));
  if (Has(name) && !options.replace) {
    return Fail(Code::kAlreadyExists, "model '{}' is already here; remove it first (yun rm {}) or choose another name",
                name, name);
  }
  ASSIGN_OR_RETURN(const std::vector<SourceFile> files, FilesToImport(path));
  const bool is_gguf = HasSuffix(files[0].to, ".gguf");
  if (!options.sha256.empty() && !(is_gguf && files.size() == 1)) {
    return Fail(Code::kInvalidArgument, "{}: a sha256 can be given for a single .gguf file only", path.string());
  }
  ASSIGN_OR_RETURN(const NameLock lock, NameLock::Take(*this, name));
  ModelRecord record;
  record.name = name;
  record.path = is_gguf ? files[0].to : ".";
  record.source = options.source.empty() ? "file:" + fs::absolute(path).string() : options.source;
  record.licence = options.licence;
  record.added_unix = std::time(nullptr);
  for (const SourceFile& file : files) record.bytes += file.bytes;

  const fs::path staging = StagingFolder(name).string() + ".import";
  std::error_code error;
  fs::remove_all(staging, error);
  fs::create_directories(staging, error);
  if (error) return Disk(staging, error);
  const auto bring = [&]() -> Result<StoredModel> {
    Copier copier(options, record.bytes);
    for (const SourceFile& file : files) {
      RETURN_IF_ERROR(copier.Bring(file, staging / file.to));
      record.files.push_back({file.to, file.bytes, {}});
    }
    if (!options.sha256.empty()) {
      // The copy is hashed, not the source: what was checked is what is used.
      ASSIGN_OR_RETURN(record.files[0].sha256, FileSha256(staging / files[0].to));
      if (record.files[0].sha256 != options.sha256) {
        return Fail(Code::kCorrupt, "{}: sha256 is {}, expected {}", path.string(), record.files[0].sha256,
                    options.sha256);
      }
    }
    return Place(staging, record, options.replace);
  };
  auto placed = bring();
  if (!placed) fs::remove_all(staging, error);
  return placed;
}

Result<NameLock> NameLock::Take(const Store& store, std::string_view name) {
  const fs::path file = store.StagingFolder(name).string() + ".lock";
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return Fail(Code::kDisk, "{}: cannot create: {}", file.string(), std::strerror(errno));
  // The file stays: removing it would let a third process lock another file of the same name.
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    return Fail(Code::kUnavailable, "another yun is at work on '{}'; wait for it to end", name);
  }
  return NameLock(fd);
}

NameLock::~NameLock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<fs::path> ResolveModel(const Store& store, std::string_view name_or_path) {
  if (name_or_path.empty()) return Fail(Code::kInvalidArgument, "no model named (yun list shows what there is)");
  if (auto found = store.Find(name_or_path)) return found->path;
  std::error_code error;
  const fs::path path(name_or_path);
  if (fs::exists(path, error)) return path;
  if (path.is_absolute() || name_or_path.starts_with("./") || name_or_path.starts_with("../") ||
      HasSuffix(name_or_path, ".gguf")) {
    return Fail(Code::kNotFound, "{}: no such file or folder", name_or_path);
  }
  return tl::unexpected(store.Find(name_or_path).error());
}

}  // namespace yun::hub
