// Any bytes as a GGUF file: an error or a file all of whose parts can be read.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "formats/gguf/gguf.h"
#include "formats/quant/dequantize.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = yun::gguf::File::Parse(std::as_bytes(std::span(data, size)), "fuzz");
  if (!file) return 0;
  for (const auto& entry : file->metadata()) {
    entry.value.ToText(100);
    entry.value.AsStrings();
    entry.value.AsInts();
    entry.value.AsDouble();
    entry.value.AsUint();
  }
  for (const auto& tensor : file->tensors()) {
    if (tensor.data.empty()) continue;
    std::vector<float> row(tensor.dims[0]);
    yun::quant::DequantizeRow(static_cast<yun::quant::Type>(tensor.type), tensor.data.data(), row.data(), row.size());
  }
  return 0;
}
