// Jinja2's filters, with tojson as transformers replaces it.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "text/chat/jinja/interpreter.h"
#include "text/chat/jinja/python_text.h"

namespace yun::jinja {
namespace {

constexpr Int kFilterWidthMax = 1000000;  // of indent, center and of batches

using In = Interpreter;
using Args = Arguments;

bool Flag(const Value* v, bool fallback) { return v ? v->Truth() : fallback; }

Int Whole(const Value* v, Int fallback) {
  if (!v) return fallback;
  if (!v->IsIntegral()) FailWith("'" + std::string(TypeName(*v)) + "' object cannot be interpreted as an integer");
  return v->AsInt();
}

Int Width(const Value* v, Int fallback) {
  Int i = Whole(v, fallback);
  if (i > kFilterWidthMax) LimitReached("a width of more than 1000000");
  return i;
}

Value AbsFilter(In& in, const Value& v, const Args&) {
  (void)in;
  if (!v.IsNumber()) FailWith("bad operand type for abs(): '" + std::string(TypeName(v)) + "'");
  if (v.Is(Kind::kFloat)) return Value::Float(std::fabs(v.AsDouble()));
  return Value::Integer(v.AsInt() < 0 ? -v.AsInt() : v.AsInt());
}

Value AttrFilter(In& in, const Value& v, const Args& a) {
  a.Expect("attr", {"name"});
  const Value* name = a.Get(0, "name");
  if (!name) FailWith("attr() needs a name");
  if (v.IsUndefined()) FailWith(v.text());
  // Attributes alone, never items.
  if (v.Is(Kind::kDict) && !HasMethod(v, in.Str(*name))) {
    return Value::Undefined(in.budget(), "'dict object' has no attribute '" + in.Str(*name) + "'");
  }
  return in.Attribute(v, in.Str(*name));
}

Value BatchFilter(In& in, const Value& v, const Args& a) {
  a.Expect("batch", {"linecount", "fill_with"});
  Int count = Width(a.Get(0, "linecount"), 0);
  const Value* fill = a.Get(1, "fill_with");
  std::vector<Value> out, line;
  for (Value& item : in.Items(v)) {
    if (static_cast<Int>(line.size()) == count) out.push_back(in.MakeList(std::exchange(line, {})));
    line.push_back(std::move(item));
  }
  if (!line.empty()) {
    while (fill && !fill->Is(Kind::kNone) && static_cast<Int>(line.size()) < count) line.push_back(*fill);
    out.push_back(in.MakeList(std::move(line)));
  }
  return in.MakeList(std::move(out), Flavor::kGenerator);
}

Value SliceFilter(In& in, const Value& v, const Args& a) {
  a.Expect("slice", {"slices", "fill_with"});
  Int slices = Width(a.Get(0, "slices"), 0);
  if (slices < 1) FailWith("integer division or modulo by zero");
  const Value* fill = a.Get(1, "fill_with");
  std::vector<Value> items = in.Items(v), out;
  Int size = static_cast<Int>(items.size()), each = size / slices, extra = size % slices, offset = 0;
  for (Int i = 0; i < slices; ++i) {
    Int start = offset + i * each;
    if (i < extra) ++offset;
    Int end = offset + (i + 1) * each;
    std::vector<Value> part(items.begin() + static_cast<ptrdiff_t>(start), items.begin() + static_cast<ptrdiff_t>(end));
    if (fill && !fill->Is(Kind::kNone) && i >= extra) part.push_back(*fill);
    out.push_back(in.MakeList(std::move(part)));
  }
  return in.MakeList(std::move(out), Flavor::kGenerator);
}

Value CapitalizeFilter(In& in, const Value& v, const Args&) { return in.Text(Capitalize(in.Str(v))); }
Value LowerFilter(In& in, const Value& v, const Args&) { return in.Text(Lower(in.Str(v))); }
Value UpperFilter(In& in, const Value& v, const Args&) { return in.Text(Upper(in.Str(v))); }
Value StringFilter(In& in, const Value& v, const Args&) { return v.Is(Kind::kString) ? v : in.Text(in.Str(v)); }
Value SafeFilter(In& in, const Value& v, const Args&) { return in.Text(in.Str(v)); }

Value TitleFilter(In& in, const Value& v, const Args&) {
  std::string text = in.Str(v), out, word;
  auto flush = [&] {
    if (word.empty()) return;
    size_t first = CharBytes(word, 0);
    out += Upper(word.substr(0, first)) + Lower(word.substr(first));
    word.clear();
  };
  for (size_t at = 0; at < text.size();) {
    size_t bytes;
    char32_t c = DecodeChar(text, at, &bytes);
    bool breaks = IsSpace(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<';
    if (breaks) flush();
    (breaks ? out : word).append(text, at, bytes);
    at += bytes;
  }
  flush();
  return in.Text(std::move(out));
}

Value CenterFilter(In& in, const Value& v, const Args& a) {
  a.Expect("center", {"width"});
  return CallMethod(in, in.Text(in.Str(v)), "center", {{Value::Integer(Width(a.Get(0, "width"), 80))}, {}});
}

Value LengthFilter(In& in, const Value& v, const Args&) {
  (void)in;
  return Value::Integer(static_cast<Int>(Length(v)));
}

Value DefaultFilter(In& in, const Value& v, const Args& a) {
  a.Expect("default", {"default_value", "boolean"});
  if (!v.IsUndefined() && !(Flag(a.Get(1, "boolean"), false) && !v.Truth())) return v;
  const Value* fallback = a.Get(0, "default_value");
  return fallback ? *fallback : in.Text("");
}

Value EscapeFilter(In& in, const Value& v, const Args&) {
  std::string out;
  for (char c : in.Str(v)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&#34;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return in.Text(std::move(out));
}

Value FirstFilter(In& in, const Value& v, const Args&) {
  if (v.Is(Kind::kString)) {
    if (v.text().empty()) return Value::Undefined(in.budget(), "No first item, sequence was empty.");
    return in.Text(v.text().substr(0, CharBytes(v.text(), 0)));
  }
  if (v.Is(Kind::kList) && v.list().flavor != Flavor::kGenerator && !v.list().items.empty()) return v.list().items[0];
  std::vector<Value> items = in.Items(v);
  return items.empty() ? Value::Undefined(in.budget(), "No first item, sequence was empty.") : items.front();
}

Value LastFilter(In& in, const Value& v, const Args&) {
  if (v.Is(Kind::kList)) {
    if (v.list().flavor == Flavor::kGenerator) FailWith("'generator' object is not reversible");
    if (!v.list().items.empty()) return v.list().items.back();
  }
  std::vector<Value> items = in.Items(v);
  return items.empty() ? Value::Undefined(in.budget(), "No last item, sequence was empty.") : items.back();
}

Value ParseFloat(const std::string& raw, bool* ok) {
  std::string text(Strip(raw, 3));
  std::string clean;
  for (size_t i = 0; i < text.size(); ++i) {
    bool between = i > 0 && i + 1 < text.size() && std::isdigit(static_cast<unsigned char>(text[i - 1])) &&
                   std::isdigit(static_cast<unsigned char>(text[i + 1]));
    if (text[i] == '_' && between) continue;
    clean += text[i];
  }
  *ok = !clean.empty() && clean.find_first_of("xXpP_(") == clean.npos;
  char* end = nullptr;
  double d = *ok ? std::strtod(clean.c_str(), &end) : 0;
  *ok = *ok && end == clean.c_str() + clean.size() && clean.find('\0') == clean.npos;
  return Value::Float(d);
}

Value FloatFilter(In& in, const Value& v, const Args& a) {
  (void)in;
  a.Expect("float", {"default"});
  const Value* fallback = a.Get(0, "default");
  if (v.IsUndefined()) FailWith(v.text());
  if (v.IsNumber()) return Value::Float(v.AsDouble());
  bool ok = false;
  Value parsed = v.Is(Kind::kString) ? ParseFloat(v.text(), &ok) : Value();
  return ok ? parsed : fallback ? *fallback : Value::Float(0.0);
}

bool ParseInt(std::string_view text, int base, Int* out) {
  text = Strip(text, 3);
  bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text.size() > 2 && text[0] == '0') {
    char marker = static_cast<char>(text[1] | 32);
    if ((marker == 'x' && (base == 16 || base == 0)) || (marker == 'o' && (base == 8 || base == 0)) ||
        (marker == 'b' && (base == 2 || base == 0))) {
      base = marker == 'x' ? 16 : marker == 'o' ? 8 : 2;
      text.remove_prefix(2);
    }
  }
  if (base == 0) base = 10;
  if (text.empty() || text.front() == '_' || text.back() == '_') return false;
  Int value = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_') {
      if (text[i - 1] == '_') return false;
      continue;
    }
    char c = text[i];
    int digit = c >= '0' && c <= '9' ? c - '0' : std::isalpha(static_cast<unsigned char>(c)) ? (c | 32) - 'a' + 10 : 99;
    if (digit >= base) return false;
    if (__builtin_mul_overflow(value, static_cast<Int>(base), &value) || __builtin_add_overflow(value, static_cast<Int>(digit), &value)) {
      LimitReached("a number of more than 127 bits");
    }
  }
  *out = negative ? -value : value;
  return true;
}

Value IntFilter(In& in, const Value& v, const Args& a) {
  (void)in;
  a.Expect("int", {"default", "base"});
  const Value* given = a.Get(0, "default");
  Value fallback = given ? *given : Value::Integer(0);
  Int base = Whole(a.Get(1, "base"), 10);
  if (base < 0 || base == 1 || base > 36) FailWith("int() base must be >= 2 and <= 36, or 0");
  if (v.IsUndefined()) FailWith(v.text());
  double d;
  if (v.IsIntegral()) return Value::Integer(v.AsInt());
  if (v.Is(Kind::kFloat)) {
    d = v.AsDouble();
  } else if (v.Is(Kind::kString)) {
    Int out;
    if (ParseInt(v.text(), static_cast<int>(base), &out)) return Value::Integer(out);
    bool ok = false;
    d = ParseFloat(v.text(), &ok).AsDouble();
    if (!ok) return fallback;
  } else {
    return fallback;
  }
  if (!(std::fabs(d) < 1e38)) return fallback;
  return Value::Integer(static_cast<Int>(d));
}

Value FormatFilter(In& in, const Value& v, const Args& a) {
  if (!a.named.empty() && !a.positional.empty()) FailWith("can't handle positional and keyword arguments at the same time");
  if (a.named.empty()) return in.Text(PercentFormat(in.budget(), in.Str(v), Value::Tuple(in.budget(), a.positional)));
  auto dict = std::make_shared<DictObject>(in.budget());
  for (const auto& [name, value] : a.named) dict->Set(in.Text(name), value);
  return in.Text(PercentFormat(in.budget(), in.Str(v), Value::Dict(dict)));
}

Value IndentFilter(In& in, const Value& v, const Args& a) {
  a.Expect("indent", {"width", "first", "blank"});
  const Value* width = a.Get(0, "width");
  std::string indent = width && width->Is(Kind::kString)
                           ? width->text()
                           : std::string(static_cast<size_t>(std::max<Int>(Width(width, 4), 0)), ' ');
  bool first = Flag(a.Get(1, "first"), false), blank = Flag(a.Get(2, "blank"), false);
  Value lines = CallMethod(in, in.Text(in.Str(v) + "\n"), "splitlines", {});
  std::string out = first ? indent : "";
  const auto& items = lines.list().items;
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string& line = items[i].text();
    if (static_cast<int64_t>(out.size() + indent.size() + line.size()) > in.budget()->memory_bytes) {
      LimitReached("the template holds too much memory");
    }
    if (i) out += "\n";
    if (i && (blank || !line.empty())) out += indent;
    out += line;
  }
  return in.Text(std::move(out));
}

