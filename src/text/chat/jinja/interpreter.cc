#include "text/chat/jinja/interpreter.h"

#include <algorithm>
#include <cmath>

#include "text/chat/jinja/python_text.h"

namespace yun::jinja {
namespace {

constexpr int64_t kScopeBytes = 256;  // of a scope kept for a macro, with room for its variables

std::string DescribeType(const Value& v) {
  if (v.Is(Kind::kNone)) return "None";
  return std::string(TypeName(v)) + " object";
}

Int CheckedInt(bool overflow, Int value) {
  if (overflow) LimitReached("a number of more than 127 bits");
  return value;
}

[[noreturn]] void NoOperation(std::string_view op, const Value& a, const Value& b) {
  FailWith("unsupported operand type(s) for " + std::string(op) + ": '" + std::string(TypeName(a)) + "' and '" +
           std::string(TypeName(b)) + "'");
}

Value Multiply(Interpreter& in, const Value& a, const Value& b) {
  if (b.IsIntegral() && (a.Is(Kind::kString) || a.Is(Kind::kList))) {
    Int times = std::max<Int>(b.AsInt(), 0);
    Int size = a.Is(Kind::kString) ? static_cast<Int>(a.text().size()) : static_cast<Int>(a.list().items.size() * sizeof(Value));
    if (size == 0) times = 0;
    if (size && times > in.budget()->memory_bytes / size) LimitReached("the template holds too much memory");
    in.budget()->Spend(static_cast<int64_t>(size * times / 64));
    if (a.Is(Kind::kString)) {
      std::string out;
      out.reserve(static_cast<size_t>(size * times));
      for (Int i = 0; i < times; ++i) out += a.text();
      return in.Text(std::move(out));
    }
    if (a.list().flavor > Flavor::kTuple) NoOperation("*", a, b);
    std::vector<Value> out;
    for (Int i = 0; i < times; ++i) out.insert(out.end(), a.list().items.begin(), a.list().items.end());
    return in.MakeList(std::move(out), a.list().flavor);
  }
  if (a.IsIntegral() && (b.Is(Kind::kString) || b.Is(Kind::kList))) return Multiply(in, b, a);
  if (!a.IsNumber() || !b.IsNumber()) NoOperation("*", a, b);
  if (a.IsIntegral() && b.IsIntegral()) {
    Int out;
    bool overflow = __builtin_mul_overflow(a.AsInt(), b.AsInt(), &out);
    return Value::Integer(CheckedInt(overflow, out));
  }
  return Value::Float(a.AsDouble() * b.AsDouble());
}

Value Add(Interpreter& in, const Value& a, const Value& b) {
  if (a.Is(Kind::kString) && b.Is(Kind::kString)) {
    in.budget()->Hold(static_cast<int64_t>(a.text().size() + b.text().size()));
    in.budget()->Release(static_cast<int64_t>(a.text().size() + b.text().size()));
    return in.Text(a.text() + b.text());
  }
  if (a.Is(Kind::kList) && b.Is(Kind::kList) && a.list().flavor == b.list().flavor && a.list().flavor <= Flavor::kTuple) {
    in.budget()->Spend(static_cast<int64_t>(a.list().items.size() + b.list().items.size()) / 4);
    std::vector<Value> out = a.list().items;
    out.insert(out.end(), b.list().items.begin(), b.list().items.end());
    return in.MakeList(std::move(out), a.list().flavor);
  }
  if (a.IsNumber() && b.IsNumber()) {
    if (a.IsIntegral() && b.IsIntegral()) {
      Int out;
      bool overflow = __builtin_add_overflow(a.AsInt(), b.AsInt(), &out);
      return Value::Integer(CheckedInt(overflow, out));
    }
    return Value::Float(a.AsDouble() + b.AsDouble());
  }
  if (a.Is(Kind::kString)) FailWith("can only concatenate str (not \"" + std::string(TypeName(b)) + "\") to str");
  NoOperation("+", a, b);
}

Value Arithmetic(std::string_view op, const Value& a, const Value& b) {
  if (!a.IsNumber() || !b.IsNumber()) NoOperation(op == "**" ? "** or pow()" : op, a, b);
  bool whole = a.IsIntegral() && b.IsIntegral();
  double x = a.AsDouble(), y = b.AsDouble();
  if (op == "-") {
    if (!whole) return Value::Float(x - y);
    Int out;
    bool overflow = __builtin_sub_overflow(a.AsInt(), b.AsInt(), &out);
    return Value::Integer(CheckedInt(overflow, out));
  }
  if (op == "**") {
    if (whole && b.AsInt() >= 0) {
      Int out = 1, base = a.AsInt();
      if (base >= -1 && base <= 1) return Value::Integer(base == 0 ? (b.AsInt() == 0) : base == 1 || b.AsInt() % 2 == 0 ? 1 : -1);
      for (Int i = 0; i < b.AsInt(); ++i) {
        bool overflow = __builtin_mul_overflow(out, base, &out);
        CheckedInt(overflow, 0);
      }
      return Value::Integer(out);
    }
    if (x == 0 && y < 0) FailWith("0.0 cannot be raised to a negative power");
    return Value::Float(std::pow(x, y));
  }
  if (b.IsIntegral() ? b.AsInt() == 0 : y == 0) {
    FailWith(op == "%" ? (whole ? "integer modulo by zero" : "float modulo")
                       : (whole ? (op == "/" ? "division by zero" : "integer division or modulo by zero") : "float division by zero"));
  }
  if (op == "/") return Value::Float(x / y);
  if (whole) {
    Int m = a.AsInt(), n = b.AsInt();
    if (n == -1) {
      Int out;
      bool overflow = __builtin_sub_overflow(static_cast<Int>(0), m, &out);
      return op == "%" ? Value::Integer(0) : Value::Integer(CheckedInt(overflow, out));
    }
    Int quotient = m / n, rest = m % n;
    if (rest != 0 && (rest < 0) != (n < 0)) {
      rest += n;
      --quotient;
    }
    return Value::Integer(op == "%" ? rest : quotient);
  }
  double rest = std::fmod(x, y);
  double quotient = (x - rest) / y;
  if (rest != 0) {
    if ((rest < 0) != (y < 0)) {
      rest += y;
      quotient -= 1;
    }
  } else {
    rest = std::copysign(0.0, y);
  }
  if (op == "%") return Value::Float(rest);
  if (quotient == 0) return Value::Float(std::copysign(0.0, x / y));
  double floored = std::floor(quotient);
  if (quotient - floored > 0.5) floored += 1;
  return Value::Float(floored);
}

class BoundMethod : public Object {
 public:
  BoundMethod(Budget* budget, Value self, std::string name) : Object(budget), self_(std::move(self)), name_(std::move(name)) {}
  std::string Describe() const override { return "<built-in method " + name_ + " of " + std::string(TypeName(self_)) + " object>"; }
  bool callable() const override { return true; }
  Value Call(Interpreter& in, const Arguments& arguments) override { return CallMethod(in, self_, name_, arguments); }

