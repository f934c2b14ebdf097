#include "text/chat/jinja/syntax.h"

#include <algorithm>
#include <cstdlib>

#include "text/chat/jinja/lexer.h"

namespace yun::jinja {
namespace {

using Names = std::initializer_list<std::string_view>;

class Parser {
 public:
  Parser(std::vector<Token> tokens, Budget* budget) : tokens_(std::move(tokens)), budget_(budget) {}

  Body Run() { return Statements({}); }

 private:
  // Counts recursion: one for each bracket or statement inside another.
  class Level {
   public:
    explicit Level(Parser* p) : parser_(p) {
      if (++parser_->level_ > kMaxNesting) LimitReached("the template nests deeper than 100, at line " + std::to_string(p->Now().line));
    }
    ~Level() { --parser_->level_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Parser* parser_;  // borrows
  };

  const Token& Now() const { return tokens_[at_]; }
  const Token& Ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  const Token& Next() {
    const Token& t = tokens_[at_];
    if (at_ + 1 < tokens_.size()) ++at_;
    return t;
  }
  [[noreturn]] void Fail(std::string text, int line = 0) const {
    throw TemplateError(TemplateError::kSyntax, std::move(text), line ? line : Now().line);
  }
  static std::string Show(const Token& t) {
    switch (t.type) {
      case Token::kData: return "template text";
      case Token::kPrintBegin: return "'{{'";
      case Token::kPrintEnd: return "'}}'";
      case Token::kBlockBegin: return "'{%'";
      case Token::kBlockEnd: return "'%}'";
      case Token::kEnd: return "end of template";
      case Token::kString: return "a text";
      default: return "'" + t.text + "'";
    }
  }
  bool SkipOp(std::string_view op) {
    if (!Now().Is(op)) return false;
    Next();
    return true;
  }
  bool SkipName(std::string_view name) {
    if (!Now().IsName(name)) return false;
    Next();
    return true;
  }
  void ExpectOp(std::string_view op) {
    if (!SkipOp(op)) Fail("expected '" + std::string(op) + "', got " + Show(Now()));
  }
  void Expect(Token::Type type, std::string_view what) {
    if (Now().type != type) Fail("expected " + std::string(what) + ", got " + Show(Now()));
    Next();
  }
  std::string ExpectName() {
    if (Now().type != Token::kName) Fail("expected a name, got " + Show(Now()));
    return Next().text;
  }
  bool AtAnyName(Names names) const {
    return Now().type == Token::kName && std::find(names.begin(), names.end(), Now().text) != names.end();
  }

  // ---- statements ----

  Body Statements(Names ends) {
    Level level(this);
    Body body;
    while (true) {
      const Token& t = Now();
      if (t.type == Token::kEnd) {
        if (ends.size()) Fail("unexpected end of template, expected '" + std::string(*(ends.end() - 1)) + "'");
        return body;
      }
      if (t.type == Token::kData) {
        auto node = Make(Node::Type::kText);
        node->text = Next().text;
        body.push_back(std::move(node));
      } else if (t.type == Token::kPrintBegin) {
        auto node = Make(Node::Type::kPrint);
        Next();
        node->value = TupleOf(false, true, {}, false);
        Expect(Token::kPrintEnd, "'}}'");
        body.push_back(std::move(node));
      } else if (t.type == Token::kBlockBegin) {
        Next();
        if (ends.size() && AtAnyName(ends)) return body;
        Statement(&body);
        Expect(Token::kBlockEnd, "'%}'");
      } else {
        Fail("unexpected " + Show(t));
      }
    }
  }

  std::unique_ptr<Node> Make(Node::Type type) {
    constexpr int64_t kNodeBytes = sizeof(Node) + 64;
    budget_->Spend(1);
    budget_->Hold(kNodeBytes);
    auto node = std::make_unique<Node>();
    node->type = type;
    node->line = Now().line;
    return node;
  }

  /// The body of a tag, up to one of `ends`; the end's name is taken when `drop`.
  Body Inside(Names ends, bool drop) {
    SkipOp(":");
    Expect(Token::kBlockEnd, "'%}'");
    Body body = Statements(ends);
    if (drop) Next();
    return body;
  }

