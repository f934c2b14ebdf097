#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>

#include "grammar/compiler.h"
#include "grammar/random_walk.h"
#include "grammar/thinking.h"
#include "text/tokenizer/tiny_tokenizer.h"

namespace yun {
namespace {

class GrammarTest : public testing::Test {
 protected:
  GrammarTest() : tokenizer_(TinyTokenizer()) {
    vocab_ = tokenizer_->size() + 5;  // a model's vocabulary is often padded
    end_ = tokenizer_->Find("<|end|>");
    compiler_ = std::move(*GrammarCompiler::Create(tokenizer_, {end_}, vocab_));
  }

  std::unique_ptr<engine::Grammar> Make(GrammarKind kind, std::string text) {
    auto made = compiler_->Compile({kind, std::move(text)});
    EXPECT_TRUE(made) << made.error().message;
    return made ? std::move(*made) : nullptr;
  }
  std::string Refusal(GrammarKind kind, std::string text) {
    auto made = compiler_->Compile({kind, std::move(text)});
    EXPECT_FALSE(made);
    if (made) return "";
    EXPECT_EQ(made.error().code, Code::kInvalidArgument);
    return made.error().message;
  }
  std::vector<TokenId> Ids(std::string_view text) { return tokenizer_->Encode(text, false); }
  /// Whether a whole answer is permitted, its end included.
  bool Takes(GrammarKind kind, std::string text, std::string_view answer) {
    auto grammar = Make(kind, std::move(text));
    for (const TokenId id : Ids(answer))
      if (!grammar->Accept(id)) return false;
    return grammar->Accept(end_).has_value();
  }
  std::vector<std::uint32_t> Mask(engine::Grammar& grammar) {
    std::vector<std::uint32_t> mask((vocab_ + 31) / 32, 0xffffffff);
    const Status status = grammar.Mask(mask);
    EXPECT_TRUE(status) << status.error().message;
    return mask;
  }
  static bool Has(const std::vector<std::uint32_t>& mask, TokenId id) { return mask[id / 32] >> (id % 32) & 1; }

  std::shared_ptr<const Tokenizer> tokenizer_;
  std::int32_t vocab_;
  TokenId end_;
  std::unique_ptr<GrammarCompiler> compiler_;
};

TEST_F(GrammarTest, TakesWhatItsKindSays) {
  struct Case {
    GrammarKind kind;
    const char *text, *answer;
    bool taken;
  };
  constexpr auto kSchema = GrammarKind::kJsonSchema;
  const char* person = R"({"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":0}},
                           "required":["name","age"],"additionalProperties":false})";
  const Case cases[] = {
      {kSchema, person, R"({"name":"Ann","age":3})", true},
      {kSchema, person, R"({"name": "Ann", "age": 3})", true},
      {kSchema, person, R"({"name":"Ann"})", false},
      {kSchema, person, R"({"name":"Ann","age":-3})", false},
      {kSchema, person, R"({"name":"Ann","age":3} )", false},
      {kSchema, R"({"enum":["a",1,null]})", "null", true},
      {kSchema, R"({"enum":["a",1,null]})", "2", false},
      {kSchema, "true", R"([1,{"a":[]}])", true},
      {kSchema, R"({"$ref":"#/$defs/n","$defs":{"n":{"type":"object","properties":{"next":{"$ref":"#/$defs/n"}}}}})",
       R"({"next":{"next":{}}})", true},
      {kSchema, R"({"type":"string","pattern":"^[a-c]{2}$"})", R"("ab")", true},
      {kSchema, R"({"type":"string","pattern":"^[a-c]{2}$"})", R"("abc")", false},
      {kSchema, R"({"type":"array","items":{"type":"boolean"},"maxItems":2})", "[true,false]", true},
      {kSchema, R"({"type":"array","items":{"type":"boolean"},"maxItems":2})", "[true,false,true]", false},
      {GrammarKind::kJsonObject, "", R"({"a":[1,2,{"b":null}]})", true},
      {GrammarKind::kJsonObject, "", "[]", false},
      {GrammarKind::kRegex, "(yes|no)!{1,2}", "yes!!", true},
      {GrammarKind::kRegex, "(yes|no)!{1,2}", "yes", false},
      {GrammarKind::kRegex, "[\\u4e00-\\u9fff]+/", "智能/", true},
      {GrammarKind::kRegex, "a?", "", true},
      {GrammarKind::kLark, "start: \"a\" b+\nb: \"(\" b? \")\"", "a(())()", true},
      {GrammarKind::kLark, "start: \"a\" b+\nb: \"(\" b? \")\"", "a(()", false},
      {GrammarKind::kChoice, R"(["red","reddish","\"q\\\n","é"])", "red", true},
      {GrammarKind::kChoice, R"(["red","reddish","\"q\\\n","é"])", "reddish", true},
      {GrammarKind::kChoice, R"(["red","reddish","\"q\\\n","é"])", "\"q\\\n", true},
      {GrammarKind::kChoice, R"(["red","reddish","\"q\\\n","é"])", "redd", false},
  };
  for (const Case& c : cases) EXPECT_EQ(Takes(c.kind, c.text, c.answer), c.taken) << c.text << "  " << c.answer;
}

