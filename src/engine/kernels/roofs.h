// The roofs of this machine: how fast it reads memory, and how fast a table's instructions multiply and add.
#pragma once
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "engine/kernels/kernels.h"

namespace yun::kernels {

/// Per second, all threads together; 1 multiply-add = 2 operations. Each is the best of some runs: a roof.
struct Roofs {
  int threads = 0;
  double read_1_stream = 0, read_8_streams = 0;  // bytes; concurrent streams of each thread
  double int8 = 0, bf16 = 0, f32 = 0;            // operations; bf16: never below f32, for values can be widened

  double read() const { return read_1_stream > read_8_streams ? read_1_stream : read_8_streams; }
};

struct RoofOptions {
  /// Memory that is read: far beyond the caches of one core. A host that is shared may report a last-level cache of
  /// hundreds of MB, so: 512 MiB, or an eighth of the memory where that is less.
  std::uint64_t buffer_bytes = 0;  // 0: that
  double seconds = 0.06;           // each of the five measurements repeats for about so long (and at least twice)
};

/// One entry a thread count. Takes about a second for two counts. errors: kNoMemory
Result<std::vector<Roofs>> MeasureRoofs(const Kernels& kernels, const std::vector<int>& threads,
                                        RoofOptions options = {});

}  // namespace yun::kernels
