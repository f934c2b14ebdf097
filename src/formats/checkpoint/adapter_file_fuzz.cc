// Any bytes as an adapter: an error, or matrices that fit each other and can be read. The first byte says how the rest
// is taken: even as GGUF, odd as adapter_config.json up to a zero byte and adapter_model.safetensors behind it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "formats/checkpoint/adapter_file.h"
#include "formats/quant/dequantize.h"

namespace {

yun::Result<yun::AdapterFile> Read(const std::uint8_t* data, std::size_t size, bool peft) {
  if (!peft) {
    auto file = yun::gguf::File::Parse(std::as_bytes(std::span(data, size)), "fuzz");
    if (!file) return tl::unexpected<yun::Error>(file.error());
    return yun::AdapterFile::OfGguf(std::move(*file), "fuzz");
  }
  const void* zero = std::memchr(data, 0, size);
  const std::size_t json = zero ? static_cast<std::size_t>(static_cast<const std::uint8_t*>(zero) - data) : size;
  const std::size_t rest = zero ? json + 1 : size;
  auto model = yun::safetensors::Model::Parse(std::as_bytes(std::span(data + rest, size - rest)), "fuzz");
  return yun::AdapterFile::OfPeft({reinterpret_cast<const char*>(data), json},
                                  model ? std::move(*model) : yun::safetensors::Model(), "fuzz");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto file = Read(data + 1, size - 1, data[0] & 1);
  if (!file) {
    if (file.error().message.empty()) std::abort();
    return 0;
  }
  float sum = 0;
  for (const yun::AdapterProduct& product : file->products()) {
    if (yun::AdapterPlaceOf(product.matrix) != product.place || product.a.shape[0] != product.b.shape[1]) std::abort();
    for (const yun::TensorView* view : {&product.a, &product.b}) {
      std::vector<float> row(view->shape[1]);
      for (std::uint64_t r = 0; r < view->shape[0]; ++r) {
        yun::quant::DequantizeRow(view->type, view->bytes.data() + r * yun::quant::RowBytes(view->type, row.size()),
                                  row.data(), row.size());
        sum += row[0];
      }
    }
  }
  volatile float sink = sum;
  (void)sink;
  return 0;
}