TEST_F(GrammarTest, RefusesWithWords) {
  struct Case {
    GrammarKind kind;
    std::string text;
    const char* says;
  };
  std::string deep, wide = "{\"enum\":[";
  for (int i = 0; i < 5000; ++i) deep += "{\"type\":\"array\",\"items\":";
  for (int i = 0; i < 60000; ++i) wide += fmt::format("{}\"{}\"", i ? "," : "", i * 7919);
  const Case cases[] = {
      {GrammarKind::kJsonSchema, "{", "JSON"},
      {GrammarKind::kJsonSchema, "[]", "object"},
      {GrammarKind::kJsonSchema, "false", "object"},
      {GrammarKind::kJsonSchema, "\xff", "UTF-8"},
      {GrammarKind::kJsonSchema, R"({"type":"strnig"})", "strnig"},
      {GrammarKind::kJsonSchema, R"({"type":"array","uniqueItems":true})", "uniqueItems"},
      {GrammarKind::kJsonSchema, R"({"$ref":"http://a.example/b"})", "ref"},
      {GrammarKind::kJsonSchema, R"({"oneOf":[{"type":"integer"},{"type":"number"}]})", "anyOf"},
      {GrammarKind::kJsonSchema, R"({"type":"integer","minimum":3,"maximum":1})", ""},
      {GrammarKind::kJsonSchema, deep, ""},
      {GrammarKind::kJsonSchema, wide + "]}", ""},
      {GrammarKind::kJsonSchema, std::string(300 << 10, ' '), "262144"},
      {GrammarKind::kRegex, "(", ""},
      {GrammarKind::kRegex, "(?=a)b", ""},
      {GrammarKind::kRegex, "[^\\s\\S]", ""},
      {GrammarKind::kLark, "start: nothing", "nothing"},
      {GrammarKind::kLark, "", ""},
      {GrammarKind::kChoice, "[]", "choice"},
      {GrammarKind::kChoice, R"(["a",""])", "choice"},
      {GrammarKind::kChoice, R"(["a",1])", "JSON"},
  };
  for (const Case& c : cases) {
    const std::string says = Refusal(c.kind, c.text);
    EXPECT_NE(says.find(c.says), std::string::npos) << c.text.substr(0, 80) << "  " << says;
    EXPECT_FALSE(says.empty()) << c.text.substr(0, 80);
    EXPECT_EQ(says.find("panic"), std::string::npos) << c.text.substr(0, 80) << "  " << says;
  }
}

/// Refused when it is made or ended while it is followed, with words; or harmless.
TEST_F(GrammarTest, BombsEnd) {
  std::string stars, calls = "start: ", keys = R"({"type":"object","properties":{)";
  for (int i = 0; i < 400; ++i) stars += "(a|aa|aaa)*";
  for (int i = 0; i < 50000; ++i) calls += "a ";
  for (int i = 0; i < 5000; ++i) keys += fmt::format("{}\"p{}\":{{}}", i ? "," : "", i);
  const GrammarSpec bombs[] = {
      {GrammarKind::kRegex, "((((a{1,100}){1,100}){1,100}){1,100}){1,100}"},
      {GrammarKind::kRegex, stars + "b"},
      {GrammarKind::kRegex, "(.*a.{1,500}b){50}"},
      {GrammarKind::kLark, calls + "\na: \"x\""},
      {GrammarKind::kLark, "start: start start | start start start | \"a\" | \"b\" |"},
      {GrammarKind::kLark, "start: " + std::string(100000, '(')},
      {GrammarKind::kJsonSchema, keys + "}}"},
      {GrammarKind::kJsonSchema, R"({"type":"string","minLength":1000000000})"},
      {GrammarKind::kJsonSchema, R"({"type":"array","minItems":1000000000})"},
      {GrammarKind::kJsonSchema, R"({"$ref":"#"})"},
      {GrammarKind::kJsonSchema, R"({"allOf":[{"$ref":"#"}],"type":"object"})"},
      {GrammarKind::kJsonSchema, R"({"type":"array","items":{"$ref":"#"},"minItems":1})"},
  };
  for (const GrammarSpec& bomb : bombs) {
    SCOPED_TRACE(bomb.text.substr(0, 80));
    const auto grammar = compiler_->Compile(bomb);
    if (!grammar) {
      EXPECT_EQ(grammar.error().code, Code::kInvalidArgument);
      EXPECT_EQ(grammar.error().message.find("panic"), std::string::npos) << grammar.error().message;
      continue;
    }
    const auto walk = RandomWalk(**grammar, *tokenizer_, {1, 20, 100, vocab_, {end_}});
    if (walk) continue;
    EXPECT_EQ(walk.error().code, Code::kTooLarge) << walk.error().message;
    EXPECT_NE(walk.error().message.find("costs too much"), std::string::npos) << walk.error().message;
  }
}

TEST_F(GrammarTest, WhitespaceIsBounded) {
  for (const char* schema : {R"({"type":"object"})", R"({"type":"array","items":{"type":"integer"}})"}) {
    auto grammar = Make(GrammarKind::kJsonSchema, schema);
    ASSERT_TRUE(grammar->Accept(Ids(schema[9] == 'o' ? "{" : "[")[0]));
    const TokenId space = Ids("\n")[0];
    int taken = 0;
    while (taken < 1000 && grammar->Accept(space)) ++taken;
    EXPECT_EQ(taken, 64);
    EXPECT_FALSE(Has(Mask(*grammar), space));
  }
}

TEST_F(GrammarTest, WalksGiveWhatTheSchemaSays) {
  const char* schema =
      R"({"type":"object","properties":{"n":{"type":"integer"},"s":{"type":"string","maxLength":4},
          "l":{"type":"array","items":{"enum":["x","y"]}}},"required":["n","s","l"],"additionalProperties":false})";
  int finished = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    auto grammar = Make(GrammarKind::kJsonSchema, schema);
    const auto walk = RandomWalk(*grammar, *tokenizer_, {seed, 20, 300, vocab_, {end_}});
    ASSERT_TRUE(walk) << walk.error().message;
    if (!walk->finished) continue;
    ++finished;
    const std::string text = tokenizer_->Decode(walk->tokens, false);
    boost::json::error_code ec;
    const auto value = boost::json::parse(text, ec);
    ASSERT_FALSE(ec) << text;
    EXPECT_EQ(value.as_object().size(), 3u) << text;
    EXPECT_TRUE(value.as_object().at("s").is_string()) << text;
    EXPECT_TRUE(value.as_object().at("l").is_array()) << text;
  }
  EXPECT_GE(finished, 20);
}

