#include "grammar/tool_grammar.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "grammar/compose.h"
#include "text/chat/tool_parameters.h"

namespace yun {
namespace {

namespace json = boost::json;

constexpr int kSchemaDepthMax = 8;                             // of unions and references in a parameter in XML
constexpr char kWhitespace[] = R"([\x20\x0A\x0D\x09]{1,64})";  // between parts of JSON, as in other answers
constexpr char kParameterEnds[] = R"("\n</parameter>")";
constexpr char kNoBracket[] = R"(~/[ \t\r\n]*[\[{](?s:.*)/)";  // what would be read as an object or an array
constexpr char kTerminals[] = R"(
TEXT: /(?s:.*)/ & ~/(?s:.*)(<\/parameter>|<parameter=|<\/function>|<\/tool_call>)(?s:.*)/
VALUE: TEXT "\n</parameter>"
NAME: /[A-Za-z0-9_.\-]{1,64}/
)";

const json::value* Find(const json::value* object, std::string_view key) {
  return object && object->is_object() ? object->get_object().if_contains(key) : nullptr;
}

const json::value* FunctionOf(const json::value& tool) { return Find(&tool, "function"); }

bool IsStrict(const json::value& tool) {
  const auto* strict = Find(FunctionOf(tool), "strict");
  return strict && strict->is_bool() && strict->get_bool();
}

/// A literal of Lark, whose strings are written as JSON's.
std::string Quoted(std::string_view text) { return json::serialize(json::string(text)); }

std::string TextOf(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

/// A schema's pattern, which may match anywhere, as a regular expression of Lark for a whole text.
std::optional<std::string> WholePattern(std::string_view pattern) {
  const bool from_begin = pattern.starts_with('^');
  if (from_begin) pattern.remove_prefix(1);
  std::string out;
  bool to_end = false, alternatives = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size()) {
      out += c;
      out += pattern[++i];
    } else if (c == '$' && i + 1 == pattern.size()) {
      to_end = true;
    } else if (c == '/') {
      out += "\\/";
    } else {
      if (c == '|') alternatives = true;
      out += c;
    }
  }
  if (alternatives && from_begin != to_end) return {};  // of which the anchor holds one only
  if (alternatives && from_begin && !(out.starts_with('(') && out.ends_with(')'))) return {};
  return "/" + std::string(from_begin ? "" : "(?s:.*)") + "(" + out + ")" + (to_end ? "" : "(?s:.*)") + "/";
}

/// Writes a grammar of calls. follow_all: the schemas of tools that are not strict, too.
class Writer {
 public:
  Writer(const ToolConstraint& constraint, bool follow_all)
      : constraint_(constraint), is_xml_(constraint.style == ToolStyle::kXml), follow_all_(follow_all) {}

  Result<std::string> Write(bool many) {
    std::string tools;
    for (const json::value& tool : constraint_.tools) {
      const auto* name = Find(FunctionOf(tool), "name");
      if (!name || !name->is_string() || name->get_string().empty()) continue;
      const std::string_view text = name->get_string();
      tools += (tools.empty() ? "" : " | ") + Rule(is_xml_ ? Xml(tool, text) : Hermes(tool, text));
    }
    if (tools.empty()) return Fail(Code::kInvalidArgument, "no tool has a name");
    if (!refused_.empty()) return Fail(Code::kInvalidArgument, "{}", refused_);
    const std::string start = many ? "start: call (\"\\n\" call)*\n" : "start: call\n";
    return start + "call: \"<tool_call>\\n\" (" + tools + ") \"\\n</tool_call>\"\n" + rules_ +
           (is_xml_ ? kTerminals : "");
  }

 private:
  std::string Rule(const std::string& body) {
    const std::string name = fmt::format("r{}", rules_made_++);
    rules_ += name + ": " + body + "\n";
    return name;
  }
  std::string Json(json::object schema) {
    schema["x-guidance"] = {{"whitespace_pattern", kWhitespace}};
    return Rule("%json " + json::serialize(schema));
  }
  bool Follows(const json::value& tool) const { return follow_all_ || IsStrict(tool); }

