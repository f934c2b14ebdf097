// An error as a caller of an API sees it: every dialect writes it in its own shape.
#pragma once
#include <cstdint>
#include <string>
#include <tl/expected.hpp>

namespace yun::api {

struct ApiError {
  int status = 400;
  std::string message;
  std::string param;  // the field at fault, e.g. "messages[2].role"; empty: none
  std::string code;   // for programs, e.g. "context_length_exceeded"; empty: none
  std::string type = "invalid_request_error";
  int retry_after_seconds = 0;  // > 0: goes out as Retry-After
  std::string native = {};  // DashScope's code where it says more than `code`; empty: by its table
  std::int64_t tokens_max = 0;  // of context_length_exceeded: the most tokens of a prompt
};

template <class T>
using Parsed = tl::expected<T, ApiError>;

}  // namespace yun::api
