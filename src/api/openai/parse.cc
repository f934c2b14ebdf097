#include "api/openai/parse.h"

#include <charconv>
#include <limits>

#include "api/chat_fields.h"

namespace yun::api::openai {
namespace {

namespace json = boost::json;

/// Fields of chat and completions alike; each has its own besides.
constexpr std::string_view kSharedFields[] = {
    "model", "temperature", "top_p", "top_k", "min_p", "repetition_penalty", "presence_penalty", "frequency_penalty",
    "logit_bias", "seed", "stop", "stop_token_ids", "max_tokens", "n", "logprobs", "ignore_eos", "stream",
    "stream_options", "user", "response_format", "guided_json", "guided_regex", "guided_choice", "guided_grammar",
    "structured_outputs", "service_tier", "priority", "timeout", "ttft_objective_ms", "cache_salt", "deterministic",
    "dry_run", "store", "enable_search", "min_tokens"};

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
  fields.Number("repetition_penalty", sampling.repetition_penalty, {0, kRepetitionPenaltyMax, true});
  std::optional<double> presence, frequency;
  fields.Number("presence_penalty", presence, {-2, 2});
  fields.Number("frequency_penalty", frequency, {-2, 2});
  sampling.presence_penalty = presence.value_or(0);
  sampling.frequency_penalty = frequency.value_or(0);
  std::optional<std::int64_t> top_k, n;
  fields.Integer("top_k", top_k, -1, std::numeric_limits<std::int32_t>::max());
  if (top_k) sampling.top_k = static_cast<std::int32_t>(*top_k < 0 ? 0 : *top_k);
  fields.Integer("n", n, 1, kAnswersMax);
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
std::optional<json::string> ContentText(Fields& fields, const std::string& param, const json::value* content,
                                        std::vector<CacheMark>& marks) {
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
    ReadCacheControl(fields, at, *object, text.size(), marks);
  }
  return text;
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
  ReadMessages(fields, out, ContentText);
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
  fields.Bool("echo", out.echo);
  fields.OnlyValue("suffix", {});
  fields.OnlyValue("min_tokens", {});
  std::optional<std::int64_t> max_tokens, logprobs, best_of;
  fields.Integer("max_tokens", max_tokens, 1, kMaxTokensMax);
  out.max_tokens = static_cast<std::uint32_t>(max_tokens.value_or(16));  // OpenAI's default for this call
  fields.Integer("logprobs", logprobs, 0, kTopLogprobsMax);
  out.logprobs = static_cast<std::int32_t>(logprobs.value_or(-1));
  if (out.echo && logprobs)
    fields.Fail("echo", "unsupported_value", "'echo' together with 'logprobs' is not supported.");
  fields.Integer("best_of", best_of, 1, 20);
  if (best_of && *best_of != out.n)
    fields.Fail("best_of", "unsupported_value", "'best_of' other than 'n' is not supported yet.");
  if (!fields.ok()) return tl::unexpected<ApiError>(std::move(fields.error()));
  return out;
}

}  // namespace yun::api::openai
