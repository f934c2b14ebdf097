#include "text/chat/jinja/python_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace yun::jinja {
namespace {

constexpr size_t kWidthMax = 100000;  // of a padded field
constexpr int kPrecisionMax = 400;    // digits after the point

utf8proc_category_t Category(char32_t c) { return utf8proc_category(static_cast<utf8proc_int32_t>(c)); }

std::string Hex(char32_t c, int digits) {
  static const char kDigits[] = "0123456789abcdef";
  std::string out;
  for (int i = digits - 1; i >= 0; --i) out += kDigits[(c >> (4 * i)) & 15];
  return out;
}

template <class F>
void ForEachChar(std::string_view text, F&& f) {
  for (size_t at = 0; at < text.size();) {
    size_t bytes;
    char32_t c = DecodeChar(text, at, &bytes);
    f(c, text.substr(at, bytes));
    at += bytes;
  }
}

// The few characters whose upper case is more than one character.
void AppendUpper(std::string* out, char32_t c) {
  switch (c) {
    case 0xDF: out->append("SS"); return;
    case 0x149: out->append("\xCA\xBCN"); return;
    case 0x1F0: out->append("J\xCC\x8C"); return;
    case 0xFB00: out->append("FF"); return;
    case 0xFB01: out->append("FI"); return;
    case 0xFB02: out->append("FL"); return;
    case 0xFB03: out->append("FFI"); return;
    case 0xFB04: out->append("FFL"); return;
    case 0xFB05:
    case 0xFB06: out->append("ST"); return;
    default: AppendChar(out, static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c))));
  }
}

void AppendTitle(std::string* out, char32_t c) {
  if (c == 0xDF) {
    out->append("Ss");
  } else {
    AppendChar(out, static_cast<char32_t>(utf8proc_totitle(static_cast<utf8proc_int32_t>(c))));
  }
}

