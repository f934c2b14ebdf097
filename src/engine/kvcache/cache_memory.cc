#include "engine/kvcache/cache_memory.h"

#include <sys/mman.h>

#include <cstring>
#include <utility>

namespace yun::engine {

Result<CacheMemory> CacheMemory::Create(const CacheShape& shape, std::uint32_t blocks) {
  CacheMemory memory;
  memory.shape_ = shape;
  memory.bytes_ = blocks * shape.block_bytes();
  void* data =
      ::mmap(nullptr, memory.bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED)
    return Fail(Code::kNoMemory, "no memory for a key-value cache of {} MiB; ask for a smaller one",
                memory.bytes_ >> 20);
  ::madvise(data, memory.bytes_, MADV_HUGEPAGE);  // a block is a page or two: small ones would be looked up each time
  memory.data_ = static_cast<std::uint8_t*>(data);
  return memory;
}

CacheMemory::CacheMemory(CacheMemory&& other) noexcept
    : shape_(other.shape_), bytes_(std::exchange(other.bytes_, 0)),
      data_(std::exchange(other.data_, nullptr)) {}

CacheMemory& CacheMemory::operator=(CacheMemory&& other) noexcept {
  std::swap(shape_, other.shape_);
  std::swap(bytes_, other.bytes_);
  std::swap(data_, other.data_);
  return *this;
}

CacheMemory::~CacheMemory() {
  if (data_) ::munmap(data_, bytes_);
}

void CacheMemory::Copy(std::uint32_t from, std::uint32_t to) {
  const std::uint64_t block = shape_.block_bytes();
  std::memcpy(data_ + to * block, data_ + from * block, block);
}

}  // namespace yun::engine
