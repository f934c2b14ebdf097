// yun bench: prefill and decode of one model, through the engine as users get it.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/thread_pool.h"
#include "cli/commands.h"
#include "cli/kv_type.h"
#include "cli/report.h"
#include "cli/roofs_json.h"
#include "cli/table.h"
#include "engine/engine.h"
#include "engine/kernels/registry.h"
#include "engine/kernels/roofs.h"
#include "hub/store.h"

namespace yun::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kDepthMin = 8;     // tokens before a decode that begins at no depth
constexpr double kBlockTokens = kernels::kCacheBlockTokens;

struct Options {
  std::string model = "smollm2:135m";
  std::vector<std::uint32_t> prompt_tokens = {512}, gen_tokens = {128}, depths = {0}, batches = {1};
  int threads = 0, repeat = 3;
  engine::CacheType cache_type = engine::CacheType::kF16;
  std::uint32_t first_prompt_tokens = kDepthMin;
  bool json = false, no_roofs = false, packed = false, read_first = false;
};

/// What computing a token takes at least, averaged over the tokens of a row.
struct Work {
  double bytes = 0;       // read from memory
  double operations = 0;  // 1 multiply-add = 2
};

struct Row {
  std::string kind;
  std::uint32_t tokens, depth, batch;
  std::vector<double> tokens_per_second;
  Work work = {};

  double median() const {
    auto v = tokens_per_second;
    std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
    return v[v.size() / 2];
  }
};

/// Which arithmetic most of a model's weights ask for.
enum class Arithmetic { kInt8, kBf16, kF32 };
constexpr const char* kArithmeticNames[] = {"int8", "bf16", "f32"};

/// The roof that is nearest, and the share of it that was reached: the time that this roof alone would need, over the
/// time it took.
struct Share {
  const char* roof;
  double share;
};
Share ShareOf(const Row& row, const kernels::Roofs& roofs, Arithmetic arithmetic) {
  const double peaks[] = {roofs.int8, roofs.bf16, roofs.f32};
  const int kind = static_cast<int>(arithmetic);
  const double read = row.work.bytes / roofs.read(), multiply = row.work.operations / peaks[kind];
  return read > multiply ? Share{"read", row.median() * read} : Share{kArithmeticNames[kind], row.median() * multiply};
}

double Milliseconds(Clock::time_point from) {
  return std::chrono::duration<double, std::milli>(Clock::now() - from).count();
}

/// The largest resident set of this process so far, in bytes.
std::uint64_t PeakBytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

/// Token ids that no model treats as special: spread over the vocabulary, the same in every run.
std::vector<engine::TokenId> Prompt(std::uint32_t tokens, std::uint32_t vocab, std::uint32_t seed) {
  std::vector<engine::TokenId> ids;
  std::uint64_t state = seed * 2654435761u + 1;
  for (std::uint32_t i = 0; i < tokens; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    ids.push_back(static_cast<engine::TokenId>((state >> 33) % (vocab / 2) + vocab / 8));
  }
  return ids;
}

/// `batch` requests at once; seconds of prefill (until the last first token) and of decode (from there).
Result<std::pair<double, double>> Measure(engine::Engine& engine, std::uint32_t prompt, std::uint32_t generate,
                                          std::uint32_t batch) {
  std::vector<std::shared_ptr<engine::Stream>> streams;
  for (std::uint32_t i = 0; i < batch; ++i) {
    engine::GenerateRequest request;
    request.prompt = Prompt(prompt, engine.config().vocab, i + 1);
    request.sampling.temperature = 0;
    request.max_tokens = generate;
    request.ignore_eos = true;
    ASSIGN_OR_RETURN(auto stream, engine.Submit(std::move(request)));
    streams.push_back(std::move(stream));
  }
  // The engine's own clock: reading the streams one after another would see all but the first too late.
  double prefill = 0, total = 0;
  for (auto& stream : streams) {
    std::optional<engine::StreamEnd> end;
    while (!(end = stream->Ended())) {
      stream->Wait();
      stream->Take();
    }
    if (end->reason == engine::FinishReason::kError) return Fail(end->error.code, "{}", end->error.message);
    CHECK(end->usage.cached_tokens == 0);  // a prompt that is found costs nothing
    const double first = static_cast<double>(end->usage.queue_us + end->usage.prefill_us) / 1e6;
    prefill = std::max(prefill, first);
    total = std::max(total, first + static_cast<double>(end->usage.decode_us) / 1e6);
  }
  return std::pair{prefill, total - prefill};
}

