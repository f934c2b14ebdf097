#include "api/fields.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "api/schema.h"

namespace yun::api {

namespace json = boost::json;

namespace {
thread_local FieldNotes* t_notes = nullptr;
}

FieldNotes::FieldNotes() : before_(std::exchange(t_notes, this)) {}
FieldNotes::~FieldNotes() { t_notes = before_; }

std::string_view KindName(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
      return "an integer";
    case json::kind::double_:
      return "a number";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "an array";
    case json::kind::object:
      return "an object";
  }
  return "something else";
}

bool Range::Contains(double number) const {
  return (open_low ? number > low : number >= low) && (open_high ? number < high : number <= high);
}

std::string Range::Text() const {
  return fmt::format("{}{:g}, {:g}{}", open_low ? '(' : '[', low, high, open_high ? ')' : ']');
}

Fields::Fields(const json::object& object) : object_(object) {
  if (t_notes) notes_ = &t_notes->bodies_.emplace_back();
}

void Fields::Note(std::string_view key, Range range) {
  if (notes_) notes_->fields[key] = schema::OrNull(schema::Number(range));
}

void Fields::Note(std::string_view key, std::int64_t low, std::int64_t high) {
  if (notes_) notes_->fields[key] = schema::OrNull(schema::Integer(low, high));
}

const json::value* Member(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && !value->is_null() ? value : nullptr;
}

const json::value* Fields::Find(std::string_view key) const { return error_ ? nullptr : Member(object_, key); }

void Fields::FailType(std::string_view param, std::string_view expected, const json::value& got) {
  Fail(param, "invalid_type", "Invalid type for '{}': expected {}, but got {} instead.", param, expected,
       KindName(got));
}

void Fields::Bool(std::string_view key, bool& out) {
  if (notes_) notes_->fields[key] = schema::OrNull(schema::Boolean());
  const json::value* value = Find(key);
  if (!value) return;
  if (!value->is_bool()) return FailType(key, "a boolean", *value);
  out = value->get_bool();
}

void Fields::String(std::string_view key, std::string& out, std::size_t bytes_max) {
  if (notes_) notes_->fields[key] = schema::OrNull(schema::Text(0, bytes_max));
  const json::value* value = Find(key);
  if (!value) return;
  if (!value->is_string()) return FailType(key, "a string", *value);
  if (value->get_string().size() > bytes_max)
    return Fail(key, "invalid_value", "Invalid '{}': a string of at most {} bytes is allowed; got {}.", key, bytes_max,
                value->get_string().size());
  out = value->get_string();
}

void Fields::Number(std::string_view key, std::optional<double>& out, Range range) {
  Note(key, range);
  const json::value* value = Find(key);
  if (!value) return;
  if (!value->is_number()) return FailType(key, "a number", *value);
  const double number = value->to_number<double>();
  if (!range.Contains(number))
    return Fail(key, "invalid_value", "Invalid '{}': the range is {}; got {:g}.", key, range.Text(), number);
  out = number;
}

void Fields::Integer(std::string_view key, std::optional<std::int64_t>& out, std::int64_t low, std::int64_t high) {
  Note(key, low, high);
  const json::value* value = Find(key);
  if (!value) return;
  std::int64_t number = 0;
  if (value->is_int64()) {
    number = value->get_int64();
  } else if (value->is_uint64()) {
    return Fail(key, "invalid_value", "Invalid '{}': the range is [{}, {}]; got {}.", key, low, high,
                value->get_uint64());
  } else if (value->is_double() && std::trunc(value->get_double()) == value->get_double() &&
             std::abs(value->get_double()) <= 9007199254740992.0) {
    number = static_cast<std::int64_t>(value->get_double());  // clients in languages without integers write 5.0
  } else {
    return FailType(key, "an integer", *value);
  }
  if (number < low || number > high)
    return Fail(key, "invalid_value", "Invalid '{}': the range is [{}, {}]; got {}.", key, low, high, number);
  out = number;
}

void Fields::OnlyKnown(std::span<const std::string_view> shared, std::initializer_list<std::string_view> own) {
  if (notes_) {
    notes_->known.assign(shared.begin(), shared.end());
    notes_->known.insert(notes_->known.end(), own.begin(), own.end());
  }
  if (error_) return;
  for (const auto& field : object_) {
    const std::string_view key = field.key();
    if (std::ranges::find(shared, key) == shared.end() && std::ranges::find(own, key) == own.end()) {
      const std::string name(key.substr(0, 64));
      return Fail(name, "unknown_parameter", "Unknown parameter: '{}'.", name);
    }
  }
}

void Fields::OnlyValue(std::string_view key, std::initializer_list<std::string_view> allowed) {
  if (notes_ && allowed.size() == 0) notes_->refused.emplace(key);
  if (notes_ && allowed.size() > 0) {
    json::array values;
    for (std::string_view a : allowed)
      values.push_back(a == "true" || a == "false" ? json::value(a == "true") : json::value(a));
    values.push_back(nullptr);
    notes_->fields[key] = json::object{{"enum", std::move(values)}};
  }
  const json::value* value = Find(key);
  if (!value) return;
  std::string_view text = "";
  if (value->is_string()) text = value->get_string();
  if (value->is_bool()) text = value->get_bool() ? "true" : "false";
  if ((value->is_string() || value->is_bool()) && std::find(allowed.begin(), allowed.end(), text) != allowed.end())
    return;
  std::string list;
  for (std::string_view a : allowed) list += fmt::format("{}{}", list.empty() ? "" : ", ", a);
  if (list.empty()) return Fail(key, "unsupported_parameter", "'{}' is not supported yet; leave it out.", key);
  Fail(key, "unsupported_value", "This value of '{}' is not supported yet; supported: {}.", key, list);
}

Parsed<json::object> ParseObject(std::string_view body) {
  const auto fail = [](std::string message) {
    return tl::unexpected<ApiError>(ApiError{400, std::move(message), "", "invalid_json"});
  };
  if (body.size() > kBodyBytesMax)
    return tl::unexpected<ApiError>(
        ApiError{413, fmt::format("The body has {} bytes; at most {} are allowed.", body.size(), kBodyBytesMax), "",
                 "too_large"});
  if (body.empty()) return fail("The body is empty; a JSON object is needed.");
  json::parse_options options;
  options.max_depth = kNestingMax;
  json::parser parser({}, options);
  json::error_code ec;
  const std::size_t used = parser.write_some(body.data(), body.size(), ec);
  if (ec == json::error::too_deep)
    return fail(fmt::format("The JSON body is nested deeper than {} levels.", kNestingMax));
  if (ec) return fail(fmt::format("The body is not valid JSON: {} at byte {}.", ec.message(), used));
  if (body.find_first_not_of(" \t\r\n", used) != std::string_view::npos)
    return fail(fmt::format("The body is not valid JSON: something follows the object at byte {}.", used));
  json::value value = parser.release();
  if (!value.is_object()) return fail(fmt::format("The body must be a JSON object, but is {}.", KindName(value)));
  return std::move(value.get_object());
}

}  // namespace yun::api
