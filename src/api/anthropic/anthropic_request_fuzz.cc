// Both request parsers on the same bytes; the writer on whatever text came in.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "api/anthropic/parse.h"
#include "api/anthropic/write.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace anthropic = yun::api::anthropic;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  if (auto wish = anthropic::ParseMessages(body)) {
    CHECK(!wish->model.empty() && !wish->messages.empty() && wish->answer_tokens > 0);
    for (const auto& message : wish->messages) CHECK(message.at("content").is_string());
  } else {
    (void)boost::json::parse(anthropic::WriteError(wish.error(), "r"));
  }
  (void)anthropic::ParseCountTokens(body);
  yun::api::Choice choice;
  choice.calls = {{"call_1", "f", std::string(body)}};
  choice.finish = yun::api::Finish::kToolCalls;
  (void)boost::json::parse(anthropic::MakeAnswerWriter("msg_1", "m")->Whole({choice}, {}));
  return 0;
}