  std::string Hermes(const json::value& tool, std::string_view name) {
    const auto* parameters = Find(FunctionOf(tool), "parameters");
    json::object schema{{"type", "object"}};
    if (!parameters) {
      schema["additionalProperties"] = false;
    } else if (Follows(tool) && parameters->is_object()) {
      schema = parameters->get_object();
      if (!schema.contains("type")) schema["type"] = "object";
    }
    return Quoted("{\"name\": " + Quoted(name) + ", \"arguments\": ") + " " + Json(std::move(schema)) + " \"}\"";
  }

  std::string Xml(const json::value& tool, std::string_view name) {
    std::string body = Quoted("<function=" + std::string(name) + ">");
    const auto* parameters = Find(FunctionOf(tool), "parameters");
    const auto* properties = Find(parameters, "properties");
    if (parameters && (!Follows(tool) || !properties || !properties->is_object())) {
      body += " (\"\\n<parameter=\" NAME \">\\n\" VALUE)*";
    } else if (parameters) {
      const auto* required = Find(parameters, "required");
      for (const auto& [key, schema] : properties->get_object()) {
        if (key.empty() || key.size() > OutputReader::kNameBytesMax || key.find_first_of("<>\n") != key.npos)
          refused_ = fmt::format("a parameter cannot be called {} where calls are in XML", Quoted(key.substr(0, 64)));
        const bool must = required && required->is_array() &&
                          std::find(required->get_array().begin(), required->get_array().end(), json::value(key)) !=
                              required->get_array().end();
        const JsonTypes types = ParameterTypes(constraint_.tools, name, key);
        body += " (" + Quoted("\n<parameter=" + std::string(key) + ">\n") + " " + Value(schema, *parameters, types) +
                (must ? ")" : ")?");
      }
    }
    return body + " \"\\n</function>\"";
  }

  /// A parameter's value with the mark that ends it.
  std::string Value(const json::value& schema, const json::value& root, JsonTypes types) {
    const auto as_json = [&](json::object part) {
      for (const char* key : {"$defs", "definitions"})
        if (const auto* definitions = Find(&root, key)) part.emplace(key, *definitions);
      return Json(std::move(part)) + " " + kParameterEnds;
    };
    if (!(types & kJsonString)) return as_json(schema.get_object());
    std::string text = Text(schema, root, 0);
    std::string with_json;
    if (types != kJsonAny && types & (kJsonObject | kJsonArray)) {
      const json::value brackets{{"type", {"object", "array"}}};
      with_json = as_json({{"allOf", {schema, brackets}}}) + " | ";
      text = "(" + text + ") & " + kNoBracket;
    }
    if (text == "TEXT") return "VALUE";
    const std::string terminal = fmt::format("V{}", rules_made_++);
    rules_ += terminal + ": (" + text + ") " + kParameterEnds + "\n";
    return "(" + with_json + terminal + ")";
  }

  /// What a value may look like that is no object and no array.
  std::string Text(const json::value& schema, const json::value& root, int depth) {
    if (depth > kSchemaDepthMax) return "TEXT";
    if (const auto* ref = Find(&schema, "$ref"); ref && ref->is_string()) {
      const std::string_view path = ref->get_string();
      json::error_code ec;
      const auto* target = path.starts_with('#') ? root.find_pointer(path.substr(1), ec) : nullptr;
      return target ? Text(*target, root, depth + 1) : "TEXT";
    }
    std::vector<std::string> choices;
    const auto* values = Find(&schema, "enum");
    if (const auto* value = Find(&schema, "const")) {
      choices.push_back(Quoted(TextOf(*value)));
    } else if (values && values->is_array()) {
      for (const auto& one : values->get_array()) choices.push_back(Quoted(TextOf(one)));
    } else if (const auto* type = Find(&schema, "type")) {
      const auto* types = type->if_array();
      for (const auto& one : types ? *types : json::array{*type}) {
        if (one == "null") choices.push_back("\"null\"");
        if (one == "boolean") choices.push_back("\"true\" | \"false\"");
        if (one == "integer") choices.push_back("/-?(0|[1-9][0-9]*)/");
        if (one == "number") choices.push_back(R"(/-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+\-]?[0-9]+)?/)");
        if (one == "string") choices.push_back(String(schema));
      }
    } else {
      for (const char* word : {"anyOf", "oneOf"}) {
        const auto* parts = Find(&schema, word);
        if (!parts || !parts->is_array()) continue;
        for (const auto& part : parts->get_array()) {
          std::string text = Text(part, root, depth + 1);
          if (!text.empty()) choices.push_back(std::move(text));
        }
      }
      if (choices.empty()) return "TEXT";
    }
    if (choices.size() == 1) return choices[0];
    return choices.empty() ? "" : "(" + fmt::format("{}", fmt::join(choices, " | ")) + ")";
  }

