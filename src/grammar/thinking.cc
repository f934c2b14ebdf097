#include "grammar/thinking.h"

#include <algorithm>
#include <utility>

namespace yun {
namespace {

enum class Phase { kMayThink, kThinks, kPause, kAnswers };

struct Place {
  Phase phase;
  std::uint32_t thought = 0;  // tokens
};

/// What does not change, shared by clones.
struct Rules {
  ThinkingTokens tokens;
  std::uint32_t free;                 // tokens of thought before it is closed
  std::vector<std::int32_t> closing;  // ends with </think>
};

class ThinkingGrammar final : public engine::Grammar {
 public:
  ThinkingGrammar(std::unique_ptr<engine::Grammar> answer, std::shared_ptr<const Rules> rules, Place place)
      : answer_(std::move(answer)), rules_(std::move(rules)), tokens_(rules_->tokens), place_(place) {}

  Status Mask(std::span<std::uint32_t> mask) override {
    if (const auto closing = Closing(place_); !closing.empty()) {
      std::fill(mask.begin(), mask.end(), 0);
      Set(mask, closing.front(), true);
    } else if (place_.phase != Phase::kThinks && answer_) {
      RETURN_IF_ERROR(answer_->Mask(mask));
      Set(mask, place_.phase == Phase::kMayThink ? tokens_.begin : place_.phase == Phase::kPause ? tokens_.pause : -1,
          true);
    } else {
      std::fill(mask.begin(), mask.end(), ~std::uint32_t{0});
      if (place_.phase != Phase::kThinks) return {};
      for (const std::int32_t id : tokens_.end_ids) Set(mask, id, false);
    }
    return {};
  }

  Status Accept(std::int32_t token) override {
    if (!Thinks(place_, token)) return Fail(Code::kInvalidArgument, "the model still thinks: not {}", token);
    const Place next = Next(place_, token);
    if (IsAnswer(place_, next, token) && answer_) RETURN_IF_ERROR(answer_->Accept(token));
    place_ = next;
    return {};
  }

  std::size_t Valid(std::span<const std::int32_t> draft) override {
    Place place = place_;
    std::size_t count = 0;
    for (; count < draft.size() && place.phase != Phase::kAnswers; ++count) {
      const std::int32_t token = draft[count];
      if (!Thinks(place, token)) return count;
      const Place next = Next(place, token);
      if (IsAnswer(place, next, token)) break;
      place = next;
    }
    return answer_ ? count + answer_->Valid(draft.subspan(count)) : draft.size();
  }

  std::vector<std::int32_t> Forced() override {
    if (const auto closing = Closing(place_); !closing.empty()) return {closing.begin(), closing.end()};
    if (place_.phase != Phase::kAnswers || !answer_) return {};
    return answer_->Forced();
  }
  bool Finished() const override { return place_.phase == Phase::kAnswers && answer_ && answer_->Finished(); }
  std::unique_ptr<engine::Grammar> Clone() const override {
    return std::make_unique<ThinkingGrammar>(answer_ ? answer_->Clone() : nullptr, rules_, place_);
  }

 private:
  /// What must come next, once the budget is spent.
  std::span<const std::int32_t> Closing(Place place) const {
    if (place.phase != Phase::kThinks || place.thought < rules_->free) return {};
    return std::span(rules_->closing).subspan(place.thought - rules_->free);
  }
  /// Whether a thinking model may say `token`; true outside of its thinking.
  bool Thinks(Place place, std::int32_t token) const {
    if (place.phase != Phase::kThinks) return true;
    if (const auto closing = Closing(place); !closing.empty()) return token == closing.front();
    return std::find(tokens_.end_ids.begin(), tokens_.end_ids.end(), token) == tokens_.end_ids.end();
  }
  Place Next(Place place, std::int32_t token) const {
    switch (place.phase) {
      case Phase::kMayThink: return {token == tokens_.begin ? Phase::kThinks : Phase::kAnswers};
      case Phase::kThinks:
        if (token != tokens_.end) return {Phase::kThinks, place.thought + 1};
        return {tokens_.pause >= 0 ? Phase::kPause : Phase::kAnswers};
      default: return {Phase::kAnswers};
    }
  }
  /// Whether `token`, between the two places, is the answer's to take.
  bool IsAnswer(Place place, Place next, std::int32_t token) const {
    return next.phase == Phase::kAnswers && place.phase != Phase::kThinks &&
           !(place.phase == Phase::kPause && token == tokens_.pause);
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
  const std::shared_ptr<const Rules> rules_;
  const ThinkingTokens& tokens_;  // borrows: of rules_
  Place place_;
};

}  // namespace

std::unique_ptr<engine::Grammar> AfterThinking(std::unique_ptr<engine::Grammar> answer, ThinkingTokens tokens,
                                               Thinking thinking, ThinkingBudget budget) {
  const Phase phase = thinking == Thinking::kBegun ? Phase::kThinks : Phase::kMayThink;
  if (budget.closing.size() >= budget.tokens) budget.closing.clear();
  const auto free = budget.tokens - static_cast<std::uint32_t>(budget.closing.size());
  budget.closing.push_back(tokens.end);
  auto rules = std::make_shared<const Rules>(std::move(tokens), free, std::move(budget.closing));
  return std::make_unique<ThinkingGrammar>(std::move(answer), std::move(rules), Place{phase});
}

}  // namespace yun
