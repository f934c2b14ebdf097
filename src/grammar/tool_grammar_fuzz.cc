// A request's tools are untrusted: their schemas may be refused, but not crash, hang or let through what is no call.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "grammar/random_walk.h"
#include "grammar/tool_grammar.h"
#include "text/tokenizer/tiny_tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yun;
  static const std::shared_ptr<const Tokenizer> kTokenizer = TinyTokenizer();
  static const TokenId kEnd = kTokenizer->Find("<|end|>");
  static const auto kCompiler = std::move(*GrammarCompiler::Create(kTokenizer, {kEnd}, kTokenizer->size()));
  if (size < 1) return 0;
  // The first character chooses style ('0', '2': JSON; '1', '3': XML) and whether calls are all ('0', '1').
  const int mode = static_cast<std::uint8_t>(data[0] - '0') % 4;
  boost::json::error_code ec;
  const auto tools = boost::json::parse({reinterpret_cast<const char*>(data) + 1, size - 1}, ec);
  if (ec || !tools.is_array()) return 0;
  const ToolStyle style = mode % 2 ? ToolStyle::kXml : ToolStyle::kHermes;
  auto grammar = CompileTools(*kCompiler, kTokenizer, {style, tools.get_array(), mode < 2, true, nullptr});
  if (!grammar) {
    CHECK(grammar.error().code == Code::kInvalidArgument && !grammar.error().message.empty());
    return 0;
  }
  const auto walk = RandomWalk(**grammar, *kTokenizer, {size, 30, 200, kTokenizer->size(), {kEnd}});
  if (!walk) {
    CHECK(walk.error().code != Code::kInternal);
    return 0;
  }
  const std::string text = kTokenizer->Decode(walk->tokens, false);
  if (mode < 2 && walk->finished) CHECK(text.starts_with("<tool_call>\n") && text.ends_with("\n</tool_call>"));
  return 0;
}