Arithmetic ArithmeticOf(const Checkpoint& checkpoint) {
  const auto matrix = checkpoint.Tensor("blk.0.ffn_down.weight");
  if (matrix && matrix->type == quant::Type::kF32) return Arithmetic::kF32;
  if (matrix && (matrix->type == quant::Type::kF16 || matrix->type == quant::Type::kBF16)) return Arithmetic::kBf16;
  return Arithmetic::kInt8;
}

/// `step_rows`: rows that share one reading of the weights.
Work WorkOf(const Row& row, const ModelConfig& c, const engine::EngineStats& stats, std::uint32_t step_rows) {
  const double attend = 1.0 * c.heads * c.head_dim;
  const double layers =
      c.layers * (2.0 * c.hidden * attend + 2.0 * c.hidden * c.kv_heads * c.head_dim + 3.0 * c.hidden * c.ffn);
  const double head = 1.0 * c.hidden * c.vocab;
  const bool prefill = row.kind == "prefill";
  const double context = (prefill ? row.depth : std::max(row.depth, kDepthMin)) + (row.tokens + 1) / 2.0;
  const double cached = static_cast<double>(stats.cache_bytes) / static_cast<double>(stats.cache_blocks) / kBlockTokens;
  const auto weights = static_cast<double>(stats.weight_bytes);
  Work work;
  work.operations = 2 * layers + 2 * head / (prefill ? row.tokens : 1) + 4 * c.layers * attend * context;
  if (prefill) {
    const double rows = 1.0 * row.tokens * row.batch;
    work.bytes = weights * std::ceil(rows / step_rows) / rows;
  } else {
    work.bytes = weights / row.batch + cached * context;
  }
  return work;
}

