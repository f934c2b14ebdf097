#include "server/judge.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "server/chat.h"

namespace yun::server {

namespace {

using engine::TokenId;

constexpr std::string_view kSystem =
    "Judge whether the Document meets the requirements based on the Query and the Instruct provided. Note that the "
    "answer can only be \"yes\" or \"no\".";
constexpr std::string_view kMark = "yun-question-stands-here";  // where the question will be in a rendered template

struct Frame {
  std::string before, after;
};

/// Qwen3-Reranker's own; its thought is empty.
Frame QwenFrame() {
  return {fmt::format("<|im_start|>system\n{}<|im_end|>\n<|im_start|>user\n", kSystem),
          "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"};
}

std::optional<Frame> Rendered(const Model& model, const boost::json::array& messages) {
  RenderOptions options = TemplateOptions(model);
  options.variables["enable_thinking"] = false;
  const Result<PromptText> prompt = model.chat_template->Render(messages, {}, options);
  if (!prompt) return {};
  const std::string& text = prompt->text;
  const std::size_t at = text.find(kMark);
  if (at == std::string::npos || text.find(kMark, at + 1) != std::string::npos) return {};
  return Frame{text.substr(0, at), text.substr(at + kMark.size())};
}

Frame FrameOf(const Model& model) {
  const auto has = [&](std::string_view token) { return model.tokenizer->Find(token) >= 0; };
  if (has("<|im_start|>") && has("<|im_end|>") && has("<think>") && has("</think>")) return QwenFrame();
  if (model.chat_template) {
    const auto message = [](std::string_view role, std::string_view content) {
      return boost::json::object{{"role", role}, {"content", content}};
    };
    if (auto frame = Rendered(model, {message("system", kSystem), message("user", kMark)})) return *frame;
    // Some templates know no system message.
    if (auto frame = Rendered(model, {message("user", fmt::format("{}\n\n{}", kSystem, kMark))})) return *frame;
  }
  return {fmt::format("{}\n\n", kSystem), "\n\nAnswer: "};
}

}  // namespace

Result<Judge> Judge::Create(const Model& model) {
  Judge judge(model);
  const Tokenizer& tokenizer = *model.tokenizer;
  const Frame frame = FrameOf(model);
  judge.before_ = tokenizer.Encode(frame.before, true);
  judge.after_ = tokenizer.Encode(frame.after, true);
  const auto first = [&](std::string_view text) {
    const std::vector<TokenId> ids = tokenizer.Encode(text, false);
    return ids.empty() ? -1 : ids.front();
  };
  judge.yes_ = first("yes");
  judge.no_ = first("no");
  if (judge.yes_ == judge.no_)
    return Fail(Code::kUnsupported, "the model '{}' has no tokens that tell \"yes\" from \"no\"", model.id);
  return judge;
}

Result<Judge::Question> Judge::Ask(std::string_view instruct, std::string_view query, std::string_view document,
                                   std::uint32_t document_tokens_max) const {
  const Tokenizer& tokenizer = *model_.tokenizer;
  // One text, as the model saw it in training; what a caller wrote never becomes a special token.
  const std::string head = fmt::format("<Instruct>: {}\n<Query>: {}\n<Document>:",
                                       instruct.empty() ? kInstructDefault : instruct, query);
  const std::size_t head_tokens = tokenizer.Encode(head, false).size();
  std::vector<TokenId> question = tokenizer.Encode(fmt::format("{} {}", head, document), false);
  const std::size_t room = model_.engine->context_tokens(), taken = before_.size() + after_.size() + head_tokens;
  if (taken >= room)
    return Fail(Code::kTooLarge, "the query and what stands around it have {} tokens, which leaves no room for a "
                                 "document in this model's context of {}", taken, room);
  std::size_t document_max = room - taken;
  if (document_tokens_max > 0) document_max = std::min<std::size_t>(document_max, document_tokens_max);
  question.resize(std::min(question.size(), head_tokens + document_max));

  Question out;
  out.pair_tokens = tokenizer.Encode(query, false).size() + question.size() - std::min(head_tokens, question.size());
  out.prompt = before_;
  out.prompt.insert(out.prompt.end(), question.begin(), question.end());
  out.prompt.insert(out.prompt.end(), after_.begin(), after_.end());
  return out;
}

double Judge::Probability(std::span<const float> logits) {
  return 1 / (1 + std::exp(static_cast<double>(logits[1]) - static_cast<double>(logits[0])));
}

}  // namespace yun::server
