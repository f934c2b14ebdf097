// A clock that never goes back.
#pragma once
#include <chrono>

namespace yun {

/// units: seconds since some moment, the same one for the whole process
inline double SteadySeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace yun