Value ItemsFilter(In& in, const Value& v, const Args&) {
  if (v.IsUndefined()) return in.MakeList({}, Flavor::kGenerator);
  if (!v.Is(Kind::kDict)) FailWith("Can only get item pairs from a mapping.");
  return in.MakeList(CallMethod(in, v, "items", {}).list().items, Flavor::kGenerator);
}

Value JoinFilter(In& in, const Value& v, const Args& a) {
  a.Expect("join", {"d", "attribute"});
  const Value* d = a.Get(0, "d");
  const Value* attribute = a.Get(1, "attribute");
  std::string between = d ? in.Str(*d) : "";
  std::string out;
  bool first = true;
  for (const Value& item : in.Items(v)) {
    if (!first) out += between;
    first = false;
    AppendStr(in.budget(), attribute && !attribute->Is(Kind::kNone) ? in.Path(item, *attribute) : item, &out);
    in.budget()->Spend(1 + static_cast<int64_t>(between.size() / 64));
    if (static_cast<int64_t>(out.size()) > in.budget()->memory_bytes) LimitReached("the template holds too much memory");
  }
  return in.Text(std::move(out));
}

Value ListFilter(In& in, const Value& v, const Args&) { return in.MakeList(in.Items(v)); }

Value MapFilter(In& in, const Value& v, const Args& a) {
  std::vector<Value> out;
  const Value* attribute = a.Get(SIZE_MAX, "attribute");
  if (a.positional.empty() && attribute) {
    const Value* fallback = a.Get(SIZE_MAX, "default");
    for (const Value& item : in.Items(v)) {
      Value found = in.Path(item, *attribute);
      out.push_back(found.IsUndefined() && fallback && !fallback->Is(Kind::kNone) ? *fallback : found);
    }
    return in.MakeList(std::move(out), Flavor::kGenerator);
  }
  if (a.positional.empty() || !a.positional[0].Is(Kind::kString)) FailWith("map requires a filter argument");
  Args rest{{a.positional.begin() + 1, a.positional.end()}, a.named};
  for (const Value& item : in.Items(v)) out.push_back(in.Filter(a.positional[0].text(), item, rest));
  return in.MakeList(std::move(out), Flavor::kGenerator);
}

