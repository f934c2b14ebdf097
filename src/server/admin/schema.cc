#include "server/admin/schema.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "api/answer.h"
#include "api/fields.h"
#include "base/check.h"
#include "net/http/server.h"

namespace yun::server::admin {

namespace json = boost::json;
using Kind = Field::Kind;

namespace {

constexpr std::size_t kQueryFieldsMax = 64;

bool IsDigits(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}
bool IsLine(std::string_view s) {
  return std::none_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}
bool IsPrintable(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}
bool IsMonth(std::string_view s) {
  if (s.size() != 7 || s[4] != '-' || !IsDigits(s.substr(0, 4)) || !IsDigits(s.substr(5))) return false;
  const int month = 10 * (s[5] - '0') + s[6] - '0';
  return s.starts_with("20") && month >= 1 && month <= 12;
}
bool IsCurrency(std::string_view s) {
  return s.size() == 3 && std::all_of(s.begin(), s.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}
bool IsEmail(std::string_view s) {
  const std::size_t at = s.find('@');
  return IsPrintable(s) && at != std::string_view::npos && at > 0 && at + 1 < s.size() &&
         s.find('@', at + 1) == std::string_view::npos;
}
bool IsId(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == ':';
  });
}
bool IsAddress(std::string_view s) {
  const std::size_t slash = s.find('/');
  const std::string host(s.substr(0, slash));
  in6_addr any{};
  const bool four = ::inet_pton(AF_INET, host.c_str(), &any) == 1;
  if (!four && ::inet_pton(AF_INET6, host.c_str(), &any) != 1) return false;
  if (slash == std::string_view::npos) return true;
  const std::string_view bits = s.substr(slash + 1);
  int n = 0;
  const auto [end, ec] = std::from_chars(bits.data(), bits.data() + bits.size(), n);
  return IsDigits(bits) && ec == std::errc() && n <= (four ? 32 : 128);
}
bool IsUrl(std::string_view s) {
  return IsPrintable(s) && (s.starts_with("http://") || s.starts_with("https://")) && s.find("://") + 3 < s.size();
}

}  // namespace

const Form kLine{"one line without control characters", "^[^\\u0000-\\u001f\\u007f]*$", IsLine, "shop"};
const Form kMonth{"a month as 2026-11", "^20[0-9]{2}-(0[1-9]|1[0-2])$", IsMonth, "2026-11"};
const Form kCurrency{"three capital letters", "^[A-Z]{3}$", IsCurrency, "CNY"};
const Form kEmail{"an e-mail address", "^[!-?A-~]+@[!-?A-~]+$", IsEmail, "li@example.com"};
const Form kId{"an id: letters, digits, '_', '-', '.' and ':'", "^[A-Za-z0-9_.:-]+$", IsId, "ws_00112233"};
const Form kAddress{"an IP address, or a range of them as 10.0.0.0/8", "^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$", IsAddress,
                    "10.0.0.0/8"};
const Form kUrl{"an http or https address", "^https?://[!-~]+$", IsUrl, "https://example.com/hook"};

Field Field::Required() const {
  Field f = *this;
  f.required = true;
  return f;
}
Field Field::Secret() const {
  Field f = *this;
  f.secret = true;
  return f;
}
Field Field::Between(std::int64_t least, std::int64_t most) const {
  Field f = *this;
  f.low = least, f.high = most;
  return f;
}
Field Field::Like(const Form& what) const {
  Field f = *this;
  f.form = &what;
  return f;
}
Field Field::OneOf(std::vector<std::string_view> texts) const {
  Field f = *this;
  f.choices = std::move(texts);
  return f;
}

Field Field::Lines(std::int64_t most) const {
  Field f = *this;
  f.form = nullptr, f.high = most;
  return f;
}

namespace {
Field Make(std::string_view name, Kind kind, std::string_view about, std::int64_t low, std::int64_t high) {
  return Field{.name = name, .kind = kind, .about = about, .low = low, .high = high};
}
}  // namespace

