// yun quantize IN OUT --type T: a model in another tensor type, as a GGUF file.
#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "formats/checkpoint/convert.h"
#include "hub/store.h"

namespace yun::cli {
namespace {

struct Options {
  std::string in, out, type = "q8_0";
  int threads = 0;
  bool force = false, quiet = false;
};

Result<int> Quantize(const Options& options) {
  std::filesystem::path in = options.in;
  std::error_code ignored;
  if (!std::filesystem::exists(in, ignored)) {
    ASSIGN_OR_RETURN(const hub::Store store, hub::Store::Open(hub::HomeFolder()));
    ASSIGN_OR_RETURN(in, hub::ResolveModel(store, options.in));
  }
  const std::filesystem::path out = options.out;
  if (out.extension() != ".gguf")
    return Fail(Code::kInvalidArgument, "{}: the output is a GGUF file: its name must end in .gguf", out.string());
  const auto start = std::chrono::steady_clock::now();
  Progress progress(options.type, options.quiet);
  ConvertOptions convert;
  convert.threads = options.threads > 0 ? options.threads : PhysicalCores();
  convert.replace = options.force;
  convert.cancel = &Interrupted();
  convert.on_progress = [&](std::uint64_t done, std::uint64_t total, std::string_view tensor) {
    progress.Update(done, total, tensor);
  };
  convert.on_note = [&](const std::string& note) { progress.Note("note: " + note); };
  const auto report = Convert(in, out, *FindRecipe(options.type), convert);
  progress.Finish();
  if (!report) return tl::unexpected<Error>(report.error());
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%s: %s from %s, %.2f bits a weight, in %s\n", out.c_str(), SizeText(report->bytes_out).c_str(),
              SizeText(report->bytes_in).c_str(),
              8.0 * static_cast<double>(report->bytes_out) / static_cast<double>(report->parameters),
              DurationText(seconds).c_str());
  if (report->has_tokenizer)
    std::printf("try:  yun run --model %s \"Hello\"     or put it into the store: yun import %s --name mine\n",
                out.c_str(), out.c_str());
  return 0;
}

}  // namespace

void RegisterQuantize(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  std::vector<std::string> types;
  for (const Recipe& recipe : Recipes()) types.emplace_back(recipe.name);
  CLI::App* command = app.add_subcommand("quantize", "write a model in another tensor type, as one GGUF file");
  command->add_option("in", options->in, "a Hugging Face folder, a GGUF file, or the name of a model of `yun list`")
      ->required();
  command->add_option("out", options->out, "the file to write; it appears whole or not at all")->required();
  command->add_option("-t,--type", options->type, "the type of the weights")
      ->check(CLI::IsMember(types))
      ->capture_default_str();
  command->add_option("--threads", options->threads, "0: as many as there are cores")
      ->check(CLI::Range(0, ThreadPool::kThreadsMax))
      ->capture_default_str();
  command->add_flag("-f,--force", options->force, "replace an existing file");
  command->add_flag("-q,--quiet", options->quiet, "no progress");
  command->footer(
      "Types, from large to small: f32, bf16, f16, q8_0 (as good as the original for most work), q4_1, q4_k_m (the "
      "best of the small\n"
      "ones), q4_0 (the fastest on many machines). Vectors stay f32. Metadata, tokenizer and chat template go along.\n"
      "Examples:\n"
      "  yun quantize ./Qwen3-0.6B qwen3-0.6b-q8.gguf --type q8_0\n"
      "  yun quantize model-f16.gguf model-q4.gguf --type q4_k_m");
  command->callback([options, &exit_code] {
    signal(SIGXFSZ, SIG_IGN);  // a file size limit then shows as a failed write, which is handled as a full disk
    const auto done = Quantize(*options);
    exit_code = done ? *done : Report(done.error());
  });
}

}  // namespace yun::cli
