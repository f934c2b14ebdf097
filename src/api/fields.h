// Reads the fields of one JSON object with their types and ranges; keeps the first error.
#pragma once
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/error.h"

namespace yun::api {

// Limits of every JSON body.
inline constexpr std::size_t kBodyBytesMax = 16u << 20;
inline constexpr std::size_t kNestingMax = 64;

/// "a string", "an integer", ...: for messages.
std::string_view KindName(const boost::json::value& value);

/// A member that is there and not null, or nullptr.
const boost::json::value* Member(const boost::json::object& object, std::string_view key);

/// A numeric range; `open_low`/`open_high` leave the bound itself out.
struct Range {
  double low, high;
  bool open_low = false, open_high = false;
  bool Contains(double number) const;
  std::string Text() const;
};

/// A field that is absent or null leaves `out` as it is. After the first error nothing more is read.
class Fields {
 public:
  explicit Fields(const boost::json::object& object) : object_(object) {}

  bool ok() const { return !error_; }
  ApiError& error() { return *error_; }

  /// The field, or nullptr when it is absent or null.
  const boost::json::value* Find(std::string_view key) const;

  void Bool(std::string_view key, bool& out);
  void String(std::string_view key, std::string& out, std::size_t bytes_max);
  void Number(std::string_view key, std::optional<double>& out, Range range);
  void Integer(std::string_view key, std::optional<std::int64_t>& out, std::int64_t low, std::int64_t high);

  /// Fails when the object has a field outside of both lists.
  void OnlyKnown(std::span<const std::string_view> shared, std::initializer_list<std::string_view> own);
  /// Fails when the field is there and is none of the texts allowed (booleans as "true"/"false").
  void OnlyValue(std::string_view key, std::initializer_list<std::string_view> allowed);

  template <class... Args>
  void Fail(std::string_view param, std::string_view code, fmt::format_string<Args...> format, Args&&... args) {
    if (error_) return;
    error_ = ApiError{400, fmt::format(format, std::forward<Args>(args)...), std::string(param), std::string(code)};
  }
  void FailType(std::string_view param, std::string_view expected, const boost::json::value& got);

 private:
  const boost::json::object& object_;
  std::optional<ApiError> error_;
};

/// A whole body as a JSON object, within the limits of size and nesting.
Parsed<boost::json::object> ParseObject(std::string_view body);

}  // namespace yun::api
