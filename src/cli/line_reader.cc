#include "cli/line_reader.h"

#include <histedit.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <iostream>

namespace yun::cli {
namespace {

constexpr int kHistoryLines = 1000;
constexpr std::size_t kMessageBytesMax = 16 << 20;
constexpr int kPollMs = 100;  // a signal between two polls waits as long

class PlainReader final : public LineReader {
 public:
  bool terminal() const override { return false; }

 protected:
  Input ReadLine(const std::string&) override {
    Input input;
    if (!std::getline(std::cin, input.text)) return input;
    input.kind = Kind::kText;
    return input;
  }
  void Remember(const std::string&) override {}
};

class TerminalReader final : public LineReader {
 public:
  TerminalReader(const std::filesystem::path& history, const std::atomic<bool>& interrupted)
      : file_(history), interrupted_(interrupted) {
    // libedit counts columns by the locale; without one of UTF-8 (a bare container) take the C library's own.
    const char* locale = std::setlocale(LC_CTYPE, "");
    if (!locale || MB_CUR_MAX < 4) std::setlocale(LC_CTYPE, "C.UTF-8");
    edit_ = el_init("yun", stdin, stdout, stderr);
    history_ = history_init();
    HistEvent event;
    ::history(history_, &event, H_SETSIZE, kHistoryLines);
    ::history(history_, &event, H_SETUNIQUE, 1);
    if (!file_.empty()) ::history(history_, &event, H_LOAD, file_.c_str());
    el_set(edit_, EL_CLIENTDATA, this);
    el_set(edit_, EL_PROMPT, +[](EditLine* edit) {
      TerminalReader* self = nullptr;
      el_get(edit, EL_CLIENTDATA, &self);
      return self->prompt_.data();
    });
    el_set(edit_, EL_GETCFN, static_cast<el_rfunc_t>([](EditLine* edit, wchar_t* out) {
      TerminalReader* self = nullptr;
      el_get(edit, EL_CLIENTDATA, &self);
      return self->ReadChar(out);
    }));
    el_set(edit_, EL_EDITOR, "emacs");
    el_set(edit_, EL_HIST, ::history, history_);
    el_set(edit_, EL_SIGNAL, 0);  // Ctrl-C is ours
    el_set(edit_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    el_set(edit_, EL_BIND, "\\e[3~", "ed-delete-next-char", nullptr);
    el_set(edit_, EL_BIND, "\\e[1~", "ed-move-to-beg", nullptr);
    el_set(edit_, EL_BIND, "\\e[H", "ed-move-to-beg", nullptr);
    el_set(edit_, EL_BIND, "\\e[4~", "ed-move-to-end", nullptr);
    el_set(edit_, EL_BIND, "\\e[F", "ed-move-to-end", nullptr);
  }
  ~TerminalReader() override {
    if (!file_.empty()) {
      HistEvent event;
      ::history(history_, &event, H_SAVE, file_.c_str());
    }
    history_end(history_);
    el_end(edit_);
  }
  bool terminal() const override { return true; }

 protected:
  Input ReadLine(const std::string& prompt) override {
    prompt_ = prompt;
    int count = 0;
    const char* line = el_gets(edit_, &count);
    Input input;
    if (!line || count <= 0) {
      if (interrupted_.load()) {
        // What was typed so far is dropped, and libedit begins anew.
        std::printf("\n");
        el_reset(edit_);
        input.kind = Kind::kInterrupted;
      }
      return input;
    }
    input.kind = Kind::kText;
    input.text.assign(line, static_cast<std::size_t>(count));
    while (!input.text.empty() && (input.text.back() == '\n' || input.text.back() == '\r')) input.text.pop_back();
    return input;
  }
  void Remember(const std::string& text) override {
    if (text.find_first_not_of(" \t\n") == std::string::npos) return;
    std::string line = text;
    for (char& c : line) {
      if (c == '\n') c = ' ';
    }
    HistEvent event;
    ::history(history_, &event, H_ENTER, line.c_str());
  }

 private:
  /// One character of what is typed: 1, 0 at the end of input, -1 when interrupted or broken.
  int ReadChar(wchar_t* out) {
    std::mbstate_t state{};
    while (true) {
      if (interrupted_.load()) return -1;
      pollfd input{STDIN_FILENO, POLLIN, 0};
      if (::poll(&input, 1, kPollMs) <= 0) continue;
      char byte;
      const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return static_cast<int>(got);
      // A Ctrl-D typed while the terminal was between two prompts, in its cooked mode, comes as a NUL.
      if (byte == '\0') byte = '\x04';
      const std::size_t used = std::mbrtowc(out, &byte, 1, &state);
      if (used == static_cast<std::size_t>(-2)) continue;
      if (used == static_cast<std::size_t>(-1)) {
        state = {};  // a byte that starts no character of the locale is dropped
        continue;
      }
      return 1;
    }
  }

  std::filesystem::path file_;
  const std::atomic<bool>& interrupted_;  // borrows
  std::string prompt_;
  EditLine* edit_;
  History* history_;
};

}  // namespace

std::unique_ptr<LineReader> LineReader::Create(const std::filesystem::path& history,
                                               const std::atomic<bool>& interrupted) {
  if (::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0)
    return std::make_unique<TerminalReader>(history, interrupted);
  return std::make_unique<PlainReader>();
}

LineReader::Input LineReader::Read(const std::string& prompt) {
  static constexpr std::string_view kFence = "\"\"\"";
  const std::string more(prompt.size() > 4 ? "... " : prompt);
  Input first = ReadLine(prompt);
  if (first.kind != Kind::kText) return first;
  Input whole{Kind::kText, ""};
  const auto too_long = [&] { return whole.text.size() > kMessageBytesMax; };
  if (first.text.starts_with(kFence)) {
    std::string rest = first.text.substr(kFence.size());
    if (rest.size() >= kFence.size() && rest.ends_with(kFence)) {
      whole.text = rest.substr(0, rest.size() - kFence.size());
    } else {
      whole.text = rest.empty() ? "" : rest + "\n";
      while (!too_long()) {
        Input next = ReadLine(more);
        if (next.kind == Kind::kInterrupted) return next;
        const bool end = next.kind == Kind::kEnd || next.text.ends_with(kFence);
        if (next.kind == Kind::kText)
          whole.text += end ? next.text.substr(0, next.text.size() - kFence.size()) : next.text + "\n";
        if (end) break;
      }
      while (whole.text.ends_with('\n')) whole.text.pop_back();
    }
  } else {
    whole.text = std::move(first.text);
    while (whole.text.ends_with('\\') && !too_long()) {
      whole.text.back() = '\n';
      Input next = ReadLine(more);
      if (next.kind == Kind::kInterrupted) return next;
      if (next.kind == Kind::kEnd) break;
      whole.text += next.text;
    }
  }
  Remember(whole.text);
  return whole;
}

}  // namespace yun::cli
