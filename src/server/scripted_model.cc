#include "server/scripted_model.h"

#include <array>
#include <charconv>
#include <chrono>

#include "engine/scripted_engine.h"

namespace yun::server {

namespace {

constexpr TokenId kEnd = 256;
constexpr std::uint32_t kTokensMax = 4096, kStepMax = 1'000'000;

class ByteTokenizer : public Tokenizer {
 public:
  ByteTokenizer() {
    for (std::size_t i = 0; i < bytes_.size(); ++i) bytes_[i] = static_cast<char>(i);
  }
  std::vector<TokenId> Encode(std::string_view text, bool) const override {
    std::vector<TokenId> ids;
    ids.reserve(text.size());
    for (const char c : text) ids.push_back(static_cast<unsigned char>(c));
    return ids;
  }
  std::string_view Bytes(TokenId id) const override {
    if (id == kEnd) return "<end>";
    return id >= 0 && id < kEnd ? std::string_view(&bytes_[static_cast<std::size_t>(id)], 1) : std::string_view();
  }
  std::string Decode(std::span<const TokenId> ids, bool) const override {
    std::string text;
    for (const TokenId id : ids) text += Bytes(id);
    return text;
  }
  bool IsSpecial(TokenId id) const override { return id == kEnd; }
  TokenId Find(std::string_view) const override { return -1; }
  std::int32_t size() const override { return kEnd + 1; }
  TokenId bos_id() const override { return -1; }
  TokenId eos_id() const override { return kEnd; }
  bool add_bos() const override { return false; }

 private:
  std::array<char, 256> bytes_;
};

/// "user: hi\n" and so on.
class PlainTemplate : public ChatTemplate {
 public:
  Result<std::string> Render(const boost::json::array& messages, const boost::json::array&,
                             const RenderOptions&) const override {
    std::string text;
    for (const boost::json::value& message : messages)
      for (const char* field : {"role", "content"})
        if (const boost::json::value* value = message.get_object().if_contains(field); value && value->is_string())
          text += std::string(value->get_string()) + (*field == 'r' ? ": " : "\n");
    return text;
  }
};

}  // namespace

Result<std::shared_ptr<Model>> MakeScriptedModel(std::string_view id, std::string_view spec) {
  auto model = std::make_shared<Model>();
  engine::ScriptedOptions options;
  model->id = id.empty() ? spec.substr(0, spec.find(',')) : id;
  if (id.empty()) spec.remove_prefix(model->id.size());
  if (model->id.empty()) return Fail(Code::kInvalidArgument, "a scripted model needs a name: scripted:NAME");
  while (!spec.empty()) {
    if (spec.starts_with(',')) spec.remove_prefix(1);
    const std::string_view item = spec.substr(0, spec.find(','));
    spec.remove_prefix(item.size());
    const std::size_t equals = std::min(item.find('='), item.size());
    const std::string_view name = item.substr(0, equals), text = item.substr(std::min(equals + 1, item.size()));
    std::uint32_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size())
      return Fail(Code::kInvalidArgument, "scripted model: '{}' is no NAME=NUMBER", item);
    if (name == "tokens" && value >= 1 && value <= kTokensMax) options.answer_tokens_max = value;
    else if (name == "step_us" && value <= kStepMax) options.step_us = value;
    else return Fail(Code::kInvalidArgument, "scripted model: '{}': tokens is 1 to {}, step_us 0 to {}", item,
                     kTokensMax, kStepMax);
  }
  model->created_unix = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  model->tokenizer = std::make_shared<ByteTokenizer>();
  model->chat_template = std::make_shared<PlainTemplate>();
  model->grammars = std::make_unique<const Grammars>(model->tokenizer, std::vector<std::int32_t>{kEnd}, kEnd + 1);
  model->engine = engine::MakeScriptedEngine(options);
  return model;
}

}  // namespace yun::server
