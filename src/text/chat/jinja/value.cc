#include "text/chat/jinja/value.h"

#include <algorithm>
#include <cmath>

#include "text/chat/jinja/python_text.h"

namespace yun::jinja {
namespace {

constexpr size_t kLinearSearchMax = 8;  // dictionaries up to here need no index
constexpr int64_t kItemBytes = sizeof(Value);
constexpr int64_t kObjectBytes = 96;  // control block and fields of a heap object

int Deepen(int current, const Value& item) {
  int depth = std::max(current, item.depth() + 1);
  if (depth > kMaxDepth) LimitReached("the template nests values deeper than 200");
  return depth;
}

}  // namespace

void FailWith(std::string text) { throw TemplateError(TemplateError::kFailed, std::move(text)); }
void LimitReached(std::string text) { throw TemplateError(TemplateError::kLimit, std::move(text)); }

Value Value::Undefined(Budget* budget, std::string what) {
  Value v(Kind::kUndefined);
  v.pointer_ = std::make_shared<StringObject>(budget, std::move(what));
  return v;
}

Value Value::String(Budget* budget, std::string text) {
  Value v(Kind::kString);
  v.pointer_ = std::make_shared<StringObject>(budget, std::move(text));
  return v;
}

Value Value::List(Budget* budget, std::vector<Value> items, Flavor flavor) {
  Value v(Kind::kList);
  v.pointer_ = std::make_shared<ListObject>(budget, std::move(items), flavor);
  return v;
}

Value Value::Dict(std::shared_ptr<DictObject> dict) {
  Value v(Kind::kDict);
  v.pointer_ = std::move(dict);
  return v;
}

Value Value::Of(std::shared_ptr<Object> object) {
  Value v(Kind::kObject);
  v.pointer_ = std::move(object);
  return v;
}

const std::string& Value::text() const {
  static const std::string kNoName = "a value is undefined";
  if (kind_ == Kind::kUndefined) return pointer_ ? string().text : kNoName;
  return string().text;
}

bool Value::Truth() const {
  switch (kind_) {
    case Kind::kUndefined:
    case Kind::kNone: return false;
    case Kind::kBool:
    case Kind::kInt: return int_ != 0;
    case Kind::kFloat: return float_ != 0.0;
    case Kind::kString: return !string().text.empty();
    case Kind::kList: return list().flavor == Flavor::kGenerator || !list().items.empty();
    case Kind::kDict: return !dict().items.empty();
    case Kind::kObject: return true;
  }
  return false;
}

int Value::depth() const {
  if (kind_ == Kind::kList) return list().depth;
  if (kind_ == Kind::kDict) return dict().depth;
  return 0;
}

StringObject::StringObject(Budget* b, std::string t)
    : Accounted(b, kObjectBytes + static_cast<int64_t>(t.size())), text(std::move(t)), chars(CountChars(text)) {
  budget->Spend(1 + static_cast<int64_t>(text.size() / 64));
}

ListObject::ListObject(Budget* b, std::vector<Value> v, Flavor f)
    : Accounted(b, kObjectBytes + kItemBytes * static_cast<int64_t>(v.size())), items(std::move(v)), flavor(f) {
  budget->Spend(1 + static_cast<int64_t>(items.size() / 4));
  for (const Value& item : items) depth = Deepen(depth, item);
}

void DictObject::Set(const Value& key, Value value) {
  depth = Deepen(depth, value);
  depth = Deepen(depth, key);
  size_t hash = Hash(key);
  if (const Value* found = Find(key)) {
    *const_cast<Value*>(found) = std::move(value);
    return;
  }
  constexpr int64_t kEntryBytes = 2 * kItemBytes + 48;
  budget->Hold(kEntryBytes);
  bytes += kEntryBytes;
  budget->Spend(1);
  items.emplace_back(key, std::move(value));
  if (items.size() == kLinearSearchMax + 1) {
    for (size_t i = 0; i + 1 < items.size(); ++i) index_.emplace(Hash(items[i].first), i);
  }
  if (items.size() > kLinearSearchMax) index_.emplace(hash, items.size() - 1);
}

const Value* DictObject::Find(const Value& key) const {
  if (key.Is(Kind::kString)) return Find(std::string_view(key.text()));
  if (index_.empty()) {
    for (const auto& [k, v] : items) {
      if (Equal(k, key)) return &v;
    }
    return nullptr;
  }
  auto [from, to] = index_.equal_range(Hash(key));
  for (auto it = from; it != to; ++it) {
    if (Equal(items[it->second].first, key)) return &items[it->second].second;
  }
  return nullptr;
}

const Value* DictObject::Find(std::string_view key) const {
  auto same = [&](const Value& k) { return k.Is(Kind::kString) && k.text() == key; };
  if (index_.empty()) {
    for (const auto& [k, v] : items) {
      if (same(k)) return &v;
    }
    return nullptr;
  }
  auto [from, to] = index_.equal_range(std::hash<std::string_view>()(key));
  for (auto it = from; it != to; ++it) {
    if (same(items[it->second].first)) return &items[it->second].second;
  }
  return nullptr;
}

const Value* Arguments::Get(size_t position, std::string_view name) const {
  if (position < positional.size()) return &positional[position];
  for (const auto& [key, value] : named) {
    if (key == name) return &value;
  }
  return nullptr;
}

void Arguments::Expect(std::string_view function, std::initializer_list<std::string_view> names) const {
  if (positional.size() > names.size()) {
    FailWith(std::string(function) + "() takes at most " + std::to_string(names.size()) + " arguments (" +
             std::to_string(positional.size()) + " given)");
  }
  for (const auto& [key, value] : named) {
    auto at = std::find(names.begin(), names.end(), key);
    if (at == names.end()) FailWith(std::string(function) + "() got an unexpected keyword argument '" + key + "'");
    if (static_cast<size_t>(at - names.begin()) < positional.size()) {
      FailWith(std::string(function) + "() got multiple values for argument '" + key + "'");
    }
  }
}

std::string_view TypeName(const Value& v) {
  switch (v.kind()) {
    case Kind::kUndefined: return "Undefined";
    case Kind::kNone: return "NoneType";
    case Kind::kBool: return "bool";
    case Kind::kInt: return "int";
    case Kind::kFloat: return "float";
    case Kind::kString: return "str";
    case Kind::kDict: return "dict";
    case Kind::kObject: return "object";
    case Kind::kList: break;
  }
  switch (v.list().flavor) {
    case Flavor::kList: return "list";
    case Flavor::kTuple: return "tuple";
    case Flavor::kRange: return "range";
    case Flavor::kKeys: return "dict_keys";
    case Flavor::kValues: return "dict_values";
    case Flavor::kItems: return "dict_items";
    case Flavor::kGenerator: return "generator";
  }
  return "object";
}

bool Equal(const Value& a, const Value& b) {
  if (a.IsNumber() && b.IsNumber()) {
    if (a.IsIntegral() && b.IsIntegral()) return a.AsInt() == b.AsInt();
    return a.AsDouble() == b.AsDouble();
  }
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kUndefined:
    case Kind::kNone: return true;
    case Kind::kString: return a.text() == b.text();
    case Kind::kList: {
      if (a.identity() == b.identity()) return true;
      const ListObject &x = a.list(), &y = b.list();
      if (x.flavor != y.flavor || x.flavor == Flavor::kGenerator || x.items.size() != y.items.size()) return false;
      x.budget->Spend(1 + static_cast<int64_t>(x.items.size()));
      for (size_t i = 0; i < x.items.size(); ++i) {
        if (!Equal(x.items[i], y.items[i])) return false;
      }
      return true;
    }
    case Kind::kDict: {
      if (a.identity() == b.identity()) return true;
      const DictObject &x = a.dict(), &y = b.dict();
      if (x.items.size() != y.items.size()) return false;
      x.budget->Spend(1 + static_cast<int64_t>(x.items.size()));
      for (const auto& [key, value] : x.items) {
        const Value* other = y.Find(key);
        if (!other || !Equal(value, *other)) return false;
      }
      return true;
    }
    default: return a.identity() == b.identity();
  }
}

