// How a command tells that it failed.
#pragma once
#include <cstdio>

#include "base/result.h"
#include "cli/interrupt.h"

namespace yun::cli {

/// "yun: ..." on stderr. Returns the program's exit code.
inline int Report(const Error& error) {
  std::fprintf(stderr, "yun: %s\n", error.message.c_str());
  return error.code == Code::kCancelled ? kExitInterrupted : 1;
}

/// What a command that chooses its own exit code ends with; an error is told.
inline int ExitCode(const Result<int>& code) { return code ? *code : Report(code.error()); }

}  // namespace yun::cli
