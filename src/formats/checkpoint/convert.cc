#include "formats/checkpoint/convert.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>

#include "base/thread_pool.h"
#include "formats/checkpoint/checkpoint.h"
#include "formats/checkpoint/containers.h"
#include "formats/checkpoint/gguf_tokenizer.h"
#include "formats/gguf/gguf.h"
#include "formats/gguf/writer.h"
#include "formats/quant/dequantize.h"
#include "formats/quant/quantize.h"

namespace yun {
namespace {
namespace fs = std::filesystem;
using quant::Type;

constexpr std::uint32_t kQuantizationVersion = 2;
constexpr std::uint64_t kBatchItems = 4u << 20;  // elements in flight: 16 MB as floats
constexpr std::uint64_t kChunkItems = 1u << 16;  // elements a worker takes at a time

/// One tensor of the new file.
struct Plan {
  std::string name;
  TensorView source;
  Type type = Type::kF32;
  std::uint32_t permuted_heads = 0;  // > 0: rows are reordered for interleaved rope, head by head
  std::vector<float> made;           // instead of a source: numbers of our own (f32)
  std::uint64_t columns() const { return source.shape.back(); }
  std::uint64_t items() const {
    std::uint64_t n = 1;
    for (const std::uint64_t size : source.shape) n *= size;
    return n;
  }
};

/// Layers whose attn_v and ffn_down get more bits: the first and last eighth, and every third between (the customary
/// choice).
bool IsSensitiveLayer(std::uint32_t layer, std::uint32_t layers) {
  const std::uint32_t eighth = layers / 8;
  return layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2;
}

/// The layer number of "blk.N.x", and "x".
std::optional<std::pair<std::uint32_t, std::string_view>> LayerPart(std::string_view name) {
  if (!name.starts_with("blk.")) return std::nullopt;
  name.remove_prefix(4);
  std::uint32_t layer = 0;
  std::size_t digits = 0;
  while (digits < name.size() && digits < 6 && name[digits] >= '0' && name[digits] <= '9')
    layer = layer * 10 + static_cast<std::uint32_t>(name[digits++] - '0');
  if (digits == 0 || digits == name.size() || name[digits] != '.') return std::nullopt;
  return std::pair(layer, name.substr(digits + 1));
}

/// What a type becomes when the columns are no whole number of its blocks.
Type Fitting(Type type, std::uint64_t columns) {
  const auto fits = [&](Type t) { return columns % quant::InfoOf(t).block_items == 0; };
  if (fits(type)) return type;
  if (type == Type::kQ4_K && fits(Type::kQ5_0)) return Type::kQ5_0;
  return fits(Type::kQ8_0) ? Type::kQ8_0 : Type::kF16;
}

class TypeChooser {
 public:
  TypeChooser(const Recipe& recipe, std::uint32_t layers, bool tied) : recipe_(recipe), layers_(layers), tied_(tied) {}

  Type Choose(const Plan& tensor) {
    const std::string_view name = tensor.name;
    const std::size_t dims = tensor.source.shape.size();
    const bool matrix =
        dims >= 2 && name.ends_with(".weight") && name.find("norm") == name.npos && name.find("_inp.") == name.npos;
    if (!matrix) return dims == 1 || tensor.source.type == Type::kF32 ? Type::kF32 : tensor.source.type;
    Type wanted = recipe_.matrices;
    if (name == "output.weight" || (name == "token_embd.weight" && tied_)) wanted = recipe_.output;
    if (const auto part = LayerPart(name); part && IsSensitiveLayer(part->first, layers_))
      if (part->second == "attn_v.weight" || part->second == "ffn_down.weight") wanted = recipe_.sensitive;
    const Type type = Fitting(wanted, tensor.columns());
    if (type != wanted) ++replaced_[{wanted, type, tensor.columns()}];
    return type;
  }

