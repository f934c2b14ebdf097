#include <fmt/format.h>

#include <optional>
#include <utility>

#include "api/openai/responses.h"
#include "api/openai/write.h"
#include "base/check.h"

namespace yun::api::openai {
namespace {

namespace json = boost::json;

json::object UsageObject(const UsageCounts& usage) {
  return {{"input_tokens", usage.prompt_tokens},
          {"input_tokens_details", json::object{{"cached_tokens", usage.cached_tokens}}},
          {"output_tokens", usage.completion_tokens},
          {"output_tokens_details", json::object{{"reasoning_tokens", usage.thinking_tokens}}},
          {"total_tokens", usage.prompt_tokens + usage.completion_tokens}};
}

json::object TextPart(std::string_view text) {
  return {{"type", "output_text"}, {"annotations", json::array()}, {"logprobs", json::array()}, {"text", text}};
}

class Writer final : public ResponseWriter {
 public:
  Writer(std::string id, std::int64_t created, const ResponsesRequest& request) : id_(std::move(id)) {
    response_ = {{"id", id_},
                 {"object", "response"},
                 {"created_at", created},
                 {"status", "in_progress"},
                 {"background", false},
                 {"error", nullptr},
                 {"incomplete_details", nullptr},
                 {"output", json::array()}};
    for (const auto& member : request.echo) response_[member.key()] = member.value();
    response_["usage"] = nullptr;
  }

  const json::object& response() const override { return response_; }

  std::string Whole(const std::vector<Choice>& choices, const UsageCounts& usage) override {
    const Choice& choice = choices.front();
    std::string unused;
    if (!choice.thinking.empty()) Write(unused, {.part = Part::kThinking, .text = choice.thinking}, usage);
    if (!choice.text.empty() || choice.calls.empty()) Write(unused, {.text = choice.text}, usage);
    for (const ToolCall& call : choice.calls) {
      Write(unused, {.part = Part::kCallBegin, .text = call.name, .call_id = call.id}, usage);
      Write(unused, {.part = Part::kCallArguments, .text = call.arguments}, usage);
      Write(unused, {.part = Part::kCallEnd}, usage);
    }
    EndChoice(unused, 0, choice.finish, choice.stop_string, usage);
    Complete(usage);
    return json::serialize(response_);
  }

  void Begin(std::string& out, const UsageCounts&) override {
    Event(out, "response.created", {{"response", response_}});
    Event(out, "response.in_progress", {{"response", response_}});
  }

  void Write(std::string& out, const Piece& piece, const UsageCounts&) override {
    if (piece.part == Part::kCallEnd) return Close(out, "completed");
    if (piece.part == Part::kCallBegin) {
      Close(out, "completed");
      return Open(out, Part::kCallArguments,
                  {{"type", "function_call"},
                   {"status", "in_progress"},
                   {"arguments", ""},
                   {"call_id", piece.call_id},
                   {"name", piece.text}});
    }
    if (open_ != piece.part) {
      Close(out, "completed");
      if (piece.part == Part::kThinking)
        Open(out, piece.part, {{"type", "reasoning"}, {"summary", json::array()}, {"content", json::array()}});
      else
        Open(out, piece.part,
             {{"type", "message"}, {"status", "in_progress"}, {"role", "assistant"}, {"content", json::array()}});
      PartEvent(out, "response.content_part.added", "");
    }
    text_ += piece.text;
    if (!piece.text.empty()) Event(out, Named("delta"), Where({{"delta", piece.text}}));
  }

  void EndChoice(std::string& out, std::uint32_t, Finish finish, std::string_view, const UsageCounts&) override {
    cut_ = finish == Finish::kLength;
    Close(out, cut_ ? "incomplete" : "completed");
  }

  void End(std::string& out, const UsageCounts& usage) override {
    Complete(usage);
    Event(out, cut_ ? "response.incomplete" : "response.completed", {{"response", response_}});
  }

