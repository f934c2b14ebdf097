#include "formats/checkpoint/adapter_file.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <map>

#include "base/mapped_file.h"
#include "formats/checkpoint/hf_config.h"

namespace yun {
namespace {
namespace dom = simdjson::dom;
namespace fs = std::filesystem;

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxPatterns = 4096;
constexpr std::size_t kShownName = 200;
constexpr double kScaleMax = 1e6;
constexpr std::string_view kPeftPrefix = "base_model.model.";

std::string Shown(std::string_view text) { return std::string(text.substr(0, kShownName)); }

/// A key of rank_pattern or alpha_pattern. PEFT takes it as a regular expression for the end of a module's name, from
/// a dot on; names are all that is written there in practice.
struct Pattern {
  std::string name;
  bool whole = false;  // begins with ^
  double value = 0;
};

bool Matches(const Pattern& pattern, std::string_view module) {
  if (!module.ends_with(pattern.name)) return false;
  const std::size_t before = module.size() - pattern.name.size();
  return before == 0 || (!pattern.whole && module[before - 1] == '.');
}

/// What of adapter_config.json decides the numbers.
struct PeftConfig {
  double rank = 8, alpha = 8;
  bool rank_stabilised = false;  // scale = alpha / sqrt(rank)
  std::vector<Pattern> ranks, alphas;

  double RankOf(std::string_view module) const { return Find(ranks, module, rank); }
  double AlphaOf(std::string_view module) const { return Find(alphas, module, alpha); }

