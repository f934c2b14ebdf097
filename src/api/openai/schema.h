// OpenAI's bodies and answers as JSON Schema, by name; what the parsers read by themselves is noted while they do.
#pragma once
#include <boost/json.hpp>

namespace yun::api::openai {

boost::json::object Schemas();

}  // namespace yun::api::openai
