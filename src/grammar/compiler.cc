#include "grammar/compiler.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "yun_bridge.h"

namespace yun {
namespace {

constexpr std::size_t kForcedTokensMax = 256;  // of one Forced()

/// Text of the bridge, released with it.
struct BridgeText {
  ~BridgeText() { yun_text_free(&text); }
  std::string_view view() const { return {text.data, text.size}; }
  yun_text text{};
};

/// Added tokens such as <tool_call> are the model's way to write their text. Special ones are nobody's text: the bridge
/// sees that they do not spell it, and takes others.
std::size_t EncodeFor(const void* user, const char* text, std::size_t size, std::uint32_t* ids,
                      std::size_t capacity) noexcept {
  const auto tokens = static_cast<const Tokenizer*>(user)->Encode({text, size}, true);
  std::copy_n(tokens.begin(), std::min(tokens.size(), capacity), ids);
  return tokens.size();
}

/// What grammars hold on to.
struct Vocabulary {
  Vocabulary() = default;
  Vocabulary(const Vocabulary&) = delete;
  ~Vocabulary() { yun_vocabulary_free(bridge); }
  std::shared_ptr<const Tokenizer> tokenizer;
  std::size_t tokens = 0;
  yun_vocabulary* bridge = nullptr;
};

class BridgeGrammar final : public engine::Grammar {
 public:
  BridgeGrammar(std::shared_ptr<const Vocabulary> vocabulary, yun_grammar* bridge)
      : vocabulary_(std::move(vocabulary)), bridge_(bridge) {}
  ~BridgeGrammar() override { yun_grammar_free(bridge_); }

  Status Mask(std::span<std::uint32_t> mask) override {
    CHECK(mask.size() == (vocabulary_->tokens + 31) / 32);
    BridgeText error;
    return ToStatus(yun_grammar_mask(bridge_, mask.data(), mask.size(), &error.text), error);
  }
  Status Accept(std::int32_t token) override {
    BridgeText error;
    return ToStatus(yun_grammar_accept(bridge_, static_cast<std::uint32_t>(token), &error.text), error);
  }
  std::size_t Valid(std::span<const std::int32_t> draft) override {
    return yun_grammar_valid(bridge_, reinterpret_cast<const std::uint32_t*>(draft.data()), draft.size());
  }
  std::vector<std::int32_t> Forced() override {
    std::array<std::uint32_t, kForcedTokensMax> ids;
    const std::size_t count = yun_grammar_forced(bridge_, ids.data(), ids.size());
    return {ids.begin(), ids.begin() + count};
  }
  bool Finished() const override { return yun_grammar_finished(bridge_) != 0; }
  std::unique_ptr<engine::Grammar> Clone() const override {
    yun_grammar* copy = yun_grammar_clone(bridge_);
    CHECK(copy != nullptr);
    return std::make_unique<BridgeGrammar>(vocabulary_, copy);
  }

 private:
  static Status ToStatus(yun_status status, const BridgeText& error) {
    if (status == YUN_OK) return {};
    return Fail(status == YUN_LIMIT ? Code::kTooLarge : Code::kInvalidArgument, "{}", error.view());
  }

  const std::shared_ptr<const Vocabulary> vocabulary_;
  yun_grammar* const bridge_;
};

class BridgeCompiler final : public GrammarCompiler {
 public:
  explicit BridgeCompiler(std::shared_ptr<const Vocabulary> vocabulary) : vocabulary_(std::move(vocabulary)) {}

  Result<std::unique_ptr<engine::Grammar>> Compile(const GrammarSpec& spec) const override {
    yun_grammar* grammar = nullptr;
    BridgeText error;
    const yun_status status = yun_grammar_create(vocabulary_->bridge, BridgeKind(spec.kind), spec.text.data(),
                                                 spec.text.size(), &grammar, &error.text);
    if (status != YUN_OK) return Fail(Code::kInvalidArgument, "{}", error.view());
    return std::make_unique<BridgeGrammar>(vocabulary_, grammar);
  }

 private:
  static yun_grammar_kind BridgeKind(GrammarKind kind) {
    switch (kind) {
      case GrammarKind::kJsonSchema: return YUN_JSON_SCHEMA;
      case GrammarKind::kJsonObject: return YUN_JSON_OBJECT;
      case GrammarKind::kRegex: return YUN_REGEX;
      case GrammarKind::kLark: return YUN_LARK;
      case GrammarKind::kChoice: return YUN_CHOICE;
    }
    CHECK(false);
    __builtin_unreachable();
  }

  const std::shared_ptr<const Vocabulary> vocabulary_;
};

}  // namespace

Result<std::unique_ptr<GrammarCompiler>> GrammarCompiler::Create(std::shared_ptr<const Tokenizer> tokenizer,
                                                                 std::vector<std::int32_t> end_ids,
                                                                 std::int32_t vocab) {
  std::erase_if(end_ids, [&](std::int32_t id) { return id < 0 || id >= vocab; });
  if (end_ids.empty()) return Fail(Code::kUnsupported, "the model has no end token; its answers cannot be constrained");
  std::string bytes;
  std::vector<std::size_t> ends;
  ends.reserve(static_cast<std::size_t>(vocab));
  for (std::int32_t id = 0; id < vocab; ++id) {
    if (!tokenizer->IsSpecial(id)) bytes += tokenizer->Bytes(id);
    ends.push_back(bytes.size());
  }
  auto vocabulary = std::make_shared<Vocabulary>();
  vocabulary->tokenizer = std::move(tokenizer);
  vocabulary->tokens = ends.size();
  const yun_vocabulary_source source{
      bytes.data(), ends.data(), ends.size(), reinterpret_cast<const std::uint32_t*>(end_ids.data()),
      end_ids.size(), &EncodeFor, vocabulary->tokenizer.get()};
  BridgeText error;
  if (yun_vocabulary_create(&source, &vocabulary->bridge, &error.text) != YUN_OK)
    return Fail(Code::kUnsupported, "the tokenizer cannot be used for constrained answers: {}", error.view());
  return std::make_unique<BridgeCompiler>(std::move(vocabulary));
}

}  // namespace yun