 private:
  static double Find(const std::vector<Pattern>& patterns, std::string_view module, double otherwise) {
    for (const Pattern& pattern : patterns)
      if (Matches(pattern, module)) return pattern.value;
    return otherwise;
  }
};

bool Empty(const dom::element& value) {
  dom::array list;
  dom::object object;
  bool flag = true;
  std::string_view text;
  if (value.is_null()) return true;
  if (!value.get(flag)) return !flag;
  if (!value.get(list)) return list.size() == 0;
  if (!value.get(object)) return object.size() == 0;
  if (!value.get(text)) return text.empty();
  return false;
}

Status ReadPatterns(const dom::object& root, std::string_view key, std::string_view file, std::vector<Pattern>& out) {
  dom::element value;
  if (root.at_key(key).get(value) || value.is_null()) return {};
  dom::object object;
  if (value.get(object)) return Fail(Code::kCorrupt, "{}: '{}' is not an object", file, key);
  for (const auto& [name, number] : object) {
    Pattern pattern;
    if (number.get(pattern.value)) return Fail(Code::kCorrupt, "{}: '{}' holds something else than numbers", file, key);
    std::string_view plain = name;
    if (plain.starts_with('^')) pattern.whole = true, plain.remove_prefix(1);
    if (plain.empty() || plain.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") !=
                             plain.npos)
      return Fail(Code::kUnsupported, "{}: '{}' of {} is a regular expression; plain names of modules are supported",
                  file, Shown(name), key);
    if (out.size() >= kMaxPatterns)
      return Fail(Code::kTooLarge, "{}: '{}' has more than {} entries", file, key, kMaxPatterns);
    pattern.name = plain;
    out.push_back(std::move(pattern));
  }
  return {};
}

Result<PeftConfig> ParsePeft(std::string_view json, std::string_view file) {
  if (json.size() > kMaxConfigBytes)
    return Fail(Code::kTooLarge, "{}: {} bytes are over the limit of {}", file, json.size(), kMaxConfigBytes);
  dom::parser parser;
  dom::object root;
  if (parser.allocate(0, kMaxDepth)) return Fail(Code::kNoMemory, "{}: no memory to parse it", file);
  if (const auto error = parser.parse(json.data(), json.size()).get(root))
    return Fail(Code::kCorrupt, "{}: not a JSON object: {}", file, simdjson::error_message(error));
  const auto text = [&](const char* key, std::string_view otherwise) {
    std::string_view value;
    return root.at_key(key).get(value) ? otherwise : value;
  };
  if (const std::string_view type = text("peft_type", "LORA"); type != "LORA")
    return Fail(Code::kUnsupported, "{}: a PEFT adapter of type '{}' is not supported; LORA is", file, Shown(type));
  // What would change the model in another way than by low-rank products of its matrices.
  static constexpr const char* kRefused[] = {"use_dora",      "lora_bias",         "modules_to_save",
                                             "fan_in_fan_out", "layer_replication", "trainable_token_indices",
                                             "use_qalora",    "target_parameters", "alora_invocation_tokens"};
  for (const char* key : kRefused) {
    dom::element value;
    if (!root.at_key(key).get(value) && !Empty(value))
      return Fail(Code::kUnsupported, "{}: adapters with '{}' are not supported", file, key);
  }
  if (const std::string_view bias = text("bias", "none"); bias != "none")
    return Fail(Code::kUnsupported, "{}: adapters with bias '{}' are not supported", file, Shown(bias));
  // These begin by changing the model's own weights, which the saved matrices then count on.
  const std::string_view begun = text("init_lora_weights", "");
  for (const std::string_view how : {"pissa", "olora", "corda", "loftq"})
    if (begun.starts_with(how))
      return Fail(Code::kUnsupported,
                  "{}: init_lora_weights '{}' changes the model's own weights; convert the adapter to plain LoRA",
                  file, Shown(begun));
  PeftConfig config;
  const auto number = [&](const char* key, double& out) -> Status {
    dom::element value;
    if (root.at_key(key).get(value) || value.is_null()) return {};
    if (value.get(out)) return Fail(Code::kCorrupt, "{}: '{}' is not a number", file, key);
    return {};
  };
  RETURN_IF_ERROR(number("r", config.rank));
  RETURN_IF_ERROR(number("lora_alpha", config.alpha));
  dom::element flag;
  if (!root.at_key("use_rslora").get(flag) && !flag.is_null() && flag.get(config.rank_stabilised))
    return Fail(Code::kCorrupt, "{}: 'use_rslora' is neither true nor false", file);
  RETURN_IF_ERROR(ReadPatterns(root, "rank_pattern", file, config.ranks));
  RETURN_IF_ERROR(ReadPatterns(root, "alpha_pattern", file, config.alphas));
  return config;
}

tl::unexpected<Error> NotAPart(std::string_view file, std::string_view tensor) {
  return Fail(Code::kUnsupported,
              "{}: tensor '{}' is not supported: adapters may change q, k, v, o, gate, up and down of layers", file,
              Shown(tensor));
}

std::string ShapeText(const std::vector<std::uint64_t>& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

/// Gathers A and B of each matrix as they come.
using Halves = std::map<AdapterPlace, AdapterProduct>;
AdapterProduct& ProductOf(Halves& halves, const AdapterPlace& place, std::string_view matrix) {
  AdapterProduct& product = halves[place];
  product.place = place;
  product.matrix = matrix;
  return product;
}

}  // namespace

std::optional<AdapterPlace> AdapterPlaceOf(std::string_view name) {
  constexpr std::string_view kBefore = "blk.", kAfter = ".weight";
  if (!name.starts_with(kBefore) || !name.ends_with(kAfter)) return {};
  name.remove_prefix(kBefore.size());
  AdapterPlace place;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), place.layer);
  const auto digits = static_cast<std::size_t>(end - name.data());
  if (error != std::errc() || digits > 5 || (name[0] == '0' && digits > 1) || name[digits] != '.') return {};
  name.remove_prefix(digits + 1);
  if (name.size() < kAfter.size()) return {};
  name.remove_suffix(kAfter.size());
  place.part = static_cast<std::size_t>(std::ranges::find(kAdapterParts, name) - std::begin(kAdapterParts));
  if (place.part == std::size(kAdapterParts)) return {};
  return place;
}