Status Bench(const Options& options) {
  ASSIGN_OR_RETURN(const hub::Store store, hub::Store::Open(hub::HomeFolder()));
  ASSIGN_OR_RETURN(const auto path, hub::ResolveModel(store, options.model));
  const auto begin = Clock::now();
  ASSIGN_OR_RETURN(auto opened, Checkpoint::Open(path));
  std::shared_ptr<const Checkpoint> checkpoint = std::move(opened);
  engine::EngineOptions engine_options;
  engine_options.threads = options.threads;
  engine_options.cache_type = options.cache_type;
  engine_options.policy.prefix_cache = false;  // each run computes its prompts
  if (options.packed) engine_options.packed = {hub::HomeFolder() / engine::kPackedFolder, options.model};
  std::uint64_t need = options.first_prompt_tokens + 32;
  for (const auto depth : options.depths)
    for (const auto batch : options.batches) {
      const std::uint64_t longest =
          std::max(*std::max_element(options.prompt_tokens.begin(), options.prompt_tokens.end()),
                   *std::max_element(options.gen_tokens.begin(), options.gen_tokens.end()) + 32);
      need = std::max(need, std::uint64_t{batch} * (depth + longest + 32));
    }
  ASSIGN_OR_RETURN(const ModelConfig config, checkpoint->Config());
  engine_options.cache_bytes = need * 4 * config.layers * config.kv_heads * ((config.head_dim + 15) / 16 * 16);
  engine_options.running_max = std::max(64u, *std::max_element(options.batches.begin(), options.batches.end()));
  ASSIGN_OR_RETURN(const auto engine, engine::Engine::Create(checkpoint, engine_options));
  const double load_ms = Milliseconds(begin);
  if (options.read_first) engine->WaitSettled();
  RETURN_IF_ERROR(Measure(*engine, options.first_prompt_tokens, 1, 1));
  const double first_token_ms = Milliseconds(begin);

  std::vector<Row> rows;
  if (options.packed || options.prompt_tokens != std::vector{0u} || options.gen_tokens != std::vector{0u})
    engine->WaitSettled();
  for (const auto depth : options.depths)
    for (const auto batch : options.batches) {
      for (const auto tokens : options.prompt_tokens) {
        if (tokens == 0) continue;
        Row row{"prefill", tokens, depth, batch, {}};
        for (int i = 0; i < options.repeat; ++i) {
          // Prefill at a depth is the difference of two prefills.
          ASSIGN_OR_RETURN(const auto whole, Measure(*engine, depth + tokens, 1, batch));
          double seconds = whole.first;
          if (depth > 0) {
            ASSIGN_OR_RETURN(const auto base, Measure(*engine, depth, 1, batch));
            seconds -= base.first;
          }
          row.tokens_per_second.push_back(tokens * batch / seconds);
        }
        rows.push_back(std::move(row));
      }
      for (const auto tokens : options.gen_tokens) {
        if (tokens == 0) continue;
        Row row{"decode", tokens, depth, batch, {}};
        for (int i = 0; i < options.repeat; ++i) {
          ASSIGN_OR_RETURN(const auto time, Measure(*engine, std::max(depth, kDepthMin), tokens + 1, batch));
          row.tokens_per_second.push_back(tokens * batch / time.second);
        }
        rows.push_back(std::move(row));
      }
    }

  const engine::EngineStats stats = engine->Stats();
  const std::uint64_t peak_bytes = PeakBytes();
  const int threads = options.threads ? options.threads : PhysicalCores();
  ASSIGN_OR_RETURN(const kernels::Kernels* used, kernels::FindKernels(stats.kernels));
  Arithmetic arithmetic = ArithmeticOf(*checkpoint);
  // On tiles prompts are multiplied in bfloat16, whatever the weights are.
  if (used->amx_rows_min && arithmetic == Arithmetic::kInt8) arithmetic = Arithmetic::kBf16;
  for (Row& row : rows) row.work = WorkOf(row, config, stats, engine_options.step_tokens_max);
  std::optional<kernels::Roofs> roofs;  // measured last: the buffer must not count in the peak memory
  if (!options.no_roofs) {
    ASSIGN_OR_RETURN(const auto measured, kernels::MeasureRoofs(*used, {threads}));
    roofs = measured.front();
  }
  if (options.json) {
    std::string out = fmt::format("{{\"model\": \"{}\", \"kernels\": \"{}\", \"threads\": {}, \"results\": [",
                                  options.model, stats.kernels, threads);
    for (const Row& row : rows) {
      out += fmt::format(
          "{}{{\"kind\": \"{}\", \"tokens\": {}, \"depth\": {}, \"batch\": {}, "
          "\"tokens_per_second\": [{:.3f}], \"bytes_per_token\": {:.0f}, \"operations_per_token\": {:.0f}",
          &row == rows.data() ? "" : ", ", row.kind, row.tokens, row.depth, row.batch,
          fmt::join(row.tokens_per_second, ", "), row.work.bytes, row.work.operations);
      if (roofs) {
        const Share share = ShareOf(row, *roofs, arithmetic);
        out += fmt::format(", \"roof\": \"{}\", \"roof_share\": {:.4f}", share.roof, share.share);
      }
      out += "}";
    }
    fmt::print("{}], \"arithmetic\": \"{}\", {}\"load_ms\": {:.1f}, \"first_token_ms\": {:.1f}, "
               "\"peak_rss_bytes\": {}, \"weight_bytes\": {}}}\n",
               out, kArithmeticNames[static_cast<int>(arithmetic)],
               roofs ? "\"roofs\": " + RoofsJson(*roofs) + ", " : "", load_ms, first_token_ms, peak_bytes,
               stats.weight_bytes);
    return {};
  }
  fmt::print("{}: {} kernels, {} threads; loaded in {:.0f} ms, first token after {:.0f} ms, peak memory {} MiB\n",
             options.model, stats.kernels, threads, load_ms, first_token_ms, peak_bytes >> 20);
  if (roofs)
    fmt::print("roofs: read {:.1f} GB/s, int8 {:.0f}, bf16 {:.0f}, f32 {:.0f} Gop/s\n", roofs->read() / 1e9,
               roofs->int8 / 1e9, roofs->bf16 / 1e9, roofs->f32 / 1e9);
  fmt::print("\n");
  std::vector<std::string> head = {"work", "tokens", "depth", "batch", "tokens/s (median)", "spread"};
  if (roofs) head.push_back("of its roof");
  Table table(head);
  for (const Row& row : rows) {
    const auto [least, most] = std::minmax_element(row.tokens_per_second.begin(), row.tokens_per_second.end());
    std::vector<std::string> cells = {row.kind, std::to_string(row.tokens), std::to_string(row.depth),
                                      std::to_string(row.batch), fmt::format("{:.1f}", row.median()),
                                      fmt::format("{:.1f} - {:.1f}", *least, *most)};
    if (roofs) {
      const Share share = ShareOf(row, *roofs, arithmetic);
      cells.push_back(fmt::format("{:.1f} % of {}", 100 * share.share, share.roof));
    }
    table.Add(cells);
  }
  table.Print();
  return {};
}

}  // namespace

