#include "cloud/web_json.h"

namespace yun::cloud {

namespace json = boost::json;

Result<json::object> ParseJsonObject(std::string_view text, std::string_view what) {
  json::parse_options options;
  options.max_depth = kWebJsonDepthMax;
  json::error_code ec;
  json::value value = json::parse(json::string_view(text.data(), text.size()), ec, {}, options);
  if (ec || !value.is_object()) return Fail(Code::kCorrupt, "{}: no JSON object", what);
  return std::move(value.get_object());
}

std::string TextOf(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace yun::cloud
