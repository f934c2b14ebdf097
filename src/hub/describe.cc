#include "hub/describe.h"

#include <map>

#include "formats/checkpoint/checkpoint.h"

namespace yun::hub {

Description Describe(const std::filesystem::path& path) {
  Description out;
  const auto checkpoint = Checkpoint::Open(path);
  if (!checkpoint) {
    out.cannot_run = checkpoint.error().message;
    return out;
  }
  std::map<quant::Type, std::uint64_t> bytes;
  for (const TensorEntry& tensor : (*checkpoint)->Tensors()) {
    if (tensor.type) bytes[*tensor.type] += tensor.bytes;
  }
  std::uint64_t most = 0;
  for (const auto& [type, count] : bytes) {
    if (count <= most) continue;
    most = count;
    out.type = quant::InfoOf(type).name;
  }
  const auto config = (*checkpoint)->Config();
  if (!config) {
    out.cannot_run = config.error().message;
    return out;
  }
  out.architecture = config->architecture;
  out.context = config->context;
  return out;
}

}  // namespace yun::hub
