// Any bytes as a segment of the disk tier, the header's checksum put right: an error, or entries whose blocks lie in
// it.
#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "engine/kvcache/kv_segment.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yun::engine;
  constexpr std::size_t kChecked = 320;
  std::vector<std::uint8_t> bytes(data, data + size);
  if (size >= kChecked + 8) {
    const std::uint64_t checksum = XXH3_64bits(bytes.data(), kChecked);
    std::memcpy(bytes.data() + kChecked, &checksum, 8);
  }
  const auto all = std::as_bytes(std::span(bytes));
  const auto segment = ParseKvSegment(all, "fuzz");
  if (!segment) return 0;
  const std::string again = SerializeKvSegment(*segment);
  CHECK(ParseKvSegment(std::as_bytes(std::span(again)), "again")->model == segment->model);
  const auto table = all.subspan(std::min<std::size_t>(size, kKvPageBytes));
  for (const std::uint64_t file_bytes : {std::uint64_t{size}, ~std::uint64_t{0}}) {
    for (const KvEntry& entry : ParseKvTable(*segment, table, file_bytes)) {
      CHECK(entry.slot < segment->slots);
      CHECK(segment->SlotOffset(entry.slot) <= file_bytes);
      CHECK(segment->block_bytes <= file_bytes - segment->SlotOffset(entry.slot));
      CHECK(std::memcmp(SerializeKvEntry(*segment, entry).data(),
                        table.data() + std::size_t{entry.slot} * KvSegment::kEntryBytes, KvSegment::kEntryBytes) == 0);
    }
  }
  return 0;
}
