// POST /v1/embeddings and its native form: texts or tokens -> the model's hidden states -> vectors of length 1.
#include <chrono>

#include "api/dashscope/values.h"
#include "api/openai/values.h"
#include "server/chat.h"
#include "server/handlers/handlers.h"
#include "server/values.h"

namespace yun::server::handlers {

namespace dashscope = api::dashscope;
namespace openai = api::openai;

namespace {

using WriteEmbeddings =
    std::function<std::string(const api::ValuesHead&, const std::vector<std::vector<float>>& embeddings)>;

/// The tokens of one input; a text gets what the model's own processing puts around it.
std::vector<engine::TokenId> TokensOf(const Tokenizer& tokenizer, const api::EmbeddingRequest& wish,
                                      const api::Prompt& input) {
  if (const auto* ids = std::get_if<std::vector<std::int32_t>>(&input)) return *ids;
  std::string text = std::get<std::string>(input);
  // source: the model card of Qwen3-Embedding
  if (!wish.instruct.empty() && wish.text_type != api::TextType::kDocument)
    text = fmt::format("Instruct: {}\nQuery:{}", wish.instruct, text);
  std::vector<engine::TokenId> ids;
  if (tokenizer.add_bos() && tokenizer.bos_id() >= 0) ids.push_back(tokenizer.bos_id());
  const auto own = tokenizer.Encode(text, false);
  ids.insert(ids.end(), own.begin(), own.end());
  if (tokenizer.end_id() >= 0) ids.push_back(tokenizer.end_id());
  return ids;
}

/// id: of the answer
void Embed(Service& service, Call call, const api::EmbeddingRequest& wish, std::string id,
           std::string_view inputs_param, std::string_view dimensions_param, WriteEmbeddings write) {
  const auto model = ModelFor(service, call, wish.model);
  if (!model) return;
  if (!model->pooling)
    return call.Fail({400, fmt::format("The model '{}' makes its embeddings in a way that is not supported; the last "
                                       "token's and the mean are.", model->id), "model", "unsupported_value"});
  const ModelConfig& config = model->engine->config();
  if (wish.dimensions > config.hidden)
    return call.Fail({400, fmt::format("Invalid '{}': the range is [1, {}] for this model; got {}.", dimensions_param,
                                       config.hidden, wish.dimensions),
                      std::string(dimensions_param), "invalid_value"});
  ValuesJob job;
  const std::uint32_t context = model->engine->context_tokens();
  for (std::size_t i = 0; i < wish.inputs.size(); ++i) {
    const auto& prompt = job.prompts.emplace_back(TokensOf(*model->tokenizer, wish, wish.inputs[i]));
    const std::string param = fmt::format("{}[{}]", inputs_param, i);
    if (prompt.empty())
      return call.Fail({400, fmt::format("Invalid '{}': it has no tokens.", param), param, "invalid_value"});
    if (prompt.size() > context)
      return call.Fail({.message = fmt::format("Invalid '{}': it has {} tokens; this model's context is {}.", param,
                                               prompt.size(), context),
                        .param = param,
                        .code = "context_length_exceeded",
                        .tokens_max = context});
    for (const engine::TokenId id : prompt)
      if (id < 0 || id >= static_cast<std::int64_t>(config.vocab))
        return call.Fail({400, fmt::format("Invalid '{}': the token id {} is not below the vocabulary's size, {}.",
                                           param, id, config.vocab),
                          param, "invalid_value"});
  }
  api::Parsed<engine::GenerateRequest> terms = TermsOf(service, call, wish);
  if (!terms) return call.Fail(terms.error());
  job.each = std::move(*terms);
  job.each.task = engine::Task::kEmbed;
  job.each.pooling = *model->pooling;
  api::ValuesHead head{std::move(id), std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()),
                       model->id};
  job.write = [head, dimensions = wish.dimensions, write = std::move(write)](
                  std::vector<std::vector<float>> values, std::uint64_t tokens) mutable -> Result<std::string> {
    for (std::vector<float>& embedding : values) RETURN_IF_ERROR(Shorten(embedding, dimensions));
    head.prompt_tokens = tokens;
    return write(head, values);
  };
  Values::Begin(service, std::move(call), model, std::move(job));
}

}  // namespace

void Embeddings(Service& service, Call call) {
  const api::Parsed<api::EmbeddingRequest> wish = openai::ParseEmbeddingRequest(call.request.body);
  if (!wish) return call.Fail(wish.error());
  call.request.body = {};
  Embed(service, std::move(call), *wish, "embd-" + cloud::RandomHex(12), "input", "dimensions",
        [base64 = wish->base64](const api::ValuesHead& head, const std::vector<std::vector<float>>& embeddings) {
          return openai::WriteEmbeddings(head, embeddings, base64);
        });
}

void TextEmbedding(Service& service, Call call) {
  if (const auto refused = NativeHeaders(call)) return call.Fail(*refused);
  const api::Parsed<api::EmbeddingRequest> wish = dashscope::ParseTextEmbedding(call.request.body);
  if (!wish) return call.Fail(wish.error());
  call.request.body = {};
  std::string id = call.request_id;
  Embed(service, std::move(call), *wish, std::move(id), "texts", "dimension", dashscope::WriteTextEmbedding);
}

}  // namespace yun::server::handlers
