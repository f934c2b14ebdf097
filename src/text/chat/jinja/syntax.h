// The tree of a template, and the parser that makes it. The grammar is Jinja2's, blank handling (trim_blocks,
// lstrip_blocks) and the tags `break`, `continue` and `generation` as transformers sets them.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/chat/jinja/value.h"

namespace yun::jinja {

struct Expr;
struct Node;
using ExprPtr = std::unique_ptr<Expr>;
using Body = std::vector<std::unique_ptr<Node>>;

struct Expr {
  enum class Type : uint8_t {
    kConst, kName, kNamespaceRef, kTuple, kList, kDict, kCondition, kAnd, kOr, kNot, kNegative, kPositive, kBinary,
    kConcat, kCompare, kAttribute, kItem, kSlice, kCall, kFilter, kTest,
  };
  Type type;
  int line = 0;
  int depth = 1;
  Value constant;
  std::string name;  // variable, attribute, filter, test, operator
  /// Operands in order; a slice's and a condition's may be null, a filter's first may be null (a block's text).
  /// kDict: key, value, key, value ...
  std::vector<ExprPtr> items;
  std::vector<std::string> operators;                   // kCompare
  std::vector<std::pair<std::string, ExprPtr>> named;   // keyword arguments
  ExprPtr star, double_star;                            // *args, **kwargs
};

struct Node {
  enum class Type : uint8_t {
    kText, kPrint, kFor, kIf, kSet, kSetBlock, kMacro, kCallBlock, kFilterBlock, kWith, kScope, kBreak, kContinue,
  };
  Type type;
  int line = 0;
  std::string text;  // kText: the text; kMacro: its name
  ExprPtr target;    // kFor, kSet, kSetBlock
  ExprPtr value;     // kPrint, kFor (what is iterated), kSet, kCallBlock, kFilterBlock, kSetBlock (a filter or null)
  ExprPtr test;      // kFor
  bool recursive = false;
  std::vector<std::string> parameters;  // kMacro, kCallBlock
  std::vector<ExprPtr> defaults;        // of the last parameters
  bool uses_caller = false, uses_varargs = false, uses_kwargs = false;
  std::vector<std::pair<ExprPtr, Body>> branches;  // kIf: test and body; kWith: targets are in `with`
  std::vector<std::pair<ExprPtr, ExprPtr>> with;
  Body body, otherwise;
};

inline constexpr int kMaxNesting = 100;          // of brackets and of statements
inline constexpr int kMaxExpressionDepth = 250;  // of an expression's tree: an evaluation recurses as deep

/// errors: throws kSyntax with the line, kLimit for nesting
Body Parse(std::string_view source, Budget* budget);

}  // namespace yun::jinja
