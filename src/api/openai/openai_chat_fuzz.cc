// Both request parsers on the same bytes; what a parser takes must also be writable again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/openai/answer_writer.h"
#include "api/openai/parse.h"
#include "api/openai/write.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace openai = yun::api::openai;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  if (auto chat = openai::ParseChatRequest(body)) {
    CHECK(!chat->model.empty() && !chat->messages.empty() && chat->n >= 1);
    for (const auto& message : chat->messages) CHECK(message.at("content").is_string());
    (void)boost::json::serialize(chat->messages);
  } else {
    CHECK(!openai::WriteError(chat.error(), "r").empty());
  }
  if (auto completion = openai::ParseCompletionRequest(body)) CHECK(!completion->prompts.empty());
  yun::api::Choice choice;
  choice.finish = yun::api::Finish::kStop;
  choice.logprobs = {{{std::string(body), -1.0}, {}}};
  (void)boost::json::parse(openai::MakeAnswerWriter({.with_logprobs = true})->Whole({choice}, {}));
  return 0;
}