Value Choose(In& in, const Value& v, const Args& a, bool by_attribute, bool wanted) {
  size_t first = by_attribute ? 1 : 0;
  if (a.positional.size() < first) FailWith("Missing parameter for attribute name");
  const Value* test = a.positional.size() > first ? &a.positional[first] : nullptr;
  if (test && !test->Is(Kind::kString)) FailWith("a test's name must be a text");
  Args rest;
  if (test) rest = {{a.positional.begin() + static_cast<ptrdiff_t>(first) + 1, a.positional.end()}, a.named};
  std::vector<Value> out;
  for (Value& item : in.Items(v)) {
    Value subject = by_attribute ? in.Path(item, a.positional[0]) : item;
    if ((test ? in.Test(test->text(), subject, rest) : subject.Truth()) == wanted) out.push_back(std::move(item));
  }
  return in.MakeList(std::move(out), Flavor::kGenerator);
}
Value SelectFilter(In& in, const Value& v, const Args& a) { return Choose(in, v, a, false, true); }
Value RejectFilter(In& in, const Value& v, const Args& a) { return Choose(in, v, a, false, false); }
Value SelectAttrFilter(In& in, const Value& v, const Args& a) { return Choose(in, v, a, true, true); }
Value RejectAttrFilter(In& in, const Value& v, const Args& a) { return Choose(in, v, a, true, false); }

