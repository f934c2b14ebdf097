// A file of the disk tier: blocks of keys and values of one model, each found by a keyed hash of all tokens up to its
// end.
//
//   page 0      what the blocks are of (KvSegment), with a checksum
//   table       an entry a slot: key 16 bytes, tag 16 bytes, check 8 bytes; zeros where the slot is free
//   slots       the blocks as they lie in memory, each at a multiple of a page
//
// A block is written before its entry, and none is written twice. So a kill at any moment leaves whole blocks; what a
// power cut tears its tag gives away: xxh128 of the block, or with a key that of AES-256-GCM.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yun::engine {

inline constexpr std::uint64_t kKvPageBytes = 4096;
inline constexpr std::uint32_t kKvSlotsMax = 1u << 20;
inline constexpr std::uint64_t kKvBlockBytesMax = std::uint64_t{16} << 20;
inline constexpr std::size_t kKvModelBytesMax = 255;

/// Of a block: says nothing of its tokens to who does not have the secret that it is made with (kv_disk.h).
using KvKey = std::array<unsigned char, 16>;
using KvTag = std::array<unsigned char, 16>;

struct KvSegment {
  std::array<unsigned char, 16> id{};     // random
  std::array<unsigned char, 16> store{};  // what the blocks are of, and how they lie: as the folder's name
  std::uint64_t block_bytes = 0;
  std::uint32_t slots = 0;
  bool sealed = false;                    // with the operator's key
  std::string model;                      // for people

  std::uint64_t table_bytes() const { return std::uint64_t{slots} * kEntryBytes; }
  /// Page 0 and the table.
  std::uint64_t head_bytes() const { return kKvPageBytes + table_bytes(); }
  std::uint64_t stride() const { return (block_bytes + kKvPageBytes - 1) / kKvPageBytes * kKvPageBytes; }
  std::uint64_t SlotOffset(std::uint32_t slot) const {
    return (head_bytes() + kKvPageBytes - 1) / kKvPageBytes * kKvPageBytes + slot * stride();
  }
  static std::uint64_t EntryOffset(std::uint32_t slot) { return kKvPageBytes + std::uint64_t{slot} * kEntryBytes; }
  static constexpr std::size_t kEntryBytes = 40;
};

struct KvEntry {
  std::uint32_t slot = 0;
  KvKey key{};
  KvTag tag{};
};

using KvEntryBytes = std::array<unsigned char, KvSegment::kEntryBytes>;

/// shapes: [kKvPageBytes]
std::string SerializeKvSegment(const KvSegment& segment);
KvEntryBytes SerializeKvEntry(const KvSegment& segment, const KvEntry& entry);

/// Page 0. errors: kCorrupt (names `where`), kUnsupported (of another version)
Result<KvSegment> ParseKvSegment(std::span<const std::byte> page, std::string_view where);
/// The entries that are right and whose blocks lie within a file of so many bytes.
/// shapes: table [segment.table_bytes()], or its beginning
std::vector<KvEntry> ParseKvTable(const KvSegment& segment, std::span<const std::byte> table, std::uint64_t file_bytes);

/// The tag of a block that is not sealed.
KvTag KvChecksum(const KvKey& key, std::span<const unsigned char> block);

}  // namespace yun::engine
