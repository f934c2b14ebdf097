// A Hugging Face folder as a Checkpoint: config.json, safetensors, tokenizer and chat template files.
#include <simdjson.h>

#include <unordered_map>

#include "base/ascii.h"
#include "formats/checkpoint/containers.h"
#include "formats/checkpoint/hf_config.h"
#include "formats/safetensors/safetensors.h"

namespace yun {
namespace {
namespace fs = std::filesystem;

constexpr std::size_t kMaxTokenizerBytes = 256u << 20;
constexpr std::size_t kMaxTokenizerConfigBytes = 64u << 20;
constexpr std::size_t kMaxTemplateBytes = 4u << 20;

/// A whole small file; empty when it is not there.
Result<std::string> ReadText(const fs::path& path, std::size_t limit) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return std::string();
  ASSIGN_OR_RETURN(const MappedFile map, MappedFile::Open(path));
  if (map.bytes().size() > limit)
    return Fail(Code::kTooLarge, "{}: {} bytes are over the limit of {}", path.string(), map.bytes().size(), limit);
  return std::string(reinterpret_cast<const char*>(map.bytes().data()), map.bytes().size());
}

class FolderCheckpoint final : public Checkpoint {
 public:
  static Result<std::unique_ptr<Checkpoint>> Create(const fs::path& folder) {
    auto checkpoint = std::make_unique<FolderCheckpoint>();
    checkpoint->folder_ = folder;
    ASSIGN_OR_RETURN(checkpoint->config_json_, ReadText(folder / "config.json", kMaxConfigBytes));
    ASSIGN_OR_RETURN(checkpoint->generation_json_, ReadText(folder / "generation_config.json", kMaxConfigBytes));
    RETURN_IF_ERROR(checkpoint->ReadTemplate());
    const fs::path pooling = folder / "1_Pooling" / "config.json";
    ASSIGN_OR_RETURN(const std::string pooling_json, ReadText(pooling, kMaxConfigBytes));
    if (!pooling_json.empty()) {
      ASSIGN_OR_RETURN(checkpoint->pooling_, ParsePooling(pooling_json, pooling.string()));
    }
    if (safetensors::Model::IsIn(folder)) {
      ASSIGN_OR_RETURN(checkpoint->model_, safetensors::Model::Open(folder));
      for (const safetensors::TensorInfo& tensor : checkpoint->model_.tensors()) {
        std::string name = CanonicalName(tensor.name);
        if (name.empty()) continue;
        if (!checkpoint->names_.emplace(std::move(name), &tensor).second)
          return Fail(Code::kCorrupt, "{}: tensor '{}' is there twice, with and without 'model.'", folder.string(),
                      tensor.name);
      }
    }
    return checkpoint;
  }

  bool has_weights() const override { return !model_.tensors().empty(); }

  Result<ModelConfig> Config() const override {
    const std::string file = (folder_ / "config.json").string();
    if (config_json_.empty()) return Fail(Code::kNotFound, "{}: there is no such file (or it is empty)", file);
    ASSIGN_OR_RETURN(auto parsed, ParseHfConfig(config_json_, file, generation_json_,
                                                (folder_ / "generation_config.json").string()));
    ModelConfig& c = parsed.config;
    // A model of embeddings may be kept without its output projection, whatever config.json says of it.
    if (has_weights() && (!parsed.tie_given || pooling_ != TextPooling::kUnsaid) && !names_.contains("output.weight"))
      c.tied = true;
    for (const char* part : {"attn_output", "ffn_gate", "ffn_up", "ffn_down"})
      if (names_.contains(fmt::format("blk.0.{}.bias", part)))
        return Fail(Code::kUnsupported, "{}: a bias of {} is not supported", folder_.string(), part);
    if (c.name.empty()) c.name = folder_.filename().string();
    return std::move(c);
  }

  Result<TensorView> Tensor(std::string_view name) const override {
    const auto it = names_.find(std::string(name));
    if (it == names_.end()) return Fail(Code::kNotFound, "{}: there is no tensor for '{}'", folder_.string(), name);
    const safetensors::TensorInfo& tensor = *it->second;
    if (!tensor.type)
      return Fail(Code::kUnsupported, "{}: tensor '{}' is of type {}, which is not supported; F32, F16 and BF16 are",
                  folder_.string(), tensor.name, tensor.dtype.substr(0, 40));
    if (tensor.data.empty() || tensor.shape.empty())
      return Fail(Code::kCorrupt, "{}: tensor '{}' is empty", folder_.string(), tensor.name);
    return TensorView{*tensor.type, tensor.shape, tensor.data};
  }

