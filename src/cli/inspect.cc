// yun inspect PATH: what is in a model's files, whether yun can run it, and what memory it takes.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/table.h"
#include "formats/checkpoint/checkpoint.h"
#include "hub/store.h"
#include "text/unicode/utf8.h"

namespace yun::cli {
namespace {

namespace json = boost::json;

constexpr std::uint32_t kDefaultContext = 8192;
constexpr std::uint64_t kKvElementBytes = 2;  // the cache holds halves

struct Options {
  std::string model;
  std::uint32_t context = 0;  // 0: kDefaultContext or the model's own, the smaller
  bool json = false, tensors = false;
};

/// Tensors of one type, or of one name in all layers.
struct Group {
  std::uint64_t count = 0, bytes = 0;
};

struct Memory {
  std::uint32_t context = 0;
  std::uint64_t weights = 0, kv = 0;
};

/// All that is printed.
struct Facts {
  std::unique_ptr<Checkpoint> checkpoint;
  std::optional<ModelConfig> config;
  std::string cannot_run;  // empty: it can
  std::string tokenizer;   // empty: none
  std::uint64_t parameters = 0;
  std::map<std::string, Group> types;
  std::optional<Memory> memory;
};

/// Text from a file for a terminal: broken UTF-8 replaced, control characters other than \n and \t escaped.
std::string Printable(std::string_view text) {
  std::string out;
  for (const char c : unicode::ReplaceInvalid(text)) {
    const auto u = static_cast<unsigned char>(c);
    if ((u < 0x20 && c != '\n' && c != '\t') || u == 0x7f)
      out += fmt::format("\\x{:02x}", u);
    else
      out += c;
  }
  return out;
}

std::string ShapeText(const std::vector<std::uint64_t>& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

std::string RopeText(const ModelConfig& c) {
  std::string text = fmt::format("theta {}", c.rope_theta);
  switch (c.rope_scaling) {
    case RopeScaling::kNone:
      break;
    case RopeScaling::kLinear:
      text += fmt::format(", linear x{}", c.rope_factor);
      break;
    case RopeScaling::kYarn:
      text += fmt::format(", yarn x{} of {} tokens, attention factor {:.4f}", c.rope_factor, c.rope_original_context,
                          c.yarn_attention_factor);
      break;
    case RopeScaling::kLlama3:
      text += fmt::format(", llama3 x{} of {} tokens", c.rope_factor, c.rope_original_context);
      break;
  }
  if (!c.rope_freq_divisors.empty()) text += ", frequency divisors in the file";
  return text;
}

/// Why the engine cannot compute it; empty when it can.
std::string WhyNot(const Checkpoint& checkpoint, const Result<ModelConfig>& config) {
  if (!config) return config.error().message;
  if (!checkpoint.has_weights()) return "there are no weights here";
  for (const TensorNeed& need : TensorsOf(*config)) {
    const auto tensor = checkpoint.Tensor(need.name);
    if (!tensor) return tensor.error().message;
    if (tensor->shape != need.shape)
      return fmt::format("tensor '{}' has the shape {}; {} is needed", need.name, ShapeText(tensor->shape),
                         ShapeText(need.shape));
  }
  return {};
}

Result<Facts> Inspect(const Options& options) {
  Facts facts;
  std::filesystem::path path = options.model;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    ASSIGN_OR_RETURN(const hub::Store store, hub::Store::Open(hub::HomeFolder()));
    ASSIGN_OR_RETURN(path, hub::ResolveModel(store, options.model));
  }
  ASSIGN_OR_RETURN(facts.checkpoint, Checkpoint::Open(path));
  const Checkpoint& checkpoint = *facts.checkpoint;
  auto config = checkpoint.Config();
  facts.cannot_run = WhyNot(checkpoint, config);
  for (const TensorEntry& tensor : checkpoint.Tensors()) {
    std::uint64_t items = 1;
    for (const std::uint64_t size : tensor.shape) items *= size;
    facts.parameters += items;
    Group& group = facts.types[tensor.type_name];
    ++group.count;
    group.bytes += tensor.bytes;
  }
  if (auto files = checkpoint.Tokenizer()) {
    facts.tokenizer = files->tokenizer_json.empty()
                          ? fmt::format("{}, pre-tokenizer {}, {} tokens, {} merges", files->gguf_model,
                                        files->gguf_pre.empty() ? "not named" : files->gguf_pre,
                                        files->gguf_tokens.size(), files->gguf_merges.size())
                          : "tokenizer.json";
  }
  if (config) {
    Memory memory;
    memory.context = options.context != 0 ? options.context : std::min(kDefaultContext, config->context);
    memory.weights = checkpoint.weight_bytes();
    memory.kv = 2 * kKvElementBytes * config->layers * config->kv_heads * config->head_dim * memory.context;
    facts.memory = memory;
    facts.config = std::move(*config);
  }
  return facts;
}

void Line(const char* key, const std::string& value) {
  if (!value.empty()) std::printf("%-14s%s\n", key, value.c_str());
}

/// "blk.*.ffn_up.weight": one line for all layers.
std::string WithoutLayer(const std::string& name) {
  std::string out;
  for (std::size_t i = 0; i < name.size();) {
    const bool number = name[i] >= '0' && name[i] <= '9' && i > 0 && name[i - 1] == '.';
    std::size_t end = i;
    while (number && end < name.size() && name[end] >= '0' && name[end] <= '9') ++end;
    if (number && end < name.size() && name[end] == '.') {
      out += '*';
      i = end;
    } else {
      out += name[i++];
    }
  }
  return out;
}

void PrintTensors(const std::vector<TensorEntry>& tensors, bool all) {
  if (all) {
    Table table({"TENSOR", "TYPE", "SHAPE", "SIZE"});
    for (const TensorEntry& tensor : tensors)
      table.Add({Printable(tensor.name), tensor.type_name, ShapeText(tensor.shape), SizeText(tensor.bytes)});
    table.Print();
    return;
  }
  std::map<std::string, std::size_t> places;
  struct Row {
    std::vector<std::string> cells;
    Group group;
  };
  std::vector<Row> rows;  // in the order of the file
  for (const TensorEntry& tensor : tensors) {
    const std::string name = Printable(WithoutLayer(tensor.name)), shape = ShapeText(tensor.shape);
    const auto [it, fresh] = places.emplace(name + '\n' + tensor.type_name + shape, rows.size());
    if (fresh) rows.push_back({{name, tensor.type_name, shape}, {}});
    Group& group = rows[it->second].group;
    ++group.count;
    group.bytes += tensor.bytes;
  }
  Table table({"TENSORS", "TYPE", "SHAPE", "COUNT", "SIZE"});
  for (Row& row : rows) {
    row.cells.push_back(std::to_string(row.group.count));
    row.cells.push_back(SizeText(row.group.bytes));
    table.Add(row.cells);
  }
  table.Print();
}

void Print(const Facts& facts, const Options& options) {
  const Checkpoint& checkpoint = *facts.checkpoint;
  for (const auto& file : checkpoint.files()) {
    std::error_code ignored;
    Line("file", fmt::format("{}  {}", Printable(file.string()), SizeText(std::filesystem::file_size(file, ignored))));
  }
  Line("container", checkpoint.container());
  if (facts.config) {
    const ModelConfig& c = *facts.config;
    Line("name", Printable(c.name));
    Line("architecture", fmt::format("{}: {} layers, hidden {}, {} heads, {} key-value heads of {}, feed-forward {}",
                                     c.architecture, c.layers, c.hidden, c.heads, c.kv_heads, c.head_dim, c.ffn));
    Line("vocabulary", fmt::format("{} tokens{}", c.vocab, c.tied ? ", output tied to the embedding" : ""));
    Line("context", fmt::format("{} tokens", c.context));
    Line("rope", RopeText(c));
    if (!c.eos_ids.empty()) Line("ends with", fmt::format("{}", fmt::join(c.eos_ids, ", ")));
    std::string sampling;
    if (c.default_temperature) sampling += fmt::format("temperature {}  ", *c.default_temperature);
    if (c.default_top_p) sampling += fmt::format("top_p {}  ", *c.default_top_p);
    if (c.default_top_k) sampling += fmt::format("top_k {}", *c.default_top_k);
    Line("sampling", sampling);
  }
  if (facts.parameters > 0)
    Line("parameters", fmt::format("{:.1f} million", static_cast<double>(facts.parameters) / 1e6));
  for (const auto& [type, group] : facts.types)
    Line("type", fmt::format("{:8} {:>5} tensor{}  {}", type, group.count, group.count == 1 ? " " : "s",
                             group.bytes != 0 ? SizeText(group.bytes) : std::string("size not known")));
  Line("tokenizer", facts.tokenizer.empty() ? "none" : Printable(facts.tokenizer));
  Line("runs", facts.cannot_run.empty() ? "yes" : "no: " + Printable(facts.cannot_run));
  if (facts.memory)
    Line("memory", fmt::format("{} for {} tokens of context: weights {}, f16 cache {}",
                               SizeText(facts.memory->weights + facts.memory->kv), facts.memory->context,
                               SizeText(facts.memory->weights), SizeText(facts.memory->kv)));
  const auto metadata = checkpoint.Metadata();
  if (!metadata.empty()) {
    std::printf("\n");
    Table table({"METADATA", "TYPE", "VALUE"});
    for (const MetadataEntry& entry : metadata)
      if (entry.key != "tokenizer.chat_template") table.Add({Printable(entry.key), entry.type, Printable(entry.value)});
    table.Print();
  }
  if (const auto tensors = checkpoint.Tensors(); !tensors.empty()) {
    std::printf("\n");
    PrintTensors(tensors, options.tensors);
  }
  if (const std::string source = checkpoint.ChatTemplate(); !source.empty())
    std::printf("\nCHAT TEMPLATE\n%s\n", Printable(source).c_str());
  else
    std::printf("\nno chat template\n");
}

void PrintJson(const Facts& facts) {
  const Checkpoint& checkpoint = *facts.checkpoint;
  const auto text = [](std::string_view s) { return unicode::ReplaceInvalid(s); };
  json::object out;
  json::array files, metadata, tensors;
  for (const auto& file : checkpoint.files()) files.push_back(json::string(text(file.string())));
  for (const MetadataEntry& entry : checkpoint.Metadata())
    metadata.push_back(json::object{{"key", text(entry.key)}, {"type", entry.type}, {"value", text(entry.value)}});
  for (const TensorEntry& tensor : checkpoint.Tensors())
    tensors.push_back(json::object{{"name", text(tensor.name)},
                                   {"type", tensor.type_name},
                                   {"shape", json::array(tensor.shape.begin(), tensor.shape.end())},
                                   {"bytes", tensor.bytes}});
  json::object types;
  for (const auto& [type, group] : facts.types)
    types[type] = json::object{{"tensors", group.count}, {"bytes", group.bytes}};
  out["container"] = checkpoint.container();
  out["files"] = std::move(files);
  out["runs"] = facts.cannot_run.empty();
  out["cannot_run"] = text(facts.cannot_run);
  out["parameters"] = facts.parameters;
  out["weight_bytes"] = checkpoint.weight_bytes();
  out["types"] = std::move(types);
  out["tokenizer"] = text(facts.tokenizer);
  if (facts.config) {
    const ModelConfig& c = *facts.config;
    out["config"] = json::object{{"architecture", c.architecture},
                                 {"name", text(c.name)},
                                 {"layers", c.layers},
                                 {"hidden", c.hidden},
                                 {"heads", c.heads},
                                 {"kv_heads", c.kv_heads},
                                 {"head_dim", c.head_dim},
                                 {"ffn", c.ffn},
                                 {"vocab", c.vocab},
                                 {"context", c.context},
                                 {"tied", c.tied},
                                 {"rope", RopeText(c)},
                                 {"eos_ids", json::array(c.eos_ids.begin(), c.eos_ids.end())}};
  }
  if (facts.memory)
    out["memory"] = json::object{{"context", facts.memory->context},
                                 {"weight_bytes", facts.memory->weights},
                                 {"kv_bytes", facts.memory->kv},
                                 {"bytes", facts.memory->weights + facts.memory->kv}};
  out["metadata"] = std::move(metadata);
  out["tensors"] = std::move(tensors);
  out["chat_template"] = text(checkpoint.ChatTemplate());
  std::cout << out << "\n";
}

}  // namespace

void RegisterInspect(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("inspect", "what is in a model's files, and what of it yun can run");
  command
      ->add_option("path", options->model, "a GGUF file, a Hugging Face folder, or the name of a model of `yun list`")
      ->required();
  command->add_flag("--json", options->json, "as JSON, with every tensor");
  command->add_flag("--tensors", options->tensors, "every tensor on a line of its own");
  command->add_option("--context", options->context, "tokens of context for which memory is told")
      ->check(CLI::Range(1u, 1u << 26));
  command->footer(
      "Examples:\n  yun inspect smollm2:135m\n  yun inspect model.gguf --tensors\n  yun inspect ./Qwen3-0.6B --context "
      "32768 --json");
  command->callback([options, &exit_code] {
    const auto facts = Inspect(*options);
    if (!facts) {
      exit_code = Report(facts.error());
      return;
    }
    if (options->json)
      PrintJson(*facts);
    else
      Print(*facts, *options);
    exit_code = 0;
  });
}

}  // namespace yun::cli
