// How Python writes values (str, repr, json.dumps) and how its str counts, cuts and changes text.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "text/chat/jinja/value.h"

namespace yun::jinja {

/// Bytes of the character that starts at `at`; a broken byte counts as one character.
size_t CharBytes(std::string_view text, size_t at);
size_t CountChars(std::string_view text);
char32_t DecodeChar(std::string_view text, size_t at, size_t* bytes);
void AppendChar(std::string* out, char32_t c);
/// Characters [from, to) of a text; positions in characters, both within it.
std::string_view SliceChars(const StringObject& s, size_t from, size_t to);

bool IsSpace(char32_t c);      // str.isspace
bool IsPrintable(char32_t c);  // str.isprintable: what repr does not escape
bool IsLetter(char32_t c);
bool IsDigit(char32_t c);
bool IsNumeric(char32_t c);
bool IsCased(char32_t c);
bool IsUpper(char32_t c);
bool IsLower(char32_t c);
std::string Upper(std::string_view text);
std::string Lower(std::string_view text);
std::string Title(std::string_view text);
std::string Capitalize(std::string_view text);
std::string SwapCase(std::string_view text);

/// str.strip: sides 1 left, 2 right, 3 both; of whitespace, or of the characters of `chars`.
std::string_view Strip(std::string_view text, int sides, const std::string_view* chars = nullptr);
std::string ReplaceAll(Budget* budget, std::string_view text, std::string_view from, std::string_view to, int64_t count);

std::string FormatInt(Int i);
std::string FormatFloat(double d);  // repr(float)
std::string Repr(Budget* budget, const Value& v);
std::string Str(Budget* budget, const Value& v);
void AppendStr(Budget* budget, const Value& v, std::string* out);

struct JsonStyle {
  bool ensure_ascii = false;
  bool sort_keys = false;
  bool indented = false;
  std::string indent;  // one level
  std::string item_separator = ", ";
  std::string key_separator = ": ";
};
/// json.dumps; errors: kFailed for a value that JSON does not have, kLimit for an output over the budget
std::string DumpJson(Budget* budget, const Value& v, const JsonStyle& style);

/// The `%` operator of str.
std::string PercentFormat(Budget* budget, std::string_view format, const Value& arguments);
/// format(value, spec), for str.format.
std::string FormatSpec(Budget* budget, const Value& v, std::string_view spec);

}  // namespace yun::jinja