Result<AdapterFile> AdapterFile::OfPeft(std::string_view config_json, safetensors::Model model,
                                        std::string_view name) {
  AdapterFile file;
  file.name_ = name;
  file.peft_ = std::move(model);
  const std::string config_name = fmt::format("{}/adapter_config.json", name);
  ASSIGN_OR_RETURN(const PeftConfig config, ParsePeft(config_json, config_name));
  Halves halves;
  for (const safetensors::TensorInfo& tensor : file.peft_.tensors()) {
    std::string_view module = tensor.name;
    if (module.starts_with(kPeftPrefix)) module.remove_prefix(kPeftPrefix.size());
    bool is_b = false;
    const auto ends = [&](std::string_view end) {
      if (!module.ends_with(end)) return false;
      module.remove_suffix(end.size());
      return true;
    };
    if (ends(".lora_B.weight") || ends(".lora_B.default.weight")) is_b = true;
    else if (!ends(".lora_A.weight") && !ends(".lora_A.default.weight")) return NotAPart(name, tensor.name);
    const std::string matrix = CanonicalName(fmt::format("{}.weight", module));
    const auto place = AdapterPlaceOf(matrix);
    if (!place) return NotAPart(name, tensor.name);
    if (!tensor.type)
      return Fail(Code::kUnsupported, "{}: tensor '{}' is of type {}, which is not supported; F32, F16 and BF16 are",
                  name, tensor.name, Shown(tensor.dtype));
    AdapterProduct& product = ProductOf(halves, *place, matrix);
    std::string& known = is_b ? product.b_name : product.a_name;
    if (!known.empty())
      return Fail(Code::kCorrupt, "{}: tensors '{}' and '{}' stand for the same", name, known, tensor.name);
    known = tensor.name;
    (is_b ? product.b : product.a) = {*tensor.type, tensor.shape, tensor.data};
    if (is_b) continue;
    const double rank = config.RankOf(module), alpha = config.AlphaOf(module);
    if (!tensor.shape.empty() && rank != static_cast<double>(tensor.shape[0]))
      return Fail(Code::kCorrupt, "{}: tensor '{}' has shape {}, but its rank in adapter_config.json is {}", name,
                  tensor.name, ShapeText(tensor.shape), rank);
    product.scale = static_cast<float>(alpha / (config.rank_stabilised ? std::sqrt(rank) : rank));
  }
  for (auto& [_, product] : halves) file.products_.push_back(std::move(product));
  RETURN_IF_ERROR(file.Check());
  return file;
}

Result<AdapterFile> AdapterFile::OfGguf(gguf::File gguf, std::string_view name) {
  AdapterFile file;
  file.name_ = name;
  file.gguf_ = std::move(gguf);
  const auto text = [&](const char* key) -> std::string_view {
    const gguf::Value* value = file.gguf_.Find(key);
    return value ? value->AsString().value_or("") : "";
  };
  if (text("general.type") != "adapter")
    return Fail(Code::kInvalidArgument, "{}: this GGUF file is no adapter: its general.type is '{}'", name,
                Shown(text("general.type")));
  if (const std::string_view type = text("adapter.type"); type != "lora")
    return Fail(Code::kUnsupported, "{}: an adapter of type '{}' is not supported; lora is", name, Shown(type));
  file.architecture_ = text("general.architecture");
  if (file.architecture_.empty())
    return Fail(Code::kCorrupt, "{}: metadata key 'general.architecture' is missing", name);
  if (file.gguf_.Find("adapter.alora.invocation_tokens"))
    return Fail(Code::kUnsupported, "{}: adapters that begin at invocation tokens are not supported", name);
  double alpha = 0;  // 0: the matrices are scaled already
  if (const gguf::Value* value = file.gguf_.Find("adapter.lora.alpha")) {
    const auto number = value->AsDouble();
    if (!number) return Fail(Code::kCorrupt, "{}: 'adapter.lora.alpha' is not a number", name);
    alpha = *number;
  }
  Halves halves;
  for (const gguf::TensorInfo& tensor : file.gguf_.tensors()) {
    std::string_view matrix = tensor.name;
    const bool is_b = matrix.ends_with(".lora_b");
    if (!is_b && !matrix.ends_with(".lora_a")) return NotAPart(name, tensor.name);
    matrix.remove_suffix(std::string_view(".lora_a").size());
    const auto place = AdapterPlaceOf(matrix);
    if (!place) return NotAPart(name, tensor.name);
    const quant::TypeInfo* type = quant::FindType(tensor.type);
    if (!type)
      return Fail(Code::kUnsupported, "{}: tensor '{}' is of type {}, which is not supported", name, tensor.name,
                  gguf::TensorTypeName(tensor.type));
    AdapterProduct& product = ProductOf(halves, *place, matrix);
    const std::vector<std::uint64_t> shape(tensor.dims.rbegin(), tensor.dims.rend());
    (is_b ? product.b_name : product.a_name) = tensor.name;  // the reader refuses a name that comes twice
    (is_b ? product.b : product.a) = {type->type, shape, tensor.data};
    if (!is_b && alpha != 0 && !shape.empty() && shape[0] > 0)
      product.scale = static_cast<float>(alpha / static_cast<double>(shape[0]));
  }
  for (auto& [_, product] : halves) file.products_.push_back(std::move(product));
  RETURN_IF_ERROR(file.Check());
  return file;
}

