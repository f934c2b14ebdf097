#include "formats/checkpoint/hf_config.h"

#include <simdjson.h>

#include <array>
#include <cmath>
#include <limits>

#include "formats/checkpoint/containers.h"

namespace yun {
namespace {
namespace dom = simdjson::dom;

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxEndings = 64;
constexpr std::size_t kMaxTokenizerConfigBytes = 64u << 20;

/// A JSON object being read; a key that is null counts as missing.
class Fields {
 public:
  Fields(dom::object object, std::string_view file) : object_(object), file_(file) {}

  bool Has(std::string_view key) const {
    dom::element value;
    return !object_.at_key(key).get(value) && !value.is_null();
  }
  dom::element At(std::string_view key) const { return object_.at_key(key).value_unsafe(); }
  std::string_view file() const { return file_; }

  tl::unexpected<Error> Bad(std::string_view key, std::string_view what) const {
    return Fail(Code::kCorrupt, "{}: '{}' {}", file_, key, what);
  }

  Result<std::uint32_t> Count(std::string_view key, std::optional<std::uint32_t> fallback = {}) const {
    if (!Has(key)) {
      if (fallback) return *fallback;
      return Bad(key, "is missing");
    }
    std::uint64_t value = 0;
    if (At(key).get(value) || value > std::numeric_limits<std::uint32_t>::max()) return Bad(key, "is not a size");
    return static_cast<std::uint32_t>(value);
  }

  Result<float> Number(std::string_view key, std::optional<float> fallback = {}) const {
    if (!Has(key)) {
      if (fallback) return *fallback;
      return Bad(key, "is missing");
    }
    double value = 0;
    if (At(key).get(value) || std::fabs(value) > 1e30) return Bad(key, "is not a usable number");
    return static_cast<float>(value);
  }

  Result<bool> Flag(std::string_view key, bool fallback) const {
    if (!Has(key)) return fallback;
    bool value = false;
    if (At(key).get(value)) return Bad(key, "is neither true nor false");
    return value;
  }

  /// Borrows from the parser.
  Result<std::string_view> Text(std::string_view key, std::string_view fallback) const {
    if (!Has(key)) return fallback;
    std::string_view value;
    if (At(key).get(value)) return Bad(key, "is not a string");
    return value;
  }

  Result<std::optional<dom::object>> Object(std::string_view key) const {
    if (!Has(key)) return std::optional<dom::object>();
    dom::object value;
    if (At(key).get(value)) return Bad(key, "is not an object");
    return std::optional<dom::object>(value);
  }

  /// One token id or a list of them.
  Result<std::vector<std::int32_t>> Ids(std::string_view key) const {
    std::vector<std::int32_t> ids;
    if (!Has(key)) return ids;
    const auto add = [&](const dom::element& element) {
      std::int64_t id = -1;
      if (element.get(id) || id < 0 || id > std::numeric_limits<std::int32_t>::max() || ids.size() >= kMaxEndings)
        return false;
      ids.push_back(static_cast<std::int32_t>(id));
      return true;
    };
    dom::array list;
    if (At(key).get(list)) {
      if (!add(At(key))) return Bad(key, "is neither a token id nor a list of them");
      return ids;
    }
    for (const dom::element element : list)
      if (!add(element)) return Bad(key, "is not a short list of token ids");
    return ids;
  }

