#include "api/dashscope/answer_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "api/dashscope/write.h"
#include "api/json_text.h"
#include "base/check.h"

namespace yun::api::dashscope {
namespace {

/// "null", a string, while the answer goes on.
std::string_view FinishName(Finish finish) {
  switch (finish) {
    case Finish::kNone: return "null";
    case Finish::kStop:
    case Finish::kStopString: return "stop";
    case Finish::kLength: return "length";
    case Finish::kToolCalls: return "tool_calls";
  }
  CHECK(false);
  __builtin_unreachable();
}

struct Tokens {
  std::uint64_t input = 0, output = 0, thinking = 0, cached = 0, cache_write = 0;
};

/// A call of a message; one that goes on has neither a name nor an id.
std::string CallText(std::size_t index, const ToolCall& call) {
  const std::string name = call.name.empty() ? "" : fmt::format("\"name\":{},", Quote(call.name));
  return fmt::format(R"({{"index":{},"id":{},"type":"function","function":{{{}"arguments":{}}}}})", index,
                     Quote(call.id), name, Quote(call.arguments));
}

class Writer final : public AnswerWriter {
 public:
  explicit Writer(WriterOptions options) : options_(std::move(options)) {}

  std::string Whole(const std::vector<Choice>& choices, const UsageCounts& usage) override {
    std::string out = fmt::format("{{\"request_id\":{},\"output\":", Quote(options_.request_id));
    if (AsText(choices.front())) {
      out += TextOutput(choices.front());
    } else {
      out += R"({"text":null,"finish_reason":null,"choices":[)";
      for (std::size_t i = 0; i < choices.size(); ++i)
        out += (i ? "," : "") + ChoiceText(choices[i], 0, !choices[i].thinking.empty());
      out += "]}";
    }
    const Tokens tokens{usage.prompt_tokens, usage.completion_tokens, usage.thinking_tokens, usage.cached_tokens,
                        usage.cache_write_tokens};
    return out + ",\"usage\":" + UsageText(tokens, true) + "}";
  }

  void Write(std::string& out, const Piece& piece, const UsageCounts& so_far) override {
    if (piece.part == Part::kCallEnd) return;
    State& state = Of(piece.choice);
    state.thought |= piece.part == Part::kThinking;
    state.called |= piece.part == Part::kCallBegin;
    if (!options_.incremental) {
      state.said.Add(piece);
      return Event(out, state.said, 0, state, so_far);
    }
    Choice added{.index = piece.choice};
    if (piece.part == Part::kCallArguments)
      added.calls.push_back({"", "", piece.text});
    else
      added.Add(piece);
    Event(out, added, piece.call, state, so_far);
  }

  void EndChoice(std::string& out, std::uint32_t choice, Finish finish, std::string_view,
                 const UsageCounts& so_far) override {
    State& state = Of(choice);
    state.said.finish = finish;
    Event(out, state.said, 0, state, so_far);
  }

  void End(std::string&, const UsageCounts&) override {}

  void Fail(std::string& out, const ApiError& error, std::string_view request_id) override {
    // The vendor's client takes the status from a line of its own, and knows an error by "event:error" alone.
    out += fmt::format("id:{}\nevent:error\n:HTTP_STATUS/{}\nstatus:{}\ndata:{}\n\n", ++events_, error.status,
                       error.status, WriteError(error, request_id));
  }

 private:
  struct State {
    Choice said;  // all so far; of an incremental stream: only how it ended
    bool thought = false, called = false;
  };

  State& Of(std::uint32_t choice) {
    State& state = states_[choice];
    state.said.index = choice;
    return state;
  }

  bool AsText(const Choice& c) const {
    return options_.format == ResultFormat::kText && c.thinking.empty() && c.calls.empty();
  }

  static std::string TextOutput(const Choice& c) {
    return fmt::format(R"({{"text":{},"finish_reason":"{}"}})", Quote(c.text), FinishName(c.finish));
  }

  /// first_call: the number of the first of c.calls
  std::string ChoiceText(const Choice& c, std::size_t first_call, bool thought) const {
    std::string out = options_.service == Service::kMultimodal
                          ? fmt::format(R"({{"message":{{"content":[{{"text":{}}}])", Quote(c.text))
                          : fmt::format(R"({{"message":{{"content":{})", Quote(c.text));
    if (thought) out += ",\"reasoning_content\":" + Quote(c.thinking);
    if (!c.calls.empty()) {
      out += ",\"tool_calls\":[";
      for (std::size_t i = 0; i < c.calls.size(); ++i) out += (i ? "," : "") + CallText(first_call + i, c.calls[i]);
      out += "]";
    }
    out += fmt::format(R"(,"role":"assistant"}},"finish_reason":"{}")", FinishName(c.finish));
    if (options_.numbered) out += fmt::format(",\"index\":{}", c.index);
    if (options_.with_logprobs && !c.logprobs.empty())
      out += ",\"logprobs\":{\"content\":" + TokenLogprobs(c.logprobs) + "}";
    return out + "}";
  }

  /// complete: of an answer that has ended, when all is known
  std::string UsageText(const Tokens& t, bool complete) const {
    std::string out = fmt::format(R"({{"total_tokens":{},"output_tokens":{},"input_tokens":{})", t.input + t.output,
                                  t.output, t.input);
    const bool multimodal = options_.service == Service::kMultimodal;
    if (multimodal) out += fmt::format(R"(,"input_tokens_details":{{"text_tokens":{}}})", t.input);
    const std::uint64_t said = t.output - std::min(t.output, t.thinking);
    if (multimodal && t.thinking > 0)
      out += fmt::format(R"(,"output_tokens_details":{{"text_tokens":{},"reasoning_tokens":{}}})", said, t.thinking);
    else if (multimodal)
      out += fmt::format(R"(,"output_tokens_details":{{"text_tokens":{}}})", said);
    else if (t.thinking > 0)
      out += fmt::format(R"(,"output_tokens_details":{{"reasoning_tokens":{}}})", t.thinking);
    if (complete) {
      out += fmt::format(R"(,"prompt_tokens_details":{{"cached_tokens":{})", t.cached);
      if (t.cache_write > 0)
        out += fmt::format(R"(,"cache_creation_input_tokens":{},"cache_type":"ephemeral",)"
                           R"("cache_creation":{{"ephemeral_5m_input_tokens":{}}})",
                           t.cache_write, t.cache_write);
      out += "}";
    }
    return out + "}";
  }

  void Event(std::string& out, const Choice& c, std::size_t first_call, const State& state,
             const UsageCounts& so_far) {
    const bool as_text = options_.format == ResultFormat::kText && !state.thought && !state.called;
    const Tokens tokens{so_far.prompt_tokens, so_far.choice_tokens, so_far.choice_thinking_tokens, so_far.cached_tokens,
                        so_far.cache_write_tokens};
    out += fmt::format("id:{}\nevent:result\n:HTTP_STATUS/200\n", ++events_);
    out += fmt::format("data:{{\"output\":{},\"usage\":{},\"request_id\":{}}}\n\n",
                       as_text ? TextOutput(c) : "{\"choices\":[" + ChoiceText(c, first_call, state.thought) + "]}",
                       UsageText(tokens, c.finish != Finish::kNone), Quote(options_.request_id));
  }

  const WriterOptions options_;
  std::map<std::uint32_t, State> states_;
  std::uint64_t events_ = 0;
};

}  // namespace

std::unique_ptr<AnswerWriter> MakeAnswerWriter(WriterOptions options) {
  return std::make_unique<Writer>(std::move(options));
}

}  // namespace yun::api::dashscope
