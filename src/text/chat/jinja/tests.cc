// Jinja2's tests (`x is ...`) and the functions every template sees.
#include <algorithm>
#include <cmath>
#include <ctime>

#include "text/chat/jinja/interpreter.h"
#include "text/chat/jinja/python_text.h"

namespace yun::jinja {
namespace {

constexpr size_t kDateBytesMax = 4096;  // of a formatted date

using In = Interpreter;
using Args = Arguments;

const Value& First(const Args& a) {
  if (a.positional.empty()) FailWith("a test is missing its argument");
  return a.positional[0];
}

bool DividesTo(In& in, const Value& v, const Value& by, Int rest) {
  return Equal(in.Binary("%", v, by), Value::Integer(rest));
}

const std::unordered_map<std::string_view, TestBody>& Tests() {
  static const std::unordered_map<std::string_view, TestBody> kTests = {
      {"defined", [](In&, const Value& v, const Args&) { return !v.IsUndefined(); }},
      {"undefined", [](In&, const Value& v, const Args&) { return v.IsUndefined(); }},
      {"none", [](In&, const Value& v, const Args&) { return v.Is(Kind::kNone); }},
      {"boolean", [](In&, const Value& v, const Args&) { return v.Is(Kind::kBool); }},
      {"true", [](In&, const Value& v, const Args&) { return v.Is(Kind::kBool) && v.AsInt() != 0; }},
      {"false", [](In&, const Value& v, const Args&) { return v.Is(Kind::kBool) && v.AsInt() == 0; }},
      {"integer", [](In&, const Value& v, const Args&) { return v.Is(Kind::kInt); }},
      {"float", [](In&, const Value& v, const Args&) { return v.Is(Kind::kFloat); }},
      {"number", [](In&, const Value& v, const Args&) { return v.IsNumber(); }},
      {"string", [](In&, const Value& v, const Args&) { return v.Is(Kind::kString); }},
      {"mapping", [](In&, const Value& v, const Args&) { return v.Is(Kind::kDict); }},
      {"iterable", [](In&, const Value& v, const Args&) { return IsIterable(v); }},
      {"sequence",
       [](In&, const Value& v, const Args&) {
         return v.IsUndefined() || v.Is(Kind::kString) || v.Is(Kind::kDict) || (v.Is(Kind::kList) && v.list().flavor <= Flavor::kRange);
       }},
      {"callable", [](In&, const Value& v, const Args&) { return v.Is(Kind::kObject) && v.object().callable(); }},
      {"escaped", [](In&, const Value&, const Args&) { return false; }},
      {"odd", [](In& in, const Value& v, const Args&) { return DividesTo(in, v, Value::Integer(2), 1); }},
      {"even", [](In& in, const Value& v, const Args&) { return DividesTo(in, v, Value::Integer(2), 0); }},
      {"divisibleby", [](In& in, const Value& v, const Args& a) { return DividesTo(in, v, First(a), 0); }},
      {"lower", [](In& in, const Value& v, const Args&) { return CallMethod(in, in.Text(in.Str(v)), "islower", {}).Truth(); }},
      {"upper", [](In& in, const Value& v, const Args&) { return CallMethod(in, in.Text(in.Str(v)), "isupper", {}).Truth(); }},
      {"filter", [](In& in, const Value& v, const Args&) { return FindFilter(in.Str(v)) != nullptr; }},
      {"test", [](In& in, const Value& v, const Args&) { return FindTest(in.Str(v)) != nullptr; }},
      {"in", [](In& in, const Value& v, const Args& a) { return Contains(in.budget(), First(a), v); }},
      {"sameas",
       [](In&, const Value& v, const Args& a) {
         const Value& other = First(a);
         if (v.kind() != other.kind()) return false;
         return v.Is(Kind::kList) || v.Is(Kind::kDict) || v.Is(Kind::kObject) ? v.identity() == other.identity() : Equal(v, other);
       }},
      {"eq", [](In&, const Value& v, const Args& a) { return Equal(v, First(a)); }},
      {"equalto", [](In&, const Value& v, const Args& a) { return Equal(v, First(a)); }},
      {"==", [](In&, const Value& v, const Args& a) { return Equal(v, First(a)); }},
      {"ne", [](In&, const Value& v, const Args& a) { return !Equal(v, First(a)); }},
      {"!=", [](In&, const Value& v, const Args& a) { return !Equal(v, First(a)); }},
      {"gt", [](In&, const Value& v, const Args& a) { return Compare(v, First(a), ">") == 1; }},
      {"greaterthan", [](In&, const Value& v, const Args& a) { return Compare(v, First(a), ">") == 1; }},
      {">", [](In&, const Value& v, const Args& a) { return Compare(v, First(a), ">") == 1; }},
      {"lt", [](In&, const Value& v, const Args& a) { return Compare(v, First(a), "<") == -1; }},
      {"lessthan", [](In&, const Value& v, const Args& a) { return Compare(v, First(a), "<") == -1; }},
      {"<", [](In&, const Value& v, const Args& a) { return Compare(v, First(a), "<") == -1; }},
      {"ge", [](In&, const Value& v, const Args& a) { int c = Compare(v, First(a), ">="); return c == 0 || c == 1; }},
      {">=", [](In&, const Value& v, const Args& a) { int c = Compare(v, First(a), ">="); return c == 0 || c == 1; }},
      {"le", [](In&, const Value& v, const Args& a) { int c = Compare(v, First(a), "<="); return c == 0 || c == -1; }},
      {"<=", [](In&, const Value& v, const Args& a) { int c = Compare(v, First(a), "<="); return c == 0 || c == -1; }},
  };
  return kTests;
}

// ---- functions ----

Value Range(In& in, const Args& a) {
  if (!a.named.empty()) FailWith("range() takes no keyword arguments");
  if (a.positional.empty() || a.positional.size() > 3) FailWith("range expected 1 to 3 arguments");
  Int numbers[3] = {0, 0, 1};
  for (size_t i = 0; i < a.positional.size(); ++i) {
    const Value& v = a.positional[i];
    if (v.IsUndefined()) FailWith(v.text());
    if (!v.IsIntegral()) FailWith("'" + std::string(TypeName(v)) + "' object cannot be interpreted as an integer");
    if (v.AsInt() > INT64_MAX || v.AsInt() < INT64_MIN) LimitReached("range() of a number too large");
    numbers[a.positional.size() == 1 ? 1 : i] = v.AsInt();
  }
  auto [from, to, step] = numbers;
  if (step == 0) FailWith("range() arg 3 must not be zero");
  Int count = step > 0 ? (to - from + step - 1) / step : (from - to - step - 1) / -step;
  if (count > kMaxRange) LimitReached("Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).");
  std::vector<Value> items;
  for (Int i = 0; i < count; ++i) items.push_back(Value::Integer(from + i * step));
  return in.MakeList(std::move(items), Flavor::kRange);
}

// Pairs of a mapping or of an iterable of pairs.
std::vector<std::pair<Value, Value>> Pairs(In& in, const Value& v) {
  if (v.Is(Kind::kDict)) return v.dict().items;
  std::vector<std::pair<Value, Value>> out;
  for (const Value& item : in.Items(v)) {
    std::vector<Value> pair = in.Items(item);
    if (pair.size() != 2) FailWith("dictionary update sequence element has length " + std::to_string(pair.size()) + "; 2 is required");
    out.emplace_back(pair[0], pair[1]);
  }
  return out;
}

Value Dict(In& in, const Args& a) {
  if (a.positional.size() > 1) FailWith("dict expected at most 1 argument, got " + std::to_string(a.positional.size()));
  auto dict = std::make_shared<DictObject>(in.budget());
  if (!a.positional.empty()) {
    for (auto& [key, value] : Pairs(in, a.positional[0])) dict->Set(key, value);
  }
  for (const auto& [name, value] : a.named) dict->Set(in.Text(name), value);
  return Value::Dict(dict);
}

Value MakeNamespace(In& in, const Args& a) {
  auto ns = in.MakeNamespace();
  if (!a.positional.empty()) {
    for (auto& [key, value] : Pairs(in, a.positional[0])) ns->variables.Set(in.Str(key), value);
  }
  for (const auto& [name, value] : a.named) ns->variables.Set(name, value);
  return Value::Of(ns);
}

class Cycler : public Object {
 public:
  Cycler(Budget* budget, std::vector<Value> items)
      : Object(budget), items_(std::make_shared<ListObject>(budget, std::move(items), Flavor::kTuple)) {}
  std::string Describe() const override { return "<Cycler>"; }
  bool GetAttribute(Interpreter& in, std::string_view name, Value* out) override;

