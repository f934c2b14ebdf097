#include "grammar/thinking.h"

#include <algorithm>
#include <utility>

namespace yun {
namespace {

enum class Phase { kMayThink, kThinks, kPause, kAnswers };

class ThinkingGrammar final : public engine::Grammar {
 public:
  ThinkingGrammar(std::unique_ptr<engine::Grammar> answer, ThinkingTokens tokens, Phase phase)
      : answer_(std::move(answer)), tokens_(std::move(tokens)), phase_(phase) {}

  Status Mask(std::span<std::uint32_t> mask) override {
    if (phase_ != Phase::kThinks) {
      RETURN_IF_ERROR(answer_->Mask(mask));
      Set(mask, phase_ == Phase::kMayThink ? tokens_.begin : phase_ == Phase::kPause ? tokens_.pause : -1, true);
      return {};
    }
    std::fill(mask.begin(), mask.end(), ~std::uint32_t{0});
    for (const std::int32_t id : tokens_.end_ids) Set(mask, id, false);
    return {};
  }

  Status Accept(std::int32_t token) override {
    const Phase next = Next(phase_, token);
    if (next == phase_ && phase_ == Phase::kThinks) {
      if (IsEnd(token)) return Fail(Code::kInvalidArgument, "the answer may not end while the model thinks");
      return {};
    }
    if (next == Phase::kAnswers && !IsPause(phase_, token)) RETURN_IF_ERROR(answer_->Accept(token));
    phase_ = next;
    return {};
  }

  std::size_t Valid(std::span<const std::int32_t> draft) override {
    Phase phase = phase_;
    std::size_t count = 0;
    while (count < draft.size() && phase != Phase::kAnswers) {
      const std::int32_t token = draft[count];
      const Phase next = Next(phase, token);
      if (phase == Phase::kThinks && IsEnd(token)) return count;
      if (next == Phase::kAnswers && !IsPause(phase, token)) break;
      phase = next;
      ++count;
    }
    return count + answer_->Valid(draft.subspan(count));
  }

  std::vector<std::int32_t> Forced() override {
    if (phase_ != Phase::kAnswers) return {};
    return answer_->Forced();
  }
  bool Finished() const override { return phase_ == Phase::kAnswers && answer_->Finished(); }
  std::unique_ptr<engine::Grammar> Clone() const override {
    return std::make_unique<ThinkingGrammar>(answer_->Clone(), tokens_, phase_);
  }

 private:
  /// The phase after `token`; kAnswers too where the answer itself would have to take it.
  Phase Next(Phase phase, std::int32_t token) const {
    switch (phase) {
      case Phase::kMayThink: return token == tokens_.begin ? Phase::kThinks : Phase::kAnswers;
      case Phase::kThinks:
        if (token != tokens_.end) return Phase::kThinks;
        return tokens_.pause >= 0 ? Phase::kPause : Phase::kAnswers;
      default: return Phase::kAnswers;
    }
  }
  /// Whether `token` is the wrapper's own, on the way into the answer.
  bool IsPause(Phase phase, std::int32_t token) const {
    return phase == Phase::kThinks || (phase == Phase::kPause && token == tokens_.pause);
  }
  bool IsEnd(std::int32_t token) const {
    return std::find(tokens_.end_ids.begin(), tokens_.end_ids.end(), token) != tokens_.end_ids.end();
  }
  static void Set(std::span<std::uint32_t> mask, std::int32_t id, bool on) {
    const auto word = static_cast<std::size_t>(id) / 32;
    if (id < 0 || word >= mask.size()) return;
    const std::uint32_t bit = std::uint32_t{1} << (id % 32);
    if (on) {
      mask[word] |= bit;
    } else {
      mask[word] &= ~bit;
    }
  }

  const std::unique_ptr<engine::Grammar> answer_;
  const ThinkingTokens tokens_;
  Phase phase_;
};

}  // namespace

std::unique_ptr<engine::Grammar> AfterThinking(std::unique_ptr<engine::Grammar> answer, ThinkingTokens tokens,
                                               Thinking thinking) {
  const Phase phase = thinking == Thinking::kBegun ? Phase::kThinks : Phase::kMayThink;
  return std::make_unique<ThinkingGrammar>(std::move(answer), std::move(tokens), phase);
}

}  // namespace yun
