#include <algorithm>
#include <optional>
#include <utility>

#include "api/fields.h"
#include "api/openai/parse.h"
#include "api/openai/responses.h"

namespace yun::api::openai {
namespace {

namespace json = boost::json;


/// A text of an object, or the first error.
std::optional<json::string> Text(Fields& fields, const json::object& object, std::string_view key,
                                 const std::string& at) {
  const std::string param = fmt::format("{}.{}", at, key);
  const json::value* value = Member(object, key);
  if (!value)
    return fields.Fail(param, "missing_required_parameter", "Missing required parameter: '{}'.", param), std::nullopt;
  if (!value->is_string()) return fields.FailType(param, "a string", *value), std::nullopt;
  return value->get_string();
}

/// A content as parts of `type`.
std::optional<json::array> Parts(Fields& fields, const json::value* content, const std::string& at,
                                 std::string_view type) {
  const auto part = [&](std::string_view text) {
    json::object out{{"type", type}, {"text", text}};
    if (type == "output_text") out["annotations"] = json::array();
    return out;
  };
  if (!content)
    return fields.Fail(at, "missing_required_parameter", "Missing required parameter: '{}'.", at), std::nullopt;
  if (content->is_string()) return json::array{part(content->get_string())};
  if (!content->is_array()) return fields.FailType(at, "a string or an array of parts", *content), std::nullopt;
  json::array out;
  std::size_t index = 0;
  for (const json::value& value : content->get_array()) {
    const std::string here = fmt::format("{}[{}]", at, index++);
    if (!value.is_object()) return fields.FailType(here, "an object", value), std::nullopt;
    const auto kind = Text(fields, value.get_object(), "type", here);
    if (!kind) return {};
    const bool refusal = *kind == "refusal";
    if (!refusal && *kind != "input_text" && *kind != "output_text" && *kind != "text")
      return fields.Fail(here + ".type", "unsupported_value",
                         "'{}': parts of type '{}' are not supported yet; only texts are.", here,
                         std::string_view(*kind).substr(0, 64)),
             std::nullopt;
    const auto text = Text(fields, value.get_object(), refusal ? "refusal" : "text", here);
    if (!text) return {};
    out.push_back(part(*text));
  }
  return out;
}

std::optional<json::object> ReadMessage(Fields& fields, const json::object& item, const std::string& at) {
  auto role = Text(fields, item, "role", at);
  if (!role) return {};
  if (*role != "user" && *role != "assistant" && *role != "system" && *role != "developer")
    return fields.Fail(at + ".role", "invalid_value",
                       "Invalid '{}.role': '{}' is none of user, assistant, system, developer.", at,
                       std::string_view(*role).substr(0, 32)),
           std::nullopt;
  auto parts = Parts(fields, Member(item, "content"), at + ".content",
                     *role == "assistant" ? "output_text" : "input_text");
  if (!parts) return {};
  return json::object{
      {"type", "message"}, {"status", "completed"}, {"role", std::move(*role)}, {"content", std::move(*parts)}};
}

std::optional<json::object> ReadCall(Fields& fields, const json::object& item, const std::string& at) {
  auto call_id = Text(fields, item, "call_id", at);
  auto name = call_id ? Text(fields, item, "name", at) : std::nullopt;
  auto arguments = name ? Text(fields, item, "arguments", at) : std::nullopt;
  if (!arguments) return {};
  return json::object{{"type", "function_call"},
                      {"status", "completed"},
                      {"call_id", std::move(*call_id)},
                      {"name", std::move(*name)},
                      {"arguments", std::move(*arguments)}};
}

std::optional<json::object> ReadOutput(Fields& fields, const json::object& item, const std::string& at) {
  auto call_id = Text(fields, item, "call_id", at);
  auto parts = call_id ? Parts(fields, Member(item, "output"), at + ".output", "input_text") : std::nullopt;
  if (!parts) return {};
  json::string text;
  for (const json::value& part : *parts) text += part.at("text").as_string();
  return json::object{{"type", "function_call_output"},
                      {"status", "completed"},
                      {"call_id", std::move(*call_id)},
                      {"output", std::move(text)}};
}

/// What a model thought: its own text, or the summary of it.
std::optional<json::object> ReadReasoning(Fields& fields, const json::object& item, const std::string& at) {
  json::array content;
  for (const char* member : {"content", "summary"}) {
    const json::value* list = Member(item, member);
    if (!list || !content.empty()) continue;
    if (!list->is_array()) return fields.FailType(fmt::format("{}.{}", at, member), "an array", *list), std::nullopt;
    for (const json::value& part : list->get_array()) {
      if (!part.is_object()) return fields.FailType(fmt::format("{}.{}", at, member), "objects", part), std::nullopt;
      const auto text = Text(fields, part.get_object(), "text", fmt::format("{}.{}", at, member));
      if (!text) return {};
      content.push_back(json::object{{"type", "reasoning_text"}, {"text", *text}});
    }
  }
  return json::object{{"type", "reasoning"}, {"summary", json::array()}, {"content", std::move(content)}};
}

std::optional<json::object> ReadItem(Fields& fields, const json::value& value, const std::string& at) {
  if (!value.is_object()) return fields.FailType(at, "an object", value), std::nullopt;
  const json::object& item = value.get_object();
  const json::value* type_value = Member(item, "type");
  if (type_value && !type_value->is_string())
    return fields.FailType(at + ".type", "a string", *type_value), std::nullopt;
  const std::string_view type = type_value ? std::string_view(type_value->get_string()) : "message";
  std::optional<json::object> out;
  if (type == "message") out = ReadMessage(fields, item, at);
  else if (type == "function_call") out = ReadCall(fields, item, at);
  else if (type == "function_call_output") out = ReadOutput(fields, item, at);
  else if (type == "reasoning") out = ReadReasoning(fields, item, at);
  else
    fields.Fail(at + ".type", "unsupported_value",
                "'{}': items of type '{}' are not supported yet; message, function_call, function_call_output and "
                "reasoning are.",
                at, type.substr(0, 64));
  if (!out) return {};
  if (const json::value* id = Member(item, "id"); id && id->is_string() && id->get_string().size() <= kNameBytesMax)
    (*out)["id"] = *id;
  return out;
}

std::optional<json::array> ReadItems(Fields& fields, const json::value& value, std::string_view at) {
  if (!value.is_array()) return fields.FailType(at, "an array of items", value), std::nullopt;
  const json::array& items = value.get_array();
  if (items.size() > kInputItemsMax)
    return fields.Fail(at, "invalid_value", "Invalid '{}': at most {} items are allowed; got {}.", at, kInputItemsMax,
                       items.size()),
           std::nullopt;
  json::array out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto item = ReadItem(fields, items[i], fmt::format("{}[{}]", at, i));
    if (!item) return {};
    out.push_back(std::move(*item));
  }
  return out;
}

void ReadMetadata(Fields& fields, const json::value& value, json::object& out) {
  if (!value.is_object()) return fields.FailType("metadata", "an object", value);
  const json::object& metadata = value.get_object();
  if (metadata.size() > kMetadataMax)
    return fields.Fail("metadata", "invalid_value", "Invalid 'metadata': at most {} pairs are allowed; got {}.",
                       kMetadataMax, metadata.size());
  for (const auto& pair : metadata) {
    if (!pair.value().is_string()) return fields.FailType("metadata", "texts as values", pair.value());
    if (pair.key().size() > kMetadataKeyMax || pair.value().get_string().size() > kMetadataValueMax)
      return fields.Fail("metadata", "invalid_value",
                         "Invalid 'metadata': keys have at most {} bytes, values {}.", kMetadataKeyMax,
                         kMetadataValueMax);
  }
  out = metadata;
}

/// Tools and a choice among them as a chat has them.
json::value ChatTools(const json::value& tools) {
  if (!tools.is_array()) return tools;
  json::array out;
  for (const json::value& value : tools.get_array()) {
    const json::object* tool = value.if_object();
    const json::value* type = tool ? tool->if_contains("type") : nullptr;
    if (!type || *type != "function") {
      out.push_back(value);
      continue;
    }
    json::object function = *tool;
    function.erase("type");
    out.push_back(json::object{{"type", "function"}, {"function", std::move(function)}});
  }
  return out;
}

json::value ChatChoice(const json::value& choice) {
  const json::object* object = choice.if_object();
  const json::value* type = object ? object->if_contains("type") : nullptr;
  if (!type || *type != "function") return choice;
  json::object function = *object;
  function.erase("type");
  return json::object{{"type", "function"}, {"function", std::move(function)}};
}

/// text.format as a chat's response_format.
json::value ChatFormat(const json::value& format) {
  const json::object* object = format.if_object();
  const json::value* type = object ? object->if_contains("type") : nullptr;
  if (!type || *type != "json_schema") return format;
  json::object schema = *object;
  schema.erase("type");
  return json::object{{"type", "json_schema"}, {"json_schema", std::move(schema)}};
}

/// An error of the chat that a request was read as, with the names that its fields have here.
ApiError Renamed(ApiError error) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"].function.", "]."}, {"tool_choice.function.", "tool_choice."}, {"response_format.json_schema", "text.format"},
      {"response_format", "text.format"}, {"max_completion_tokens", "max_output_tokens"},
      {"reasoning_effort", "reasoning.effort"}};
  for (const auto& [there, here] : kNames)
    for (std::string* text : {&error.param, &error.message})
      for (std::size_t at = text->find(there); at != std::string::npos; at = text->find(there, at + here.size()))
        text->replace(at, there.size(), here);
  return error;
}

