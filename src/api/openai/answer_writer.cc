#include "api/openai/answer_writer.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <map>
#include <utility>

#include "api/json_text.h"
#include "api/openai/write.h"
#include "base/check.h"

namespace yun::api::openai {
namespace {

namespace json = boost::json;

std::string ChatLogprobs(const std::vector<LogprobEntry>& entries) {
  return "{\"content\":" + TokenLogprobs(entries) + ",\"refusal\":null}";
}

/// offset: characters before the first entry.
std::string CompletionLogprobs(const std::vector<LogprobEntry>& entries, std::size_t offset) {
  json::array tokens, logprobs, tops, offsets;
  for (const LogprobEntry& entry : entries) {
    tokens.emplace_back(TokenName(entry.token.bytes, "bytes:"));
    logprobs.emplace_back(WritableLogprob(entry.token.logprob));
    json::object top;
    for (const TokenText& t : entry.top) top.emplace(TokenName(t.bytes, "bytes:"), WritableLogprob(t.logprob));
    tops.emplace_back(std::move(top));
    offsets.emplace_back(offset);
    offset += CountCharacters(entry.token.bytes);
  }
  return json::serialize(json::object{{"tokens", std::move(tokens)},
                                      {"token_logprobs", std::move(logprobs)},
                                      {"top_logprobs", std::move(tops)},
                                      {"text_offset", std::move(offsets)}});
}

std::string FinishText(Finish finish) {
  return finish == Finish::kNone ? "null" : fmt::format("\"{}\"", FinishName(finish));
}

std::string UsageText(const UsageCounts& usage) {
  std::string out = fmt::format(R"({{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{},)"
                                R"("prompt_tokens_details":{{"cached_tokens":{})",
                                usage.prompt_tokens, usage.completion_tokens,
                                usage.prompt_tokens + usage.completion_tokens, usage.cached_tokens);
  if (usage.cache_write_tokens > 0)
    out += fmt::format(R"(,"cache_creation_input_tokens":{},"cache_type":"ephemeral")", usage.cache_write_tokens);
  out += "}";
  if (usage.thinking_tokens > 0)
    out += fmt::format(R"(,"completion_tokens_details":{{"reasoning_tokens":{}}})", usage.thinking_tokens);
  return out + "}";
}

/// The text of an answer's message: null beside calls when nothing was said.
std::string ContentText(const Choice& c) { return c.text.empty() && !c.calls.empty() ? "null" : Quote(c.text); }

std::string Message(const Choice& c) {
  std::string out = fmt::format(R"({{"role":"assistant","content":{},"refusal":null)", ContentText(c));
  if (!c.thinking.empty()) out += ",\"reasoning_content\":" + Quote(c.thinking);
  if (!c.calls.empty()) {
    out += ",\"tool_calls\":[";
    for (std::size_t i = 0; i < c.calls.size(); ++i)
      out += fmt::format(R"({}{{"id":{},"type":"function","function":{{"name":{},"arguments":{}}}}})", i ? "," : "",
                         Quote(c.calls[i].id), Quote(c.calls[i].name), Quote(c.calls[i].arguments));
    out += "]";
  }
  return out + "}";
}

std::string Event(const std::string& data) { return "data: " + data + "\n\n"; }

class Writer final : public AnswerWriter {
 public:
  explicit Writer(WriterOptions options) : options_(std::move(options)) {}

  std::string Whole(const std::vector<Choice>& choices, const UsageCounts& usage) override {
    std::string out = Head(chat() ? "chat.completion" : "text_completion") + "\"choices\":[";
    for (std::size_t i = 0; i < choices.size(); ++i) {
      const Choice& c = choices[i];
      if (i) out += ',';
      if (chat())
        out += fmt::format(R"({{"index":{},"message":{},"logprobs":{},"finish_reason":{}}})", c.index, Message(c),
                           options_.with_logprobs ? ChatLogprobs(c.logprobs) : "null", FinishText(c.finish));
      else
        out += fmt::format(R"({{"index":{},"text":{},"logprobs":{},"finish_reason":{}}})", c.index, Quote(c.text),
                           options_.with_logprobs ? CompletionLogprobs(c.logprobs, 0) : "null", FinishText(c.finish));
    }
    return out + "],\"usage\":" + UsageText(usage) + "}";
  }

