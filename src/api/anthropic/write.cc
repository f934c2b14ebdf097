#include "api/anthropic/write.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/json.hpp>
#include <optional>
#include <utility>

#include "api/json_text.h"

namespace yun::api::anthropic {
namespace {

namespace json = boost::json;


std::string Event(std::string_view name, std::string_view data) {
  return fmt::format("event: {}\ndata: {}\n\n", name, data);
}

std::string_view StopReason(Finish finish) {
  switch (finish) {
    case Finish::kStopString: return "stop_sequence";
    case Finish::kLength: return "max_tokens";
    case Finish::kToolCalls: return "tool_use";
    case Finish::kStop:
    case Finish::kNone: break;
  }
  return "end_turn";
}

/// "stop_reason" and "stop_sequence".
std::string StopText(Finish finish, std::string_view stop_string) {
  return fmt::format(R"("stop_reason":"{}","stop_sequence":{})", StopReason(finish),
                     finish == Finish::kStopString ? Quote(stop_string) : "null");
}

/// Tokens of the prompt that came from the cache are counted apart.
std::string UsageText(const UsageCounts& usage) {
  return fmt::format(
      R"({{"input_tokens":{},"cache_creation_input_tokens":{},"cache_read_input_tokens":{},"output_tokens":{}}})",
      usage.prompt_tokens - usage.cached_tokens - usage.cache_write_tokens, usage.cache_write_tokens,
      usage.cached_tokens, usage.completion_tokens);
}

/// "call_..." as Anthropic names it.
std::string ToolUseId(std::string_view call_id) {
  const std::size_t at = call_id.find('_');
  return "toolu_" + std::string(at == std::string_view::npos ? call_id : call_id.substr(at + 1));
}

/// Arguments as they are, where they are an object; else, as when they were cut, none.
std::string InputText(const std::string& arguments) {
  json::error_code ec;
  const json::value value = json::parse(arguments, ec);
  return !ec && value.is_object() ? arguments : "{}";
}

class Writer final : public AnswerWriter {
 public:
  Writer(std::string id, std::string model) : id_(std::move(id)), model_(std::move(model)) {}

  std::string Whole(const std::vector<Choice>& choices, const UsageCounts& usage) override {
    const Choice& choice = choices.front();
    std::string content;
    const auto add = [&](const std::string& block) { content += (content.empty() ? "" : ",") + block; };
    if (!choice.thinking.empty())
      add(fmt::format(R"({{"type":"thinking","thinking":{},"signature":""}})", Quote(choice.thinking)));
    if (!choice.text.empty()) add(fmt::format(R"({{"type":"text","text":{}}})", Quote(choice.text)));
    for (const ToolCall& call : choice.calls)
      add(fmt::format(R"({{"type":"tool_use","id":{},"name":{},"input":{}}})", Quote(ToolUseId(call.id)),
                      Quote(call.name), InputText(call.arguments)));
    return fmt::format(R"({},"content":[{}],{},"usage":{}}})", Head(), content,
                       StopText(choice.finish, choice.stop_string), UsageText(usage));
  }

  void Begin(std::string& out, const UsageCounts& usage) override {
    out += Event("message_start",
                 fmt::format(R"({{"type":"message_start","message":{},"content":[],"stop_reason":null,)"
                             R"("stop_sequence":null,"usage":{}}}}})",
                             Head(), UsageText(usage)));
    KeepAlive(out);
  }

  void Write(std::string& out, const Piece& piece, const UsageCounts&) override {
    if (piece.part == Part::kCallEnd) return Close(out);
    if (piece.part == Part::kCallBegin) {
      Close(out);
      Open(out, Part::kCallArguments,
           fmt::format(R"({{"type":"tool_use","id":{},"name":{},"input":{{}}}})", Quote(ToolUseId(piece.call_id)),
                       Quote(piece.text)));
      return;
    }
    if (piece.text.empty()) return;
    if (open_ != piece.part) {
      Close(out);
      Open(out, piece.part,
           piece.part == Part::kThinking ? R"({"type":"thinking","thinking":"","signature":""})"
                                         : R"({"type":"text","text":""})");
    }
    switch (piece.part) {
      case Part::kThinking:
        return Delta(out, R"("type":"thinking_delta","thinking":)" + Quote(piece.text));
      case Part::kCallArguments:
        return Delta(out, R"("type":"input_json_delta","partial_json":)" + Quote(piece.text));
      default:
        return Delta(out, R"("type":"text_delta","text":)" + Quote(piece.text));
    }
  }