/// The members that a response object repeats, with the defaults of what is absent.
json::object Echo(const json::object& body, const ResponsesRequest& request) {
  const auto or_else = [&](std::string_view key, json::value otherwise) {
    const json::value* value = Member(body, key);
    return value ? *value : std::move(otherwise);
  };
  json::object text = or_else("text", json::object()).as_object();
  if (!text.contains("format")) text["format"] = json::object{{"type", "text"}};
  json::object reasoning = or_else("reasoning", json::object()).as_object();
  for (const char* key : {"effort", "summary"})
    if (!reasoning.contains(key)) reasoning[key] = nullptr;
  const auto text_or_null = [](const std::string& s) { return s.empty() ? json::value() : json::value(s); };
  return {{"instructions", text_or_null(request.instructions)},
          {"max_output_tokens", or_else("max_output_tokens", nullptr)},
          {"model", request.chat.model},
          {"parallel_tool_calls", request.chat.parallel_tool_calls},
          {"previous_response_id", text_or_null(request.previous_response_id)},
          {"conversation",
           request.conversation.empty() ? json::value() : json::value(json::object{{"id", request.conversation}})},
          {"reasoning", std::move(reasoning)},
          {"store", request.store},
          {"temperature", or_else("temperature", 1.0)},
          {"text", std::move(text)},
          {"tool_choice", or_else("tool_choice", "auto")},
          {"tools", or_else("tools", json::array())},
          {"top_p", or_else("top_p", 1.0)},
          {"truncation", or_else("truncation", "disabled")},
          {"user", text_or_null(request.chat.user)},
          {"metadata", or_else("metadata", json::object())}};
}

