// The shape of what the admin API takes and gives, described once: the parser obeys it, the OpenAPI document shows it.
#pragma once
#include <boost/json.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/error.h"

namespace yun::server::admin {

/// What a text may look like. `pattern` is an ECMA 262 expression for the document and says what `fits` decides.
struct Form {
  std::string_view words;  // "a month as 2026-11"
  std::string_view pattern;
  bool (*fits)(std::string_view text);
  std::string_view example;
};
extern const Form kLine;      // one line without control characters
extern const Form kMonth;     // 2026-11
extern const Form kCurrency;  // CNY
extern const Form kEmail;
extern const Form kId;       // ws_0123abcd
extern const Form kAddress;  // an IP address or a range of them, 10.0.0.0/8
extern const Form kUrl;      // http or https

struct Schema;

struct Field {
  enum class Kind { kText, kInteger, kNumber, kBoolean, kTexts, kObject, kObjects, kAny };
  std::string_view name;
  Kind kind = Kind::kText;
  std::string_view about;
  bool required = false;
  bool secret = false;   // never in the audit log
  std::int64_t low = 0;  // of an integer; of a text's characters; of a list's items
  std::int64_t high = 0;
  const Form* form = nullptr;  // of a text, or of each text of a list
  std::vector<std::string_view> choices = {};
  const Schema* of = nullptr;  // of an object, or of each object of a list

  Field Required() const;
  Field Secret() const;
  Field Between(std::int64_t least, std::int64_t most) const;
  Field Like(const Form& what) const;
  Field OneOf(std::vector<std::string_view> texts) const;
  /// Several lines, up to so many characters.
  Field Lines(std::int64_t most) const;
};

/// A JSON object. Fields outside the list are refused in a request.
struct Schema {
  std::string_view name;
  std::vector<Field> fields;
};

inline constexpr std::int64_t kTextCharactersMax = 256;            // of a text that says nothing else
inline constexpr std::int64_t kListItemsMax = 64;                  // of a list that says nothing else
inline constexpr std::int64_t kAmountMax = 9'000'000'000'000'000;  // exact in every language's JSON: below 2^53

// Fields by kind; limits follow with Between.
Field Text(std::string_view name, std::string_view about);
Field Integer(std::string_view name, std::string_view about);
Field Number(std::string_view name, std::string_view about);
Field Boolean(std::string_view name, std::string_view about);
Field Texts(std::string_view name, std::string_view about);
Field Object(std::string_view name, std::string_view about, const Schema& of);
Field Objects(std::string_view name, std::string_view about, const Schema& of);
/// Anything: in answers only.
Field Any(std::string_view name, std::string_view about);
/// Unix milliseconds.
Field Time(std::string_view name, std::string_view about);
/// Millionths of a currency's unit: 5 yuan = 5000000.
Field Amount(std::string_view name, std::string_view about);

/// Values that a schema has accepted. Asking for a field that the schema lacks is a bug.
class Values {
 public:
  explicit Values(const Schema* schema = nullptr) : schema_(schema) {}

  bool Has(std::string_view name) const;
  // The value, or the other one when the request left it out.
  std::string Text(std::string_view name, std::string_view otherwise = {}) const;
  std::int64_t Integer(std::string_view name, std::int64_t otherwise = 0) const;
  bool Boolean(std::string_view name, bool otherwise = false) const;
  std::vector<std::string> Texts(std::string_view name) const;
  /// Null when the request left it out.
  const Values* Object(std::string_view name) const;

  /// For the audit log: all but the secret fields.
  boost::json::object Public() const;

 private:
  friend class Reader;
  using Value = std::variant<std::string, std::int64_t, bool, std::vector<std::string>, std::vector<Values>>;
  const Value* Find(std::string_view name) const;

  const Schema* schema_;
  std::map<std::string, Value, std::less<>> values_;
};

/// A body as the schema says, or 400 with the field at fault. errors: as api::ParseObject; unknown_parameter,
/// missing_required_parameter, invalid_type, invalid_value
api::Parsed<Values> ParseBody(const Schema& schema, std::string_view body);
/// A query ("limit=10&cursor=x") as the schema says; a list's items are separated by commas.
api::Parsed<Values> ParseQuery(const Schema& schema, std::string_view query);

/// The schema as JSON Schema 2020-12; objects inside are references to "#/components/schemas/<name>".
boost::json::object Document(const Schema& schema, bool request);
boost::json::object Document(const Field& field, bool request);

}  // namespace yun::server::admin