  void Write(std::string& out, const Piece& piece, const UsageCounts&) override {
    if (!chat()) return Text(out, piece, Finish::kNone);
    std::string delta;
    switch (piece.part) {
      case Part::kText:
        delta = "\"content\":" + Quote(piece.text);
        break;
      case Part::kThinking:
        delta = "\"reasoning_content\":" + Quote(piece.text);
        break;
      case Part::kCallBegin:
        delta = fmt::format(
            R"("tool_calls":[{{"index":{},"id":{},"type":"function","function":{{"name":{},"arguments":""}}}}])",
            piece.call, Quote(piece.call_id), Quote(piece.text));
        break;
      case Part::kCallArguments:
        delta = fmt::format(R"("tool_calls":[{{"index":{},"function":{{"arguments":{}}}}}])", piece.call,
                            Quote(piece.text));
        break;
      case Part::kCallEnd:
        return;
    }
    if (!choices_[piece.choice].begun) {
      const std::string_view content = piece.part == Part::kText ? "" : "\"content\":null,";
      delta = fmt::format(R"("role":"assistant",{}{})", content, delta);
    }
    choices_[piece.choice].begun = true;
    Delta(out, piece.choice, delta, piece.logprobs, Finish::kNone);
  }

  void EndChoice(std::string& out, std::uint32_t choice, Finish finish, std::string_view, const UsageCounts&) override {
    if (!chat()) return Text(out, {.choice = choice}, finish);
    if (!choices_[choice].begun) Delta(out, choice, R"("role":"assistant","content":"")", {}, Finish::kNone);
    Delta(out, choice, "", {}, finish);
  }

  void End(std::string& out, const UsageCounts& usage) override {
    if (options_.include_usage) out += Event(Head(chunk()) + "\"choices\":[],\"usage\":" + UsageText(usage) + "}");
    out += "data: [DONE]\n\n";
  }

  void Fail(std::string& out, const ApiError& error, std::string_view request_id) override {
    out += Event(WriteError(error, request_id));
  }

 private:
  struct State {
    bool begun = false;
    std::size_t characters = 0;  // of the tokens whose logprobs went out
  };

  bool chat() const { return options_.head.dialog == Dialog::kChat; }
  std::string_view chunk() const { return chat() ? "chat.completion.chunk" : "text_completion"; }

  std::string Head(std::string_view object) const {
    return fmt::format(R"({{"id":{},"object":"{}","created":{},"model":{},"system_fingerprint":null,)",
                       Quote(options_.head.id), object, options_.head.created, Quote(options_.head.model));
  }
  std::string_view Tail() const { return options_.include_usage ? ",\"usage\":null}" : "}"; }

  void Delta(std::string& out, std::uint32_t choice, std::string_view delta, const std::vector<LogprobEntry>& logprobs,
             Finish finish) const {
    out += Event(Head(chunk()) +
                 fmt::format(R"("choices":[{{"index":{},"delta":{{{}}},"logprobs":{},"finish_reason":{}}}]{})", choice,
                             delta, logprobs.empty() ? "null" : ChatLogprobs(logprobs), FinishText(finish), Tail()));
  }

  /// A chunk of a completion.
  void Text(std::string& out, const Piece& piece, Finish finish) {
    State& state = choices_[piece.choice];
    out += Event(Head(chunk()) +
                 fmt::format(R"("choices":[{{"index":{},"text":{},"logprobs":{},"finish_reason":{}}}]{})", piece.choice,
                             Quote(piece.text),
                             piece.logprobs.empty() ? "null" : CompletionLogprobs(piece.logprobs, state.characters),
                             FinishText(finish), Tail()));
    for (const LogprobEntry& entry : piece.logprobs) state.characters += CountCharacters(entry.token.bytes);
  }

  const WriterOptions options_;
  std::map<std::uint32_t, State> choices_;
};

}  // namespace

std::string_view FinishName(Finish finish) {
  switch (finish) {
    case Finish::kStop:
    case Finish::kStopString:
      return "stop";
    case Finish::kLength:
      return "length";
    case Finish::kToolCalls:
      return "tool_calls";
    case Finish::kNone:
      break;
  }
  CHECK(false);
  __builtin_unreachable();
}

std::unique_ptr<AnswerWriter> MakeAnswerWriter(WriterOptions options) {
  return std::make_unique<Writer>(std::move(options));
}

}  // namespace yun::api::openai
