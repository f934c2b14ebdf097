// A model's own Jinja chat template, rendered as transformers' apply_chat_template does, with limits.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "base/result.h"
#include "text/chat/client_text.h"

namespace yun {

struct RenderOptions {
  bool add_generation_prompt = true;
  std::string bos_token, eos_token;
  std::string answer_begin;  // stands behind the prompt
  /// Further variables of the template, e.g. {"enable_thinking": false}.
  boost::json::object variables;
};

/// A compiled template; a template is untrusted code: fuel, recursion and output are limited.
/// thread: every const method from any thread
class ChatTemplate {
 public:
  /// controls: ControlTokens of the model. errors: kCorrupt (template syntax, with its line), kTooLarge
  static Result<std::unique_ptr<ChatTemplate>> Create(std::string_view source,
                                                      const std::vector<std::string>& controls = {});
  virtual ~ChatTemplate() = default;

  /// `messages` and `tools` as in OpenAI's API (tools may be empty). Key order is kept. Only what the template itself
  /// writes can become control tokens: their spellings in messages, tools, variables and answer_begin have seams.
  /// errors: kInvalidArgument (the template's own raise_exception, with its text), kTooLarge (fuel, recursion, output)
  virtual Result<PromptText> Render(const boost::json::array& messages, const boost::json::array& tools,
                                    const RenderOptions& options) const = 0;
};

}  // namespace yun
