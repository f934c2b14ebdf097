// Any text as config.json and as the other JSON files of a model folder: an error, or a configuration within its
// limits.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "formats/checkpoint/hf_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = yun::ParseHfConfig(text, "config.json", text, "generation_config.json");
  if (config && !yun::Validate(config->config, "fuzz")) std::abort();
  const auto source = yun::ChatTemplateOf(text, "tokenizer_config.json");
  const auto pooling = yun::ParsePooling(text, "1_Pooling/config.json");
  if (!pooling && pooling.error().message.empty()) std::abort();
  const auto name = yun::CanonicalName(text);
  return static_cast<int>(source.has_value() && name.size() > size + 16);
}