Field Text(std::string_view name, std::string_view about) {
  return Make(name, Kind::kText, about, 0, kTextCharactersMax).Like(kLine);
}
Field Integer(std::string_view name, std::string_view about) {
  return Make(name, Kind::kInteger, about, 0, kAmountMax);
}
Field Number(std::string_view name, std::string_view about) { return Make(name, Kind::kNumber, about, 0, 0); }
Field Boolean(std::string_view name, std::string_view about) { return Make(name, Kind::kBoolean, about, 0, 1); }
Field Texts(std::string_view name, std::string_view about) {
  return Make(name, Kind::kTexts, about, 0, kListItemsMax).Like(kLine);
}
Field Object(std::string_view name, std::string_view about, const Schema& of) {
  Field f = Make(name, Kind::kObject, about, 0, 1);
  f.of = &of;
  return f;
}
Field Objects(std::string_view name, std::string_view about, const Schema& of) {
  Field f = Make(name, Kind::kObjects, about, 0, kListItemsMax);
  f.of = &of;
  return f;
}
Field Any(std::string_view name, std::string_view about) { return Make(name, Kind::kAny, about, 0, 0); }
Field Time(std::string_view name, std::string_view about) { return Integer(name, about); }
Field Amount(std::string_view name, std::string_view about) {
  return Integer(name, about).Between(-kAmountMax, kAmountMax);
}

// ---- values

const Values::Value* Values::Find(std::string_view name) const {
  CHECK(schema_ &&
        std::any_of(schema_->fields.begin(), schema_->fields.end(), [&](const Field& f) { return f.name == name; }));
  const auto it = values_.find(name);
  return it == values_.end() ? nullptr : &it->second;
}
bool Values::Has(std::string_view name) const { return Find(name) != nullptr; }
std::string Values::Text(std::string_view name, std::string_view otherwise) const {
  const Value* value = Find(name);
  return value ? std::get<std::string>(*value) : std::string(otherwise);
}
std::int64_t Values::Integer(std::string_view name, std::int64_t otherwise) const {
  const Value* value = Find(name);
  return value ? std::get<std::int64_t>(*value) : otherwise;
}
bool Values::Boolean(std::string_view name, bool otherwise) const {
  const Value* value = Find(name);
  return value ? std::get<bool>(*value) : otherwise;
}
std::vector<std::string> Values::Texts(std::string_view name) const {
  const Value* value = Find(name);
  return value ? std::get<std::vector<std::string>>(*value) : std::vector<std::string>();
}
const Values* Values::Object(std::string_view name) const {
  const Value* value = Find(name);
  return value ? &std::get<std::vector<Values>>(*value).front() : nullptr;
}

json::object Values::Public() const {
  json::object out;
  if (!schema_) return out;
  for (const Field& field : schema_->fields) {
    const auto it = values_.find(field.name);
    if (it == values_.end()) continue;
    json::value& to = out[field.name];
    if (field.secret) {
      to = "(secret)";
    } else if (const auto* objects = std::get_if<std::vector<Values>>(&it->second)) {
      to = objects->front().Public();
    } else {
      std::visit(
          [&](const auto& value) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(value)>, std::vector<Values>>)
              to = json::value_from(value);
          },
          it->second);
    }
  }
  return out;
}

// ---- reading

/// Fills Values, and keeps the first error.
class Reader {
 public:
  Reader(const Schema& schema, std::string path) : values_(&schema), path_(std::move(path)) {}

  api::Parsed<Values> Read(const json::object& object) {
    for (const auto& member : object) {
      const Field* field = FieldOf(member.key());
      if (!field) return Unknown(member.key());
      if (!member.value().is_null()) Take(*field, member.value());
      if (error_) return tl::unexpected(*error_);
    }
    return Done();
  }

  api::Parsed<Values> Read(const std::vector<std::pair<std::string, std::string>>& query) {
    for (const auto& [key, text] : query) {
      const Field* field = FieldOf(key);
      if (!field) return Unknown(key);
      if (values_.values_.contains(key)) Fail(*field, "invalid_value", "Parameter '{}' is given twice.", Path(*field));
      TakeText(*field, text);
      if (error_) return tl::unexpected(*error_);
    }
    return Done();
  }

 private:
  const Field* FieldOf(std::string_view name) const {
    for (const Field& field : values_.schema_->fields)
      if (field.name == name) return &field;
    return nullptr;
  }
  std::string Path(const Field& field) const { return path_ + std::string(field.name); }

  tl::unexpected<api::ApiError> Unknown(std::string_view name) const {
    std::string known;
    for (const Field& field : values_.schema_->fields)
      known += fmt::format("{}{}", known.empty() ? "" : ", ", field.name);
    const std::string shown = path_ + std::string(name.substr(0, 64));
    return tl::unexpected(
        api::ApiError{400, fmt::format("Unknown parameter: '{}'; known: {}.", shown, known.empty() ? "none" : known),
                      shown, "unknown_parameter"});
  }