TEST_F(GrammarTest, ForcesWhatHasNoChoiceAndFinishes) {
  auto grammar = Make(GrammarKind::kChoice, R"(["the answer"])");
  const auto forced = grammar->Forced();
  ASSERT_FALSE(forced.empty());
  EXPECT_EQ(std::string("the answer").substr(0, tokenizer_->Decode(forced, false).size()),
            tokenizer_->Decode(forced, false));
  auto clone = grammar->Clone();
  const auto all = Ids("the answer");
  EXPECT_EQ(grammar->Valid(all), all.size());
  EXPECT_EQ(grammar->Valid(Ids("the axe")), Ids("the a").size());
  for (const TokenId id : all) {
    EXPECT_FALSE(grammar->Finished());
    ASSERT_TRUE(grammar->Accept(id));
  }
  EXPECT_TRUE(grammar->Finished());
  EXPECT_TRUE(grammar->Forced().empty());
  const auto mask = Mask(*grammar);
  for (TokenId id = 0; id < vocab_; ++id) EXPECT_EQ(Has(mask, id), id == end_) << id;
  EXPECT_TRUE(grammar->Accept(end_));
  EXPECT_TRUE(grammar->Accept(end_));  // a model told to ignore it may go on
  EXPECT_FALSE(grammar->Accept(all[0]));
  EXPECT_FALSE(clone->Finished());
  EXPECT_EQ(clone->Forced(), forced);
}