/// The chat that this request is, but for its messages.
Parsed<ChatRequest> ReadChat(Fields& fields, const json::object& body) {
  json::object chat{{"messages", json::array{json::object{{"role", "user"}, {"content", ""}}}}};
  for (const auto& [here, there] : kAsInChat)
    if (const json::value* value = Member(body, here)) chat[there] = *value;
  if (const json::value* tools = Member(body, "tools")) chat["tools"] = ChatTools(*tools);
  if (const json::value* choice = Member(body, "tool_choice")) chat["tool_choice"] = ChatChoice(*choice);
  if (const json::value* reasoning = Member(body, "reasoning")) {
    if (!reasoning->is_object()) fields.FailType("reasoning", "an object", *reasoning);
    else if (const json::value* effort = Member(reasoning->get_object(), "effort")) chat["reasoning_effort"] = *effort;
  }
  if (const json::value* text = Member(body, "text")) {
    if (!text->is_object()) fields.FailType("text", "an object", *text);
    else if (const json::value* format = Member(text->get_object(), "format"))
      chat["response_format"] = ChatFormat(*format);
  }
  if (const json::value* options = Member(body, "stream_options"); options && !options->is_object())
    fields.FailType("stream_options", "an object", *options);
  if (!fields.ok()) return tl::unexpected(fields.error());
  Parsed<ChatRequest> out = ParseChatRequest(chat);
  if (!out) return tl::unexpected(Renamed(std::move(out.error())));
  out->messages.clear();
  return out;
}

}  // namespace

