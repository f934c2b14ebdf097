// The neutral answer: pieces as a model says them, and what every dialect writes them with.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/error.h"

namespace yun::api {

struct UsageCounts {
  std::uint64_t prompt_tokens = 0;
  std::uint64_t completion_tokens = 0;  // all that was generated, thinking included
  std::uint64_t cached_tokens = 0;      // of the prompt, from the cache
  std::uint64_t thinking_tokens = 0;    // of the completion
  std::uint64_t cache_write_tokens = 0;  // of the prompt, kept by an explicit mark
  std::uint64_t choice_tokens = 0;           // while streaming: of the choice that is written, thinking included
  std::uint64_t choice_thinking_tokens = 0;  // the same, thinking alone
};

/// A token as bytes (perhaps a part of a character) and its logarithmic probability.
struct TokenText {
  std::string bytes;
  double logprob = 0;
};
struct LogprobEntry {
  TokenText token;
  std::vector<TokenText> top;  // likeliest first
};

enum class Finish { kNone, kStop, kStopString, kLength, kToolCalls };

enum class Part { kThinking, kText, kCallBegin, kCallArguments, kCallEnd };

/// A piece of one choice as it comes. Joined, the pieces of a part are the whole of it.
struct Piece {
  std::uint32_t choice = 0;
  Part part = Part::kText;
  std::string text = {};       // valid UTF-8; kCallBegin: the tool's name; kCallArguments: JSON as the model wrote it
  std::uint32_t call = 0;      // of kCall*: its number within the choice, from 0
  std::string call_id = {};    // of kCallBegin
  std::vector<LogprobEntry> logprobs = {};  // kText: of the tokens that it covers
};

struct ToolCall {
  std::string id, name, arguments;
};

/// One of the n answers, whole.
struct Choice {
  std::uint32_t index = 0;
  std::string thinking, text;
  std::vector<ToolCall> calls;
  std::vector<LogprobEntry> logprobs;  // of the text
  Finish finish = Finish::kNone;
  std::string stop_string = {};  // of kStopString

  void Add(const Piece& piece);
};

/// Writes one answer in a dialect, whole or as a stream; made by the dialect's handler, one a request.
/// A stream is Begin, then pieces and ends of choices as they come, then End; or Fail at any point.
/// Each of these adds bytes to `out`, framed as the dialect has it.
class AnswerWriter {
 public:
  virtual ~AnswerWriter() = default;
  /// Before the first piece. `usage`: the prompt's tokens.
  virtual void Begin(std::string& /*out*/, const UsageCounts& /*usage*/) {}
  /// `so_far`: of all choices; cached tokens are known at the end only.
  virtual void Write(std::string& out, const Piece& piece, const UsageCounts& so_far) = 0;
  virtual void EndChoice(std::string& out, std::uint32_t choice, Finish finish, std::string_view stop_string,
                         const UsageCounts& so_far) = 0;
  virtual void End(std::string& out, const UsageCounts& usage) = 0;
  /// A failure when the stream has begun: what makes the vendor's own client raise its error.
  virtual void Fail(std::string& out, const ApiError& error, std::string_view request_id) = 0;
  /// Something that readers skip.
  virtual void KeepAlive(std::string& out) { out += ": keep-alive\n\n"; }
  virtual std::string_view content_type() const { return "text/event-stream; charset=utf-8"; }

  /// The body of an answer that is not streamed.
  virtual std::string Whole(const std::vector<Choice>& choices, const UsageCounts& usage) = 0;
};

/// The number of characters that begin in these bytes.
std::size_t CountCharacters(std::string_view bytes);

}  // namespace yun::api
