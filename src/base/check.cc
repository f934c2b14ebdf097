#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace yun {
void CheckFailed(const char* file, int line, const char* what) {
  std::fprintf(stderr, "yun: bug: %s:%d: CHECK(%s) failed\n", file, line, what);
  std::abort();
}
}  // namespace yun
