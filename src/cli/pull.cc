// yun pull: a model from a hub, a package, a URL or a folder into the store.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "hub/describe.h"
#include "hub/pull.h"

namespace yun::cli {
namespace {

struct Arguments {
  std::string what, name, from, endpoint;
  std::uint32_t jobs = 4, retries = 8, stall_seconds = 60;
  double retry_seconds = 1;
  bool force = false, anyway = false, quiet = false;
};

Result<hub::HubSettings> Settings(const Arguments& arguments) {
  ASSIGN_OR_RETURN(hub::HubSettings settings, hub::HubSettings::Load(hub::HomeFolder()));
  if (!arguments.from.empty()) settings.prefer = arguments.from;
  return settings;
}

Result<int> Run(const Arguments& arguments) {
  ASSIGN_OR_RETURN(hub::Store store, hub::Store::Open(hub::HomeFolder()));
  ASSIGN_OR_RETURN(const hub::Catalogue catalogue, hub::Catalogue::Load(hub::HomeFolder()));
  ASSIGN_OR_RETURN(const hub::HubSettings settings, Settings(arguments));
  ASSIGN_OR_RETURN(const std::string name, hub::PullName(catalogue, arguments.what, arguments.name));

  const bool was_there = store.Has(name) && !arguments.force;
  const hub::CatalogueEntry* entry = catalogue.Find(arguments.what);
  if (!was_there && entry != nullptr && !entry->cannot_run.empty() && !arguments.anyway) {
    return Fail(Code::kUnsupported, "{}: {}. To fetch its {} all the same: yun pull --anyway {}", entry->name,
                entry->cannot_run, SizeText(entry->bytes), arguments.what);
  }

  Progress progress(name, arguments.quiet);
  hub::PullOptions options;
  options.name = name;
  options.replace = arguments.force;
  options.files_at_once = arguments.jobs;
  options.attempts_max = arguments.retries;
  options.retry_seconds = arguments.retry_seconds;
  options.stall_seconds_max = arguments.stall_seconds;
  options.cancel = &Interrupted();
  options.on_progress = [&](const hub::PullProgress& state) {
    std::string what(state.what);
    if (state.files_total > 1) what += fmt::format(" {}/{}", state.files_done, state.files_total);
    progress.Update(state.bytes_done, state.bytes_total, what, state.bytes_at_hand);
  };
  options.on_note = [&](const std::string& note) { progress.Note(note); };
  auto pulled = hub::Pull(store, catalogue, settings, arguments.what, options);
  progress.Finish();
  if (!pulled) return tl::unexpected(std::move(pulled.error()));
  if (was_there) {
    std::printf("%s is already here: %s (--force fetches it again)\n", pulled->name.c_str(), pulled->path.c_str());
    return 0;
  }
  std::printf("%s: %s in %s\n", pulled->name.c_str(), SizeText(pulled->bytes).c_str(), pulled->path.c_str());
  if (const hub::Description about = hub::Describe(pulled->path); !about.cannot_run.empty()) {
    std::printf("note: yun cannot run it yet: %s\n", about.cannot_run.c_str());
  } else {
    std::printf("try:  yun chat %s\n", pulled->name.c_str());
  }
  return 0;
}

}  // namespace

void RegisterPull(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("pull", "fetch a model: resumed after a cut, checked, placed whole");
  command
      ->add_option("model", arguments->what,
                   "a name of `yun list --all`, hf:org/repo[@revision][:pattern], ms:org/repo..., a URL "
                   "of a .gguf file, or a folder or file of this machine")
      ->required();
  command->add_option("--name", arguments->name, "what to call it here");
  command->add_option("--from", arguments->from, "which hub to try first: hf or ms")
      ->check(CLI::IsMember({"hf", "ms"}));
  command->add_option("-j,--jobs", arguments->jobs, "files at once")->check(CLI::Range(1, 16))->capture_default_str();
  command->add_option("--retries", arguments->retries, "attempts in a row without a new byte")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--retry-wait", arguments->retry_seconds, "seconds before the first retry; they double")
      ->check(CLI::Range(0.01, 60.0))
      ->capture_default_str();
  command
      ->add_option("--stall", arguments->stall_seconds, "seconds without a byte after which a connection is given up")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  command->add_flag("-f,--force", arguments->force, "fetch again although it is here");
  command->add_flag("--anyway", arguments->anyway, "fetch a model that yun cannot run yet");
  command->add_flag("-q,--quiet", arguments->quiet, "no progress");
  command->footer(
      "Examples:\n"
      "  yun pull smollm2:135m                     the small model of the first run\n"
      "  yun pull qwen3:4b --from ms               from ModelScope\n"
      "  yun pull hf:Qwen/Qwen3-8B-GGUF:Q8_0       the files of a repository that match\n"
      "  yun pull ./my-model --name mine:7b        a Hugging Face folder of this machine\n"
      "\n"
      "Environment: YUN_HOME, HF_ENDPOINT, HF_TOKEN, MODELSCOPE_ENDPOINT (or MODELSCOPE_DOMAIN), "
      "MODELSCOPE_API_TOKEN,\n"
      "YUN_HUB (hf or ms), https_proxy. The same can stand in $YUN_HOME/hub.toml. Ctrl-C keeps what is there; the "
      "same\n"
      "command goes on.");
  command->callback([arguments, &exit_code] {
    // A file size limit then shows as a failed write, which is handled as a full disk.
    signal(SIGXFSZ, SIG_IGN);
    const auto done = Run(*arguments);
    exit_code = done ? *done : Report(done.error());
  });
}

}  // namespace yun::cli
