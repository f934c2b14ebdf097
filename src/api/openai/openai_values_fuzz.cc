// Every parser of requests for values on the same bytes; what it takes lies within its limits.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/openai/values.h"
#include "api/openai/write.h"
#include "base/check.h"

namespace {

template <class T>
bool Taken(const yun::api::Parsed<T>& parsed) {
  if (!parsed) CHECK(!parsed.error().message.empty() && !yun::api::openai::WriteError(parsed.error(), "r").empty());
  return parsed.has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace api = yun::api;
  namespace openai = yun::api::openai;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  if (const auto wish = openai::ParseEmbeddingRequest(body); Taken(wish)) {
    CHECK(!wish->model.empty() && !wish->inputs.empty() && wish->inputs.size() <= api::kEmbeddingInputsMax);
    for (const api::Prompt& input : wish->inputs) CHECK(!std::visit([](const auto& p) { return p.empty(); }, input));
  }
  for (const auto form : {openai::RerankForm::kOpen, openai::RerankForm::kHosted})
    if (const auto wish = openai::ParseRerankRequest(body, form); Taken(wish)) {
      CHECK(!wish->query.empty() && !wish->documents.empty() && wish->documents.size() <= api::kDocumentsMax);
      (void)boost::json::parse(openai::WriteRanking({}, {{wish->documents.size() - 1, 0.5}}, &wish->documents));
    }
  if (const auto wish = openai::ParseScoreRequest(body); Taken(wish))
    CHECK(!wish->pairs.empty() && wish->pairs.size() <= api::kScorePairsMax);
  if (const auto wish = openai::ParseTokenizeRequest(body); Taken(wish))
    CHECK(!wish->chat || !wish->chat->messages.empty());
  if (const auto wish = openai::ParseDetokenizeRequest(body); Taken(wish))
    for (const std::int32_t id : wish->tokens) CHECK(id >= 0);
  return 0;
}
