#include "api/dashscope/values.h"

#include <fmt/format.h>

#include <iterator>
#include <limits>

#include "api/fields.h"
#include "api/json_text.h"
#include "api/openai/parse.h"

namespace yun::api::dashscope {
namespace {

namespace json = boost::json;

/// A body's `model`, `input` and `parameters`.
struct Opened {
  std::string model;
  json::object input, parameters;
};

Parsed<Opened> Open(std::string_view body) {
  const Parsed<json::object> object = ParseObject(body);
  if (!object) return tl::unexpected(object.error());
  Fields fields(*object);
  Opened out;
  fields.String("model", out.model, kNameBytesMax);
  if (fields.ok() && out.model.empty())
    fields.Fail("model", "missing_required_parameter", R"(Required parameter "model" missing from request.)");
  const auto read = [&](std::string_view key, json::object& into) {
    const json::value* value = fields.Find(key);
    if (!value) return false;
    if (value->is_object()) into = value->get_object();
    else fields.FailType(key, "an object", *value);
    return true;
  };
  if (!read("input", out.input))
    fields.Fail("input", "missing_required_parameter", "Required input parameter missing from request.");
  read("parameters", out.parameters);
  if (!fields.ok()) return tl::unexpected(std::move(fields.error()));
  return out;
}

/// A text, or an object with one.
void AddText(Fields& fields, const std::string& param, const json::value& value, std::vector<std::string>& out) {
  const json::value* text = value.is_object() ? value.get_object().if_contains("text") : &value;
  if (!text || !text->is_string()) return fields.FailType(param, "a string", value);
  if (text->get_string().empty())
    return fields.Fail(param, "invalid_value", "Invalid '{}': it must not be empty.", param);
  out.emplace_back(text->get_string());
}

/// One text, or a list of 1 to `max`.
std::vector<std::string> ReadTexts(Fields& fields, std::string_view key, std::size_t max, bool one_is_fine) {
  std::vector<std::string> out;
  const json::value* value = fields.Find(key);
  if (!value) {
    fields.Fail(key, "missing_required_parameter", "Missing required parameter: '{}'.", key);
  } else if (value->is_array()) {
    const json::array& array = value->get_array();
    if (array.empty()) fields.Fail(key, "invalid_value", "Invalid '{}': [] is too short.", key);
    if (array.size() > max)
      fields.Fail(key, "invalid_value", "Range of {} should be [1, {}]; got {}.", key, max, array.size());
    for (std::size_t i = 0; i < array.size() && fields.ok(); ++i)
      AddText(fields, fmt::format("{}[{}]", key, i), array[i], out);
  } else if (one_is_fine && value->is_string()) {
    AddText(fields, std::string(key), *value, out);
  } else {
    fields.FailType(key, one_is_fine ? "a string or an array of strings" : "an array of strings", *value);
  }
  return out;
}

/// Parts of a message as OpenAI writes them: {"text": ...} has no type here.
json::value WithTypedParts(json::value messages) {
  if (!messages.is_array()) return messages;
  for (json::value& message : messages.get_array()) {
    json::value* content = message.is_object() ? message.get_object().if_contains("content") : nullptr;
    if (!content || !content->is_array()) continue;
    for (json::value& part : content->get_array())
      if (part.is_object() && part.get_object().contains("text")) part.get_object().emplace("type", "text");
  }
  return messages;
}

}  // namespace

Parsed<EmbeddingRequest> ParseTextEmbedding(std::string_view body) {
  Parsed<Opened> opened = Open(body);
  if (!opened) return tl::unexpected(std::move(opened.error()));
  EmbeddingRequest out;
  out.model = std::move(opened->model);
  out.text_type = TextType::kDocument;
  Fields input(opened->input);
  for (std::string& text : ReadTexts(input, "texts", kTextsMax, true)) out.inputs.emplace_back(std::move(text));
  if (!input.ok()) return tl::unexpected(std::move(input.error()));
  Fields wishes(opened->parameters);
  std::optional<std::int64_t> dimension;
  wishes.Integer("dimension", dimension, 1, kDimensionsMax);
  out.dimensions = static_cast<std::uint32_t>(dimension.value_or(0));
  wishes.OnlyValue("output_type", {"dense"});
  wishes.OnlyValue("text_type", {"query", "document"});
  if (const json::value* type = wishes.Find("text_type"); type && type->get_string() == "query")
    out.text_type = TextType::kQuery;
  wishes.String("instruct", out.instruct, kInstructBytesMax);
  if (!wishes.ok()) return tl::unexpected(std::move(wishes.error()));
  return out;
}

Parsed<RerankRequest> ParseTextRerank(std::string_view body) {
  Parsed<Opened> opened = Open(body);
  if (!opened) return tl::unexpected(std::move(opened.error()));
  RerankRequest out;
  out.model = std::move(opened->model);
  out.document_tokens_max = kDocumentTokensMax;
  out.tokens_max = kRankingTokensMax;
  Fields input(opened->input);
  std::vector<std::string> query;
  if (const json::value* value = input.Find("query")) AddText(input, "query", *value, query);
  else input.Fail("query", "missing_required_parameter", "Missing required parameter: 'query'.");
  out.documents = ReadTexts(input, "documents", kDocumentsMax, false);
  if (!input.ok()) return tl::unexpected(std::move(input.error()));
  out.query = std::move(query.front());
  Fields wishes(opened->parameters);
  std::optional<std::int64_t> top_n;
  wishes.Integer("top_n", top_n, 1, std::numeric_limits<std::int32_t>::max());
  out.top_n = static_cast<std::uint32_t>(top_n.value_or(0));
  wishes.Bool("return_documents", out.return_documents);
  wishes.String("instruct", out.instruct, kInstructBytesMax);
  if (!wishes.ok()) return tl::unexpected(std::move(wishes.error()));
  return out;
}

Parsed<TokenizeRequest> ParseTokenizer(std::string_view body) {
  Parsed<Opened> opened = Open(body);
  if (!opened) return tl::unexpected(std::move(opened.error()));
  TokenizeRequest out;
  out.model = std::move(opened->model);
  out.return_token_strings = true;
  Fields input(opened->input);
  const json::value* messages = input.Find("messages");
  if (!messages) {
    const json::value* prompt = input.Find("prompt");
    if (!prompt)
      input.Fail("prompt", "missing_required_parameter",
                 R"(Either "prompt" or "messages" must exist and cannot both be none)");
    else if (!prompt->is_string()) input.FailType("prompt", "a string", *prompt);
    else out.text = prompt->get_string();
    if (!input.ok()) return tl::unexpected(std::move(input.error()));
    return out;
  }
  out.add_special_tokens = false;  // a template writes them itself
  Parsed<ChatRequest> chat =
      openai::ParseChatRequest(json::object{{"model", "-"}, {"messages", WithTypedParts(*messages)}});
  if (!chat) return tl::unexpected(std::move(chat.error()));
  out.chat = std::move(*chat);
  return out;
}

std::string WriteTextEmbedding(const ValuesHead& head, const std::vector<std::vector<float>>& embeddings) {
  std::string out = R"({"output":{"embeddings":[)";
  for (std::size_t i = 0; i < embeddings.size(); ++i) {
    fmt::format_to(std::back_inserter(out), R"({}{{"text_index":{},"embedding":)", i ? "," : "", i);
    AppendNumbers(out, embeddings[i]);
    out += '}';
  }
  return out + fmt::format(R"(]}},"usage":{{"total_tokens":{0},"input_tokens":{0}}},"request_id":{1}}})",
                           head.prompt_tokens, Quote(head.id));
}

std::string WriteTextRerank(const ValuesHead& head, const std::vector<Ranked>& ranking,
                            const std::vector<std::string>* documents) {
  std::string out = R"({"output":{"results":[)";
  for (std::size_t i = 0; i < ranking.size(); ++i) {
    out += i ? ",{" : "{";
    if (documents) out += fmt::format(R"("document":{{"text":{}}},)", Quote((*documents)[ranking[i].index]));
    out += fmt::format(R"("index":{},"relevance_score":{}}})", ranking[i].index, ranking[i].score);
  }
  return out + fmt::format(R"(]}},"usage":{{"total_tokens":{0},"input_tokens":{0}}},"request_id":{1}}})",
                           head.prompt_tokens, Quote(head.id));
}

std::string WriteTokenizer(const TokenList& list, std::string_view request_id) {
  std::string out = fmt::format(R"({{"output":{{"token_ids":[{}],"tokens":[)", fmt::join(list.tokens, ","));
  for (std::size_t i = 0; i < list.strings.size(); ++i) out += (i ? "," : "") + Quote(list.strings[i]);
  return out + fmt::format(R"(]}},"usage":{{"input_tokens":{}}},"request_id":{}}})", list.tokens.size(),
                           Quote(request_id));
}

}  // namespace yun::api::dashscope
