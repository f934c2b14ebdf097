#include "base/toml.h"

#include <algorithm>

namespace yun {
namespace {

constexpr std::size_t kBytesMax = 4u << 20;
constexpr int kDepthMax = 8;
constexpr std::size_t kMembersMax = 20000;  // of one table or list

bool IsBareKeyByte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

/// The value of a hexadecimal digit, or -1.
int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void AppendUtf8(std::uint32_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3F))};
  } else if (code < 0x10000) {
    out += {static_cast<char>(0xE0 | (code >> 12)), static_cast<char>(0x80 | ((code >> 6) & 0x3F)),
            static_cast<char>(0x80 | (code & 0x3F))};
  } else {
    out += {static_cast<char>(0xF0 | (code >> 18)), static_cast<char>(0x80 | ((code >> 12) & 0x3F)),
            static_cast<char>(0x80 | ((code >> 6) & 0x3F)), static_cast<char>(0x80 | (code & 0x3F))};
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<TomlValue> Run() {
    TomlValue root{.kind = TomlValue::Kind::kTable, .line = 1};
    std::string list;  // the [[list]] whose last table is being filled
    TomlValue table;   // the [table] being filled, put into the root when it ends
    std::string table_key;
    enum { kRoot, kTable, kList } where = kRoot;
    const auto close = [&]() -> Status {
      if (where == kTable) return Insert(root, std::move(table_key), std::move(table));
      return {};
    };
    for (SkipBlank(); !AtEnd(); SkipBlank()) {
      if (Peek() != '[') {
        TomlValue* into = &root;
        if (where == kTable) into = &table;
        if (where == kList) into = &Member(root, list)->items.back();
        RETURN_IF_ERROR(KeyValue(*into, 0));
        RETURN_IF_ERROR(LineEnd());
        continue;
      }
      RETURN_IF_ERROR(close());
      const std::uint32_t line = line_;
      Take();
      const bool is_list = !AtEnd() && Peek() == '[';
      if (is_list) Take();
      SkipSpace();
      ASSIGN_OR_RETURN(std::string key, Key());
      SkipSpace();
      RETURN_IF_ERROR(Expect(']'));
      if (is_list) RETURN_IF_ERROR(Expect(']'));
      RETURN_IF_ERROR(LineEnd());
      TomlValue fresh{.kind = TomlValue::Kind::kTable, .line = line};
      if (!is_list) {
        where = kTable;
        table = std::move(fresh);
        table_key = std::move(key);
        continue;
      }
      where = kList;
      list = std::move(key);
      TomlValue* member = Member(root, list);
      if (member == nullptr) {
        RETURN_IF_ERROR(Insert(root, list, {.kind = TomlValue::Kind::kArray, .line = line}));
        member = Member(root, list);
        lists_.push_back(list);
      } else if (std::find(lists_.begin(), lists_.end(), list) == lists_.end()) {
        return Error(fmt::format("'{}' is already something else", list));
      }
      if (member->items.size() >= kMembersMax) return Error(fmt::format("more than {} tables", kMembersMax));
      member->items.push_back(std::move(fresh));
    }
    RETURN_IF_ERROR(close());
    return root;
  }

 private:
  bool AtEnd() const { return at_ >= text_.size(); }
  char Peek() const { return text_[at_]; }
  char Take() {
    const char c = text_[at_++];
    if (c == '\n') {
      ++line_;
      line_begin_ = at_;
    }
    return c;
  }

  tl::unexpected<yun::Error> Error(std::string_view what) const {
    return Fail(Code::kCorrupt, "line {}, column {}: {}", line_, at_ - line_begin_ + 1, what);
  }

  Status Expect(char c) {
    if (AtEnd() || Peek() != c) return Error(fmt::format("expected '{}'", c));
    Take();
    return {};
  }

  void SkipSpace() {
    while (!AtEnd() && (Peek() == ' ' || Peek() == '\t')) Take();
  }

  /// Spaces, line ends and comments.
  void SkipBlank() {
    while (!AtEnd()) {
      const char c = Peek();
      if (c == '#') {
        while (!AtEnd() && Peek() != '\n') Take();
      } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        Take();
      } else {
        return;
      }
    }
  }

  Status LineEnd() {
    SkipSpace();
    if (!AtEnd() && Peek() == '\r') Take();
    if (AtEnd() || Peek() == '\n' || Peek() == '#') return {};
    return Error("expected the end of the line");
  }

  static TomlValue* Member(TomlValue& table, std::string_view key) {
    for (auto& [name, value] : table.members) {
      if (name == key) return &value;
    }
    return nullptr;
  }

  Status Insert(TomlValue& table, std::string key, TomlValue value) {
    if (Member(table, key) != nullptr) return Error(fmt::format("'{}' is there twice", key));
    if (table.members.size() >= kTableKeysMax) return Error(fmt::format("more than {} keys", kTableKeysMax));
    table.members.push_back({std::move(key), std::move(value)});
    return {};
  }

  Result<std::string> Key() {
    if (AtEnd()) return Error("expected a key");
    std::string key;
    if (Peek() == '"' || Peek() == '\'') {
      ASSIGN_OR_RETURN(key, String());
    } else {
      while (!AtEnd() && IsBareKeyByte(Peek())) key += Take();
      if (key.empty()) return Error("expected a key");
    }
    SkipSpace();
    if (!AtEnd() && Peek() == '.') return Error("dotted keys are not read here");
    return key;
  }

  Status KeyValue(TomlValue& table, int depth) {
    ASSIGN_OR_RETURN(std::string key, Key());
    SkipSpace();
    RETURN_IF_ERROR(Expect('='));
    SkipSpace();
    ASSIGN_OR_RETURN(TomlValue value, Value(depth));
    return Insert(table, std::move(key), std::move(value));
  }

  Result<TomlValue> Value(int depth) {
    if (depth >= kDepthMax) return Error(fmt::format("nested more than {} deep", kDepthMax));
    if (AtEnd()) return Error("expected a value");
    const char c = Peek();
    TomlValue out{.line = line_};
    if (c == '"' || c == '\'') {
      ASSIGN_OR_RETURN(out.text, String());
      return out;
    }
    if (c == '[') return Array(depth);
    if (c == '{') return InlineTable(depth);
    for (const std::string_view word : {"true", "false"}) {
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      out.kind = TomlValue::Kind::kBoolean;
      out.number = word == "true" ? 1 : 0;
      return out;
    }
    out.kind = TomlValue::Kind::kInteger;
    ASSIGN_OR_RETURN(out.number, Integer());
    return out;
  }

  Result<std::string> String() {
    const char quote = Take();
    if (text_.substr(at_).starts_with(std::string(2, quote))) return Error("multi-line strings are not read here");
    std::string out;
    for (;;) {
      if (AtEnd() || Peek() == '\n') return Error("a string without its end");
      const char c = Take();
      if (c == quote) return out;
      if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f)
        return Error("a control character in a string");
      if (c != '\\' || quote == '\'') {
        out += c;
      } else {
        RETURN_IF_ERROR(Escape(out));
      }
    }
  }

  Status Escape(std::string& out) {
    if (AtEnd()) return Error("a string without its end");
    const char c = Take();
    constexpr std::string_view kNames = "btnfr\"\\", kBytes = "\b\t\n\f\r\"\\";
    if (const auto index = kNames.find(c); index != kNames.npos) {
      out += kBytes[index];
      return {};
    }
    if (c != 'u' && c != 'U') return Error("no such escape");
    std::uint32_t code = 0;
    for (int digits = c == 'u' ? 4 : 8; digits > 0; --digits) {
      const int value = AtEnd() ? -1 : HexDigit(Peek());
      if (value < 0) return Error("an escape without its digits");
      Take();
      code = code << 4 | static_cast<std::uint32_t>(value);
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return Error("an escape that is no character");
    AppendUtf8(code, out);
    return {};
  }

  Result<std::int64_t> Integer() {
    bool negative = false;
    if (Peek() == '+' || Peek() == '-') negative = Take() == '-';
    std::int64_t value = 0;
    bool digit_before = false;
    const std::size_t begin = at_;
    while (!AtEnd()) {
      const char c = Peek();
      if (c >= '0' && c <= '9') {
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, c - '0', &value)) {
          return Error("a number over 64 bits");  // kept below zero, where one more fits
        }
        digit_before = true;
      } else if (c == '_' && digit_before) {
        digit_before = false;
      } else {
        break;
      }
      Take();
    }
    if (at_ == begin) return Error("expected a value");
    if (!digit_before) return Error("a number that ends with '_'");
    if (!AtEnd() && (Peek() == '.' || Peek() == ':' || Peek() == '-' || IsBareKeyByte(Peek()))) {
      return Error("only whole decimal numbers are read here");
    }
    if (!negative && __builtin_sub_overflow(std::int64_t{0}, value, &value)) return Error("a number over 64 bits");
    return value;
  }

  Result<TomlValue> Array(int depth) {
    TomlValue out{.kind = TomlValue::Kind::kArray, .line = line_};
    Take();
    for (;;) {
      SkipBlank();
      if (AtEnd()) return Error("a list without its ']'");
      if (Peek() == ']') break;
      if (out.items.size() >= kMembersMax) return Error(fmt::format("more than {} items", kMembersMax));
      ASSIGN_OR_RETURN(TomlValue item, Value(depth + 1));
      out.items.push_back(std::move(item));
      SkipBlank();
      if (AtEnd() || (Peek() != ',' && Peek() != ']')) return Error("expected ',' or ']'");
      if (Peek() == ',') Take();
    }
    Take();
    return out;
  }

  Result<TomlValue> InlineTable(int depth) {
    TomlValue out{.kind = TomlValue::Kind::kTable, .line = line_};
    Take();
    SkipSpace();
    if (!AtEnd() && Peek() == '}') {
      Take();
      return out;
    }
    for (;;) {
      SkipSpace();
      RETURN_IF_ERROR(KeyValue(out, depth + 1));
      SkipSpace();
      if (AtEnd() || (Peek() != ',' && Peek() != '}')) return Error("expected ',' or '}'");
      if (Take() == '}') return out;
    }
  }

  static constexpr std::size_t kTableKeysMax = 1000;  // they are searched one by one

  std::string_view text_;
  std::size_t at_ = 0, line_begin_ = 0;
  std::uint32_t line_ = 1;
  std::vector<std::string> lists_;  // names that are [[lists]], and not arrays by '='
};

}  // namespace

const TomlValue* TomlValue::Find(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name == key) return &value;
  }
  return nullptr;
}

std::optional<std::string> TomlValue::String(std::string_view key) const {
  const TomlValue* value = Find(key);
  if (value == nullptr || value->kind != Kind::kString) return std::nullopt;
  return value->text;
}

std::optional<std::int64_t> TomlValue::Integer(std::string_view key) const {
  const TomlValue* value = Find(key);
  if (value == nullptr || value->kind != Kind::kInteger) return std::nullopt;
  return value->number;
}

Result<TomlValue> ParseToml(std::string_view text) {
  if (text.size() > kBytesMax) return Fail(Code::kTooLarge, "more than {} bytes", kBytesMax);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return Parser(text).Run();
}

std::string TomlQuoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace yun
