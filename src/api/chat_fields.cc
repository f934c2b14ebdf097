#include "api/chat_fields.h"

namespace yun::api {
namespace {

namespace json = boost::json;

/// Takes the one constraint of a request; a second one is an error.
void Constrain(Fields& fields, Generation& out, std::string param, ConstraintKind kind, std::string text) {
  if (out.constraint.kind != ConstraintKind::kNone)
    return fields.Fail(param, "invalid_value", "'{}' and '{}' cannot be given together.", out.constraint.param, param);
  out.constraint = {kind, std::move(text), std::move(param)};
}

/// A schema as an object or, as vLLM takes it, as its text.
void ReadSchema(Fields& fields, Generation& out, const std::string& param, const json::value& schema) {
  if (schema.is_string())
    return Constrain(fields, out, param, ConstraintKind::kJsonSchema, std::string(schema.get_string()));
  if (!schema.is_object()) return fields.FailType(param, "a JSON schema (an object)", schema);
  Constrain(fields, out, param, ConstraintKind::kJsonSchema, json::serialize(schema));
}

void ReadText(Fields& fields, Generation& out, const std::string& param, ConstraintKind kind, const json::value& text) {
  if (!text.is_string()) return fields.FailType(param, "a string", text);
  Constrain(fields, out, param, kind, std::string(text.get_string()));
}

void ReadChoice(Fields& fields, Generation& out, const std::string& param, const json::value& choices) {
  if (!choices.is_array()) return fields.FailType(param, "an array of strings", choices);
  if (choices.get_array().empty() || choices.get_array().size() > kAnswerChoicesMax)
    return fields.Fail(param, "invalid_value", "Invalid '{}': it must have 1 to {} strings; got {}.", param,
                       kAnswerChoicesMax, choices.get_array().size());
  for (const json::value& choice : choices.get_array()) {
    if (!choice.is_string()) return fields.FailType(param, "an array of strings", choice);
    if (choice.get_string().empty())
      return fields.Fail(param, "invalid_value", "Invalid '{}': a choice must not be empty.", param);
  }
  Constrain(fields, out, param, ConstraintKind::kChoice, json::serialize(choices));
}

/// Checks an assistant's `tool_calls` and turns arguments into objects: templates print them with tojson.
void ReadToolCalls(Fields& fields, const std::string& at, json::value& calls) {
  if (!calls.is_array()) return fields.FailType(at, "an array", calls);
  std::size_t index = 0;
  for (json::value& call : calls.get_array()) {
    const std::string param = fmt::format("{}[{}].function", at, index++);
    json::object* object = call.if_object();
    json::value* function = object ? object->if_contains("function") : nullptr;
    if (!function || !function->is_object())
      return fields.Fail(param, "missing_required_parameter", "Missing required parameter: '{}' (an object).", param);
    const json::value* name = function->get_object().if_contains("name");
    if (!name || !name->is_string())
      return fields.Fail(param + ".name", "missing_required_parameter", "Missing required parameter: '{}.name'.",
                         param);
    json::value* arguments = function->get_object().if_contains("arguments");
    if (!arguments || arguments->is_object()) continue;
    if (!arguments->is_string()) return fields.FailType(param + ".arguments", "a string", *arguments);
    if (Parsed<json::object> parsed = ParseObject(arguments->get_string())) *arguments = std::move(*parsed);
  }
}

/// "auto", "none", "required", or an object that names a function; false: no tools are to be used.
bool ReadToolChoice(Fields& fields, ChatRequest& out) {
  const json::value* value = fields.Find("tool_choice");
  if (!value) return true;
  if (value->is_string()) {
    const std::string_view text = value->get_string();
    if (text == "required") out.tool_choice = ToolChoice::kRequired;
    if (text != "auto" && text != "none" && text != "required")
      fields.Fail("tool_choice", "invalid_value",
                  "Invalid 'tool_choice': '{}' is none of auto, none, required, or an object that names a function.",
                  text.substr(0, 32));
    return text != "none";
  }
  if (!value->is_object()) return fields.FailType("tool_choice", "a string or an object", *value), true;
  const json::value* function = value->get_object().if_contains("function");
  const json::value* name = function && function->is_object() ? function->get_object().if_contains("name") : nullptr;
  if (!name || !name->is_string())
    return fields.Fail("tool_choice.function.name", "missing_required_parameter",
                       "Missing required parameter: 'tool_choice.function.name'."), true;
  out.tool_choice = ToolChoice::kNamed;
  out.tool_name = name->get_string();
  return true;
}

}  // namespace

void ReadTerms(Fields& fields, Generation& out) {
  // A lower value runs sooner, as in vLLM. Below 0, where one could overtake those who ask for nothing, is not a
  // caller's to choose.
  std::optional<std::int64_t> priority;
  fields.Integer("priority", priority, 0, kPriorityMax);
  out.priority = static_cast<std::int32_t>(priority.value_or(0));
  fields.OnlyValue("service_tier", {"auto", "default", "flex"});
  const json::value* tier = fields.Find("service_tier");
  out.idle = fields.ok() && tier && tier->get_string() == "flex";
  std::optional<double> timeout_s, ttft_objective_ms;
  fields.Number("timeout", timeout_s, {0, kTimeoutSecondsMax, true});
  fields.Number("ttft_objective_ms", ttft_objective_ms, {0, 1000 * kTimeoutSecondsMax, true});
  out.timeout_s = timeout_s.value_or(0);
  out.ttft_objective_s = ttft_objective_ms.value_or(0) / 1000;
  fields.String("cache_salt", out.cache_salt, kNameBytesMax);
  if (fields.ok() && fields.Find("cache_salt") && out.cache_salt.empty())
    fields.Fail("cache_salt", "invalid_value", "Invalid 'cache_salt': it must not be empty.");
  fields.Bool("deterministic", out.deterministic);
  fields.Bool("dry_run", out.dry_run);
}

void ReadCacheControl(Fields& fields, const std::string& at, const json::object& part, std::size_t bytes,
                      std::vector<CacheMark>& marks) {
  constexpr double kMinute = 60, kHour = 3600;
  const json::value* value = Member(part, "cache_control");
  if (!value) return;
  const std::string param = at + ".cache_control";
  const json::object* control = value->if_object();
  if (!control) return fields.FailType(param, "an object", *value);
  const json::value* type = Member(*control, "type");
  if (!type || *type != "ephemeral")
    return fields.Fail(param + ".type", "invalid_value", "Invalid '{}.type': only 'ephemeral' is known.", param);
  const json::value* ttl = Member(*control, "ttl");
  if (ttl && *ttl != "5m" && *ttl != "1h")
    return fields.Fail(param + ".ttl", "invalid_value", "Invalid '{}.ttl': it is '5m' or '1h'.", param);
  marks.push_back({0, bytes, ttl && *ttl == "1h" ? kHour : 5 * kMinute});
}

void ReadResponseFormat(Fields& fields, Generation& out) {
  const json::value* value = fields.Find("response_format");
  if (!value) return;
  if (!value->is_object()) return fields.FailType("response_format", "an object", *value);
  const json::object& format = value->get_object();
  const json::value* type = format.if_contains("type");
  if (!type || !type->is_string())
    return fields.Fail("response_format.type", "missing_required_parameter",
                       "Missing required parameter: 'response_format.type'.");
  if (type->get_string() == "text") return;
  if (type->get_string() == "json_object")
    return Constrain(fields, out, "response_format", ConstraintKind::kJsonObject, "");
  if (type->get_string() != "json_schema")
    return fields.Fail("response_format.type", "invalid_value",
                       "Invalid 'response_format.type': '{}'; it is 'text', 'json_object' or 'json_schema'.",
                       std::string_view(type->get_string()).substr(0, 64));
  const json::value* wrapped = format.if_contains("json_schema");
  if (!wrapped)
    return fields.Fail("response_format.json_schema", "missing_required_parameter",
                       "Missing required parameter: 'response_format.json_schema'.");
  if (!wrapped->is_object()) return fields.FailType("response_format.json_schema", "an object", *wrapped);
  for (const auto& field : wrapped->get_object()) {
    const std::string param = "response_format.json_schema." + std::string(field.key().substr(0, 64));
    if (field.key() == "name" || field.key() == "description") {
      if (!field.value().is_string() && !field.value().is_null())
        return fields.FailType(param, "a string", field.value());
    } else if (field.key() == "strict") {  // every schema is held to
      if (!field.value().is_bool() && !field.value().is_null())
        return fields.FailType(param, "a boolean", field.value());
    } else if (field.key() != "schema") {
      return fields.Fail(param, "unknown_parameter", "Unknown parameter: '{}'.", param);
    }
  }
  const json::value* schema = wrapped->get_object().if_contains("schema");
  if (!schema)
    return fields.Fail("response_format.json_schema.schema", "missing_required_parameter",
                       "Missing required parameter: 'response_format.json_schema.schema'.");
  if (!schema->is_object()) return fields.FailType("response_format.json_schema.schema", "an object", *schema);
  ReadSchema(fields, out, "response_format.json_schema.schema", *schema);
}

void ReadStructuredOutputs(Fields& fields, Generation& out) {
  if (const json::value* schema = fields.Find("guided_json")) ReadSchema(fields, out, "guided_json", *schema);
  if (const json::value* text = fields.Find("guided_regex"))
    ReadText(fields, out, "guided_regex", ConstraintKind::kRegex, *text);
  if (const json::value* choices = fields.Find("guided_choice")) ReadChoice(fields, out, "guided_choice", *choices);
  if (const json::value* text = fields.Find("guided_grammar"))
    ReadText(fields, out, "guided_grammar", ConstraintKind::kLark, *text);
  const json::value* value = fields.Find("structured_outputs");
  if (!value) return;
  if (!value->is_object()) return fields.FailType("structured_outputs", "an object", *value);
  for (const auto& field : value->get_object()) {
    const std::string param = "structured_outputs." + std::string(field.key().substr(0, 64));
    if (field.value().is_null()) continue;
    if (field.key() == "json") {
      ReadSchema(fields, out, param, field.value());
    } else if (field.key() == "regex") {
      ReadText(fields, out, param, ConstraintKind::kRegex, field.value());
    } else if (field.key() == "choice") {
      ReadChoice(fields, out, param, field.value());
    } else if (field.key() == "grammar") {
      ReadText(fields, out, param, ConstraintKind::kLark, field.value());
    } else if (field.key() == "json_object") {
      if (!field.value().is_bool()) return fields.FailType(param, "a boolean", field.value());
      if (field.value().get_bool()) Constrain(fields, out, param, ConstraintKind::kJsonObject, "");
    } else {
      return fields.Fail(param, "unknown_parameter", "Unknown parameter: '{}'.", param);
    }
  }
}

void ReadMessages(Fields& fields, ChatRequest& out, ContentReader read_content) {
  const json::value* value = fields.Find("messages");
  if (!fields.ok()) return;
  if (!value) return fields.Fail("messages", "missing_required_parameter", "Missing required parameter: 'messages'.");
  if (!value->is_array()) return fields.FailType("messages", "an array", *value);
  const json::array& messages = value->get_array();
  if (messages.empty())
    return fields.Fail("messages", "invalid_value", "Invalid 'messages': [] is too short; one is needed.");
  if (messages.size() > kMessagesMax)
    return fields.Fail("messages", "invalid_value", "Invalid 'messages': at most {} are allowed; got {}.", kMessagesMax,
                       messages.size());
  out.messages.reserve(messages.size());
  bool tool_may_follow = false;
  for (std::size_t i = 0; i < messages.size() && fields.ok(); ++i) {
    const std::string at = fmt::format("messages[{}]", i);
    if (!messages[i].is_object()) return fields.FailType(at, "an object", messages[i]);
    json::object message = messages[i].get_object();
    const json::value* role_value = message.if_contains("role");
    if (!role_value)
      return fields.Fail(at + ".role", "missing_required_parameter", "Missing required parameter: '{}.role'.", at);
    if (!role_value->is_string()) return fields.FailType(at + ".role", "a string", *role_value);
    const std::string role(role_value->get_string());
    if (role != "system" && role != "developer" && role != "user" && role != "assistant" && role != "tool")
      return fields.Fail(at + ".role", "invalid_value",
                         "Invalid '{}.role': '{}' is none of system, developer, user, assistant, tool.", at,
                         role.substr(0, 32));
    if (role == "developer") message["role"] = "system";  // templates know the older word
    json::value* calls = message.if_contains("tool_calls");
    if (calls && calls->is_null()) message.erase("tool_calls"), calls = nullptr;
    if (calls && role != "assistant")
      return fields.Fail(at + ".tool_calls", "invalid_value", "Invalid '{}.tool_calls': only an assistant calls tools.",
                         at);
    if (calls) ReadToolCalls(fields, at + ".tool_calls", *calls);
    if (role == "tool" && !tool_may_follow)
      return fields.Fail(at + ".role", "invalid_value",
                         R"(Invalid '{}': Messages with role "tool" must be a response to a preceding message )"
                         R"(with "tool_calls".)",
                         at);
    const json::value* content = message.if_contains("content");
    if ((!content || content->is_null()) && role != "assistant")
      return fields.Fail(at + ".content", "missing_required_parameter", "Missing required parameter: '{}.content'.",
                         at);
    const std::size_t marks_before = out.cache_marks.size();
    std::optional<json::string> text = read_content(fields, at + ".content", content, out.cache_marks);
    if (!text) return;
    for (std::size_t mark = marks_before; mark < out.cache_marks.size(); ++mark) out.cache_marks[mark].message = i;
    message["content"] = std::move(*text);
    for (std::string_view name : {"name", "tool_call_id", "reasoning_content"}) {
      const json::value* field = message.if_contains(name);
      if (field && field->is_null())
        message.erase(name);
      else if (field && !field->is_string())
        return fields.FailType(fmt::format("{}.{}", at, name), "a string", *field);
    }
    if (const json::value* partial = message.if_contains("partial"); partial && !partial->is_null()) {
      if (!partial->is_bool()) return fields.FailType(at + ".partial", "a boolean", *partial);
      out.continues = partial->get_bool();
      if (out.continues && (role != "assistant" || i + 1 != messages.size()))
        return fields.Fail(at + ".partial", "invalid_value",
                           "Invalid '{}.partial': only the last message can be continued, and only an assistant's.",
                           at);
      message.erase("partial");
    }
    tool_may_follow = (calls && !message.at("tool_calls").get_array().empty()) || role == "tool";
    out.messages.push_back(std::move(message));
  }
  if (out.cache_marks.size() > kCacheMarksMax)
    out.cache_marks.erase(out.cache_marks.begin(), out.cache_marks.end() - kCacheMarksMax);
}

void ReadTools(Fields& fields, ChatRequest& out) {
  const bool wanted = ReadToolChoice(fields, out);
  fields.Bool("parallel_tool_calls", out.parallel_tool_calls);
  const json::value* value = fields.Find("tools");
  if (value && !value->is_array()) return fields.FailType("tools", "an array", *value);
  const json::array tools = value ? value->get_array() : json::array();
  if (tools.size() > kToolsMax)
    return fields.Fail("tools", "invalid_value", "Invalid 'tools': at most {} are allowed; got {}.", kToolsMax,
                       tools.size());
  bool named = false;
  for (std::size_t i = 0; i < tools.size(); ++i) {
    const std::string at = fmt::format("tools[{}]", i);
    const json::object* tool = tools[i].if_object();
    if (!tool) return fields.FailType(at, "an object", tools[i]);
    const json::value* type = tool->if_contains("type");
    if (!type || !type->is_string() || type->get_string() != "function")
      return fields.Fail(at + ".type", "invalid_value", "Invalid '{}.type': only 'function' is supported.", at);
    const json::value* function = tool->if_contains("function");
    const json::value* name = function && function->is_object() ? function->get_object().if_contains("name") : nullptr;
    if (!name || !name->is_string() || name->get_string().empty())
      return fields.Fail(at + ".function.name", "missing_required_parameter",
                         "Missing required parameter: '{}.function.name'.", at);
    if (!IsToolName(name->get_string()))
      return fields.Fail(at + ".function.name", "invalid_value",
                         "Invalid '{}.function.name': string does not match pattern. Expected a string that matches "
                         "the pattern '{}'.", at, kToolNamePattern);
    named |= name->get_string() == out.tool_name;
    if (const json::value* schema = function->get_object().if_contains("parameters");
        schema && !schema->is_null() && !schema->is_object())
      return fields.FailType(at + ".function.parameters", "a JSON schema (an object)", *schema);
    if (const json::value* about = function->get_object().if_contains("description");
        about && !about->is_null() && !about->is_string())
      return fields.FailType(at + ".function.description", "a string", *about);
    if (const json::value* strict = function->get_object().if_contains("strict");
        strict && !strict->is_null() && !strict->is_bool())
      return fields.FailType(at + ".function.strict", "a boolean", *strict);
  }
  if (out.tool_choice != ToolChoice::kAuto && tools.empty())
    return fields.Fail("tool_choice", "invalid_value", "Invalid 'tool_choice': it asks for a call, but 'tools' is {}.",
                       value ? "empty" : "missing");
  if (out.tool_choice == ToolChoice::kNamed && !named)
    return fields.Fail("tool_choice.function.name", "invalid_value",
                       "Invalid 'tool_choice.function.name': '{}' is none of the tools.", out.tool_name.substr(0, 64));
  if (wanted) out.tools = tools;
}

void ReadThinking(Fields& fields, ChatRequest& out) {
  std::optional<std::int64_t> budget;
  fields.Integer("thinking_budget", budget, 1, kMaxTokensMax);
  out.thinking_budget = static_cast<std::uint32_t>(budget.value_or(0));
  const json::value* effort = fields.Find("reasoning_effort");
  if (!effort) return;
  if (!effort->is_string()) return fields.FailType("reasoning_effort", "a string", *effort);
  const std::string_view name = effort->get_string();
  if (budget)
    return fields.Fail("reasoning_effort", "invalid_value",
                       "'thinking_budget' and 'reasoning_effort' cannot be given together.");
  if (name == "none") {
    out.template_variables["enable_thinking"] = false;
    return;
  }
  if (const std::optional<std::uint32_t> known = EffortBudget(name)) {
    out.thinking_budget = *known;
    return;
  }
  fields.Fail("reasoning_effort", "invalid_value",
              "Invalid 'reasoning_effort': '{}' is none of none, minimal, low, medium, high, xhigh, max.",
              name.substr(0, 32));
}

void ReadTemplateVariables(Fields& fields, ChatRequest& out) {
  if (const json::value* value = fields.Find("chat_template_kwargs")) {
    if (!value->is_object()) return fields.FailType("chat_template_kwargs", "an object", *value);
    for (const auto& variable : value->get_object()) {
      const std::string_view name = variable.key();
      if (name == "messages" || name == "tools" || name == "bos_token" || name == "eos_token" ||
          name == "add_generation_prompt")
        return fields.Fail("chat_template_kwargs", "invalid_value",
                           "Invalid 'chat_template_kwargs': '{}' cannot be set.", name);
    }
    out.template_variables = value->get_object();
  }
  if (const json::value* value = fields.Find("enable_thinking")) {
    if (!value->is_bool()) return fields.FailType("enable_thinking", "a boolean", *value);
    out.template_variables["enable_thinking"] = value->get_bool();
  }
  if (const json::value* value = fields.Find("preserve_thinking")) {
    if (!value->is_bool()) return fields.FailType("preserve_thinking", "a boolean", *value);
    out.template_variables["preserve_thinking"] = value->get_bool();
  }
}

}  // namespace yun::api
