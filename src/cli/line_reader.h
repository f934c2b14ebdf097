// Lines from a person: with editing, history and several-line input on a terminal, plainly elsewhere.
#pragma once
#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

namespace yun::cli {

class LineReader {
 public:
  enum class Kind { kText, kInterrupted, kEnd };
  struct Input {
    Kind kind = Kind::kEnd;
    std::string text;
  };

  /// `history`: a file that keeps what was typed on a terminal; empty: none is kept.
  /// On a terminal `interrupted` becoming true drops the line being typed; the caller's signal handler sets it.
  static std::unique_ptr<LineReader> Create(const std::filesystem::path& history, const std::atomic<bool>& interrupted);
  virtual ~LineReader() = default;

  /// One message: a line; lines joined where one ends with a backslash; or all between two lines of """.
  Input Read(const std::string& prompt);
  virtual bool terminal() const = 0;

 protected:
  virtual Input ReadLine(const std::string& prompt) = 0;
  /// Remembers a whole message.
  virtual void Remember(const std::string& text) = 0;
};

}  // namespace yun::cli
