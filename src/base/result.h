// Operating errors (input, disk, network, quota, memory) travel as values; bugs CHECK (base/check.h).
#pragma once
#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace yun {

/// What went wrong, from a closed set; `HttpStatus` and `CodeName` say what each means outside.
enum class Code {
  kInvalidArgument,   // the caller's input is wrong
  kCorrupt,           // a file or message does not follow its format
  kUnsupported,       // valid, but nothing here can do it
  kUnauthenticated,   // no key, or a wrong one
  kPermissionDenied,  // a good key without the right
  kNotFound,          // no such thing
  kAlreadyExists,     // there is one of that name
  kTooLarge,          // over a named limit
  kTooMany,           // rate, queue or quota reached; may be tried later
  kUnavailable,       // not now: starting, draining, remote down
  kDeadline,          // took longer than allowed
  kCancelled,         // the caller went away
  kNoMemory,          // a memory budget is spent
  kDisk,              // reading or writing a file failed
  kNetwork,           // a connection failed
  kInternal,          // ours to mend
};

/// The code's name in snake case, e.g. "not_found".
std::string_view CodeName(Code code);
/// The HTTP status that stands for the code.
int HttpStatus(Code code);

/// An operating error: a code for programs, a message for people (what, where, what to do).
struct Error {
  Code code = Code::kInternal;
  std::string message;
  std::uint32_t retry_after_s = 0;  // with kTooMany, kUnavailable: when to come back, estimated; 0: nothing known
};

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

using Status = Result<void>;

/// `return Fail(Code::kCorrupt, "{}: bad magic", path);` converts to any Result<T>.
template <class... Args>
[[nodiscard]] tl::unexpected<Error> Fail(Code code, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Error>(Error{code, fmt::format(format, std::forward<Args>(args)...)});
}

/// Passes an error on, with words in front of its message.
[[nodiscard]] inline tl::unexpected<Error> Wrap(Error error, std::string_view before) {
  error.message = std::string(before) + ": " + error.message;
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace yun

#define YUN_CONCAT_(a, b) a##b
#define YUN_CONCAT(a, b) YUN_CONCAT_(a, b)
/// Returns the error of a Status or Result from the enclosing function.
#define RETURN_IF_ERROR(expr)                                             \
  do {                                                                    \
    if (auto yun_status_ = (expr); !yun_status_)                          \
      return ::tl::unexpected<::yun::Error>(std::move(yun_status_.error())); \
  } while (false)
/// `ASSIGN_OR_RETURN(auto x, F());` takes the value or returns the error.
#define ASSIGN_OR_RETURN(lhs, expr) ASSIGN_OR_RETURN_(YUN_CONCAT(yun_result_, __LINE__), lhs, expr)
#define ASSIGN_OR_RETURN_(tmp, lhs, expr)                                          \
  auto tmp = (expr);                                                              \
  if (!tmp) return ::tl::unexpected<::yun::Error>(std::move(tmp.error())); \
  lhs = std::move(*tmp)
