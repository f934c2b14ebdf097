// POST /v1/completions: prompts as text or as token ids, as they are.
#include <chrono>

#include "api/openai/parse.h"
#include "server/answer.h"
#include "server/handlers/handlers.h"

namespace yun::server::handlers {

namespace openai = api::openai;

void Completions(Service& service, Call call) {
  api::Parsed<api::CompletionRequest> wish = openai::ParseCompletionRequest(call.request.body);
  if (!wish) return call.Fail(wish.error());
  call.request.body = {};
  const auto model = service.FindModel(wish->model);
  if (!model) return call.Fail(NoSuchModel(service, wish->model));

  std::vector<std::vector<engine::TokenId>> prompts;
  for (api::Prompt& prompt : wish->prompts) {
    if (auto* ids = std::get_if<std::vector<std::int32_t>>(&prompt)) {
      prompts.push_back(std::move(*ids));
    } else {
      const Tokenizer& tokenizer = *model->tokenizer;
      std::vector<engine::TokenId>& tokens = prompts.emplace_back();
      if (tokenizer.add_bos() && tokenizer.bos_id() >= 0) tokens.push_back(tokenizer.bos_id());
      const auto text = tokenizer.Encode(std::get<std::string>(prompt), true);
      tokens.insert(tokens.end(), text.begin(), text.end());
    }
    const auto size = static_cast<std::int64_t>(model->engine->config().vocab);
    for (const engine::TokenId id : prompts.back())
      if (id >= size)
        return call.Fail(
            {400, fmt::format("Invalid 'prompt': the token id {} is not below the vocabulary's size, {}.", id, size),
             "prompt", "invalid_value"});
  }
  openai::AnswerHead head{openai::Dialog::kCompletion, "cmpl-" + cloud::RandomHex(12),
                          std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()), model->id};
  Answer::Begin(service, std::move(call), model, *wish, std::move(prompts), std::move(head));
}

}  // namespace yun::server::handlers