void AppendLower(std::string* out, char32_t c) {
  if (c == 0x130) {
    out->append("i\xCC\x87");
  } else {
    AppendChar(out, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
  }
}

// A capital sigma that ends a word becomes the final sigma.
bool EndsWord(std::string_view text, size_t at, size_t bytes) {
  bool before = false;
  for (size_t i = at; i > 0;) {
    do --i;
    while (i > 0 && (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80);
    size_t n;
    char32_t c = DecodeChar(text, i, &n);
    if (Category(c) == UTF8PROC_CATEGORY_MN || c == '\'' || c == 0xAD) continue;
    before = IsCased(c);
    break;
  }
  if (!before) return false;
  for (size_t i = at + bytes; i < text.size();) {
    size_t n;
    char32_t c = DecodeChar(text, i, &n);
    i += n;
    if (Category(c) == UTF8PROC_CATEGORY_MN || c == '\'' || c == 0xAD) continue;
    return !IsCased(c);
  }
  return true;
}

void AppendJsonString(std::string_view text, bool ensure_ascii, std::string* out) {
  out->push_back('"');
  ForEachChar(text, [&](char32_t c, std::string_view bytes) {
    switch (c) {
      case '"': out->append("\\\""); return;
      case '\\': out->append("\\\\"); return;
      case '\n': out->append("\\n"); return;
      case '\r': out->append("\\r"); return;
      case '\t': out->append("\\t"); return;
      case '\f': out->append("\\f"); return;
      case '\b': out->append("\\b"); return;
      default: break;
    }
    if (c < 0x20 || (ensure_ascii && c > 0x7E && c < 0x10000)) {
      out->append("\\u" + Hex(c, 4));
    } else if (ensure_ascii && c >= 0x10000) {
      out->append("\\u" + Hex(0xD800 + ((c - 0x10000) >> 10), 4) + "\\u" + Hex(0xDC00 + ((c - 0x10000) & 0x3FF), 4));
    } else {
      out->append(bytes);
    }
  });
  out->push_back('"');
}

std::string JsonFloat(double d) {
  if (std::isnan(d)) return "NaN";
  if (std::isinf(d)) return d > 0 ? "Infinity" : "-Infinity";
  return FormatFloat(d);
}

class JsonWriter {
 public:
  JsonWriter(Budget* budget, const JsonStyle& style) : budget_(budget), style_(style) {}

  void Write(const Value& v, int level) {
    budget_->Spend(1);
    if (static_cast<int64_t>(out.size()) > budget_->memory_bytes) LimitReached("the template's JSON is too large");
    switch (v.kind()) {
      case Kind::kNone: out += "null"; return;
      case Kind::kBool: out += v.AsInt() ? "true" : "false"; return;
      case Kind::kInt: out += FormatInt(v.AsInt()); return;
      case Kind::kFloat: out += JsonFloat(v.AsDouble()); return;
      case Kind::kString: AppendJsonString(v.text(), style_.ensure_ascii, &out); return;
      case Kind::kDict: WriteDict(v.dict(), level); return;
      case Kind::kList:
        if (v.list().flavor <= Flavor::kTuple) return WriteList(v.list(), level);
        [[fallthrough]];
      default: FailWith("Object of type " + std::string(TypeName(v)) + " is not JSON serializable");
    }
  }
  std::string out;

 private:
  void NewLine(int level) {
    if (!style_.indented) return;
    out.push_back('\n');
    for (int i = 0; i < level; ++i) out += style_.indent;
  }

  void WriteList(const ListObject& list, int level) {
    if (list.items.empty()) {
      out += "[]";
      return;
    }
    out.push_back('[');
    for (size_t i = 0; i < list.items.size(); ++i) {
      if (i) out += style_.item_separator;
      NewLine(level + 1);
      Write(list.items[i], level + 1);
    }
    NewLine(level);
    out.push_back(']');
  }

  void WriteDict(const DictObject& dict, int level) {
    if (dict.items.empty()) {
      out += "{}";
      return;
    }
    std::vector<const std::pair<Value, Value>*> items;
    for (const auto& item : dict.items) {
      auto at = items.end();
      if (style_.sort_keys) {
        // Insertion, which an order that NaN breaks cannot lead out of bounds.
        budget_->Spend(1 + static_cast<int64_t>(items.size() / 8));
        at = std::upper_bound(items.begin(), items.end(), &item,
                              [](const auto* a, const auto* b) { return Compare(a->first, b->first, "<") == -1; });
      }
      items.insert(at, &item);
    }
    out.push_back('{');
    bool first = true;
    for (const auto* item : items) {
      if (!first) out += style_.item_separator;
      first = false;
      NewLine(level + 1);
      const Value& key = item->first;
      switch (key.kind()) {
        case Kind::kString: AppendJsonString(key.text(), style_.ensure_ascii, &out); break;
        case Kind::kInt: out += '"' + FormatInt(key.AsInt()) + '"'; break;
        case Kind::kFloat: out += '"' + JsonFloat(key.AsDouble()) + '"'; break;
        case Kind::kBool: out += key.AsInt() ? "\"true\"" : "\"false\""; break;
        case Kind::kNone: out += "\"null\""; break;
        default: FailWith("keys must be str, int, float, bool or None, not " + std::string(TypeName(key)));
      }
      out += style_.key_separator;
      Write(item->second, level + 1);
    }
    NewLine(level);
    out.push_back('}');
  }

  Budget* budget_;          // borrows
  const JsonStyle& style_;  // borrows
};

void AppendReprString(std::string_view text, std::string* out) {
  char quote = text.find('\'') != text.npos && text.find('"') == text.npos ? '"' : '\'';
  out->push_back(quote);
  ForEachChar(text, [&](char32_t c, std::string_view bytes) {
    if (c == '\\' || c == static_cast<unsigned char>(quote)) {
      out->push_back('\\');
      out->append(bytes);
    } else if (c == '\n') {
      out->append("\\n");
    } else if (c == '\r') {
      out->append("\\r");
    } else if (c == '\t') {
      out->append("\\t");
    } else if (c < 0x20 || c == 0x7F || (c >= 0x80 && c < 0x100 && !IsPrintable(c))) {
      out->append("\\x" + Hex(c, 2));
    } else if (c >= 0x100 && !IsPrintable(c)) {
      out->append(c < 0x10000 ? "\\u" + Hex(c, 4) : "\\U" + Hex(c, 8));
    } else {
      out->append(bytes);
    }
  });
  out->push_back(quote);
}

void AppendRepr(Budget* budget, const Value& v, std::string* out);

void AppendItems(Budget* budget, const std::vector<Value>& items, std::string* out) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (i) out->append(", ");
    AppendRepr(budget, items[i], out);
  }
}

