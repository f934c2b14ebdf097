#include "server/scripted_model.h"

#include <array>
#include <charconv>
#include <chrono>

#include "base/file.h"
#include "engine/scripted_engine.h"
#include "formats/checkpoint/random_checkpoint.h"
#include "hub/store.h"
#include "server/scripted_replies.h"

namespace yun::server {

namespace {

constexpr TokenId kEnd = 256;
constexpr std::uint32_t kTokensMax = 4096, kStepMax = 1'000'000;

// Of models with replies.
constexpr std::uint64_t kScriptBytesMax = 16u << 20, kSeed = 1;
constexpr std::uint32_t kContextTokens = 131072, kRunningMax = 256;

class ByteTokenizer : public Tokenizer {
 public:
  ByteTokenizer() {
    for (std::size_t i = 0; i < bytes_.size(); ++i) bytes_[i] = static_cast<char>(i);
  }
  std::vector<TokenId> Encode(std::string_view text, bool, std::span<const std::size_t>) const override {
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
  Result<PromptText> Render(const boost::json::array& messages, const boost::json::array&,
                            const RenderOptions&) const override {
    PromptText prompt;
    std::string& text = prompt.text;
    for (const boost::json::value& message : messages)
      for (const char* field : {"role", "content"})
        if (const boost::json::value* value = message.get_object().if_contains(field); value && value->is_string())
          text += std::string(value->get_string()) + (*field == 'r' ? ": " : "\n");
    return prompt;
  }
};

struct Spec {
  std::string id, replies, model;
  engine::ScriptedOptions letters;
  bool counts_letters = false;
};

Result<Spec> ParseSpec(std::string_view id, std::string_view text) {
  Spec spec;
  spec.id = id.empty() ? text.substr(0, text.find(',')) : id;
  if (id.empty()) text.remove_prefix(spec.id.size());
  if (spec.id.empty()) return Fail(Code::kInvalidArgument, "a scripted model needs a name: scripted:NAME");
  while (!text.empty()) {
    if (text.starts_with(',')) text.remove_prefix(1);
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(item.size());
    const std::size_t equals = std::min(item.find('='), item.size());
    const std::string_view name = item.substr(0, equals), value = item.substr(std::min(equals + 1, item.size()));
    if ((name == "replies" || name == "model") && !value.empty()) {
      (name == "model" ? spec.model : spec.replies) = value;
      continue;
    }
    std::uint32_t number = 0;
    const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), number);
    const bool whole = ec == std::errc() && end == value.data() + value.size();
    if (whole && name == "tokens" && number >= 1 && number <= kTokensMax)
      spec.letters.answer_tokens_max = number, spec.counts_letters = true;
    else if (whole && name == "step_us" && number <= kStepMax)
      spec.letters.step_us = number;
    else
      return Fail(Code::kInvalidArgument,
                  "scripted model: '{}': tokens is 1 to {}, step_us 0 to {}, replies and model are paths", item,
                  kTokensMax, kStepMax);
  }
  if (spec.replies.empty() ? !spec.model.empty() : spec.counts_letters)
    return Fail(Code::kInvalidArgument, "scripted model: model= needs replies=, and tokens= does not go with it");
  return spec;
}

/// Tokenizer and template of a model on disk. Its end: the tokenizer's, or else the first that its configuration names.
Result<TokenId> TakeWords(const std::string& path, Model& model) {
  ASSIGN_OR_RETURN(hub::OpenedModel opened, hub::OpenModel(path));
  if (!opened.tokenizer) return Fail(Code::kUnsupported, "{}: the model has no tokenizer", path);
  model.tokenizer = std::move(opened.tokenizer);
  model.chat_template = std::move(opened.chat_template);
  model.tool_style = opened.tool_style;
  TokenId end_id = model.tokenizer->eos_id();
  if (end_id < 0)
    if (const auto config = opened.checkpoint->Config(); config && !config->eos_ids.empty())
      end_id = config->eos_ids.front();
  if (end_id < 0 || end_id >= model.tokenizer->size())
    return Fail(Code::kUnsupported, "{}: the tokenizer does not say which token ends an answer", path);
  return end_id;
}

Result<std::unique_ptr<engine::Engine>> MakeReplying(const Spec& spec, TokenId end_id,
                                                     std::shared_ptr<const Tokenizer> tokenizer) {
  ASSIGN_OR_RETURN(const std::string json, ReadFile(spec.replies, kScriptBytesMax));
  auto script = Script::Parse(json, spec.letters.step_us);
  if (!script) return Wrap(std::move(script.error()), spec.replies);
  ModelConfig config = TinyConfig(static_cast<std::uint32_t>(tokenizer->size()), kContextTokens);
  config.eos_ids = {end_id};
  ASSIGN_OR_RETURN(std::shared_ptr<const Checkpoint> checkpoint, MakeRandomCheckpoint(std::move(config), kSeed));
  engine::EngineOptions options;
  options.threads = 1;
  options.running_max = kRunningMax;
  ASSIGN_OR_RETURN(auto engine, engine::Engine::Create(std::move(checkpoint), std::move(options)));
  return WithScript(std::move(engine), std::move(*script), std::move(tokenizer), end_id);
}

}  // namespace

Result<std::shared_ptr<Model>> MakeScriptedModel(std::string_view id, std::string_view text) {
  ASSIGN_OR_RETURN(Spec spec, ParseSpec(id, text));
  auto model = std::make_shared<Model>();
  model->id = spec.id;
  model->created_unix = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  TokenId end_id = kEnd;
  if (spec.model.empty()) {
    model->tokenizer = std::make_shared<ByteTokenizer>();
    model->chat_template = std::make_shared<PlainTemplate>();
  } else {
    ASSIGN_OR_RETURN(end_id, TakeWords(spec.model, *model));
  }
  if (spec.replies.empty()) {
    model->engine = engine::MakeScriptedEngine(spec.letters);
  } else {
    ASSIGN_OR_RETURN(model->engine, MakeReplying(spec, end_id, model->tokenizer));
  }
  const auto vocab = static_cast<std::int32_t>(model->engine->config().vocab);
  model->grammars = std::make_unique<const Grammars>(model->tokenizer, std::vector<std::int32_t>{end_id}, vocab);
  return model;
}

}  // namespace yun::server