 private:
  friend class CyclerStep;
  std::shared_ptr<ListObject> items_;
  std::shared_ptr<size_t> at_ = std::make_shared<size_t>(0);
};

class CyclerStep : public Object {
 public:
  CyclerStep(const Cycler& of, bool reset) : Object(of.budget), items_(of.items_), at_(of.at_), reset_(reset) {}
  std::string Describe() const override { return "<bound method of Cycler>"; }
  bool callable() const override { return true; }
  Value Call(Interpreter&, const Arguments&) override {
    if (reset_) {
      *at_ = 0;
      return Value::None();
    }
    Value v = items_->items[*at_];
    *at_ = (*at_ + 1) % items_->items.size();
    return v;
  }

 private:
  std::shared_ptr<ListObject> items_;
  std::shared_ptr<size_t> at_;
  bool reset_;
};

bool Cycler::GetAttribute(Interpreter&, std::string_view name, Value* out) {
  if (name == "current") *out = items_->items[*at_];
  else if (name == "next" || name == "reset") *out = Value::Of(std::make_shared<CyclerStep>(*this, name == "reset"));
  else return false;
  return true;
}

Value MakeCycler(In& in, const Args& a) {
  if (a.positional.empty()) FailWith("at least one item has to be provided");
  return Value::Of(std::make_shared<Cycler>(in.budget(), a.positional));
}

class Joiner : public Object {
 public:
  Joiner(Budget* budget, Value between) : Object(budget), between_(std::move(between)) {}
  std::string Describe() const override { return "<Joiner>"; }
  bool callable() const override { return true; }
  Value Call(Interpreter& in, const Arguments&) override {
    if (used_) return between_;
    used_ = true;
    return in.Text("");
  }

