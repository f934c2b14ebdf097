// One view of a model on disk, whatever its container: a GGUF file (or its first split) or a Hugging Face folder.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/quant/types.h"

namespace yun {

enum class RopeScaling { kNone, kLinear, kYarn, kLlama3 };

/// What a decoder-only model needs to be computed. Lengths in elements; every field is validated by the reader
/// (positive, within the limits named in checkpoint.cc, heads divisible by kv_heads, and so on).
struct ModelConfig {
  std::string architecture;  // "llama", "qwen2", "qwen3" (GGUF's words; HF model_type is mapped to them)
  std::string name;          // for people; may be empty
  std::uint32_t layers = 0;
  std::uint32_t hidden = 0;
  std::uint32_t heads = 0;
  std::uint32_t kv_heads = 0;
  std::uint32_t head_dim = 0;
  std::uint32_t ffn = 0;
  std::uint32_t vocab = 0;
  std::uint32_t context = 0;  // max_position_embeddings
  float rms_eps = 1e-6f;
  bool tied = false;              // output projection is the embedding
  bool qkv_bias = false;          // qwen2
  bool qk_norm = false;           // qwen3: per-head RMSNorm on q and k
  bool rope_interleaved = false;  // pairs (2i, 2i+1) instead of (i, i+d/2): GGUF's llama permutes q and k for this
  float rope_theta = 10000.f;
  std::uint32_t rope_dim = 0;  // rotated elements of a head; head_dim unless partial
  RopeScaling rope_scaling = RopeScaling::kNone;
  float rope_factor = 1.f;
  float rope_original_context = 0.f;
  float yarn_beta_fast = 32.f, yarn_beta_slow = 1.f;
  float yarn_attention_factor = 0.f;  // scales cos and sin; the readers always set it (0.1 ln(factor) + 1 unless told)
  bool yarn_truncate = true;          // the ramp's ends are rounded outwards to whole dimensions
  float llama3_low_freq_factor = 1.f, llama3_high_freq_factor = 4.f;
  std::vector<float>
      rope_freq_divisors;             // GGUF's rope_freqs.weight (head_dim/2): replaces kLlama3's formula when present
  std::vector<std::int32_t> eos_ids;  // ids that end a generation (eos, eot, generation_config's list); may be empty
  std::int32_t bos_id = -1;
  /// From generation_config.json; absent values stay empty.
  std::optional<float> default_temperature, default_top_p;
  std::optional<std::int32_t> default_top_k;
};

/// A tensor's bytes on disk. shape is [rows, columns] for matrices: a row (last dimension) is contiguous, as in
/// PyTorch.
struct TensorView {
  quant::Type type = quant::Type::kF32;
  std::vector<std::uint64_t> shape;
  std::span<const std::byte> bytes;  // borrows: the checkpoint's memory map
};

/// Everything a tokenizer is made from; either `tokenizer_json` (Hugging Face) or the GGUF fields are set.
struct TokenizerFiles {
  std::string tokenizer_json, tokenizer_config_json;  // whole files' text
  std::string gguf_model;                             // "gpt2"
  std::string gguf_pre;                               // "qwen2", "smollm", ...
  std::vector<std::string> gguf_tokens, gguf_merges;
  std::vector<std::int32_t> gguf_token_types;  // 1 normal, 3 control, 4 user defined, 6 byte
  std::int32_t bos_id = -1, eos_id = -1, pad_id = -1;
  bool add_bos = false, add_eos = false;
};

/// What a model's files say of how a text's hidden states become one vector.
enum class TextPooling {
  kUnsaid,
  kLast,   // that of the last token
  kMean,   // of all tokens
  kOther,  // something that is not supported
};

struct MetadataEntry {
  std::string key, type, value;  // value is shortened for people
};
struct TensorEntry {
  std::string name;       // as in the file
  std::string type_name;  // also of types that cannot be computed with
  std::optional<quant::Type> type;
  std::vector<std::uint64_t> shape;
  std::uint64_t bytes = 0;
};

/// A file that tensors come from, as it was when it was opened.
struct TensorFile {
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0, changed_ns = 0;  // as MappedFile
};

/// A tensor that the architecture needs, by canonical name.
struct TensorNeed {
  std::string name;
  std::vector<std::uint64_t> shape;  // as TensorView's
};
/// Every tensor that a model of this configuration is computed from, in the order of computation.
std::vector<TensorNeed> TensorsOf(const ModelConfig& config);
/// Checks every field against the limits of checkpoint.cc and against each other.
/// errors: kCorrupt (`where` and the field)
Status Validate(const ModelConfig& config, std::string_view where);

/// An opened model. Tensors are asked for by canonical (GGUF) name, whatever the container:
///   token_embd.weight [vocab, hidden]   output_norm.weight [hidden]   output.weight [vocab, hidden] (absent if tied)
///   blk.N.attn_norm.weight  blk.N.attn_{q,k,v}.weight/.bias  blk.N.attn_output.weight  blk.N.attn_{q,k}_norm.weight
///   blk.N.ffn_norm.weight  blk.N.ffn_{gate,up,down}.weight
/// thread: const methods from any thread
class Checkpoint {
 public:
  /// errors: kNotFound, kDisk, kCorrupt (names file and place), kUnsupported (architecture, tensor type)
  /// A folder that holds only tokenizer files opens too: `has_weights()` is then false.
  static Result<std::unique_ptr<Checkpoint>> Open(const std::filesystem::path& path);
  virtual ~Checkpoint() = default;

  virtual bool has_weights() const = 0;
  /// errors: kUnsupported when the architecture is not one the engine runs, kCorrupt when required metadata is missing
  virtual Result<ModelConfig> Config() const = 0;
  /// errors: kNotFound, kCorrupt (size does not match shape and type)
  virtual Result<TensorView> Tensor(std::string_view canonical_name) const = 0;
  /// Tells the system that a tensor's pages on disk will not be read again soon.
  virtual void Release(const TensorView& view) const = 0;
  /// Empty where tensors come from no file.
  virtual std::vector<TensorFile> TensorFiles() const { return {}; }
  /// Whether the tensors' bytes have been left as they were when they were opened: else nothing read from them is good.
  /// errors: kUnavailable (names the file)
  virtual Status CheckMapped() const { return {}; }
  /// Whether their files are still where they were, of the same size and time of change. errors: kUnavailable
  virtual Status CheckPaths() const { return {}; }
  /// Opens again what lies there now. errors: as Open
  virtual Result<std::unique_ptr<Checkpoint>> OpenAgain() const {
    return Fail(Code::kUnsupported, "this model lies in no file");
  }
  virtual Result<TokenizerFiles> Tokenizer() const = 0;
  /// The model's own Jinja chat template; empty when it has none.
  virtual std::string ChatTemplate() const = 0;
  /// source: GGUF's <architecture>.pooling_type; 1_Pooling/config.json of sentence-transformers
  virtual TextPooling Pooling() const { return TextPooling::kUnsaid; }

  // For `yun inspect`.
  virtual std::string container() const = 0;  // "GGUF v3", "safetensors"
  virtual std::vector<std::filesystem::path> files() const = 0;
  virtual std::uint64_t weight_bytes() const = 0;
  virtual std::vector<MetadataEntry> Metadata() const = 0;
  virtual std::vector<TensorEntry> Tensors() const = 0;
};

}  // namespace yun
