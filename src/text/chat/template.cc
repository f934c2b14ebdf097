#include "text/chat/template.h"

#include <utility>

#include "yun_bridge.h"

namespace yun {
namespace {

constexpr int kInputDepthMax = 100;  // of nesting in messages and tools; the bridge's JSON reader stops at 128

using boost::json::value;

bool IsDeeperThan(const value& v, int depth_max) {
  if (v.is_structured() && depth_max <= 0) return true;
  if (const auto* array = v.if_array()) {
    for (const auto& item : *array) {
      if (IsDeeperThan(item, depth_max - 1)) return true;
    }
  } else if (const auto* object = v.if_object()) {
    for (const auto& [key, item] : *object) {
      if (IsDeeperThan(item, depth_max - 1)) return true;
    }
  }
  return false;
}

/// A message as transformers hands it to a template: keys that are null are left out (clients send `content: null`
/// beside tool calls), and reasoning, known by three names, is there under the two that templates read.
boost::json::object MessageObject(const boost::json::object& message) {
  const value* reasoning = nullptr;
  for (const char* name : {"reasoning_content", "thinking", "reasoning"}) {
    const value* found = message.if_contains(name);
    if (found && !found->is_null()) {
      reasoning = found;
      break;
    }
  }
  boost::json::object out;
  if (reasoning) out["thinking"] = *reasoning;
  for (const auto& [key, item] : message) {
    if (!item.is_null()) out[key] = item;
  }
  if (reasoning) out["reasoning_content"] = *reasoning;
  return out;
}

/// Text of the bridge, released with it.
class BridgeText {
 public:
  BridgeText() = default;
  ~BridgeText() { yun_text_free(&text_); }
  BridgeText(const BridgeText&) = delete;
  BridgeText& operator=(const BridgeText&) = delete;

  yun_text* out() { return &text_; }
  std::string_view view() const { return {text_.data, text_.size}; }

  tl::unexpected<Error> ToError(yun_status status) const {
    if (status == YUN_RAISED) return Fail(Code::kInvalidArgument, "{}", view());
    const Code code = status == YUN_SYNTAX  ? Code::kCorrupt
                      : status == YUN_LIMIT ? Code::kTooLarge
                                            : Code::kInvalidArgument;
    if (!text_.line) return Fail(code, "chat template: {}", view());
    return Fail(code, "chat template, line {}: {}", text_.line, view());
  }

 private:
  yun_text text_{};
};

class BridgeTemplate final : public ChatTemplate {
 public:
  explicit BridgeTemplate(std::span<const std::string> controls) : controls_(controls) {}
  ~BridgeTemplate() override { yun_template_free(compiled_); }

  Status Compile(std::string_view source) {
    BridgeText error;
    const yun_status status = yun_template_create(source.data(), source.size(), &compiled_, error.out());
    if (status != YUN_OK) return error.ToError(status);
    return {};
  }

  Result<PromptText> Render(const boost::json::array& messages, const boost::json::array& tools,
                            const RenderOptions& options) const override {
    boost::json::object context;
    boost::json::array& list = context["messages"].emplace_array();
    for (const value& message : messages) {
      if (!message.is_object()) {
        return Fail(Code::kInvalidArgument, "a message must be an object, not {}",
                    std::string_view(to_string(message.kind())));
      }
      if (IsDeeperThan(message, kInputDepthMax)) {
        return Fail(Code::kTooLarge, "the messages nest deeper than {}", kInputDepthMax);
      }
      list.emplace_back(MessageObject(message.get_object()));
    }
    if (!tools.empty()) {
      context["tools"] = tools;
    } else {
      context["tools"] = nullptr;
    }
    context["documents"] = nullptr;
    context["add_generation_prompt"] = options.add_generation_prompt;
    for (const auto& [key, item] : options.variables) context[key] = item;
    for (const auto& [name, item] : context) {
      if (name != "messages" && IsDeeperThan(item, kInputDepthMax))
        return Fail(Code::kTooLarge, "the {} nest deeper than {}", std::string_view(name), kInputDepthMax);
    }
    const std::string_view answer = options.answer_begin;
    value all = std::move(context);
    const bool forges = controls_.IsWithin(all) || controls_.IsIn(answer);
    if (forges) all = controls_.MarkWithin(all);
    // A variable of the same name comes first.
    if (!options.bos_token.empty()) all.get_object().emplace("bos_token", options.bos_token);
    if (!options.eos_token.empty()) all.get_object().emplace("eos_token", options.eos_token);

    const std::string json = boost::json::serialize(all);
    BridgeText out;
    const yun_status status = yun_template_render(compiled_, json.data(), json.size(), out.out());
    if (status != YUN_OK) return out.ToError(status);
    std::string text(out.view());
    if (!forges) return PromptText{std::move(text += answer)};
    return ControlSpellings::Unmark(text += controls_.Mark(answer));
  }

 private:
  const ControlSpellings controls_;
  yun_template* compiled_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<ChatTemplate>> ChatTemplate::Create(std::string_view source,
                                                           const std::vector<std::string>& controls) {
  auto out = std::make_unique<BridgeTemplate>(controls);
  RETURN_IF_ERROR(out->Compile(source));
  return std::unique_ptr<ChatTemplate>(std::move(out));
}

}  // namespace yun
