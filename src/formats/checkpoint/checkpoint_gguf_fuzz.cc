// Any bytes as a GGUF model: an error, or a configuration within its limits, tensors and a tokenizer that can be read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "formats/checkpoint/containers.h"
#include "formats/gguf/gguf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto file = yun::gguf::File::Parse(std::as_bytes(std::span(data, size)), "fuzz");
  if (!file) return 0;
  const auto checkpoint = yun::CheckpointOf(std::move(*file), "fuzz");
  if (!checkpoint) return 0;
  const auto config = (*checkpoint)->Config();
  if (config && !yun::Validate(*config, "fuzz")) std::abort();
  unsigned sum = 0;
  for (const auto& entry : (*checkpoint)->Tensors()) {
    const auto tensor = (*checkpoint)->Tensor(entry.name);
    if (!tensor) continue;
    for (const std::byte b : tensor->bytes) sum += static_cast<unsigned>(b);
  }
  const auto tokenizer = (*checkpoint)->Tokenizer();
  sum += static_cast<unsigned>((*checkpoint)->Metadata().size() + (*checkpoint)->ChatTemplate().size());
  volatile unsigned sink = sum + (tokenizer ? 1 : 0);
  (void)sink;
  return 0;
}