TEST_F(GrammarTest, RefusedTokensLeaveTheState) {
  auto grammar = Make(GrammarKind::kRegex, "[ab]c");
  const auto before = Mask(*grammar);
  for (const TokenId id : {Ids("x")[0], end_, tokenizer_->Find("<|start|>"), vocab_ - 1, vocab_ + 7, -1}) {
    const Status status = grammar->Accept(id);
    ASSERT_FALSE(status) << id;
    EXPECT_EQ(status.error().code, Code::kInvalidArgument);
    EXPECT_EQ(grammar->Valid({{id}}), 0u) << id;
  }
  EXPECT_EQ(Mask(*grammar), before);
  EXPECT_FALSE(Has(before, tokenizer_->Find("<|start|>")));
  EXPECT_TRUE(grammar->Accept(Ids("a")[0]));
}

TEST_F(GrammarTest, ThinkingIsFree) {
  const TokenId begin = tokenizer_->Find("<think>"), close = Ids("z")[0], pause = Ids("\n")[0];
  const auto make = [&](Thinking thinking) {
    return AfterThinking(Make(GrammarKind::kRegex, "a+b"), {begin, close, pause, {end_}}, thinking);
  };
  const TokenId a = Ids("a")[0], b = Ids("b")[0], x = Ids("x")[0];

  auto begun = make(Thinking::kBegun);
  EXPECT_TRUE(Has(Mask(*begun), x));
  EXPECT_FALSE(Has(Mask(*begun), end_));
  EXPECT_FALSE(begun->Accept(end_));
  EXPECT_EQ(begun->Valid({{x, b, close, pause, a, b, end_}}), 7u);
  EXPECT_EQ(begun->Valid({{x, close, a, x}}), 3u);
  EXPECT_EQ(begun->Valid({{x, end_}}), 1u);
  for (const TokenId id : {x, b, close}) ASSERT_TRUE(begun->Accept(id));
  auto clone = begun->Clone();
  EXPECT_TRUE(Has(Mask(*begun), pause));
  EXPECT_FALSE(Has(Mask(*begun), x));
  for (const TokenId id : {pause, a, b}) ASSERT_TRUE(begun->Accept(id));
  EXPECT_TRUE(begun->Finished());
  ASSERT_TRUE(clone->Accept(a));  // the pause may be left out
  EXPECT_FALSE(clone->Accept(pause));
  EXPECT_FALSE(clone->Finished());

  auto may = make(Thinking::kMay);
  EXPECT_TRUE(Has(Mask(*may), begin));
  EXPECT_TRUE(Has(Mask(*may), a));
  EXPECT_FALSE(Has(Mask(*may), x));
  EXPECT_EQ(may->Valid({{begin, x, close, a}}), 4u);
  EXPECT_EQ(may->Valid({{x}}), 0u);
  auto thinks = may->Clone();
  ASSERT_TRUE(thinks->Accept(begin));
  EXPECT_TRUE(Has(Mask(*thinks), x));
  ASSERT_TRUE(may->Accept(a));
  EXPECT_FALSE(Has(Mask(*may), begin));
}

TEST_F(GrammarTest, NeedsAnEndToken) {
  EXPECT_FALSE(GrammarCompiler::Create(tokenizer_, {}, vocab_));
  EXPECT_FALSE(GrammarCompiler::Create(tokenizer_, {-1, vocab_}, vocab_));
}

}  // namespace
}  // namespace yun
