#include "api/openai/parse.h"

#include <charconv>
#include <limits>

#include "api/fields.h"

namespace yun::api::openai {
namespace {

namespace json = boost::json;

/// Fields of chat and completions alike; each has its own besides.
constexpr std::string_view kSharedFields[] = {
    "model", "temperature", "top_p", "top_k", "min_p", "repetition_penalty", "presence_penalty", "frequency_penalty",
    "logit_bias", "seed", "stop", "stop_token_ids", "max_tokens", "n", "logprobs", "ignore_eos", "stream",
    "stream_options", "user", "response_format", "guided_json", "guided_regex", "guided_choice", "guided_grammar",
    "structured_outputs", "service_tier", "priority", "timeout", "ttft_objective_ms", "cache_salt", "deterministic",
    "store", "enable_search", "min_tokens"};

void ReadLogitBias(Fields& fields, Generation& out) {
  const json::value* value = fields.Find("logit_bias");
  if (!value) return;
  if (!value->is_object()) return fields.FailType("logit_bias", "an object", *value);
  const json::object& biases = value->get_object();
  if (biases.size() > kLogitBiasesMax)
    return fields.Fail("logit_bias", "invalid_value", "Invalid 'logit_bias': at most {} entries are allowed; got {}.",
                       kLogitBiasesMax, biases.size());
  for (const auto& bias : biases) {
    const std::string_view key = bias.key();
    std::int32_t id = -1;
    const auto [end, ec] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (ec != std::errc() || end != key.data() + key.size() || id < 0)
      return fields.Fail("logit_bias", "invalid_value", "Invalid 'logit_bias': keys are token ids, but one is '{}'.",
                         key.substr(0, 32));
    if (!bias.value().is_number()) return fields.FailType("logit_bias", "numbers as values", bias.value());
    const double number = bias.value().to_number<double>();
    if (!(number >= -100 && number <= 100))
      return fields.Fail("logit_bias", "invalid_value", "Invalid 'logit_bias': the range is [-100, 100]; got {:g}.",
                         number);
    out.sampling.logit_bias.emplace_back(id, static_cast<float>(number));
  }
}

void ReadStop(Fields& fields, Generation& out) {
  const json::value* value = fields.Find("stop");
  if (!value) return;
  const auto add = [&](const json::value& stop) {
    if (!stop.is_string()) return fields.FailType("stop", "a string or an array of strings", stop);
    const json::string& text = stop.get_string();
    if (text.empty()) return fields.Fail("stop", "invalid_value", "Invalid 'stop': a stop string must not be empty.");
    if (text.size() > kStopBytesMax)
      return fields.Fail("stop", "invalid_value", "Invalid 'stop': a stop string has at most {} bytes; got {}.",
                         kStopBytesMax, text.size());
    out.stop.emplace_back(text);
  };
  if (!value->is_array()) return add(*value);
  if (value->get_array().size() > kStopsMax)
    return fields.Fail("stop", "invalid_value", "Invalid 'stop': at most {} strings are allowed; got {}.", kStopsMax,
                       value->get_array().size());
  for (const json::value& stop : value->get_array()) add(stop);
}

/// Token ids of an array; false after an error.
bool ReadIds(Fields& fields, std::string_view param, const json::array& array, std::vector<std::int32_t>& out) {
  out.reserve(array.size());
  for (const json::value& value : array) {
    if (!value.is_int64()) {
      fields.FailType(param, "token ids (integers)", value);
      return false;
    }
    if (value.get_int64() < 0 || value.get_int64() > std::numeric_limits<std::int32_t>::max()) {
      fields.Fail(param, "invalid_value", "Invalid '{}': {} is no token id.", param, value.get_int64());
      return false;
    }
    out.push_back(static_cast<std::int32_t>(value.get_int64()));
  }
  return true;
}

void ReadStopIds(Fields& fields, Generation& out) {
  const json::value* value = fields.Find("stop_token_ids");
  if (!value) return;
  if (!value->is_array()) return fields.FailType("stop_token_ids", "an array of integers", *value);
  if (value->get_array().size() > kStopIdsMax)
    return fields.Fail("stop_token_ids", "invalid_value",
                       "Invalid 'stop_token_ids': at most {} ids are allowed; got {}.", kStopIdsMax,
                       value->get_array().size());
  ReadIds(fields, "stop_token_ids", value->get_array(), out.stop_ids);
}

void ReadSeed(Fields& fields, Generation& out) {
  const json::value* value = fields.Find("seed");
  if (!value) return;
  if (value->is_int64())
    out.sampling.seed = static_cast<std::uint64_t>(value->get_int64());
  else if (value->is_uint64())
    out.sampling.seed = value->get_uint64();
  else
    fields.FailType("seed", "an integer", *value);
}

void ReadStream(Fields& fields, Generation& out) {
  fields.Bool("stream", out.stream);
  const json::value* value = fields.Find("stream_options");
  if (!value) return;
  if (!value->is_object()) return fields.FailType("stream_options", "an object", *value);
  if (!out.stream)
    return fields.Fail("stream_options", "invalid_value", "'stream_options' is only allowed when 'stream' is true.");
  for (const auto& option : value->get_object()) {
    if (option.key() == "include_usage") {
      if (option.value().is_null()) continue;
      if (!option.value().is_bool())
        return fields.FailType("stream_options.include_usage", "a boolean", option.value());
      out.include_usage = option.value().get_bool();
    } else if (option.key() != "include_obfuscation") {  // padding against traffic analysis: a wish that may go unmet
      return fields.Fail("stream_options", "unknown_parameter", "Unknown parameter: 'stream_options.{}'.",
                         std::string_view(option.key()).substr(0, 64));
    }
  }
}

/// How a request is served beside others. Names as in vLLM where it has them.
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
}

// ---- what the answer must look like

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

/// vLLM's: one field each, or all in one object.
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

/// What chat and completions share.
void ReadGeneration(Fields& fields, Generation& out) {
  if (fields.ok() && !fields.Find("model"))
    fields.Fail("model", "missing_required_parameter", "Missing required parameter: 'model'.");
  fields.String("model", out.model, kNameBytesMax);
  if (fields.ok() && out.model.empty()) fields.Fail("model", "invalid_value", "Invalid 'model': it must not be empty.");
  fields.String("user", out.user, kNameBytesMax);

  Sampling& sampling = out.sampling;
  fields.Number("temperature", sampling.temperature, {0, 2});
  fields.Number("top_p", sampling.top_p, {0, 1, true});
  fields.Number("min_p", sampling.min_p, {0, 1, false, true});
  fields.Number("repetition_penalty", sampling.repetition_penalty, {0, 10, true});
  std::optional<double> presence, frequency;
  fields.Number("presence_penalty", presence, {-2, 2});
  fields.Number("frequency_penalty", frequency, {-2, 2});
  sampling.presence_penalty = presence.value_or(0);
  sampling.frequency_penalty = frequency.value_or(0);
  std::optional<std::int64_t> top_k, n;
  fields.Integer("top_k", top_k, -1, std::numeric_limits<std::int32_t>::max());
  if (top_k) sampling.top_k = static_cast<std::int32_t>(*top_k < 0 ? 0 : *top_k);
  fields.Integer("n", n, 1, kChoicesMax);
  out.n = static_cast<std::uint32_t>(n.value_or(1));
  fields.Bool("ignore_eos", out.ignore_eos);
  ReadSeed(fields, out);
  ReadLogitBias(fields, out);
  ReadStop(fields, out);
  ReadStopIds(fields, out);
  ReadStream(fields, out);
  ReadResponseFormat(fields, out);
  ReadStructuredOutputs(fields, out);

  ReadTerms(fields, out);

  // Hints that change nothing a caller could see are taken and not used; wishes that would are refused.
  fields.OnlyValue("store", {"false"});
  fields.OnlyValue("enable_search", {"false"});
}

// ---- chat

/// The text of a `content`: a string, null, or an array of text parts.
std::optional<json::string> ContentText(Fields& fields, const std::string& param, const json::value* content) {
  if (!content || content->is_null()) return json::string();
  if (content->is_string()) return content->get_string();
  if (!content->is_array()) {
    fields.FailType(param, "a string or an array of parts", *content);
    return {};
  }
  json::string text;
  std::size_t index = 0;
  for (const json::value& part : content->get_array()) {
    const std::string at = fmt::format("{}[{}]", param, index);
    const json::object* object = part.if_object();
    if (!object) return fields.FailType(at, "an object", part), std::nullopt;
    const json::value* type = object->if_contains("type");
    if (!type || !type->is_string())
      return fields.Fail(at + ".type", "missing_required_parameter", "Missing required parameter: '{}.type'.", at),
             std::nullopt;
    if (type->get_string() != "text")
      return fields.Fail(at + ".type", "unsupported_value",
                         "'{}': parts of type '{}' are not supported yet; only 'text' is.", at,
                         std::string_view(type->get_string()).substr(0, 64)),
             std::nullopt;
    const json::value* value = object->if_contains("text");
    if (!value)
      return fields.Fail(at + ".text", "missing_required_parameter", "Missing required parameter: '{}.text'.", at),
             std::nullopt;
    if (!value->is_string()) return fields.FailType(at + ".text", "a string", *value), std::nullopt;
    if (index++) text += "\n";
    text += value->get_string();
  }
  return text;
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

void ReadMessages(Fields& fields, ChatRequest& out) {
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
      return fields.Fail(
          at + ".role", "invalid_value",
          "Invalid '{}': messages with role 'tool' must be a response to a preceding message with 'tool_calls'.", at);
    const json::value* content = message.if_contains("content");
    if ((!content || content->is_null()) && role != "assistant")
      return fields.Fail(at + ".content", "missing_required_parameter", "Missing required parameter: '{}.content'.",
                         at);
    std::optional<json::string> text = ContentText(fields, at + ".content", content);
    if (!text) return;
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
    if (name->get_string().size() > kToolNameBytesMax)
      return fields.Fail(at + ".function.name", "invalid_value",
                         "Invalid '{}.function.name': at most {} bytes are allowed.", at, kToolNameBytesMax);
    named |= name->get_string() == out.tool_name;
    if (const json::value* schema = function->get_object().if_contains("parameters");
        schema && !schema->is_null() && !schema->is_object())
      return fields.FailType(at + ".function.parameters", "a JSON schema (an object)", *schema);
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

void ReadModalities(Fields& fields) {
  const json::value* value = fields.Find("modalities");
  if (!value) return;
  if (!value->is_array()) return fields.FailType("modalities", "an array", *value);
  for (const json::value& modality : value->get_array())
    if (!modality.is_string() || modality.get_string() != "text")
      return fields.Fail("modalities", "unsupported_value",
                         "This value of 'modalities' is not supported yet; supported: [\"text\"].");
}

}  // namespace

Parsed<ChatRequest> ParseChatRequest(std::string_view body) {
  Parsed<json::object> object = ParseObject(body);
  if (!object) return tl::unexpected<ApiError>(std::move(object.error()));
  return ParseChatRequest(*object);
}

Parsed<ChatRequest> ParseChatRequest(const json::object& body) {
  Fields fields(body);
  fields.OnlyKnown(kSharedFields, {"messages", "tools", "tool_choice", "parallel_tool_calls",
                                   "max_completion_tokens", "top_logprobs", "enable_thinking",
                                   "chat_template_kwargs", "modalities", "metadata", "safety_identifier",
                                   "prompt_cache_key", "prompt_cache_retention", "prediction", "audio", "functions",
                                   "function_call", "reasoning_effort", "thinking_budget", "preserve_thinking",
                                   "verbosity", "web_search_options", "search_options", "enable_code_interpreter",
                                   "tool_stream"});
  ChatRequest out;
  ReadGeneration(fields, out);
  ReadMessages(fields, out);
  ReadTools(fields, out);
  ReadTemplateVariables(fields, out);
  ReadThinking(fields, out);
  ReadModalities(fields);
  for (std::string_view key : {"audio", "functions", "function_call", "web_search_options", "search_options",
                               "min_tokens"})
    fields.OnlyValue(key, {});
  fields.OnlyValue("verbosity", {"medium"});
  fields.OnlyValue("enable_code_interpreter", {"false"});
  bool tool_stream = true;  // arguments are streamed either way: joined they are the same
  fields.Bool("tool_stream", tool_stream);

  std::optional<std::int64_t> max_tokens, max_completion_tokens, top_logprobs;
  fields.Integer("max_tokens", max_tokens, 1, kMaxTokensMax);
  fields.Integer("max_completion_tokens", max_completion_tokens, 1, kMaxTokensMax);
  out.max_tokens = static_cast<std::uint32_t>(max_completion_tokens.value_or(0));
  out.answer_tokens = static_cast<std::uint32_t>(max_tokens.value_or(0));
  bool logprobs = false;
  fields.Bool("logprobs", logprobs);
  fields.Integer("top_logprobs", top_logprobs, 0, kTopLogprobsMax);
  if (top_logprobs && *top_logprobs > 0 && !logprobs)
    fields.Fail("top_logprobs", "invalid_value", "'top_logprobs' is only allowed when 'logprobs' is true.");
  if (logprobs) out.logprobs = static_cast<std::int32_t>(top_logprobs.value_or(0));

  if (!fields.ok()) return tl::unexpected<ApiError>(std::move(fields.error()));
  return out;
}

namespace {

void ReadPrompts(Fields& fields, CompletionRequest& out) {
  const json::value* value = fields.Find("prompt");
  if (!fields.ok()) return;
  if (!value) return fields.Fail("prompt", "missing_required_parameter", "Missing required parameter: 'prompt'.");
  const auto add = [&](Prompt prompt) {
    if (std::visit([](const auto& p) { return p.empty(); }, prompt))
      return fields.Fail("prompt", "invalid_value", "Invalid 'prompt': a prompt must not be empty.");
    out.prompts.push_back(std::move(prompt));
  };
  if (value->is_string()) return add(std::string(value->get_string()));
  if (!value->is_array()) return fields.FailType("prompt", "a string, an array of strings or of token ids", *value);
  const json::array& array = value->get_array();
  if (array.empty()) return fields.Fail("prompt", "invalid_value", "Invalid 'prompt': [] is too short; one is needed.");
  if (array.front().is_number()) {
    std::vector<std::int32_t> ids;
    if (ReadIds(fields, "prompt", array, ids)) add(std::move(ids));
    return;
  }
  if (array.size() * out.n > kPromptsMax)
    return fields.Fail("prompt", "invalid_value",
                       "Invalid 'prompt': at most {} answers in one request are allowed; {} prompts x n={} asked.",
                       kPromptsMax, array.size(), out.n);
  for (const json::value& prompt : array) {
    if (!fields.ok()) return;
    if (prompt.is_string()) {
      add(std::string(prompt.get_string()));
    } else if (prompt.is_array()) {
      std::vector<std::int32_t> ids;
      if (ReadIds(fields, "prompt", prompt.get_array(), ids)) add(std::move(ids));
    } else {
      return fields.FailType("prompt", "strings or arrays of token ids in the array", prompt);
    }
  }
}

}  // namespace

Parsed<CompletionRequest> ParseCompletionRequest(std::string_view body) {
  Parsed<json::object> object = ParseObject(body);
  if (!object) return tl::unexpected<ApiError>(std::move(object.error()));
  Fields fields(*object);
  fields.OnlyKnown(kSharedFields, {"prompt", "echo", "suffix", "best_of"});
  CompletionRequest out;
  ReadGeneration(fields, out);
  ReadPrompts(fields, out);
  fields.OnlyValue("echo", {"false"});
  fields.OnlyValue("suffix", {});
  fields.OnlyValue("min_tokens", {});
  std::optional<std::int64_t> max_tokens, logprobs, best_of;
  fields.Integer("max_tokens", max_tokens, 1, kMaxTokensMax);
  out.max_tokens = static_cast<std::uint32_t>(max_tokens.value_or(16));  // OpenAI's default for this call
  fields.Integer("logprobs", logprobs, 0, kTopLogprobsMax);
  out.logprobs = static_cast<std::int32_t>(logprobs.value_or(-1));
  fields.Integer("best_of", best_of, 1, 20);
  if (best_of && *best_of != out.n)
    fields.Fail("best_of", "unsupported_value", "'best_of' other than 'n' is not supported yet.");
  if (!fields.ok()) return tl::unexpected<ApiError>(std::move(fields.error()));
  return out;
}

}  // namespace yun::api::openai
