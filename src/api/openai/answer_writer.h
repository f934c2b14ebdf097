// Neutral answers -> OpenAI's chat completions and completions, whole and as streams of chunks.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "api/answer.h"

namespace yun::api::openai {

enum class Dialog { kChat, kCompletion };

/// What every body of one answer repeats.
struct AnswerHead {
  Dialog dialog = Dialog::kChat;
  std::string id;            // "chatcmpl-..." or "cmpl-..."
  std::int64_t created = 0;  // unix seconds
  std::string model;
};

struct WriterOptions {
  AnswerHead head;
  bool with_logprobs = false;
  bool include_usage = false;  // of a stream: a last chunk with the usage, and a null one in the others
};

std::unique_ptr<AnswerWriter> MakeAnswerWriter(WriterOptions options);

/// "stop", "length" or "tool_calls".
std::string_view FinishName(Finish finish);

}  // namespace yun::api::openai