 private:
  Value self_;
  std::string name_;
};

}  // namespace

class Interpreter::Depth {
 public:
  explicit Depth(Interpreter* in) : in_(in) {
    if (++in_->depth_ > kMaxRecursion) {
      --in_->depth_;
      LimitReached("the template recurses deeper than 1000");
    }
  }
  ~Depth() { --in_->depth_; }
  Depth(const Depth&) = delete;
  Depth& operator=(const Depth&) = delete;

 private:
  Interpreter* in_;  // borrows
};

/// A macro, or the body of a call block.
class MacroObject : public Object {
 public:
  MacroObject(Budget* budget, const Node* node, Scope* closure) : Object(budget), node_(node), closure_(closure) {}
  std::string Describe() const override { return "<Macro '" + node_->text + "'>"; }
  bool callable() const override { return true; }
  bool GetAttribute(Interpreter& in, std::string_view name, Value* out) override {
    if (name != "name") return false;
    *out = in.Text(node_->text);
    return true;
  }
  Value Call(Interpreter& in, const Arguments& arguments) override {
    // The interpreter keeps the scope alive.
    return in.CallMacro(*node_, ScopePtr(ScopePtr(), closure_), arguments);
  }

 private:
  const Node* node_;  // borrows: the template's
  Scope* closure_;    // borrows: one of the interpreter's kept scopes
};

/// The variable `loop`.
class LoopObject : public Object {
 public:
  LoopObject(Budget* budget, const Node* node, ScopePtr outer, std::vector<Value> items, int depth)
      : Object(budget), node_(node), outer_(std::move(outer)), items_(std::move(items)), depth_(depth) {}

