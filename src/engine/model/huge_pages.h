// Memory for what kernels stream through: huge pages where the system gives them, so that address translation and the
// hardware's prefetchers, which stop at a page's end, do not hold them up.
#pragma once
#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <type_traits>
#include <vector>

namespace yun::engine {

template <class T>
struct HugePageAllocator {
  using value_type = T;
  HugePageAllocator() = default;
  template <class U>
  HugePageAllocator(const HugePageAllocator<U>&) {}
  bool operator==(const HugePageAllocator&) const { return true; }

  T* allocate(std::size_t n) {
    const std::size_t bytes = n * sizeof(T);
    const std::align_val_t alignment{bytes >= kHugePage ? kHugePage : std::size_t{64}};
    void* data = ::operator new(bytes, alignment);
    if (bytes >= kHugePage) ::madvise(data, bytes, MADV_HUGEPAGE);
    return static_cast<T*>(data);
  }
  /// Elements are left as they come: pages of scratch that is never used are never touched.
  template <class U>
  void construct(U*) {
    static_assert(std::is_trivially_default_constructible_v<U>);
  }
  void deallocate(T* data, std::size_t n) {
    ::operator delete(data, std::align_val_t{n * sizeof(T) >= kHugePage ? kHugePage : std::size_t{64}});
  }

 private:
  static constexpr std::size_t kHugePage = 2u << 20;
};

/// Aligned to a cache line at least.
template <class T>
using StreamedVector = std::vector<T, HugePageAllocator<T>>;

}  // namespace yun::engine
