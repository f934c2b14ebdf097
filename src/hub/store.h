// The model store: what models are on this machine, by name.
#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/checkpoint/checkpoint.h"
#include "hub/record.h"
#include "text/chat/output_reader.h"
#include "text/chat/template.h"
#include "text/tokenizer/tokenizer.h"

namespace yun::hub {

/// $YUN_HOME, else $XDG_DATA_HOME/yun, else ~/.local/share/yun.
std::filesystem::path HomeFolder();

struct StoredModel {
  std::string name;            // "smollm2:135m"
  std::filesystem::path path;  // what Checkpoint::Open takes: a GGUF file or a folder
  std::uint64_t bytes = 0;
  std::string source, licence;  // as in the catalogue; may be empty
  std::int64_t added_unix = 0;  // seconds
};

struct ImportOptions {
  std::string sha256;  // of a single GGUF file, lower-case hex; empty: not checked
  std::string source, licence;
  bool replace = false;                                                   // an existing model of the name
  const std::atomic<bool>* cancel = nullptr;                              // borrows
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;  // bytes
};

/// A folder of models: <home>/models/<two levels, see NameFolder>/{model.toml, files...}. A model is there once its
/// model.toml is; folders appear and disappear by rename, so a reader never sees a part of a model.
/// thread: const methods from any thread; several processes may use one store
class Store {
 public:
  static Result<Store> Open(const std::filesystem::path& home);
  std::vector<StoredModel> List() const;
  /// Exact name, or the only model whose name begins with `name` + ":". errors: kNotFound (suggests pull, names the
  /// near ones)
  Result<StoredModel> Find(std::string_view name) const;
  /// errors: as Find (exact names only)
  Result<ModelRecord> Record(std::string_view name) const;
  bool Has(std::string_view name) const;
  Status Remove(std::string_view name);
  /// Copies (or hard-links) a GGUF file (all its splits) or a Hugging Face folder into the store under a name. Atomic.
  /// errors: kAlreadyExists, kNotFound, kCorrupt (the sha256 differs), kInvalidArgument (no model there), kDisk
  Result<StoredModel> Import(const std::filesystem::path& path, std::string_view name,
                             const ImportOptions& options = {});

  const std::filesystem::path& folder() const { return folder_; }
  /// Where the named model is or will be.
  std::filesystem::path ModelFolder(std::string_view name) const;
  /// Where the named model is put together before it is placed; on the same file system.
  std::filesystem::path StagingFolder(std::string_view name) const;
  /// Turns a complete staging folder into the model: writes model.toml into it, last, and renames it into place.
  Result<StoredModel> Place(const std::filesystem::path& staging, const ModelRecord& record, bool replace);

 private:
  std::filesystem::path folder_;
};

/// One process at a time works on one name (pull, import, rm). Held until destroyed.
class NameLock {
 public:
  /// errors: kUnavailable (another process works on the name)
  static Result<NameLock> Take(const Store& store, std::string_view name);
  NameLock(NameLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  NameLock(const NameLock&) = delete;
  ~NameLock();

 private:
  explicit NameLock(int fd) : fd_(fd) {}
  int fd_;
};

/// A name of the store, or a path to a GGUF file or a folder -> the path to open.
Result<std::filesystem::path> ResolveModel(const Store& store, std::string_view name_or_path);

/// The names of all splits of "x-00001-of-00003.gguf"; of another name, the name itself.
/// errors: kInvalidArgument (more than kSplitsMax)
Result<std::vector<std::string>> SplitNames(std::string_view file_name);

/// The three things every caller needs of a model on disk.
struct OpenedModel {
  std::shared_ptr<const Checkpoint> checkpoint;
  std::shared_ptr<const Tokenizer> tokenizer;         // null when the model has none
  std::shared_ptr<const ChatTemplate> chat_template;  // null when the model has none
  ToolStyle tool_style = ToolStyle::kNone;            // how the template has calls of tools written
};
/// errors: as Checkpoint::Open, Tokenizer::From..., ChatTemplate::Create
Result<OpenedModel> OpenModel(const std::filesystem::path& path);

}  // namespace yun::hub
