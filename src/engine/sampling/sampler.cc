#include "engine/sampling/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace yun::engine {
namespace {
constexpr std::size_t kCandidatesFirst = 128;  // top-p rarely needs more
}  // namespace

Status CheckSampling(const SamplingParams& p, std::int32_t vocab) {
  struct Range {
    const char* name;
    bool ok;
    const char* range;
  };
  for (const Range& r : {
           Range{"temperature", p.temperature >= 0.f && p.temperature <= 100.f, "[0, 100]"},
           Range{"top_k", p.top_k >= 0, "[0, vocabulary]; 0 turns it off"},
           Range{"top_p", p.top_p > 0.f && p.top_p <= 1.f, "(0, 1]"},
           Range{"min_p", p.min_p >= 0.f && p.min_p < 1.f, "[0, 1)"},
           Range{"repetition_penalty", p.repetition_penalty > 0.f && p.repetition_penalty <= 100.f, "(0, 100]"},
           Range{"presence_penalty", p.presence_penalty >= -2.f && p.presence_penalty <= 2.f, "[-2, 2]"},
           Range{"frequency_penalty", p.frequency_penalty >= -2.f && p.frequency_penalty <= 2.f, "[-2, 2]"},
       })
    if (!r.ok) return Fail(Code::kInvalidArgument, "{} must be in {}", r.name, r.range);
  if (p.logit_bias.size() > kLogitBiasMax)
    return Fail(Code::kInvalidArgument, "logit_bias has {} entries; at most {} are allowed", p.logit_bias.size(),
                kLogitBiasMax);
  for (const auto& [id, bias] : p.logit_bias) {
    if (id < 0 || id >= vocab)
      return Fail(Code::kInvalidArgument, "logit_bias: token {} is outside the vocabulary of {}", id, vocab);
    if (!(bias >= -100.f && bias <= 100.f)) return Fail(Code::kInvalidArgument, "logit_bias must be in [-100, 100]");
  }
  return {};
}

std::uint64_t Random::Next() {
  std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}

Sampler::Sampler(const SamplingParams& params, std::span<const TokenId> prompt, std::uint64_t seed,
                 const kernels::Kernels& kernels)
    : params_(params), kernels_(kernels), random_(params.seed.value_or(seed)) {
  if (params.repetition_penalty != 1.f)
    for (const TokenId id : prompt) ++seen_[id].prompt;
}

void Sampler::Adjust(std::span<float> logits) {
  for (const auto& [id, bias] : params_.logit_bias) logits[static_cast<std::size_t>(id)] += bias;
  for (const auto& [id, seen] : seen_) {
    float& logit = logits[static_cast<std::size_t>(id)];
    if (params_.repetition_penalty != 1.f)
      logit = logit > 0 ? logit / params_.repetition_penalty : logit * params_.repetition_penalty;
    if (seen.answer > 0)
      logit -= params_.presence_penalty + params_.frequency_penalty * static_cast<float>(seen.answer);
  }
}

void Sampler::TopN(std::span<const float> logits, std::size_t n, std::vector<Candidate>& out) const {
  const auto better = [](const Candidate& a, const Candidate& b) {
    return a.logit > b.logit || (a.logit == b.logit && a.id < b.id);
  };
  out.clear();
  n = std::min(n, logits.size());
  if (n == 0) return;
  // A heap whose front is the worst kept one: nearly every logit fails the first comparison.
  for (std::size_t i = 0; i < n; ++i) out.push_back({static_cast<TokenId>(i), logits[i]});
  std::make_heap(out.begin(), out.end(), better);
  for (std::size_t i = n; i < logits.size(); ++i) {
    if (!(logits[i] > out.front().logit)) continue;
    std::pop_heap(out.begin(), out.end(), better);
    out.back() = {static_cast<TokenId>(i), logits[i]};
    std::push_heap(out.begin(), out.end(), better);
  }
  std::sort_heap(out.begin(), out.end(), better);
}