  void EndChoice(std::string& out, std::uint32_t, Finish finish, std::string_view stop_string,
                 const UsageCounts&) override {
    Close(out);
    finish_ = finish;
    stop_string_ = stop_string;
  }

  void End(std::string& out, const UsageCounts& usage) override {
    out += Event("message_delta", fmt::format(R"({{"type":"message_delta","delta":{{{}}},"usage":{}}})",
                                              StopText(finish_, stop_string_), UsageText(usage)));
    out += Event("message_stop", R"({"type":"message_stop"})");
  }

  void Fail(std::string& out, const ApiError& error, std::string_view request_id) override {
    out += Event("error", WriteError(error, request_id));
  }

  void KeepAlive(std::string& out) override { out += Event("ping", R"({"type":"ping"})"); }

 private:
  /// A message without its end.
  std::string Head() const {
    return fmt::format(R"({{"id":{},"type":"message","role":"assistant","model":{})", Quote(id_), Quote(model_));
  }

  void Open(std::string& out, Part part, std::string_view block) {
    open_ = part;
    out += Event("content_block_start",
                 fmt::format(R"({{"type":"content_block_start","index":{},"content_block":{}}})", index_, block));
  }

  void Delta(std::string& out, std::string_view delta) const {
    out += Event("content_block_delta",
                 fmt::format(R"({{"type":"content_block_delta","index":{},"delta":{{{}}}}})", index_, delta));
  }

  void Close(std::string& out) {
    if (!open_) return;
    if (*open_ == Part::kThinking) Delta(out, R"("type":"signature_delta","signature":"")");
    out += Event("content_block_stop", fmt::format(R"({{"type":"content_block_stop","index":{}}})", index_++));
    open_.reset();
  }

  const std::string id_, model_;
  std::optional<Part> open_;  // kind of the block that is open; kCallArguments: a call
  std::uint32_t index_ = 0;
  Finish finish_ = Finish::kStop;
  std::string stop_string_;
};

std::string_view ErrorType(const ApiError& error) {
  if (error.code == "Arrearage") return "billing_error";
  switch (error.status) {
    case 401: return "authentication_error";
    case 402: return "billing_error";
    case 403: return "permission_error";
    case 404: return "not_found_error";
    case 413: return "request_too_large";
    case 429: return "rate_limit_error";
    case 503:
    case 529: return "overloaded_error";
    case 504: return "timeout_error";
    default: return error.status >= 500 ? "api_error" : "invalid_request_error";
  }
}

}  // namespace

std::unique_ptr<AnswerWriter> MakeAnswerWriter(std::string id, std::string model) {
  return std::make_unique<Writer>(std::move(id), std::move(model));
}

std::string WriteModel(const ModelEntry& model) {
  return fmt::format(R"({{"type":"model","id":{0},"display_name":{0},"created_at":"{1:%Y-%m-%dT%H:%M:%SZ}"}})",
                     Quote(model.id), fmt::gmtime(static_cast<std::time_t>(model.created_unix)));
}

std::string WriteModelList(const std::vector<ModelEntry>& models, bool has_more) {
  std::string data;
  for (const ModelEntry& model : models) data += (data.empty() ? "" : ",") + WriteModel(model);
  return fmt::format(R"({{"data":[{}],"has_more":{},"first_id":{},"last_id":{}}})", data, has_more,
                     models.empty() ? "null" : Quote(models.front().id),
                     models.empty() ? "null" : Quote(models.back().id));
}

std::string WriteTokenCount(std::uint64_t tokens) { return fmt::format(R"({{"input_tokens":{}}})", tokens); }

std::string WriteError(const ApiError& error, std::string_view request_id) {
  return fmt::format(R"({{"type":"error","error":{{"type":"{}","message":{}}},"request_id":{}}})", ErrorType(error),
                     Quote(error.message), Quote(request_id));
}

const Dialect kDialect = {"anthropic", &WriteError, "request-id"};

}  // namespace yun::api::anthropic
