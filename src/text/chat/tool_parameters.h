// What a tool's JSON schema says of one parameter, and a value that a model wrote without JSON's quotes as JSON.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace yun {

/// JSON types, one bit each.
using JsonTypes = std::uint8_t;
inline constexpr JsonTypes kJsonString = 1, kJsonInteger = 2, kJsonNumber = 4, kJsonBoolean = 8, kJsonNull = 16,
                           kJsonObject = 32, kJsonArray = 64, kJsonAny = 127;

/// The types that the schema of a tool (OpenAI's form) permits for one of its parameters: kJsonString for a parameter
/// that it does not have, kJsonAny where the tool is not known or its schema says nothing of its parameters.
JsonTypes ParameterTypes(const boost::json::array& tools, std::string_view tool, std::string_view parameter);

/// `text` as a JSON literal of one of the types other than string; None, True and False too, which templates make of
/// null, true and false. Nothing: it can only be a string. "null" is null whatever the types, unless string alone.
std::optional<std::string> JsonLiteral(std::string_view text, JsonTypes types);

/// Appends what stands between the quotes of a JSON string.
void AppendJsonEscaped(std::string& out, std::string_view text);

}  // namespace yun
