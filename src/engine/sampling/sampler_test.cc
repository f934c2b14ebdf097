#include "engine/sampling/sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "engine/kernels/registry.h"

namespace yun::engine {
namespace {

const kernels::Kernels& Table() { return *kernels::RunnableKernels().back(); }

/// Frequencies of 40 000 draws from fixed logits.
std::map<TokenId, double> Frequencies(const SamplingParams& params, const std::vector<float>& logits) {
  Sampler sampler(params, {}, 42, Table());
  std::map<TokenId, double> counts;
  const int draws = 40000;
  for (int i = 0; i < draws; ++i) {
    std::vector<float> copy = logits;
    counts[sampler.Sample(copy, -1).id] += 1.0 / draws;
  }
  return counts;
}

const std::vector<float> kLogits = {std::log(0.5f), std::log(0.3f), std::log(0.15f), std::log(0.05f)};

struct Case {
  const char* name;
  SamplingParams params;
  std::vector<double> expected;
};

TEST(Sampler, DistributionsAreWhatTheyShould) {
  const auto with = [](auto change) {
    SamplingParams p;
    change(p);
    return p;
  };
  const Case cases[] = {
      {"plain", {}, {0.5, 0.3, 0.15, 0.05}},
      {"greedy", with([](auto& p) { p.temperature = 0; }), {1, 0, 0, 0}},
      {"temperature 2", with([](auto& p) { p.temperature = 2; }), {0.3789, 0.2935, 0.2075, 0.1198}},
      {"top_k 2", with([](auto& p) { p.top_k = 2; }), {0.625, 0.375, 0, 0}},
      {"top_p 0.6", with([](auto& p) { p.top_p = 0.6f; }), {0.625, 0.375, 0, 0}},
      {"top_p 0.9 of top_k 3", with([](auto& p) { p.top_p = 0.8f, p.top_k = 3; }), {0.625, 0.375, 0, 0}},
      {"min_p 0.2", with([](auto& p) { p.min_p = 0.2f; }), {0.5263, 0.3158, 0.1579, 0}},
      {"bias", with([](auto& p) { p.logit_bias = {{0, -100.f}}; }), {0, 0.6, 0.3, 0.1}},
  };
  for (const Case& c : cases) {
    auto got = Frequencies(c.params, kLogits);
    for (TokenId id = 0; id < 4; ++id)
      EXPECT_NEAR(got[id], c.expected[static_cast<std::size_t>(id)], 0.012) << c.name << " token " << id;
  }
}

TEST(Sampler, TopPOverAWideVocabularyLooksFurther) {
  // 1000 equal tokens: top_p 0.5 keeps 500, more than the first look takes.
  SamplingParams params;
  params.top_p = 0.5f;
  const auto got = Frequencies(params, std::vector<float>(1000, 1.f));
  EXPECT_GT(got.size(), 480u);
  EXPECT_LE(got.rbegin()->first, 500);
}

TEST(Sampler, SameSeedSameAnswer) {
  SamplingParams params;
  params.seed = 7;
  Sampler a(params, {}, 1, Table()), b(params, {}, 2, Table());
  for (int i = 0; i < 100; ++i) {
    auto x = kLogits, y = kLogits;
    EXPECT_EQ(a.Sample(x, -1).id, b.Sample(y, -1).id);
  }
}

TEST(Sampler, Penalties) {
  SamplingParams params;
  params.temperature = 0, params.repetition_penalty = 2.f;
  const std::vector<TokenId> prompt = {0};
  Sampler repetition(params, prompt, 1, Table());
  std::vector<float> logits = {1.0f, 0.8f, 0.1f};
  EXPECT_EQ(repetition.Sample(logits, -1).id, 1);  // 1.0 / 2 < 0.8
  params = {};
  params.temperature = 0, params.frequency_penalty = 0.5f, params.presence_penalty = 0.1f;
  Sampler counting(params, prompt, 1, Table());
  std::vector<TokenId> got;
  for (int i = 0; i < 3; ++i) {
    logits = {1.0f, 0.8f, 0.1f};
    got.push_back(counting.Sample(logits, -1).id);
  }
  EXPECT_EQ(got, (std::vector<TokenId>{0, 1, 0}));  // 1.0 -> 0.4; 0.8 -> 0.2
}

TEST(Sampler, LogprobsAreOfTheModel) {
  SamplingParams params;
  params.temperature = 0, params.logit_bias = {{3, 100.f}};
  Sampler sampler(params, {}, 1, Table());
  auto logits = kLogits;
  const TokenEvent event = sampler.Sample(logits, 2);
  EXPECT_EQ(event.id, 3);
  EXPECT_NEAR(event.logprob, std::log(0.05f), 1e-5);
  ASSERT_EQ(event.top.size(), 2u);
  EXPECT_EQ(event.top[0].id, 0);
  EXPECT_NEAR(event.top[1].logprob, std::log(0.3f), 1e-5);
}

TEST(Sampler, RefusesWhatIsOutOfRange) {
  SamplingParams params;
  EXPECT_TRUE(CheckSampling(params, 10));
  params.top_p = 0;
  const auto bad = CheckSampling(params, 10);
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().message.find("top_p"), std::string::npos);
  params = {};
  params.temperature = std::nanf("");
  EXPECT_FALSE(CheckSampling(params, 10));
  params = {};
  params.logit_bias = {{10, 1.f}};
  EXPECT_FALSE(CheckSampling(params, 10));
}

}  // namespace
}  // namespace yun::engine