  void Statement(Body* out) {
    if (Now().type != Token::kName) Fail("tag name expected, got " + Show(Now()));
    const std::string& name = Now().text;
    if (name == "for") {
      out->push_back(For());
    } else if (name == "if") {
      out->push_back(If());
    } else if (name == "set") {
      out->push_back(Set());
    } else if (name == "macro") {
      out->push_back(Macro());
    } else if (name == "call") {
      out->push_back(CallBlock());
    } else if (name == "filter") {
      auto node = Make(Node::Type::kFilterBlock);
      Next();
      node->value = Filters(nullptr, true);
      node->body = Inside({"endfilter"}, true);
      out->push_back(std::move(node));
    } else if (name == "with") {
      out->push_back(With());
    } else if (name == "generation") {
      // transformers marks the assistant's own text with it; the text itself is printed as it is.
      auto node = Make(Node::Type::kScope);
      Next();
      int loops = std::exchange(loops_, 0);
      node->body = Inside({"endgeneration"}, true);
      loops_ = loops;
      out->push_back(std::move(node));
    } else if (name == "block") {
      auto node = Make(Node::Type::kScope);
      Next();
      node->text = ExpectName();
      while (AtAnyName({"scoped", "required"})) Next();
      int loops = std::exchange(loops_, 0);
      node->body = Inside({"endblock"}, true);
      loops_ = loops;
      SkipName(node->text);
      out->push_back(std::move(node));
    } else if (name == "print") {
      auto line = Now().line;
      Next();
      for (bool first = true; Now().type != Token::kBlockEnd; first = false) {
        if (!first) ExpectOp(",");
        auto node = Make(Node::Type::kPrint);
        node->line = line;
        node->value = Expression();
        out->push_back(std::move(node));
      }
    } else if (name == "break" || name == "continue") {
      if (!loops_) Fail("'" + name + "' outside of a loop");
      auto node = Make(name == "break" ? Node::Type::kBreak : Node::Type::kContinue);
      Next();
      out->push_back(std::move(node));
    } else if (name == "include" || name == "import" || name == "from" || name == "extends" || name == "autoescape") {
      Fail("the tag '" + name + "' has no place in a chat template");
    } else {
      Fail("Encountered unknown tag '" + name + "'.");
    }
  }

  std::unique_ptr<Node> For() {
    auto node = Make(Node::Type::kFor);
    Next();
    node->target = Target(true, {"in"}, false);
    if (!SkipName("in")) Fail("expected 'in', got " + Show(Now()));
    node->value = TupleOf(false, false, {"recursive"}, false);
    if (SkipName("if")) node->test = Expression();
    node->recursive = SkipName("recursive");
    ++loops_;
    node->body = Inside({"endfor", "else"}, false);
    --loops_;
    if (Next().text == "else") node->otherwise = Inside({"endfor"}, true);
    return node;
  }

  std::unique_ptr<Node> If() {
    auto node = Make(Node::Type::kIf);
    Next();
    while (true) {
      ExprPtr test = TupleOf(false, false, {}, false);
      Body body = Inside({"elif", "else", "endif"}, false);
      node->branches.emplace_back(std::move(test), std::move(body));
      const std::string& end = Next().text;
      if (end == "elif") continue;
      if (end == "else") node->otherwise = Inside({"endif"}, true);
      return node;
    }
  }

  std::unique_ptr<Node> Set() {
    auto node = Make(Node::Type::kSet);
    Next();
    node->target = Target(true, {}, true);
    if (SkipOp("=")) {
      node->value = TupleOf(false, true, {}, false);
      return node;
    }
    node->type = Node::Type::kSetBlock;
    if (Now().Is("|")) node->value = Filters(nullptr, false);
    node->body = Inside({"endset"}, true);
    return node;
  }

  void Signature(Node* node) {
    ExpectOp("(");
    while (!Now().Is(")")) {
      if (!node->parameters.empty()) ExpectOp(",");
      node->parameters.push_back(ExpectName());
      if (SkipOp("=")) {
        node->defaults.push_back(Expression());
      } else if (!node->defaults.empty()) {
        Fail("non-default argument follows default argument");
      }
    }
    ExpectOp(")");
  }