Status AdapterFile::Check() {
  if (products_.empty()) return Fail(Code::kCorrupt, "{}: the adapter has no tensors", name_);
  for (const AdapterProduct& product : products_) {
    if (product.a_name.empty() || product.b_name.empty())
      return Fail(Code::kCorrupt, "{}: tensor '{}' has no counterpart", name_,
                  product.a_name.empty() ? product.b_name : product.a_name);
    const auto& a = product.a.shape;
    const auto& b = product.b.shape;
    if (a.size() != 2 || b.size() != 2 || a[0] != b[1])
      return Fail(Code::kInvalidArgument, "{}: tensors '{}' of shape {} and '{}' of shape {} cannot be multiplied",
                  name_, product.a_name, ShapeText(a), product.b_name, ShapeText(b));
    if (a[0] < 1 || a[0] > kAdapterRankMax)
      return Fail(Code::kTooLarge, "{}: tensor '{}' has rank {}; [1, {}] is supported", name_, product.a_name, a[0],
                  kAdapterRankMax);
    for (const auto& [view, tensor] : {std::pair(&product.a, &product.a_name), {&product.b, &product.b_name}}) {
      if (view->shape[1] % quant::InfoOf(view->type).block_items != 0)
        return Fail(Code::kCorrupt, "{}: tensor '{}': {} columns are no multiple of the {} block", name_, *tensor,
                    view->shape[1], quant::InfoOf(view->type).name);
      // The readers have held shape and bytes against each other; nothing here multiplies what it has not seen.
      if (view->bytes.empty()) return Fail(Code::kCorrupt, "{}: tensor '{}' is empty", name_, *tensor);
    }
    if (!(std::fabs(product.scale) <= kScaleMax))
      return Fail(Code::kCorrupt, "{}: tensor '{}' has a scale of {}", name_, product.a_name, product.scale);
  }
  return {};
}

Result<AdapterFile> AdapterFile::Open(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    const fs::path config = path / "adapter_config.json", weights = path / "adapter_model.safetensors";
    for (const fs::path& part : {config, weights})
      if (!fs::exists(part, error))
        return Fail(Code::kNotFound, "{}: there is no such file; a folder of an adapter holds it", part.string());
    ASSIGN_OR_RETURN(const MappedFile json, MappedFile::Open(config));
    ASSIGN_OR_RETURN(safetensors::Model model, safetensors::Model::Open(weights));
    return OfPeft({reinterpret_cast<const char*>(json.bytes().data()), json.bytes().size()}, std::move(model),
                  path.string());
  }
  if (!fs::exists(path, error)) return Fail(Code::kNotFound, "{}: there is no such file or folder", path.string());
  ASSIGN_OR_RETURN(gguf::File file, gguf::File::Open(path));
  return OfGguf(std::move(file), path.string());
}

}  // namespace yun