void AppendRepr(Budget* budget, const Value& v, std::string* out) {
  switch (v.kind()) {
    case Kind::kUndefined: out->append("Undefined"); return;
    case Kind::kNone: out->append("None"); return;
    case Kind::kBool: out->append(v.AsInt() ? "True" : "False"); return;
    case Kind::kInt: out->append(FormatInt(v.AsInt())); return;
    case Kind::kFloat: out->append(FormatFloat(v.AsDouble())); return;
    case Kind::kString: {
      // The largest repr of a byte is four.
      budget->Spend(1 + static_cast<int64_t>(v.text().size() / 16));
      if (static_cast<int64_t>(out->size() + 4 * v.text().size()) > budget->memory_bytes) {
        LimitReached("the template holds too much memory");
      }
      AppendReprString(v.text(), out);
      return;
    }
    case Kind::kList: {
      const ListObject& list = v.list();
      budget->Spend(1 + static_cast<int64_t>(list.items.size()));
      switch (list.flavor) {
        case Flavor::kList:
        case Flavor::kTuple: {
          bool tuple = list.flavor == Flavor::kTuple;
          out->push_back(tuple ? '(' : '[');
          AppendItems(budget, list.items, out);
          if (tuple && list.items.size() == 1) out->push_back(',');
          out->push_back(tuple ? ')' : ']');
          return;
        }
        case Flavor::kRange: {
          Int from = list.items.empty() ? 0 : list.items[0].AsInt();
          Int step = list.items.size() < 2 ? 1 : list.items[1].AsInt() - from;
          Int to = list.items.empty() ? 0 : list.items.back().AsInt() + (step > 0 ? 1 : -1);
          out->append("range(" + FormatInt(from) + ", " + FormatInt(to));
          if (step != 1) out->append(", " + FormatInt(step));
          out->push_back(')');
          return;
        }
        case Flavor::kGenerator: out->append("<generator object>"); return;
        default:
          out->append(TypeName(v));
          out->append("([");
          AppendItems(budget, list.items, out);
          out->append("])");
          return;
      }
    }
    case Kind::kDict: {
      budget->Spend(1 + static_cast<int64_t>(v.dict().items.size()));
      out->push_back('{');
      bool first = true;
      for (const auto& [key, value] : v.dict().items) {
        if (!first) out->append(", ");
        first = false;
        AppendRepr(budget, key, out);
        out->append(": ");
        AppendRepr(budget, value, out);
      }
      out->push_back('}');
      return;
    }
    case Kind::kObject: out->append(v.object().Describe()); return;
  }
}

// ---- formatting of numbers and fields ----

struct Spec {
  std::string fill = " ";
  char align = 0;  // < > = ^
  char sign = '-';
  bool alternate = false;
  size_t width = 0;
  char group = 0;
  int precision = -1;
  char type = 0;
};

std::string WithPrintf(const char* type, bool alternate, int precision, double d) {
  char format[8];
  char* f = format;
  *f++ = '%';
  if (alternate) *f++ = '#';
  *f++ = '.';
  *f++ = '*';
  *f++ = *type;
  *f = 0;
  std::string out(static_cast<size_t>(std::snprintf(nullptr, 0, format, precision, d)), '\0');
  std::snprintf(out.data(), out.size() + 1, format, precision, d);
  return out;
}

std::string Digits(Int i, int base, bool upper) {
  if (i == 0) return "0";
  bool negative = i < 0;
  auto u = negative ? -static_cast<unsigned __int128>(i) : static_cast<unsigned __int128>(i);
  std::string out;
  while (u) {
    out += (upper ? "0123456789ABCDEF" : "0123456789abcdef")[static_cast<size_t>(u % static_cast<unsigned>(base))];
    u /= static_cast<unsigned>(base);
  }
  if (negative) out += '-';
  std::reverse(out.begin(), out.end());
  return out;
}