Parsed<json::array> ParseItems(const json::value& items, std::string_view at) {
  const json::object none;
  Fields fields(none);
  auto out = ReadItems(fields, items, at);
  if (!out) return tl::unexpected(fields.error());
  return std::move(*out);
}

Parsed<json::object> ParseMetadata(const json::value& metadata) {
  const json::object none;
  Fields fields(none);
  json::object out;
  ReadMetadata(fields, metadata, out);
  if (!fields.ok()) return tl::unexpected(fields.error());
  return out;
}

Parsed<ResponsesRequest> ParseResponses(std::string_view body) {
  const Parsed<json::object> object = ParseObject(body);
  if (!object) return tl::unexpected(object.error());
  Fields fields(*object);
  std::vector<std::string_view> shared;
  for (const auto& [here, there] : kAsInChat) shared.push_back(here);
  fields.OnlyKnown(shared, {"input", "instructions", "previous_response_id", "conversation", "store", "tools",
                            "tool_choice", "reasoning", "text", "metadata", "truncation", "include", "background",
                            "stream_options", "safety_identifier", "prompt_cache_key", "prompt_cache_retention",
                            "max_tool_calls", "top_logprobs", "prompt"});
  ResponsesRequest out;
  if (fields.ok()) {
    auto chat = ReadChat(fields, *object);
    if (!chat) return tl::unexpected(chat.error());
    out.chat = std::move(*chat);
  }
  if (out.chat.max_tokens > 0 && out.chat.max_tokens < kOutputTokensMin)
    fields.Fail("max_output_tokens", "invalid_value", "Invalid 'max_output_tokens': the least is {}; got {}.",
                kOutputTokensMin, out.chat.max_tokens);
  fields.String("instructions", out.instructions, kBodyBytesMax);
  fields.String("previous_response_id", out.previous_response_id, kNameBytesMax);
  if (const json::value* conversation = fields.Find("conversation")) {
    const json::object* named = conversation->if_object();
    if (named) {
      if (auto id = Text(fields, *named, "id", "conversation")) out.conversation = *id;
    } else {
      fields.String("conversation", out.conversation, kNameBytesMax);
    }
    if (!out.previous_response_id.empty())
      fields.Fail("conversation", "invalid_value",
                  "'conversation' and 'previous_response_id' cannot be given together.");
  }
  fields.Bool("store", out.store);
  fields.OnlyValue("background", {"false"});
  fields.OnlyValue("truncation", {"disabled"});
  for (std::string_view key : {"prompt", "top_logprobs"}) fields.OnlyValue(key, {});
  std::optional<std::int64_t> max_tool_calls;  // of tools that the server runs: there are none
  fields.Integer("max_tool_calls", max_tool_calls, 1, kMaxTokensMax);
  if (const json::value* metadata = fields.Find("metadata")) {
    json::object checked;
    ReadMetadata(fields, *metadata, checked);
  }
  const json::value* input = fields.Find("input");
  if (fields.ok() && !input && out.conversation.empty() && out.previous_response_id.empty())
    fields.Fail("input", "missing_required_parameter", "Missing required parameter: 'input'.");
  if (input && input->is_string()) {
    out.input.push_back(
        json::object{{"type", "message"},
                     {"status", "completed"},
                     {"role", "user"},
                     {"content", json::array{json::object{{"type", "input_text"}, {"text", input->get_string()}}}}});
  } else if (input) {
    if (auto items = ReadItems(fields, *input, "input")) out.input = std::move(*items);
  }
  if (!fields.ok()) return tl::unexpected(std::move(fields.error()));
  out.echo = Echo(*object, out);
  return out;
}

