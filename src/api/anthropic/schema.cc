#include "api/anthropic/schema.h"

#include "api/anthropic/parse.h"
#include "api/schema.h"

namespace yun::api::anthropic {
namespace {

namespace json = boost::json;
using namespace schema;

Object AnObject() { return {{"type", "object"}}; }

/// A block with these members; any may be marked.
Object Block(std::string_view type, Object members, std::initializer_list<std::string_view> required) {
  members["type"] = Const(json::value(type));
  members["cache_control"] = OrNull(Reference("CacheControl"));
  return Struct(std::move(members), required);
}

Object TextBlock() { return Block("text", {{"text", Text()}}, {"type", "text"}); }
Object TextOrBlocks() { return Either({Text(), List(TextBlock())}); }

Object UserMessage() {
  const Object result =
      Block("tool_result", {{"tool_use_id", Text()}, {"content", OrNull(TextOrBlocks())}}, {"type", "tool_use_id"});
  return Struct({{"role", Const("user")},
                 {"content", Either({Text(), List(Either({TextBlock(), result}), 0, kBlocksMax)})}},
                {"role", "content"});
}

Object AssistantMessage() {
  const Object thinking = Block("thinking", {{"thinking", Text()}}, {"type", "thinking"});
  const Object hidden = Block("redacted_thinking", {}, {"type"});
  const Object call = Block("tool_use", {{"id", Text()}, {"name", Text()}, {"input", OrNull(AnObject())}},
                            {"type", "id", "name"});
  return Struct({{"role", Const("assistant")},
                 {"content", Either({Text(), List(Either({TextBlock(), thinking, hidden, call}), 0, kBlocksMax)})}},
                {"role", "content"});
}

Object Tool() {
  return Struct({{"name", Pattern(kToolNamePattern)},
                 {"type", OrNull(OneOf({"custom"}))},
                 {"description", OrNull(Text())},
                 {"input_schema", AnObject()},
                 {"cache_control", OrNull(Reference("CacheControl"))},
                 {"strict", About("Arguments are held to the schema.", OrNull(Boolean()))}},
                {"name", "input_schema"});
}

/// What messages and counts share.
Object PromptFields() {
  const Object thinking = Either(
      {Struct({{"type", Const("disabled")}}, {"type"}),
       Struct({{"type", Const("enabled")}, {"budget_tokens", Integer(1, kMaxTokensMax)}}, {"type", "budget_tokens"}),
       Struct({{"type", Const("adaptive")}, {"budget_tokens", OrNull(Integer(1, kMaxTokensMax))}}, {"type"})});
  const Object format = Struct({{"type", Const("json_schema")}, {"schema", AnObject()}}, {"type", "schema"});
  return {{"model", Text(1, kNameBytesMax)},
          {"messages", List(Reference("AnthropicMessage"), 1, kMessagesMax)},
          {"system", About("What the model is told before all.", OrNull(TextOrBlocks()))},
          {"tools", OrNull(List(Tool(), 0, kToolsMax))},
          {"tool_choice",
           OrNull(Either({Struct({{"type", OneOf({"auto", "any", "none"})},
                                  {"disable_parallel_tool_use", OrNull(Boolean())}},
                                 {"type"}),
                          Struct({{"type", Const("tool")},
                                  {"name", Text()},
                                  {"disable_parallel_tool_use", OrNull(Boolean())}},
                                 {"type", "name"})}))},
          {"thinking", About("Off unless it is asked for.", OrNull(thinking))},
          {"output_config", About("effort: how much is thought; format: a schema that the answer is held to.",
                                  OrNull(Struct({{"effort", OrNull(OneOf(EffortNames()))},
                                                 {"format", OrNull(format)}})))},
          {"context_management", About("Taken without effect: nothing is edited away.", Any())},
          {"cache_control", About("The whole prompt stays in the cache.", OrNull(Reference("CacheControl")))},
          {"speed", About("Taken without effect.", Any())},
          {"mcp_servers", About("Not served.", Any())}};
}

Object MessagesBody() {
  FieldNotes notes;
  (void)ParseMessages("{}");
  Object own = PromptFields();
  Object stop{{"type", "string"}, {"pattern", "[^ \\n\\t\\r]"}, {"maxLength", kStopBytesMax}};
  own["stop_sequences"] = About("Each ends the answer, and is not part of it.", OrNull(List(stop, 0, kStopsMax)));
  own["metadata"] = About("user_id: who asks, in the caller's own words.", OrNull(AnObject()));
  own["mcp_servers"] = About("Not served.", OrNull(List(Any(), 0, 0)));
  for (const char* key : {"service_tier", "inference_geo", "user_profile_id", "diagnostics"})
    own[key] = About("Taken without effect.", Any());
  own["container"] = About("Not served.", Null());
  return Body(notes.bodies().front(), std::move(own), {"model", "messages", "max_tokens"});
}

Object CountBody() {
  FieldNotes notes;
  (void)ParseCountTokens("{}");
  return Body(notes.bodies().front(), PromptFields(), {"model", "messages"});
}

Object Answer() {
  const Object text = Struct({{"type", Const("text")}, {"text", Text()}}, {"type", "text"});
  const Object thinking = Struct({{"type", Const("thinking")}, {"thinking", Text()}, {"signature", Text()}},
                                 {"type", "thinking", "signature"});
  const Object call = Struct({{"type", Const("tool_use")}, {"id", Text()}, {"name", Text()}, {"input", AnObject()}},
                             {"type", "id", "name", "input"});
  return Struct({{"id", Text()},
                 {"type", Const("message")},
                 {"role", Const("assistant")},
                 {"model", Text()},
                 {"content", List(Either({text, thinking, call}))},
                 {"stop_reason", OneOf({"end_turn", "max_tokens", "stop_sequence", "tool_use"})},
                 {"stop_sequence", OrNull(Text())},
                 {"usage", Struct({{"input_tokens", Integer()},
                                   {"cache_creation_input_tokens", Integer()},
                                   {"cache_read_input_tokens", Integer()},
                                   {"output_tokens", Integer()}},
                                  {"input_tokens", "output_tokens"})}},
                {"id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"});
}

}  // namespace

Object Schemas() {
  return {{"AnthropicMessage", Either({UserMessage(), AssistantMessage()})},
          {"MessagesRequest", MessagesBody()},
          {"CountTokensRequest", CountBody()},
          {"Message", Answer()},
          {"MessageEvent",
           Struct({{"type", OneOf({"message_start", "content_block_start", "content_block_delta", "content_block_stop",
                                   "message_delta", "message_stop", "ping", "error"})}},
                  {"type"})},
          {"TokenCount", Struct({{"input_tokens", Integer()}}, {"input_tokens"})},
          {"AnthropicModel",
           Struct({{"type", Const("model")}, {"id", Text()}, {"display_name", Text()}, {"created_at", Text()}},
                  {"type", "id", "display_name", "created_at"})},
          {"AnthropicModelList", Struct({{"data", List(Reference("AnthropicModel"))},
                                         {"has_more", Boolean()},
                                         {"first_id", OrNull(Text())},
                                         {"last_id", OrNull(Text())}},
                                        {"data", "has_more", "first_id", "last_id"})},
          {"AnthropicError",
           Struct({{"type", Const("error")},
                   {"error", Struct({{"type", Text()}, {"message", Text()}}, {"type", "message"})},
                   {"request_id", Text()}},
                  {"type", "error"})}};
}

}  // namespace yun::api::anthropic
