#include "api/anthropic/parse.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "api/fields.h"

namespace yun::api::anthropic {
namespace {

namespace json = boost::json;

constexpr std::string_view kPromptFields[] = {"model", "messages", "system", "tools", "tool_choice", "thinking",
                                              "output_config"};
constexpr std::string_view kBillingLine = "x-anthropic-billing-header:";
constexpr std::string_view kLongContext = "[1m]";  // of a model's name: a wish for a context of a million tokens

/// A member that must be a text; nullptr after an error.
const json::string* TextOf(Fields& fields, const json::object& object, std::string_view key, const std::string& at) {
  const std::string param = fmt::format("{}.{}", at, key);
  const json::value* value = Member(object, key);
  if (!value) {
    fields.Fail(param, "missing_required_parameter", "{}: Field required", param);
    return nullptr;
  }
  if (!value->is_string()) {
    fields.FailType(param, "a string", *value);
    return nullptr;
  }
  return &value->get_string();
}

void AddLine(json::string& text, std::string_view more) {
  if (!text.empty()) text += "\n";
  text += more;
}

/// A string, or an array of text blocks. `at`: its field.
std::optional<json::string> ReadText(Fields& fields, const json::value& value, const std::string& at,
                                     std::vector<CacheMark>& marks) {
  if (value.is_string()) return value.get_string();
  if (!value.is_array()) return fields.FailType(at, "a string or an array of blocks", value), std::nullopt;
  json::string text;
  std::size_t index = 0;
  for (const json::value& block : value.get_array()) {
    const std::string here = fmt::format("{}.{}", at, index++);
    if (!block.is_object()) return fields.FailType(here, "an object", block), std::nullopt;
    const json::string* type = TextOf(fields, block.get_object(), "type", here);
    if (!type) return {};
    if (*type != "text")
      return fields.Fail(here + ".type", "unsupported_value",
                         "{}: blocks of type '{}' are not supported; only 'text' is", here,
                         std::string_view(*type).substr(0, 64)),
             std::nullopt;
    const json::string* more = TextOf(fields, block.get_object(), "text", here);
    if (!more) return {};
    AddLine(text, *more);
    ReadCacheControl(fields, here, block.get_object(), text.size(), marks);
  }
  return text;
}

void ReadSystem(Fields& fields, ChatRequest& out) {
  const json::value* value = fields.Find("system");
  if (!value) return;
  std::optional<json::string> text = ReadText(fields, *value, "system", out.cache_marks);
  if (!text) return;
  std::string_view kept = *text;
  if (kept.starts_with(kBillingLine)) {
    const std::size_t end = kept.find('\n');
    kept = end == std::string_view::npos ? std::string_view() : kept.substr(end + 1);
    const std::size_t left_out = text->size() - kept.size();
    for (CacheMark& mark : out.cache_marks) mark.bytes -= std::min(mark.bytes, left_out);
  }
  if (!kept.empty()) out.messages.push_back({{"role", "system"}, {"content", kept}});
}

/// What one message of the wire becomes.
struct Turn {
  json::string text, thinking;
  json::array calls, results;
  std::vector<CacheMark> marks;  // whose message is the number of the results before the marked block's own
};

void ReadToolResult(Fields& fields, const json::object& block, const std::string& at, Turn& turn) {
  const json::string* id = TextOf(fields, block, "tool_use_id", at);
  if (!id) return;
  json::string text;
  if (const json::value* content = Member(block, "content")) {
    auto read = ReadText(fields, *content, at + ".content", turn.marks);
    if (!read) return;
    text = std::move(*read);
  }
  ReadCacheControl(fields, at, block, text.size(), turn.marks);
  turn.results.push_back({{"role", "tool"}, {"tool_call_id", *id}, {"content", std::move(text)}});
}

void ReadToolUse(Fields& fields, const json::object& block, const std::string& at, Turn& turn) {
  const json::string* id = TextOf(fields, block, "id", at);
  const json::string* name = id ? TextOf(fields, block, "name", at) : nullptr;
  if (!name) return;
  const json::value* input = Member(block, "input");
  if (input && !input->is_object()) return fields.FailType(at + ".input", "an object", *input);
  turn.calls.push_back(
      {{"id", *id},
       {"type", "function"},
       {"function", {{"name", *name}, {"arguments", input ? *input : json::value(json::object())}}}});
}

void ReadBlock(Fields& fields, const json::value& value, const std::string& at, bool assistant, Turn& turn) {
  if (!value.is_object()) return fields.FailType(at, "an object", value);
  const json::object& block = value.get_object();
  const json::string* type = TextOf(fields, block, "type", at);
  if (!type) return;
  const std::size_t results = turn.results.size(), marks = turn.marks.size();
  if (*type == "text") {
    const json::string* text = TextOf(fields, block, "text", at);
    if (!text) return;
    if (assistant) turn.text += *text;  // one text that tool calls may have cut
    else AddLine(turn.text, *text);
  } else if (*type == "thinking" && assistant) {
    if (const json::string* text = TextOf(fields, block, "thinking", at)) turn.thinking += *text;
  } else if (*type == "redacted_thinking" && assistant) {
    // Nobody here can read it.
  } else if (*type == "tool_use" && assistant) {
    ReadToolUse(fields, block, at, turn);
  } else if (*type == "tool_result" && !assistant) {
    if (!turn.text.empty())
      return fields.Fail(at, "invalid_value", "{}: tool_result blocks must come first in the content", at);
    ReadToolResult(fields, block, at, turn);
  } else {
    fields.Fail(at + ".type", "unsupported_value", "{}: blocks of type '{}' are not supported in a message of {}", at,
                std::string_view(*type).substr(0, 64), assistant ? "an assistant" : "a user");
  }
  if (*type != "tool_result") ReadCacheControl(fields, at, block, turn.text.size(), turn.marks);
  for (std::size_t i = marks; i < turn.marks.size(); ++i) turn.marks[i].message = results;
}

/// Whether each result answers a call of the message before.
void CheckResults(Fields& fields, const json::array& results, const json::array& before, const std::string& at) {
  const json::value* calls = before.empty() ? nullptr : before.back().as_object().if_contains("tool_calls");
  for (const json::value& result : results) {
    const json::string& id = result.at("tool_call_id").as_string();
    const bool known = calls && std::ranges::any_of(calls->get_array(), [&](const json::value& call) {
      return call.at("id").as_string() == id;
    });
    if (!known)
      return fields.Fail(at, "invalid_value",
                         "{}: unexpected `tool_use_id` found in `tool_result` blocks: {}. Each `tool_result` block "
                         "must have a corresponding `tool_use` block in the previous message.",
                         at, std::string_view(id).substr(0, 64));
  }
}

void ReadMessage(Fields& fields, const json::value& value, const std::string& at, bool last, ChatRequest& out) {
  if (!value.is_object()) return fields.FailType(at, "an object", value);
  const json::object& message = value.get_object();
  const json::string* role = TextOf(fields, message, "role", at);
  if (!role) return;
  if (*role != "user" && *role != "assistant")
    return fields.Fail(at + ".role", "invalid_value", "{}.role: '{}' is neither 'user' nor 'assistant'", at,
                       std::string_view(*role).substr(0, 32));
  const bool assistant = *role == "assistant";
  const json::value* content = Member(message, "content");
  if (!content)
    return fields.Fail(at + ".content", "missing_required_parameter", "{}.content: Field required", at);
  Turn turn;
  if (content->is_string()) {
    turn.text = content->get_string();
  } else if (content->is_array()) {
    const json::array& blocks = content->get_array();
    if (blocks.size() > kBlocksMax)
      return fields.Fail(at + ".content", "invalid_value", "{}.content: at most {} blocks are allowed; got {}", at,
                         kBlocksMax, blocks.size());
    for (std::size_t i = 0; i < blocks.size() && fields.ok(); ++i)
      ReadBlock(fields, blocks[i], fmt::format("{}.content.{}", at, i), assistant, turn);
  } else {
    return fields.FailType(at + ".content", "a string or an array of blocks", *content);
  }
  if (!fields.ok()) return;
  for (CacheMark mark : turn.marks) {
    mark.message += out.messages.size();
    out.cache_marks.push_back(mark);
  }
  if (!assistant) {
    CheckResults(fields, turn.results, out.messages, at + ".content");
    const bool answered = !turn.results.empty();
    for (json::value& result : turn.results) out.messages.push_back(std::move(result));
    if (!answered || !turn.text.empty()) out.messages.push_back({{"role", "user"}, {"content", std::move(turn.text)}});
    return;
  }
  json::object said{{"role", "assistant"}, {"content", turn.text}};
  if (!turn.thinking.empty()) said["reasoning_content"] = std::move(turn.thinking);
  if (last) {  // the answer's beginning
    if (!turn.calls.empty())
      return fields.Fail(at + ".content", "invalid_value",
                         "{}: `tool_use` blocks must be followed by a message with their `tool_result` blocks", at);
    if (!turn.text.empty() && std::string_view(" \n\t\r").find(turn.text.back()) != std::string_view::npos)
      return fields.Fail(at + ".content", "invalid_value",
                         "{}: final assistant content cannot end with trailing whitespace", at);
    out.continues = true;
  }
  if (!turn.calls.empty()) said["tool_calls"] = std::move(turn.calls);
  out.messages.push_back(std::move(said));
}

void ReadMessages(Fields& fields, ChatRequest& out) {
  const json::value* value = fields.Find("messages");
  if (!fields.ok()) return;
  if (!value) return fields.Fail("messages", "missing_required_parameter", "messages: Field required");
  if (!value->is_array()) return fields.FailType("messages", "an array", *value);
  const json::array& messages = value->get_array();
  if (messages.empty()) return fields.Fail("messages", "invalid_value", "messages: at least one message is required");
  if (messages.size() > kMessagesMax)
    return fields.Fail("messages", "invalid_value", "messages: at most {} are allowed; got {}", kMessagesMax,
                       messages.size());
  for (std::size_t i = 0; i < messages.size() && fields.ok(); ++i)
    ReadMessage(fields, messages[i], fmt::format("messages.{}", i), i + 1 == messages.size(), out);
}

void ReadCustomTools(Fields& fields, ChatRequest& out) {
  const json::value* value = fields.Find("tools");
  if (!value) return;
  if (!value->is_array()) return fields.FailType("tools", "an array", *value);
  if (value->get_array().size() > kToolsMax)
    return fields.Fail("tools", "invalid_value", "tools: at most {} are allowed; got {}", kToolsMax,
                       value->get_array().size());
  // Templates name the tools before the first question, behind the system prompt.
  const bool instructed = !out.messages.empty() && out.messages.front().at("role") == "system";
  const std::size_t instructions = instructed ? out.messages.front().at("content").as_string().size() : 0;
  std::vector<CacheMark> marks;
  std::size_t index = 0;
  for (const json::value& element : value->get_array()) {
    const std::string at = fmt::format("tools.{}", index++);
    if (!element.is_object()) return fields.FailType(at, "an object", element);
    const json::object& tool = element.get_object();
    if (const json::value* type = Member(tool, "type"); type && *type != "custom")
      return fields.Fail(at + ".type", "unsupported_value",
                         "{}.type: only tools of the caller ('custom') are supported, none that the server runs", at);
    const json::string* name = TextOf(fields, tool, "name", at);
    if (!name) return;
    if (!IsToolName(*name))
      return fields.Fail(at + ".name", "invalid_value", "{}.name: String should match pattern '{}'", at,
                         kToolNamePattern);
    const json::value* schema = Member(tool, "input_schema");
    if (!schema)
      return fields.Fail(at + ".input_schema", "missing_required_parameter", "{}.input_schema: Field required", at);
    if (!schema->is_object()) return fields.FailType(at + ".input_schema", "a JSON schema (an object)", *schema);
    json::object function{{"name", *name}};
    if (Member(tool, "description")) {
      const json::string* description = TextOf(fields, tool, "description", at);
      if (!description) return;
      function["description"] = *description;
    }
    function["parameters"] = *schema;
    if (const json::value* strict = Member(tool, "strict")) {
      if (!strict->is_bool()) return fields.FailType(at + ".strict", "a boolean", *strict);
      function["strict"] = *strict;
    }
    out.tools.push_back({{"type", "function"}, {"function", std::move(function)}});
    ReadCacheControl(fields, at, tool, instructions, marks);
  }
  out.cache_marks.insert(out.cache_marks.begin(), marks.begin(), marks.end());
}

/// One for the whole prompt, and no more than there may be.
void ReadCacheMarks(Fields& fields, const json::object& body, ChatRequest& out) {
  if (!fields.ok()) return;
  const json::object& last = out.messages.back().as_object();
  const std::size_t before = out.cache_marks.size();
  ReadCacheControl(fields, "body", body, last.at("content").as_string().size(), out.cache_marks);
  if (out.cache_marks.size() > before) out.cache_marks.back().message = out.messages.size() - 1;
  if (out.cache_marks.size() > kCacheMarksMax)
    fields.Fail("cache_control", "invalid_value",
                "A maximum of {} blocks with cache_control may be provided. Found {}.", kCacheMarksMax,
                out.cache_marks.size());
}

void ReadToolChoice(Fields& fields, ChatRequest& out) {
  const json::value* value = fields.Find("tool_choice");
  if (!value) return;
  if (!value->is_object()) return fields.FailType("tool_choice", "an object", *value);
  const json::object& choice = value->get_object();
  const json::string* type = TextOf(fields, choice, "type", "tool_choice");
  if (!type) return;
  if (const json::value* one = Member(choice, "disable_parallel_tool_use")) {
    if (!one->is_bool()) return fields.FailType("tool_choice.disable_parallel_tool_use", "a boolean", *one);
    out.parallel_tool_calls = !one->get_bool();
  }
  if (*type == "none") {
    out.tools.clear();
    return;
  }
  if (*type == "any") {
    out.tool_choice = ToolChoice::kRequired;
  } else if (*type == "tool") {
    const json::string* name = TextOf(fields, choice, "name", "tool_choice");
    if (!name) return;
    out.tool_choice = ToolChoice::kNamed;
    out.tool_name = *name;
    const auto named = [&](const json::value& tool) { return tool.at("function").at("name") == *name; };
    if (std::ranges::none_of(out.tools, named))
      return fields.Fail("tool_choice.name", "invalid_value", "tool_choice.name: '{}' is none of the tools",
                         std::string_view(*name).substr(0, 64));
  } else if (*type != "auto") {
    return fields.Fail("tool_choice.type", "invalid_value",
                       "tool_choice.type: '{}' is none of 'auto', 'any', 'tool', 'none'",
                       std::string_view(*type).substr(0, 32));
  }
  if (out.tool_choice != ToolChoice::kAuto && out.tools.empty())
    fields.Fail("tool_choice", "invalid_value", "tool_choice: it asks for a call, but there are no tools");
}

/// Off unless it is asked for, as at Anthropic.
void ReadThinkingConfig(Fields& fields, ChatRequest& out) {
  out.template_variables["enable_thinking"] = false;
  const json::value* value = fields.Find("thinking");
  if (!value) return;
  if (!value->is_object()) return fields.FailType("thinking", "an object", *value);
  const json::string* type = TextOf(fields, value->get_object(), "type", "thinking");
  if (!type || *type == "disabled") return;
  if (*type != "enabled" && *type != "adaptive")
    return fields.Fail("thinking.type", "invalid_value",
                       "thinking.type: '{}' is none of 'enabled', 'disabled', 'adaptive'",
                       std::string_view(*type).substr(0, 32));
  out.template_variables["enable_thinking"] = true;
  const json::value* budget = Member(value->get_object(), "budget_tokens");
  if (!budget) {
    if (*type == "enabled")
      fields.Fail("thinking.budget_tokens", "missing_required_parameter", "thinking.budget_tokens: Field required");
    return;
  }
  if (!budget->is_int64()) return fields.FailType("thinking.budget_tokens", "an integer", *budget);
  if (budget->get_int64() < 1 || budget->get_int64() > kMaxTokensMax)
    return fields.Fail("thinking.budget_tokens", "invalid_value", "thinking.budget_tokens: the range is [1, {}]",
                       kMaxTokensMax);
  out.thinking_budget = static_cast<std::uint32_t>(budget->get_int64());
}

/// How much is thought where no budget says it, and what the answer must look like.
void ReadOutputConfig(Fields& fields, ChatRequest& out) {
  const json::value* value = fields.Find("output_config");
  if (!value) return;
  if (!value->is_object()) return fields.FailType("output_config", "an object", *value);
  if (const json::value* effort = Member(value->get_object(), "effort")) {
    if (!effort->is_string()) return fields.FailType("output_config.effort", "a string", *effort);
    const std::optional<std::uint32_t> budget = EffortBudget(effort->get_string());
    if (!budget)
      return fields.Fail("output_config.effort", "invalid_value",
                         "output_config.effort: '{}' is none of low, medium, high, xhigh, max",
                         std::string_view(effort->get_string()).substr(0, 32));
    if (out.thinking_budget == 0) out.thinking_budget = *budget;
  }
  const json::value* format = Member(value->get_object(), "format");
  if (!format) return;
  if (!format->is_object()) return fields.FailType("output_config.format", "an object", *format);
  const json::string* type = TextOf(fields, format->get_object(), "type", "output_config.format");
  if (!type) return;
  if (*type != "json_schema")
    return fields.Fail("output_config.format.type", "invalid_value",
                       "output_config.format.type: only 'json_schema' is known");
  const json::value* schema = Member(format->get_object(), "schema");
  if (!schema || !schema->is_object())
    return fields.Fail("output_config.format.schema", "missing_required_parameter",
                       "output_config.format.schema: a JSON schema (an object) is required");
  out.constraint = {ConstraintKind::kJsonSchema, json::serialize(*schema), "output_config.format.schema"};
}

void ReadStops(Fields& fields, ChatRequest& out) {
  const json::value* value = fields.Find("stop_sequences");
  if (!value) return;
  if (!value->is_array()) return fields.FailType("stop_sequences", "an array of strings", *value);
  if (value->get_array().size() > kStopsMax)
    return fields.Fail("stop_sequences", "invalid_value", "stop_sequences: at most {} are allowed; got {}", kStopsMax,
                       value->get_array().size());
  for (const json::value& stop : value->get_array()) {
    if (!stop.is_string()) return fields.FailType("stop_sequences", "an array of strings", stop);
    const std::string_view text = stop.get_string();
    if (text.find_first_not_of(" \n\t\r") == std::string_view::npos || text.size() > kStopBytesMax)
      return fields.Fail("stop_sequences", "invalid_value",
                         "stop_sequences: each sequence must have 1 to {} bytes and not only whitespace",
                         kStopBytesMax);
    out.stop.emplace_back(text);
  }
}

void ReadPrompt(Fields& fields, const json::object& body, ChatRequest& out) {
  if (fields.ok() && !fields.Find("model"))
    fields.Fail("model", "missing_required_parameter", "model: Field required");
  fields.String("model", out.model, kNameBytesMax);
  if (out.model.ends_with(kLongContext)) out.model.resize(out.model.size() - kLongContext.size());
  if (fields.ok() && out.model.empty()) fields.Fail("model", "invalid_value", "model: it must not be empty");
  ReadSystem(fields, out);
  ReadMessages(fields, out);
  ReadCustomTools(fields, out);
  ReadToolChoice(fields, out);
  ReadThinkingConfig(fields, out);
  ReadOutputConfig(fields, out);
  ReadCacheMarks(fields, body, out);
}

Parsed<ChatRequest> Done(Fields& fields, ChatRequest& out) {
  if (!fields.ok()) return tl::unexpected<ApiError>(std::move(fields.error()));
  return std::move(out);
}

}  // namespace

Parsed<ChatRequest> ParseMessages(std::string_view body) {
  Parsed<json::object> object = ParseObject(body);
  if (!object) return tl::unexpected<ApiError>(std::move(object.error()));
  Fields fields(*object);
  fields.OnlyKnown(kPromptFields, {"max_tokens", "stream", "temperature", "top_p", "top_k", "stop_sequences",
                                   "metadata", "service_tier", "context_management", "mcp_servers", "container",
                                   "inference_geo", "cache_control", "speed", "user_profile_id", "diagnostics",
                                   "dry_run"});
  ChatRequest out;
  ReadPrompt(fields, *object, out);
  std::optional<std::int64_t> max_tokens, top_k;
  fields.Integer("max_tokens", max_tokens, 1, kMaxTokensMax);
  if (fields.ok() && !max_tokens)
    fields.Fail("max_tokens", "missing_required_parameter", "max_tokens: Field required");
  out.answer_tokens = static_cast<std::uint32_t>(max_tokens.value_or(0));
  fields.Bool("stream", out.stream);
  out.include_usage = out.stream;
  fields.Number("temperature", out.sampling.temperature, {0, 2, false, true});
  fields.Number("top_p", out.sampling.top_p, {0, 1, true});
  fields.Integer("top_k", top_k, 0, std::numeric_limits<std::int32_t>::max());
  if (top_k) out.sampling.top_k = static_cast<std::int32_t>(*top_k);
  ReadStops(fields, out);
  fields.Bool("dry_run", out.dry_run);
  // Taken without effect: metadata, context_management (nothing is edited away), tiers, places and speeds. Not taken:
  // what a server of the caller would have to run.
  if (const json::value* metadata = fields.Find("metadata")) {
    if (!metadata->is_object()) fields.FailType("metadata", "an object", *metadata);
    else if (const json::value* user = Member(metadata->get_object(), "user_id"); user && user->is_string())
      out.user = std::string_view(user->get_string()).substr(0, kNameBytesMax);
  }
  const json::value* servers = fields.Find("mcp_servers");
  if (servers && (!servers->is_array() || !servers->get_array().empty()))
    fields.Fail("mcp_servers", "unsupported_parameter", "mcp_servers: servers of tools are not supported yet");
  if (fields.Find("container"))
    fields.Fail("container", "unsupported_parameter", "container: containers are not supported");
  return Done(fields, out);
}

Parsed<ChatRequest> ParseCountTokens(std::string_view body) {
  Parsed<json::object> object = ParseObject(body);
  if (!object) return tl::unexpected<ApiError>(std::move(object.error()));
  Fields fields(*object);
  fields.OnlyKnown(kPromptFields, {"context_management", "mcp_servers", "cache_control", "speed"});
  ChatRequest out;
  ReadPrompt(fields, *object, out);
  return Done(fields, out);
}

}  // namespace yun::api::anthropic
