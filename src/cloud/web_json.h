// JSON objects that other web services send.
#pragma once
#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yun::cloud {

inline constexpr int kWebJsonDepthMax = 16;

/// An object, nested at most kWebJsonDepthMax deep. `what` begins the message. errors: kCorrupt
Result<boost::json::object> ParseJsonObject(std::string_view text, std::string_view what);
/// The text of this name; empty when there is none.
std::string TextOf(const boost::json::object& object, std::string_view name);

}  // namespace yun::cloud
