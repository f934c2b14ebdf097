// A model that says what a script tells it to: the engine is the real one, over a tiny model with random weights, and
// its tokens are forced through the door that constrained answers use, engine/grammar.h. So queue, cache, drawing,
// stops, logprobs, n, usage and time limits are those of every other model, and none of them is played.
#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "text/tokenizer/tokenizer.h"

namespace yun::server {

struct ScriptedReply {
  std::string when;                // said where the prompt holds this
  std::vector<std::string> texts;  // answer i of n says texts[i % size]; special tokens are parsed
  std::uint32_t step_us = 0;       // at least so long between two of its tokens
  std::uint32_t fail_after = std::numeric_limits<std::uint32_t>::max();  // the engine fails after so many tokens
};

/// thread: const methods from any thread
class Script {
 public:
  /// A list of {"when": text, "reply": text or [text, ...], "step_us"?: n, "fail_after"?: n}.
  /// errors: kInvalidArgument (says which entry and what is wrong with it)
  static Result<Script> Parse(std::string_view json, std::uint32_t step_us);

  /// Of the rendered prompt: whose `when` begins last in it; of two at the same place the one that is first in the
  /// script. So the newest message decides, an empty `when` comes last, and a history changes nothing. Null: none.
  const ScriptedReply* Find(std::string_view prompt) const;

 private:
  std::vector<ScriptedReply> replies_;
};

/// What is left of a reply after a prompt which ends within a thought, or with one that is over: there a model does
/// not begin one.
std::string ReplyAfter(std::string_view prompt, std::string_view reply);

/// Answers by the script, ends each answer with end_id, and leaves all else to `engine`. Where a request's grammar
/// forbids the script's next token, a permitted one is drawn instead and the script waits; a forced </think> ends the
/// script's thought too. A prompt to which the script has no reply is kInvalidArgument.
std::unique_ptr<engine::Engine> WithScript(std::unique_ptr<engine::Engine> engine, Script script,
                                           std::shared_ptr<const Tokenizer> tokenizer, TokenId end_id);

}  // namespace yun::server