  void Release(const TensorView& view) const override { ReleaseView(model_.maps(), view); }
  std::vector<TensorFile> TensorFiles() const override { return FilesOf(model_.maps()); }
  Status CheckMapped() const override { return CheckAll(model_.maps(), &MappedFile::CheckMapped); }
  Status CheckPaths() const override { return CheckAll(model_.maps(), &MappedFile::CheckPath); }
  Result<std::unique_ptr<Checkpoint>> OpenAgain() const override { return OpenFolder(folder_); }

  Result<TokenizerFiles> Tokenizer() const override {
    TokenizerFiles files;
    ASSIGN_OR_RETURN(files.tokenizer_json, ReadText(folder_ / "tokenizer.json", kMaxTokenizerBytes));
    if (files.tokenizer_json.empty())
      return Fail(Code::kNotFound, "{}: there is no such file (or it is empty)", (folder_ / "tokenizer.json").string());
    ASSIGN_OR_RETURN(files.tokenizer_config_json,
                     ReadText(folder_ / "tokenizer_config.json", kMaxTokenizerConfigBytes));
    return files;
  }

  std::string ChatTemplate() const override { return template_; }
  TextPooling Pooling() const override { return pooling_; }
  std::string container() const override { return has_weights() ? "safetensors" : "tokenizer files"; }

  std::vector<fs::path> files() const override {
    std::vector<fs::path> paths;
    std::error_code ignored;
    for (const char* name :
         {"config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"})
      if (fs::exists(folder_ / name, ignored)) paths.push_back(folder_ / name);
    for (const MappedFile& map : model_.maps()) paths.push_back(map.path());
    return paths;
  }

  std::uint64_t weight_bytes() const override {
    std::uint64_t bytes = 0;
    for (const safetensors::TensorInfo& tensor : model_.tensors()) bytes += tensor.data.size();
    return bytes;
  }

  std::vector<MetadataEntry> Metadata() const override;

  std::vector<TensorEntry> Tensors() const override {
    std::vector<TensorEntry> entries;
    for (const safetensors::TensorInfo& tensor : model_.tensors())
      entries.push_back({tensor.name, LowerAscii(tensor.dtype), tensor.type, tensor.shape, tensor.data.size()});
    return entries;
  }

 private:
  Status ReadTemplate() {
    ASSIGN_OR_RETURN(template_, ReadText(folder_ / "chat_template.jinja", kMaxTemplateBytes));
    for (const char* name : {"tokenizer_config.json", "chat_template.json"}) {
      if (!template_.empty()) return {};
      ASSIGN_OR_RETURN(const std::string json, ReadText(folder_ / name, kMaxTokenizerConfigBytes));
      if (json.empty()) continue;
      ASSIGN_OR_RETURN(template_, ChatTemplateOf(json, (folder_ / name).string()));
    }
    return {};
  }

  fs::path folder_;
  std::string config_json_, generation_json_, template_;
  TextPooling pooling_ = TextPooling::kUnsaid;
  safetensors::Model model_;
  std::unordered_map<std::string, const safetensors::TensorInfo*> names_;  // borrows: model_'s tensors
};

std::vector<MetadataEntry> FolderCheckpoint::Metadata() const {
  std::vector<MetadataEntry> entries;
  for (const auto& [prefix, json] :
       {std::pair<const char*, const std::string&>("config", config_json_), {"generation", generation_json_}}) {
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (json.empty() || parser.parse(json).get(object)) continue;
    for (const auto& [key, value] : object) {
      constexpr std::size_t kShownValue = 200;
      std::string text = simdjson::minify(value);
      if (text.size() > kShownValue) {
        text.resize(kShownValue);
        while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
        if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xc0) text.pop_back();
        text += "…";
      }
      const char* type = value.is_string()   ? "string"
                         : value.is_bool()   ? "bool"
                         : value.is_number() ? "number"
                         : value.is_array()  ? "array"
                         : value.is_object() ? "object"
                                             : "null";
      entries.push_back({fmt::format("{}.{}", prefix, key), type, std::move(text)});
    }
  }
  return entries;
}

}  // namespace

bool HasFolderFiles(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / "config.json", ignored) || fs::exists(folder / "tokenizer.json", ignored);
}

Result<std::unique_ptr<Checkpoint>> OpenFolder(const fs::path& folder) { return FolderCheckpoint::Create(folder); }

}  // namespace yun