  std::string Describe() const override {
    return "<LoopContext " + std::to_string(at + 1) + "/" + std::to_string(items_.size()) + ">";
  }
  bool callable() const override { return true; }
  Value Call(Interpreter& in, const Arguments& arguments) override {
    arguments.Expect("loop", {"iterable"});
    const Value* over = arguments.Get(0, "iterable");
    if (!node_->recursive || !over) {
      FailWith("The loop must have the 'recursive' marker to be called recursively.");
    }
    std::string out;
    in.RunFor(*node_, *over, outer_, depth_ + 1, &out);
    return in.Text(std::move(out));
  }
  bool GetAttribute(Interpreter&, std::string_view name, Value* out) override {
    auto size = static_cast<Int>(items_.size()), i = static_cast<Int>(at);
    if (name == "index") *out = Value::Integer(i + 1);
    else if (name == "index0") *out = Value::Integer(i);
    else if (name == "revindex") *out = Value::Integer(size - i);
    else if (name == "revindex0") *out = Value::Integer(size - i - 1);
    else if (name == "first") *out = Value::Bool(i == 0);
    else if (name == "last") *out = Value::Bool(i + 1 == size);
    else if (name == "length") *out = Value::Integer(size);
    else if (name == "depth") *out = Value::Integer(depth_ + 1);
    else if (name == "depth0") *out = Value::Integer(depth_);
    else if (name == "previtem") *out = at ? items_[at - 1] : Value::Undefined(budget, "there is no previous item");
    else if (name == "nextitem") *out = at + 1 < items_.size() ? items_[at + 1] : Value::Undefined(budget, "there is no next item");
    else if (name == "cycle" || name == "changed") *out = Value::Of(std::make_shared<Helper>(this, name == "cycle"));
    else return false;
    return true;
  }

  const std::vector<Value>& items() const { return items_; }
  size_t at = 0;

 private:
  // loop.cycle and loop.changed; used while the loop runs, which holds the loop object.
  class Helper : public Object {
   public:
    Helper(LoopObject* loop, bool cycle) : Object(loop->budget), place_(loop->at), changed_(loop->changed_), cycle_(cycle) {}
    std::string Describe() const override { return "<bound method of LoopContext>"; }
    bool callable() const override { return true; }
    Value Call(Interpreter& in, const Arguments& arguments) override {
      if (cycle_) {
        if (arguments.positional.empty()) FailWith("no items for cycling given");
        return arguments.positional[place_ % arguments.positional.size()];
      }
      Value now = Value::Tuple(in.budget(), arguments.positional);
      bool changed = !changed_->Is(Kind::kList) || !Equal(*changed_, now);
      *changed_ = now;
      return Value::Bool(changed);
    }

   private:
    size_t place_;
    std::shared_ptr<Value> changed_;
    bool cycle_;
  };

