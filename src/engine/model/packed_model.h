// What tests of packed files share: a folder that goes away, and a model of several chunks. Included by tests alone.
#pragma once
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/check.h"
#include "formats/checkpoint/random_checkpoint.h"

namespace yun::engine {

struct TemporaryFolder {
  explicit TemporaryFolder(const std::filesystem::path& in = std::filesystem::temp_directory_path()) {
    std::string name = (in / "yun_packed_XXXXXX").string();
    CHECK(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~TemporaryFolder() {
    std::error_code ec;
    std::filesystem::remove_all(path, ec);
  }
  std::filesystem::path path;
};

/// A made-up model that says it comes from a file.
class FiledCheckpoint : public Checkpoint {
 public:
  explicit FiledCheckpoint(std::unique_ptr<Checkpoint> real, TensorFile file)
      : real_(std::move(real)), file_(std::move(file)) {}
  bool has_weights() const override { return true; }
  Result<ModelConfig> Config() const override { return real_->Config(); }
  Result<TensorView> Tensor(std::string_view name) const override { return real_->Tensor(name); }
  void Release(const TensorView& view) const override { real_->Release(view); }
  std::vector<TensorFile> TensorFiles() const override { return {file_}; }
  Result<TokenizerFiles> Tokenizer() const override { return real_->Tokenizer(); }
  std::string ChatTemplate() const override { return {}; }
  std::string container() const override { return {}; }
  std::vector<std::filesystem::path> files() const override { return {}; }
  std::uint64_t weight_bytes() const override { return 0; }
  std::vector<MetadataEntry> Metadata() const override { return {}; }
  std::vector<TensorEntry> Tensors() const override { return {}; }

 private:
  std::unique_ptr<Checkpoint> real_;
  TensorFile file_;
};

/// About 8 MiB of packed matrices. `version`: of the file it says it comes from.
inline std::shared_ptr<const Checkpoint> FiledModel(const char* name, std::int64_t version = 1,
                                                    std::uint32_t vocab = 6000) {
  ModelConfig config = TinyConfig(vocab, 512);
  config.layers = 3;
  config.hidden = 128;
  config.ffn = 1024;
  auto random = MakeRandomCheckpoint(config, 7);
  CHECK(random);
  const TensorFile file{std::string("/nowhere/") + name, 1, version, version};
  return std::make_shared<FiledCheckpoint>(std::move(*random), file);
}

}  // namespace yun::engine
