// A batch's request and its input: what is taken has a body, and everything that is wrong names its line.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/openai/batch.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yun::api::openai;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto wish = ParseBatchRequest(text)) CHECK(wish->window_hours >= kWindowHoursMin);
  const BatchInput input = ParseBatchInput(text, "/v1/chat/completions");
  CHECK(input.lines.size() <= kBatchLinesMax && input.errors.size() <= kBatchErrorsMax);
  CHECK(!input.errors.empty() || !input.lines.empty());
  if (input.errors.empty())
    for (const BatchLine& line : input.lines) CHECK(!line.custom_id.empty() && !BodyOf(line.text).empty());
  WriteBatchErrors(input.errors);
  return 0;
}