std::string Pad(std::string body, const Spec& spec, char default_align) {
  size_t chars = CountChars(body);
  if (chars >= spec.width) return body;
  size_t missing = spec.width - chars;
  char align = spec.align ? spec.align : default_align;
  auto repeat = [&](size_t n) {
    std::string out;
    while (n--) out += spec.fill;
    return out;
  };
  if (align == '<') return body + repeat(missing);
  if (align == '^') return repeat(missing / 2) + body + repeat(missing - missing / 2);
  if (align == '=') {
    size_t sign = !body.empty() && (body[0] == '-' || body[0] == '+' || body[0] == ' ') ? 1 : 0;
    return body.substr(0, sign) + repeat(missing) + body.substr(sign);
  }
  return repeat(missing) + body;
}

std::string Group(const std::string& number, char separator) {
  std::string body = number;
  size_t from = !body.empty() && (body[0] == '-' || body[0] == '+') ? 1 : 0;
  size_t end = from;
  while (end < body.size() && body[end] >= '0' && body[end] <= '9') ++end;
  for (size_t at = end; at > from + 3;) {
    at -= 3;
    body.insert(at, 1, separator);
  }
  return body;
}

std::string FormatNumber(const Value& v, Spec spec) {
  std::string body;
  char type = spec.type;
  if (v.IsIntegral() && (type == 0 || std::strchr("bcdoxXn", type))) {
    if (type == 'c') {
      if (v.AsInt() < 0 || v.AsInt() > 0x10FFFF) FailWith("%c arg not in range(0x110000)");
      AppendChar(&body, static_cast<char32_t>(v.AsInt()));
      return Pad(body, spec, '<');
    }
    int base = type == 'b' ? 2 : type == 'o' ? 8 : type == 'x' || type == 'X' ? 16 : 10;
    body = Digits(v.AsInt(), base, type == 'X');
    if (spec.alternate && base != 10) {
      body.insert(body[0] == '-' ? 1 : 0, base == 2 ? "0b" : base == 8 ? "0o" : type == 'X' ? "0X" : "0x");
    }
  } else {
    double d = v.AsDouble();
    int precision = std::min(spec.precision, kPrecisionMax);
    if (std::isnan(d)) {
      body = "nan";
    } else if (std::isinf(d)) {
      body = d > 0 ? "inf" : "-inf";
    } else if (type == 0 && precision < 0) {
      body = FormatFloat(d);
    } else if (type == '%') {
      body = WithPrintf("f", spec.alternate, precision < 0 ? 6 : precision, d * 100) + "%";
    } else {
      char t[2] = {type == 0 || type == 'n' ? 'g' : type, 0};
      if (!std::strchr("eEfFgG", t[0])) FailWith(std::string("Unknown format code '") + type + "'");
      body = WithPrintf(t, spec.alternate, precision < 0 ? 6 : precision, d);
      if (type == 0 && body.find_first_of(".e") == body.npos) body += ".0";
    }
  }
  if (spec.sign != '-' && body[0] != '-') body.insert(0, 1, spec.sign);
  if (spec.group) body = Group(body, spec.group);
  return Pad(std::move(body), spec, '>');
}

}  // namespace

size_t CharBytes(std::string_view text, size_t at) {
  auto lead = static_cast<unsigned char>(text[at]);
  size_t want = lead < 0x80 ? 1 : lead >= 0xF0 && lead < 0xF8 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  if (lead >= 0xF8) want = 1;
  size_t got = 1;
  while (got < want && at + got < text.size() && (static_cast<unsigned char>(text[at + got]) & 0xC0) == 0x80) ++got;
  return got == want ? want : 1;
}

size_t CountChars(std::string_view text) {
  size_t n = 0;
  for (size_t at = 0; at < text.size(); ++n) at += static_cast<unsigned char>(text[at]) < 0x80 ? 1 : CharBytes(text, at);
  return n;
}

