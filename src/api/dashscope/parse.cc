#include "api/dashscope/parse.h"

#include <array>
#include <limits>
#include <string>

namespace yun::api::dashscope {
namespace {

namespace json = boost::json;

/// text: the hosted service's, about the range
void Number(Fields& fields, std::string_view key, std::optional<double>& out, Range range, std::string_view text) {
  fields.Note(key, range);
  const json::value* value = fields.Find(key);
  if (!value) return;
  if (!value->is_number()) return fields.FailType(key, "a number", *value);
  const double number = value->to_number<double>();
  if (!range.Contains(number)) return fields.Fail(key, "invalid_value", "{}; got {:g}.", text, number);
  out = number;
}

/// low, high: "Range of <key> should be [low, high]"
void Integer(Fields& fields, std::string_view key, std::optional<std::int64_t>& out, std::int64_t low,
             std::int64_t high) {
  std::optional<std::int64_t> number;
  fields.Integer(key, number, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
  fields.Note(key, low, high);
  if (!number) return;
  if (*number < low || *number > high)
    return fields.Fail(key, "invalid_value", "Range of {} should be [{}, {}]; got {}.", key, low, high, *number);
  out = number;
}

/// The text of a `content`: a string, null, or an array of {"text": ...}; other keys beside it are let be.
std::optional<json::string> ContentText(Fields& fields, const std::string& param, const json::value* content,
                                        std::vector<CacheMark>& marks) {
  if (!content || content->is_null()) return json::string();
  if (content->is_string()) return content->get_string();
  if (!content->is_array()) return fields.FailType(param, "a string or an array of parts", *content), std::nullopt;
  json::string text;
  std::size_t index = 0;
  for (const json::value& part : content->get_array()) {
    const std::string at = fmt::format("{}[{}]", param, index);
    const json::object* object = part.if_object();
    if (!object) return fields.FailType(at, "an object", part), std::nullopt;
    const json::value* value = object->if_contains("text");
    if (!value) {
      for (std::string_view kind : {"image", "video", "audio", "file", "image_url", "video_url", "input_audio"})
        if (object->if_contains(kind))
          return fields.Fail(at, "unsupported_value",
                             "'{}': parts of kind '{}' are not supported yet; only {{\"text\": ...}} is.", at, kind),
                 std::nullopt;
      return fields.Fail(at + ".text", "missing_required_parameter", "Missing required parameter: '{}.text'.", at),
             std::nullopt;
    }
    if (!value->is_string()) return fields.FailType(at + ".text", "a string", *value), std::nullopt;
    if (index++) text += "\n";
    text += value->get_string();
    ReadCacheControl(fields, at, *object, text.size(), marks);
  }
  return text;
}

/// The older form of what was said before: [{"user": ..., "bot": ...}, ...]
void ReadHistory(Fields& fields, ChatRequest& out) {
  const json::value* value = fields.Find("history");
  if (!value) return;
  if (!value->is_array()) return fields.FailType("history", "an array", *value);
  if (2 * value->get_array().size() >= kMessagesMax)
    return fields.Fail("history", "invalid_value", "Invalid 'history': at most {} turns are allowed; got {}.",
                       kMessagesMax / 2 - 1, value->get_array().size());
  std::size_t index = 0;
  for (const json::value& turn : value->get_array()) {
    const std::string at = fmt::format("history[{}]", index++);
    if (!turn.is_object()) return fields.FailType(at, "an object", turn);
    for (const auto& [member, role] : {std::pair("user", "user"), std::pair("bot", "assistant")}) {
      const json::value* text = Member(turn.get_object(), member);
      if (!text || !text->is_string())
        return fields.Fail(fmt::format("{}.{}", at, member), "missing_required_parameter",
                           "Missing required parameter: '{}.{}' (a string).", at, member);
      out.messages.push_back(json::object{{"role", role}, {"content", *text}});
    }
  }
}

void ReadInput(Fields& fields, Service service, ChatRequest& out) {
  if (service == Service::kMultimodal && fields.Find("text") && !fields.Find("messages"))
    return fields.Fail("text", "unsupported_parameter", "'input.text': speech synthesis is not served here.");
  std::string prompt;
  fields.String("prompt", prompt, kBodyBytesMax);
  if (fields.Find("messages")) {
    fields.OnlyValue("history", {});
    return ReadMessages(fields, out, ContentText);
  }
  if (!fields.ok()) return;
  if (prompt.empty())
    return fields.Fail("messages", "missing_required_parameter",
                       R"(Either "prompt" or "messages" must exist and cannot both be none.)");
  ReadHistory(fields, out);
  out.messages.push_back(json::object{{"role", "user"}, {"content", prompt}});
}

/// A string, strings, token ids, or lists of token ids.
void ReadStop(Fields& fields, GenerationRequest& out) {
  const json::value* value = fields.Find("stop");
  if (!value) return;
  const auto fail = [&](std::string_view text) {
    fields.Fail("stop", "invalid_value", "Invalid 'stop': {}.", text);
  };
  const auto read_text = [&](const json::value& text) {
    if (text.get_string().empty()) return fail("a stop string must not be empty");
    if (text.get_string().size() > kStopBytesMax)
      return fail(fmt::format("a stop string has at most {} bytes; got {}", kStopBytesMax, text.get_string().size()));
    out.chat.stop.emplace_back(text.get_string());
  };
  if (value->is_string()) return read_text(*value);
  if (!value->is_array())
    return fields.FailType("stop", "a string, or an array of strings, of token ids or of arrays of token ids", *value);
  const json::array& stops = value->get_array();
  if (stops.size() > kStopsMax)
    return fail(fmt::format("at most {} are allowed; got {}", kStopsMax, stops.size()));
  const auto id_of = [&](const json::value& id) {
    if (id.is_int64() && id.get_int64() >= 0 && id.get_int64() <= std::numeric_limits<std::int32_t>::max())
      return static_cast<std::int32_t>(id.get_int64());
    fail("a token id is a whole number of at least 0");
    return -1;
  };
  for (const json::value& stop : stops) {
    if (!fields.ok()) return;
    if (stop.kind() != stops.front().kind()) return fail("strings, token ids and arrays of them cannot be mixed");
    if (stop.is_string()) {
      read_text(stop);
    } else if (const json::array* sequence = stop.if_array()) {
      if (sequence->empty() || sequence->size() > kStopSequenceTokensMax)
        return fail(fmt::format("an array of token ids has 1 to {} of them", kStopSequenceTokensMax));
      std::vector<std::int32_t> ids;
      for (const json::value& id : *sequence) ids.push_back(id_of(id));
      if (ids.size() == 1)
        out.chat.stop_ids.push_back(ids.front());
      else
        out.stop_sequences.push_back(std::move(ids));
    } else {
      out.chat.stop_ids.push_back(id_of(stop));
    }
  }
}

void ReadSampling(Fields& fields, Sampling& out) {
  Number(fields, "temperature", out.temperature, {0, 2, false, true}, "Temperature should be in [0.0, 2.0)");
  Number(fields, "top_p", out.top_p, {0, 1, true}, "Range of top_p should be (0.0, 1.0]");
  Number(fields, "repetition_penalty", out.repetition_penalty, {0, kRepetitionPenaltyMax, true},
         "Repetition_penalty should be greater than 0.0, and at most 100.0");
  std::optional<double> presence;
  Number(fields, "presence_penalty", presence, {-2, 2}, "Presence_penalty should be in [-2.0, 2.0]");
  out.presence_penalty = presence.value_or(0);
  std::optional<std::int64_t> seed, top_k;
  Integer(fields, "seed", seed, 0, std::numeric_limits<std::int64_t>::max());
  if (seed) out.seed = static_cast<std::uint64_t>(*seed);
  fields.Integer("top_k", top_k, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
  if (top_k && *top_k < 0)
    return fields.Fail("top_k", "invalid_value", "Parameter top_k be greater than or equal to 0; got {}.", *top_k);
  if (top_k) out.top_k = static_cast<std::int32_t>(*top_k > kTopKMax ? 0 : *top_k);
}

void ReadLengths(Fields& fields, ChatRequest& out) {
  std::optional<std::int64_t> max_tokens, max_completion_tokens, top_logprobs;
  Integer(fields, "max_tokens", max_tokens, 1, kMaxTokensMax);
  Integer(fields, "max_completion_tokens", max_completion_tokens, 1, kMaxTokensMax);
  out.answer_tokens = static_cast<std::uint32_t>(max_tokens.value_or(0));
  out.max_tokens = static_cast<std::uint32_t>(max_completion_tokens.value_or(0));
  bool logprobs = false;
  fields.Bool("logprobs", logprobs);
  Integer(fields, "top_logprobs", top_logprobs, 0, kTopLogprobsMax);
  if (logprobs) out.logprobs = static_cast<std::int32_t>(top_logprobs.value_or(0));
}

/// The hosted service answers for its newer models in the form of a message.
ResultFormat DefaultFormat(std::string_view model) {
  std::string lower;
  for (char c : model.substr(0, 8)) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  for (std::string_view newer : {"qwen3", "qwq", "qvq"})
    if (lower.starts_with(newer)) return ResultFormat::kMessage;
  return ResultFormat::kText;
}

void ReadFormat(Fields& fields, Service service, GenerationRequest& out) {
  std::string format;
  fields.String("result_format", format, kNameBytesMax);
  if (fields.Find("result_format") && format != "text" && format != "message")
    return fields.Fail("result_format", "invalid_value", "Invalid 'result_format': '{}' is neither text nor message.",
                       format.substr(0, 32));
  const json::value* thinks = out.chat.template_variables.if_contains("enable_thinking");
  // What a text alone could not hold.
  const bool forced = service == Service::kMultimodal || !out.chat.tools.empty() || out.chat.n > 1 ||
                      out.chat.logprobs >= 0 || (thinks && thinks->is_bool() && thinks->get_bool());
  if (!forced) out.format = format.empty() ? DefaultFormat(out.chat.model) : ResultFormat::kText;
  if (!forced && format == "message") out.format = ResultFormat::kMessage;
}

void ReadParameters(Fields& fields, const json::object& parameters, Service service, GenerationRequest& out) {
  ChatRequest& chat = out.chat;
  ReadSampling(fields, chat.sampling);
  if (const json::value* top_k = parameters.if_contains("top_k"); top_k && top_k->is_null()) chat.sampling.top_k = 0;
  ReadLengths(fields, chat);
  ReadStop(fields, out);
  bool stream = false;
  fields.Bool("stream", stream);
  chat.stream |= stream;
  fields.Bool("incremental_output", out.incremental);
  chat.parallel_tool_calls = false;
  ReadTools(fields, chat);
  ReadTemplateVariables(fields, chat);
  ReadThinking(fields, chat);
  ReadResponseFormat(fields, chat);
  ReadStructuredOutputs(fields, chat);
  ReadTerms(fields, chat);
  std::optional<std::int64_t> n;
  Integer(fields, "n", n, 1, kChoicesMax);
  chat.n = chat.tools.empty() ? static_cast<std::uint32_t>(n.value_or(1)) : 1;
  ReadFormat(fields, service, out);

  // Wishes that would change the answer are refused; what concerns pictures has nothing to act on.
  for (std::string_view key : {"enable_search", "enable_code_interpreter"}) fields.OnlyValue(key, {"false"});
  for (std::string_view key : {"ocr_options", "asr_options", "translation_options", "plugins", "skill"})
    fields.OnlyValue(key, {});
  bool ignored = false;
  for (std::string_view key : {"tool_stream", "vl_high_resolution_images", "vl_enable_image_hw_output"})
    fields.Bool(key, ignored);
}

/// The object of that name; null after an error, or when there is none.
const json::object* ObjectOf(Fields& fields, std::string_view key) {
  const json::value* value = fields.Find(key);
  if (!value) return nullptr;
  if (!value->is_object()) fields.FailType(key, "an object", *value);
  return value->if_object();
}

}  // namespace

Parsed<GenerationRequest> ParseGenerationRequest(std::string_view body, Service service, bool stream) {
  Parsed<json::object> object = ParseObject(body);
  if (!object) return tl::unexpected<ApiError>(std::move(object.error()));
  const auto failed = [](Fields& fields) { return tl::unexpected<ApiError>(std::move(fields.error())); };
  GenerationRequest out;
  out.chat.stream = stream;
  Fields fields(*object);
  fields.String("model", out.chat.model, kNameBytesMax);
  if (fields.ok() && out.chat.model.empty())
    fields.Fail("model", "missing_required_parameter", R"(Required parameter "model" missing from request.)");
  const json::object* input = ObjectOf(fields, "input");
  if (fields.ok() && !input)
    fields.Fail("input", "missing_required_parameter", "Required input parameter missing from request.");
  const json::object* parameters = ObjectOf(fields, "parameters");
  if (!fields.ok()) return failed(fields);

  Fields inputs(*input);
  ReadInput(inputs, service, out.chat);
  if (!inputs.ok()) return failed(inputs);
  const json::object none;
  if (!parameters) parameters = &none;
  Fields wishes(*parameters);
  ReadParameters(wishes, *parameters, service, out);
  if (!wishes.ok()) return failed(wishes);
  return out;
}

}  // namespace yun::api::dashscope
