#include "grammar/compose.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace yun {
namespace {

using engine::Grammar;

class AnyGrammar final : public Grammar {
 public:
  explicit AnyGrammar(std::vector<std::unique_ptr<Grammar>> left) : left_(std::move(left)) { CHECK(!left_.empty()); }

  Status Mask(std::span<std::uint32_t> mask) override {
    std::vector<std::uint32_t> one(mask.size());
    std::fill(mask.begin(), mask.end(), 0);
    return Keep([&](Grammar& grammar) {
      Status done = grammar.Mask(one);
      for (std::size_t i = 0; done && i < mask.size(); ++i) mask[i] |= one[i];
      return done;
    });
  }
  Status Accept(std::int32_t token) override {
    return Keep([&](Grammar& grammar) { return grammar.Accept(token); });
  }
  std::size_t Valid(std::span<const std::int32_t> draft) override {
    std::size_t most = 0;
    for (const auto& grammar : left_) most = std::max(most, grammar->Valid(draft));
    return most;
  }
  std::vector<std::int32_t> Forced() override {
    return left_.size() == 1 ? left_[0]->Forced() : std::vector<std::int32_t>{};
  }
  bool Finished() const override {
    return std::all_of(left_.begin(), left_.end(), [](const auto& grammar) { return grammar->Finished(); });
  }
  std::unique_ptr<Grammar> Clone() const override {
    std::vector<std::unique_ptr<Grammar>> copies;
    for (const auto& grammar : left_) copies.push_back(grammar->Clone());
    return std::make_unique<AnyGrammar>(std::move(copies));
  }

 private:
  /// Leaves out those that fail; where all do, all stay.
  template <typename Step>
  Status Keep(Step step) {
    Status failed;
    std::vector<bool> good;
    for (const auto& grammar : left_) {
      Status done = step(*grammar);
      good.push_back(done.has_value());
      if (!done) failed = std::move(done);
    }
    if (std::find(good.begin(), good.end(), true) == good.end()) return failed;
    std::size_t i = 0;
    std::erase_if(left_, [&](const auto&) { return !good[i++]; });
    return {};
  }

  std::vector<std::unique_ptr<Grammar>> left_;
};

class TextGrammar final : public Grammar {
 public:
  TextGrammar(std::vector<MarkedPart> parts, bool once, std::shared_ptr<const Tokenizer> tokenizer)
      : parts_(std::move(parts)), once_(once), tokenizer_(std::move(tokenizer)) {}

  Status Mask(std::span<std::uint32_t> mask) override {
    if (part_) return part_->Mask(mask);
    std::fill(mask.begin(), mask.end(), ~std::uint32_t{0});
    const auto ids = std::min<std::size_t>(mask.size() * 32, static_cast<std::size_t>(tokenizer_->size()));
    for (const MarkedPart& part : parts_) {
      if (begun_.empty() || !part.mark.starts_with(begun_)) continue;
      const std::string_view rest = std::string_view(part.mark).substr(begun_.size());
      for (std::size_t id = 0; id < ids; ++id) {
        const std::string_view bytes = tokenizer_->Bytes(static_cast<TokenId>(id));
        if (bytes.size() > rest.size() && bytes.starts_with(rest)) mask[id / 32] &= ~(std::uint32_t{1} << (id % 32));
      }
    }
    return {};
  }

  Status Accept(std::int32_t token) override {
    if (part_) {
      RETURN_IF_ERROR(part_->Accept(token));
      if (part_->Finished() && !once_) part_ = nullptr;
      return {};
    }
    Text after = After(begun_, token);
    if (!after.permitted) return Fail(Code::kInvalidArgument, "the token {} goes on after a mark", token);
    begun_ = std::move(after.begun);
    if (after.part) part_ = after.part->rest->Clone();
    return {};
  }

  std::size_t Valid(std::span<const std::int32_t> draft) override {
    std::size_t count = 0;
    Grammar* part = part_.get();
    std::unique_ptr<Grammar> copy;
    std::string begun = begun_;
    while (count < draft.size()) {
      if (!part) {
        Text after = After(begun, draft[count]);
        if (!after.permitted) return count;
        begun = std::move(after.begun);
        ++count;
        if (!after.part) continue;
        copy = after.part->rest->Clone();
        part = copy.get();
      }
      const std::size_t taken = part->Valid(draft.subspan(count));
      if (once_ || count + taken == draft.size()) return count + taken;
      // What is not its own may be the free text after its end.
      if (!copy) copy = part->Clone();
      const std::size_t end = count + taken;
      while (count < end && !copy->Finished())
        if (!copy->Accept(draft[count++])) return count - 1;
      if (!copy->Finished()) return count;
      part = nullptr;
    }
    return count;
  }

  std::vector<std::int32_t> Forced() override { return part_ ? part_->Forced() : std::vector<std::int32_t>{}; }
  bool Finished() const override { return part_ && part_->Finished(); }
  std::unique_ptr<Grammar> Clone() const override {
    std::vector<MarkedPart> parts;
    for (const MarkedPart& part : parts_) parts.push_back({part.mark, part.rest->Clone()});
    auto copy = std::make_unique<TextGrammar>(std::move(parts), once_, tokenizer_);
    copy->begun_ = begun_;
    if (part_) copy->part_ = part_->Clone();
    return copy;
  }

 private:
  /// Where a token leads from free text.
  struct Text {
    bool permitted = true;
    std::string begun;  // the begin of a mark at the end of the text
    const MarkedPart* part = nullptr;
  };

  Text After(const std::string& begun, TokenId token) const {
    Text after;
    if (tokenizer_->IsSpecial(token)) return after;
    const std::string_view bytes = tokenizer_->Bytes(token);
    const auto begins = [&](std::string_view text) {
      return std::any_of(parts_.begin(), parts_.end(), [&](const MarkedPart& p) { return p.mark.starts_with(text); });
    };
    after.begun = begun;
    for (const char c : bytes) {
      if (after.part) return {false, "", nullptr};
      after.begun += c;
      if (!begins(after.begun)) after.begun = begins({&c, 1}) ? std::string(1, c) : "";
      for (const MarkedPart& part : parts_)
        if (after.begun == part.mark) after.part = &part;
    }
    if (after.part) after.begun.clear();
    return after;
  }

  const std::vector<MarkedPart> parts_;
  const bool once_;
  const std::shared_ptr<const Tokenizer> tokenizer_;
  std::string begun_;
  std::unique_ptr<Grammar> part_;  // the one within which the answer is
};

}  // namespace

std::unique_ptr<Grammar> AnyOf(std::vector<std::unique_ptr<Grammar>> grammars) {
  return std::make_unique<AnyGrammar>(std::move(grammars));
}

std::unique_ptr<Grammar> WithinText(std::vector<MarkedPart> parts, bool once,
                                    std::shared_ptr<const Tokenizer> tokenizer) {
  return std::make_unique<TextGrammar>(std::move(parts), once, std::move(tokenizer));
}

}  // namespace yun