void RegisterBench(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* bench = app.add_subcommand("bench", "Measure a model's prefill and decode speed on this machine");
  bench->add_option("--model,model", options->model, "a model's name, a GGUF file or a folder")->capture_default_str();
  bench->add_option("--prompt-tokens", options->prompt_tokens, "prompt lengths; 0 leaves prefill out")->delimiter(',')
      ->check(CLI::Range(0, 1 << 20))->capture_default_str();
  bench->add_option("--gen-tokens", options->gen_tokens, "answer lengths; 0 leaves decode out")->delimiter(',')
      ->check(CLI::Range(0, 1 << 20))->capture_default_str();
  bench->add_option("--depth", options->depths, "tokens already in the cache")
      ->delimiter(',')
      ->check(CLI::Range(0, 1 << 20))
      ->capture_default_str();
  bench->add_option("--batch", options->batches, "requests at once")->delimiter(',')->check(CLI::Range(1, 4096))
      ->capture_default_str();
  bench->add_option("--threads", options->threads, "0: one a physical core")->check(CLI::Range(0, 512));
  AddKvType(*bench, options->cache_type);
  bench->add_option("--repeat", options->repeat, "runs of each")->check(CLI::Range(1, 1000))->capture_default_str();
  bench->add_flag("--packed", options->packed,
                  "start from weights kept as the processor takes them (yun cache); makes them where there are none");
  bench->add_flag("--read-first", options->read_first, "compute the first token when all weights are read, not before");
  bench->add_option("--first-prompt", options->first_prompt_tokens, "tokens before the first token")
      ->check(CLI::Range(1, 1 << 20))->capture_default_str();
  bench->add_flag("--no-roofs", options->no_roofs, "do not measure the machine's roofs: saves a second");
  bench->add_flag("--json", options->json, "print JSON");
  bench->footer(R"(The share of a roof is the time that the hardware alone would need, over the time it took:
bytes over the read bandwidth or operations over the peak of their kind (yun doctor shows both), whichever is longer.
  decode   bytes: all weights once a step, and the keys and values of the tokens before it
  prefill  bytes: all weights once for each 512 rows
  both     operations: 2 for each weight that a token is multiplied with, and 4 heads head_dim a layer for each token
           it attends to; int8 for quantised weights, bf16 for 16-bit ones (the better of bf16 and f32), else f32
Examples:
  yun bench smollm2:135m
  yun bench model.gguf --prompt-tokens 512 --gen-tokens 64 --depth 0,4096 --batch 1,4,16
  YUN_CPU=avx2 yun bench model.gguf --json)");
  bench->callback([options, &exit_code] {
    if (auto status = Bench(*options); !status) exit_code = Report(status.error());
  });
}

}  // namespace yun::cli
