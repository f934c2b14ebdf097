#include "text/chat/tool_parameters.h"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace yun {
namespace {

namespace json = boost::json;

constexpr int kSchemaNodesMax = 1000;      // looked at for one parameter; then it may be anything
constexpr std::size_t kLiteralDepthMax = 100;

const json::value* Find(const json::value* object, std::string_view key) {
  return object && object->is_object() ? object->get_object().if_contains(key) : nullptr;
}

JsonTypes TypeOfName(std::string_view name) {
  if (name == "string") return kJsonString;
  if (name == "integer") return kJsonInteger;
  if (name == "number") return kJsonNumber | kJsonInteger;
  if (name == "boolean") return kJsonBoolean;
  if (name == "null") return kJsonNull;
  if (name == "object") return kJsonObject;
  if (name == "array") return kJsonArray;
  return kJsonAny;
}

JsonTypes TypeOfValue(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return kJsonNull;
    case json::kind::bool_: return kJsonBoolean;
    case json::kind::string: return kJsonString;
    case json::kind::object: return kJsonObject;
    case json::kind::array: return kJsonArray;
    case json::kind::double_: {
      const double number = value.get_double();
      return number == std::floor(number) ? kJsonNumber | kJsonInteger : kJsonNumber;
    }
    default: return kJsonInteger | kJsonNumber;
  }
}

/// left: nodes that may still be looked at
JsonTypes TypesOf(const json::value& schema, const json::value& root, int& left) {
  if (--left < 0 || !schema.is_object()) return kJsonAny;
  JsonTypes types = 0;
  if (const auto* type = Find(&schema, "type")) {
    if (type->is_string()) return TypeOfName(type->get_string());
    if (!type->is_array()) return kJsonAny;
    for (const auto& one : type->get_array()) types |= one.is_string() ? TypeOfName(one.get_string()) : kJsonAny;
    return types ? types : kJsonAny;
  }
  if (const auto* ref = Find(&schema, "$ref"); ref && ref->is_string()) {
    const std::string_view path = ref->get_string();
    json::error_code ec;
    const auto* target = path.starts_with('#') ? root.find_pointer(path.substr(1), ec) : nullptr;
    return target ? TypesOf(*target, root, left) : kJsonAny;
  }
  if (const auto* value = Find(&schema, "const")) return TypeOfValue(*value);
  if (const auto* values = Find(&schema, "enum"); values && values->is_array()) {
    for (const auto& value : values->get_array()) {
      if (--left < 0) return kJsonAny;
      types |= TypeOfValue(value);
    }
    return types ? types : kJsonAny;
  }
  for (const char* word : {"anyOf", "oneOf"}) {
    const auto* parts = Find(&schema, word);
    if (!parts || !parts->is_array()) continue;
    for (const auto& part : parts->get_array()) types |= TypesOf(part, root, left);
    return types ? types : kJsonAny;
  }
  if (const auto* parts = Find(&schema, "allOf"); parts && parts->is_array()) {
    types = kJsonAny;
    for (const auto& part : parts->get_array()) types &= TypesOf(part, root, left);
    return types ? types : kJsonAny;
  }
  return kJsonAny;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto from = text.find_first_not_of(kBlanks);
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(kBlanks) - from + 1);
}

}  // namespace

JsonTypes ParameterTypes(const json::array& tools, std::string_view tool, std::string_view parameter) {
  for (const auto& one : tools) {
    const auto* function = Find(&one, "function");
    const auto* name = Find(function, "name");
    if (!name || !name->is_string() || std::string_view(name->get_string()) != tool) continue;
    const auto* schema = Find(function, "parameters");
    const auto* properties = Find(schema, "properties");
    if (!properties || !properties->is_object()) return kJsonAny;
    const auto* found = Find(properties, parameter);
    int left = kSchemaNodesMax;
    return found ? TypesOf(*found, *schema, left) : kJsonString;
  }
  return kJsonAny;
}

std::optional<std::string> JsonLiteral(std::string_view text, JsonTypes types) {
  if (types == kJsonString) return {};
  text = Trimmed(text);
  if (text == "null" || (text == "None" && types & kJsonNull)) return "null";
  if (types & kJsonBoolean) {
    if (text == "True") return "true";
    if (text == "False") return "false";
  }
  json::parse_options options;
  options.max_depth = kLiteralDepthMax;
  json::error_code ec;
  const auto value = json::parse(text, ec, {}, options);
  if (ec || value.is_string() || !(TypeOfValue(value) & types)) return {};
  return std::string(text);
}

void AppendJsonEscaped(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += {'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]};
        } else {
          out += c;
        }
    }
  }
}

}  // namespace yun
