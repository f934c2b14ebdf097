// The roofs of the machine as doctor and bench print them.
#pragma once
#include <fmt/format.h>

#include <string>

#include "engine/kernels/roofs.h"

namespace yun::cli {

inline std::string RoofsJson(const kernels::Roofs& r) {
  return fmt::format(
      "{{\"threads\": {}, \"read_1_stream_gb_s\": {:.2f}, \"read_8_streams_gb_s\": {:.2f}, \"int8_gops\": {:.1f}, "
      "\"bf16_gops\": {:.1f}, \"f32_gops\": {:.1f}}}",
      r.threads, r.read_1_stream / 1e9, r.read_8_streams / 1e9, r.int8 / 1e9, r.bf16 / 1e9, r.f32 / 1e9);
}

}  // namespace yun::cli