int Compare(const Value& a, const Value& b, std::string_view op) {
  if (a.IsUndefined()) FailWith(a.text());
  if (b.IsUndefined()) FailWith(b.text());
  if (a.IsNumber() && b.IsNumber()) {
    if (a.IsIntegral() && b.IsIntegral()) return a.AsInt() < b.AsInt() ? -1 : a.AsInt() > b.AsInt();
    double x = a.AsDouble(), y = b.AsDouble();
    if (std::isnan(x) || std::isnan(y)) return 2;
    return x < y ? -1 : x > y;
  }
  // The byte order of UTF-8 is the order of its code points.
  if (a.Is(Kind::kString) && b.Is(Kind::kString)) {
    int c = a.text().compare(b.text());
    return c < 0 ? -1 : c > 0;
  }
  if (a.Is(Kind::kList) && b.Is(Kind::kList) && a.list().flavor == b.list().flavor &&
      (a.list().flavor == Flavor::kList || a.list().flavor == Flavor::kTuple)) {
    const auto &x = a.list().items, &y = b.list().items;
    for (size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
      a.list().budget->Spend(1);
      if (!Equal(x[i], y[i])) return Compare(x[i], y[i], op);
    }
    return x.size() < y.size() ? -1 : x.size() > y.size();
  }
  FailWith("'" + std::string(op) + "' not supported between instances of '" + std::string(TypeName(a)) + "' and '" +
           std::string(TypeName(b)) + "'");
}

