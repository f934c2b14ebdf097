// A GGUF file as a Checkpoint: metadata keys to ModelConfig, tensors by their own names.
#include <array>
#include <cmath>
#include <cstring>

#include "formats/checkpoint/containers.h"
#include "formats/gguf/gguf.h"

namespace yun {
namespace {

constexpr std::size_t kShownValue = 200;
constexpr std::int32_t kControlToken = 3;

class GgufCheckpoint final : public Checkpoint {
 public:
  GgufCheckpoint(gguf::File file, std::string path, std::string architecture)
      : file_(std::move(file)), path_(std::move(path)), architecture_(std::move(architecture)) {}

  bool has_weights() const override { return !file_.tensors().empty(); }
  Result<ModelConfig> Config() const override;
  Result<TensorView> Tensor(std::string_view name) const override;
  void Release(const TensorView& view) const override { ReleaseView(file_.maps(), view); }
  std::vector<TensorFile> TensorFiles() const override { return FilesOf(file_.maps()); }
  Status CheckMapped() const override { return CheckAll(file_.maps(), &MappedFile::CheckMapped); }
  Status CheckPaths() const override { return CheckAll(file_.maps(), &MappedFile::CheckPath); }
  Result<std::unique_ptr<Checkpoint>> OpenAgain() const override { return OpenGguf(path_); }
  Result<TokenizerFiles> Tokenizer() const override;

  std::string ChatTemplate() const override {
    const gguf::Value* value = file_.Find("tokenizer.chat_template");
    return std::string(value ? value->AsString().value_or("") : "");
  }

  TextPooling Pooling() const override {
    const gguf::Value* value = Field("pooling_type");
    const auto type = value ? value->AsUint() : std::nullopt;
    if (!type || *type == kPoolingNone) return TextPooling::kUnsaid;
    return *type == kPoolingMean   ? TextPooling::kMean
           : *type == kPoolingLast ? TextPooling::kLast
                                   : TextPooling::kOther;
  }

  std::string container() const override { return fmt::format("GGUF v{}", file_.version()); }

  std::vector<std::filesystem::path> files() const override {
    std::vector<std::filesystem::path> paths;
    for (const MappedFile& map : file_.maps()) paths.push_back(map.path());
    return paths;
  }

  std::uint64_t weight_bytes() const override {
    std::uint64_t bytes = 0;
    for (const gguf::TensorInfo& tensor : file_.tensors()) bytes += tensor.bytes;
    return bytes;
  }

  std::vector<MetadataEntry> Metadata() const override {
    std::vector<MetadataEntry> entries;
    for (const gguf::Entry& entry : file_.metadata())
      entries.push_back({entry.key, std::string(gguf::TypeName(entry.value.type)), entry.value.ToText(kShownValue)});
    return entries;
  }

  std::vector<TensorEntry> Tensors() const override {
    std::vector<TensorEntry> entries;
    for (const gguf::TensorInfo& tensor : file_.tensors()) {
      TensorEntry entry;
      entry.name = tensor.name;
      entry.type_name = gguf::TensorTypeName(tensor.type);
      if (const quant::TypeInfo* info = quant::FindType(tensor.type)) entry.type = info->type;
      entry.shape.assign(tensor.dims.rbegin(), tensor.dims.rend());
      entry.bytes = tensor.bytes;
      entries.push_back(std::move(entry));
    }
    return entries;
  }

 private:
  /// A value of `<architecture>.<key>`; empty when it is missing.
  const gguf::Value* Field(std::string_view key) const { return file_.Find(fmt::format("{}.{}", architecture_, key)); }
  Result<std::uint32_t> Count(std::string_view key, std::optional<std::uint32_t> fallback) const;
  Result<float> Number(std::string_view key, float fallback) const;
  Result<std::int32_t> TokenId(std::string_view key) const;
  Status ReadRope(ModelConfig& config) const;
  Status ReadEndings(ModelConfig& config) const;

