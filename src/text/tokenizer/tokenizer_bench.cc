// Encode's speed on one core, in bytes of text a second. With YUN_TOKENIZER_JSON and YUN_CORPUS (files) it measures a
// real vocabulary on a real text (bench/tokenizer.py does); else the tiny tokenizer on a made one.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "text/tokenizer/tiny_tokenizer.h"
#include "text/tokenizer/tokenizer.h"

namespace yun {
namespace {

std::string ReadFile(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

const std::string& Text() {
  static const std::string text = [] {
    if (const char* path = std::getenv("YUN_CORPUS")) return ReadFile(path);
    std::string out;
    for (int i = 0; out.size() < 1'000'000; ++i) {
      out += "the thing in the " + std::to_string(i) +
             "th line's end;\n    \xE4\xBD\xA0\xE5\xA5\xBD \xD0\xBC\xD0\xB8\xD1\x80 ";
    }
    return out;
  }();
  return text;
}

std::unique_ptr<Tokenizer> Make(const char* pre) {
  const char* path = std::getenv("YUN_TOKENIZER_JSON");
  if (path == nullptr) return TinyTokenizer(pre);
  auto tokenizer = Tokenizer::FromJson(ReadFile(path), "");
  if (!tokenizer) {
    std::cerr << path << ": " << tokenizer.error().message << "\n";
    std::exit(1);
  }
  return std::move(*tokenizer);
}

void BM_Encode(benchmark::State& state, const char* pre) {
  const auto tokenizer = Make(pre);
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer->Encode(Text(), true));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * Text().size()));
}
BENCHMARK_CAPTURE(BM_Encode, qwen2, "qwen2")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Encode, smollm, "smollm")->Unit(benchmark::kMillisecond);

// A prompt of a few hundred characters, the cache warm: what a request costs.
void BM_EncodePrompt(benchmark::State& state) {
  const auto tokenizer = Make("qwen2");
  const std::string prompt = Text().substr(0, 600);
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer->Encode(prompt, true));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * prompt.size()));
}
BENCHMARK(BM_EncodePrompt)->Unit(benchmark::kMicrosecond);

void BM_Decode(benchmark::State& state) {
  const auto tokenizer = Make("qwen2");
  const auto ids = tokenizer->Encode(Text(), true);
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer->Decode(ids, true));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * Text().size()));
}
BENCHMARK(BM_Decode)->Unit(benchmark::kMillisecond);

void BM_Load(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Make("qwen2"));
}
BENCHMARK(BM_Load)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace yun

BENCHMARK_MAIN();