Value Fold(In& in, const Value& v, bool case_sensitive) {
  return v.Is(Kind::kString) && !case_sensitive ? in.Text(Lower(v.text())) : v;
}

Value Extreme(In& in, const Value& v, const Args& a, bool most) {
  a.Expect("min", {"case_sensitive", "attribute"});
  bool case_sensitive = Flag(a.Get(0, "case_sensitive"), false);
  const Value* attribute = a.Get(1, "attribute");
  std::vector<Value> items = in.Items(v);
  if (items.empty()) return Value::Undefined(in.budget(), "No aggregated item, sequence was empty.");
  auto key = [&](const Value& item) {
    return Fold(in, attribute && !attribute->Is(Kind::kNone) ? in.Path(item, *attribute) : item, case_sensitive);
  };
  size_t best = 0;
  Value best_key = key(items[0]);
  for (size_t i = 1; i < items.size(); ++i) {
    Value k = key(items[i]);
    if (Compare(k, best_key, most ? ">" : "<") == (most ? 1 : -1)) {
      best = i;
      best_key = k;
    }
  }
  return items[best];
}
Value MinFilter(In& in, const Value& v, const Args& a) { return Extreme(in, v, a, false); }
Value MaxFilter(In& in, const Value& v, const Args& a) { return Extreme(in, v, a, true); }

Value SortFilter(In& in, const Value& v, const Args& a) {
  a.Expect("sort", {"reverse", "case_sensitive", "attribute"});
  const Value* attribute = a.Get(2, "attribute");
  return in.MakeList(Sorted(in, in.Items(v), Flag(a.Get(0, "reverse"), false), Flag(a.Get(1, "case_sensitive"), false),
                            attribute ? *attribute : Value::None()));
}