 private:
  dom::object object_;
  std::string_view file_;
};

/// A parsed document; `object` borrows from the parser.
struct Document {
  dom::parser parser;
  dom::object object;
};

Status ParseObject(std::string_view json, std::string_view file, std::size_t limit, Document& document) {
  if (json.size() > limit)
    return Fail(Code::kTooLarge, "{}: {} bytes are over the limit of {}", file, json.size(), limit);
  if (document.parser.allocate(0, kMaxDepth)) return Fail(Code::kNoMemory, "{}: no memory to parse it", file);
  if (const auto error = document.parser.parse(json.data(), json.size()).get(document.object))
    return Fail(Code::kCorrupt, "{}: not a JSON object: {}", file, simdjson::error_message(error));
  return {};
}

tl::unexpected<Error> Unsupported(std::string_view file, std::string_view what) {
  return Fail(Code::kUnsupported, "{}: {}", file, what);
}

Status ReadRope(const Fields& root, ModelConfig& c) {
  // rope_scaling (older) wins over rope_parameters when both are there; theta may lie inside or outside.
  ASSIGN_OR_RETURN(auto scaling, root.Object("rope_scaling"));
  if (scaling && scaling->size() == 0) scaling.reset();
  if (!scaling) {
    ASSIGN_OR_RETURN(scaling, root.Object("rope_parameters"));
  }
  ASSIGN_OR_RETURN(const float outer_theta, root.Number("rope_theta", 10000.f));
  ASSIGN_OR_RETURN(const float outer_partial, root.Number("partial_rotary_factor", 1.f));
  c.rope_theta = outer_theta;
  c.rope_dim = c.head_dim;
  const Fields rope(scaling.value_or(dom::object()), root.file());
  std::string_view type = "default";
  float partial = outer_partial;
  if (scaling) {
    ASSIGN_OR_RETURN(c.rope_theta, rope.Number("rope_theta", outer_theta));
    ASSIGN_OR_RETURN(partial, rope.Number("partial_rotary_factor", outer_partial));
    ASSIGN_OR_RETURN(const std::string_view old_type, rope.Text("type", "default"));
    ASSIGN_OR_RETURN(type, rope.Text("rope_type", old_type));
  }
  if (partial != 1.f)
    return Unsupported(root.file(), "partial_rotary_factor other than 1 is not supported for this architecture");
  if (type == "default") return {};
  if (type != "linear" && type != "yarn" && type != "llama3")
    return Unsupported(root.file(), fmt::format("rope type '{}' is not supported; default, linear, yarn and llama3 are",
                                                type.substr(0, 40)));
  const float context = static_cast<float>(c.context);
  ASSIGN_OR_RETURN(const float inner_original, rope.Number("original_max_position_embeddings", context));
  ASSIGN_OR_RETURN(c.rope_original_context, root.Number("original_max_position_embeddings", inner_original));
  if (type == "yarn" && !rope.Has("factor") && c.rope_original_context > 0.f) {
    c.rope_factor = context / c.rope_original_context;
  } else {
    ASSIGN_OR_RETURN(c.rope_factor, rope.Number("factor"));
  }
  if (!(c.rope_factor > 0.f)) return rope.Bad("factor", "must be positive");
  if (type == "linear") {
    c.rope_scaling = RopeScaling::kLinear;
  } else if (type == "llama3") {
    c.rope_scaling = RopeScaling::kLlama3;
    ASSIGN_OR_RETURN(c.llama3_low_freq_factor, rope.Number("low_freq_factor"));
    ASSIGN_OR_RETURN(c.llama3_high_freq_factor, rope.Number("high_freq_factor"));
  } else {
    c.rope_scaling = RopeScaling::kYarn;
    // Zero means "not given" for these, as it does in Python's `or`.
    ASSIGN_OR_RETURN(const float fast, rope.Number("beta_fast", 0.f));
    ASSIGN_OR_RETURN(const float slow, rope.Number("beta_slow", 0.f));
    if (fast != 0.f) c.yarn_beta_fast = fast;
    if (slow != 0.f) c.yarn_beta_slow = slow;
    ASSIGN_OR_RETURN(c.yarn_truncate, rope.Flag("truncate", true));
    ASSIGN_OR_RETURN(const float mscale, rope.Number("mscale", 0.f));
    ASSIGN_OR_RETURN(const float mscale_all, rope.Number("mscale_all_dim", 0.f));
    const float log_factor = c.rope_factor <= 1.f ? 0.f : std::log(c.rope_factor);
    const float inferred = mscale != 0.f && mscale_all != 0.f
                               ? (0.1f * mscale * log_factor + 1.f) / (0.1f * mscale_all * log_factor + 1.f)
                               : YarnAttentionFactor(c.rope_factor);
    ASSIGN_OR_RETURN(c.yarn_attention_factor, rope.Number("attention_factor", inferred));
  }
  return {};
}

Status RefuseUnsupported(const Fields& root, const ModelConfig& c) {
  ASSIGN_OR_RETURN(const std::string_view activation, root.Text("hidden_act", "silu"));
  if (activation != "silu")
    return Unsupported(root.file(), fmt::format("hidden_act '{}' is not supported; silu is", activation.substr(0, 40)));
  for (const char* key : {"attention_bias", "mlp_bias"}) {
    ASSIGN_OR_RETURN(const bool on, root.Flag(key, false));
    if (on && (key != std::string_view("attention_bias") || c.architecture != "qwen2"))
      return Unsupported(root.file(), fmt::format("{} is not supported for {}", key, c.architecture));
  }
  ASSIGN_OR_RETURN(const auto quantization, root.Object("quantization_config"));
  ASSIGN_OR_RETURN(const auto mlx, root.Object("quantization"));
  if (quantization || mlx) {
    ASSIGN_OR_RETURN(const std::string_view method,
                     Fields(quantization ? *quantization : *mlx, root.file()).Text("quant_method", "unnamed"));
    return Unsupported(root.file(),
                       fmt::format("weights quantised by '{}' are not supported; take the original or a GGUF file",
                                   method.substr(0, 40)));
  }
  ASSIGN_OR_RETURN(const bool sliding, root.Flag("use_sliding_window", false));
  if (!sliding || !root.Has("sliding_window")) return {};
  ASSIGN_OR_RETURN(const std::uint32_t full_layers, root.Count("max_window_layers", 28));
  bool slides = full_layers < c.layers;
  if (root.Has("layer_types")) {
    dom::array types;
    if (root.At("layer_types").get(types)) return root.Bad("layer_types", "is not a list");
    slides = false;
    for (const dom::element element : types) {
      std::string_view type;
      if (element.get(type)) return root.Bad("layer_types", "is not a list of names");
      slides = slides || type != "full_attention";
    }
  }
  if (slides) return Unsupported(root.file(), "sliding window attention (use_sliding_window) is not supported");
  return {};
}

Status ReadGeneration(std::string_view json, std::string_view file, ModelConfig& c) {
  Document document;
  RETURN_IF_ERROR(ParseObject(json, file, kMaxConfigBytes, document));
  const Fields root(document.object, file);
  ASSIGN_OR_RETURN(auto eos, root.Ids("eos_token_id"));
  if (!eos.empty()) c.eos_ids = std::move(eos);
  ASSIGN_OR_RETURN(const auto bos, root.Ids("bos_token_id"));
  if (!bos.empty()) c.bos_id = bos.front();
  ASSIGN_OR_RETURN(const float temperature, root.Number("temperature", -1.f));
  ASSIGN_OR_RETURN(const float top_p, root.Number("top_p", -1.f));
  ASSIGN_OR_RETURN(const float top_k, root.Number("top_k", -1.f));
  if (temperature >= 0.f && temperature <= 10.f) c.default_temperature = temperature;
  if (top_p > 0.f && top_p <= 1.f) c.default_top_p = top_p;
  if (top_k >= 0.f && top_k <= 1e6f) c.default_top_k = static_cast<std::int32_t>(top_k);
  return {};
}

}  // namespace

Result<HfConfig> ParseHfConfig(std::string_view config_json, std::string_view file, std::string_view generation_json,
                               std::string_view generation_file) {
  Document document;
  RETURN_IF_ERROR(ParseObject(config_json, file, kMaxConfigBytes, document));
  const Fields root(document.object, file);
  HfConfig out;
  ModelConfig& c = out.config;
  if (!root.Has("model_type")) return root.Bad("model_type", "is missing");
  ASSIGN_OR_RETURN(c.architecture, root.Text("model_type", ""));
  if (c.architecture != "llama" && c.architecture != "qwen2" && c.architecture != "qwen3")
    return Unsupported(file, fmt::format("model_type '{}' cannot be run yet; llama, qwen2 and qwen3 can",
                                         c.architecture.substr(0, 60)));
  const bool llama = c.architecture == "llama";
  ASSIGN_OR_RETURN(c.layers, root.Count("num_hidden_layers"));
  ASSIGN_OR_RETURN(c.hidden, root.Count("hidden_size"));
  ASSIGN_OR_RETURN(c.ffn, root.Count("intermediate_size"));
  ASSIGN_OR_RETURN(c.heads, root.Count("num_attention_heads"));
  ASSIGN_OR_RETURN(c.vocab, root.Count("vocab_size"));
  if (c.heads == 0) return root.Bad("num_attention_heads", "is 0");
  ASSIGN_OR_RETURN(c.kv_heads, root.Count("num_key_value_heads", c.heads));
  ASSIGN_OR_RETURN(c.head_dim, root.Count("head_dim", c.architecture == "qwen3" ? 128 : c.hidden / c.heads));
  ASSIGN_OR_RETURN(c.context, root.Count("max_position_embeddings", llama ? 2048 : 32768));
  ASSIGN_OR_RETURN(c.rms_eps, root.Number("rms_norm_eps", 1e-6f));
  ASSIGN_OR_RETURN(c.name, root.Text("_name_or_path", ""));
  if (c.name.size() > 100) c.name.clear();
  out.tie_given = root.Has("tie_word_embeddings");
  ASSIGN_OR_RETURN(c.tied, root.Flag("tie_word_embeddings", false));
  c.qkv_bias = c.architecture == "qwen2";
  c.qk_norm = c.architecture == "qwen3";
  RETURN_IF_ERROR(ReadRope(root, c));
  RETURN_IF_ERROR(RefuseUnsupported(root, c));
  ASSIGN_OR_RETURN(c.eos_ids, root.Ids("eos_token_id"));
  ASSIGN_OR_RETURN(const auto bos, root.Ids("bos_token_id"));
  if (!bos.empty()) c.bos_id = bos.front();
  if (!generation_json.empty()) RETURN_IF_ERROR(ReadGeneration(generation_json, generation_file, c));
  RETURN_IF_ERROR(Validate(c, file));
  return out;
}

Result<std::string> ChatTemplateOf(std::string_view json, std::string_view file) {
  Document document;
  RETURN_IF_ERROR(ParseObject(json, file, kMaxTokenizerConfigBytes, document));
  const Fields root(document.object, file);
  if (!root.Has("chat_template")) return std::string();
  std::string_view text;
  if (!root.At("chat_template").get(text)) return std::string(text);
  dom::array named;
  if (root.At("chat_template").get(named)) return root.Bad("chat_template", "is neither a string nor a list");
  for (const dom::element element : named) {
    std::string_view name, source;
    if (element["name"].get(name) || element["template"].get(source))
      return root.Bad("chat_template", "holds an entry without name and template");
    if (name == "default" || text.empty()) text = source;
    if (name == "default") break;
  }
  return std::string(text);
}

Result<TextPooling> ParsePooling(std::string_view json, std::string_view file) {
  Document document;
  RETURN_IF_ERROR(ParseObject(json, file, kMaxConfigBytes, document));
  TextPooling pooling = TextPooling::kUnsaid;
  // Two modes at once are joined vectors.
  const auto add = [&](TextPooling mode) {
    pooling = pooling == TextPooling::kUnsaid ? mode : TextPooling::kOther;
  };
  const auto mode_of = [](std::string_view name) {
    return name == "lasttoken"                        ? TextPooling::kLast
           : name == "mean" || name == "mean_tokens" ? TextPooling::kMean
                                                      : TextPooling::kOther;
  };
  constexpr std::string_view kPrefix = "pooling_mode";
  for (const auto& [key, value] : document.object) {
    bool on = false;
    std::string_view name;
    if (key == kPrefix && !value.get(name)) add(mode_of(name));
    else if (key.starts_with(kPrefix) && key.size() > kPrefix.size() && !value.get(on) && on)
      add(mode_of(key.substr(kPrefix.size() + 1)));
  }
  return pooling;
}

std::string CanonicalName(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kBlock = {
      {{"input_layernorm", "attn_norm"},
       {"post_attention_layernorm", "ffn_norm"},
       {"self_attn.q_proj", "attn_q"},
       {"self_attn.k_proj", "attn_k"},
       {"self_attn.v_proj", "attn_v"},
       {"self_attn.o_proj", "attn_output"},
       {"mlp.gate_proj", "ffn_gate"},
       {"mlp.up_proj", "ffn_up"},
       {"mlp.down_proj", "ffn_down"}}};
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kNorms = {
      {{"self_attn.q_norm", "attn_q_norm"}, {"self_attn.k_norm", "attn_k_norm"}}};
  if (name == "lm_head.weight") return "output.weight";
  if (name.starts_with("model.")) name.remove_prefix(6);
  if (name == "embed_tokens.weight") return "token_embd.weight";
  if (name == "norm.weight") return "output_norm.weight";
  constexpr std::string_view kLayers = "layers.";
  if (!name.starts_with(kLayers)) return "";
  name.remove_prefix(kLayers.size());
  const std::size_t dot = name.find('.');
  if (dot == 0 || dot > 5 || dot == name.npos || name.find_first_not_of("0123456789") != dot ||
      (name[0] == '0' && dot > 1))
    return "";
  const std::string_view layer = name.substr(0, dot);
  name.remove_prefix(dot + 1);
  const std::size_t last = name.rfind('.');
  if (last == name.npos) return "";
  const std::string_view part = name.substr(0, last), kind = name.substr(last + 1);
  if (kind != "weight" && kind != "bias") return "";
  for (const auto& [hf, gguf] : kBlock)
    if (part == hf) return fmt::format("blk.{}.{}.{}", layer, gguf, kind);
  for (const auto& [hf, gguf] : kNorms)
    if (part == hf && kind == "weight") return fmt::format("blk.{}.{}.{}", layer, gguf, kind);
  return "";
}

}  // namespace yun
