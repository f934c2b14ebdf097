// POST /v1/completions: prompts as text or as token ids, as they are.
#include <chrono>

#include "api/openai/answer_writer.h"
#include "api/openai/parse.h"
#include "server/answer.h"
#include "server/chat.h"
#include "server/handlers/handlers.h"

namespace yun::server::handlers {

namespace openai = api::openai;

void Completions(Service& service, Call call) {
  api::Parsed<api::CompletionRequest> wish = openai::ParseCompletionRequest(call.request.body);
  if (!wish) return call.Fail(wish.error());
  call.request.body = {};
  AnswerPlan plan;
  plan.model = ModelFor(service, call, wish->model);
  if (!plan.model) return;
  const std::shared_ptr<const Model>& model = plan.model;

  for (api::Prompt& prompt : wish->prompts) {
    if (auto* ids = std::get_if<std::vector<std::int32_t>>(&prompt)) {
      if (wish->echo) plan.echoes.push_back(model->tokenizer->Decode(*ids, false));
      plan.prompts.push_back(std::move(*ids));
    } else {
      const Tokenizer& tokenizer = *model->tokenizer;
      std::vector<engine::TokenId>& tokens = plan.prompts.emplace_back();
      if (tokenizer.add_bos() && tokenizer.bos_id() >= 0) tokens.push_back(tokenizer.bos_id());
      const auto text = tokenizer.Encode(std::get<std::string>(prompt), true);
      tokens.insert(tokens.end(), text.begin(), text.end());
      if (wish->echo) plan.echoes.push_back(std::move(std::get<std::string>(prompt)));
    }
    const auto size = static_cast<std::int64_t>(model->engine->config().vocab);
    for (const engine::TokenId id : plan.prompts.back())
      if (id >= size)
        return call.Fail(
            {400, fmt::format("Invalid 'prompt': the token id {} is not below the vocabulary's size, {}.", id, size),
             "prompt", "invalid_value"});
  }
  if (wish->constraint.kind != api::ConstraintKind::kNone) {
    auto grammar = model->grammars->Make(wish->constraint);
    if (!grammar) return call.Fail(ConstraintError(grammar.error(), wish->constraint));
    plan.grammar = std::move(*grammar);
  }
  plan.prompt_param = "prompt";
  openai::WriterOptions options;
  options.head = {openai::Dialog::kCompletion, "cmpl-" + cloud::RandomHex(12),
                  std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()), model->id};
  options.with_logprobs = wish->logprobs >= 0;
  options.include_usage = wish->include_usage;
  plan.writer = openai::MakeAnswerWriter(std::move(options));
  Answer::Begin(service, std::move(call), *wish, std::move(plan));
}

}  // namespace yun::server::handlers
