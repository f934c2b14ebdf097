// yun run "question": one answer, streamed to the terminal.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/report.h"
#include "cli/session.h"

namespace yun::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kInputBytesMax = 64 << 20;

struct Options {
  SessionOptions session;
  Wish wish;
  std::vector<std::string> words;
  std::string system;
  bool raw = false, verbose = false;
};

/// The words of the command line; then, when standard input is no terminal, what comes from there.
Result<std::string> Question(const Options& options) {
  std::string text;
  for (const std::string& word : options.words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  if (::isatty(STDIN_FILENO) != 0) return text;
  std::string input;
  char buffer[1 << 14];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, stdin)) {
    if (input.size() + count > kInputBytesMax) {
      return Fail(Code::kTooLarge, "the text on standard input is longer than {} bytes", kInputBytesMax);
    }
    input.append(buffer, count);
  }
  if (!options.raw) {
    while (!input.empty() && (input.back() == '\n' || input.back() == '\r')) input.pop_back();
  }
  if (!text.empty() && !input.empty()) text += "\n\n";
  return text + input;
}

Result<int> Run(const Options& options) {
  ASSIGN_OR_RETURN(const std::string question, Question(options));
  if (question.empty())
    return Fail(Code::kInvalidArgument,
                "what is the question? For example: yun run \"What is the capital of France?\"");
  ASSIGN_OR_RETURN(const auto session, Session::Open(options.session));
  PromptText prompt{question};
  if (!options.raw) {
    json::array messages;
    if (!options.system.empty()) messages.push_back(json::object{{"role", "system"}, {"content", options.system}});
    messages.push_back(json::object{{"role", "user"}, {"content", question}});
    ASSIGN_OR_RETURN(prompt, session->Render(messages, options.wish));
  }
  const std::atomic<bool>& interrupted = Interrupted();
  ASSIGN_OR_RETURN(const Heard heard, session->Answer(prompt, options.wish, interrupted, PrintPiece));
  if (heard.text.empty() || heard.text.back() != '\n') std::printf("\n");
  if (std::fflush(stdout) != 0) return Fail(Code::kDisk, "standard output cannot be written");
  if (heard.reason == engine::FinishReason::kLength && options.wish.max_tokens == 0) {
    std::fprintf(stderr, "yun: the answer fills the context of %u tokens\n", session->engine().context_tokens());
  }
  if (options.verbose) std::fprintf(stderr, "%s: %s\n", session->name().c_str(), Describe(heard).c_str());
  return interrupted.load() ? kExitInterrupted : 0;
}

}  // namespace

void RegisterRun(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("run", "Ask a model one question and print its answer");
  auto options = std::make_shared<Options>();
  command->add_option("prompt", options->words, "The question; text on standard input is added below it");
  command->add_option("--system", options->system, "What the model is told before the question");
  AddSessionFlags(*command, options->session, options->wish);
  command->add_flag("--raw", options->raw, "Continue the text as it is, without the model's chat template");
  command->add_flag("-v,--verbose", options->verbose, "Tokens and speed on standard error, after the answer");
  command->footer(R"(Examples:
  yun run "What is the capital of France?"
  yun run --model qwen3:0.6b --no-think --temperature 0 "17 * 23?"
  git diff | yun run --system "You write commit messages." "One line for this change:"
  yun run --raw --max-tokens 40 "Once upon a time")");
  command->callback([options, &exit_code] { exit_code = ExitCode(Run(*options)); });
}

}  // namespace yun::cli