  void MacroBody(Node* node, std::string_view end) {
    int loops = std::exchange(loops_, 0);
    bool caller = std::exchange(caller_, false), varargs = std::exchange(varargs_, false), kwargs = std::exchange(kwargs_, false);
    node->body = Inside({end}, true);
    node->uses_caller = std::exchange(caller_, caller);
    node->uses_varargs = std::exchange(varargs_, varargs);
    node->uses_kwargs = std::exchange(kwargs_, kwargs);
    loops_ = loops;
  }

  std::unique_ptr<Node> Macro() {
    auto node = Make(Node::Type::kMacro);
    Next();
    node->text = ExpectName();
    Signature(node.get());
    MacroBody(node.get(), "endmacro");
    return node;
  }

  std::unique_ptr<Node> CallBlock() {
    auto node = Make(Node::Type::kCallBlock);
    Next();
    if (Now().Is("(")) Signature(node.get());
    node->value = Expression();
    if (node->value->type != Expr::Type::kCall) Fail("expected call");
    MacroBody(node.get(), "endcall");
    return node;
  }

  std::unique_ptr<Node> With() {
    auto node = Make(Node::Type::kWith);
    Next();
    while (Now().type != Token::kBlockEnd) {
      if (!node->with.empty()) ExpectOp(",");
      ExprPtr target = Target(true, {}, false);
      ExpectOp("=");
      node->with.emplace_back(std::move(target), Expression());
    }
    node->body = Inside({"endwith"}, true);
    return node;
  }

  ExprPtr Target(bool tuple, Names ends, bool with_namespace) {
    ExprPtr target = tuple ? TupleOf(true, true, ends, false, with_namespace) : Primary(with_namespace);
    CheckTarget(*target);
    return target;
  }

  void CheckTarget(const Expr& e) const {
    switch (e.type) {
      case Expr::Type::kName:
      case Expr::Type::kNamespaceRef: return;
      case Expr::Type::kTuple:
        for (const auto& item : e.items) CheckTarget(*item);
        return;
      default: Fail("can't assign to this expression", e.line);
    }
  }

  // ---- expressions ----

  ExprPtr New(Expr::Type type, int line) {
    constexpr int64_t kExprBytes = sizeof(Expr) + 48;
    budget_->Spend(1);
    budget_->Hold(kExprBytes);
    auto e = std::make_unique<Expr>();
    e->type = type;
    e->line = line;
    return e;
  }
  ExprPtr Deepen(ExprPtr e) const {
    auto take = [&](const ExprPtr& child) {
      if (child) e->depth = std::max(e->depth, child->depth + 1);
    };
    for (const auto& item : e->items) take(item);
    for (const auto& [name, item] : e->named) take(item);
    take(e->star);
    take(e->double_star);
    if (e->depth > kMaxExpressionDepth) LimitReached("an expression nests deeper than 250, at line " + std::to_string(e->line));
    return e;
  }
  ExprPtr Two(Expr::Type type, std::string op, ExprPtr a, ExprPtr b, int line) {
    ExprPtr e = New(type, line);
    e->name = std::move(op);
    e->items.push_back(std::move(a));
    e->items.push_back(std::move(b));
    return Deepen(std::move(e));
  }
  ExprPtr One(Expr::Type type, ExprPtr a, int line) {
    ExprPtr e = New(type, line);
    e->items.push_back(std::move(a));
    return Deepen(std::move(e));
  }

  ExprPtr TupleOf(bool simplified, bool with_condition, Names ends, bool parenthesised, bool with_namespace = false) {
    int line = Now().line;
    std::vector<ExprPtr> items;
    bool tuple = false;
    while (true) {
      if (!items.empty()) ExpectOp(",");
      if (Now().type == Token::kPrintEnd || Now().type == Token::kBlockEnd || Now().Is(")") || AtAnyName(ends)) break;
      items.push_back(simplified ? Primary(with_namespace) : Expression(with_condition));
      if (!Now().Is(",")) break;
      tuple = true;
    }
    if (!tuple) {
      if (!items.empty()) return std::move(items[0]);
      if (!parenthesised) Fail("Expected an expression, got " + Show(Now()));
    }
    ExprPtr e = New(Expr::Type::kTuple, line);
    e->items = std::move(items);
    return Deepen(std::move(e));
  }

