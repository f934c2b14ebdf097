// yun rm NAME...: models out of the store.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "hub/store.h"

namespace yun::cli {
namespace {

Result<int> Remove(const std::vector<std::string>& names) {
  ASSIGN_OR_RETURN(hub::Store store, hub::Store::Open(hub::HomeFolder()));
  for (const std::string& name : names) {
    // The whole name is asked for: "rm qwen3" must not guess which one.
    std::uint64_t bytes = 0;
    if (const auto model = store.Find(name); model && model->name == name) bytes = model->bytes;
    RETURN_IF_ERROR(store.Remove(name));
    std::printf("removed %s (%s)\n", name.c_str(), SizeText(bytes).c_str());
  }
  return 0;
}

}  // namespace

void RegisterRm(CLI::App& app, int& exit_code) {
  auto names = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app.add_subcommand("rm", "remove models from this machine");
  command->add_option("model", *names, "whole names, as yun list shows them")->required();
  command->footer("Examples:\n  yun rm qwen3:0.6b\n  yun rm qwen3:4b Qwen/Qwen3-8B-GGUF:q8_0");
  command->callback([names, &exit_code] {
    const auto done = Remove(*names);
    exit_code = done ? *done : Report(done.error());
  });
}

}  // namespace yun::cli