  gguf::File file_;
  std::string path_;
  std::string architecture_;
};

Result<std::uint32_t> GgufCheckpoint::Count(std::string_view key, std::optional<std::uint32_t> fallback) const {
  const gguf::Value* value = Field(key);
  if (!value) {
    if (fallback) return *fallback;
    return Fail(Code::kCorrupt, "{}: metadata key '{}.{}' is missing", path_, architecture_, key);
  }
  if (value->type == gguf::ValueType::kArray) {  // one number a layer: fine when all are equal
    const auto numbers = value->AsInts();
    if (numbers && !numbers->empty() && numbers->front() >= 0) {
      bool equal = true;
      for (const std::int32_t number : *numbers) equal = equal && number == numbers->front();
      if (equal) return static_cast<std::uint32_t>(numbers->front());
    }
    return Fail(Code::kUnsupported, "{}: '{}.{}' differs from layer to layer, which is not supported", path_,
                architecture_, key);
  }
  const auto number = value->AsUint();
  if (!number || *number > 0xffffffffu)
    return Fail(Code::kCorrupt, "{}: metadata key '{}.{}' is {}, not a size", path_, architecture_, key,
                value->ToText(40));
  return static_cast<std::uint32_t>(*number);
}

Result<float> GgufCheckpoint::Number(std::string_view key, float fallback) const {
  const gguf::Value* value = Field(key);
  if (!value) return fallback;
  const auto number = value->AsDouble();
  if (!number || !std::isfinite(*number) || std::fabs(*number) > 1e30)
    return Fail(Code::kCorrupt, "{}: metadata key '{}.{}' is {}, not a usable number", path_, architecture_, key,
                value->ToText(40));
  return static_cast<float>(*number);
}

Result<std::int32_t> GgufCheckpoint::TokenId(std::string_view key) const {
  const gguf::Value* value = file_.Find(fmt::format("tokenizer.ggml.{}", key));
  if (!value) return -1;
  const auto id = value->AsInt();
  if (!id || *id < -1 || *id > 0x7fffffff) {
    // Converters write 2^32 - 1 for "none".
    if (id && *id == 0xffffffff) return -1;
    return Fail(Code::kCorrupt, "{}: tokenizer.ggml.{} is {}, not a token id", path_, key, value->ToText(40));
  }
  return static_cast<std::int32_t>(*id);
}

Status GgufCheckpoint::ReadRope(ModelConfig& c) const {
  ASSIGN_OR_RETURN(c.rope_theta, Number("rope.freq_base", 10000.f));
  ASSIGN_OR_RETURN(c.rope_dim, Count("rope.dimension_count", c.head_dim));
  std::string_view type = "none";
  if (const gguf::Value* value = Field("rope.scaling.type")) type = value->AsString().value_or("?");
  ASSIGN_OR_RETURN(const float old_linear, Number("rope.scale_linear", 1.f));
  ASSIGN_OR_RETURN(c.rope_factor, Number("rope.scaling.factor", old_linear));
  ASSIGN_OR_RETURN(c.rope_original_context,
                   Number("rope.scaling.original_context_length", static_cast<float>(c.context)));
  if (type == "none") {
    c.rope_factor = 1.f;
  } else if (type == "linear") {
    c.rope_scaling = RopeScaling::kLinear;
  } else if (type == "yarn") {
    c.rope_scaling = RopeScaling::kYarn;
    ASSIGN_OR_RETURN(const float extra, Number("rope.scaling.attn_factor", 1.f));
    c.yarn_attention_factor = extra * YarnAttentionFactor(c.rope_factor);
    ASSIGN_OR_RETURN(c.yarn_beta_fast, Number("rope.scaling.yarn_beta_fast", 32.f));
    ASSIGN_OR_RETURN(c.yarn_beta_slow, Number("rope.scaling.yarn_beta_slow", 1.f));
    if (const gguf::Value* value = Field("rope.scaling.yarn_truncate"))
      c.yarn_truncate = value->AsBool().value_or(true);
  } else {
    return Fail(Code::kUnsupported, "{}: rope scaling '{}' is not supported; none, linear and yarn are", path_,
                type.substr(0, 40));
  }
  if (type == "none" && Field("rope.scale_linear")) {
    c.rope_scaling = RopeScaling::kLinear;
    c.rope_factor = old_linear;
  }
  if (const gguf::TensorInfo* divisors = file_.FindTensor("rope_freqs.weight")) {
    if (divisors->type != static_cast<std::uint32_t>(quant::Type::kF32) || divisors->dims.size() != 1 ||
        divisors->dims[0] != c.rope_dim / 2)
      return Fail(Code::kCorrupt, "{}: tensor 'rope_freqs.weight' is not {} f32 numbers", path_, c.rope_dim / 2);
    c.rope_freq_divisors.resize(divisors->dims[0]);
    std::memcpy(c.rope_freq_divisors.data(), divisors->data.data(), divisors->bytes);
  }
  return {};
}

/// Converters name one or two ids; a chat model may also end with other control tokens, known by their text.
Status GgufCheckpoint::ReadEndings(ModelConfig& c) const {
  ASSIGN_OR_RETURN(c.bos_id, TokenId("bos_token_id"));
  const auto add = [&](std::int32_t id) {
    if (id < 0) return;
    for (const std::int32_t known : c.eos_ids)
      if (known == id) return;
    c.eos_ids.push_back(id);
  };
  for (const char* key : {"eos_token_id", "eot_token_id", "eom_token_id"}) {
    ASSIGN_OR_RETURN(const std::int32_t id, TokenId(key));
    add(id);
  }
  const gguf::Value* tokens = file_.Find("tokenizer.ggml.tokens");
  const gguf::Value* types = file_.Find("tokenizer.ggml.token_type");
  if (!tokens || !types) return {};
  const auto texts = tokens->AsStrings();
  const auto kinds = types->AsInts();
  if (!texts || !kinds) return {};
  static constexpr std::array<std::string_view, 5> kEndings = {"<|im_end|>", "<|endoftext|>", "<|eot_id|>",
                                                               "<|eom_id|>", "<|end_of_text|>"};
  for (std::size_t id = 0; id < std::min(texts->size(), kinds->size()); ++id)
    if ((*kinds)[id] == kControlToken)
      for (const std::string_view ending : kEndings)
        if ((*texts)[id] == ending) add(static_cast<std::int32_t>(id));
  return {};
}

Result<ModelConfig> GgufCheckpoint::Config() const {
  ModelConfig c;
  c.architecture = architecture_;
  if (c.architecture != "llama" && c.architecture != "qwen2" && c.architecture != "qwen3")
    return Fail(Code::kUnsupported, "{}: architecture '{}' cannot be run yet; llama, qwen2 and qwen3 can", path_,
                architecture_.substr(0, 60));
  if (const gguf::Value* name = file_.Find("general.name")) c.name = name->ToText(100);
  ASSIGN_OR_RETURN(const std::uint32_t experts, Count("expert_count", 0));
  if (experts != 0) return Fail(Code::kUnsupported, "{}: a mixture of {} experts cannot be run yet", path_, experts);
  ASSIGN_OR_RETURN(c.layers, Count("block_count", {}));
  ASSIGN_OR_RETURN(c.context, Count("context_length", {}));
  ASSIGN_OR_RETURN(c.hidden, Count("embedding_length", {}));
  ASSIGN_OR_RETURN(c.ffn, Count("feed_forward_length", {}));
  ASSIGN_OR_RETURN(c.heads, Count("attention.head_count", {}));
  ASSIGN_OR_RETURN(c.kv_heads, Count("attention.head_count_kv", c.heads));
  ASSIGN_OR_RETURN(c.head_dim, Count("attention.key_length", c.heads == 0 ? 0 : c.hidden / c.heads));
  ASSIGN_OR_RETURN(const std::uint32_t value_dim, Count("attention.value_length", c.head_dim));
  if (value_dim != c.head_dim)
    return Fail(Code::kUnsupported, "{}: keys of {} and values of {} per head are not supported", path_, c.head_dim,
                value_dim);
  ASSIGN_OR_RETURN(c.rms_eps, Number("attention.layer_norm_rms_epsilon", 1e-6f));
  ASSIGN_OR_RETURN(c.vocab, Count("vocab_size", 0));
  if (const gguf::TensorInfo* embedding = file_.FindTensor("token_embd.weight");
      embedding && embedding->dims.size() == 2) {
    if (embedding->dims[1] > 0xffffffffu)
      return Fail(Code::kCorrupt, "{}: tensor 'token_embd.weight' has {} rows", path_, embedding->dims[1]);
    c.vocab = static_cast<std::uint32_t>(embedding->dims[1]);
  } else if (const gguf::Value* tokens = file_.Find("tokenizer.ggml.tokens"); c.vocab == 0 && tokens) {
    c.vocab = static_cast<std::uint32_t>(tokens->count);  // at most kMaxArrayItems
  }
  c.rope_interleaved = architecture_ == "llama";
  c.qk_norm = architecture_ == "qwen3";
  c.tied = has_weights() && !file_.FindTensor("output.weight");
  c.qkv_bias = has_weights() ? file_.FindTensor("blk.0.attn_q.bias") != nullptr : architecture_ == "qwen2";
  for (const char* bias : {"blk.0.attn_output.bias", "blk.0.ffn_gate.bias", "blk.0.ffn_up.bias", "blk.0.ffn_down.bias"})
    if (file_.FindTensor(bias))
      return Fail(Code::kUnsupported, "{}: tensor '{}' (a bias there) is not supported", path_, bias);
  RETURN_IF_ERROR(ReadRope(c));
  RETURN_IF_ERROR(ReadEndings(c));
  const auto setting = [&](const char* key) -> std::optional<double> {
    const gguf::Value* value = file_.Find(key);
    return value ? value->AsDouble() : std::nullopt;
  };
  if (const auto v = setting("general.sampling.temp"); v && *v >= 0 && *v <= 10)
    c.default_temperature = static_cast<float>(*v);
  if (const auto v = setting("general.sampling.top_p"); v && *v > 0 && *v <= 1)
    c.default_top_p = static_cast<float>(*v);
  if (const auto v = setting("general.sampling.top_k"); v && *v >= 0 && *v <= 1e6)
    c.default_top_k = static_cast<std::int32_t>(*v);
  RETURN_IF_ERROR(Validate(c, path_));
  return c;
}

Result<TensorView> GgufCheckpoint::Tensor(std::string_view name) const {
  const gguf::TensorInfo* tensor = file_.FindTensor(name);
  if (!tensor) return Fail(Code::kNotFound, "{}: there is no tensor '{}'", path_, name);
  const quant::TypeInfo* info = quant::FindType(tensor->type);
  if (!info)
    return Fail(Code::kUnsupported, "{}: tensor '{}' is of type {}, which is not supported", path_, name,
                gguf::TensorTypeName(tensor->type));
  TensorView view;
  view.type = info->type;
  view.shape.assign(tensor->dims.rbegin(), tensor->dims.rend());
  view.bytes = tensor->data;
  return view;
}

Result<TokenizerFiles> GgufCheckpoint::Tokenizer() const {
  TokenizerFiles files;
  const gguf::Value* model = file_.Find("tokenizer.ggml.model");
  if (!model || model->AsString().value_or("no_vocab") == "no_vocab")  // what converters write for "none"
    return Fail(Code::kNotFound, "{}: holds no tokenizer (tokenizer.ggml.model)", path_);
  files.gguf_model = *model->AsString();
  if (const gguf::Value* pre = file_.Find("tokenizer.ggml.pre")) files.gguf_pre = pre->AsString().value_or("");
  const gguf::Value* tokens = file_.Find("tokenizer.ggml.tokens");
  const auto texts = tokens ? tokens->AsStrings() : std::nullopt;
  if (!texts) return Fail(Code::kCorrupt, "{}: tokenizer.ggml.tokens is missing or no list of strings", path_);
  files.gguf_tokens.assign(texts->begin(), texts->end());
  if (const gguf::Value* merges = file_.Find("tokenizer.ggml.merges")) {
    const auto pairs = merges->AsStrings();
    if (!pairs) return Fail(Code::kCorrupt, "{}: tokenizer.ggml.merges is no list of strings", path_);
    files.gguf_merges.assign(pairs->begin(), pairs->end());
  }
  if (const gguf::Value* types = file_.Find("tokenizer.ggml.token_type")) {
    auto numbers = types->AsInts();
    if (!numbers || numbers->size() != texts->size())
      return Fail(Code::kCorrupt, "{}: tokenizer.ggml.token_type does not hold one number a token", path_);
    files.gguf_token_types = std::move(*numbers);
  }
  ASSIGN_OR_RETURN(files.bos_id, TokenId("bos_token_id"));
  ASSIGN_OR_RETURN(files.eos_id, TokenId("eos_token_id"));
  ASSIGN_OR_RETURN(files.pad_id, TokenId("padding_token_id"));
  files.add_bos = files.gguf_pre == "llama-bpe" || files.gguf_pre == "llama3";
  if (const gguf::Value* add = file_.Find("tokenizer.ggml.add_bos_token"))
    files.add_bos = add->AsBool().value_or(files.add_bos);
  if (const gguf::Value* add = file_.Find("tokenizer.ggml.add_eos_token"))
    files.add_eos = add->AsBool().value_or(false);
  return files;
}

}  // namespace

Result<std::unique_ptr<Checkpoint>> CheckpointOf(gguf::File file, std::string name) {
  const gguf::Value* value = file.Find("general.architecture");
  const auto architecture = value ? value->AsString() : std::nullopt;
  if (!architecture) return Fail(Code::kCorrupt, "{}: metadata key 'general.architecture' is missing", name);
  std::string copy(*architecture);
  return std::make_unique<GgufCheckpoint>(std::move(file), std::move(name), std::move(copy));
}

Result<std::unique_ptr<Checkpoint>> OpenGguf(const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(auto file, gguf::File::Open(path));
  return CheckpointOf(std::move(file), path.string());
}

float YarnAttentionFactor(float factor) { return factor <= 1.f ? 1.f : 0.1f * std::log(factor) + 1.f; }

std::vector<TensorFile> FilesOf(const std::vector<MappedFile>& maps) {
  std::vector<TensorFile> files;
  std::error_code ec;
  for (const MappedFile& map : maps) {
    if (map.path().empty()) return {};  // made up in memory
    std::filesystem::path path = std::filesystem::absolute(map.path(), ec);
    files.push_back({ec ? map.path() : std::move(path), map.bytes().size(), map.modified_ns(), map.changed_ns()});
  }
  return files;
}

Status CheckAll(const std::vector<MappedFile>& maps, Status (MappedFile::*check)() const) {
  for (const MappedFile& map : maps) RETURN_IF_ERROR((map.*check)());
  return {};
}

void ReleaseView(const std::vector<MappedFile>& maps, const TensorView& view) {
  for (const MappedFile& map : maps) {
    const std::byte* begin = map.bytes().data();
    if (view.bytes.data() >= begin && view.bytes.data() < begin + map.bytes().size())
      map.DontNeed(static_cast<std::size_t>(view.bytes.data() - begin), view.bytes.size());
  }
}

}  // namespace yun
