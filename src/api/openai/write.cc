#include "api/openai/write.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>

namespace yun::api::openai {
namespace {

namespace json = boost::json;

constexpr double kLogprobLeast = -9999.0;  // JSON has no -inf; OpenAI writes this

bool ValidUtf8(std::string_view s) {
  for (std::size_t i = 0; i < s.size();) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(s[k]); };
    const unsigned char lead = byte(i);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xc2 && lead < 0xe0 ? 2
                               : lead >= 0xe0 && lead < 0xf0 ? 3
                               : lead >= 0xf0 && lead < 0xf5 ? 4
                                                             : 0;
    if (length == 0 || i + length > s.size()) return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((byte(i + k) & 0xc0) != 0x80) return false;
    if ((lead == 0xe0 && byte(i + 1) < 0xa0) || (lead == 0xed && byte(i + 1) > 0x9f) ||
        (lead == 0xf0 && byte(i + 1) < 0x90) || (lead == 0xf4 && byte(i + 1) > 0x8f))
      return false;
    i += length;
  }
  return true;
}

/// A token's text; bytes that are no text are written out as \xNN, as OpenAI does.
std::string TokenName(const std::string& bytes, std::string_view prefix) {
  if (ValidUtf8(bytes)) return bytes;
  std::string out(prefix);
  for (unsigned char c : bytes) out += fmt::format("\\x{:02x}", c);
  return out;
}

double Writable(double logprob) { return std::isfinite(logprob) && logprob > kLogprobLeast ? logprob : kLogprobLeast; }

std::string Quote(std::string_view text) { return json::serialize(json::value(json::string(text))); }

json::object ChatToken(const TokenText& token) {
  json::array bytes;
  for (unsigned char c : token.bytes) bytes.emplace_back(static_cast<std::uint64_t>(c));
  return {{"token", TokenName(token.bytes, "")}, {"logprob", Writable(token.logprob)}, {"bytes", std::move(bytes)}};
}

std::string ChatLogprobs(const Choice& choice) {
  if (!choice.with_logprobs) return "null";
  json::array content;
  for (const LogprobEntry& entry : choice.logprobs) {
    json::object token = ChatToken(entry.token);
    json::array top;
    for (const TokenText& t : entry.top) top.emplace_back(ChatToken(t));
    token["top_logprobs"] = std::move(top);
    content.emplace_back(std::move(token));
  }
  return json::serialize(json::object{{"content", std::move(content)}, {"refusal", nullptr}});
}

std::string CompletionLogprobs(const Choice& choice) {
  if (!choice.with_logprobs) return "null";
  json::array tokens, logprobs, tops, offsets;
  std::size_t offset = choice.text_offset;
  for (const LogprobEntry& entry : choice.logprobs) {
    tokens.emplace_back(TokenName(entry.token.bytes, "bytes:"));
    logprobs.emplace_back(Writable(entry.token.logprob));
    json::object top;
    for (const TokenText& t : entry.top) top.emplace(TokenName(t.bytes, "bytes:"), Writable(t.logprob));
    tops.emplace_back(std::move(top));
    offsets.emplace_back(offset);
    offset += CountCharacters(entry.token.bytes);
  }
  return json::serialize(json::object{{"tokens", std::move(tokens)},
                                      {"token_logprobs", std::move(logprobs)},
                                      {"top_logprobs", std::move(tops)},
                                      {"text_offset", std::move(offsets)}});
}

std::string FinishReason(const Choice& choice) {
  return choice.finish_reason.empty() ? "null" : fmt::format("\"{}\"", choice.finish_reason);
}

std::string UsageText(const UsageCounts& usage) {
  return fmt::format(R"({{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{},)"
                     R"("prompt_tokens_details":{{"cached_tokens":{}}}}})",
                     usage.prompt_tokens, usage.completion_tokens, usage.prompt_tokens + usage.completion_tokens,
                     usage.cached_tokens);
}

std::string HeadText(const AnswerHead& head, std::string_view object) {
  return fmt::format(R"({{"id":{},"object":"{}","created":{},"model":{},"system_fingerprint":null,)", Quote(head.id),
                     object, head.created, Quote(head.model));
}

std::string_view ChunkObject(const AnswerHead& head) {
  return head.dialog == Dialog::kChat ? "chat.completion.chunk" : "text_completion";
}

}  // namespace

std::size_t CountCharacters(std::string_view bytes) {
  std::size_t count = 0;
  for (unsigned char c : bytes) count += (c & 0xc0) != 0x80;
  return count;
}

std::string WriteAnswer(const AnswerHead& head, const std::vector<Choice>& choices, const UsageCounts& usage) {
  const bool chat = head.dialog == Dialog::kChat;
  std::string out = HeadText(head, chat ? "chat.completion" : "text_completion") + "\"choices\":[";
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const Choice& c = choices[i];
    if (i) out += ',';
    if (chat)
      out += fmt::format(R"({{"index":{},"message":{{"role":"assistant","content":{},"refusal":null}},"logprobs":{},)"
                         R"("finish_reason":{}}})",
                         c.index, Quote(c.text), ChatLogprobs(c), FinishReason(c));
    else
      out += fmt::format(R"({{"index":{},"text":{},"logprobs":{},"finish_reason":{}}})", c.index, Quote(c.text),
                         CompletionLogprobs(c), FinishReason(c));
  }
  return out + "],\"usage\":" + UsageText(usage) + "}";
}

std::string WriteChunk(const AnswerHead& head, const Choice& c, bool first, bool with_usage) {
  std::string out = HeadText(head, ChunkObject(head));
  if (head.dialog == Dialog::kChat) {
    std::string delta;
    if (first)
      delta = fmt::format(R"("role":"assistant","content":{})", Quote(c.text));
    else if (!c.text.empty())
      delta = fmt::format(R"("content":{})", Quote(c.text));
    out += fmt::format(R"("choices":[{{"index":{},"delta":{{{}}},"logprobs":{},"finish_reason":{}}}])", c.index, delta,
                       c.logprobs.empty() ? "null" : ChatLogprobs(c), FinishReason(c));
  } else {
    out += fmt::format(R"("choices":[{{"index":{},"text":{},"logprobs":{},"finish_reason":{}}}])", c.index,
                       Quote(c.text), c.logprobs.empty() ? "null" : CompletionLogprobs(c), FinishReason(c));
  }
  return out + (with_usage ? ",\"usage\":null}" : "}");
}

std::string WriteUsageChunk(const AnswerHead& head, const UsageCounts& usage) {
  return HeadText(head, ChunkObject(head)) + "\"choices\":[],\"usage\":" + UsageText(usage) + "}";
}

std::string WriteModel(const ModelEntry& model) {
  return fmt::format(R"({{"id":{},"object":"model","created":{},"owned_by":"yun"}})", Quote(model.id), model.created);
}

std::string WriteModelList(const std::vector<ModelEntry>& models) {
  std::string out = R"({"object":"list","data":[)";
  for (std::size_t i = 0; i < models.size(); ++i) out += (i ? "," : "") + WriteModel(models[i]);
  return out + "]}";
}

std::string WriteError(const ApiError& error, std::string_view request_id) {
  const auto or_null = [](const std::string& s) {
    return s.empty() ? json::value(nullptr) : json::value(json::string(s));
  };
  json::object body{{"error", json::object{{"message", error.message},
                                           {"type", error.type},
                                           {"param", or_null(error.param)},
                                           {"code", or_null(error.code)}}}};
  if (!request_id.empty()) body["request_id"] = json::string(request_id);
  return json::serialize(body);
}

}  // namespace yun::api::openai
