#include "grammar/tool_grammar.h"

#include <gtest/gtest.h>

#include <string>

#include "grammar/compose.h"
#include "grammar/random_walk.h"
#include "grammar/thinking.h"
#include "text/tokenizer/tiny_tokenizer.h"

namespace yun {
namespace {

constexpr auto kHermes = ToolStyle::kHermes, kXml = ToolStyle::kXml;

boost::json::array Tools(std::string_view text) { return boost::json::parse(text).as_array(); }

const char kTools[] = R"([
  {"type": "function", "function": {"name": "add", "strict": true, "parameters": {"type": "object", "properties": {
    "n": {"type": "integer", "minimum": 0}, "s": {"type": "string"}}, "required": ["n"],
    "additionalProperties": false}}},
  {"type": "function", "function": {"name": "now"}},
  {"type": "function", "function": {"name": "log", "parameters": {}}},
  {"type": "function", "function": {"name": "pick", "parameters": {"type": "object", "properties": {
    "colour": {"$ref": "#/$defs/colour"}, "maybe": {"anyOf": [{"enum": ["a", "b"]}, {"type": "null"}]},
    "code": {"type": "string", "pattern": "^[A-Z]{2}/[0-9]$"}, "short": {"type": "string", "maxLength": 3},
    "many": {"type": ["string", "object"], "additionalProperties": {"type": "integer"}},
    "list": {"type": "array", "items": {"$ref": "#/$defs/colour"}}},
    "$defs": {"colour": {"enum": ["red", "dark red"]}}}}}])";

class ToolGrammarTest : public testing::Test {
 protected:
  ToolGrammarTest() {
    GgufVocabulary vocabulary = TinyVocabulary("qwen2");
    for (const char* added : {"</think>", "<tool_call>", "</tool_call>"}) {
      vocabulary.tokens.push_back(added);
      vocabulary.token_types.push_back(4);  // added, not special
    }
    tokenizer_ = std::move(*Tokenizer::FromGguf(std::move(vocabulary)));
    end_ = tokenizer_->Find("<|end|>");
    call_ = tokenizer_->Find("<tool_call>");
    compiler_ = std::move(*GrammarCompiler::Create(tokenizer_, {end_}, tokenizer_->size()));
  }

  std::unique_ptr<engine::Grammar> Make(ToolStyle style, bool required, bool parallel = true,
                                        std::unique_ptr<engine::Grammar> answer = nullptr,
                                        std::string_view tools = kTools) {
    auto made = CompileTools(*compiler_, tokenizer_, {style, Tools(tools), required, parallel, std::move(answer)});
    EXPECT_TRUE(made) << made.error().message;
    return made ? std::move(*made) : nullptr;
  }
  std::string Refusal(ToolStyle style, std::string_view tools) {
    const auto made = CompileTools(*compiler_, tokenizer_, {style, Tools(tools), true, true, nullptr});
    return made ? "" : made.error().message;
  }
  std::vector<TokenId> Ids(std::string_view text) { return tokenizer_->Encode(text, true); }
  /// Bytes of `answer` that are permitted; one more when its end is, too. Whole and token by token, which must agree.
  std::size_t Taken(const engine::Grammar& start, std::string_view answer) {
    const auto whole = start.Clone(), one = start.Clone();
    std::vector<TokenId> ids = Ids(answer);
    ids.push_back(end_);
    std::vector<std::uint32_t> mask((tokenizer_->size() + 31) / 32);
    std::size_t tokens = 0, bytes = 0;
    for (const TokenId id : ids) {
      EXPECT_TRUE(one->Mask(mask));
      const bool masked = mask[id / 32] >> (id % 32) & 1;
      const bool taken = one->Accept(id).has_value();
      EXPECT_EQ(masked, taken) << answer << " at " << bytes;
      if (!taken) break;
      ++tokens;
      bytes += id == end_ ? 1 : tokenizer_->Bytes(id).size();
    }
    EXPECT_EQ(whole->Valid(ids), tokens) << answer;
    return bytes;
  }
  void ExpectTaken(const engine::Grammar& start, std::string_view answer) {
    EXPECT_EQ(Taken(start, answer), answer.size() + 1) << answer;
  }
  /// `answer` has a | where it stops to be permitted.
  void ExpectStops(const engine::Grammar& start, std::string_view answer) {
    const auto at = answer.find('|');
    EXPECT_EQ(Taken(start, std::string(answer.substr(0, at)) + std::string(answer.substr(at + 1))), at) << answer;
  }

