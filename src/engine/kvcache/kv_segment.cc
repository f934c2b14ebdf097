#include "engine/kvcache/kv_segment.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace yun::engine {
namespace {

static_assert(std::endian::native == std::endian::little, "the file is little-endian");

constexpr char kMagic[8] = {'Y', 'U', 'N', 'K', 'V', 'S', 'E', 'G'};
constexpr std::uint32_t kFormatVersion = 1;

/// Page 0 as it lies in the file.
struct Page {
  char magic[8];
  std::uint32_t format, slots;
  std::uint64_t block_bytes;
  unsigned char id[16], store[16];
  std::uint32_t sealed, model_bytes;
  char model[kKvModelBytesMax + 1];
  std::uint64_t checksum;  // of what is before it
};
static_assert(sizeof(Page) == 328 && sizeof(Page) <= kKvPageBytes);

std::uint64_t ChecksumOf(const Page& page) { return XXH3_64bits(&page, offsetof(Page, checksum)); }

/// Of an entry in its slot of its own file.
std::uint64_t CheckOf(const KvSegment& segment, std::uint32_t slot, const unsigned char* entry) {
  std::uint64_t seed = 0;
  std::memcpy(&seed, segment.id.data(), sizeof seed);
  return XXH3_64bits_withSeed(entry, KvSegment::kEntryBytes - sizeof seed, seed + slot);
}

}  // namespace

std::string SerializeKvSegment(const KvSegment& segment) {
  Page page = {};
  std::memcpy(page.magic, kMagic, sizeof kMagic);
  page.format = kFormatVersion;
  page.slots = segment.slots;
  page.block_bytes = segment.block_bytes;
  std::ranges::copy(segment.id, page.id);
  std::ranges::copy(segment.store, page.store);
  page.sealed = segment.sealed;
  page.model_bytes = static_cast<std::uint32_t>(std::min(segment.model.size(), kKvModelBytesMax));
  std::memcpy(page.model, segment.model.data(), page.model_bytes);
  page.checksum = ChecksumOf(page);
  std::string bytes(kKvPageBytes, '\0');
  std::memcpy(bytes.data(), &page, sizeof page);
  return bytes;
}

KvEntryBytes SerializeKvEntry(const KvSegment& segment, const KvEntry& entry) {
  KvEntryBytes bytes;
  std::ranges::copy(entry.key, bytes.begin());
  std::ranges::copy(entry.tag, bytes.begin() + sizeof entry.key);
  const std::uint64_t check = CheckOf(segment, entry.slot, bytes.data());
  std::memcpy(bytes.data() + sizeof entry.key + sizeof entry.tag, &check, sizeof check);
  return bytes;
}

Result<KvSegment> ParseKvSegment(std::span<const std::byte> bytes, std::string_view where) {
  const auto corrupt = [&](const char* what) { return Fail(Code::kCorrupt, "{}: {}", where, what); };
  Page page = {};
  if (bytes.size() < sizeof page) return corrupt("too short for cached keys and values");
  std::memcpy(&page, bytes.data(), sizeof page);
  if (std::memcmp(page.magic, kMagic, sizeof kMagic) != 0) return corrupt("not a file of cached keys and values");
  if (page.format != kFormatVersion)
    return Fail(Code::kUnsupported, "{}: of version {}, not {}", where, page.format, kFormatVersion);
  if (page.checksum != ChecksumOf(page)) return corrupt("the header's checksum is wrong");
  if (page.slots == 0 || page.slots > kKvSlotsMax) return corrupt("the number of slots is wrong");
  if (page.block_bytes == 0 || page.block_bytes > kKvBlockBytesMax) return corrupt("the size of a block is wrong");
  if (page.sealed > 1 || page.model_bytes > kKvModelBytesMax) return corrupt("the header is wrong");
  KvSegment segment;
  std::ranges::copy(page.id, segment.id.begin());
  std::ranges::copy(page.store, segment.store.begin());
  segment.block_bytes = page.block_bytes;
  segment.slots = page.slots;
  segment.sealed = page.sealed != 0;
  segment.model.assign(page.model, page.model_bytes);
  return segment;
}

std::vector<KvEntry> ParseKvTable(const KvSegment& segment, std::span<const std::byte> table,
                                  std::uint64_t file_bytes) {
  std::vector<KvEntry> entries;
  const std::uint64_t slots = std::min<std::uint64_t>(segment.slots, table.size() / KvSegment::kEntryBytes);
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    KvEntryBytes bytes;
    std::memcpy(bytes.data(), table.data() + std::size_t{slot} * bytes.size(), bytes.size());
    KvEntry entry;
    entry.slot = slot;
    std::copy_n(bytes.begin(), sizeof entry.key, entry.key.begin());
    std::copy_n(bytes.begin() + sizeof entry.key, sizeof entry.tag, entry.tag.begin());
    std::uint64_t check = 0;
    std::memcpy(&check, bytes.data() + sizeof entry.key + sizeof entry.tag, sizeof check);
    if (check != CheckOf(segment, slot, bytes.data())) continue;
    const std::uint64_t offset = segment.SlotOffset(slot);
    if (offset > file_bytes || segment.block_bytes > file_bytes - offset) continue;
    entries.push_back(entry);
  }
  return entries;
}

KvTag KvChecksum(const KvKey& key, std::span<const unsigned char> block) {
  std::uint64_t seed = 0;
  std::memcpy(&seed, key.data(), sizeof seed);
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_withSeed(block.data(), block.size(), seed));
  KvTag tag;
  std::copy_n(canonical.digest, sizeof tag, tag.begin());
  return tag;
}

}  // namespace yun::engine
