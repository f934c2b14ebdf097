// Anthropic's bodies and answers as JSON Schema, by name; what the parsers read by themselves is noted while they do.
#pragma once
#include <boost/json.hpp>

namespace yun::api::anthropic {

boost::json::object Schemas();

}  // namespace yun::api::anthropic
