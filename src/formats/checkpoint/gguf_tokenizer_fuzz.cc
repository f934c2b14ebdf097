// Any text as tokenizer.json and tokenizer_config.json on the way into a GGUF file.
#include <cstddef>
#include <cstdint>

#include "formats/checkpoint/gguf_tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  yun::TokenizerFiles files;
  files.tokenizer_json.assign(reinterpret_cast<const char*>(data), size);
  files.tokenizer_config_json = files.tokenizer_json;
  yun::ModelConfig config;
  config.vocab = 64;
  yun::gguf::Writer writer;
  const auto status = yun::AddTokenizer(files, config, writer);
  return static_cast<int>(status && !writer.Has("tokenizer.ggml.tokens"));
}
