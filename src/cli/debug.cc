// yun debug: a look inside, for tests and for whoever doubts a number.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/kv_type.h"
#include "cli/report.h"
#include "engine/one_sequence.h"
#include "formats/checkpoint/checkpoint.h"
#include "hub/store.h"

namespace yun::cli {
namespace {

struct Options {
  std::string model, positions = "last", precision = "auto", logits;
  std::vector<std::int32_t> tokens;
  std::uint32_t greedy = 0, rows = engine::OneSequence::kRowsMax;
  engine::CacheType cache_type = engine::CacheType::kF16;
  int threads = 0;
};

Result<std::vector<std::uint32_t>> Positions(const std::string& text, std::size_t tokens) {
  std::vector<std::uint32_t> positions;
  if (text == "last") return std::vector{static_cast<std::uint32_t>(tokens - 1)};
  if (text == "all") {
    for (std::uint32_t i = 0; i < tokens; ++i) positions.push_back(i);
    return positions;
  }
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string part = text.substr(at, comma - at);
    if (part.empty() || part.size() > 9 || part.find_first_not_of("0123456789") != std::string::npos)
      return Fail(Code::kInvalidArgument, "--positions: \"{}\" is neither last, all, nor numbers like 0,5,9", text);
    positions.push_back(static_cast<std::uint32_t>(std::stoul(part)));
    at = comma + 1;
  }
  return positions;
}

Status WriteRows(const std::string& path, const std::vector<std::vector<float>>& rows) {
  std::ofstream file(path, std::ios::binary);
  for (const auto& row : rows)
    file.write(reinterpret_cast<const char*>(row.data()), static_cast<std::streamsize>(row.size() * sizeof(float)));
  file.close();
  if (!file) return Fail(Code::kDisk, "{}: cannot be written", path);
  return {};
}

Status Forward(const Options& options) {
  ASSIGN_OR_RETURN(const hub::Store store, hub::Store::Open(hub::HomeFolder()));
  ASSIGN_OR_RETURN(const auto path, hub::ResolveModel(store, options.model));
  ASSIGN_OR_RETURN(const auto checkpoint, Checkpoint::Open(path));
  ASSIGN_OR_RETURN(const auto positions, Positions(options.positions, options.tokens.size()));
  const auto precision = options.precision == "f32" ? engine::Precision::kF32 : engine::Precision::kAuto;
  ASSIGN_OR_RETURN(const auto sequence,
                   engine::OneSequence::Create(*checkpoint, precision, options.cache_type, options.threads,
                                               static_cast<std::uint32_t>(options.tokens.size()) + options.greedy));
  auto asked = positions;
  const auto last = static_cast<std::uint32_t>(options.tokens.size() - 1);
  asked.push_back(last);
  ASSIGN_OR_RETURN(auto logits, sequence->Forward(options.tokens, asked, options.rows));
  std::vector<float> row = std::move(logits.back());
  logits.pop_back();

  std::string out = "{";
  if (options.logits.empty()) {
    out += "\"logits\": [";
    for (std::size_t i = 0; i < logits.size(); ++i) {
      out += i ? ", [" : "[";
      for (std::size_t j = 0; j < logits[i].size(); ++j)
        fmt::format_to(std::back_inserter(out), "{}{:.9g}", j ? ", " : "", logits[i][j]);
      out += "]";
    }
    out += "], ";
  } else {
    RETURN_IF_ERROR(WriteRows(options.logits, logits));
  }
  out += "\"greedy\": [";
  for (std::uint32_t i = 0; i < options.greedy; ++i) {
    const auto id = static_cast<std::int32_t>(std::max_element(row.begin(), row.end()) - row.begin());
    fmt::format_to(std::back_inserter(out), "{}{}", i ? ", " : "", id);
    if (i + 1 == options.greedy) break;
    const std::uint32_t zero = 0;
    ASSIGN_OR_RETURN(auto next, sequence->Forward({&id, 1}, {&zero, 1}));
    row = std::move(next[0]);
  }
  out += "]}\n";
  std::fwrite(out.data(), 1, out.size(), stdout);
  return {};
}

}  // namespace

void RegisterDebugGrammar(CLI::App& debug, int& exit_code);
void RegisterDebugRender(CLI::App& debug, int& exit_code);

void RegisterDebug(CLI::App& app, int& exit_code) {
  CLI::App* debug = app.add_subcommand("debug", "Look inside: logits, rendered prompts, grammars");
  debug->require_subcommand(1);
  RegisterDebugGrammar(*debug, exit_code);
  RegisterDebugRender(*debug, exit_code);

  auto options = std::make_shared<Options>();
  CLI::App* forward = debug->add_subcommand("forward", "Logits of given tokens, as JSON");
  forward->add_option("--model", options->model, "a model's name, a GGUF file or a Hugging Face folder")->required();
  forward->add_option("--tokens", options->tokens, "token ids: 1,2,3")->required()->delimiter(',');
  forward->add_option("--positions", options->positions, "last, all, or indexes: 0,5,9")->capture_default_str();
  forward->add_option("--greedy", options->greedy, "continue greedily by so many tokens")
      ->check(CLI::Range(0, 1 << 20));
  forward->add_option("--precision", options->precision, "auto (as served) or f32 throughout")
      ->check(CLI::IsMember({"auto", "f32"}))->capture_default_str();
  forward->add_option("--rows", options->rows, "tokens of one pass; 1: as they are decoded")
      ->check(CLI::Range(std::uint32_t{1}, engine::OneSequence::kRowsMax))->capture_default_str();
  forward->add_option("--logits", options->logits, "a file for the logits instead, in rows of 32-bit floats");
  AddKvType(*forward, options->cache_type);
  forward->add_option("--threads", options->threads, "0: one a physical core")->check(CLI::Range(0, 512));
  forward->footer(
      "Example:\n  yun debug forward --model model.gguf --tokens 1,2,3 --positions all --greedy 8 --precision f32");
  forward->callback([options, &exit_code] {
    if (auto status = Forward(*options); !status) exit_code = Report(status.error());
  });
}

}  // namespace yun::cli
