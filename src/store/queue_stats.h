// What a queue of writes is doing.
#pragma once
#include <cstddef>
#include <cstdint>

namespace yun::store {

/// Counters are since the start.
struct QueueStats {
  std::size_t waiting = 0;
  double oldest_seconds = 0;    // since the first that is not committed was queued; 0: none
  std::uint64_t written = 0;
  std::uint64_t commits = 0;    // written / commits: the mean batch
  std::uint64_t failures = 0;   // batches that were not stored
  std::size_t batch = 0;        // writes of the last commit
};

}  // namespace yun::store
