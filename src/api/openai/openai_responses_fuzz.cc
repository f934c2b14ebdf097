// A request that is taken must become messages, and its answer must be JSON again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/openai/responses.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace openai = yun::api::openai;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto request = openai::ParseResponses(body);
  if (!request) return 0;
  if (const auto messages = openai::MessagesOf(*request, {}))
    for (const auto& message : *messages) CHECK(message.at("content").is_string());
  yun::api::Choice choice;
  choice.text = "x";
  choice.finish = yun::api::Finish::kStop;
  (void)boost::json::parse(openai::MakeResponseWriter("resp_1", 0, *request)->Whole({choice}, {}));
  return 0;
}