  ExprPtr Expression(bool with_condition = true) {
    Level level(this);
    if (!with_condition) return Or();
    int line = Now().line;
    ExprPtr value = Or();
    while (SkipName("if")) {
      ExprPtr e = New(Expr::Type::kCondition, line);
      e->items.push_back(Or());
      e->items.push_back(std::move(value));
      e->items.push_back(SkipName("else") ? Expression() : nullptr);
      value = Deepen(std::move(e));
    }
    return value;
  }

  ExprPtr Or() {
    int line = Now().line;
    ExprPtr left = And();
    while (SkipName("or")) left = Two(Expr::Type::kOr, "", std::move(left), And(), line);
    return left;
  }
  ExprPtr And() {
    int line = Now().line;
    ExprPtr left = Not();
    while (SkipName("and")) left = Two(Expr::Type::kAnd, "", std::move(left), Not(), line);
    return left;
  }
  ExprPtr Not() {
    if (!Now().IsName("not")) return Comparison();
    Level level(this);
    int line = Next().line;
    return One(Expr::Type::kNot, Not(), line);
  }

  ExprPtr Comparison() {
    int line = Now().line;
    ExprPtr first = Sum();
    ExprPtr e;
    while (true) {
      std::string op;
      if (Now().type == Token::kOperator &&
          (Now().text == "==" || Now().text == "!=" || Now().text == "<" || Now().text == ">" || Now().text == "<=" || Now().text == ">=")) {
        op = Next().text;
      } else if (SkipName("in")) {
        op = "in";
      } else if (Now().IsName("not") && Ahead().IsName("in")) {
        Next();
        Next();
        op = "not in";
      } else {
        break;
      }
      if (!e) {
        e = New(Expr::Type::kCompare, line);
        e->items.push_back(std::move(first));
      }
      e->operators.push_back(std::move(op));
      e->items.push_back(Sum());
    }
    return e ? Deepen(std::move(e)) : std::move(first);
  }

  ExprPtr Sum() {
    int line = Now().line;
    ExprPtr left = Concat();
    while (Now().Is("+") || Now().Is("-")) {
      std::string op = Next().text;
      left = Two(Expr::Type::kBinary, op, std::move(left), Concat(), line);
    }
    return left;
  }
  ExprPtr Concat() {
    int line = Now().line;
    ExprPtr first = Product();
    if (!Now().Is("~")) return first;
    ExprPtr e = New(Expr::Type::kConcat, line);
    e->items.push_back(std::move(first));
    while (SkipOp("~")) e->items.push_back(Product());
    return Deepen(std::move(e));
  }
  ExprPtr Product() {
    int line = Now().line;
    ExprPtr left = Power();
    while (Now().Is("*") || Now().Is("/") || Now().Is("//") || Now().Is("%")) {
      std::string op = Next().text;
      left = Two(Expr::Type::kBinary, op, std::move(left), Power(), line);
    }
    return left;
  }
  ExprPtr Power() {
    int line = Now().line;
    ExprPtr left = Unary(true);
    while (Now().Is("**")) {
      Next();
      left = Two(Expr::Type::kBinary, "**", std::move(left), Unary(true), line);
    }
    return left;
  }

  ExprPtr Unary(bool with_filter) {
    Level level(this);
    int line = Now().line;
    ExprPtr e;
    if (SkipOp("-")) {
      e = One(Expr::Type::kNegative, Unary(false), line);
    } else if (SkipOp("+")) {
      e = One(Expr::Type::kPositive, Unary(false), line);
    } else {
      e = Primary(false);
    }
    e = Postfix(std::move(e));
    return with_filter ? FilterOrTest(std::move(e)) : std::move(e);
  }

  Value Text(std::string text) { return Value::String(budget_, std::move(text)); }

  ExprPtr Constant(Value v, int line) {
    ExprPtr e = New(Expr::Type::kConst, line);
    e->constant = std::move(v);
    return e;
  }

