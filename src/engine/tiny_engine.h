// What the engine's tests share: tiny real models and short requests. Included by tests alone.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace yun::engine {

inline std::shared_ptr<const Checkpoint> Model(const char* name) {
  auto opened = Checkpoint::Open(std::string(YUN_SOURCE_DIR "/tests/golden/models/") + name);
  EXPECT_TRUE(opened) << opened.error().message;
  return std::move(*opened);
}

inline EngineOptions Small() {
  EngineOptions options;
  options.threads = 2;
  options.context_tokens = 256;
  options.step_tokens_max = 64;
  return options;
}

inline GenerateRequest Greedy(std::vector<TokenId> prompt, std::uint32_t tokens) {
  GenerateRequest request;
  request.prompt = std::move(prompt);
  request.sampling.temperature = 0;
  request.max_tokens = tokens;
  request.ignore_eos = true;
  return request;
}

struct Answer {
  std::vector<TokenId> ids;
  StreamEnd end;
};
inline Answer Collect(Stream& stream) {
  Answer answer;
  while (true) {
    stream.Wait();
    for (const TokenEvent& event : stream.Take()) answer.ids.push_back(event.id);
    if (const auto end = stream.Ended()) {
      answer.end = *end;
      return answer;
    }
  }
}

inline std::vector<TokenId> Prompt(unsigned seed, std::size_t size) {
  std::vector<TokenId> ids;
  for (std::size_t i = 0; i < size; ++i) ids.push_back(static_cast<TokenId>((seed * 31 + i * i * 7 + i) % 250));
  return ids;
}

}  // namespace yun::engine
