// The memory of keys and values: one slab, cut into blocks of 16 tokens, all layers of a block together.
#pragma once
#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "engine/kernels/cache.h"
#include "engine/kvcache/block_pool.h"

namespace yun::engine {

struct CacheShape {
  std::uint32_t layers = 0, kv_heads = 0, head_dim = 0;
  kernels::CacheType type = kernels::CacheType::kF16;

  std::uint64_t k_bytes() const { return kernels::CacheKeyBytes(type, head_dim); }
  std::uint64_t v_bytes() const { return kernels::CacheValueBytes(type, head_dim); }
  std::uint64_t head_bytes() const { return k_bytes() + v_bytes(); }
  std::uint64_t layer_block_bytes() const { return kv_heads * head_bytes(); }
  std::uint64_t block_bytes() const { return layers * layer_block_bytes(); }
};

/// shapes: [block][layer][kv_head]{K, V}: a short context touches few pages, and a block is copied in one piece
/// memory: reserved at once, taken from the system page by page (2 MiB where it has such) as blocks are first written
class CacheMemory {
 public:
  /// errors: kNoMemory
  static Result<CacheMemory> Create(const CacheShape& shape, std::uint32_t blocks);
  CacheMemory() = default;
  CacheMemory(CacheMemory&& other) noexcept;
  CacheMemory& operator=(CacheMemory&& other) noexcept;
  ~CacheMemory();

  const CacheShape& shape() const { return shape_; }
  std::uint64_t bytes() const { return bytes_; }
  /// The layer's part of block 0; that of block b lies b * block_bytes() further.
  std::uint8_t* Layer(std::uint32_t layer) const { return data_ + layer * shape_.layer_block_bytes(); }
  /// Copies all layers of a block.
  void Copy(std::uint32_t from, std::uint32_t to);

 private:
  CacheShape shape_;
  std::uint64_t bytes_ = 0;
  std::uint8_t* data_ = nullptr;
};

}  // namespace yun::engine