  Value Number(const Token& t) const {
    if (t.type == Token::kFloat) return Value::Float(std::strtod(t.text.c_str(), nullptr));
    std::string_view digits = t.text;
    int base = 10;
    if (digits.size() > 2 && digits[0] == '0') {
      char marker = static_cast<char>(digits[1] | 32);
      base = marker == 'x' ? 16 : marker == 'o' ? 8 : marker == 'b' ? 2 : 10;
      if (base != 10) digits.remove_prefix(2);
    }
    Int value = 0;
    for (char c : digits) {
      int digit = c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
      if (__builtin_mul_overflow(value, static_cast<Int>(base), &value) ||
          __builtin_add_overflow(value, static_cast<Int>(digit), &value)) {
        Fail("a number of more than 127 bits", t.line);
      }
    }
    return Value::Integer(value);
  }

  ExprPtr Primary(bool with_namespace) {
    const Token& t = Now();
    switch (t.type) {
      case Token::kName: {
        Next();
        if (t.text == "true" || t.text == "True") return Constant(Value::Bool(true), t.line);
        if (t.text == "false" || t.text == "False") return Constant(Value::Bool(false), t.line);
        if (t.text == "none" || t.text == "None") return Constant(Value::None(), t.line);
        ExprPtr e = New(Expr::Type::kName, t.line);
        e->name = t.text;
        if (with_namespace && SkipOp(".")) {
          e->type = Expr::Type::kNamespaceRef;
          e->operators.push_back(ExpectName());
        }
        if (t.text == "caller") caller_ = true;
        if (t.text == "varargs") varargs_ = true;
        if (t.text == "kwargs") kwargs_ = true;
        return e;
      }
      case Token::kString: {
        std::string text;
        int line = t.line;
        while (Now().type == Token::kString) text += Next().text;
        return Constant(Text(std::move(text)), line);
      }
      case Token::kInteger:
      case Token::kFloat: Next(); return Constant(Number(t), t.line);
      default: break;
    }
    Level level(this);
    int line = t.line;
    if (SkipOp("(")) {
      ExprPtr e = TupleOf(false, true, {}, true);
      ExpectOp(")");
      return e;
    }
    if (SkipOp("[")) {
      ExprPtr e = New(Expr::Type::kList, line);
      while (!Now().Is("]")) {
        if (!e->items.empty()) ExpectOp(",");
        if (Now().Is("]")) break;
        e->items.push_back(Expression());
      }
      ExpectOp("]");
      return Deepen(std::move(e));
    }
    if (SkipOp("{")) {
      ExprPtr e = New(Expr::Type::kDict, line);
      while (!Now().Is("}")) {
        if (!e->items.empty()) ExpectOp(",");
        if (Now().Is("}")) break;
        e->items.push_back(Expression());
        ExpectOp(":");
        e->items.push_back(Expression());
      }
      ExpectOp("}");
      return Deepen(std::move(e));
    }
    Fail("unexpected " + Show(t));
  }

  ExprPtr Postfix(ExprPtr e) {
    while (true) {
      if (Now().Is(".") || Now().Is("[")) {
        e = Subscript(std::move(e));
      } else if (Now().Is("(")) {
        e = Call(std::move(e));
      } else {
        return e;
      }
    }
  }

  ExprPtr FilterOrTest(ExprPtr e) {
    while (true) {
      if (Now().Is("|")) {
        e = Filters(std::move(e), false);
      } else if (Now().IsName("is")) {
        e = Test(std::move(e));
      } else if (Now().Is("(")) {
        e = Call(std::move(e));
      } else {
        return e;
      }
    }
  }

  ExprPtr Subscript(ExprPtr of) {
    int line = Now().line;
    if (SkipOp(".")) {
      const Token& t = Next();
      if (t.type == Token::kName) {
        ExprPtr e = One(Expr::Type::kAttribute, std::move(of), line);
        e->name = t.text;
        e->constant = Text(t.text);
        return e;
      }
      if (t.type != Token::kInteger) Fail("expected name or number", t.line);
      return Two(Expr::Type::kItem, "", std::move(of), Constant(Number(t), t.line), line);
    }
    ExpectOp("[");
    std::vector<ExprPtr> places;
    while (!Now().Is("]")) {
      if (!places.empty()) ExpectOp(",");
      places.push_back(Place());
    }
    ExpectOp("]");
    if (places.size() == 1) return Two(Expr::Type::kItem, "", std::move(of), std::move(places[0]), line);
    ExprPtr tuple = New(Expr::Type::kTuple, line);
    tuple->items = std::move(places);
    return Two(Expr::Type::kItem, "", std::move(of), Deepen(std::move(tuple)), line);
  }