TokenId Sampler::Draw(std::span<const float> logits) {
  const auto vocab = static_cast<std::uint32_t>(logits.size());
  const std::uint32_t best = kernels_.argmax(logits.data(), vocab);
  if (params_.temperature == 0.f || params_.top_k == 1) return static_cast<TokenId>(best);
  const float most = logits[best], inverse = 1.f / params_.temperature;
  // The mass of all tokens: needed unless top-k bounds it.
  double total = 0;
  if (params_.top_k == 0) {
    weights_.resize(vocab);
    total = kernels_.exp_weights(logits.data(), vocab, most, inverse, weights_.data());
    if (params_.top_p >= 1.f && params_.min_p == 0.f) {
      double left = random_.Uniform() * total;
      for (std::uint32_t i = 0; i < vocab; ++i)
        if ((left -= weights_[i]) < 0) return static_cast<TokenId>(i);
      return static_cast<TokenId>(best);  // rounding ate the rest
    }
  }
  const auto weight = [&](const Candidate& c) { return std::exp(double{c.logit - most} * inverse); };
  // Candidates, likeliest first: the top k, or as many as top-p and min-p need, found by taking more and more.
  const std::size_t limit = params_.top_k > 0 ? std::min<std::size_t>(params_.top_k, vocab) : vocab;
  for (std::size_t n = params_.top_k > 0 ? limit : std::min(limit, kCandidatesFirst);; n = std::min(n * 8, limit)) {
    TopN(logits, n, candidates_);
    if (params_.top_k > 0) {
      total = 0;
      for (const Candidate& c : candidates_) total += weight(c);
    }
    std::size_t kept = 0;
    double mass = 0;
    bool complete = n == limit;
    for (; kept < candidates_.size(); ++kept) {
      const double w = weight(candidates_[kept]);
      // At least one stays; top-p keeps the token that crosses the mass.
      if (kept > 0 && ((params_.top_p < 1.f && mass >= double{params_.top_p} * total) || w < params_.min_p)) {
        complete = true;
        break;
      }
      mass += w;
    }
    if (!complete) continue;
    double left = random_.Uniform() * mass;
    for (std::size_t i = 0; i < kept; ++i)
      if ((left -= weight(candidates_[i])) < 0) return candidates_[i].id;
    return candidates_[0].id;
  }
}

namespace {
void Forbid(std::span<float> logits, std::span<const std::uint32_t> mask) {
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  for (std::size_t word = 0; word * 32 < logits.size(); ++word) {
    const std::uint32_t bits = word < mask.size() ? mask[word] : 0;
    if (bits == ~0u) continue;
    const std::size_t begin = word * 32, end = std::min(begin + 32, logits.size());
    for (std::size_t i = begin; i < end; ++i)
      if (!(bits >> (i - begin) & 1)) logits[i] = kNever;
  }
}
}  // namespace

TokenEvent Sampler::Sample(std::span<float> logits, std::int32_t logprobs, std::span<const std::uint32_t> mask) {
  TokenEvent event;
  float norm = 0;
  std::vector<float> raw;
  if (logprobs >= 0) {
    norm = kernels_.log_sum_exp(logits.data(), static_cast<std::uint32_t>(logits.size()));
    TopN(logits, static_cast<std::size_t>(logprobs), candidates_);
    for (const Candidate& c : candidates_) event.top.push_back({c.id, c.logit - norm});
    raw.assign(logits.begin(), logits.end());
  }
  Adjust(logits);
  if (!mask.empty()) Forbid(logits, mask);
  event.id = Draw(logits);
  if (logprobs >= 0) event.logprob = raw[static_cast<std::size_t>(event.id)] - norm;
  if (params_.repetition_penalty != 1.f || params_.presence_penalty != 0.f || params_.frequency_penalty != 0.f)
    ++seen_[event.id].answer;
  return event;
}

}  // namespace yun::engine