  std::shared_ptr<const Tokenizer> tokenizer_;
  std::unique_ptr<GrammarCompiler> compiler_;
  TokenId end_ = 0, call_ = 0;
};

std::string Call(std::string_view body) { return "<tool_call>\n" + std::string(body) + "\n</tool_call>"; }

TEST_F(ToolGrammarTest, HoldsJsonCalls) {
  const auto grammar = Make(kHermes, true);
  ExpectTaken(*grammar, Call(R"({"name": "add", "arguments": {"n": 1, "s": "<tool_call>"}})"));
  ExpectTaken(*grammar, Call(R"({"name": "add", "arguments": {"n":1}})") + "\n" +
                            Call(R"({"name": "now", "arguments": {}})"));
  ExpectTaken(*grammar, Call(R"({"name": "log", "arguments": {"what": ["you", "like"]}})"));
  ExpectTaken(*grammar, Call(R"({"name": "pick", "arguments": {"colour": "dark red", "maybe": null}})"));
  ExpectStops(*grammar, "|I add.");
  ExpectStops(*grammar, "<tool_call>\n{\"name\": \"|sub\"");
  ExpectStops(*grammar, "<tool_call>\n{\"name\": \"add\", \"arguments\": {\"n\": |-1}}");
  ExpectStops(*grammar, "<tool_call>\n{\"name\": \"add\", \"arguments\": {|}}");
  ExpectStops(*grammar, "<tool_call>\n{\"name\": \"now\", \"arguments\": {|\"a\": 1}}");
  ExpectStops(*grammar, Call(R"({"name": "now", "arguments": {}})") + "|.");
  const auto once = Make(kHermes, true, false);
  ExpectTaken(*once, Call(R"({"name": "now", "arguments": {}})"));
  ExpectStops(*once, Call(R"({"name": "now", "arguments": {}})") + "|\n");
}

TEST_F(ToolGrammarTest, HoldsXmlCalls) {
  const auto grammar = Make(kXml, true);
  const auto call = [](std::string_view name, std::string_view parameters) {
    return Call("<function=" + std::string(name) + ">" + std::string(parameters) + "\n</function>");
  };
  const auto with = [](std::string_view name, std::string_view value) {
    return "\n<parameter=" + std::string(name) + ">\n" + std::string(value) + "\n</parameter>";
  };
  ExpectTaken(*grammar, call("now", "") + "\n" + call("now", ""));
  ExpectTaken(*grammar, call("add", with("n", "12") + with("s", "a <b>\n</param\n\n\"{}")));
  ExpectTaken(*grammar, call("add", with("n", "0") + with("s", "")));
  ExpectTaken(*grammar, call("log", with("any", "x") + with("any", "1")));
  ExpectTaken(*grammar, call("pick", with("colour", "dark red")));
  ExpectTaken(*grammar, call("pick", with("maybe", "null") + with("code", "AB/1") + with("short", "åb")));
  ExpectTaken(*grammar, call("pick", with("many", "some text {}")));
  ExpectTaken(*grammar, call("pick", with("many", "{\"a\": 1}") + with("list", "[\"red\"]")));
  const auto stops = [&](std::string_view name, std::string_view parameters) {
    ExpectStops(*grammar, "<tool_call>\n<function=" + std::string(name) + ">" + std::string(parameters));
  };
  stops("now", "\n<|parameter=");
  stops("add", "\n<|/function>");
  stops("add", "\n<parameter=n>\n|-1");
  stops("add", "\n<parameter=n>\n1\n</parameter>\n<parameter=|n>");
  stops("add", "\n<parameter=n>\n1\n</parameter>\n<parameter=s>\na</parameter|>");
  stops("add", "\n<parameter=n>\n1\n</parameter>\n<parameter=s>\na</function|>");
  stops("pick", "\n<parameter=colour>\n|blue");
  stops("pick", "\n<parameter=maybe>\n|c");
  stops("pick", "\n<parameter=code>\nAB|1");
  stops("pick", "\n<parameter=short>\nabc|d");
  stops("pick", "\n<parameter=many>\n{\"a\": |\"1\"");
  stops("pick", "\n<parameter=many>\n|[1]");
}