  const Node* node_;  // borrows: the template's
  ScopePtr outer_;
  std::vector<Value> items_;
  int depth_;
  std::shared_ptr<Value> changed_ = std::make_shared<Value>();
};

Interpreter::Interpreter(Budget* budget, size_t output_bytes_max)
    : budget_(budget), output_bytes_max_(output_bytes_max), globals_(std::make_shared<Scope>()) {
  AddGlobals(budget_, globals_.get());
}

Interpreter::~Interpreter() {
  // Macros and namespaces may refer to what holds them: what they hold is dropped one by one.
  for (auto& ns : namespaces_) ns->variables.variables.clear();
  for (auto& scope : kept_) scope->variables.clear();
}

std::string Interpreter::Render(const Body& body, std::vector<std::pair<std::string, Value>> variables) {
  ScopePtr context = Inner(globals_);
  context->variables = std::move(variables);
  std::string out;
  Run(body, Inner(context), &out);
  return out;
}

ScopePtr Interpreter::Inner(const ScopePtr& scope) {
  auto inner = std::make_shared<Scope>();
  inner->parent = scope;
  return inner;
}

std::string Interpreter::Str(const Value& v) { return jinja::Str(budget_, v); }

void Interpreter::Append(std::string_view text, std::string* out) {
  if (out->size() + text.size() > output_bytes_max_) {
    LimitReached("the template prints more than " + std::to_string(output_bytes_max_) + " bytes");
  }
  if (static_cast<int64_t>(out->size() + text.size()) > budget_->memory_bytes) LimitReached("the template holds too much memory");
  budget_->Spend(1 + static_cast<int64_t>(text.size() / 64));
  out->append(text);
}

std::shared_ptr<Namespace> Interpreter::MakeNamespace() {
  if (namespaces_.size() >= kMaxNamespaces) LimitReached("the template makes more than 10000 namespaces");
  namespaces_.push_back(std::make_shared<Namespace>(budget_));
  return namespaces_.back();
}

// ---- statements ----

Interpreter::Flow Interpreter::Run(const Body& body, const ScopePtr& scope, std::string* out) {
  Depth depth(this);
  for (const auto& node : body) {
    budget_->Spend(1);
    try {
      Flow flow = RunNode(*node, scope, out);
      if (flow != Flow::kNext) return flow;
    } catch (TemplateError& e) {
      if (!e.line) e.line = node->line;
      throw;
    }
  }
  return Flow::kNext;
}

Interpreter::Flow Interpreter::RunNode(const Node& node, const ScopePtr& scope, std::string* out) {
  switch (node.type) {
    case Node::Type::kText: Append(node.text, out); return Flow::kNext;
    case Node::Type::kPrint: {
      Value v = Eval(*node.value, scope);
      if (v.Is(Kind::kString)) {
        Append(v.text(), out);
      } else {
        Append(Str(v), out);
      }
      return Flow::kNext;
    }
    case Node::Type::kIf:
      for (const auto& [test, body] : node.branches) {
        if (Eval(*test, scope).Truth()) return Run(body, scope, out);
      }
      return Run(node.otherwise, scope, out);
    case Node::Type::kFor: RunFor(node, Eval(*node.value, scope), scope, 0, out); return Flow::kNext;
    case Node::Type::kSet: Assign(*node.target, Eval(*node.value, scope), scope); return Flow::kNext;
    case Node::Type::kSetBlock: RunSetBlock(node, scope); return Flow::kNext;
    case Node::Type::kMacro: scope->Set(node.text, MakeMacro(node, scope)); return Flow::kNext;
    case Node::Type::kCallBlock: RunCall(node, scope, out); return Flow::kNext;
    case Node::Type::kFilterBlock: {
      std::string inside;
      Run(node.body, Inner(scope), &inside);
      Value block = Text(std::move(inside));
      Append(Str(EvalFilter(*node.value, scope, &block)), out);
      return Flow::kNext;
    }
    case Node::Type::kWith: RunWith(node, scope, out); return Flow::kNext;
    case Node::Type::kScope: Run(node.body, Inner(scope), out); return Flow::kNext;
    case Node::Type::kBreak: return Flow::kBreak;
    case Node::Type::kContinue: return Flow::kContinue;
  }
  return Flow::kNext;
}

void Interpreter::RunFor(const Node& node, const Value& over, const ScopePtr& scope, int depth, std::string* out) {
  Depth guard(this);
  std::vector<Value> items = Items(over);
  if (node.test) {
    std::vector<Value> kept;
    for (Value& item : items) {
      ScopePtr inner = Inner(scope);
      Assign(*node.target, item, inner);
      if (Eval(*node.test, inner).Truth()) kept.push_back(std::move(item));
    }
    items = std::move(kept);
  }
  const int64_t bytes = static_cast<int64_t>(items.size() * sizeof(Value));
  budget_->Hold(bytes);
  budget_->Release(bytes);
  // As in Jinja2, `else` belongs to a loop of which no turn ran to its end: `break` and `continue` cut one short.
  bool any_whole = false;
  auto loop = std::make_shared<LoopObject>(budget_, &node, scope, std::move(items), depth);
  Value loop_value = Value::Of(loop);
  for (size_t i = 0; i < loop->items().size(); ++i) {
    budget_->Spend(1);
    loop->at = i;
    ScopePtr inner = Inner(scope);
    inner->variables.reserve(4);
    inner->Set("loop", loop_value);
    Assign(*node.target, loop->items()[i], inner);
    Flow flow = Run(node.body, inner, out);
    if (flow == Flow::kBreak) break;
    any_whole = any_whole || flow == Flow::kNext;
  }
  if (!any_whole && !node.otherwise.empty()) Run(node.otherwise, Inner(scope), out);
}

void Interpreter::RunSetBlock(const Node& node, const ScopePtr& scope) {
  std::string inside;
  Run(node.body, Inner(scope), &inside);
  Value value = Text(std::move(inside));
  if (node.value) value = EvalFilter(*node.value, scope, &value);
  Assign(*node.target, value, scope);
}

void Interpreter::RunWith(const Node& node, const ScopePtr& scope, std::string* out) {
  ScopePtr inner = Inner(scope);
  std::vector<Value> values;
  for (const auto& [target, value] : node.with) values.push_back(Eval(*value, scope));
  for (size_t i = 0; i < values.size(); ++i) Assign(*node.with[i].first, values[i], inner);
  Run(node.body, inner, out);
}

void Interpreter::RunCall(const Node& node, const ScopePtr& scope, std::string* out) {
  Value caller = MakeMacro(node, scope);
  Append(Str(EvalCall(*node.value, scope, &caller)), out);
}

Value Interpreter::MakeMacro(const Node& node, const ScopePtr& scope) {
  // Its own scope and all around it stay until the end of the rendering, in case the macro is called from afar.
  for (ScopePtr s = scope; s && s.use_count() && !s->kept; s = s->parent) {
    if (kept_.size() >= kMaxKeptScopes) LimitReached("the template defines macros in more than 100000 scopes");
    budget_->Hold(kScopeBytes);
    s->kept = true;
    kept_.push_back(s);
  }
  return Value::Of(std::make_shared<MacroObject>(budget_, &node, scope.get()));
}

Value Interpreter::CallMacro(const Node& node, const ScopePtr& closure, const Arguments& arguments) {
  Depth guard(this);
  ScopePtr scope = Inner(closure);
  const auto& names = node.parameters;
  size_t taken = std::min(arguments.positional.size(), names.size());
  for (size_t i = 0; i < taken; ++i) scope->Set(names[i], arguments.positional[i]);
  auto extra = std::make_shared<DictObject>(budget_);
  for (const auto& [name, value] : arguments.named) {
    auto at = std::find(names.begin(), names.end(), name);
    if (at != names.end()) {
      if (static_cast<size_t>(at - names.begin()) < taken) {
        FailWith("macro '" + node.text + "' got multiple values for argument '" + name + "'");
      }
      scope->Set(name, value);
    } else if (name == "caller" && node.uses_caller) {
      scope->Set(name, value);
    } else if (node.uses_kwargs) {
      extra->Set(Text(name), value);
    } else {
      FailWith("macro '" + node.text + "' takes no keyword argument '" + name + "'");
    }
  }
  size_t first_default = names.size() - node.defaults.size();
  for (size_t i = taken; i < names.size(); ++i) {
    if (scope->FindHere(names[i])) continue;
    if (i >= first_default) {
      scope->Set(names[i], Eval(*node.defaults[i - first_default], scope));
    } else {
      scope->Set(names[i], Value::Undefined(budget_, "parameter '" + names[i] + "' was not provided"));
    }
  }
  if (node.uses_caller && !scope->FindHere("caller")) scope->Set("caller", Value::Undefined(budget_, "No caller defined"));
  if (node.uses_kwargs) scope->Set("kwargs", Value::Dict(extra));
  if (node.uses_varargs) {
    scope->Set("varargs", Value::Tuple(budget_, {arguments.positional.begin() + static_cast<ptrdiff_t>(taken), arguments.positional.end()}));
  } else if (arguments.positional.size() > names.size()) {
    FailWith("macro '" + node.text + "' takes not more than " + std::to_string(names.size()) + " argument(s)");
  }
  std::string out;
  Run(node.body, scope, &out);
  return Text(std::move(out));
}

void Interpreter::Assign(const Expr& target, const Value& value, const ScopePtr& scope) {
  switch (target.type) {
    case Expr::Type::kName: scope->Set(target.name, value); return;
    case Expr::Type::kNamespaceRef: {
      Value ns = Lookup(target.name, scope);
      auto* object = ns.Is(Kind::kObject) ? dynamic_cast<Namespace*>(&ns.object()) : nullptr;
      if (!object) FailWith("cannot assign attribute on non-namespace object");
      if (target.operators[0][0] == '_') FailWith("a namespace stores no name that starts with an underscore: '" + target.operators[0] + "'");
      if (object->variables.variables.size() > 10000) LimitReached("a namespace of more than 10000 names");
      object->variables.Set(target.operators[0], value);
      return;
    }
    default: {
      std::vector<Value> items = Items(value);
      size_t want = target.items.size();
      if (items.size() != want) {
        FailWith(items.size() > want
                     ? "too many values to unpack (expected " + std::to_string(want) + ")"
                     : "not enough values to unpack (expected " + std::to_string(want) + ", got " + std::to_string(items.size()) + ")");
      }
      for (size_t i = 0; i < want; ++i) Assign(*target.items[i], items[i], scope);
    }
  }
}

// ---- expressions ----

Value Interpreter::Lookup(std::string_view name, const ScopePtr& scope) {
  for (const Scope* s = scope.get(); s; s = s->parent.get()) {
    budget_->Spend(1);
    if (const Value* found = s->FindHere(name)) return *found;
  }
  return Value::Undefined(budget_, "'" + std::string(name) + "' is undefined");
}

Value Interpreter::Eval(const Expr& e, const ScopePtr& scope) {
  Depth depth(this);
  budget_->Spend(1);
  switch (e.type) {
    case Expr::Type::kConst: return e.constant;
    case Expr::Type::kName:
    case Expr::Type::kNamespaceRef: return Lookup(e.name, scope);
    case Expr::Type::kTuple:
    case Expr::Type::kList:
    case Expr::Type::kDict: return EvalContainer(e, scope);
    case Expr::Type::kCondition:
      if (Eval(*e.items[0], scope).Truth()) return Eval(*e.items[1], scope);
      if (e.items[2]) return Eval(*e.items[2], scope);
      return Value::Undefined(budget_, "the inline if-expression evaluated to false and no else section was defined.");
    case Expr::Type::kAnd: {
      Value left = Eval(*e.items[0], scope);
      return left.Truth() ? Eval(*e.items[1], scope) : left;
    }
    case Expr::Type::kOr: {
      Value left = Eval(*e.items[0], scope);
      return left.Truth() ? left : Eval(*e.items[1], scope);
    }
    case Expr::Type::kNot: return Value::Bool(!Eval(*e.items[0], scope).Truth());
    case Expr::Type::kNegative:
    case Expr::Type::kPositive: return EvalNegative(e, scope);
    case Expr::Type::kBinary: {
      Value left = Eval(*e.items[0], scope);
      return Binary(e.name, left, Eval(*e.items[1], scope));
    }
    case Expr::Type::kConcat: return EvalConcat(e, scope);
    case Expr::Type::kCompare: return EvalCompare(e, scope);
    case Expr::Type::kAttribute: return Attribute(Eval(*e.items[0], scope), e.name);
    case Expr::Type::kItem: return EvalItem(e, scope);
    case Expr::Type::kSlice: FailWith("a slice outside of brackets");
    case Expr::Type::kCall: return EvalCall(e, scope, nullptr);
    case Expr::Type::kFilter: return EvalFilter(e, scope, nullptr);
    case Expr::Type::kTest: return EvalTest(e, scope);
  }
  return {};
}

Value Interpreter::EvalContainer(const Expr& e, const ScopePtr& scope) {
  if (e.type == Expr::Type::kDict) {
    auto dict = std::make_shared<DictObject>(budget_);
    for (size_t i = 0; i + 1 < e.items.size(); i += 2) {
      Value key = Eval(*e.items[i], scope);
      dict->Set(key, Eval(*e.items[i + 1], scope));
    }
    return Value::Dict(std::move(dict));
  }
  std::vector<Value> items;
  items.reserve(e.items.size());
  for (const auto& item : e.items) items.push_back(Eval(*item, scope));
  return MakeList(std::move(items), e.type == Expr::Type::kTuple ? Flavor::kTuple : Flavor::kList);
}

Value Interpreter::EvalConcat(const Expr& e, const ScopePtr& scope) {
  std::string out;
  for (const auto& item : e.items) {
    Value v = Eval(*item, scope);
    if (v.Is(Kind::kString)) {
      Append(v.text(), &out);
    } else {
      Append(Str(v), &out);
    }
  }
  return Text(std::move(out));
}

Value Interpreter::EvalNegative(const Expr& e, const ScopePtr& scope) {
  Value v = Eval(*e.items[0], scope);
  if (v.IsUndefined()) FailWith(v.text());
  bool negative = e.type == Expr::Type::kNegative;
  if (!v.IsNumber()) {
    FailWith(std::string("bad operand type for unary ") + (negative ? "-" : "+") + ": '" + std::string(TypeName(v)) + "'");
  }
  if (v.Is(Kind::kFloat)) return Value::Float(negative ? -v.AsDouble() : v.AsDouble());
  return Value::Integer(negative ? -v.AsInt() : v.AsInt());
}

Value Interpreter::EvalCompare(const Expr& e, const ScopePtr& scope) {
  Value left = Eval(*e.items[0], scope);
  for (size_t i = 0; i < e.operators.size(); ++i) {
    Value right = Eval(*e.items[i + 1], scope);
    const std::string& op = e.operators[i];
    bool holds;
    if (op == "==") {
      holds = Equal(left, right);
    } else if (op == "!=") {
      holds = !Equal(left, right);
    } else if (op == "in") {
      holds = Contains(budget_, right, left);
    } else if (op == "not in") {
      holds = !Contains(budget_, right, left);
    } else {
      int c = Compare(left, right, op);
      holds = op == "<" ? c == -1 : op == ">" ? c == 1 : op == "<=" ? c == -1 || c == 0 : c == 1 || c == 0;
    }
    if (!holds) return Value::Bool(false);
    left = std::move(right);
  }
  return Value::Bool(true);
}

Value Interpreter::Binary(std::string_view op, const Value& a, const Value& b) {
  if (op == "%" && a.Is(Kind::kString)) return Text(PercentFormat(budget_, a.text(), b));
  if (a.IsUndefined()) FailWith(a.text());
  if (b.IsUndefined()) FailWith(b.text());
  if (op == "+") return Add(*this, a, b);
  if (op == "*") return Multiply(*this, a, b);
  return Arithmetic(op, a, b);
}

void Interpreter::TakeArguments(const Expr& e, const ScopePtr& scope, size_t first, Arguments* out) {
  for (size_t i = first; i < e.items.size(); ++i) out->positional.push_back(Eval(*e.items[i], scope));
  for (const auto& [name, value] : e.named) out->named.emplace_back(name, Eval(*value, scope));
  if (e.star) {
    for (Value& v : Items(Eval(*e.star, scope))) out->positional.push_back(std::move(v));
  }
  if (e.double_star) {
    Value all = Eval(*e.double_star, scope);
    if (!all.Is(Kind::kDict)) FailWith("argument after ** must be a mapping, not " + std::string(TypeName(all)));
    for (const auto& [key, value] : all.dict().items) {
      if (!key.Is(Kind::kString)) FailWith("keywords must be strings");
      out->named.emplace_back(key.text(), value);
    }
  }
}

Value Interpreter::EvalCall(const Expr& e, const ScopePtr& scope, const Value* caller) {
  const Expr& callee = *e.items[0];
  Arguments arguments;
  if (callee.type == Expr::Type::kAttribute && !caller) {
    Value self = Eval(*callee.items[0], scope);
    if (HasMethod(self, callee.name)) {
      TakeArguments(e, scope, 1, &arguments);
      return CallMethod(*this, self, callee.name, arguments);
    }
    Value function = Attribute(self, callee.name);
    TakeArguments(e, scope, 1, &arguments);
    return Call(function, arguments);
  }
  Value function = Eval(callee, scope);
  TakeArguments(e, scope, 1, &arguments);
  if (caller) arguments.named.emplace_back("caller", *caller);
  return Call(function, arguments);
}

Value Interpreter::Call(const Value& callee, const Arguments& arguments) {
  Depth depth(this);
  budget_->Spend(2);
  if (callee.IsUndefined()) FailWith(callee.text());
  if (!callee.Is(Kind::kObject)) FailWith("'" + std::string(TypeName(callee)) + "' object is not callable");
  Value keep = callee;
  return keep.object().Call(*this, arguments);
}

Value Interpreter::EvalFilter(const Expr& e, const ScopePtr& scope, const Value* block) {
  Value input = e.items[0] ? (e.items[0]->type == Expr::Type::kFilter && block ? EvalFilter(*e.items[0], scope, block)
                                                                               : Eval(*e.items[0], scope))
                           : *block;
  Arguments arguments;
  TakeArguments(e, scope, 1, &arguments);
  return Filter(e.name, input, arguments);
}

Value Interpreter::Filter(std::string_view name, const Value& input, const Arguments& arguments) {
  budget_->Spend(2);
  FilterBody body = FindFilter(name);
  if (!body) FailWith("No filter named '" + std::string(name) + "'.");
  return body(*this, input, arguments);
}

Value Interpreter::EvalTest(const Expr& e, const ScopePtr& scope) {
  Value input = Eval(*e.items[0], scope);
  Arguments arguments;
  TakeArguments(e, scope, 1, &arguments);
  return Value::Bool(Test(e.name, input, arguments));
}

bool Interpreter::Test(std::string_view name, const Value& input, const Arguments& arguments) {
  budget_->Spend(1);
  TestBody body = FindTest(name);
  if (!body) FailWith("No test named '" + std::string(name) + "'.");
  return body(*this, input, arguments);
}

Value Interpreter::Attribute(const Value& of, std::string_view name) {
  budget_->Spend(1);
  if (of.IsUndefined()) FailWith(of.text());
  if (HasMethod(of, name)) return Value::Of(std::make_shared<BoundMethod>(budget_, of, std::string(name)));
  if (of.Is(Kind::kDict)) {
    if (const Value* found = of.dict().Find(name)) return *found;
  } else if (of.Is(Kind::kObject)) {
    Value out;
    Value keep = of;
    if (keep.object().GetAttribute(*this, name, &out)) return out;
  }
  return Value::Undefined(budget_, "'" + DescribeType(of) + "' has no attribute '" + std::string(name) + "'");
}

Value Interpreter::Item(const Value& of, const Value& key) {
  budget_->Spend(1);
  if (of.IsUndefined()) FailWith(of.text());
  if (of.Is(Kind::kDict)) {
    bool hashable = !key.Is(Kind::kDict) && !(key.Is(Kind::kList) && key.list().flavor == Flavor::kList);
    const Value* found = hashable ? of.dict().Find(key) : nullptr;
    if (found) return *found;
  }
  bool indexed = of.Is(Kind::kString) || (of.Is(Kind::kList) && of.list().flavor <= Flavor::kRange);
  if (indexed && key.IsIntegral()) {
    Int i = key.AsInt(), size = static_cast<Int>(Length(of));
    if (i < 0) i += size;
    if (i >= 0 && i < size) {
      auto at = static_cast<size_t>(i);
      if (of.Is(Kind::kList)) return of.list().items[at];
      budget_->Spend(of.string().ascii() ? 0 : static_cast<int64_t>(at / 16));
      return Text(std::string(SliceChars(of.string(), at, at + 1)));
    }
  }
  if (key.Is(Kind::kString)) return Attribute(of, key.text());
  return Value::Undefined(budget_, "'" + DescribeType(of) + "' has no element " + Repr(budget_, key));
}

Value Interpreter::Path(const Value& of, const Value& path) {
  if (path.IsIntegral()) return Item(of, path);
  if (!path.Is(Kind::kString)) FailWith("an attribute's path must be a text or a number");
  Value at = of;
  std::string_view rest = path.text();
  while (true) {
    size_t dot = rest.find('.');
    std::string_view part = rest.substr(0, dot);
    bool digits = !part.empty() && part.size() < 18 && std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    at = Item(at, digits ? Value::Integer(std::stoll(std::string(part))) : Text(std::string(part)));
    if (dot == rest.npos) return at;
    rest.remove_prefix(dot + 1);
  }
}

Value Interpreter::EvalItem(const Expr& e, const ScopePtr& scope) {
  Value of = Eval(*e.items[0], scope);
  if (e.items[1]->type == Expr::Type::kSlice) return Slice(of, *e.items[1], scope);
  return Item(of, Eval(*e.items[1], scope));
}

Value Interpreter::Slice(const Value& of, const Expr& e, const ScopePtr& scope) {
  if (of.IsUndefined()) FailWith(of.text());
  Value parts[3];
  for (int i = 0; i < 3; ++i) parts[i] = e.items[static_cast<size_t>(i)] ? Eval(*e.items[static_cast<size_t>(i)], scope) : Value::None();
  bool sliceable = of.Is(Kind::kString) || (of.Is(Kind::kList) && of.list().flavor <= Flavor::kRange);
  bool whole = true;
  for (const Value& p : parts) whole = whole && (p.Is(Kind::kNone) || p.IsIntegral());
  if (!sliceable || !whole) return Value::Undefined(budget_, "'" + DescribeType(of) + "' has no such slice");

  const Int size = static_cast<Int>(Length(of));
  const Int step = parts[2].Is(Kind::kNone) ? 1 : parts[2].AsInt();
  if (step == 0) FailWith("slice step cannot be zero");
  auto bound = [&](const Value& v, Int fallback) {
    if (v.Is(Kind::kNone)) return fallback;
    Int i = v.AsInt();
    if (i < 0) i = i < -size ? -1 : i + size;
    if (v.AsInt() < 0 && v.AsInt() < -size) return step < 0 ? static_cast<Int>(-1) : static_cast<Int>(0);
    return std::min(i, step < 0 ? size - 1 : size);
  };
  const Int from = bound(parts[0], step < 0 ? size - 1 : 0);
  const Int to = bound(parts[1], step < 0 ? -1 : size);
  if (of.Is(Kind::kString) && step == 1) {
    if (from >= to) return Text("");
    budget_->Spend(static_cast<int64_t>(size / 64));
    return Text(std::string(SliceChars(of.string(), static_cast<size_t>(from), static_cast<size_t>(to))));
  }
  std::vector<Value> all = Items(of), out;
  Int last = to;
  for (Int i = from; step > 0 ? i < last : i > last;) {
    out.push_back(all[static_cast<size_t>(i)]);
    if (step > size || step < -size) break;
    i += step;
  }
  if (of.Is(Kind::kList)) return MakeList(std::move(out), of.list().flavor);
  std::string text;
  for (const Value& c : out) text += c.text();
  return Text(std::move(text));
}

}  // namespace yun::jinja
