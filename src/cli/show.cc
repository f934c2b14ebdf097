// yun show NAME: one model of the store, or of the catalogue.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "hub/catalogue.h"
#include "hub/describe.h"
#include "hub/store.h"

namespace yun::cli {
namespace {

namespace json = boost::json;

void Line(const char* key, const std::string& value) {
  if (!value.empty()) std::printf("%-14s%s\n", key, value.c_str());
}

void ShowStored(const hub::StoredModel& model, const hub::ModelRecord& record, bool as_json) {
  const hub::Description about = hub::Describe(model.path);
  if (as_json) {
    json::array files;
    for (const hub::RecordedFile& file : record.files) {
      files.push_back({{"path", file.path}, {"bytes", file.bytes}, {"sha256", file.sha256}});
    }
    std::cout << json::object{{"name", model.name},
                              {"here", true},
                              {"path", model.path.string()},
                              {"bytes", model.bytes},
                              {"source", model.source},
                              {"licence", model.licence},
                              {"added_unix", model.added_unix},
                              {"architecture", about.architecture},
                              {"type", about.type},
                              {"context", about.context},
                              {"runs", about.cannot_run.empty()},
                              {"cannot_run", about.cannot_run},
                              {"files", files}}
              << "\n";
    return;
  }
  Line("name", model.name);
  Line("path", model.path.string());
  Line("size", SizeText(model.bytes));
  Line("architecture", about.architecture);
  Line("type", about.type);
  if (about.context > 0) Line("context", fmt::format("{} tokens", about.context));
  Line("source", model.source);
  Line("licence", model.licence);
  Line("runs", about.cannot_run.empty() ? "yes" : "not yet: " + about.cannot_run);
  for (const hub::RecordedFile& file : record.files) {
    Line("file", fmt::format("{}  {}{}", file.path, SizeText(file.bytes),
                             file.sha256.empty() ? "" : "  sha256 " + file.sha256));
  }
  std::printf("\nMore of its metadata and tensors: yun inspect %s\n", model.path.c_str());
}

void ShowEntry(const hub::CatalogueEntry& entry, bool as_json) {
  if (as_json) {
    json::array sources(entry.sources.begin(), entry.sources.end());
    std::cout << json::object{{"name", entry.name},
                              {"here", false},
                              {"title", entry.title},
                              {"sources", sources},
                              {"bytes", entry.bytes},
                              {"memory_bytes", entry.memory_bytes},
                              {"context", entry.context},
                              {"licence", entry.licence},
                              {"runs", entry.cannot_run.empty()},
                              {"cannot_run", entry.cannot_run}}
              << "\n";
    return;
  }
  Line("name", entry.name);
  Line("title", entry.title);
  Line("size", SizeText(entry.bytes) + ", about");
  Line("memory", SizeText(entry.memory_bytes) + ", about, with 8192 tokens of cache");
  Line("context", fmt::format("{} tokens", entry.context));
  for (const std::string& source : entry.sources) Line("source", source);
  Line("licence", entry.licence);
  Line("runs", entry.cannot_run.empty() ? "yes" : "not yet: " + entry.cannot_run);
  std::printf("\nNot here yet. To fetch it: yun pull %s\n", entry.name.c_str());
}

Result<int> Show(const std::string& name, bool as_json) {
  ASSIGN_OR_RETURN(const hub::Store store, hub::Store::Open(hub::HomeFolder()));
  auto model = store.Find(name);
  if (model) {
    ASSIGN_OR_RETURN(const hub::ModelRecord record, store.Record(model->name));
    ShowStored(*model, record, as_json);
    return 0;
  }
  ASSIGN_OR_RETURN(const hub::Catalogue catalogue, hub::Catalogue::Load(hub::HomeFolder()));
  const hub::CatalogueEntry* entry = catalogue.Find(name);
  if (entry == nullptr) return tl::unexpected(std::move(model.error()));
  ShowEntry(*entry, as_json);
  return 0;
}

}  // namespace

void RegisterShow(CLI::App& app, int& exit_code) {
  struct Arguments {
    std::string name;
    bool json = false;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("show", "what is known of one model");
  command->add_option("model", arguments->name, "a name of yun list or yun list --all")->required();
  command->add_flag("--json", arguments->json, "as JSON");
  command->footer("Examples:\n  yun show smollm2:135m\n  yun show qwen3:4b --json");
  command->callback([arguments, &exit_code] {
    const auto done = Show(arguments->name, arguments->json);
    exit_code = done ? *done : Report(done.error());
  });
}

}  // namespace yun::cli
