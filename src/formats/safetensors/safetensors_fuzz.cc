// Any bytes as a safetensors file: an error or a file all of whose tensors can be read.
#include <cstddef>
#include <cstdint>

#include "formats/safetensors/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto model = yun::safetensors::Model::Parse(std::as_bytes(std::span(data, size)), "fuzz");
  if (!model) return 0;
  unsigned sum = 0;
  for (const auto& tensor : model->tensors())
    for (const std::byte b : tensor.data) sum += static_cast<unsigned>(b);
  volatile unsigned sink = sum;
  (void)sink;
  return 0;
}