  // One index, or start:stop:step with any of them left out.
  ExprPtr Place() {
    int line = Now().line;
    std::vector<ExprPtr> parts;
    if (SkipOp(":")) {
      parts.push_back(nullptr);
    } else {
      ExprPtr e = Expression();
      if (!SkipOp(":")) return e;
      parts.push_back(std::move(e));
    }
    auto ends = [&] { return Now().Is("]") || Now().Is(","); };
    parts.push_back(Now().Is(":") || ends() ? nullptr : Expression());
    parts.push_back(SkipOp(":") && !ends() ? Expression() : nullptr);
    ExprPtr e = New(Expr::Type::kSlice, line);
    e->items = std::move(parts);
    return Deepen(std::move(e));
  }

  void CallArguments(Expr* e) {
    Level level(this);
    int line = Now().line;
    ExpectOp("(");
    bool first = true;
    auto ensure = [&](bool ok) {
      if (!ok) Fail("invalid syntax for function call expression", line);
    };
    while (!Now().Is(")")) {
      if (!first) {
        ExpectOp(",");
        if (Now().Is(")")) break;
      }
      first = false;
      if (SkipOp("*")) {
        ensure(!e->star && !e->double_star);
        e->star = Expression();
      } else if (SkipOp("**")) {
        ensure(!e->double_star);
        e->double_star = Expression();
      } else if (Now().type == Token::kName && Ahead().Is("=")) {
        ensure(!e->double_star);
        std::string key = Next().text;
        Next();
        e->named.emplace_back(std::move(key), Expression());
      } else {
        ensure(!e->star && !e->double_star && e->named.empty());
        e->items.push_back(Expression());
      }
    }
    ExpectOp(")");
  }

  ExprPtr Call(ExprPtr of) {
    ExprPtr e = One(Expr::Type::kCall, std::move(of), Now().line);
    CallArguments(e.get());
    return Deepen(std::move(e));
  }

  std::string DottedName() {
    std::string name = ExpectName();
    while (SkipOp(".")) name += "." + ExpectName();
    return name;
  }

  ExprPtr Filters(ExprPtr of, bool start) {
    while (start || Now().Is("|")) {
      if (!start) Next();
      start = false;
      int line = Now().line;
      ExprPtr e = One(Expr::Type::kFilter, std::move(of), line);
      e->name = DottedName();
      if (Now().Is("(")) CallArguments(e.get());
      of = Deepen(std::move(e));
    }
    return of;
  }

  ExprPtr Test(ExprPtr of) {
    int line = Next().line;
    bool negated = SkipName("not");
    ExprPtr e = One(Expr::Type::kTest, std::move(of), line);
    e->name = DottedName();
    const Token& t = Now();
    if (t.Is("(")) {
      CallArguments(e.get());
    } else if ((t.type == Token::kName || t.type == Token::kString || t.type == Token::kInteger || t.type == Token::kFloat ||
                t.Is("[") || t.Is("{")) &&
               !AtAnyName({"else", "or", "and"})) {
      if (t.IsName("is")) Fail("You cannot chain multiple tests with is");
      e->items.push_back(Postfix(Primary(false)));
    }
    e = Deepen(std::move(e));
    return negated ? One(Expr::Type::kNot, std::move(e), line) : std::move(e);
  }

  std::vector<Token> tokens_;
  Budget* budget_;  // borrows
  size_t at_ = 0;
  int level_ = 0;
  int loops_ = 0;
  bool caller_ = false, varargs_ = false, kwargs_ = false;
};

}  // namespace

Body Parse(std::string_view source, Budget* budget) { return Parser(Tokenize(source, budget), budget).Run(); }

}  // namespace yun::jinja