  template <class... Args>
  void Fail(const Field& field, std::string_view code, fmt::format_string<Args...> format, Args&&... args) {
    if (!error_)
      error_ = api::ApiError{400, fmt::format(format, std::forward<Args>(args)...), Path(field), std::string(code)};
  }
  void FailType(const Field& field, std::string_view expected, const json::value& got) {
    Fail(field, "invalid_type", "Invalid type for '{}': expected {}, but got {} instead.", Path(field), expected,
         api::KindName(got));
  }

  api::Parsed<Values> Done() {
    for (const Field& field : values_.schema_->fields)
      if (field.required && !values_.values_.contains(field.name))
        Fail(field, "missing_required_parameter", "Missing required parameter: '{}' ({}).", Path(field), field.about);
    if (error_) return tl::unexpected(*error_);
    return std::move(values_);
  }

  void Put(const Field& field, Values::Value value) { values_.values_.emplace(field.name, std::move(value)); }

  bool FitsText(const Field& field, std::string_view text, std::int64_t low, std::int64_t high) {
    const auto characters = static_cast<std::int64_t>(api::CountCharacters(text));
    if (characters < low || characters > high) {
      Fail(field, "invalid_value", "Invalid '{}': {} to {} characters are allowed; got {}.", Path(field), low, high,
           characters);
    } else if (!field.choices.empty()) {
      if (std::find(field.choices.begin(), field.choices.end(), text) == field.choices.end())
        Fail(field, "invalid_value", "Invalid '{}': one of {} is allowed.", Path(field),
             fmt::join(field.choices, ", "));
    } else if (field.form && !text.empty() && !field.form->fits(text)) {
      Fail(field, "invalid_value", "Invalid '{}': {} is wanted.", Path(field), field.form->words);
    }
    return !error_;
  }
  void TakeInteger(const Field& field, std::int64_t number) {
    if (number < field.low || number > field.high)
      return Fail(field, "invalid_value", "Invalid '{}': the range is [{}, {}]; got {}.", Path(field), field.low,
                  field.high, number);
    Put(field, number);
  }
  void TakeTexts(const Field& field, std::vector<std::string> texts) {
    const auto count = static_cast<std::int64_t>(texts.size());
    if (count < field.low || count > field.high)
      return Fail(field, "invalid_value", "Invalid '{}': {} to {} items are allowed; got {}.", Path(field), field.low,
                  field.high, count);
    for (const std::string& text : texts)
      if (!FitsText(field, text, 1, kTextCharactersMax)) return;
    Put(field, std::move(texts));
  }

  void Take(const Field& field, const json::value& value) {
    switch (field.kind) {
      case Kind::kText:
        if (!value.is_string()) return FailType(field, "a string", value);
        if (FitsText(field, value.get_string(), field.low, field.high)) Put(field, std::string(value.get_string()));
        return;
      case Kind::kInteger: {
        if (value.is_int64()) return TakeInteger(field, value.get_int64());
        if (value.is_uint64())
          return Fail(field, "invalid_value", "Invalid '{}': the range is [{}, {}]; got {}.", Path(field), field.low,
                      field.high, value.get_uint64());
        if (!value.is_double()) return FailType(field, "an integer", value);
        const double number = value.get_double();  // clients in languages without integers write 5.0
        if (number != static_cast<double>(static_cast<std::int64_t>(std::clamp(number, -9e15, 9e15))))
          return FailType(field, "an integer below 2^53", value);
        return TakeInteger(field, static_cast<std::int64_t>(number));
      }
      case Kind::kBoolean:
        if (!value.is_bool()) return FailType(field, "a boolean", value);
        return Put(field, value.get_bool());
      case Kind::kTexts: {
        if (!value.is_array()) return FailType(field, "an array of strings", value);
        std::vector<std::string> texts;
        for (const json::value& item : value.get_array()) {
          if (!item.is_string()) return FailType(field, "an array of strings", item);
          texts.emplace_back(item.get_string());
        }
        return TakeTexts(field, std::move(texts));
      }
      case Kind::kObject: {
        if (!value.is_object()) return FailType(field, "an object", value);
        api::Parsed<Values> inner = Reader(*field.of, Path(field) + ".").Read(value.get_object());
        if (!inner) {
          error_ = std::move(inner.error());
          return;
        }
        std::vector<Values> one;
        one.push_back(std::move(*inner));
        return Put(field, std::move(one));
      }
      case Kind::kNumber:
      case Kind::kObjects:
      case Kind::kAny:
        break;
    }
    CHECK(false);  // in answers only
  }