  std::string String(const json::value& schema) {
    std::string text = "TEXT";
    if (const auto* pattern = Find(&schema, "pattern"); pattern && pattern->is_string()) {
      if (const auto whole = WholePattern(pattern->get_string())) {
        text += " & " + *whole;
      } else {
        refused_ = fmt::format("the pattern {} anchors one of its alternatives alone", json::serialize(*pattern));
      }
    }
    const auto length = [&](const char* key) {
      const auto* value = Find(&schema, key);
      return value && value->is_int64() ? fmt::format("{}", value->get_int64()) : "";
    };
    const std::string least = length("minLength"), most = length("maxLength");
    if (!least.empty() || !most.empty()) text += " & /(?s:.{" + (least.empty() ? "0" : least) + "," + most + "})/";
    return text == "TEXT" ? text : "(" + text + ")";
  }

  const ToolConstraint& constraint_;  // borrows
  const bool is_xml_, follow_all_;
  int rules_made_ = 0;
  std::string rules_;
  std::string refused_;  // why a schema cannot be followed
};

Result<std::unique_ptr<engine::Grammar>> CompileCalls(const GrammarCompiler& compiler, const ToolConstraint& constraint,
                                                      bool many) {
  const auto compile = [&](bool follow_all) -> Result<std::unique_ptr<engine::Grammar>> {
    ASSIGN_OR_RETURN(std::string text, Writer(constraint, follow_all).Write(many));
    return compiler.Compile({GrammarKind::kLark, std::move(text)});
  };
  auto grammar = compile(true);
  if (!grammar) grammar = compile(false);
  if (grammar || !AnyStrict(constraint.tools)) return grammar;
  return Fail(Code::kInvalidArgument, "the schema of a strict tool cannot be followed: {}", grammar.error().message);
}

}  // namespace

Result<std::unique_ptr<engine::Grammar>> CompileTools(const GrammarCompiler& compiler,
                                                      std::shared_ptr<const Tokenizer> tokenizer,
                                                      ToolConstraint constraint) {
  if (constraint.style == ToolStyle::kNone)
    return Fail(Code::kUnsupported, "the model's template says nothing of tools: its calls cannot be constrained");
  const bool in_text = !constraint.required && !constraint.answer;
  ASSIGN_OR_RETURN(auto calls, CompileCalls(compiler, constraint, constraint.parallel && !in_text));
  if (constraint.required) return calls;
  if (constraint.answer) {
    std::vector<std::unique_ptr<engine::Grammar>> either;
    either.push_back(std::move(calls));
    either.push_back(std::move(constraint.answer));
    return AnyOf(std::move(either));
  }
  std::vector<MarkedPart> parts;
  const auto add = [&](std::string_view mark, std::string_view before) -> Status {
    auto rest = calls->Clone();
    for (const TokenId id : tokenizer->Encode(before, true)) RETURN_IF_ERROR(rest->Accept(id));
    parts.push_back({std::string(mark), std::move(rest)});
    return {};
  };
  RETURN_IF_ERROR(add("<tool_call>", "<tool_call>"));
  if (constraint.style == ToolStyle::kXml) RETURN_IF_ERROR(add("<function=", "<tool_call>\n<function="));
  return WithinText(std::move(parts), !constraint.parallel, std::move(tokenizer));
}

bool AnyStrict(const json::array& tools) { return std::any_of(tools.begin(), tools.end(), IsStrict); }

}  // namespace yun
