// A schema, regular expression, grammar or list of choices is untrusted: it may be refused, but not crash, hang or lie.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/check.h"
#include "grammar/compiler.h"
#include "grammar/random_walk.h"
#include "text/tokenizer/tiny_tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yun;
  static const std::shared_ptr<const Tokenizer> kTokenizer = TinyTokenizer();
  static const TokenId kEnd = kTokenizer->Find("<|end|>");
  static const auto kCompiler = std::move(*GrammarCompiler::Create(kTokenizer, {kEnd}, kTokenizer->size()));
  if (size < 1) return 0;
  // The first character chooses the kind: '0' to '4'.
  const auto kind = static_cast<GrammarKind>(static_cast<std::uint8_t>(data[0] - '0') % 5);
  auto grammar = kCompiler->Compile({kind, std::string(reinterpret_cast<const char*>(data) + 1, size - 1)});
  if (!grammar) {
    CHECK(grammar.error().code == Code::kInvalidArgument && !grammar.error().message.empty());
    return 0;
  }
  const auto walk = RandomWalk(**grammar, *kTokenizer, {size, 8, 40, kTokenizer->size(), {kEnd}});
  CHECK(walk || walk.error().code != Code::kInternal);
  return 0;
}
