#include "text/chat/template.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "text/chat/jinja/interpreter.h"
#include "text/chat/jinja/syntax.h"

namespace yun {
namespace {

using jinja::Budget;
using jinja::DictObject;
using jinja::Kind;
using jinja::TemplateError;
using jinja::Value;

constexpr size_t kSourceBytesMax = 1 << 20;               // of a template; the longest known are of some 20 kB
constexpr size_t kOutputBytesMax = 64 << 20;              // of a rendered prompt
constexpr int64_t kCompileFuel = 16 << 20;                // tokens and nodes
constexpr int64_t kCompileMemoryBytes = int64_t{1} << 30; // of a template of the largest size
constexpr int64_t kRenderFuel = 30'000'000;               // some thousand times a long conversation; under a second
constexpr int64_t kRenderMemoryBytes = 256 << 20;         // held by the values of one rendering
constexpr int kInputDepthMax = 150;                       // of nesting in messages and tools

/// JSON as the template sees it.
Value FromJson(Budget* budget, const boost::json::value& v, int depth) {
  if (depth > kInputDepthMax) jinja::LimitReached("the messages nest deeper than 150");
  switch (v.kind()) {
    case boost::json::kind::null: return Value::None();
    case boost::json::kind::bool_: return Value::Bool(v.get_bool());
    case boost::json::kind::int64: return Value::Integer(v.get_int64());
    case boost::json::kind::uint64: return Value::Integer(v.get_uint64());
    case boost::json::kind::double_: return Value::Float(v.get_double());
    case boost::json::kind::string: return Value::String(budget, std::string(v.get_string()));
    case boost::json::kind::array: {
      std::vector<Value> items;
      items.reserve(v.get_array().size());
      for (const auto& item : v.get_array()) items.push_back(FromJson(budget, item, depth + 1));
      return Value::List(budget, std::move(items));
    }
    case boost::json::kind::object: {
      auto dict = std::make_shared<DictObject>(budget);
      for (const auto& [key, value] : v.get_object()) {
        dict->Set(Value::String(budget, std::string(key)), FromJson(budget, value, depth + 1));
      }
      return Value::Dict(std::move(dict));
    }
  }
  return {};
}

/// A message as transformers hands it to a template: keys that are null are left out (clients send `content: null`
/// beside tool calls), and reasoning, known by three names, is there under the two that templates read.
Value MessageValue(Budget* budget, const boost::json::value& message, int depth) {
  if (!message.is_object()) jinja::FailWith("a message must be an object, not " + std::string(to_string(message.kind())));
  const auto& object = message.get_object();
  const boost::json::value* reasoning = nullptr;
  for (const char* name : {"reasoning_content", "thinking", "reasoning"}) {
    auto it = object.find(name);
    if (it != object.end() && !it->value().is_null()) {
      reasoning = &it->value();
      break;
    }
  }
  auto dict = std::make_shared<DictObject>(budget);
  auto set = [&](std::string_view key, const boost::json::value& value) {
    dict->Set(Value::String(budget, std::string(key)), FromJson(budget, value, depth + 1));
  };
  if (reasoning) set("thinking", *reasoning);
  for (const auto& [key, value] : object) {
    if (!value.is_null()) set(key, value);
  }
  if (reasoning) set("reasoning_content", *reasoning);
  return Value::Dict(std::move(dict));
}

tl::unexpected<Error> ToError(const TemplateError& e) {
  switch (e.kind) {
    case TemplateError::kRaised: return Fail(Code::kInvalidArgument, "{}", e.what());
    case TemplateError::kSyntax: return Fail(Code::kCorrupt, "chat template, line {}: {}", e.line, e.what());
    case TemplateError::kLimit:
      if (e.line) return Fail(Code::kTooLarge, "chat template, line {}: {}", e.line, e.what());
      return Fail(Code::kTooLarge, "chat template: {}", e.what());
    case TemplateError::kFailed: break;
  }
  if (!e.line) return Fail(Code::kInvalidArgument, "chat template: {}", e.what());
  return Fail(Code::kInvalidArgument, "chat template, line {}: {}", e.line, e.what());
}

class JinjaTemplate final : public ChatTemplate {
 public:
  Status Compile(std::string_view source) {
    if (source.size() > kSourceBytesMax) {
      return Fail(Code::kTooLarge, "chat template of {} bytes: at most {} are read", source.size(), kSourceBytesMax);
    }
    try {
      body_ = jinja::Parse(source, &budget_);
    } catch (const TemplateError& e) {
      return ToError(e);
    } catch (const std::bad_alloc&) {
      return Fail(Code::kNoMemory, "chat template: no memory to compile it");
    }
    return {};
  }

  Result<std::string> Render(const boost::json::array& messages, const boost::json::array& tools,
                             const RenderOptions& options) const override {
    Budget budget{kRenderFuel, kRenderMemoryBytes};
    try {
      std::vector<std::pair<std::string, Value>> variables;
      std::vector<Value> list;
      for (const auto& message : messages) list.push_back(MessageValue(&budget, message, 1));
      variables.emplace_back("messages", Value::List(&budget, std::move(list)));
      variables.emplace_back("tools", tools.empty() ? Value::None() : FromJson(&budget, tools, 0));
      variables.emplace_back("documents", Value::None());
      variables.emplace_back("add_generation_prompt", Value::Bool(options.add_generation_prompt));
      if (!options.bos_token.empty()) variables.emplace_back("bos_token", Value::String(&budget, options.bos_token));
      if (!options.eos_token.empty()) variables.emplace_back("eos_token", Value::String(&budget, options.eos_token));
      for (const auto& [key, value] : options.variables) {
        std::erase_if(variables, [&, k = std::string_view(key)](const auto& v) { return v.first == k; });
        variables.emplace_back(std::string(key), FromJson(&budget, value, 1));
      }
      jinja::Interpreter interpreter(&budget, kOutputBytesMax);
      return interpreter.Render(body_, std::move(variables));
    } catch (const TemplateError& e) {
      return ToError(e);
    } catch (const std::bad_alloc&) {
      return Fail(Code::kNoMemory, "chat template: no memory to render it");
    }
  }

 private:
  Budget budget_{kCompileFuel, kCompileMemoryBytes};  // first: the constants in the tree refer to it
  jinja::Body body_;
};

}  // namespace

Result<std::unique_ptr<ChatTemplate>> ChatTemplate::Create(std::string_view source) {
  auto out = std::make_unique<JinjaTemplate>();
  RETURN_IF_ERROR(out->Compile(source));
  return std::unique_ptr<ChatTemplate>(std::move(out));
}

}  // namespace yun
