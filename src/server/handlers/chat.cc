// POST /v1/chat/completions: messages -> the model's own template -> tokens -> engine.
#include <chrono>

#include "api/openai/parse.h"
#include "server/answer.h"
#include "server/handlers/handlers.h"

namespace yun::server::handlers {

namespace openai = api::openai;

void ChatCompletions(Service& service, Call call) {
  api::Parsed<api::ChatRequest> wish = openai::ParseChatRequest(call.request.body);
  if (!wish) return call.Fail(wish.error());
  call.request.body = {};
  const auto model = service.FindModel(wish->model);
  if (!model) return call.Fail(NoSuchModel(service, wish->model));
  if (!model->chat_template)
    return call.Fail({400, fmt::format("The model '{}' has no chat template; use /v1/completions.", model->id), "model",
                      "unsupported_value"});

  RenderOptions options;
  options.bos_token = model->tokenizer->Bytes(model->tokenizer->bos_id());
  options.eos_token = model->tokenizer->Bytes(model->tokenizer->eos_id());
  options.variables = std::move(wish->template_variables);
  const Result<std::string> text = model->chat_template->Render(wish->messages, wish->tools, options);
  if (!text) return call.Fail(ToApiError(text.error(), "messages"));
  std::vector<std::vector<engine::TokenId>> prompts;
  prompts.push_back(model->tokenizer->Encode(*text, true));
  if (prompts.front().empty())
    return call.Fail(
        {400, "The messages give an empty prompt with this model's chat template.", "messages", "invalid_value"});

  // A model thinks when it likes if its template can forbid it.
  bool may_think = false;
  if (wish->constraint.kind != api::ConstraintKind::kNone && !model->grammars->EndsThought(prompts.front())) {
    options.variables["enable_thinking"] = false;
    const Result<std::string> quiet = model->chat_template->Render(wish->messages, wish->tools, options);
    may_think = quiet && model->grammars->EndsThought(model->tokenizer->Encode(*quiet, true));
  }

  openai::AnswerHead head{openai::Dialog::kChat, "chatcmpl-" + cloud::RandomHex(12),
                          std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()), model->id};
  Answer::Begin(service, std::move(call), model, *wish, std::move(prompts), std::move(head), may_think);
}

}  // namespace yun::server::handlers
