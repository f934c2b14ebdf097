// The parsers of native requests for values on the same bytes; what they take lies within its limits.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/dashscope/values.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace api = yun::api;
  namespace dashscope = yun::api::dashscope;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto embedding = dashscope::ParseTextEmbedding(body);
  if (embedding) CHECK(!embedding->inputs.empty() && embedding->inputs.size() <= dashscope::kTextsMax);
  else CHECK(!embedding.error().message.empty());
  const auto rerank = dashscope::ParseTextRerank(body);
  if (rerank) {
    CHECK(!rerank->query.empty() && !rerank->documents.empty() && rerank->documents.size() <= api::kDocumentsMax);
    (void)boost::json::parse(dashscope::WriteTextRerank({}, {{rerank->documents.size() - 1, 0.5}}, &rerank->documents));
  } else {
    CHECK(!rerank.error().message.empty());
  }
  const auto tokens = dashscope::ParseTokenizer(body);
  if (tokens) CHECK(!tokens->model.empty() && (!tokens->chat || !tokens->chat->messages.empty()));
  else CHECK(!tokens.error().message.empty());
  return 0;
}
