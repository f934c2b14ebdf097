#include "api/schema.h"

#include <algorithm>
#include <cmath>

namespace yun::api::schema {
namespace {

namespace json = boost::json;

/// 2 instead of 2E0.
json::value Bound(double number) {
  if (number == std::trunc(number) && std::abs(number) < 1e15) return static_cast<std::int64_t>(number);
  return number;
}

struct Description {
  std::string_view name, text;
};
constexpr Description kDescriptions[] = {
    {"add_generation_prompt", "Whether the beginning of an answer follows the messages."},
    {"add_special_tokens", "Whether the model's own marks stand around the text."},
    {"best_of", "The same as n."},
    {"cache_salt", "Prefixes in the cache are shared only with requests of the same salt."},
    {"chat_template_kwargs", "Variables for the model's chat template."},
    {"deterministic", "The same bits whatever else is being computed; slower."},
    {"dimension", "Numbers of a vector; the model's own bound is tighter."},
    {"dimensions", "Numbers of a vector; the model's own bound is tighter."},
    {"dry_run", "Only tells what it would take: tokens, price, place in the queue."},
    {"echo", "Whether the answer's text begins with its prompt's; not together with logprobs."},
    {"enable_code_interpreter", "Not served."},
    {"enable_search", "Not served."},
    {"enable_thinking", "Whether the model thinks before it answers, where its template knows the choice."},
    {"encoding_format", "Numbers, or base64 of little-endian float32."},
    {"frequency_penalty", "Against tokens, by how often they came."},
    {"guided_choice", "The answer is one of these texts."},
    {"guided_grammar", "The answer is a sentence of this Lark grammar."},
    {"guided_json", "The answer is JSON of this schema, an object or its text."},
    {"guided_regex", "The answer matches this regular expression."},
    {"ignore_eos", "Goes on where the model would end."},
    {"incremental_output", "A stream's events hold what is new (true) or all so far (false)."},
    {"instruct", "What is looked for, in words."},
    {"logit_bias", "Token ids, as texts, and what is added to their logits."},
    {"logprobs", "Whether, or of how many tokens, the logarithmic probabilities are given."},
    {"max_completion_tokens", "Bounds all that is generated, thinking included."},
    {"max_tokens", "Bounds the answer, without what the model thinks."},
    {"max_tool_calls", "Of tools that the server runs: there are none."},
    {"messages", "The conversation; the last may be an assistant's that is to be continued."},
    {"metadata", "Pairs of texts that are kept with it."},
    {"min_p", "Tokens less likely than this part of the likeliest are not drawn."},
    {"modalities", "What is answered with."},
    {"model", "The id of a model that is served."},
    {"n", "How many answers; with tools, DashScope has one."},
    {"parallel_tool_calls", "Whether an answer may hold several calls."},
    {"prediction", "Taken without effect."},
    {"presence_penalty", "Against tokens that came already."},
    {"preserve_thinking", "Whether earlier thoughts stay in the prompt, where the template knows the choice."},
    {"priority", "The lower runs sooner."},
    {"prompt_cache_key", "Taken without effect: prefixes are found by themselves."},
    {"prompt_cache_retention", "Taken without effect."},
    {"reasoning_effort", "How much is thought: a thinking_budget by name. Not together with thinking_budget."},
    {"repetition_penalty", "Divides the logits of tokens that came already; 1 is none."},
    {"response_format", "What the answer must look like; it parses also where it was cut."},
    {"return_documents", "Whether the documents come back with their scores."},
    {"return_token_strs", "Whether the tokens come as texts, too."},
    {"safety_identifier", "Taken without effect."},
    {"seed", "The same seed, the same answer, where the arithmetic is the same."},
    {"service_tier", "flex: computed when nobody else wants the machine."},
    {"stop", "Ends the answer, and is not part of it."},
    {"stop_token_ids", "Tokens that end the answer."},
    {"store", "Whether it is kept, so that it can be continued."},
    {"stream", "Whether the answer comes as events while it is made."},
    {"structured_outputs", "guided_json and its like in one object: one of json, regex, choice, grammar, json_object."},
    {"temperature", "How freely tokens are drawn; 0: the likeliest."},
    {"text_type", "What the texts are: queries get the instruct."},
    {"thinking_budget", "Tokens that the model may think; then the thought is closed and the answer follows."},
    {"timeout", "Seconds; then the request fails with 504."},
    {"tool_choice", "Whether tools are to be called."},
    {"tool_stream", "Arguments are streamed either way."},
    {"tools", "Functions that the model may call."},
    {"top_k", "Only this many of the likeliest tokens are drawn from."},
    {"top_logprobs", "Of how many of the likeliest tokens the logarithmic probabilities are given."},
    {"top_n", "How many of the best are given; all where it is left out."},
    {"top_p", "Only the likeliest tokens that together have this probability are drawn from."},
    {"ttft_objective_ms", "Milliseconds to the first token that the caller hopes for."},
    {"user", "Who asks, in the caller's own words."},
    {"verbosity", "Taken without effect."},
    {"vl_enable_image_hw_output", "Without pictures nothing to act on."},
    {"vl_high_resolution_images", "Without pictures nothing to act on."},
};

void Describe(std::string_view name, Object& field) {
  if (field.contains("description")) return;
  const auto* found = std::ranges::find(kDescriptions, name, &Description::name);
  if (found != std::end(kDescriptions)) field["description"] = found->text;
}

json::array Names(std::initializer_list<std::string_view> names) { return json::array(names.begin(), names.end()); }

/// Without the null that every field may be which may be left out.
void WithoutNull(Object& field) {
  for (const char* list : {"type", "enum", "anyOf"}) {
    json::value* value = field.if_contains(list);
    if (!value || !value->is_array()) continue;
    json::array kept;
    for (const json::value& one : value->get_array())
      if (!one.is_null() && one != "null" && one != json::value(Null())) kept.push_back(one);
    *value = list == std::string_view("type") && kept.size() == 1 ? kept.front() : json::value(std::move(kept));
  }
}

}  // namespace

Object Any() { return {}; }
Object Null() { return {{"type", "null"}}; }
Object Boolean() { return {{"type", "boolean"}}; }
Object Integer() { return {{"type", "integer"}}; }
Object Integer(std::int64_t low, std::int64_t high) {
  return {{"type", "integer"}, {"minimum", low}, {"maximum", high}};
}
Object Number() { return {{"type", "number"}}; }
Object Number(Range range) {
  return {{"type", "number"},
          {range.open_low ? "exclusiveMinimum" : "minimum", Bound(range.low)},
          {range.open_high ? "exclusiveMaximum" : "maximum", Bound(range.high)}};
}
Object Text() { return {{"type", "string"}}; }
Object Text(std::size_t low, std::size_t high) {
  Object out = Text();
  if (low > 0) out["minLength"] = low;
  out["maxLength"] = high;
  return out;
}
Object Pattern(std::string_view ecma) { return {{"type", "string"}, {"pattern", ecma}}; }
Object Const(json::value value) { return {{"const", std::move(value)}}; }
Object OneOf(const std::vector<std::string_view>& texts) {
  return {{"type", "string"}, {"enum", json::array(texts.begin(), texts.end())}};
}
Object List(Object items) { return {{"type", "array"}, {"items", std::move(items)}}; }
Object List(Object items, std::size_t low, std::size_t high) {
  Object out = List(std::move(items));
  if (low > 0) out["minItems"] = low;
  out["maxItems"] = high;
  return out;
}
Object Map(Object values) { return {{"type", "object"}, {"additionalProperties", std::move(values)}}; }
Object Reference(std::string_view name) { return {{"$ref", "#/components/schemas/" + std::string(name)}}; }
Object Either(std::vector<Object> schemas) {
  json::array any;
  for (Object& schema : schemas) any.emplace_back(std::move(schema));
  return {{"anyOf", std::move(any)}};
}
Object OrNull(Object schema) {
  if (schema.empty()) return schema;  // anything is
  if (json::value* any = schema.if_contains("anyOf")) {
    any->as_array().emplace_back(Null());
    return schema;
  }
  json::value* type = schema.if_contains("type");
  if (!type || !type->is_string()) return Either({std::move(schema), Null()});
  *type = json::array{*type, "null"};
  if (json::value* choices = schema.if_contains("enum")) choices->as_array().emplace_back(nullptr);
  return schema;
}
Object Struct(Object members, std::initializer_list<std::string_view> required) {
  Object out{{"type", "object"}, {"properties", std::move(members)}};
  if (required.size() > 0) out["required"] = Names(required);
  return out;
}
Object Closed(Object members, std::initializer_list<std::string_view> required) {
  Object out = Struct(std::move(members), required);
  out["additionalProperties"] = false;
  return out;
}
Object About(std::string_view text, Object schema) {
  schema["description"] = text;
  return schema;
}

Object Body(const FieldNotes::Body& notes, Object own, std::initializer_list<std::string_view> required) {
  Object members = notes.fields;
  for (const std::string& name : notes.known)
    if (!notes.refused.contains(name)) members.emplace(name, Any());
  for (auto& [name, field] : own) members[name] = std::move(field);
  for (auto& [name, field] : members) {
    Describe(name, field.as_object());
    if (std::ranges::find(required, std::string_view(name)) != required.end()) WithoutNull(field.as_object());
  }
  return notes.known.empty() ? Struct(std::move(members), required) : Closed(std::move(members), required);
}

Object NeedsOneOf(const std::vector<std::vector<std::string_view>>& sets, Object schema) {
  json::array ways;
  for (const auto& names : sets) {
    Object members;
    for (std::string_view name : names) members[name] = Object{{"not", Null()}};
    ways.push_back(Object{{"required", json::array(names.begin(), names.end())}, {"properties", std::move(members)}});
  }
  schema["anyOf"] = std::move(ways);
  return schema;
}

Object ChatMessage(Object part) {
  const Object function =
      Struct({{"name", Text()}, {"arguments", Either({Text(), Object{{"type", "object"}}})}}, {"name"});
  const Object content = Either({Text(), List(std::move(part))});
  Object out = Struct(
      {{"role", OneOf({"system", "developer", "user", "assistant", "tool"})},
       {"content", About("Only an assistant's may be left out.", OrNull(content))},
       {"name", OrNull(Text())},
       {"reasoning_content", About("What an assistant thought.", OrNull(Text()))},
       {"tool_calls", About("Of an assistant.", OrNull(List(Struct({{"function", function}}, {"function"}))))},
       {"tool_call_id", About("Of a tool: the call that this answers.", OrNull(Text()))},
       {"partial", About("Of the last message, an assistant's: it is to be continued.", OrNull(Boolean()))}},
      {"role"});
  out["anyOf"] = json::array{Struct({{"content", content}}, {"content"}), Struct({{"role", Const("assistant")}})};
  return out;
}

Object ListOf(std::string_view name, Object more) {
  Object members{{"object", OneOf({"list"})}, {"data", List(Reference(name))}};
  for (auto& [key, value] : more) members[key] = std::move(value);
  return Struct(std::move(members), {"object", "data"});
}

}  // namespace yun::api::schema
