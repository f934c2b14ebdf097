// POST /v1/tokenize, /v1/detokenize and the native tokenizer: what a model reads of a text or a conversation.
#include "api/dashscope/values.h"
#include "api/openai/values.h"
#include "server/admit.h"
#include "server/chat.h"
#include "server/handlers/handlers.h"

namespace yun::server::handlers {

namespace dashscope = api::dashscope;
namespace openai = api::openai;

namespace {

/// The model asked for; where none is named, the only one. Null: `call` is answered.
std::shared_ptr<const Model> NamedOrOnly(Service& service, Call& call, std::string_view id) {
  std::shared_ptr<const Model> model;
  if (id.empty()) {
    const auto models = service.Models();
    if (models.size() == 1) model = models.front();
    else call.Fail({400, "Missing required parameter: 'model'.", "model", "missing_required_parameter"});
  } else {
    model = ModelFor(service, call, id);
  }
  if (!model) return nullptr;
  // It costs nothing, but a key must be good for the model, and it counts as a request.
  const auto grant = Admit(service, call, *model, {});
  if (!grant) return nullptr;
  grant->Release();
  return model;
}

/// errors: 400
api::Parsed<api::TokenList> TokensOf(const Model& model, api::TokenizeRequest& wish) {
  const Tokenizer& tokenizer = *model.tokenizer;
  PromptText text{std::move(wish.text)};
  if (wish.chat) {
    if (!model.chat_template)
      return tl::unexpected(api::ApiError{400, fmt::format("The model '{}' has no chat template.", model.id), "model",
                                          "unsupported_value"});
    RenderOptions options = TemplateOptions(model);
    options.variables = std::move(wish.chat->template_variables);
    options.add_generation_prompt = wish.add_generation_prompt;
    Result<PromptText> rendered = model.chat_template->Render(wish.chat->messages, wish.chat->tools, options);
    if (!rendered) return tl::unexpected(ToApiError(rendered.error(), "messages"));
    text = std::move(*rendered);
  }
  api::TokenList list;
  list.context_tokens = model.engine->context_tokens();
  if (wish.add_special_tokens && tokenizer.add_bos() && tokenizer.bos_id() >= 0)
    list.tokens.push_back(tokenizer.bos_id());
  const auto own = tokenizer.Encode(text.text, true, text.seams);
  list.tokens.insert(list.tokens.end(), own.begin(), own.end());
  if (wish.add_special_tokens && tokenizer.end_id() >= 0) list.tokens.push_back(tokenizer.end_id());
  if (wish.return_token_strings)
    for (const TokenId id : list.tokens) list.strings.push_back(tokenizer.Decode({&id, 1}, false));
  return list;
}

void TokenizeAs(Service& service, Call call, api::Parsed<api::TokenizeRequest> wish,
                std::string (*write)(const api::TokenList& list, std::string_view request_id)) {
  if (!wish) return call.Fail(wish.error());
  const auto model = NamedOrOnly(service, call, wish->model);
  if (!model) return;
  const api::Parsed<api::TokenList> list = TokensOf(*model, *wish);
  if (!list) return call.Fail(list.error());
  call.Respond(200, write(*list, call.request_id));
}

}  // namespace

void Tokenize(Service& service, Call call) {
  auto wish = openai::ParseTokenizeRequest(call.request.body);
  TokenizeAs(service, std::move(call), std::move(wish),
             [](const api::TokenList& list, std::string_view) { return openai::WriteTokens(list); });
}

void NativeTokenize(Service& service, Call call) {
  if (const auto refused = NativeHeaders(call)) return call.Fail(*refused);
  auto wish = dashscope::ParseTokenizer(call.request.body);
  TokenizeAs(service, std::move(call), std::move(wish), dashscope::WriteTokenizer);
}

void Detokenize(Service& service, Call call) {
  const api::Parsed<api::DetokenizeRequest> wish = openai::ParseDetokenizeRequest(call.request.body);
  if (!wish) return call.Fail(wish.error());
  const auto model = NamedOrOnly(service, call, wish->model);
  if (!model) return;
  for (const TokenId id : wish->tokens)
    if (id >= static_cast<std::int64_t>(model->engine->config().vocab))
      return call.Fail({400, fmt::format("Invalid 'tokens': the token id {} is not below the vocabulary's size, {}.",
                                         id, model->engine->config().vocab),
                        "tokens", "invalid_value"});
  call.Respond(200, openai::WriteText(model->tokenizer->Decode(wish->tokens, false)));
}

}  // namespace yun::server::handlers
