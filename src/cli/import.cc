// yun import PATH: a model file or folder of this machine into the store.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "hub/describe.h"
#include "hub/source.h"
#include "hub/store.h"

namespace yun::cli {
namespace {

struct Arguments {
  std::string path, name, sha256, source, licence;
  bool force = false, quiet = false;
};

Result<int> Run(Arguments arguments) {
  if (arguments.name.empty()) {
    arguments.name = hub::DefaultName({.kind = hub::SourceKind::kFolder, .target = arguments.path});
  }
  for (char& c : arguments.sha256) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  ASSIGN_OR_RETURN(hub::Store store, hub::Store::Open(hub::HomeFolder()));
  Progress progress(arguments.name, arguments.quiet);
  hub::ImportOptions options;
  options.sha256 = arguments.sha256;
  options.source = arguments.source;
  options.licence = arguments.licence;
  options.replace = arguments.force;
  options.cancel = &Interrupted();
  options.progress = [&](std::uint64_t done, std::uint64_t total) { progress.Update(done, total, "copying"); };
  auto imported = store.Import(arguments.path, arguments.name, options);
  progress.Finish();
  if (!imported) return tl::unexpected(std::move(imported.error()));
  std::printf("%s: %s in %s\n", imported->name.c_str(), SizeText(imported->bytes).c_str(), imported->path.c_str());
  if (const hub::Description about = hub::Describe(imported->path); !about.cannot_run.empty()) {
    std::printf("note: yun cannot run it yet: %s\n", about.cannot_run.c_str());
  }
  return 0;
}

}  // namespace

void RegisterImport(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("import", "take a model file or folder of this machine into the store");
  command->add_option("path", arguments->path, "a .gguf file (any split of it) or a Hugging Face folder")->required();
  command->add_option("--name", arguments->name, "what to call it; the file's or folder's own name otherwise");
  command->add_option("--sha256", arguments->sha256, "what a single .gguf file must have")
      ->check([](const std::string& hex) {
        return hex.size() == 64 && hex.find_first_not_of("0123456789abcdefABCDEF") == hex.npos
                   ? std::string()
                   : std::string("64 hex digits are needed");
      });
  command->add_option("--source", arguments->source, "where it came from, for the record");
  command->add_option("--licence", arguments->licence, "its licence, for the record");
  command->add_flag("-f,--force", arguments->force, "replace a model of that name");
  command->add_flag("-q,--quiet", arguments->quiet, "no progress");
  command->footer(
      "Examples:\n"
      "  yun import model.gguf --name mine:7b\n"
      "  yun import ./Qwen3-0.6B --name qwen3:0.6b-bf16\n"
      "\n"
      "On the same file system a file is linked, not copied: do not change it in place afterwards.");
  command->callback([arguments, &exit_code] {
    const auto done = Run(*arguments);
    exit_code = done ? *done : Report(done.error());
  });
}

}  // namespace yun::cli