Value DictSortFilter(In& in, const Value& v, const Args& a) {
  a.Expect("dictsort", {"case_sensitive", "by", "reverse"});
  if (!v.Is(Kind::kDict)) FailWith("dictsort() needs a mapping");
  const Value* by = a.Get(1, "by");
  std::string how = by ? in.Str(*by) : "key";
  if (how != "key" && how != "value") FailWith("You can only sort by either \"key\" or \"value\"");
  return in.MakeList(Sorted(in, CallMethod(in, v, "items", {}).list().items, Flag(a.Get(2, "reverse"), false),
                            Flag(a.Get(0, "case_sensitive"), false), Value::Integer(how == "value")));
}

Value GroupByFilter(In& in, const Value& v, const Args& a) {
  a.Expect("groupby", {"attribute", "default", "case_sensitive"});
  const Value* attribute = a.Get(0, "attribute");
  if (!attribute) FailWith("groupby() needs an attribute");
  bool case_sensitive = Flag(a.Get(2, "case_sensitive"), false);
  std::vector<Value> sorted = Sorted(in, in.Items(v), false, case_sensitive, *attribute), out, group;
  Value key, folded;
  auto flush = [&] {
    if (!group.empty()) out.push_back(in.MakeList({key, in.MakeList(std::exchange(group, {}))}, Flavor::kTuple));
  };
  for (Value& item : sorted) {
    Value k = in.Path(item, *attribute);
    if (k.IsUndefined() && a.Get(1, "default")) k = *a.Get(1, "default");
    Value f = Fold(in, k, case_sensitive);
    if (group.empty() || !Equal(f, folded)) {
      flush();
      key = k;
      folded = f;
    }
    group.push_back(std::move(item));
  }
  flush();
  return in.MakeList(std::move(out));
}

Value UniqueFilter(In& in, const Value& v, const Args& a) {
  a.Expect("unique", {"case_sensitive", "attribute"});
  bool case_sensitive = Flag(a.Get(0, "case_sensitive"), false);
  const Value* attribute = a.Get(1, "attribute");
  DictObject seen(in.budget());
  std::vector<Value> out;
  for (Value& item : in.Items(v)) {
    Value key = Fold(in, attribute && !attribute->Is(Kind::kNone) ? in.Path(item, *attribute) : item, case_sensitive);
    if (seen.Find(key)) continue;
    seen.Set(key, Value::None());
    out.push_back(std::move(item));
  }
  return in.MakeList(std::move(out), Flavor::kGenerator);
}

Value PrettyFilter(In& in, const Value& v, const Args&) { return in.Text(Repr(in.budget(), v)); }

Value ReplaceFilter(In& in, const Value& v, const Args& a) {
  a.Expect("replace", {"old", "new", "count"});
  const Value *from = a.Get(0, "old"), *to = a.Get(1, "new"), *count = a.Get(2, "count");
  if (!from || !to) FailWith("replace() needs what to replace and what with");
  Int most = !count || count->Is(Kind::kNone) ? -1 : Whole(count, -1);
  return in.Text(ReplaceAll(in.budget(), in.Str(v), in.Str(*from), in.Str(*to), static_cast<int64_t>(std::min<Int>(most, INT64_MAX))));
}

Value ReverseFilter(In& in, const Value& v, const Args&) {
  if (v.Is(Kind::kString)) {
    std::string out;
    std::vector<Value> chars = in.Items(v);
    for (auto it = chars.rbegin(); it != chars.rend(); ++it) out += it->text();
    return in.Text(std::move(out));
  }
  if (!IsIterable(v)) FailWith("argument must be iterable");
  std::vector<Value> items = in.Items(v);
  std::reverse(items.begin(), items.end());
  return in.MakeList(std::move(items), Flavor::kGenerator);
}