TEST_F(ToolGrammarTest, CallsWithinText) {
  const std::string now = Call(R"({"name": "now", "arguments": {}})");
  const auto grammar = Make(kHermes, false);
  ExpectTaken(*grammar, "");
  ExpectTaken(*grammar, "I add < <tool <think> </tool_call>");
  ExpectTaken(*grammar, "Now:\n" + now + "\nand " + now + now + "\nDone.");
  ExpectStops(*grammar, "Now: <tool_call>|{");
  ExpectStops(*grammar, now + "then <tool_call>\n{\"name\": \"add\", \"arguments\": {|}}");
  const auto once = Make(kHermes, false, false);
  ExpectTaken(*once, "Now:\n" + now);
  ExpectTaken(*once, "Never.");
  ExpectStops(*once, "Now:\n" + now + "|\n");

  const auto xml = Make(kXml, false);
  ExpectTaken(*xml, "a " + Call("<function=now>\n</function>") + " b");
  ExpectStops(*xml, "a " + Call("<function=|other>\n</function>"));
  ExpectStops(*xml, "a <function=|other>");

  // A mark made of other tokens counts as well; one that ends within a token is not begun.
  const auto spelled = grammar->Clone();
  for (const TokenId id : tokenizer_->Encode("a <<tool_call>\n", false)) ASSERT_TRUE(spelled->Accept(id));
  EXPECT_FALSE(spelled->Forced().empty());
  ExpectStops(*spelled, "|x");
}

TEST_F(ToolGrammarTest, CallsOrAnAnswer) {
  auto answer = std::move(*compiler_->Compile({GrammarKind::kJsonSchema, R"({"type":"integer"})"}));
  const std::string now = Call(R"({"name": "now", "arguments": {}})");
  const auto grammar = Make(kHermes, false, true, std::move(answer));
  ExpectTaken(*grammar, "12");
  ExpectTaken(*grammar, now + "\n" + now);
  ExpectStops(*grammar, "12|<tool_call>");
  ExpectStops(*grammar, "|a");
  ExpectStops(*grammar, now + "|12");
  EXPECT_TRUE(grammar->Forced().empty());
  ASSERT_TRUE(grammar->Accept(call_));
  EXPECT_FALSE(grammar->Forced().empty());
}

TEST_F(ToolGrammarTest, MarksAreTheirOwnTokens) {
  auto grammar = Make(kHermes, true);
  const auto forced = grammar->Forced();
  ASSERT_FALSE(forced.empty());
  EXPECT_EQ(forced[0], call_);
  std::vector<std::uint32_t> mask((tokenizer_->size() + 31) / 32);
  ASSERT_TRUE(grammar->Mask(mask));
  EXPECT_TRUE(mask[call_ / 32] >> (call_ % 32) & 1);
  EXPECT_FALSE(mask['<' / 32] >> ('<' % 32) & 1);
  // A special token's text is not its own.
  auto choice = std::move(*compiler_->Compile({GrammarKind::kChoice, R"(["<|end|>x"])"}));
  for (const TokenId id : choice->Forced()) EXPECT_FALSE(tokenizer_->IsSpecial(id));
  EXPECT_FALSE(choice->Forced().empty());
}

TEST_F(ToolGrammarTest, Refuses) {
  EXPECT_NE(Refusal(ToolStyle::kNone, kTools), "");
  EXPECT_EQ(Refusal(kHermes, R"([{"type": "function"}, {"function": {"name": ""}}])"), "no tool has a name");
  const std::string unique = R"({"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "array",
      "uniqueItems": true}}})";
  for (const ToolStyle style : {kHermes, kXml}) {
    const std::string says = Refusal(style, "[{\"function\": " + unique + ", \"strict\": true}}]");
    EXPECT_NE(says.find("uniqueItems"), std::string::npos) << says;
    EXPECT_EQ(Refusal(style, "[{\"function\": " + unique + "}}]"), "");
  }
  const std::string pattern = R"([{"function": {"name": "f", "strict": true, "parameters": {"properties": {"a":
      {"type": "string", "pattern": "^a|b$"}}}}}])";
  EXPECT_NE(Refusal(kXml, pattern).find("^a|b$"), std::string::npos);
  const std::string name = R"([{"function": {"name": "f", "strict": true, "parameters": {"properties":
      {"a>b": {}}}}}])";
  EXPECT_NE(Refusal(kXml, name).find("\"a>b\""), std::string::npos);
  EXPECT_EQ(Refusal(kHermes, name), "");
}

