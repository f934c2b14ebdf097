#include "api/openai/values.h"

#include <fmt/format.h>

#include <array>
#include <limits>

#include "api/fields.h"
#include "api/json_text.h"
#include "api/openai/parse.h"

namespace yun::api::openai {
namespace {

namespace json = boost::json;

constexpr std::string_view kSharedFields[] = {"model", "user", "priority", "service_tier", "timeout"};

template <class T>
Parsed<T> Done(Fields& fields, T out) {
  if (!fields.ok()) return tl::unexpected<ApiError>(std::move(fields.error()));
  return out;
}

void FailMissing(Fields& fields, std::string_view key) {
  fields.Fail(key, "missing_required_parameter", "Missing required parameter: '{}'.", key);
}

void ReadShared(Fields& fields, ValuesRequest& out) {
  if (fields.ok() && !fields.Find("model")) FailMissing(fields, "model");
  fields.String("model", out.model, kNameBytesMax);
  if (fields.ok() && out.model.empty()) fields.Fail("model", "invalid_value", "Invalid 'model': it must not be empty.");
  fields.String("user", out.user, kNameBytesMax);
  std::optional<std::int64_t> priority;
  fields.Integer("priority", priority, 0, kPriorityMax);
  out.priority = static_cast<std::int32_t>(priority.value_or(0));
  fields.OnlyValue("service_tier", {"auto", "default", "flex"});
  const json::value* tier = fields.Find("service_tier");
  out.idle = tier && tier->get_string() == "flex";
  std::optional<double> timeout_s;
  fields.Number("timeout", timeout_s, {0, kTimeoutSecondsMax, true});
  out.timeout_s = timeout_s.value_or(0);
}

/// Token ids of an array.
void ReadIds(Fields& fields, std::string_view param, const json::array& array, std::vector<std::int32_t>& out) {
  out.reserve(array.size());
  for (const json::value& value : array) {
    if (!value.is_int64()) return fields.FailType(param, "token ids (integers)", value);
    if (value.get_int64() < 0 || value.get_int64() > std::numeric_limits<std::int32_t>::max())
      return fields.Fail(param, "invalid_value", "Invalid '{}': {} is no token id.", param, value.get_int64());
    out.push_back(static_cast<std::int32_t>(value.get_int64()));
  }
}

/// The field, which must be there; null after an error.
const json::value* Required(Fields& fields, std::string_view key) {
  const json::value* value = fields.Find(key);
  if (!value && fields.ok()) FailMissing(fields, key);
  return value;
}

/// 1 to `max` items; false after an error.
bool CheckCount(Fields& fields, std::string_view param, std::size_t count, std::size_t max) {
  if (count >= 1 && count <= max) return true;
  if (count == 0)
    fields.Fail(param, "invalid_value", "Invalid '{}': [] is too short; at least one is needed.", param);
  else
    fields.Fail(param, "invalid_value", "Invalid '{}': at most {} are allowed; got {}.", param, max, count);
  return false;
}

// ---- embeddings

void ReadInputs(Fields& fields, EmbeddingRequest& out) {
  const json::value* value = Required(fields, "input");
  if (!value) return;
  const auto add = [&](const json::value& input, const std::string& param) {
    if (input.is_string()) {
      if (input.get_string().empty())
        return fields.Fail(param, "invalid_value", "Invalid '{}': it must not be empty.", param);
      out.inputs.emplace_back(std::string(input.get_string()));
    } else if (input.is_array()) {
      std::vector<std::int32_t> ids;
      ReadIds(fields, param, input.get_array(), ids);
      if (ids.empty()) return fields.Fail(param, "invalid_value", "Invalid '{}': it must not be empty.", param);
      out.inputs.emplace_back(std::move(ids));
    } else {
      fields.FailType(param, "a string or an array of token ids", input);
    }
  };
  if (!value->is_array()) return add(*value, "input");
  const json::array& array = value->get_array();
  if (!array.empty() && array.front().is_number()) return add(*value, "input");
  if (!CheckCount(fields, "input", array.size(), kEmbeddingInputsMax)) return;
  for (std::size_t i = 0; i < array.size() && fields.ok(); ++i) add(array[i], fmt::format("input[{}]", i));
}

// ---- ranking

/// A text, or an object with one: {"text": ...}.
void AddText(Fields& fields, const std::string& param, const json::value& value, std::vector<std::string>& out) {
  const json::value* text = &value;
  if (value.is_object()) {
    text = value.get_object().if_contains("text");
    if (!text)
      return fields.Fail(param, "missing_required_parameter", "Missing required parameter: '{}.text'.", param);
  }
  if (!text->is_string()) return fields.FailType(param, "a string, or an object with 'text'", value);
  if (text->get_string().empty())
    return fields.Fail(param, "invalid_value", "Invalid '{}': it must not be empty.", param);
  out.emplace_back(text->get_string());
}

void ReadTexts(Fields& fields, std::string_view key, std::size_t max, std::vector<std::string>& out) {
  const json::value* value = Required(fields, key);
  if (!value) return;
  if (!value->is_array()) return fields.FailType(key, "an array of strings", *value);
  const json::array& array = value->get_array();
  if (!CheckCount(fields, key, array.size(), max)) return;
  for (std::size_t i = 0; i < array.size() && fields.ok(); ++i)
    AddText(fields, fmt::format("{}[{}]", key, i), array[i], out);
}

/// One text, or several.
void ReadSide(Fields& fields, std::string_view key, std::vector<std::string>& out) {
  const json::value* value = Required(fields, key);
  if (!value) return;
  if (value->is_array()) return ReadTexts(fields, key, kScorePairsMax, out);
  AddText(fields, std::string(key), *value, out);
}

std::string UsageText(const ValuesHead& head) {
  return fmt::format(R"("usage":{{"prompt_tokens":{0},"total_tokens":{0}}})", head.prompt_tokens);
}

}  // namespace

Parsed<EmbeddingRequest> ParseEmbeddingRequest(std::string_view body) {
  const Parsed<json::object> object = ParseObject(body);
  if (!object) return tl::unexpected(object.error());
  Fields fields(*object);
  fields.OnlyKnown(kSharedFields, {"input", "dimensions", "encoding_format", "text_type", "instruct"});
  EmbeddingRequest out;
  ReadShared(fields, out);
  ReadInputs(fields, out);
  std::optional<std::int64_t> dimensions;
  fields.Integer("dimensions", dimensions, 1, kDimensionsMax);
  out.dimensions = static_cast<std::uint32_t>(dimensions.value_or(0));
  fields.OnlyValue("encoding_format", {"float", "base64"});
  const json::value* format = fields.Find("encoding_format");
  out.base64 = format && format->get_string() == "base64";
  fields.OnlyValue("text_type", {"query", "document"});
  if (const json::value* type = fields.Find("text_type"))
    out.text_type = type->get_string() == "query" ? TextType::kQuery : TextType::kDocument;
  fields.String("instruct", out.instruct, kInstructBytesMax);
  return Done(fields, std::move(out));
}

Parsed<RerankRequest> ParseRerankRequest(std::string_view body, RerankForm form) {
  const Parsed<json::object> object = ParseObject(body);
  if (!object) return tl::unexpected(object.error());
  Fields fields(*object);
  fields.OnlyKnown(kSharedFields, {"query", "documents", "top_n", "return_documents", "instruct"});
  RerankRequest out;
  ReadShared(fields, out);
  if (const json::value* query = Required(fields, "query")) {
    std::vector<std::string> texts;
    AddText(fields, "query", *query, texts);
    if (fields.ok()) out.query = std::move(texts.front());
  }
  ReadTexts(fields, "documents", kDocumentsMax, out.documents);
  std::optional<std::int64_t> top_n;
  fields.Integer("top_n", top_n, 0, std::numeric_limits<std::int32_t>::max());
  out.top_n = static_cast<std::uint32_t>(top_n.value_or(0));
  const bool hosted = form == RerankForm::kHosted;
  out.return_documents = !hosted;
  fields.Bool("return_documents", out.return_documents);
  fields.String("instruct", out.instruct, kInstructBytesMax);
  if (hosted) out.document_tokens_max = kDocumentTokensMax, out.tokens_max = kRankingTokensMax;
  return Done(fields, std::move(out));
}

Parsed<ScoreRequest> ParseScoreRequest(std::string_view body) {
  const Parsed<json::object> object = ParseObject(body);
  if (!object) return tl::unexpected(object.error());
  Fields fields(*object);
  fields.OnlyKnown(kSharedFields, {"text_1", "text_2", "data_1", "data_2", "queries", "documents", "instruct"});
  ScoreRequest out;
  ReadShared(fields, out);
  std::array<std::string_view, 2> names = kScoreNames[0];
  bool named = false;
  for (const auto& pair : kScoreNames) {
    if (!fields.Find(pair[0]) && !fields.Find(pair[1])) continue;
    if (named)
      fields.Fail(pair[0], "invalid_value", "Invalid '{}': '{}' and '{}' are given already.", pair[0], names[0],
                  names[1]);
    names = pair, named = true;
  }
  std::vector<std::string> left, right;
  ReadSide(fields, names[0], left);
  ReadSide(fields, names[1], right);
  fields.String("instruct", out.instruct, kInstructBytesMax);
  if (fields.ok() && left.size() != 1 && left.size() != right.size())
    fields.Fail(names[0], "invalid_value",
                "Invalid '{}': one text, or as many as in '{}', can be compared; got {} and {}.", names[0], names[1],
                left.size(), right.size());
  if (fields.ok())
    for (std::size_t i = 0; i < right.size(); ++i)
      out.pairs.emplace_back(left.size() == 1 ? left[0] : left[i], std::move(right[i]));
  return Done(fields, std::move(out));
}

Parsed<TokenizeRequest> ParseTokenizeRequest(std::string_view body) {
  Parsed<json::object> object = ParseObject(body);
  if (!object) return tl::unexpected(object.error());
  Fields fields(*object);
  fields.OnlyKnown({}, {"model", "prompt", "messages", "tools", "chat_template_kwargs", "enable_thinking",
                        "add_special_tokens", "add_generation_prompt", "return_token_strs",
                        "continue_final_message"});
  TokenizeRequest out;
  fields.String("model", out.model, kNameBytesMax);
  fields.Bool("return_token_strs", out.return_token_strings);
  fields.Bool("add_generation_prompt", out.add_generation_prompt);
  fields.OnlyValue("continue_final_message", {"false"});
  const bool chat = fields.Find("messages");
  out.add_special_tokens = !chat;  // a template writes them itself
  fields.Bool("add_special_tokens", out.add_special_tokens);
  if (fields.ok() && chat == (fields.Find("prompt") != nullptr))
    fields.Fail("prompt", chat ? "invalid_value" : "missing_required_parameter",
                "Either 'prompt' or 'messages' must be given{}.", chat ? ", not both" : "");
  if (fields.ok() && !chat) {
    const json::value& prompt = *fields.Find("prompt");
    if (prompt.is_string()) out.text = prompt.get_string();
    else fields.FailType("prompt", "a string", prompt);
  }
  if (!fields.ok()) return tl::unexpected<ApiError>(std::move(fields.error()));
  json::object conversation = {{"model", "-"}, {"messages", json::array{json::object{{"role", "assistant"}}}}};
  for (std::string_view key : {"messages", "tools", "chat_template_kwargs", "enable_thinking"})
    if (const json::value* value = fields.Find(key)) conversation[key] = *value;
  Parsed<ChatRequest> parsed = ParseChatRequest(conversation);
  if (!parsed) return tl::unexpected<ApiError>(std::move(parsed.error()));
  if (chat) out.chat = std::move(*parsed);
  return out;
}

Parsed<DetokenizeRequest> ParseDetokenizeRequest(std::string_view body) {
  const Parsed<json::object> object = ParseObject(body);
  if (!object) return tl::unexpected(object.error());
  Fields fields(*object);
  fields.OnlyKnown({}, {"model", "tokens"});
  DetokenizeRequest out;
  fields.String("model", out.model, kNameBytesMax);
  if (const json::value* tokens = Required(fields, "tokens")) {
    if (tokens->is_array()) ReadIds(fields, "tokens", tokens->get_array(), out.tokens);
    else fields.FailType("tokens", "an array of token ids", *tokens);
  }
  return Done(fields, std::move(out));
}

std::string WriteEmbeddings(const ValuesHead& head, const std::vector<std::vector<float>>& embeddings, bool base64) {
  std::string out = R"({"object":"list","data":[)";
  for (std::size_t i = 0; i < embeddings.size(); ++i) {
    fmt::format_to(std::back_inserter(out), R"({}{{"object":"embedding","index":{},"embedding":)", i ? "," : "", i);
    if (base64) {
      out += '"';
      AppendBase64(out, embeddings[i]);
      out += '"';
    } else {
      AppendNumbers(out, embeddings[i]);
    }
    out += '}';
  }
  return out + fmt::format(R"(],"model":{},{},"id":{}}})", Quote(head.model), UsageText(head), Quote(head.id));
}

std::string WriteRanking(const ValuesHead& head, const std::vector<Ranked>& ranking,
                         const std::vector<std::string>* documents) {
  std::string out =
      fmt::format(R"({{"id":{},"object":"list","model":{},"results":[)", Quote(head.id), Quote(head.model));
  for (std::size_t i = 0; i < ranking.size(); ++i) {
    const Ranked& one = ranking[i];
    fmt::format_to(std::back_inserter(out), R"({}{{"index":{},"relevance_score":{})", i ? "," : "", one.index,
                   one.score);
    if (documents) out += fmt::format(R"(,"document":{{"text":{}}})", Quote((*documents)[one.index]));
    out += '}';
  }
  return out + "]," + UsageText(head) + "}";
}

std::string WriteScores(const ValuesHead& head, const std::vector<double>& scores) {
  std::string out = fmt::format(R"({{"id":{},"object":"list","created":{},"model":{},"data":[)", Quote(head.id),
                                head.created, Quote(head.model));
  for (std::size_t i = 0; i < scores.size(); ++i)
    fmt::format_to(std::back_inserter(out), R"({}{{"index":{},"object":"score","score":{}}})", i ? "," : "", i,
                   scores[i]);
  return out + "]," + UsageText(head) + "}";
}

std::string WriteTokens(const TokenList& list) {
  std::string out = fmt::format(R"({{"count":{},"max_model_len":{},"tokens":[{}],"token_strs":)", list.tokens.size(),
                                list.context_tokens, fmt::join(list.tokens, ","));
  if (list.strings.empty()) return out + "null}";
  for (std::size_t i = 0; i < list.strings.size(); ++i) out += (i ? "," : "[") + Quote(list.strings[i]);
  return out + "]}";
}

std::string WriteText(std::string_view text) { return fmt::format(R"({{"prompt":{}}})", Quote(text)); }

}  // namespace yun::api::openai