namespace {

json::string PartsText(const json::array& parts) {
  json::string text;
  for (const json::value& part : parts) {
    if (!text.empty()) text += "\n";
    text += part.at("text").as_string();
  }
  return text;
}

/// Items of a conversation become messages one after another.
class Messages {
 public:
  /// False: the output of a call that nobody made.
  bool Add(const json::object& item) {
    const std::string_view type = item.at("type").as_string();
    if (type == "message") {
      AddMessage(item.at("role").as_string(), PartsText(item.at("content").as_array()));
    } else if (type == "reasoning") {
      thinking_ = PartsText(item.at("content").as_array());
    } else if (type == "function_call") {
      if (out_.empty() || out_.back().at("role") != "assistant") AddMessage("assistant", "");
      json::object& message = out_.back().as_object();
      if (!message.contains("tool_calls")) message["tool_calls"] = json::array();
      json::value arguments = item.at("arguments");
      if (Parsed<json::object> parsed = ParseObject(arguments.as_string())) arguments = std::move(*parsed);
      message["tool_calls"].as_array().push_back(
          json::object{{"id", item.at("call_id")},
                       {"type", "function"},
                       {"function", json::object{{"name", item.at("name")}, {"arguments", std::move(arguments)}}}});
      called_.push_back(item.at("call_id").as_string());
    } else if (type == "function_call_output") {
      if (std::ranges::find(called_, item.at("call_id").as_string()) == called_.end()) return false;
      out_.push_back(json::object{
          {"role", "tool"}, {"tool_call_id", item.at("call_id")}, {"content", item.at("output")}});
    }
    return true;
  }

  void AddMessage(std::string_view role, json::string text) {
    json::object message{{"role", role == "developer" ? "system" : role}, {"content", std::move(text)}};
    if (role == "assistant" && !thinking_.empty()) message["reasoning_content"] = std::exchange(thinking_, {});
    out_.push_back(std::move(message));
  }

  json::array Take() { return std::move(out_); }

 private:
  json::array out_;
  json::string thinking_;  // before the next thing that the assistant says
  std::vector<json::string> called_;
};

}  // namespace

Parsed<json::array> MessagesOf(const ResponsesRequest& request, const json::array& before) {
  Messages messages;
  if (!request.instructions.empty()) messages.AddMessage("system", json::string(request.instructions));
  for (const json::value& item : before) messages.Add(item.as_object());
  for (std::size_t i = 0; i < request.input.size(); ++i)
    if (!messages.Add(request.input[i].as_object()))
      return tl::unexpected(ApiError{
          400, fmt::format("Invalid 'input[{}].call_id': no function call found with this id.", i),
          fmt::format("input[{}].call_id", i), "invalid_value"});
  json::array out = messages.Take();
  if (out.empty() || (out.size() == 1 && out.front().at("role") == "system" && !request.instructions.empty()))
    return tl::unexpected(ApiError{400, "There is no input to answer.", "input", "invalid_value"});
  return out;
}

}  // namespace yun::api::openai