Value RoundFilter(In& in, const Value& v, const Args& a) {
  a.Expect("round", {"precision", "method"});
  Int precision = Whole(a.Get(0, "precision"), 0);
  const Value* method = a.Get(1, "method");
  std::string how = method ? in.Str(*method) : "common";
  if (how != "common" && how != "ceil" && how != "floor") FailWith("method must be common, ceil or floor");
  if (v.IsUndefined()) FailWith(v.text());
  if (!v.IsNumber()) FailWith("type " + std::string(TypeName(v)) + " doesn't define __round__ method");
  double d = v.AsDouble();
  if (precision > 300 || precision < -300) LimitReached("a precision of more than 300 digits");
  int digits = static_cast<int>(precision);
  if (how != "common") {
    double scale = std::pow(10.0, digits);
    return Value::Float((how == "ceil" ? std::ceil(d * scale) : std::floor(d * scale)) / scale);
  }
  if (v.IsIntegral()) {
    if (digits >= 0) return Value::Integer(v.AsInt());
    if (digits < -37) return Value::Integer(0);
    Int unit = 1;
    for (int i = 0; i < -digits; ++i) unit *= 10;
    Int rest = v.AsInt() % unit;
    if (rest < 0) rest += unit;
    Int down = v.AsInt() - rest;
    bool up = rest * 2 > unit || (rest * 2 == unit && (down / unit) % 2 != 0);
    return Value::Integer(up ? down + unit : down);
  }
  if (!std::isfinite(d)) return v;
  if (digits < 0) {
    double scale = std::pow(10.0, -digits);
    return Value::Float(std::nearbyint(d / scale) * scale);
  }
  // The C library rounds the exact binary value, half to even, as Python does.
  std::string text(static_cast<size_t>(std::snprintf(nullptr, 0, "%.*f", digits, d)), '\0');
  std::snprintf(text.data(), text.size() + 1, "%.*f", digits, d);
  return Value::Float(std::strtod(text.c_str(), nullptr));
}

Value SumFilter(In& in, const Value& v, const Args& a) {
  a.Expect("sum", {"attribute", "start"});
  const Value *attribute = a.Get(0, "attribute"), *start = a.Get(1, "start");
  Value total = start ? *start : Value::Integer(0);
  for (const Value& item : in.Items(v)) {
    total = in.Binary("+", total, attribute && !attribute->Is(Kind::kNone) ? in.Path(item, *attribute) : item);
  }
  return total;
}

Value ToJsonFilter(In& in, const Value& v, const Args& a) {
  a.Expect("tojson", {"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonStyle style;
  style.ensure_ascii = Flag(a.Get(0, "ensure_ascii"), false);
  style.sort_keys = Flag(a.Get(3, "sort_keys"), false);
  if (const Value* indent = a.Get(1, "indent"); indent && !indent->Is(Kind::kNone)) {
    style.indented = true;
    style.item_separator = ",";
    style.indent = indent->Is(Kind::kString) ? indent->text()
                                             : std::string(static_cast<size_t>(std::clamp<Int>(Whole(indent, 0), 0, 1000)), ' ');
  }
  if (const Value* separators = a.Get(2, "separators"); separators && !separators->Is(Kind::kNone)) {
    std::vector<Value> two = in.Items(*separators);
    if (two.size() != 2 || !two[0].Is(Kind::kString) || !two[1].Is(Kind::kString)) FailWith("separators must be two texts");
    style.item_separator = two[0].text();
    style.key_separator = two[1].text();
  }
  return in.Text(DumpJson(in.budget(), v, style));
}

Value TrimFilter(In& in, const Value& v, const Args& a) {
  a.Expect("trim", {"chars"});
  const Value* chars = a.Get(0, "chars");
  Args strip;
  if (chars) strip.positional.push_back(*chars);
  return CallMethod(in, in.Text(in.Str(v)), "strip", strip);
}

Value TruncateFilter(In& in, const Value& v, const Args& a) {
  a.Expect("truncate", {"length", "killwords", "end", "leeway"});
  Int length = Width(a.Get(0, "length"), 255), leeway = Width(a.Get(3, "leeway"), 5);
  bool kill = Flag(a.Get(1, "killwords"), false);
  std::string end = a.Get(2, "end") ? in.Str(*a.Get(2, "end")) : "...";
  Int end_chars = static_cast<Int>(CountChars(end));
  if (length < end_chars || leeway < 0) FailWith("expected length >= " + std::to_string(CountChars(end)));
  Value text = in.Text(in.Str(v));
  if (static_cast<Int>(text.string().chars) <= length + leeway) return text;
  std::string cut(SliceChars(text.string(), 0, static_cast<size_t>(length - end_chars)));
  if (!kill) cut = cut.substr(0, cut.rfind(' '));
  return in.Text(cut + end);
}

Value UrlEncodeFilter(In& in, const Value& v, const Args&) {
  static const char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (char c : in.Str(v)) {
    auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) || c == '_' || c == '.' || c == '-' || c == '~' || c == '/') {
      out += c;
    } else {
      out += {'%', kHex[u >> 4], kHex[u & 15]};
    }
  }
  return in.Text(std::move(out));
}

