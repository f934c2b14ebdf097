// The model store: what models are on this machine, by name.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/checkpoint/checkpoint.h"
#include "text/chat/template.h"
#include "text/tokenizer/tokenizer.h"

namespace yun::hub {

/// $YUN_HOME, else $XDG_DATA_HOME/yun, else ~/.local/share/yun.
std::filesystem::path HomeFolder();

struct StoredModel {
  std::string name;                  // "smollm2:135m"
  std::filesystem::path path;        // what Checkpoint::Open takes: a GGUF file or a folder
  std::uint64_t bytes = 0;
  std::string source, licence;       // as in the catalogue; may be empty
  std::int64_t added_unix = 0;       // seconds
};

/// A folder of models: <home>/models/<name with ':' as '/'>/{model.toml, files...}. A model is there once its model.toml is.
class Store {
 public:
  static Result<Store> Open(const std::filesystem::path& home);
  std::vector<StoredModel> List() const;
  /// Exact name, or the only model whose name begins with `name` + ":". errors: kNotFound (suggests pull, names the near ones)
  Result<StoredModel> Find(std::string_view name) const;
  Status Remove(std::string_view name);
  /// Copies (or hard-links) a GGUF file or a Hugging Face folder into the store under a name. Atomic.
  Result<StoredModel> Import(const std::filesystem::path& path, std::string_view name);
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

/// A name of the store, or a path to a GGUF file or a folder -> the path to open.
Result<std::filesystem::path> ResolveModel(const Store& store, std::string_view name_or_path);

/// The three things every caller needs of a model on disk.
struct OpenedModel {
  std::shared_ptr<const Checkpoint> checkpoint;
  std::shared_ptr<const Tokenizer> tokenizer;          // null when the model has none
  std::shared_ptr<const ChatTemplate> chat_template;   // null when the model has none
};
/// errors: as Checkpoint::Open, Tokenizer::From..., ChatTemplate::Create
Result<OpenedModel> OpenModel(const std::filesystem::path& path);

}  // namespace yun::hub