/// Whatever is permitted is read back as calls whose arguments are JSON.
TEST_F(ToolGrammarTest, WalksAreReadAsCalls) {
  for (const ToolStyle style : {kHermes, kXml}) {
    const auto grammar = Make(style, true);
    int finished = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const auto copy = grammar->Clone();
      const auto walk = RandomWalk(*copy, *tokenizer_, {seed, 60, 600, tokenizer_->size(), {end_}});
      ASSERT_TRUE(walk) << walk.error().message;
      if (!walk->finished) continue;
      ++finished;
      const std::string text = tokenizer_->Decode(walk->tokens, false);
      OutputReader reader({style, Tools(kTools)});
      std::string arguments;
      for (const OutputPiece& piece : reader.Push(text)) {
        EXPECT_NE(piece.kind, PieceKind::kText) << text;
        if (piece.kind == PieceKind::kCallArguments) arguments += piece.text;
        if (piece.kind != PieceKind::kCallEnd) continue;
        boost::json::error_code ec;
        EXPECT_TRUE(boost::json::parse(arguments, ec).is_object() && !ec) << text << "\n" << arguments;
        arguments.clear();
      }
      EXPECT_GT(reader.calls(), 0u);
    }
    EXPECT_GE(finished, 5);
  }
}

TEST_F(ToolGrammarTest, ThinksFirst) {
  const TokenId think = tokenizer_->Find("<think>"), close = tokenizer_->Find("</think>");
  const ThinkingTokens tokens{think, close, Ids("\n\n")[0], {end_}};
  const std::string now = Call(R"({"name": "now", "arguments": {}})");
  const auto required = AfterThinking(Make(kHermes, true), tokens, Thinking::kBegun);
  ExpectTaken(*required, "<tool_call>{</think>\n\n" + now);
  ExpectTaken(*AfterThinking(Make(kHermes, false), tokens, Thinking::kMay), "<think>a</think>b " + now);
  ExpectStops(*AfterThinking(Make(kHermes, false), tokens, Thinking::kMay), "<think>a</think>b <tool_call>|x");

  // A budget of 6: two of them are what is said at the end.
  const ThinkingBudget budget{6, Ids("z!")};
  const auto free = AfterThinking(nullptr, tokens, Thinking::kBegun, budget);
  ExpectTaken(*free, "abc</think>\n\nyes");
  ExpectTaken(*free, "abcdz!</think>yes<think>abcdefgh");
  ExpectStops(*free, "abcd|efg");
  ExpectStops(*free, "abcdz!|a");
  ExpectStops(*AfterThinking(nullptr, tokens, Thinking::kBegun, {2, Ids("z!")}), "ab|z");  // no room for it
  ExpectStops(*AfterThinking(nullptr, tokens, Thinking::kMay, {0, {}}), "<think>|a");
  ExpectTaken(*AfterThinking(nullptr, tokens, Thinking::kMay, {0, {}}), "a<think>b");
  const auto both = AfterThinking(Make(kHermes, true), tokens, Thinking::kMay, budget);
  ExpectTaken(*both, "<think>abcdz!</think>\n\n" + now);
  for (const TokenId id : Ids("<think>abcd")) {
    EXPECT_TRUE(both->Forced().empty());
    ASSERT_TRUE(both->Accept(id));
  }
  EXPECT_EQ(both->Forced(), (std::vector<TokenId>{Ids("z")[0], Ids("!")[0], close}));
  ASSERT_TRUE(both->Accept(Ids("z")[0]));
  EXPECT_EQ(both->Clone()->Forced(), (std::vector<TokenId>{Ids("!")[0], close}));
}

}  // namespace
}  // namespace yun
