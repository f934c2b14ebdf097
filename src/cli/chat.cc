// yun chat: a conversation in the terminal.
#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "cli/commands.h"
#include "cli/conversation.h"
#include "cli/line_reader.h"
#include "cli/report.h"
#include "cli/session.h"
#include "hub/store.h"

namespace yun::cli {
namespace {

namespace json = boost::json;

constexpr const char* kHelp = R"(Type a message and press Enter. Ctrl-C stops an answer, Ctrl-D ends the chat.
  """            begins and ends a message of several lines; so does a backslash at a line's end
  /regen         answer the last question anew
  /clear         forget the conversation
  /system TEXT   what the model is told before all else; without TEXT it is shown, "none" removes it
  /set NAME VAL  temperature, top_p, top_k, min_p, repetition_penalty, seed, max_tokens, think on|off;
                 without arguments they are shown, VAL "default" takes one back
  /tokens        length of the conversation in tokens, and the last answer's speed
  /save FILE     write the conversation as JSON
  /load FILE     go on with one
  /quit          end the chat
)";

std::atomic<bool> stop_answer{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // written by a signal handler

/// Ctrl-C only ever stops an answer, or drops the line being typed.
void CatchInterrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop_answer.store(true); };
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
}

struct Options {
  SessionOptions session;
  Conversation conversation;
  bool verbose = false;
};

class Chat {
 public:
  Chat(Session& session, LineReader& reader, Options& options)
      : session_(session), reader_(reader), talk_(options.conversation), verbose_(options.verbose),
        colour_(reader.terminal() && !std::getenv("NO_COLOR")) {}

  /// Until the person leaves. Without a terminal a failed answer is an error of the whole.
  int Run() {
    if (reader_.terminal()) {
      std::printf("%s, up to %u tokens. /help shows what there is; Ctrl-D ends.\n", session_.name().c_str(),
                  session_.engine().context_tokens());
    }
    while (!left_) {
      const LineReader::Input input = reader_.Read(">>> ");
      if (input.kind == LineReader::Kind::kEnd) break;
      if (input.kind == LineReader::Kind::kInterrupted) {
        stop_answer = false;
        std::printf("(Ctrl-D or /quit ends the chat)\n");
        continue;
      }
      const std::size_t from = input.text.find_first_not_of(" \t\n");
      if (from == std::string::npos) continue;
      if (input.text[from] == '/') {
        Command(std::string_view(input.text).substr(from));
      } else {
        talk_.messages.push_back(json::object{{"role", "user"}, {"content", input.text}});
        if (!Answer()) talk_.messages.pop_back();
      }
      if (failed_ && !reader_.terminal()) return 1;
    }
    if (reader_.terminal() && !left_) std::printf("\n");
    return 0;
  }

 private:
  /// Answers the conversation and adds the answer; false when there was none.
  bool Answer() {
    auto prompt = session_.Render(talk_.ForModel(), talk_.wish);
    if (!prompt) return Failed(prompt.error());
    stop_answer = false;
    auto heard = session_.Answer(*prompt, talk_.wish, stop_answer, PrintPiece);
    const bool stopped = stop_answer.exchange(false);
    if (!heard) return Failed(heard.error());
    if (heard->text.empty() || heard->text.back() != '\n') std::printf("\n");
    if (stopped) Say("(stopped)");
    if (heard->reason == engine::FinishReason::kLength)
      Say("(cut at its longest; /set max_tokens or /clear make room)");
    last_ = *heard;
    if (verbose_) Say(Describe(*heard));
    std::fflush(stdout);
    talk_.messages.push_back(json::object{{"role", "assistant"}, {"content", heard->text}});
    return true;
  }

  bool Failed(const Error& error) {
    std::fflush(stdout);
    std::fprintf(stderr, "yun: %s\n", error.message.c_str());
    if (error.code == Code::kTooLarge) std::fprintf(stderr, "/clear begins anew; /save FILE keeps this conversation\n");
    failed_ = true;
    return false;
  }

  /// A remark about the answer, not part of it.
  void Say(std::string_view text) const {
    std::fflush(stdout);
    if (!reader_.terminal()) {
      fmt::print(stderr, "{}\n", text);
    } else if (colour_) {
      fmt::print("\033[2m{}\033[0m\n", text);
    } else {
      fmt::print("{}\n", text);
    }
  }

  void Command(std::string_view line) {
    const std::size_t space = line.find_first_of(" \t\n");
    const std::string_view name = line.substr(0, space);
    std::string_view rest = space == line.npos ? std::string_view() : line.substr(space);
    const auto trim = [](std::string_view t) {
      const std::size_t from = t.find_first_not_of(" \t\n");
      return from == t.npos ? std::string_view() : t.substr(from, t.find_last_not_of(" \t\n") - from + 1);
    };
    rest = trim(rest);
    const auto check = [&](const Status& status) {
      if (!status) Failed(status.error());
      return status.has_value();
    };
    if (name == "/quit" || name == "/exit" || name == "/bye" || name == "/q") {
      left_ = true;
    } else if (name == "/help" || name == "/?") {
      std::printf("%s", kHelp);
    } else if (name == "/clear") {
      talk_.messages.clear();
      last_.reset();
      Say("(forgotten)");
    } else if (name == "/system") {
      if (rest.empty()) {
        std::printf("%s\n", talk_.system.empty() ? "(none)" : talk_.system.c_str());
      } else {
        talk_.system = rest == "none" ? "" : std::string(rest);
      }
    } else if (name == "/set") {
      const std::size_t gap = rest.find_first_of(" \t");
      if (rest.empty()) {
        std::printf("%s", talk_.Settings().c_str());
      } else {
        check(talk_.Set(rest.substr(0, gap), gap == rest.npos ? std::string_view() : trim(rest.substr(gap))));
      }
    } else if (name == "/regen") {
      const json::array before = talk_.messages;
      if (!talk_.DropLastAnswer()) {
        Say("(there is no question yet)");
      } else if (!Answer()) {
        talk_.messages = before;
      }
    } else if (name == "/tokens") {
      Tokens();
    } else if (name == "/save" || name == "/load") {
      if (rest.empty()) {
        Failed({Code::kInvalidArgument, fmt::format("{} needs a file's name", name)});
      } else if (name == "/save") {
        if (check(talk_.Save(std::string(rest), session_.name()))) Say(fmt::format("(saved to {})", rest));
      } else if (check(talk_.Load(std::string(rest)))) {
        Say(fmt::format("({} messages)", talk_.messages.size()));
      }
    } else {
      Failed({Code::kInvalidArgument, fmt::format("there is no command {}; /help shows those there are", name)});
    }
    std::fflush(stdout);
  }

  void Tokens() {
    const auto prompt = session_.Render(talk_.ForModel(), talk_.wish);
    if (!prompt) {
      Failed(prompt.error());
      return;
    }
    fmt::print("{} of {} tokens\n", session_.Tokens(*prompt).size(), session_.engine().context_tokens());
    if (last_) fmt::print("last answer: {}\n", Describe(*last_));
  }

  Session& session_;     // borrows
  LineReader& reader_;   // borrows
  Conversation& talk_;   // borrows
  bool verbose_, colour_;
  bool left_ = false, failed_ = false;
  std::optional<Heard> last_;
};

Result<int> Run(Options& options) {
  ASSIGN_OR_RETURN(const auto session, Session::Open(options.session));
  if (!session->has_template()) {
    return Fail(Code::kUnsupported,
                "{} has no chat template: it continues texts but does not converse (`yun run --raw`)", session->name());
  }
  std::error_code ignored;  // without the folder the history is not kept
  std::filesystem::create_directories(hub::HomeFolder(), ignored);
  const auto reader = LineReader::Create(hub::HomeFolder() / "chat_history", stop_answer);
  CatchInterrupts();
  return Chat(*session, *reader, options).Run();
}

}  // namespace

void RegisterChat(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("chat", "Converse with a model in the terminal");
  auto options = std::make_shared<Options>();
  command->add_option("name", options->session.model, "The model; the same as --model");
  AddSessionFlags(*command, options->session, options->conversation.wish);
  command->add_option("--system", options->conversation.system, "What the model is told before all else");
  command->add_flag("-v,--verbose", options->verbose, "Tokens and speed after each answer");
  command->footer(std::string("In the chat:\n") + kHelp + R"(
Without a terminal each line of standard input is a message, and only the answers are printed.
What is typed is kept in $YUN_HOME/chat_history (default ~/.local/share/yun) and found again with the arrow keys.

Examples:
  yun chat
  yun chat qwen3:0.6b --system "Answer in one sentence." --no-think
  printf 'My name is Ada.\nWhat is my name?\n' | yun chat --temperature 0)");
  command->callback([options, &exit_code] { exit_code = ExitCode(Run(*options)); });
}

}  // namespace yun::cli