char32_t DecodeChar(std::string_view text, size_t at, size_t* bytes) {
  *bytes = CharBytes(text, at);
  auto byte = [&](size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[at + i])); };
  switch (*bytes) {
    case 2: return ((byte(0) & 0x1F) << 6) | (byte(1) & 0x3F);
    case 3: return ((byte(0) & 0x0F) << 12) | ((byte(1) & 0x3F) << 6) | (byte(2) & 0x3F);
    case 4: return ((byte(0) & 0x07) << 18) | ((byte(1) & 0x3F) << 12) | ((byte(2) & 0x3F) << 6) | (byte(3) & 0x3F);
    default: return byte(0);
  }
}

void AppendChar(std::string* out, char32_t c) {
  if (c < 0x80) {
    out->push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out->push_back(static_cast<char>(0xC0 | (c >> 6)));
    out->push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else if (c < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | (c >> 12)));
    out->push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else {
    out->push_back(static_cast<char>(0xF0 | ((c >> 18) & 7)));
    out->push_back(static_cast<char>(0x80 | ((c >> 12) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (c & 0x3F)));
  }
}

std::string_view SliceChars(const StringObject& s, size_t from, size_t to) {
  std::string_view text = s.text;
  if (s.ascii()) return text.substr(from, to - from);
  size_t at = 0, n = 0;
  while (n < from) at += CharBytes(text, at), ++n;
  size_t start = at;
  while (n < to) at += CharBytes(text, at), ++n;
  return text.substr(start, at - start);
}

bool IsSpace(char32_t c) {
  return (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool IsPrintable(char32_t c) {
  if (c == ' ') return true;
  switch (Category(c)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_ZS: return false;
    default: return true;
  }
}

bool IsLetter(char32_t c) {
  auto k = Category(c);
  return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO;
}
bool IsDigit(char32_t c) {
  return Category(c) == UTF8PROC_CATEGORY_ND || c == 0xB2 || c == 0xB3 || c == 0xB9 || c == 0x2070 ||
         (c >= 0x2074 && c <= 0x2079) || (c >= 0x2080 && c <= 0x2089) || (c >= 0x2460 && c <= 0x2468);
}
bool IsNumeric(char32_t c) {
  auto k = Category(c);
  return k == UTF8PROC_CATEGORY_ND || k == UTF8PROC_CATEGORY_NL || k == UTF8PROC_CATEGORY_NO;
}
bool IsUpper(char32_t c) { return Category(c) == UTF8PROC_CATEGORY_LU; }
bool IsLower(char32_t c) { return Category(c) == UTF8PROC_CATEGORY_LL || c == 0xAA || c == 0xBA; }
bool IsCased(char32_t c) { return IsUpper(c) || IsLower(c) || Category(c) == UTF8PROC_CATEGORY_LT; }

std::string Upper(std::string_view text) {
  std::string out;
  ForEachChar(text, [&](char32_t c, std::string_view) { AppendUpper(&out, c); });
  return out;
}

std::string Lower(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    size_t bytes;
    char32_t c = DecodeChar(text, at, &bytes);
    if (c == 0x3A3 && EndsWord(text, at, bytes)) {
      AppendChar(&out, 0x3C2);
    } else {
      AppendLower(&out, c);
    }
    at += bytes;
  }
  return out;
}

std::string Title(std::string_view text) {
  std::string out;
  bool inside = false;
  for (size_t at = 0; at < text.size();) {
    size_t bytes;
    char32_t c = DecodeChar(text, at, &bytes);
    if (!inside) {
      AppendTitle(&out, c);
    } else if (c == 0x3A3 && EndsWord(text, at, bytes)) {
      AppendChar(&out, 0x3C2);
    } else {
      AppendLower(&out, c);
    }
    inside = IsCased(c);
    at += bytes;
  }
  return out;
}

std::string Capitalize(std::string_view text) {
  if (text.empty()) return {};
  std::string out;
  size_t bytes;
  AppendTitle(&out, DecodeChar(text, 0, &bytes));
  // Lower-cased as a whole, so that a sigma sees its word.
  std::string lower = Lower(text);
  size_t first;
  DecodeChar(lower, 0, &first);
  return out + lower.substr(first);
}

std::string SwapCase(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    size_t bytes;
    char32_t c = DecodeChar(text, at, &bytes);
    if (c == 0x3A3 && EndsWord(text, at, bytes)) {
      AppendChar(&out, 0x3C2);
    } else if (IsUpper(c)) {
      AppendLower(&out, c);
    } else if (IsLower(c)) {
      AppendUpper(&out, c);
    } else {
      out.append(text, at, bytes);
    }
    at += bytes;
  }
  return out;
}

std::string_view Strip(std::string_view text, int sides, const std::string_view* chars) {
  auto strips = [&](size_t at, size_t bytes) {
    if (!chars) {
      size_t n;
      return IsSpace(DecodeChar(text, at, &n));
    }
    // Whole characters only: a byte of one is never found inside another in UTF-8 when it starts it.
    return chars->find(text.substr(at, bytes)) != chars->npos;
  };
  size_t from = 0, to = text.size();
  if (sides & 1) {
    while (from < to) {
      size_t bytes = CharBytes(text, from);
      if (!strips(from, bytes)) break;
      from += bytes;
    }
  }
  if (sides & 2) {
    while (to > from) {
      size_t at = to - 1;
      while (at > from && to - at < 4 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
      if (at + CharBytes(text, at) != to) at = to - 1;
      if (!strips(at, to - at)) break;
      to = at;
    }
  }
  return text.substr(from, to - from);
}

std::string ReplaceAll(Budget* budget, std::string_view text, std::string_view from, std::string_view to,
                       int64_t count) {
  budget->Spend(1 + static_cast<int64_t>(text.size() / 32));
  std::string out;
  auto append = [&](std::string_view s) {
    if (static_cast<int64_t>(out.size() + s.size()) > budget->memory_bytes) LimitReached("the template holds too much memory");
    out.append(s);
  };
  size_t at = 0;
  if (from.empty()) {
    while (count != 0) {
      append(to);
      if (count > 0) --count;
      if (at >= text.size()) return out;
      size_t bytes = CharBytes(text, at);
      append(text.substr(at, bytes));
      at += bytes;
    }
    append(text.substr(at));
    return out;
  }
  while (count != 0) {
    size_t found = text.find(from, at);
    if (found == text.npos) break;
    append(text.substr(at, found - at));
    append(to);
    at = found + from.size();
    if (count > 0) --count;
  }
  append(text.substr(at));
  return out;
}

std::string FormatInt(Int i) { return Digits(i, 10, false); }

std::string FormatFloat(double d) {
  if (std::isnan(d)) return "nan";
  if (std::isinf(d)) return d > 0 ? "inf" : "-inf";
  char buffer[40];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, d, std::chars_format::scientific).ptr;
  std::string_view text(buffer, static_cast<size_t>(end - buffer));
  std::string out;
  if (text[0] == '-') {
    out = "-";
    text.remove_prefix(1);
  }
  size_t e = text.find('e');
  int exponent = std::atoi(std::string(text.substr(e + 1)).c_str());
  std::string digits(1, text[0]);
  if (e > 1) digits += text.substr(2, e - 2);
  int count = static_cast<int>(digits.size());
  // Python's repr: an exponent below -4 or from 16 on.
  if (exponent < -4 || exponent >= 16) {
    out += digits[0];
    if (count > 1) out += "." + digits.substr(1);
    out += exponent < 0 ? "e-" : "e+";
    std::string power = std::to_string(std::abs(exponent));
    return out + (power.size() < 2 ? "0" : "") + power;
  }
  if (exponent < 0) return out + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  if (count <= exponent + 1) return out + digits + std::string(static_cast<size_t>(exponent + 1 - count), '0') + ".0";
  return out + digits.substr(0, static_cast<size_t>(exponent + 1)) + "." + digits.substr(static_cast<size_t>(exponent + 1));
}

std::string Repr(Budget* budget, const Value& v) {
  std::string out;
  AppendRepr(budget, v, &out);
  return out;
}

void AppendStr(Budget* budget, const Value& v, std::string* out) {
  if (v.Is(Kind::kString)) {
    out->append(v.text());
  } else if (!v.IsUndefined()) {
    AppendRepr(budget, v, out);
  }
}

std::string Str(Budget* budget, const Value& v) {
  std::string out;
  AppendStr(budget, v, &out);
  return out;
}

std::string DumpJson(Budget* budget, const Value& v, const JsonStyle& style) {
  JsonWriter writer(budget, style);
  writer.Write(v, 0);
  return std::move(writer.out);
}

std::string PercentFormat(Budget* budget, std::string_view format, const Value& arguments) {
  std::vector<Value> values;
  bool tuple = arguments.Is(Kind::kList) && arguments.list().flavor == Flavor::kTuple;
  if (tuple) {
    values = arguments.list().items;
  } else {
    values.push_back(arguments);
  }
  size_t next = 0, at = 0;
  bool by_name = false;
  std::string out;
  auto take = [&]() -> const Value& {
    if (next >= values.size()) FailWith("not enough arguments for format string");
    return values[next++];
  };
  while (at < format.size()) {
    budget->Spend(1);
    if (static_cast<int64_t>(out.size()) > budget->memory_bytes) LimitReached("the template holds too much memory");
    if (format[at] != '%') {
      out += format[at++];
      continue;
    }
    if (++at >= format.size()) FailWith("incomplete format");
    const Value* named = nullptr;
    if (format[at] == '(') {
      size_t close = format.find(')', at);
      if (close == format.npos) FailWith("incomplete format key");
      if (!arguments.Is(Kind::kDict)) FailWith("format requires a mapping");
      std::string key(format.substr(at + 1, close - at - 1));
      named = arguments.dict().Find(key);
      if (!named) FailWith("'" + key + "'");
      by_name = true;
      at = close + 1;
    }
    Spec spec;
    bool zero = false;
    for (; at < format.size() && std::strchr("-+ #0", format[at]); ++at) {
      if (format[at] == '-') spec.align = '<';
      if (format[at] == '+') spec.sign = '+';
      if (format[at] == ' ' && spec.sign == '-') spec.sign = ' ';
      if (format[at] == '#') spec.alternate = true;
      if (format[at] == '0') zero = true;
    }
    auto number = [&]() -> size_t {
      if (at < format.size() && format[at] == '*') {
        ++at;
        const Value& v = take();
        if (!v.IsIntegral() || v.AsInt() < 0 || v.AsInt() > static_cast<Int>(kWidthMax)) FailWith("* wants int");
        return static_cast<size_t>(v.AsInt());
      }
      size_t n = 0;
      for (; at < format.size() && format[at] >= '0' && format[at] <= '9'; ++at) {
        n = std::min(n * 10 + static_cast<size_t>(format[at] - '0'), kWidthMax + 1);
      }
      if (n > kWidthMax) LimitReached("a format is wider than 100000");
      return n;
    };
    spec.width = number();
    if (at < format.size() && format[at] == '.') {
      ++at;
      spec.precision = static_cast<int>(number());
    }
    while (at < format.size() && std::strchr("hlL", format[at])) ++at;
    if (at >= format.size()) FailWith("incomplete format");
    char type = format[at++];
    if (type == '%') {
      out += '%';
      continue;
    }
    const Value& v = named ? *named : take();
    if (type == 's' || type == 'r' || type == 'a') {
      std::string body = type == 's' ? Str(budget, v) : Repr(budget, v);
      if (spec.precision >= 0) {
        size_t end = 0;
        for (int n = 0; n < spec.precision && end < body.size(); ++n) end += CharBytes(body, end);
        body.resize(end);
      }
      out += Pad(std::move(body), spec, '>');
      continue;
    }
    if (type == 'i' || type == 'u') type = 'd';
    if (type == 'c' && v.Is(Kind::kString)) {
      out += Pad(v.text(), spec, '>');
      continue;
    }
    if (!std::strchr("dxXoeEfFgGc", type)) FailWith(std::string("unsupported format character '") + type + "'");
    if (v.IsUndefined()) FailWith(v.text());
    if (!v.IsNumber()) FailWith(std::string("%") + type + " format: a real number is required, not " + std::string(TypeName(v)));
    Value n = v;
    if (std::strchr("dxXo", type)) {
      if (v.Is(Kind::kFloat)) {
        if (!(std::abs(v.AsDouble()) < 1e30)) FailWith("cannot convert float to integer");
        n = Value::Integer(static_cast<Int>(v.AsDouble()));
      }
      // A precision of an integer is its least number of digits.
      if (spec.precision > 0) {
        std::string body = Digits(n.AsInt(), type == 'o' ? 8 : type == 'd' ? 10 : 16, type == 'X');
        size_t sign = body[0] == '-';
        while (body.size() - sign < static_cast<size_t>(spec.precision)) body.insert(sign, 1, '0');
        if (spec.sign != '-' && !sign) body.insert(0, 1, spec.sign);
        out += Pad(std::move(body), spec, '>');
        continue;
      }
    }
    if (zero && !spec.align) {
      spec.fill = "0";
      spec.align = '=';
    }
    spec.type = type;
    spec.precision = std::strchr("dxXo", type) ? -1 : spec.precision;
    out += FormatNumber(n, spec);
  }
  if (!by_name && next < values.size() && !(values.size() == 1 && !tuple && arguments.Is(Kind::kDict))) {
    FailWith("not all arguments converted during string formatting");
  }
  return out;
}

std::string FormatSpec(Budget* budget, const Value& v, std::string_view text) {
  budget->Spend(1);
  if (text.empty()) return Str(budget, v);
  Spec spec;
  size_t at = 0;
  auto is_align = [](char c) { return c == '<' || c == '>' || c == '=' || c == '^'; };
  size_t first = CharBytes(text, 0);
  if (first < text.size() && is_align(text[first])) {
    spec.fill = std::string(text.substr(0, first));
    spec.align = text[first];
    at = first + 1;
  } else if (is_align(text[0])) {
    spec.align = text[0];
    at = 1;
  }
  auto peek = [&] { return at < text.size() ? text[at] : '\0'; };
  if (peek() == '+' || peek() == '-' || peek() == ' ') spec.sign = text[at++];
  if (peek() == '#') spec.alternate = true, ++at;
  if (peek() == '0') {
    ++at;
    if (!spec.align) {
      spec.fill = "0";
      spec.align = '=';
    }
  }
  auto number = [&] {
    size_t n = 0;
    for (; peek() >= '0' && peek() <= '9'; ++at) n = std::min(n * 10 + static_cast<size_t>(peek() - '0'), kWidthMax + 1);
    if (n > kWidthMax) LimitReached("a format is wider than 100000");
    return n;
  };
  spec.width = number();
  if (peek() == ',' || peek() == '_') spec.group = text[at++];
  if (peek() == '.') {
    ++at;
    spec.precision = static_cast<int>(number());
  }
  if (at < text.size()) spec.type = text[at++];
  if (at != text.size()) FailWith("Invalid format specifier");
  if (v.IsNumber() && !(v.Is(Kind::kBool) && spec.type == 0)) {
    if (spec.type == 's') FailWith("Unknown format code 's' for object of type '" + std::string(TypeName(v)) + "'");
    return FormatNumber(v, spec);
  }
  if (!v.Is(Kind::kString) && !v.Is(Kind::kBool)) {
    FailWith("unsupported format string passed to " + std::string(TypeName(v)) + ".__format__");
  }
  if (spec.type && spec.type != 's') {
    FailWith(std::string("Unknown format code '") + spec.type + "' for object of type 'str'");
  }
  std::string body = Str(budget, v);
  if (spec.precision >= 0) {
    size_t end = 0;
    for (int n = 0; n < spec.precision && end < body.size(); ++n) end += CharBytes(body, end);
    body.resize(end);
  }
  return Pad(std::move(body), spec, '<');
}

}  // namespace yun::jinja