  void Fail(std::string& out, const ApiError& error, std::string_view) override {
    response_["status"] = "failed";
    response_["error"] =
        json::object{{"code", error.code.empty() ? "server_error" : error.code}, {"message", error.message}};
    Event(out, "response.failed", {{"response", response_}});
    const json::object said = {{"code", error.code.empty() ? "server_error" : error.code},
                               {"message", error.message},
                               {"param", error.param.empty() ? json::value() : json::value(error.param)}};
    json::object event = said;
    event["error"] = said;  // the vendor's clients raise what has such a member, and nothing else
    Event(out, "error", std::move(event));
  }

 private:
  void Event(std::string& out, std::string_view type, json::object data) {
    json::object event{{"type", type}, {"sequence_number", sequence_++}};
    for (auto& member : data) event[member.key()] = std::move(member.value());
    out += fmt::format("event: {}\ndata: {}\n\n", type, json::serialize(event));
  }

  /// An event's members with the place that it speaks of.
  json::object Where(json::object data) const {
    data["item_id"] = item_.at("id");
    data["output_index"] = response_.at("output").as_array().size();
    if (open_ == Part::kText) data["logprobs"] = json::array();
    if (open_ != Part::kCallArguments) data["content_index"] = 0;
    return data;
  }
  std::string Named(std::string_view what) const {
    const std::string_view kind = open_ == Part::kThinking        ? "reasoning_text"
                                  : open_ == Part::kCallArguments ? "function_call_arguments"
                                                                  : "output_text";
    return fmt::format("response.{}.{}", kind, what);
  }
  json::object PartNow(std::string_view text) const {
    if (open_ == Part::kThinking) return {{"type", "reasoning_text"}, {"text", text}};
    return TextPart(text);
  }
  void PartEvent(std::string& out, std::string_view type, std::string_view text) {
    json::object data = Where({{"part", PartNow(text)}});
    data.erase("logprobs");
    Event(out, type, std::move(data));
  }

  void Open(std::string& out, Part part, json::object item) {
    const std::size_t index = response_.at("output").as_array().size();
    const std::string_view prefix = part == Part::kThinking ? "rs" : part == Part::kCallArguments ? "fc" : "msg";
    item_ = {{"id", fmt::format("{}_{}{:02x}", prefix, std::string_view(id_).substr(id_.find('_') + 1), index)}};
    for (auto& member : item) item_[member.key()] = std::move(member.value());
    open_ = part;
    text_.clear();
    Event(out, "response.output_item.added", {{"output_index", index}, {"item", item_}});
  }

  void Close(std::string& out, std::string_view status) {
    if (!open_) return;
    if (open_ == Part::kCallArguments) {
      item_["arguments"] = text_;
      Event(out, Named("done"), Where({{"arguments", text_}, {"name", item_.at("name")}}));
    } else {
      Event(out, Named("done"), Where({{"text", text_}}));
      PartEvent(out, "response.content_part.done", text_);
      item_["content"] = json::array{PartNow(text_)};
    }
    if (open_ != Part::kThinking) item_["status"] = status;
    Event(out, "response.output_item.done",
          {{"output_index", response_.at("output").as_array().size()}, {"item", item_}});
    response_["output"].as_array().push_back(std::move(item_));
    open_.reset();
  }

  void Complete(const UsageCounts& usage) {
    response_["status"] = cut_ ? "incomplete" : "completed";
    if (cut_) response_["incomplete_details"] = json::object{{"reason", "max_output_tokens"}};
    response_["usage"] = UsageObject(usage);
  }

  const std::string id_;
  json::object response_;
  json::object item_;          // that is open
  std::optional<Part> open_;   // its kind; kCallArguments: a call
  std::string text_;           // of it so far
  std::uint64_t sequence_ = 0;
  bool cut_ = false;
};

}  // namespace

std::unique_ptr<ResponseWriter> MakeResponseWriter(std::string id, std::int64_t created_unix,
                                                   const ResponsesRequest& request) {
  return std::make_unique<Writer>(std::move(id), created_unix, request);
}

}  // namespace yun::api::openai
