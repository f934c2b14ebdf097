// The program: one subcommand a file.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "base/log.h"
#include "cli/commands.h"

#ifndef YUN_VERSION
#define YUN_VERSION "0.1.0"
#endif

int main(int argc, char** argv) {
  using namespace yun::cli;
  CLI::App app{"yun: an open AI cloud in one program. Serves Qwen and its kin through the APIs your programs speak."};
  app.set_version_flag("--version", "yun " YUN_VERSION);
  app.require_subcommand(1);
  app.footer(R"(Examples:
  yun pull smollm2:135m                 get a small model to try things with
  yun run "What is the capital of France?"
  yun chat                              talk to it in the terminal
  yun serve                             serve the OpenAI API on 127.0.0.1:8460
  yun COMMAND --help                    everything about one command)");
  std::string level = "info";
  app.add_option("--log-level", level, "trace, debug, info, warn, error or off")->capture_default_str();
  app.parse_complete_callback([&] { yun::SetUpLogging(level.c_str()); });

  int exit_code = 0;
  for (const auto add :
       {RegisterServe, RegisterChat, RegisterRun, RegisterPull, RegisterList, RegisterShow, RegisterRm, RegisterCache,
        RegisterImport, RegisterInspect, RegisterQuantize, RegisterTokenize, RegisterBench, RegisterTop, RegisterPs,
        RegisterDoctor, RegisterAdmin, RegisterBackup, RegisterRestore, RegisterDebug})
    add(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "yun: %s\n", error.what());
    return 1;
  }
  return exit_code;
}
