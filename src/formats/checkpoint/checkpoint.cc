#include "formats/checkpoint/checkpoint.h"

#include <cmath>

#include "formats/checkpoint/containers.h"
#include "formats/gguf/gguf.h"
#include "formats/safetensors/safetensors.h"

namespace yun {
namespace {
namespace fs = std::filesystem;

// What a file may ask for; the largest dense models known stay well below each.
constexpr std::uint32_t kMaxLayers = 1024;
constexpr std::uint32_t kMaxHidden = 1u << 16;
constexpr std::uint32_t kMaxHeads = 1024;
constexpr std::uint32_t kMaxHeadDim = 1024;
constexpr std::uint32_t kMaxFfn = 1u << 20;
constexpr std::uint32_t kMaxVocab = 1u << 22;
constexpr std::uint32_t kMaxContext = 1u << 26;
constexpr int kMaxFolderEntries = 10000;

/// The one GGUF model in a folder: a single file, or the first of a row of splits; empty when there is none.
Result<fs::path> FindGguf(const fs::path& folder) {
  fs::path found;
  std::error_code error;
  int entries = 0;
  for (fs::directory_iterator it(folder, error), end; !error && it != end && entries < kMaxFolderEntries;
       it.increment(error), ++entries) {
    if (it->path().extension() != ".gguf") continue;
    std::string stem;
    std::uint32_t number = 0, count = 0;
    if (gguf::ParseSplitName(it->path().filename().string(), &stem, &number, &count) && number != 1) continue;
    if (!found.empty())
      return Fail(Code::kInvalidArgument, "{}: holds several GGUF models, {} and {}; name one of them", folder.string(),
                  found.filename().string(), it->path().filename().string());
    found = it->path();
  }
  if (error) return Fail(Code::kDisk, "{}: {}", folder.string(), error.message());
  return found;
}

}  // namespace

Status Validate(const ModelConfig& c, std::string_view where) {
  const struct {
    const char* name;
    std::uint32_t value, limit;
  } counts[] = {{"number of layers", c.layers, kMaxLayers},
                {"hidden size", c.hidden, kMaxHidden},
                {"number of heads", c.heads, kMaxHeads},
                {"number of key-value heads", c.kv_heads, kMaxHeads},
                {"head size", c.head_dim, kMaxHeadDim},
                {"feed-forward size", c.ffn, kMaxFfn},
                {"vocabulary size", c.vocab, kMaxVocab},
                {"context length", c.context, kMaxContext},
                {"rotated part of a head", c.rope_dim, c.head_dim}};
  for (const auto& count : counts)
    if (count.value == 0 || count.value > count.limit)
      return Fail(Code::kCorrupt, "{}: the {} is {}; 1 to {} is possible", where, count.name, count.value, count.limit);
  if (c.heads % c.kv_heads != 0)
    return Fail(Code::kCorrupt, "{}: {} heads cannot share {} key-value heads evenly", where, c.heads, c.kv_heads);
  if (c.head_dim % 2 != 0 || c.rope_dim % 2 != 0)
    return Fail(Code::kCorrupt, "{}: head size {} and its rotated part {} must be even", where, c.head_dim, c.rope_dim);
  const struct {
    const char* name;
    float value, low, high;
  } numbers[] = {{"RMS norm epsilon", c.rms_eps, 0.f, 1.f},
                 {"rope theta", c.rope_theta, 1.f, 1e15f},
                 {"rope scaling factor", c.rope_factor, 1e-3f, 1e6f},
                 {"original context length", c.rope_original_context, 0.f, static_cast<float>(kMaxContext)},
                 {"yarn beta_fast", c.yarn_beta_fast, 1e-6f, 1e6f},
                 {"yarn beta_slow", c.yarn_beta_slow, 1e-6f, 1e6f},
                 {"yarn attention factor", c.yarn_attention_factor, 0.f, 1e3f},
                 {"low frequency factor", c.llama3_low_freq_factor, 1e-6f, 1e6f},
                 {"high frequency factor", c.llama3_high_freq_factor, 1e-6f, 1e6f}};
  for (const auto& number : numbers)
    if (!(number.value >= number.low && number.value <= number.high))
      return Fail(Code::kCorrupt, "{}: the {} is {}; {} to {} is possible", where, number.name, number.value,
                  number.low, number.high);
  const bool needs_original = c.rope_scaling == RopeScaling::kYarn || c.rope_scaling == RopeScaling::kLlama3;
  if (needs_original && c.rope_original_context < 1.f)
    return Fail(Code::kCorrupt, "{}: this rope scaling needs the original context length", where);
  if (c.rope_scaling == RopeScaling::kYarn && (c.rope_theta <= 1.f || c.yarn_attention_factor <= 0.f))
    return Fail(Code::kCorrupt, "{}: yarn needs a rope theta above 1 and a positive attention factor", where);
  if (c.rope_scaling == RopeScaling::kLlama3 && c.llama3_low_freq_factor >= c.llama3_high_freq_factor)
    return Fail(Code::kCorrupt, "{}: llama3 rope scaling needs low_freq_factor below high_freq_factor", where);
  if (!c.rope_freq_divisors.empty() && c.rope_freq_divisors.size() != c.rope_dim / 2)
    return Fail(Code::kCorrupt, "{}: {} rope frequency divisors for {} rotated pairs", where,
                c.rope_freq_divisors.size(), c.rope_dim / 2);
  for (const float divisor : c.rope_freq_divisors)
    if (!(divisor > 0.f) || !std::isfinite(divisor))
      return Fail(Code::kCorrupt, "{}: a rope frequency divisor is {}", where, divisor);
  return {};
}

std::vector<TensorNeed> TensorsOf(const ModelConfig& c) {
  const std::uint64_t hidden = c.hidden, q = std::uint64_t{c.heads} * c.head_dim,
                      kv = std::uint64_t{c.kv_heads} * c.head_dim;
  std::vector<TensorNeed> needs = {{"token_embd.weight", {c.vocab, hidden}}};
  for (std::uint32_t layer = 0; layer < c.layers; ++layer) {
    const auto add = [&](const char* name, std::vector<std::uint64_t> shape) {
      needs.push_back({fmt::format("blk.{}.{}", layer, name), std::move(shape)});
    };
    add("attn_norm.weight", {hidden});
    add("attn_q.weight", {q, hidden});
    add("attn_k.weight", {kv, hidden});
    add("attn_v.weight", {kv, hidden});
    if (c.qkv_bias) {
      add("attn_q.bias", {q});
      add("attn_k.bias", {kv});
      add("attn_v.bias", {kv});
    }
    if (c.qk_norm) {
      add("attn_q_norm.weight", {c.head_dim});
      add("attn_k_norm.weight", {c.head_dim});
    }
    add("attn_output.weight", {hidden, q});
    add("ffn_norm.weight", {hidden});
    add("ffn_gate.weight", {c.ffn, hidden});
    add("ffn_up.weight", {c.ffn, hidden});
    add("ffn_down.weight", {hidden, c.ffn});
  }
  needs.push_back({"output_norm.weight", {hidden}});
  if (!c.tied) needs.push_back({"output.weight", {c.vocab, hidden}});
  return needs;
}

Result<std::unique_ptr<Checkpoint>> Checkpoint::Open(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found)
    return Fail(Code::kNotFound, "{}: there is no such file or folder", path.string());
  if (status.type() != fs::file_type::directory) {
    if (path.extension() == ".safetensors" || path.extension() == ".json")
      return Fail(Code::kInvalidArgument, "{}: name the folder that holds it and its config.json", path.string());
    return OpenGguf(path);
  }
  if (safetensors::Model::IsIn(path)) return OpenFolder(path);
  ASSIGN_OR_RETURN(const fs::path gguf, FindGguf(path));
  if (!gguf.empty()) return OpenGguf(gguf);
  if (HasFolderFiles(path)) return OpenFolder(path);
  return Fail(Code::kNotFound, "{}: holds no config.json, no tokenizer.json and no .gguf file", path.string());
}

}  // namespace yun
