#include "api/chat.h"

#include <algorithm>

namespace yun::api {

bool HasStrictTool(const ChatRequest& request) {
  return std::ranges::any_of(request.tools, [](const boost::json::value& tool) {
    const boost::json::value* strict = tool.at("function").get_object().if_contains("strict");
    return strict && strict->is_bool() && strict->get_bool();
  });
}

}  // namespace yun::api
