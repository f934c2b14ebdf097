// yun bench: prefill and decode of one model, through the engine as users get it.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "cli/commands.h"
#include "cli/report.h"
#include "cli/table.h"
#include "engine/engine.h"
#include "hub/store.h"

namespace yun::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string model = "smollm2:135m";
  std::vector<std::uint32_t> prompt_tokens = {512}, gen_tokens = {128}, depths = {0}, batches = {1};
  int threads = 0, repeat = 3;
  bool json = false;
};

struct Row {
  std::string kind;
  std::uint32_t tokens, depth, batch;
  std::vector<double> tokens_per_second;
};

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
    const double first = static_cast<double>(end->usage.queue_us + end->usage.prefill_us) / 1e6;
    prefill = std::max(prefill, first);
    total = std::max(total, first + static_cast<double>(end->usage.decode_us) / 1e6);
  }
  return std::pair{prefill, total - prefill};
}

Status Bench(const Options& options) {
  ASSIGN_OR_RETURN(const hub::Store store, hub::Store::Open(hub::HomeFolder()));
  ASSIGN_OR_RETURN(const auto path, hub::ResolveModel(store, options.model));
  const auto begin = Clock::now();
  ASSIGN_OR_RETURN(auto opened, Checkpoint::Open(path));
  std::shared_ptr<const Checkpoint> checkpoint = std::move(opened);
  engine::EngineOptions engine_options;
  engine_options.threads = options.threads;
  std::uint64_t need = 0;
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
  RETURN_IF_ERROR(Measure(*engine, 8, 1, 1));
  const double first_token_ms = Milliseconds(begin);

  std::vector<Row> rows;
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
          ASSIGN_OR_RETURN(const auto time, Measure(*engine, std::max(depth, 8u), tokens + 1, batch));
          row.tokens_per_second.push_back(tokens * batch / time.second);
        }
        rows.push_back(std::move(row));
      }
    }

  const engine::EngineStats stats = engine->Stats();
  if (options.json) {
    std::string out = fmt::format("{{\"model\": \"{}\", \"kernels\": \"{}\", \"threads\": {}, \"results\": [",
                                  options.model, stats.kernels, options.threads ? options.threads : PhysicalCores());
    for (std::size_t i = 0; i < rows.size(); ++i)
      out += fmt::format(
          "{}{{\"kind\": \"{}\", \"tokens\": {}, \"depth\": {}, \"batch\": {}, \"tokens_per_second\": [{:.3f}]}}",
          i ? ", " : "", rows[i].kind, rows[i].tokens, rows[i].depth, rows[i].batch,
          fmt::join(rows[i].tokens_per_second, ", "));
    fmt::print("{}], \"load_ms\": {:.1f}, \"first_token_ms\": {:.1f}, \"peak_rss_bytes\": {}, \"weight_bytes\": {}}}\n",
               out, load_ms, first_token_ms, PeakBytes(), stats.weight_bytes);
    return {};
  }
  fmt::print("{}: {} kernels, {} threads; loaded in {:.0f} ms, first token after {:.0f} ms, peak memory {} MiB\n\n",
             options.model, stats.kernels, options.threads ? options.threads : PhysicalCores(), load_ms, first_token_ms,
             PeakBytes() >> 20);
  Table table({"work", "tokens", "depth", "batch", "tokens/s (median)", "spread"});
  for (Row& row : rows) {
    auto& v = row.tokens_per_second;
    std::sort(v.begin(), v.end());
    table.Add({row.kind, std::to_string(row.tokens), std::to_string(row.depth), std::to_string(row.batch),
               fmt::format("{:.1f}", v[v.size() / 2]), fmt::format("{:.1f} - {:.1f}", v.front(), v.back())});
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
  bench->add_option("--repeat", options->repeat, "runs of each")->check(CLI::Range(1, 1000))->capture_default_str();
  bench->add_flag("--json", options->json, "print JSON");
  bench->footer(R"(Examples:
  yun bench smollm2:135m
  yun bench model.gguf --prompt-tokens 512 --gen-tokens 64 --depth 0,4096 --batch 1,4,16
  YUN_CPU=avx2 yun bench model.gguf --json)");
  bench->callback([options, &exit_code] {
    if (auto status = Bench(*options); !status) exit_code = Report(status.error());
  });
}

}  // namespace yun::cli
