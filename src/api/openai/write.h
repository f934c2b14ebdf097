// Answers -> OpenAI's bodies and stream chunks. Pure functions; the caller frames chunks as server-sent events.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/error.h"

namespace yun::api::openai {

enum class Dialog { kChat, kCompletion };

/// What every body of one answer repeats.
struct AnswerHead {
  Dialog dialog = Dialog::kChat;
  std::string id;            // "chatcmpl-..." or "cmpl-..."
  std::int64_t created = 0;  // unix seconds
  std::string model;
};

struct UsageCounts {
  std::uint64_t prompt_tokens = 0, completion_tokens = 0, cached_tokens = 0;
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

/// One of the n answers, or a piece of it in a stream.
struct Choice {
  std::uint32_t index = 0;
  std::string text;                     // valid UTF-8
  std::string_view finish_reason = {};  // "stop", "length"; empty: not finished
  bool with_logprobs = false;
  std::vector<LogprobEntry> logprobs;
  std::size_t text_offset = 0;  // completions: characters before the first entry of logprobs
};

/// The whole answer of a request without `stream`.
std::string WriteAnswer(const AnswerHead& head, const std::vector<Choice>& choices, const UsageCounts& usage);

/// A chunk of a stream. `first`: carries the role (chat). `with_usage`: the request asked for usage, so chunks hold a
/// null one.
std::string WriteChunk(const AnswerHead& head, const Choice& choice, bool first, bool with_usage);
/// The last chunk when usage was asked for: no choices.
std::string WriteUsageChunk(const AnswerHead& head, const UsageCounts& usage);

struct ModelEntry {
  std::string id;
  std::int64_t created = 0;
};
std::string WriteModel(const ModelEntry& model);
std::string WriteModelList(const std::vector<ModelEntry>& models);

/// {"error": {message, type, param, code}, "request_id"}
std::string WriteError(const ApiError& error, std::string_view request_id);

/// The number of characters that begin in these bytes.
std::size_t CountCharacters(std::string_view bytes);

}  // namespace yun::api::openai