bool Contains(Budget* budget, const Value& container, const Value& item) {
  switch (container.kind()) {
    case Kind::kString:
      if (!item.Is(Kind::kString)) {
        FailWith("'in <string>' requires string as left operand, not " + std::string(TypeName(item)));
      }
      budget->Spend(1 + static_cast<int64_t>(container.text().size() / 64));
      return container.text().find(item.text()) != std::string::npos;
    case Kind::kDict: {
      Hash(item);  // an unhashable key is an error, as in Python
      return container.dict().Find(item) != nullptr;
    }
    case Kind::kUndefined: return false;
    case Kind::kList: {
      for (const Value& v : Items(budget, container)) {
        budget->Spend(1);
        if (Equal(v, item)) return true;
      }
      return false;
    }
    default: FailWith("argument of type '" + std::string(TypeName(container)) + "' is not iterable");
  }
}

size_t Hash(const Value& v) {
  switch (v.kind()) {
    case Kind::kString: return std::hash<std::string_view>()(v.text());
    case Kind::kBool:
    case Kind::kInt: return std::hash<double>()(static_cast<double>(v.AsInt()));
    case Kind::kFloat: return std::hash<double>()(v.AsDouble());
    case Kind::kDict: FailWith("unhashable type: 'dict'");
    case Kind::kList: {
      if (v.list().flavor == Flavor::kList) FailWith("unhashable type: 'list'");
      size_t h = 17;
      for (const Value& item : v.list().items) h = h * 31 + Hash(item);
      return h;
    }
    case Kind::kObject: return std::hash<const void*>()(v.identity());
    case Kind::kNone: return 3;
    case Kind::kUndefined: return 5;
  }
  return 0;
}

size_t Length(const Value& v) {
  switch (v.kind()) {
    case Kind::kUndefined: return 0;
    case Kind::kString: return v.string().chars;
    case Kind::kDict: return v.dict().items.size();
    case Kind::kList:
      if (v.list().flavor != Flavor::kGenerator) return v.list().items.size();
      [[fallthrough]];
    default: FailWith("object of type '" + std::string(TypeName(v)) + "' has no len()");
  }
}

bool IsIterable(const Value& v) {
  return v.IsUndefined() || v.Is(Kind::kString) || v.Is(Kind::kList) || v.Is(Kind::kDict);
}

std::vector<Value> Items(Budget* budget, const Value& v) {
  std::vector<Value> out;
  switch (v.kind()) {
    case Kind::kUndefined: return out;
    case Kind::kString: {
      const std::string& text = v.text();
      // Charged before it is built: a text of n bytes becomes n small objects.
      budget->Hold(kObjectBytes * static_cast<int64_t>(v.string().chars));
      budget->Release(kObjectBytes * static_cast<int64_t>(v.string().chars));
      for (size_t at = 0; at < text.size();) {
        size_t size = CharBytes(text, at);
        out.push_back(Value::String(budget, text.substr(at, size)));
        at += size;
      }
      return out;
    }
    case Kind::kList: {
      ListObject& list = v.list();
      budget->Spend(1 + static_cast<int64_t>(list.items.size() / 4));
      if (list.flavor == Flavor::kGenerator) {
        if (list.consumed) return out;
        list.consumed = true;
      }
      return list.items;
    }
    case Kind::kDict:
      budget->Spend(1 + static_cast<int64_t>(v.dict().items.size() / 4));
      for (const auto& [key, value] : v.dict().items) out.push_back(key);
      return out;
    default: FailWith("'" + std::string(TypeName(v)) + "' object is not iterable");
  }
}

}  // namespace yun::jinja
