// The part of TOML 1.0 that yun's own files use: tables, lists of tables, strings, whole numbers, booleans, lists,
// inline tables, comments. Not: dotted keys, multi-line strings, fractions, dates; each is refused by name. Why not
// toml++ 3.3: on broken input it asserts, or runs into undefined behaviour where assertions are off.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yun {

struct TomlMember;

struct TomlValue {
  enum class Kind { kString, kInteger, kBoolean, kArray, kTable };
  Kind kind = Kind::kString;
  std::uint32_t line = 0;  // where it begins, from 1
  std::string text;
  std::int64_t number = 0;  // also a boolean, as 0 or 1
  std::vector<TomlValue> items;
  std::vector<TomlMember> members;  // in the file's order; keys differ

  /// Null when it is no table, or has no such key.
  const TomlValue* Find(std::string_view key) const;
  // The key's value; nothing when there is none or it is of another kind.
  std::optional<std::string> String(std::string_view key) const;
  std::optional<std::int64_t> Integer(std::string_view key) const;
};

struct TomlMember {
  std::string key;
  TomlValue value;
};

/// The root table. Depth and size are limited.
/// errors: kCorrupt ("line 3, column 5: ..."), kTooLarge
Result<TomlValue> ParseToml(std::string_view text);

/// A basic string with its quotes, for a file that ParseToml reads. Bytes that are not UTF-8 stand as they are.
std::string TomlQuoted(std::string_view text);

}  // namespace yun
