// Methods of Python's str, list and dict that a sandboxed template may call: all that change nothing.
#include <algorithm>
#include <array>

#include "text/chat/jinja/interpreter.h"
#include "text/chat/jinja/python_text.h"

namespace yun::jinja {
namespace {

constexpr size_t kFieldDepth = 2;  // of {} inside a format's specification
constexpr Int kWidthMax = 1000000;

constexpr std::array<std::string_view, 43> kStringMethods = {
    "capitalize", "casefold",   "center",       "count",        "endswith",  "expandtabs", "find",       "format",
    "index",      "isalnum",    "isalpha",      "isascii",      "isdecimal", "isdigit",    "isidentifier", "islower",
    "isnumeric",  "isprintable", "isspace",     "istitle",      "isupper",   "join",       "ljust",      "lower",
    "lstrip",     "partition",  "removeprefix", "removesuffix", "replace",   "rfind",      "rindex",     "rjust",
    "rpartition", "rsplit",     "rstrip",       "split",        "splitlines", "startswith", "strip",     "swapcase",
    "title",      "upper",      "zfill"};
constexpr std::array<std::string_view, 5> kDictMethods = {"get", "items", "keys", "values", "copy"};
constexpr std::array<std::string_view, 3> kListMethods = {"count", "index", "copy"};

template <size_t N>
bool Among(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

const std::string& WantText(const Value* v, std::string_view method) {
  if (!v || !v->Is(Kind::kString)) {
    FailWith(std::string(method) + "() argument must be str, not " + std::string(v ? TypeName(*v) : "nothing"));
  }
  return v->text();
}

int64_t WantInt(const Value* v, int64_t fallback, std::string_view method) {
  if (!v || v->Is(Kind::kNone)) return fallback;
  if (!v->IsIntegral()) FailWith("'" + std::string(TypeName(*v)) + "' object cannot be interpreted as an integer");
  Int i = v->AsInt();
  if (i > INT64_MAX || i < INT64_MIN) FailWith(std::string(method) + "(): a number too large");
  return static_cast<int64_t>(i);
}

// Python's start and end of a search, as bytes of the text.
struct Range {
  size_t from, to, from_chars;
  bool valid;
};
Range WantRange(const StringObject& s, const Arguments& a, size_t first, std::string_view method) {
  auto size = static_cast<int64_t>(s.chars);
  auto clamp = [&](int64_t i) { return i < 0 ? std::max<int64_t>(i + size, 0) : i; };
  int64_t from = clamp(WantInt(a.Get(first, "start"), 0, method));
  int64_t to = std::min(clamp(WantInt(a.Get(first + 1, "end"), size, method)), size);
  if (from > size || from > to) return {0, 0, static_cast<size_t>(std::min(from, size)), false};
  auto offset = [&](int64_t n) { return SliceChars(s, 0, static_cast<size_t>(n)).size(); };
  return {offset(from), offset(to), static_cast<size_t>(from), true};
}

bool StartsOrEnds(const StringObject& s, const Arguments& a, bool starts, std::string_view method) {
  a.Expect(method, {"prefix", "start", "end"});
  Range range = WantRange(s, a, 1, method);
  const Value* what = a.Get(0, "prefix");
  std::vector<Value> options;
  if (what && what->Is(Kind::kList) && what->list().flavor == Flavor::kTuple) {
    options = what->list().items;
  } else {
    WantText(what, method);
    options.push_back(*what);
  }
  std::string_view text = std::string_view(s.text).substr(range.from, range.valid ? range.to - range.from : 0);
  for (const Value& option : options) {
    const std::string& t = WantText(&option, method);
    if (range.valid && (starts ? text.starts_with(t) : text.ends_with(t))) return true;
  }
  return false;
}

Value Find(Interpreter& in, const StringObject& s, const Arguments& a, bool last, bool must, std::string_view method) {
  a.Expect(method, {"sub", "start", "end"});
  const std::string& what = WantText(a.Get(0, "sub"), method);
  Range range = WantRange(s, a, 1, method);
  in.budget()->Spend(1 + static_cast<int64_t>(s.text.size() / 32));
  if (range.valid) {
    std::string_view text = std::string_view(s.text).substr(range.from, range.to - range.from);
    size_t at = last ? text.rfind(what) : text.find(what);
    if (at != text.npos) return Value::Integer(static_cast<Int>(range.from_chars + CountChars(text.substr(0, at))));
  }
  if (must) FailWith("substring not found");
  return Value::Integer(-1);
}

Value Split(Interpreter& in, const StringObject& s, const Arguments& a, bool from_right, std::string_view method) {
  a.Expect(method, {"sep", "maxsplit"});
  const Value* sep_value = a.Get(0, "sep");
  int64_t most = WantInt(a.Get(1, "maxsplit"), -1, method);
  if (most < 0) most = INT64_MAX;
  in.budget()->Spend(1 + static_cast<int64_t>(s.text.size() / 32));
  std::string_view text = s.text;
  std::vector<Value> out;
  auto add = [&](std::string_view part) { out.push_back(in.Text(std::string(part))); };
  if (!sep_value || sep_value->Is(Kind::kNone)) {
    if (from_right) {
      text = Strip(text, 2);
      while (!text.empty() && most-- > 0) {
        size_t end = text.size(), from = end;
        while (from > 0) {
          size_t at = from - 1;
          while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
          size_t n;
          if (IsSpace(DecodeChar(text, at, &n))) break;
          from = at;
        }
        add(text.substr(from));
        text = Strip(text.substr(0, from), 2);
      }
      if (!text.empty()) add(text);
      std::reverse(out.begin(), out.end());
      return in.MakeList(std::move(out));
    }
    text = Strip(text, 1);
    while (!text.empty() && most-- > 0) {
      size_t end = 0;
      while (end < text.size()) {
        size_t n;
        if (IsSpace(DecodeChar(text, end, &n))) break;
        end += n;
      }
      add(text.substr(0, end));
      text = Strip(text.substr(end), 1);
    }
    if (!text.empty()) add(text);
    return in.MakeList(std::move(out));
  }
  const std::string& sep = WantText(sep_value, method);
  if (sep.empty()) FailWith("empty separator");
  while (most-- > 0) {
    size_t at = from_right ? text.rfind(sep) : text.find(sep);
    if (at == text.npos) break;
    if (from_right) {
      add(text.substr(at + sep.size()));
      text = text.substr(0, at);
    } else {
      add(text.substr(0, at));
      text = text.substr(at + sep.size());
    }
  }
  add(text);
  if (from_right) std::reverse(out.begin(), out.end());
  return in.MakeList(std::move(out));
}

Value SplitLines(Interpreter& in, const StringObject& s, const Arguments& a) {
  a.Expect("splitlines", {"keepends"});
  const Value* keep = a.Get(0, "keepends");
  bool ends = keep && keep->Truth();
  in.budget()->Spend(1 + static_cast<int64_t>(s.text.size() / 16));
  std::vector<Value> out;
  size_t from = 0;
  for (size_t at = 0; at < s.text.size();) {
    size_t bytes;
    char32_t c = DecodeChar(s.text, at, &bytes);
    bool breaks = (c >= 10 && c <= 13) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
    size_t next = at + bytes;
    if (c == '\r' && next < s.text.size() && s.text[next] == '\n') ++next;
    if (breaks) {
      out.push_back(in.Text(s.text.substr(from, (ends ? next : at) - from)));
      from = next;
    }
    at = next;
  }
  if (from < s.text.size()) out.push_back(in.Text(s.text.substr(from)));
  return in.MakeList(std::move(out));
}

template <class F>
bool All(const StringObject& s, F&& f) {
  if (s.text.empty()) return false;
  for (size_t at = 0; at < s.text.size();) {
    size_t bytes;
    if (!f(DecodeChar(s.text, at, &bytes))) return false;
    at += bytes;
  }
  return true;
}

bool IsCaseOf(const StringObject& s, bool upper) {
  bool any = false;
  bool ok = All(s, [&](char32_t c) {
    if (IsCased(c)) {
      if (upper ? !IsUpper(c) : !IsLower(c)) return false;
      any = true;
    }
    return true;
  });
  return ok && any;
}

bool IsTitle(const StringObject& s) {
  bool any = false, inside = false;
  bool ok = All(s, [&](char32_t c) {
    if (IsUpper(c)) {
      if (inside) return false;
      any = inside = true;
    } else if (IsLower(c)) {
      if (!inside) return false;
    } else {
      inside = IsCased(c);
    }
    return true;
  });
  return ok && any;
}

Value Justify(Interpreter& in, const StringObject& s, const Arguments& a, char how, std::string_view method) {
  a.Expect(method, {"width", "fillchar"});
  Int width = WantInt(a.Get(0, "width"), 0, method);
  if (width > kWidthMax) LimitReached("a text is padded to more than 1000000 characters");
  const Value* fill_value = a.Get(1, "fillchar");
  std::string fill = fill_value ? WantText(fill_value, method) : " ";
  if (CountChars(fill) != 1) FailWith("The fill character must be exactly one character long");
  Int missing = width - static_cast<Int>(s.chars);
  if (missing <= 0) return in.Text(s.text);
  // str.center's odd cell goes to the left when the width is odd.
  Int left = how == '<' ? 0 : how == '>' ? missing : missing / 2 + (missing & width & 1);
  std::string out;
  for (Int i = 0; i < left; ++i) out += fill;
  out += s.text;
  for (Int i = left; i < missing; ++i) out += fill;
  return in.Text(std::move(out));
}

Value Format(Interpreter& in, std::string_view format, const Arguments& a, size_t depth, size_t* automatic);

Value Field(Interpreter& in, std::string_view name, const Arguments& a, size_t* automatic) {
  size_t end = name.find_first_of(".[");
  std::string_view first = name.substr(0, end);
  Value v;
  bool digits = !first.empty() && first.size() < 9 && std::all_of(first.begin(), first.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (first.empty() || digits) {
    size_t index = first.empty() ? (*automatic)++ : std::stoul(std::string(first));
    if (index >= a.positional.size()) FailWith("Replacement index " + std::to_string(index) + " out of range for positional args tuple");
    v = a.positional[index];
  } else {
    const Value* found = a.Get(SIZE_MAX, first);
    if (!found) FailWith("'" + std::string(first) + "'");
    v = *found;
  }
  std::string_view rest = end == name.npos ? std::string_view() : name.substr(end);
  while (!rest.empty()) {
    if (rest[0] == '.') {
      size_t stop = rest.find_first_of(".[", 1);
      v = in.Attribute(v, rest.substr(1, stop == rest.npos ? stop : stop - 1));
      rest = stop == rest.npos ? std::string_view() : rest.substr(stop);
    } else {
      size_t close = rest.find(']');
      if (rest[0] != '[' || close == rest.npos) FailWith("Missing ']' in format string");
      std::string key(rest.substr(1, close - 1));
      bool number = !key.empty() && key.size() < 9 && std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
      v = in.Item(v, number ? Value::Integer(std::stol(key)) : in.Text(key));
      rest = rest.substr(close + 1);
    }
  }
  return v;
}

Value Format(Interpreter& in, std::string_view format, const Arguments& a, size_t depth, size_t* automatic) {
  if (depth > kFieldDepth) FailWith("Max string recursion exceeded");
  std::string out;
  for (size_t at = 0; at < format.size();) {
    in.budget()->Spend(1);
    if (static_cast<int64_t>(out.size()) > in.budget()->memory_bytes) LimitReached("the template holds too much memory");
    char c = format[at];
    if (c != '{' && c != '}') {
      out += c;
      ++at;
      continue;
    }
    if (at + 1 < format.size() && format[at + 1] == c) {
      out += c;
      at += 2;
      continue;
    }
    if (c == '}') FailWith("Single '}' encountered in format string");
    size_t level = 1, end = at + 1;
    while (end < format.size() && level) {
      if (format[end] == '{') ++level;
      if (format[end] == '}') --level;
      ++end;
    }
    if (level) FailWith("expected '}' before end of string");
    std::string_view field = format.substr(at + 1, end - at - 2);
    at = end;
    std::string_view spec, name = field;
    char conversion = 0;
    size_t mark = field.find_first_of("!:");
    if (mark != field.npos) {
      name = field.substr(0, mark);
      std::string_view rest = field.substr(mark);
      if (rest[0] == '!') {
        if (rest.size() < 2) FailWith("end of string while looking for conversion specifier");
        conversion = rest[1];
        rest.remove_prefix(2);
        if (!rest.empty() && rest[0] != ':') FailWith("expected ':' after conversion specifier");
      }
      if (!rest.empty()) spec = rest.substr(1);
    }
    Value v = Field(in, name, a, automatic);
    if (conversion == 's') v = in.Text(in.Str(v));
    else if (conversion == 'r') v = in.Text(Repr(in.budget(), v));
    else if (conversion) FailWith(std::string("Unknown conversion specifier '") + conversion + "'");
    std::string inner;
    if (spec.find('{') != spec.npos) {
      inner = Format(in, spec, a, depth + 1, automatic).text();
      spec = inner;
    }
    out += FormatSpec(in.budget(), v, spec);
  }
  return in.Text(std::move(out));
}

Value StringMethod(Interpreter& in, const StringObject& s, std::string_view m, const Arguments& a) {
  auto none = [&] { a.Expect(m, {}); };
  auto text = [&](std::string t) { return in.Text(std::move(t)); };
  in.budget()->Spend(1 + static_cast<int64_t>(s.text.size() / 64));
  if (m == "strip" || m == "lstrip" || m == "rstrip") {
    a.Expect(m, {"chars"});
    int sides = m == "strip" ? 3 : m == "lstrip" ? 1 : 2;
    const Value* chars = a.Get(0, "chars");
    if (!chars || chars->Is(Kind::kNone)) return text(std::string(Strip(s.text, sides)));
    std::string_view set = WantText(chars, m);
    in.budget()->Spend(static_cast<int64_t>(set.size() / 8 * std::min<size_t>(s.text.size(), 64)));
    return text(std::string(Strip(s.text, sides, &set)));
  }
  if (m == "split" || m == "rsplit") return Split(in, s, a, m == "rsplit", m);
  if (m == "splitlines") return SplitLines(in, s, a);
  if (m == "startswith" || m == "endswith") return Value::Bool(StartsOrEnds(s, a, m == "startswith", m));
  if (m == "find") return Find(in, s, a, false, false, m);
  if (m == "rfind") return Find(in, s, a, true, false, m);
  if (m == "index") return Find(in, s, a, false, true, m);
  if (m == "rindex") return Find(in, s, a, true, true, m);
  if (m == "replace") {
    a.Expect(m, {"old", "new", "count"});
    int64_t count = WantInt(a.Get(2, "count"), -1, m);
    return text(ReplaceAll(in.budget(), s.text, WantText(a.Get(0, "old"), m), WantText(a.Get(1, "new"), m), count));
  }
  if (m == "join") {
    a.Expect(m, {"iterable"});
    const Value* items = a.Get(0, "iterable");
    if (!items) FailWith("str.join() takes exactly one argument (0 given)");
    std::string out;
    size_t i = 0;
    for (const Value& item : in.Items(*items)) {
      if (!item.Is(Kind::kString)) {
        FailWith("sequence item " + std::to_string(i) + ": expected str instance, " + std::string(TypeName(item)) + " found");
      }
      if (static_cast<int64_t>(out.size() + s.text.size() + item.text().size()) > in.budget()->memory_bytes) {
        LimitReached("the template holds too much memory");
      }
      if (i++) out += s.text;
      out += item.text();
    }
    return text(std::move(out));
  }
  if (m == "format") {
    size_t automatic = 0;
    return Format(in, s.text, a, 0, &automatic);
  }
  if (m == "count") {
    a.Expect(m, {"sub", "start", "end"});
    const std::string& what = WantText(a.Get(0, "sub"), m);
    Range range = WantRange(s, a, 1, m);
    if (!range.valid) return Value::Integer(0);
    std::string_view in_text = std::string_view(s.text).substr(range.from, range.to - range.from);
    if (what.empty()) return Value::Integer(static_cast<Int>(CountChars(in_text) + 1));
    Int n = 0;
    for (size_t at = 0; (at = in_text.find(what, at)) != in_text.npos; at += what.size()) ++n;
    return Value::Integer(n);
  }
  if (m == "removeprefix" || m == "removesuffix") {
    a.Expect(m, {"affix"});
    const std::string& what = WantText(a.Get(0, "affix"), m);
    if (m == "removeprefix") return text(s.text.starts_with(what) ? s.text.substr(what.size()) : s.text);
    return text(!what.empty() && s.text.ends_with(what) ? s.text.substr(0, s.text.size() - what.size()) : s.text);
  }
  if (m == "partition" || m == "rpartition") {
    a.Expect(m, {"sep"});
    const std::string& sep = WantText(a.Get(0, "sep"), m);
    if (sep.empty()) FailWith("empty separator");
    size_t at = m == "partition" ? s.text.find(sep) : s.text.rfind(sep);
    if (at == std::string::npos) {
      bool left = m == "partition";
      return in.MakeList({text(left ? s.text : ""), text(""), text(left ? "" : s.text)}, Flavor::kTuple);
    }
    return in.MakeList({text(s.text.substr(0, at)), text(sep), text(s.text.substr(at + sep.size()))}, Flavor::kTuple);
  }
  if (m == "ljust") return Justify(in, s, a, '<', m);
  if (m == "rjust") return Justify(in, s, a, '>', m);
  if (m == "center") return Justify(in, s, a, '^', m);
  if (m == "zfill") {
    a.Expect(m, {"width"});
    Int width = WantInt(a.Get(0, "width"), 0, m);
    if (width > kWidthMax) LimitReached("a text is padded to more than 1000000 characters");
    Int missing = width - static_cast<Int>(s.chars);
    if (missing <= 0) return text(s.text);
    size_t sign = !s.text.empty() && (s.text[0] == '+' || s.text[0] == '-');
    return text(s.text.substr(0, sign) + std::string(static_cast<size_t>(missing), '0') + s.text.substr(sign));
  }
  if (m == "expandtabs") {
    a.Expect(m, {"tabsize"});
    int64_t size = std::min<int64_t>(WantInt(a.Get(0, "tabsize"), 8, m), 1000);
    std::string out;
    int64_t column = 0;
    for (char c : s.text) {
      if (c == '\t') {
        int64_t spaces = size > 0 ? size - column % size : 0;
        if (static_cast<int64_t>(out.size()) + spaces > in.budget()->memory_bytes) LimitReached("the template holds too much memory");
        out.append(static_cast<size_t>(spaces), ' ');
        column += spaces;
      } else {
        out += c;
        column = c == '\n' || c == '\r' ? 0 : column + ((static_cast<unsigned char>(c) & 0xC0) != 0x80);
      }
    }
    return text(std::move(out));
  }
  none();
  if (m == "upper") return text(Upper(s.text));
  if (m == "lower") return text(Lower(s.text));
  if (m == "casefold") return text(ReplaceAll(in.budget(), Lower(s.text), "\xC3\x9F", "ss", -1));
  if (m == "title") return text(Title(s.text));
  if (m == "capitalize") return text(Capitalize(s.text));
  if (m == "swapcase") return text(SwapCase(s.text));
  if (m == "isalpha") return Value::Bool(All(s, IsLetter));
  if (m == "isalnum") return Value::Bool(All(s, [](char32_t c) { return IsLetter(c) || IsNumeric(c); }));
  if (m == "isdigit") return Value::Bool(All(s, IsDigit));
  if (m == "isdecimal") return Value::Bool(All(s, [](char32_t c) { return IsDigit(c) && !(c > 0x7F && (c < 0x660 || (c >= 0x2070 && c < 0x2500))); }));
  if (m == "isnumeric") return Value::Bool(All(s, IsNumeric));
  if (m == "isspace") return Value::Bool(All(s, IsSpace));
  if (m == "isprintable") return Value::Bool(s.text.empty() || All(s, IsPrintable));
  if (m == "isascii") return Value::Bool(s.ascii());
  if (m == "islower") return Value::Bool(IsCaseOf(s, false));
  if (m == "isupper") return Value::Bool(IsCaseOf(s, true));
  if (m == "istitle") return Value::Bool(IsTitle(s));
  // isidentifier
  bool first = true;
  return Value::Bool(All(s, [&](char32_t c) {
    bool ok = c == '_' || IsLetter(c) || (!first && IsDigit(c));
    first = false;
    return ok;
  }));
}

Value DictMethod(Interpreter& in, const Value& self, std::string_view m, const Arguments& a) {
  DictObject& d = self.dict();
  if (m == "get") {
    a.Expect(m, {"key", "default"});
    const Value* key = a.Get(0, "key");
    if (!key) FailWith("get expected at least 1 argument, got 0");
    Hash(*key);
    const Value* found = d.Find(*key);
    if (found) return *found;
    const Value* fallback = a.Get(1, "default");
    return fallback ? *fallback : Value::None();
  }
  a.Expect(m, {});
  if (m == "copy") return self;
  in.budget()->Spend(static_cast<int64_t>(d.items.size()));
  std::vector<Value> out;
  out.reserve(d.items.size());
  for (const auto& [key, value] : d.items) {
    if (m == "keys") out.push_back(key);
    else if (m == "values") out.push_back(value);
    else out.push_back(in.MakeList({key, value}, Flavor::kTuple));
  }
  return in.MakeList(std::move(out), m == "keys" ? Flavor::kKeys : m == "values" ? Flavor::kValues : Flavor::kItems);
}

Value ListMethod(Interpreter& in, const Value& self, std::string_view m, const Arguments& a) {
  if (m == "copy") {
    a.Expect(m, {});
    return self;
  }
  a.Expect(m, {"value"});
  const Value* what = a.Get(0, "value");
  if (!what) FailWith(std::string(m) + "() takes exactly one argument (0 given)");
  Int n = 0;
  const auto& items = self.list().items;
  for (size_t i = 0; i < items.size(); ++i) {
    in.budget()->Spend(1);
    if (!Equal(items[i], *what)) continue;
    if (m == "index") return Value::Integer(static_cast<Int>(i));
    ++n;
  }
  if (m == "index") FailWith(Repr(in.budget(), *what) + " is not in list");
  return Value::Integer(n);
}

}  // namespace

bool HasMethod(const Value& of, std::string_view name) {
  switch (of.kind()) {
    case Kind::kString: return Among(kStringMethods, name);
    case Kind::kDict: return Among(kDictMethods, name);
    case Kind::kList:
      if (of.list().flavor == Flavor::kTuple) return name != "copy" && Among(kListMethods, name);
      return of.list().flavor == Flavor::kList && Among(kListMethods, name);
    default: return false;
  }
}

Value CallMethod(Interpreter& in, const Value& of, std::string_view name, const Arguments& arguments) {
  switch (of.kind()) {
    case Kind::kString: return StringMethod(in, of.string(), name, arguments);
    case Kind::kDict: return DictMethod(in, of, name, arguments);
    default: return ListMethod(in, of, name, arguments);
  }
}

}  // namespace yun::jinja
