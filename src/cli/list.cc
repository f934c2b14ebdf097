// yun list: the models of this machine, or all of the catalogue.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/table.h"
#include "hub/catalogue.h"
#include "hub/describe.h"
#include "hub/store.h"

namespace yun::cli {
namespace {

namespace json = boost::json;

Result<int> ListHere(bool as_json) {
  ASSIGN_OR_RETURN(const hub::Store store, hub::Store::Open(hub::HomeFolder()));
  const std::vector<hub::StoredModel> models = store.List();
  json::array array;
  Table table({"NAME", "SIZE", "TYPE", "ARCHITECTURE", "CONTEXT", "ADDED", "RUNS"});
  for (const hub::StoredModel& model : models) {
    const hub::Description about = hub::Describe(model.path);
    if (as_json) {
      array.push_back({{"name", model.name},
                       {"path", model.path.string()},
                       {"bytes", model.bytes},
                       {"type", about.type},
                       {"architecture", about.architecture},
                       {"context", about.context},
                       {"added_unix", model.added_unix},
                       {"source", model.source},
                       {"licence", model.licence},
                       {"runs", about.cannot_run.empty()}});
    } else {
      table.Add({model.name, SizeText(model.bytes), about.type.empty() ? "?" : about.type,
                 about.architecture.empty() ? "?" : about.architecture,
                 about.context > 0 ? std::to_string(about.context) : "?", LocalTime(model.added_unix, "%Y-%m-%d"),
                 about.cannot_run.empty() ? "yes" : "not yet"});
    }
  }
  if (as_json) {
    std::cout << array << "\n";
  } else if (models.empty()) {
    std::printf("No models in %s yet. To see what there is: yun list --all. To begin: yun pull smollm2:135m\n",
                store.folder().c_str());
  } else {
    table.Print();
  }
  return 0;
}

Result<int> ListAll(bool as_json) {
  ASSIGN_OR_RETURN(const hub::Store store, hub::Store::Open(hub::HomeFolder()));
  ASSIGN_OR_RETURN(const hub::Catalogue catalogue, hub::Catalogue::Load(hub::HomeFolder()));
  json::array array;
  Table table({"NAME", "SIZE", "MEMORY", "CONTEXT", "LICENCE", "HERE", "RUNS"});
  for (const hub::CatalogueEntry& entry : catalogue.entries()) {
    if (as_json) {
      json::array sources(entry.sources.begin(), entry.sources.end());
      array.push_back({{"name", entry.name},
                       {"title", entry.title},
                       {"sources", sources},
                       {"bytes", entry.bytes},
                       {"memory_bytes", entry.memory_bytes},
                       {"context", entry.context},
                       {"licence", entry.licence},
                       {"here", store.Has(entry.name)},
                       {"runs", entry.cannot_run.empty()},
                       {"cannot_run", entry.cannot_run}});
    } else {
      table.Add({entry.name, SizeText(entry.bytes), SizeText(entry.memory_bytes), std::to_string(entry.context),
                 entry.licence, store.Has(entry.name) ? "yes" : "", entry.cannot_run.empty() ? "yes" : "not yet"});
    }
  }
  if (as_json) {
    std::cout << array << "\n";
  } else {
    table.Print();
    std::printf("\nSizes and memory (weights and 8192 tokens of cache) are about. yun show NAME tells more.\n");
  }
  return 0;
}

}  // namespace

void RegisterList(CLI::App& app, int& exit_code) {
  struct Arguments {
    bool all = false, json = false;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("list", "the models of this machine");
  command->add_flag("-a,--all", arguments->all, "all that yun knows by name, fetched or not");
  command->add_flag("--json", arguments->json, "as JSON");
  command->footer(
      "Examples:\n"
      "  yun list             what is here\n"
      "  yun list --all       what could be: sizes, memory, licences, what runs already\n"
      "  yun list --json      for programs");
  command->callback([arguments, &exit_code] {
    const auto done = arguments->all ? ListAll(arguments->json) : ListHere(arguments->json);
    exit_code = done ? *done : Report(done.error());
  });
}

}  // namespace yun::cli
