// What is mapped from a file, and the file is cut: a touch of what is gone would end the process (SIGBUS).
#pragma once
#include <cstddef>

namespace yun {

/// Watches over a mapping while it lives: what can no longer be read is read as zeros instead, and told. So that others
/// go on; whoever reads asks afterwards, and throws away what it made of the zeros.
/// thread: cut() any
class CutGuard {
 public:
  static constexpr int kGuardsMax = 8192;  // mappings beyond these are not watched

  CutGuard() = default;
  CutGuard(const void* data, std::size_t bytes);
  CutGuard(CutGuard&& other) noexcept;
  CutGuard& operator=(CutGuard&& other) noexcept;
  ~CutGuard();

  bool cut() const;

 private:
  int slot_ = -1;
};

}  // namespace yun
