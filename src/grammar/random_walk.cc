#include "grammar/random_walk.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <random>
#include <string_view>

namespace yun {
namespace {

using Mask = std::vector<std::uint32_t>;

constexpr int kCandidates = 48;            // drawn a step, of which the best is taken
constexpr std::uint32_t kCloneStride = 7;  // steps between two checks of Clone, which copies much

std::vector<std::int32_t> Permitted(const Mask& mask, std::int32_t vocab) {
  std::vector<std::int32_t> ids;
  for (std::size_t word = 0; word < mask.size(); ++word)
    for (std::uint32_t bits = mask[word]; bits != 0; bits &= bits - 1)
      ids.push_back(static_cast<std::int32_t>(word * 32) + std::countr_zero(bits));
  while (!ids.empty() && ids.back() >= vocab) ids.pop_back();
  return ids;
}

/// How well a token brings an answer to its end.
int Haste(std::string_view bytes) {
  int haste = -static_cast<int>(bytes.size());
  for (const char c : bytes) {
    if (c == '"' || c == '}' || c == ']') haste += 12;
    if (c == '{' || c == '[' || c == ',') haste -= 40;
  }
  return haste;
}

/// Whether the other parts of the interface say what the mask says. next: the token that will be taken
Status Agree(engine::Grammar& grammar, const std::vector<std::int32_t>& permitted, std::int32_t next,
             const WalkOptions& options) {
  const auto is_end = [&](std::int32_t id) {
    return std::find(options.end_ids.begin(), options.end_ids.end(), id) != options.end_ids.end();
  };
  Mask scratch((static_cast<std::size_t>(options.vocab) + 31) / 32);
  if (grammar.Valid({&next, 1}) != 1) {
    RETURN_IF_ERROR(grammar.Mask(scratch));  // over a limit: nothing is valid any more
    return Fail(Code::kInternal, "the mask permits {}, Valid does not", next);
  }
  if (grammar.Finished() && !std::all_of(permitted.begin(), permitted.end(), is_end))
    return Fail(Code::kInternal, "finished, but more than end tokens are permitted");
  const std::vector<std::int32_t> forced = grammar.Forced();
  if (forced.empty()) return {};
  if (permitted != std::vector{forced.front()})
    return Fail(Code::kInternal, "{} is forced, but {} tokens are permitted", forced.front(), permitted.size());
  if (grammar.Valid(forced) != forced.size()) {
    RETURN_IF_ERROR(grammar.Mask(scratch));
    return Fail(Code::kInternal, "what is forced is not valid");
  }
  return {};
}

}  // namespace

Result<Walk> RandomWalk(engine::Grammar& grammar, const Tokenizer& tokenizer, const WalkOptions& options) {
  std::mt19937_64 random(options.seed);
  Walk walk;
  Mask mask((static_cast<std::size_t>(options.vocab) + 31) / 32), copied(mask.size());
  std::unique_ptr<engine::Grammar> copy;
  for (std::uint32_t step = 0; step < options.tokens_max; ++step) {
    const auto begin = std::chrono::steady_clock::now();
    RETURN_IF_ERROR(grammar.Mask(mask));
    const auto us = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin).count());
    walk.mask_us_sum += us;
    walk.mask_us_max = std::max(walk.mask_us_max, us);
    ++walk.masks;
    if (copy) {
      RETURN_IF_ERROR(copy->Mask(copied));
      if (copied != mask) return Fail(Code::kInternal, "a clone permits something else");
      copy = nullptr;
    }

    const std::vector<std::int32_t> permitted = Permitted(mask, options.vocab);
    if (permitted.empty()) return Fail(Code::kInternal, "the mask permits nothing");
    const bool hurry = step >= options.tokens_soft;
    std::int32_t next = permitted[random() % permitted.size()];
    if (hurry) {
      for (const std::int32_t id : options.end_ids)
        if (std::binary_search(permitted.begin(), permitted.end(), id)) next = id;
      for (int i = 0; i < kCandidates; ++i) {
        const std::int32_t other = permitted[random() % permitted.size()];
        if (!tokenizer.IsSpecial(next) && Haste(tokenizer.Bytes(other)) > Haste(tokenizer.Bytes(next))) next = other;
      }
      // Few tokens hold a quotation mark: ask for the plain ones.
      for (const char* text : {"\"", "}", "]"}) {
        const std::int32_t plain = tokenizer.Find(text);
        if (!tokenizer.IsSpecial(next) && plain >= 0 && random() % 2 &&
            std::binary_search(permitted.begin(), permitted.end(), plain))
          next = plain;
      }
    }
    RETURN_IF_ERROR(Agree(grammar, permitted, next, options));
    if (std::find(options.end_ids.begin(), options.end_ids.end(), next) != options.end_ids.end()) {
      RETURN_IF_ERROR(grammar.Accept(next));
      walk.finished = true;
      return walk;
    }
    if (step % kCloneStride == 0) copy = grammar.Clone();
    if (copy) RETURN_IF_ERROR(copy->Accept(next));
    RETURN_IF_ERROR(grammar.Accept(next));
    walk.tokens.push_back(next);
  }
  return walk;
}

}  // namespace yun