Value WordCountFilter(In& in, const Value& v, const Args&) {
  std::string text = in.Str(v);
  Int words = 0;
  bool inside = false;
  for (size_t at = 0; at < text.size();) {
    size_t bytes;
    char32_t c = DecodeChar(text, at, &bytes);
    bool word = c == '_' || IsLetter(c) || IsNumeric(c);
    if (word && !inside) ++words;
    inside = word;
    at += bytes;
  }
  return Value::Integer(words);
}

const std::unordered_map<std::string_view, FilterBody>& Filters() {
  static const std::unordered_map<std::string_view, FilterBody> kFilters = {
      {"abs", AbsFilter},           {"attr", AttrFilter},         {"batch", BatchFilter},     {"capitalize", CapitalizeFilter},
      {"center", CenterFilter},     {"count", LengthFilter},      {"d", DefaultFilter},       {"default", DefaultFilter},
      {"dictsort", DictSortFilter}, {"e", EscapeFilter},          {"escape", EscapeFilter},   {"first", FirstFilter},
      {"float", FloatFilter},       {"forceescape", EscapeFilter}, {"format", FormatFilter},  {"groupby", GroupByFilter},
      {"indent", IndentFilter},     {"int", IntFilter},           {"items", ItemsFilter},     {"join", JoinFilter},
      {"last", LastFilter},         {"length", LengthFilter},     {"list", ListFilter},       {"lower", LowerFilter},
      {"map", MapFilter},           {"max", MaxFilter},           {"min", MinFilter},         {"pprint", PrettyFilter},
      {"reject", RejectFilter},     {"rejectattr", RejectAttrFilter}, {"replace", ReplaceFilter}, {"reverse", ReverseFilter},
      {"round", RoundFilter},       {"safe", SafeFilter},         {"select", SelectFilter},   {"selectattr", SelectAttrFilter},
      {"slice", SliceFilter},       {"sort", SortFilter},         {"string", StringFilter},   {"sum", SumFilter},
      {"title", TitleFilter},       {"tojson", ToJsonFilter},     {"trim", TrimFilter},       {"truncate", TruncateFilter},
      {"unique", UniqueFilter},     {"upper", UpperFilter},       {"urlencode", UrlEncodeFilter}, {"wordcount", WordCountFilter},
  };
  return kFilters;
}

}  // namespace

FilterBody FindFilter(std::string_view name) {
  auto it = Filters().find(name);
  return it == Filters().end() ? nullptr : it->second;
}

std::vector<Value> Sorted(Interpreter& in, std::vector<Value> items, bool reverse, bool case_sensitive, const Value& attribute) {
  std::vector<std::pair<Value, size_t>> keys;
  keys.reserve(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    if (attribute.Is(Kind::kString) && attribute.text().find(',') != std::string::npos) {
      std::vector<Value> parts;
      for (const Value& part : CallMethod(in, attribute, "split", {{in.Text(",")}, {}}).list().items) {
        parts.push_back(Fold(in, in.Path(items[i], part), case_sensitive));
      }
      keys.emplace_back(in.MakeList(std::move(parts)), i);
    } else {
      keys.emplace_back(Fold(in, attribute.Is(Kind::kNone) ? items[i] : in.Path(items[i], attribute), case_sensitive), i);
    }
  }
  // A merge sort of our own: std::stable_sort must not meet an order that a NaN breaks, or an exception half-way.
  std::vector<std::pair<Value, size_t>> spare(keys.size());
  for (size_t width = 1; width < keys.size(); width *= 2) {
    for (size_t from = 0; from < keys.size(); from += 2 * width) {
      size_t middle = std::min(from + width, keys.size()), end = std::min(from + 2 * width, keys.size());
      size_t a = from, b = middle, to = from;
      while (a < middle && b < end) {
        in.budget()->Spend(1);
        bool second = reverse ? Compare(keys[a].first, keys[b].first, "<") == -1 : Compare(keys[b].first, keys[a].first, "<") == -1;
        spare[to++] = second ? std::move(keys[b++]) : std::move(keys[a++]);
      }
      while (a < middle) spare[to++] = std::move(keys[a++]);
      while (b < end) spare[to++] = std::move(keys[b++]);
    }
    std::swap(keys, spare);
  }
  std::vector<Value> out;
  out.reserve(items.size());
  for (const auto& [key, i] : keys) out.push_back(items[i]);
  return out;
}

}  // namespace yun::jinja
