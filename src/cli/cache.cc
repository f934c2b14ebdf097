// yun cache: what is kept on disk for quickness alone: weights as the processor takes them, cached keys and values.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/packed_bytes.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/table.h"
#include "engine/kvcache/block_pool.h"
#include "engine/kvcache/kv_disk.h"
#include "engine/model/packed_folder.h"
#include "hub/store.h"

namespace yun::cli {
namespace {

namespace json = boost::json;

Result<int> List(std::optional<std::uint64_t> bytes_max, bool as_json) {
  const auto folder = hub::HomeFolder() / engine::kPackedFolder;
  const std::uint64_t limit = bytes_max.value_or(engine::DefaultPackedBytes(folder));
  const auto list = engine::ListPacked(folder);
  std::uint64_t total = 0;
  json::array array;
  Table table({"MODEL", "SIZE", "PRECISION", "LAST USED", "FILE"});
  for (const engine::PackedInfo& info : list) {
    total += info.bytes;
    const bool readable = !info.header.matrices.empty();
    const std::string model = readable ? info.header.model : "?";
    if (as_json) {
      array.push_back({{"model", model},
                       {"path", info.path.string()},
                       {"bytes", info.bytes},
                       {"precision", info.header.f32 ? "f32" : "auto"},
                       {"used_unix", info.used_unix},
                       {"source", info.header.sources.empty() ? "" : info.header.sources.front().path},
                       {"stale", info.stale}});
    } else {
      table.Add({model, SizeText(info.bytes), info.header.f32 ? "f32" : "auto",
                 LocalTime(info.used_unix, "%Y-%m-%d %H:%M"),
                 info.path.filename().string() + (info.stale ? "  (its model has changed or is gone)" : "")});
    }
  }
  const auto blocks = engine::ListKv(hub::HomeFolder() / engine::kKvFolder);
  if (as_json) {
    json::array kv;
    for (const engine::KvInfo& info : blocks)
      kv.push_back({{"model", info.model},
                    {"path", info.folder.string()},
                    {"bytes", info.bytes},
                    {"tokens", info.blocks * engine::kBlockTokens},
                    {"sealed", info.sealed},
                    {"used_unix", info.used_unix}});
    std::cout << json::object{{"files", array}, {"bytes", total}, {"bytes_max", limit}, {"kv", kv}} << "\n";
    return 0;
  }
  if (list.empty())
    std::printf("Nothing in %s yet: the first start of a model keeps its weights there.\n", folder.c_str());
  else
    table.Print();
  std::printf("%s of %s\n", SizeText(total).c_str(), SizeText(limit).c_str());
  if (blocks.empty()) return 0;
  std::printf("\nKeys and values of prompts and answers:\n");
  Table kv({"MODEL", "SIZE", "TOKENS", "ENCRYPTED", "LAST USED"});
  for (const engine::KvInfo& info : blocks)
    kv.Add({info.model, SizeText(info.bytes), fmt::format("{}", info.blocks * engine::kBlockTokens),
            info.sealed ? "yes" : "no", LocalTime(info.used_unix, "%Y-%m-%d %H:%M")});
  kv.Print();
  return 0;
}

Result<int> Clear(const std::string& name) {
  // These first: a server that runs holds them, and then nothing is removed.
  ASSIGN_OR_RETURN(const engine::KvRemoved blocks, engine::RemoveKv(hub::HomeFolder() / engine::kKvFolder, name));
  ASSIGN_OR_RETURN(const engine::PackedRemoved removed,
                   engine::RemovePacked(hub::HomeFolder() / engine::kPackedFolder, name));
  if (removed.files + blocks.files == 0 && !name.empty())
    return Fail(Code::kNotFound, "nothing of '{}' is kept; yun cache shows of which models there is", name);
  std::printf("removed %zu files (%s)\n", removed.files + blocks.files,
              SizeText(removed.bytes + blocks.bytes).c_str());
  return 0;
}

}  // namespace

void RegisterCache(CLI::App& app, int& exit_code) {
  struct Arguments {
    std::optional<std::uint64_t> bytes_max;
    bool json = false;
    std::string name;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("cache", "what is kept on disk for quick starts: weights, keys and values");
  command->add_flag("--json", arguments->json, "as JSON");
  AddPackedBytes(*command, arguments->bytes_max);
  CLI::App* clear = command->add_subcommand("clear", "remove those of a model, or all");
  clear->add_option("model", arguments->name, "as yun cache shows it; without it, all");
  clear->footer("Examples:\n  yun cache clear\n  yun cache clear qwen3:0.6b");
  command->footer(
      "Weights as the processor takes them are made when a model is first loaded, used longest ago are removed first,\n"
      "and what is missing or damaged is made again: removing them costs nothing but the next start's time. Keys and\n"
      "values of prompts and answers are kept where yun serve has --kv-disk-bytes; what is missing is computed again.\n"
      "Examples:\n"
      "  yun cache                       what is kept, when it was last used, and the limit\n"
      "  yun cache --json                for programs\n"
      "  yun cache clear qwen3:0.6b      removes what is kept of one model\n"
      "  yun cache clear                 removes all\n"
      "  yun serve --packed-bytes 20GB   serves with another limit; 0 keeps none");
  command->callback([arguments, clear, &exit_code] {
    const auto done = clear->parsed() ? Clear(arguments->name) : List(arguments->bytes_max, arguments->json);
    exit_code = done ? *done : Report(done.error());
  });
}

}  // namespace yun::cli
