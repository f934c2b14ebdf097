// Reads the fields of one JSON object with their types and ranges; keeps the first error.
#pragma once
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

/// While it lives, what the parsers of this thread ask of bodies is noted here: so a document says what the code obeys.
class FieldNotes {
 public:
  struct Body {
    boost::json::object fields;       // name -> JSON Schema, of those that Fields reads by itself
    std::vector<std::string> known;   // all that may be there; empty: others are let be
    std::set<std::string, std::less<>> refused;  // known, to be refused
  };

  FieldNotes();
  ~FieldNotes();
  FieldNotes(const FieldNotes&) = delete;
  FieldNotes& operator=(const FieldNotes&) = delete;

  const std::deque<Body>& bodies() const { return bodies_; }  // one for each object, in the order of reading

 private:
  friend class Fields;
  std::deque<Body> bodies_;
  FieldNotes* const before_;
};

/// A field that is absent or null leaves `out` as it is. After the first error nothing more is read.
class Fields {
 public:
  explicit Fields(const boost::json::object& object);

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

  /// For a parser that checks a range by itself.
  void Note(std::string_view key, Range range);
  void Note(std::string_view key, std::int64_t low, std::int64_t high);

 private:
  const boost::json::object& object_;
  FieldNotes::Body* notes_ = nullptr;  // borrows: FieldNotes; null: nobody listens
  std::optional<ApiError> error_;
};

/// A whole body as a JSON object, within the limits of size and nesting.
Parsed<boost::json::object> ParseObject(std::string_view body);

}  // namespace yun::api
