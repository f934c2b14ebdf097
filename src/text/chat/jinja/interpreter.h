// Runs a template's tree over its variables: scopes, loops, macros, Python's operators.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "text/chat/jinja/syntax.h"
#include "text/chat/jinja/value.h"

namespace yun::jinja {

inline constexpr int kMaxRecursion = 1000;         // evaluations inside one another, macros included
inline constexpr size_t kMaxNamespaces = 10000;    // made by one rendering
inline constexpr Int kMaxRange = 100000;           // items of range(), as in Jinja2's sandbox
inline constexpr size_t kMaxKeptScopes = 100000;   // scopes that a macro defined in them keeps alive

struct Scope {
  std::shared_ptr<Scope> parent;
  std::vector<std::pair<std::string, Value>> variables;
  bool kept = false;

  const Value* FindHere(std::string_view name) const {
    for (const auto& [key, value] : variables) {
      if (key == name) return &value;
    }
    return nullptr;
  }
  void Set(std::string_view name, Value value) {
    for (auto& [key, old] : variables) {
      if (key == name) {
        old = std::move(value);
        return;
      }
    }
    variables.emplace_back(std::string(name), std::move(value));
  }
};
using ScopePtr = std::shared_ptr<Scope>;

class Namespace : public Object {
 public:
  using Object::Object;
  std::string Describe() const override { return "<Namespace>"; }
  bool GetAttribute(Interpreter&, std::string_view name, Value* out) override {
    const Value* found = variables.FindHere(name);
    if (found) *out = *found;
    return found != nullptr;
  }
  Scope variables;
};

/// A function of a name, as the templates' globals are.
class Function : public Object {
 public:
  using Body = Value (*)(Interpreter&, const Arguments&);
  Function(Budget* budget, std::string name, Body body) : Object(budget), name_(std::move(name)), body_(body) {}
  std::string Describe() const override { return "<function " + name_ + ">"; }
  bool callable() const override { return true; }
  Value Call(Interpreter& interpreter, const Arguments& arguments) override { return body_(interpreter, arguments); }

 private:
  std::string name_;
  Body body_;
};

/// One rendering; used once, by one thread.
class Interpreter {
 public:
  Interpreter(Budget* budget, size_t output_bytes_max);
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  /// errors: throws TemplateError with the line it happened at
  std::string Render(const Body& body, std::vector<std::pair<std::string, Value>> variables);

  // For filters, tests and methods:
  Budget* budget() { return budget_; }
  Value Text(std::string text) { return Value::String(budget_, std::move(text)); }
  Value MakeList(std::vector<Value> items, Flavor f = Flavor::kList) { return Value::List(budget_, std::move(items), f); }
  std::vector<Value> Items(const Value& v) { return jinja::Items(budget_, v); }
  std::string Str(const Value& v);
  Value Call(const Value& callee, const Arguments& arguments);
  Value Attribute(const Value& of, std::string_view name);
  Value Item(const Value& of, const Value& key);
  /// An attribute or item by a dotted path, as `map(attribute="a.b")` reads it; undefined when there is none.
  Value Path(const Value& of, const Value& path);
  Value Filter(std::string_view name, const Value& input, const Arguments& arguments);
  bool Test(std::string_view name, const Value& input, const Arguments& arguments);
  Value Binary(std::string_view op, const Value& a, const Value& b);
  std::shared_ptr<Namespace> MakeNamespace();

 private:
  friend class LoopObject;
  friend class MacroObject;
  enum class Flow { kNext, kBreak, kContinue };
  class Depth;

  Flow Run(const Body& body, const ScopePtr& scope, std::string* out);
  Flow RunNode(const Node& node, const ScopePtr& scope, std::string* out);
  void RunFor(const Node& node, const Value& over, const ScopePtr& scope, int depth, std::string* out);
  void RunMacro(const Node& node, const ScopePtr& scope);
  void RunCall(const Node& node, const ScopePtr& scope, std::string* out);
  void RunSetBlock(const Node& node, const ScopePtr& scope);
  void RunWith(const Node& node, const ScopePtr& scope, std::string* out);
  Value CallMacro(const Node& node, const ScopePtr& closure, const Arguments& arguments);
  void Append(std::string_view text, std::string* out);
  void Assign(const Expr& target, const Value& value, const ScopePtr& scope);
  Value MakeMacro(const Node& node, const ScopePtr& scope);
  static ScopePtr Inner(const ScopePtr& scope);

  Value Eval(const Expr& e, const ScopePtr& scope);
  Value EvalCall(const Expr& e, const ScopePtr& scope, const Value* caller);
  Value EvalFilter(const Expr& e, const ScopePtr& scope, const Value* block);
  Value EvalTest(const Expr& e, const ScopePtr& scope);
  Value EvalCompare(const Expr& e, const ScopePtr& scope);
  Value EvalContainer(const Expr& e, const ScopePtr& scope);
  Value EvalItem(const Expr& e, const ScopePtr& scope);
  Value EvalConcat(const Expr& e, const ScopePtr& scope);
  Value EvalNegative(const Expr& e, const ScopePtr& scope);
  Value Slice(const Value& of, const Expr& e, const ScopePtr& scope);
  Value Lookup(std::string_view name, const ScopePtr& scope);
  void TakeArguments(const Expr& e, const ScopePtr& scope, size_t first, Arguments* out);

  Budget* budget_;  // borrows
  size_t output_bytes_max_;
  int depth_ = 0;
  ScopePtr globals_;
  std::vector<ScopePtr> kept_;                           // scopes that macros refer to: emptied at the end
  std::vector<std::shared_ptr<Namespace>> namespaces_;  // the only values that can change, so the only that can circle
};

/// A method of Python's str, list or dict; false when there is none of that name.
bool HasMethod(const Value& of, std::string_view name);
Value CallMethod(Interpreter& interpreter, const Value& of, std::string_view name, const Arguments& arguments);

/// The functions every template sees: range, dict, namespace, cycler, joiner, raise_exception, strftime_now.
void AddGlobals(Budget* budget, Scope* scope);

using FilterBody = Value (*)(Interpreter&, const Value&, const Arguments&);
FilterBody FindFilter(std::string_view name);  // nullptr: none
using TestBody = bool (*)(Interpreter&, const Value&, const Arguments&);
TestBody FindTest(std::string_view name);

/// Sorts stably by Python's order; `key` may be empty.
std::vector<Value> Sorted(Interpreter& interpreter, std::vector<Value> items, bool reverse, bool case_sensitive,
                          const Value& attribute);

}  // namespace yun::jinja