  void Tell(const std::function<void(const std::string&)>& note) const {
    if (!note) return;
    for (const auto& [what, count] : replaced_) {
      const auto& [wanted, type, columns] = what;
      note(fmt::format("{} tensor{} of {} columns, no multiple of {}: {} instead of {}", count, count == 1 ? "" : "s",
                       columns, quant::InfoOf(wanted).block_items, quant::InfoOf(type).name,
                       quant::InfoOf(wanted).name));
    }
  }

 private:
  const Recipe& recipe_;
  std::uint32_t layers_;
  bool tied_;
  std::map<std::tuple<Type, Type, std::uint64_t>, int> replaced_;
};

/// Row `row` of the new tensor in the old one. Rotation pairs (i, i + d/2) of a head become neighbours (2i, 2i + 1).
std::uint64_t SourceRow(std::uint64_t row, std::uint64_t rows, std::uint32_t heads) {
  if (heads == 0) return row;
  const std::uint64_t head_dim = rows / heads, head = row / head_dim, r = row % head_dim;
  return head * head_dim + r % 2 * (head_dim / 2) + r / 2;
}

/// Divisors of the rotation frequencies, as llama3's scaling gives them.
std::vector<float> Llama3Divisors(const ModelConfig& c) {
  std::vector<float> divisors;
  for (std::uint32_t i = 0; i < c.rope_dim; i += 2) {
    const double frequency = 1.0 / std::pow(static_cast<double>(c.rope_theta), static_cast<double>(i) / c.rope_dim);
    const double wavelength = 2 * 3.14159265358979323846 / frequency, original = c.rope_original_context;
    if (wavelength < original / c.llama3_high_freq_factor) {
      divisors.push_back(1.f);
    } else if (wavelength > original / c.llama3_low_freq_factor) {
      divisors.push_back(c.rope_factor);
    } else {
      const double smooth =
          (original / wavelength - c.llama3_low_freq_factor) / (c.llama3_high_freq_factor - c.llama3_low_freq_factor);
      divisors.push_back(static_cast<float>(1.0 / ((1 - smooth) / c.rope_factor + smooth)));
    }
  }
  return divisors;
}

void AddConfig(const ModelConfig& c, gguf::Writer& writer) {
  const auto key = [&](const char* name) { return fmt::format("{}.{}", c.architecture, name); };
  writer.AddString("general.architecture", c.architecture);
  writer.AddString("general.type", "model");
  if (!c.name.empty()) writer.AddString("general.name", c.name);
  writer.AddUint32(key("block_count"), c.layers);
  writer.AddUint32(key("context_length"), c.context);
  writer.AddUint32(key("embedding_length"), c.hidden);
  writer.AddUint32(key("feed_forward_length"), c.ffn);
  writer.AddUint32(key("attention.head_count"), c.heads);
  writer.AddUint32(key("attention.head_count_kv"), c.kv_heads);
  writer.AddUint32(key("attention.key_length"), c.head_dim);
  writer.AddUint32(key("attention.value_length"), c.head_dim);
  writer.AddFloat(key("attention.layer_norm_rms_epsilon"), c.rms_eps);
  writer.AddUint32(key("vocab_size"), c.vocab);
  writer.AddFloat(key("rope.freq_base"), c.rope_theta);
  writer.AddUint32(key("rope.dimension_count"), c.rope_dim);
  if (c.rope_scaling == RopeScaling::kLinear || c.rope_scaling == RopeScaling::kYarn) {
    const bool yarn = c.rope_scaling == RopeScaling::kYarn;
    writer.AddString(key("rope.scaling.type"), yarn ? "yarn" : "linear");
    writer.AddFloat(key("rope.scaling.factor"), c.rope_factor);
    if (yarn) {
      writer.AddUint32(key("rope.scaling.original_context_length"),
                       static_cast<std::uint32_t>(c.rope_original_context));
      writer.AddFloat(key("rope.scaling.attn_factor"), c.yarn_attention_factor / YarnAttentionFactor(c.rope_factor));
      writer.AddFloat(key("rope.scaling.yarn_beta_fast"), c.yarn_beta_fast);
      writer.AddFloat(key("rope.scaling.yarn_beta_slow"), c.yarn_beta_slow);
      if (!c.yarn_truncate) writer.AddBool(key("rope.scaling.yarn_truncate"), false);
    }
  }
  if (c.default_temperature) writer.AddFloat("general.sampling.temp", *c.default_temperature);
  if (c.default_top_p) writer.AddFloat("general.sampling.top_p", *c.default_top_p);
  if (c.default_top_k) writer.AddUint32("general.sampling.top_k", static_cast<std::uint32_t>(*c.default_top_k));
}

/// Everything but what describes the old file alone.
void CopyMetadata(const gguf::File& file, gguf::Writer& writer) {
  for (const gguf::Entry& entry : file.metadata()) {
    const std::string_view key = entry.key;
    if (key.starts_with("split.") || key == "general.alignment" || key == "general.file_type" ||
        key == "general.quantization_version")
      continue;
    writer.AddValue(key, entry.value);
  }
}

/// What goes into the new file; the views borrow from one of the two sources.
struct Job {
  std::unique_ptr<Checkpoint> checkpoint;
  std::optional<gguf::File> file;
  std::vector<Plan> tensors;
  std::uint32_t layers = 0;
  bool tied = false;
  ConvertReport report;
};

Status PlanFolder(Job& job, gguf::Writer& writer, const ConvertOptions& options) {
  const Checkpoint& checkpoint = *job.checkpoint;
  if (!checkpoint.has_weights())
    return Fail(Code::kNotFound, "{}: holds no weights (model.safetensors or its index)",
                checkpoint.files().at(0).parent_path().string());
  ASSIGN_OR_RETURN(ModelConfig config, checkpoint.Config());
  AddConfig(config, writer);
  if (const TextPooling pooling = checkpoint.Pooling();
      pooling == TextPooling::kLast || pooling == TextPooling::kMean)
    writer.AddUint32(config.architecture + ".pooling_type",
                     pooling == TextPooling::kLast ? kPoolingLast : kPoolingMean);
  job.layers = config.layers;
  job.tied = config.tied;
  auto tokenizer = checkpoint.Tokenizer();
  if (tokenizer) {
    RETURN_IF_ERROR(AddTokenizer(*tokenizer, config, writer));
    job.report.has_tokenizer = true;
  } else if (tokenizer.error().code != Code::kNotFound) {
    return tl::unexpected<Error>(std::move(tokenizer.error()));
  } else {
    writer.AddString("tokenizer.ggml.model", "no_vocab");
    if (options.on_note)
      options.on_note("there is no tokenizer.json: the new file can be computed with, but not served");
  }
  if (const std::string source = checkpoint.ChatTemplate(); !source.empty()) {
    writer.AddString("tokenizer.chat_template", source);
    job.report.has_template = true;
  }
  if (config.rope_scaling == RopeScaling::kLlama3) {
    Plan divisors;
    divisors.name = "rope_freqs.weight";
    divisors.made = Llama3Divisors(config);
    divisors.source.shape = {divisors.made.size()};
    divisors.source.bytes = std::as_bytes(std::span(divisors.made));
    job.tensors.push_back(std::move(divisors));
  }
  for (TensorNeed& need : TensorsOf(config)) {
    Plan plan;
    ASSIGN_OR_RETURN(plan.source, checkpoint.Tensor(need.name));
    if (plan.source.shape != need.shape)
      return Fail(Code::kCorrupt, "tensor '{}' has the shape [{}], but config.json asks for [{}]", need.name,
                  fmt::join(plan.source.shape, ", "), fmt::join(need.shape, ", "));
    plan.name = std::move(need.name);
    if (config.architecture == "llama") {
      if (plan.name.ends_with("attn_q.weight")) plan.permuted_heads = config.heads;
      if (plan.name.ends_with("attn_k.weight")) plan.permuted_heads = config.kv_heads;
    }
    job.tensors.push_back(std::move(plan));
  }
  return {};
}

Status PlanFile(Job& job, gguf::Writer& writer, const fs::path& in) {
  const gguf::File& file = *job.file;
  CopyMetadata(file, writer);
  job.report.has_tokenizer = job.checkpoint->Tokenizer().has_value();
  job.report.has_template = file.Find("tokenizer.chat_template") != nullptr;
  if (file.tensors().empty()) return Fail(Code::kNotFound, "{}: holds no tensors", in.string());
  const gguf::Value* architecture = file.Find("general.architecture");
  const gguf::Value* layers =
      architecture ? file.Find(fmt::format("{}.block_count", architecture->AsString().value_or(""))) : nullptr;
  job.layers = layers ? static_cast<std::uint32_t>(layers->AsUint().value_or(0)) : 0;
  job.tied = !file.FindTensor("output.weight");
  for (const gguf::TensorInfo& tensor : file.tensors()) {
    Plan plan;
    plan.name = tensor.name;
    ASSIGN_OR_RETURN(plan.source, job.checkpoint->Tensor(tensor.name));
    job.tensors.push_back(std::move(plan));
  }
  return {};
}

Status WriteTensor(const Plan& tensor, gguf::Writer& writer, ThreadPool& pool,
                   const std::function<Status(std::uint64_t)>& step) {
  const std::uint64_t columns = tensor.columns(), rows = tensor.items() / columns;
  const std::size_t in_row = quant::RowBytes(tensor.source.type, columns),
                    out_row = quant::RowBytes(tensor.type, columns);
  const std::uint64_t batch_rows = std::clamp<std::uint64_t>(kBatchItems / columns, 1, rows);
  const std::uint64_t chunk_rows = std::clamp<std::uint64_t>(kChunkItems / columns, 1, batch_rows);
  std::vector<std::byte> out(batch_rows * out_row);
  std::vector<std::vector<float>> floats(static_cast<std::size_t>(pool.threads()), std::vector<float>(columns));
  for (std::uint64_t first = 0; first < rows; first += batch_rows) {
    const std::uint64_t count = std::min(batch_rows, rows - first);
    std::mutex mutex;
    std::optional<Error> error;  // the first one, guarded by mutex
    pool.ParallelFor(
        static_cast<std::uint32_t>((count + chunk_rows - 1) / chunk_rows), [&](std::uint32_t chunk, int worker) {
          std::vector<float>& row_floats = floats[static_cast<std::size_t>(worker)];
          for (std::uint64_t row = chunk * chunk_rows; row < std::min(count, (chunk + 1) * chunk_rows); ++row) {
            const std::byte* source =
                tensor.source.bytes.data() + SourceRow(first + row, rows, tensor.permuted_heads) * in_row;
            std::byte* target = out.data() + row * out_row;
            if (tensor.source.type == tensor.type) {
              std::memcpy(target, source, in_row);
              continue;
            }
            quant::DequantizeRow(tensor.source.type, source, row_floats.data(), columns);
            if (auto status = quant::QuantizeRow(tensor.type, row_floats.data(), target, columns); !status) {
              std::lock_guard lock(mutex);
              if (!error)
                error = Error{status.error().code,
                              fmt::format("tensor '{}', row {}: {}", tensor.name, first + row, status.error().message)};
              return;
            }
          }
        });
    if (error) return tl::unexpected<Error>(std::move(*error));
    RETURN_IF_ERROR(writer.Write(std::span(out).first(count * out_row)));
    RETURN_IF_ERROR(step(count * in_row));
  }
  return {};
}

}  // namespace

const std::vector<Recipe>& Recipes() {
  static const std::vector<Recipe> recipes = {
      {"q8_0", Type::kQ8_0, Type::kQ8_0, Type::kQ8_0, 7},  {"q4_k_m", Type::kQ4_K, Type::kQ6_K, Type::kQ6_K, 15},
      {"q4_0", Type::kQ4_0, Type::kQ6_K, Type::kQ4_0, 2},  {"q4_1", Type::kQ4_1, Type::kQ6_K, Type::kQ4_1, 3},
      {"bf16", Type::kBF16, Type::kBF16, Type::kBF16, 32}, {"f16", Type::kF16, Type::kF16, Type::kF16, 1},
      {"f32", Type::kF32, Type::kF32, Type::kF32, 0},
  };
  return recipes;
}

const Recipe* FindRecipe(std::string_view name) {
  for (const Recipe& recipe : Recipes())
    if (recipe.name == name) return &recipe;
  return nullptr;
}

Result<ConvertReport> Convert(const fs::path& in, const fs::path& out, const Recipe& recipe,
                              const ConvertOptions& options) {
  Job job;
  gguf::Writer writer;
  ASSIGN_OR_RETURN(job.checkpoint, Checkpoint::Open(in));
  std::error_code ignored;
  for (const fs::path& file : job.checkpoint->files())
    if (fs::equivalent(file, out, ignored))
      return Fail(Code::kInvalidArgument, "{}: is the input; choose another name", out.string());
  if (job.checkpoint->container().starts_with("GGUF")) {
    ASSIGN_OR_RETURN(job.file, gguf::File::Open(job.checkpoint->files().at(0)));
    RETURN_IF_ERROR(PlanFile(job, writer, in));
  } else {
    RETURN_IF_ERROR(PlanFolder(job, writer, options));
  }
  writer.AddUint32("general.file_type", recipe.file_type);
  writer.AddUint32("general.quantization_version", kQuantizationVersion);

  TypeChooser chooser(recipe, job.layers, job.tied);
  ConvertReport& report = job.report;
  bool twice = false;
  for (Plan& plan : job.tensors) {
    plan.type = chooser.Choose(plan);
    twice = twice || (quant::InfoOf(plan.source.type).block_items > 1 && plan.type != plan.source.type);
    writer.AddTensor(plan.name, plan.type,
                     std::vector<std::uint64_t>(plan.source.shape.rbegin(), plan.source.shape.rend()));
    report.parameters += plan.items();
    report.bytes_in += plan.source.bytes.size();
    report.bytes_out += plan.items() / plan.columns() * quant::RowBytes(plan.type, plan.columns());
  }
  chooser.Tell(options.on_note);
  if (twice && options.on_note)
    options.on_note("the input is quantised already: the new file is worse than one made from the original");
  const fs::path parent = out.has_parent_path() ? out.parent_path() : fs::path(".");
  if (const auto space = fs::space(parent, ignored); !ignored && space.available < report.bytes_out)
    return Fail(Code::kDisk, "{}: {} MB are needed, {} MB are free", parent.string(), report.bytes_out / 1000000,
                space.available / 1000000);

  RETURN_IF_ERROR(writer.Begin(out, options.replace));
  ThreadPool pool(std::clamp(options.threads, 1, ThreadPool::kThreadsMax));
  std::uint64_t done = 0;
  for (const Plan& plan : job.tensors) {
    RETURN_IF_ERROR(WriteTensor(plan, writer, pool, [&](std::uint64_t bytes) -> Status {
      done += bytes;
      if (options.on_progress) options.on_progress(done, report.bytes_in, plan.name);
      if (options.cancel && *options.cancel) return Fail(Code::kCancelled, "stopped; nothing was written");
      return {};
    }));
    if (plan.made.empty()) job.checkpoint->Release(plan.source);
  }
  RETURN_IF_ERROR(writer.Finish());
  return report;
}

}  // namespace yun