  void TakeText(const Field& field, const std::string& text) {
    switch (field.kind) {
      case Kind::kText:
        if (FitsText(field, text, field.low, field.high)) Put(field, text);
        return;
      case Kind::kInteger: {
        std::int64_t number = 0;
        const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (ec != std::errc() || end != text.data() + text.size())
          return Fail(field, "invalid_type", "Invalid '{}': an integer is wanted.", Path(field));
        return TakeInteger(field, number);
      }
      case Kind::kBoolean:
        if (text != "true" && text != "false")
          return Fail(field, "invalid_type", "Invalid '{}': true or false is wanted.", Path(field));
        return Put(field, text == "true");
      case Kind::kTexts: {
        std::vector<std::string> texts;
        for (std::size_t at = 0; at <= text.size();) {
          const std::size_t end = std::min(text.find(',', at), text.size());
          texts.push_back(text.substr(at, end - at));
          at = end + 1;
        }
        return TakeTexts(field, std::move(texts));
      }
      default:
        CHECK(false);  // not in a query
    }
  }

  Values values_;
  const std::string path_;
  std::optional<api::ApiError> error_;
};

api::Parsed<Values> ParseBody(const Schema& schema, std::string_view body) {
  auto object = api::ParseObject(body);
  if (!object) return tl::unexpected(std::move(object.error()));
  return Reader(schema, "").Read(*object);
}

api::Parsed<Values> ParseQuery(const Schema& schema, std::string_view query) {
  const auto pairs = http::ParseQuery(query);
  const auto bad = [](std::string message) {
    return tl::unexpected(api::ApiError{400, std::move(message), "", "invalid_value"});
  };
  if (pairs.size() > kQueryFieldsMax)
    return bad(fmt::format("The query has more than {} parameters.", kQueryFieldsMax));
  for (const auto& [name, text] : pairs)
    if (json::error_code ec; !json::parse(json::serialize(json::string(name + text)), ec).is_string() || ec)
      return bad("The query is not valid UTF-8.");
  return Reader(schema, "").Read(pairs);
}

// ---- the document

json::object Document(const Field& field, bool request) {
  json::object out;
  const auto text = [&](std::int64_t low, std::int64_t high) {
    json::object s{{"type", "string"}};
    if (!field.choices.empty()) {
      s["enum"] = json::array(field.choices.begin(), field.choices.end());
    } else if (request) {
      if (low > 0) s["minLength"] = low;
      s["maxLength"] = high;
      // An empty text stands for "none" wherever a form is not required.
      if (field.form)
        s["pattern"] = low > 0 || field.form == &kLine ? std::string(field.form->pattern)
                                                       : "^$|" + std::string(field.form->pattern);
      if (field.form && field.form != &kLine) s["examples"] = json::array{field.form->example};
    }
    return s;
  };
  const auto reference = [](const Schema& schema) {
    return json::object{{"$ref", "#/components/schemas/" + std::string(schema.name)}};
  };
  switch (field.kind) {
    case Kind::kText:
      out = text(field.low, field.high);
      break;
    case Kind::kInteger:
      out = {{"type", "integer"}, {"format", "int64"}};
      if (request) out["minimum"] = field.low, out["maximum"] = field.high;
      break;
    case Kind::kNumber:
      out = {{"type", "number"}};
      break;
    case Kind::kBoolean:
      out = {{"type", "boolean"}};
      break;
    case Kind::kTexts:
      out = {{"type", "array"}, {"items", text(1, kTextCharactersMax)}};
      if (request) out["minItems"] = field.low, out["maxItems"] = field.high;
      break;
    case Kind::kObject:
      out = reference(*field.of);
      break;
    case Kind::kObjects:
      out = {{"type", "array"}, {"items", reference(*field.of)}};
      break;
    case Kind::kAny:
      break;
  }
  if (!field.about.empty()) out["description"] = field.about;
  return out;
}

json::object Document(const Schema& schema, bool request) {
  json::object properties;
  json::array required;
  for (const Field& field : schema.fields) {
    properties[field.name] = Document(field, request);
    if (field.required) required.emplace_back(field.name);
  }
  json::object out{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) out["required"] = std::move(required);
  return out;
}

}  // namespace yun::server::admin
