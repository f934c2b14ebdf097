// yun tokenize: a text on standard input -> its token ids.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/commands.h"
#include "hub/store.h"
#include "text/tokenizer/tokenizer.h"
#include "text/unicode/utf8.h"

namespace yun::cli {
namespace {

constexpr std::size_t kMaxInputBytes = std::size_t{1} << 30;

struct Options {
  std::string model;
  bool json = false;
  bool no_special = false;
};

Result<std::string> ReadStandardInput() {
  std::string text;
  char buffer[1 << 16];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, stdin)) {
    if (text.size() + count > kMaxInputBytes) {
      return Fail(Code::kTooLarge, "the text on standard input is longer than {} bytes: give it in parts",
                  kMaxInputBytes);
    }
    text.append(buffer, count);
  }
  if (std::ferror(stdin)) return Fail(Code::kDisk, "standard input cannot be read");
  return text;
}

// A token's bytes in quotes; what is not a whole character as \xNN.
std::string Quoted(std::string_view bytes) {
  std::string out = "\"";
  while (!bytes.empty()) {
    const auto first = unicode::DecodeFirst(bytes);
    const auto size = static_cast<std::size_t>(first.bytes);
    if (bytes[0] == '\n') {
      out += "\\n";
    } else if (bytes[0] == '\r') {
      out += "\\r";
    } else if (bytes[0] == '\t') {
      out += "\\t";
    } else if (bytes[0] == '"' || bytes[0] == '\\') {
      out += '\\';
      out += bytes[0];
    } else if (!first.valid || first.code < 0x20 || (first.code >= 0x7F && first.code < 0xA0)) {
      for (const char c : bytes.substr(0, size)) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += bytes.substr(0, size);
    }
    bytes.remove_prefix(size);
  }
  return out + '"';
}

Status Run(const Options& options) {
  ASSIGN_OR_RETURN(const auto store, hub::Store::Open(hub::HomeFolder()));
  ASSIGN_OR_RETURN(const auto path, hub::ResolveModel(store, options.model));
  ASSIGN_OR_RETURN(const auto model, hub::OpenModel(path));
  if (model.tokenizer == nullptr) return Fail(Code::kNotFound, "{}: the model has no tokenizer", path.string());
  ASSIGN_OR_RETURN(const std::string text, ReadStandardInput());
  const auto ids = model.tokenizer->Encode(text, !options.no_special);

  std::string out;
  if (options.json) {
    out = "{\"ids\": [";
    for (std::size_t i = 0; i < ids.size(); ++i)
      fmt::format_to(std::back_inserter(out), "{}{}", i == 0 ? "" : ", ", ids[i]);
    out += "]}\n";
  } else {
    for (const TokenId id : ids) {
      fmt::format_to(std::back_inserter(out), "{:>7}  {}{}\n", id, Quoted(model.tokenizer->Bytes(id)),
                     model.tokenizer->IsSpecial(id) ? "  special" : "");
    }
    fmt::format_to(std::back_inserter(out), "{} tokens, {} bytes\n", ids.size(), text.size());
  }
  if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size() || std::fflush(stdout) != 0) {
    return Fail(Code::kDisk, "standard output cannot be written");
  }
  return {};
}

}  // namespace

void RegisterTokenize(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("tokenize", "Show the token ids of a text read from standard input");
  auto options = std::make_shared<Options>();
  command->add_option("--model", options->model, "A model of the store, a GGUF file, or a folder with tokenizer.json")
      ->required();
  command->add_flag("--json", options->json, "Print {\"ids\": [...]} only");
  command->add_flag("--no-special", options->no_special,
                    "Take special and added tokens in the text for ordinary text, as chat content is");
  command->footer(
      "No tokens are added. Broken UTF-8 counts as U+FFFD.\n\n"
      "Examples:\n"
      "  echo -n 'Hello, world' | yun tokenize --model smollm2:135m\n"
      "  yun tokenize --model ./Qwen3-0.6B --json < prompt.txt\n");
  command->callback([options, &exit_code] {
    if (const auto status = Run(*options); !status) {
      fmt::print(stderr, "yun tokenize: {}\n", status.error().message);
      exit_code = 1;
    }
  });
}

}  // namespace yun::cli
