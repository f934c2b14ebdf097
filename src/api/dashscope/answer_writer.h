// Neutral answers -> DashScope's native answers, whole and as its stream of events.
#pragma once
#include <memory>
#include <string>

#include "api/answer.h"
#include "api/dashscope/parse.h"

namespace yun::api::dashscope {

struct WriterOptions {
  std::string request_id;
  Service service = Service::kText;
  ResultFormat format = ResultFormat::kMessage;  // kText gives way to a message where there is thinking or a call
  bool incremental = false;                      // an event has what is new, or all of its choice so far
  bool numbered = false;                         // n > 1: choices say their index
  bool with_logprobs = false;
};

/// A stream's events are "id", "event", a comment with the status and "data", without a space after the colon; each
/// holds one choice and that choice's usage so far. Its end is the end of the connection's answer: there is no [DONE].
std::unique_ptr<AnswerWriter> MakeAnswerWriter(WriterOptions options);

}  // namespace yun::api::dashscope
