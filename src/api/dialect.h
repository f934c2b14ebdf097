// What a route needs to know of the dialect that it speaks. Each folder of api/ defines one.
#pragma once
#include <string>
#include <string_view>

#include "api/error.h"

namespace yun::api {

struct Dialect {
  std::string_view name;  // "openai"
  /// An error's body.
  std::string (*write_error)(const ApiError& error, std::string_view request_id);
  std::string_view request_id_header = {};  // besides x-request-id
};

namespace openai {
extern const Dialect kDialect;
}
namespace anthropic {
extern const Dialect kDialect;
}
namespace dashscope {
extern const Dialect kDialect;
}

}  // namespace yun::api
