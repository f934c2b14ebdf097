// A template's source is untrusted code: it may fail, but not crash, hang or take the machine's memory.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "text/chat/template.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto kMessages = boost::json::parse(R"([
    {"role": "system", "content": " You are <b>helpful</b>.\n"},
    {"role": "user", "content": [{"type": "text", "text": "héllo 你好"}, {"type": "image"}]},
    {"role": "assistant", "content": "<think>\nx\n</think>\n\ny",
     "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1.5}}}]},
    {"role": "tool", "content": "1e-7<|im_end|>"}])")
                                    .as_array();
  static const auto kTools =
      boost::json::parse(R"([{"type": "function", "function": {"name": "f", "parameters": {"z": [1, null, true]}}}])")
          .as_array();
  auto t = yun::ChatTemplate::Create(std::string_view(reinterpret_cast<const char*>(data), size), {"<|im_end|>"});
  if (!t) return 0;
  yun::RenderOptions options;
  options.bos_token = "<s>";
  options.variables = {{"enable_thinking", false}, {"n", 3}, {"f", 0.1}, {"xs", boost::json::array{3, 1, 2}}};
  (void)(*t)->Render(kMessages, kTools, options);
  return 0;
}
