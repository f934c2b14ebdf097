// Any bytes as a packed file's header, their checksum put right: an error, or matrices that lie in the data.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "base/check.h"
#include "engine/kernels/pack.h"
#include "engine/model/packed_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yun::engine;
  constexpr std::size_t kPrefix = 32;  // magic, two versions, length, checksum
  std::vector<std::uint8_t> bytes(data, data + size);
  if (size >= kPrefix) {
    const std::uint64_t length = size, checksum = PackedChecksum(bytes.data() + kPrefix, size - kPrefix);
    std::memcpy(bytes.data() + 16, &length, 8);
    std::memcpy(bytes.data() + 24, &checksum, 8);
  }
  // The data is as long as the header says, wherever it says so: 4 bytes of text length, the text, f32, data_bytes.
  std::uint64_t data_bytes = 0;
  std::uint32_t text = 0;
  if (size >= kPrefix + 4) std::memcpy(&text, bytes.data() + kPrefix, 4);
  if (size >= kPrefix + 4 + std::uint64_t{text} + 9) std::memcpy(&data_bytes, bytes.data() + kPrefix + 5 + text, 8);
  const auto header =
      ParsePackedHeader(std::as_bytes(std::span(bytes)), PackedDataOffset(size) + data_bytes, "fuzz");
  if (!header) return 0;
  std::uint64_t end = 0;
  for (const auto& m : header->matrices) {
    CHECK(m.offset >= end && m.bytes <= header->data_bytes && m.offset <= header->data_bytes - m.bytes);
    CHECK(m.bytes == yun::kernels::PackedBytes(yun::kernels::PackedShape(m.packing, m.rows, m.cols)));
    end = m.offset + m.bytes;
  }
  CHECK(header->checksums.size() == (header->data_bytes + kPackedChunkBytes - 1) / kPackedChunkBytes);
  static_cast<void>(FingerprintOf(*header));
  const std::string again = SerializePackedHeader(*header);
  CHECK(ParsePackedHeader(std::as_bytes(std::span(again)), PackedDataOffset(again.size()) + data_bytes, "again"));
  return 0;
}