 private:
  Value between_;
  bool used_ = false;
};

Value MakeJoiner(In& in, const Args& a) {
  a.Expect("joiner", {"sep"});
  const Value* sep = a.Get(0, "sep");
  return Value::Of(std::make_shared<Joiner>(in.budget(), sep ? *sep : in.Text(", ")));
}

Value RaiseException(In& in, const Args& a) {
  a.Expect("raise_exception", {"message"});
  const Value* message = a.Get(0, "message");
  throw TemplateError(TemplateError::kRaised, message ? in.Str(*message) : "");
}

Value StrftimeNow(In& in, const Args& a) {
  a.Expect("strftime_now", {"format"});
  const Value* format = a.Get(0, "format");
  if (!format || !format->Is(Kind::kString)) FailWith("strftime_now() needs a format");
  if (format->text().size() > kDateBytesMax / 4) LimitReached("a date format of more than 1024 bytes");
  if (format->text().empty()) return in.Text("");
  std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char buffer[kDateBytesMax];
  size_t n = std::strftime(buffer, sizeof buffer, format->text().c_str(), &local);
  return in.Text(std::string(buffer, n));
}

}  // namespace

TestBody FindTest(std::string_view name) {
  auto it = Tests().find(name);
  return it == Tests().end() ? nullptr : it->second;
}

void AddGlobals(Budget* budget, Scope* scope) {
  auto add = [&](const char* name, Function::Body body) {
    scope->Set(name, Value::Of(std::make_shared<Function>(budget, name, body)));
  };
  add("range", Range);
  add("dict", Dict);
  add("namespace", MakeNamespace);
  add("cycler", MakeCycler);
  add("joiner", MakeJoiner);
  add("raise_exception", RaiseException);
  add("strftime_now", StrftimeNow);
}

}  // namespace yun::jinja
