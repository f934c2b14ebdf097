// Values of the template language with Python's meaning: what Jinja2 computes with, accounted and bounded.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace yun::jinja {

/// How a template stops. Never leaves this room: ChatTemplate turns it into an Error.
struct TemplateError : std::runtime_error {
  enum Kind { kSyntax, kRaised, kFailed, kLimit };
  TemplateError(Kind k, std::string text, int at = 0) : std::runtime_error(std::move(text)), kind(k), line(at) {}
  Kind kind;
  int line;  // 0: not known yet
};
[[noreturn]] void FailWith(std::string text);    // kFailed
[[noreturn]] void LimitReached(std::string text);  // kLimit

/// Work and memory of one compilation or rendering.
struct Budget {
  int64_t fuel = 0;          // units of work left
  int64_t memory_bytes = 0;  // bytes that may still be held

  /// errors: throws kLimit
  void Spend(int64_t units) {
    fuel -= units;
    if (fuel < 0) LimitReached("the template does too much work");
  }
  void Hold(int64_t bytes) {
    if (bytes > memory_bytes) LimitReached("the template holds too much memory");
    memory_bytes -= bytes;
  }
  void Release(int64_t bytes) { memory_bytes += bytes; }
};

enum class Kind : uint8_t { kUndefined, kNone, kBool, kInt, kFloat, kString, kList, kDict, kObject };
/// What a list is in Python; it decides how it prints and what may be asked of it.
enum class Flavor : uint8_t { kList, kTuple, kRange, kKeys, kValues, kItems, kGenerator };

struct StringObject;
struct ListObject;
struct DictObject;
class Object;
using Int = __int128;

class Value {
 public:
  Value() = default;
  static Value Undefined(Budget* budget, std::string what);  // `what` is the message an operation on it raises
  static Value None() { return Value(Kind::kNone); }
  static Value Bool(bool b) {
    Value v(Kind::kBool);
    v.int_ = b;
    return v;
  }
  static Value Integer(Int i) {
    Value v(Kind::kInt);
    v.int_ = i;
    return v;
  }
  static Value Float(double d) {
    Value v(Kind::kFloat);
    v.float_ = d;
    return v;
  }
  static Value String(Budget* budget, std::string text);
  static Value List(Budget* budget, std::vector<Value> items, Flavor flavor = Flavor::kList);
  static Value Tuple(Budget* budget, std::vector<Value> items) { return List(budget, std::move(items), Flavor::kTuple); }
  static Value Dict(std::shared_ptr<DictObject> dict);
  static Value Of(std::shared_ptr<Object> object);

  Kind kind() const { return kind_; }
  bool Is(Kind k) const { return kind_ == k; }
  bool IsUndefined() const { return kind_ == Kind::kUndefined; }
  bool IsNumber() const { return kind_ == Kind::kInt || kind_ == Kind::kFloat || kind_ == Kind::kBool; }
  bool IsIntegral() const { return kind_ == Kind::kInt || kind_ == Kind::kBool; }

  Int AsInt() const { return int_; }
  double AsDouble() const { return kind_ == Kind::kFloat ? float_ : static_cast<double>(int_); }
  const StringObject& string() const { return *static_cast<const StringObject*>(pointer_.get()); }
  const std::string& text() const;
  ListObject& list() const { return *static_cast<ListObject*>(pointer_.get()); }
  DictObject& dict() const { return *static_cast<DictObject*>(pointer_.get()); }
  Object& object() const { return *static_cast<Object*>(pointer_.get()); }
  const void* identity() const { return pointer_.get(); }

  /// Python's truth value.
  bool Truth() const;
  /// Nesting of containers in it; 0 for a scalar.
  int depth() const;

 private:
  explicit Value(Kind kind) : kind_(kind) {}
  Kind kind_ = Kind::kUndefined;
  union {
    Int int_ = 0;
    double float_;
  };
  std::shared_ptr<void> pointer_;
};

/// A container or text that gives its bytes back when it goes.
struct Accounted {
  Accounted(Budget* b, int64_t size) : budget(b), bytes(size) { budget->Hold(bytes); }
  ~Accounted() { budget->Release(bytes); }
  Accounted(const Accounted&) = delete;
  Accounted& operator=(const Accounted&) = delete;
  Budget* budget;  // borrows: outlives every value
  int64_t bytes;
};

struct StringObject : Accounted {
  StringObject(Budget* b, std::string t);
  std::string text;  // UTF-8
  size_t chars;      // code points
  bool ascii() const { return chars == text.size(); }
};

struct ListObject : Accounted {
  ListObject(Budget* b, std::vector<Value> v, Flavor f);
  std::vector<Value> items;
  Flavor flavor;
  bool consumed = false;  // a generator gives its items once
  int depth = 1;
};

struct DictObject : Accounted {
  explicit DictObject(Budget* b) : Accounted(b, 64) {}
  /// errors: throws kFailed for a key that Python cannot hash
  void Set(const Value& key, Value value);
  const Value* Find(const Value& key) const;
  const Value* Find(std::string_view key) const;
  std::vector<std::pair<Value, Value>> items;  // in order of insertion
  int depth = 1;

 private:
  std::unordered_multimap<size_t, size_t> index_;  // hash -> place in items
};

class Interpreter;
/// Arguments of a call: positions, then keywords in order.
struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
  /// Takes the argument at `position` or called `name`; undefined Value pointer when absent.
  const Value* Get(size_t position, std::string_view name) const;
  /// errors: throws kFailed when there are more, or others, than these names
  void Expect(std::string_view function, std::initializer_list<std::string_view> names) const;
};

/// Everything else: functions, bound methods, macros, namespaces, loops.
class Object : public Accounted {
 public:
  static constexpr int64_t kBytes = 256;  // about what the largest of them takes, its control block included
  explicit Object(Budget* budget) : Accounted(budget, kBytes) {}
  virtual ~Object() = default;
  virtual std::string Describe() const = 0;  // as Python prints it
  /// An attribute, or nullptr-like undefined when there is none.
  virtual bool GetAttribute(Interpreter&, std::string_view, Value*) { return false; }
  virtual bool callable() const { return false; }
  virtual Value Call(Interpreter&, const Arguments&) { FailWith("'" + Describe() + "' object is not callable"); }
};

// Python's operations. All throw TemplateError.
std::string_view TypeName(const Value& v);
bool Equal(const Value& a, const Value& b);
/// -1, 0, 1; errors: kFailed when Python has no order between the two. NaN compares as 2.
int Compare(const Value& a, const Value& b, std::string_view op);
bool Contains(Budget* budget, const Value& container, const Value& item);
size_t Hash(const Value& v);
/// len(); errors: kFailed when it has none.
size_t Length(const Value& v);
/// The items of an iteration; consumes a generator.
std::vector<Value> Items(Budget* budget, const Value& v);
bool IsIterable(const Value& v);

inline constexpr int kMaxDepth = 200;  // of containers in containers: a destructor recurses as deep

}  // namespace yun::jinja
