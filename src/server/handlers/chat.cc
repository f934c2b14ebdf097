// POST /v1/chat/completions
#include <chrono>

#include "api/openai/answer_writer.h"
#include "api/openai/parse.h"
#include "server/chat.h"
#include "server/handlers/handlers.h"

namespace yun::server::handlers {

namespace openai = api::openai;

void ChatCompletions(Service& service, Call call) {
  api::Parsed<api::ChatRequest> wish = openai::ParseChatRequest(call.request.body);
  if (!wish) return call.Fail(wish.error());
  call.request.body = {};
  openai::WriterOptions options;
  options.head = {openai::Dialog::kChat, "chatcmpl-" + cloud::RandomHex(12),
                  std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()), wish->model};
  options.with_logprobs = wish->logprobs >= 0;
  options.include_usage = wish->include_usage;
  BeginChat(service, std::move(call), {std::move(*wish), openai::MakeAnswerWriter(std::move(options))});
}

}  // namespace yun::server::handlers
