#include "api/openai/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace yun::api::openai {
namespace {

namespace json = boost::json;
using testing::ElementsAre;

std::string Repeated(std::string_view item, std::size_t count) {
  std::string out = "[";
  for (std::size_t i = 0; i < count; ++i) out += (i ? "," : "") + std::string(item);
  return out + "]";
}

struct Bad {
  std::string body, param, code;
};

template <class Parse>
void ExpectNamed(const std::vector<Bad>& cases, Parse parse) {
  for (const Bad& c : cases) {
    const auto got = parse(c.body);
    ASSERT_FALSE(got) << c.body.substr(0, 200);
    EXPECT_EQ(got.error().status, 400) << c.body.substr(0, 200);
    EXPECT_EQ(got.error().param, c.param) << c.body.substr(0, 200);
    EXPECT_EQ(got.error().code, c.code) << c.body.substr(0, 200) << got.error().message;
    EXPECT_NE(got.error().message.find(c.param), std::string::npos) << got.error().message;
  }
}

TEST(ParseEmbedding, TakesTextsAndIds) {
  const auto one = ParseEmbeddingRequest(R"({"model":"m","input":"hi"})");
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_THAT(one->inputs, ElementsAre(Prompt("hi")));
  EXPECT_FALSE(one->base64);
  EXPECT_EQ(one->dimensions, 0u);
  const auto many = ParseEmbeddingRequest(
      R"({"model":"m","input":["a",[1,2],"b"],"dimensions":64,"encoding_format":"base64","text_type":"query",)"
      R"("instruct":"Find it","priority":3,"service_tier":"flex","timeout":2.5,"user":null})");
  ASSERT_TRUE(many) << many.error().message;
  EXPECT_THAT(many->inputs, ElementsAre(Prompt("a"), Prompt(std::vector<std::int32_t>{1, 2}), Prompt("b")));
  EXPECT_EQ(many->dimensions, 64u);
  EXPECT_TRUE(many->base64 && many->idle);
  EXPECT_EQ(many->text_type, TextType::kQuery);
  EXPECT_EQ(many->instruct, "Find it");
  EXPECT_EQ(many->priority, 3);
  EXPECT_EQ(many->timeout_s, 2.5);
  const auto ids = ParseEmbeddingRequest(R"({"model":"m","input":[5,6]})");
  ASSERT_TRUE(ids) << ids.error().message;
  EXPECT_THAT(ids->inputs, ElementsAre(Prompt(std::vector<std::int32_t>{5, 6})));
  EXPECT_TRUE(ParseEmbeddingRequest(R"({"model":"m","input":)" + Repeated("\"a\"", kEmbeddingInputsMax) + "}"));
}

TEST(ParseEmbedding, NamesTheFieldAtFault) {
  const auto with = [](const std::string& more) { return R"({"model":"m",)" + more + "}"; };
  ExpectNamed({{"{", "", "invalid_json"},
               {R"({"input":"a"})", "model", "missing_required_parameter"},
               {R"({"model":"","input":"a"})", "model", "invalid_value"},
               {R"({"model":"m"})", "input", "missing_required_parameter"},
               {with(R"("input":null)"), "input", "missing_required_parameter"},
               {with(R"("input":5)"), "input", "invalid_type"},
               {with(R"("input":"")"), "input", "invalid_value"},
               {with(R"("input":[])"), "input", "invalid_value"},
               {with(R"("input":[[]])"), "input[0]", "invalid_value"},
               {with(R"("input":["a",""])"), "input[1]", "invalid_value"},
               {with(R"("input":["a",{"text":"b"}])"), "input[1]", "invalid_type"},
               {with(R"("input":[[1,"2"]])"), "input[0]", "invalid_type"},
               {with(R"("input":[1,-2])"), "input", "invalid_value"},
               {with(R"("input":[1.5])"), "input", "invalid_type"},
               {with(R"("input":[99999999999])"), "input", "invalid_value"},
               {with(R"("input":)" + Repeated("\"a\"", kEmbeddingInputsMax + 1)), "input", "invalid_value"},
               {with(R"("input":"a","dimensions":0)"), "dimensions", "invalid_value"},
               {with(R"("input":"a","dimensions":"64")"), "dimensions", "invalid_type"},
               {with(R"("input":"a","encoding_format":"hex")"), "encoding_format", "unsupported_value"},
               {with(R"("input":"a","text_type":"poem")"), "text_type", "unsupported_value"},
               {with(R"("input":"a","instruct":7)"), "instruct", "invalid_type"},
               {with(R"("input":"a","priority":-1)"), "priority", "invalid_value"},
               {with(R"("input":"a","timeout":0)"), "timeout", "invalid_value"},
               {with(R"("input":"a","inputs":"b")"), "inputs", "unknown_parameter"}},
              ParseEmbeddingRequest);
}

TEST(ParseRerank, BothForms) {
  const std::string body = R"({"model":"m","query":"q","documents":["a",{"text":"b"}],"top_n":1,"instruct":"I"})";
  const auto open = ParseRerankRequest(body, RerankForm::kOpen);
  ASSERT_TRUE(open) << open.error().message;
  EXPECT_EQ(open->query, "q");
  EXPECT_THAT(open->documents, ElementsAre("a", "b"));
  EXPECT_EQ(open->top_n, 1u);
  EXPECT_TRUE(open->return_documents);
  EXPECT_EQ(open->instruct, "I");
  EXPECT_EQ(open->document_tokens_max, 0u);
  const auto hosted = ParseRerankRequest(body, RerankForm::kHosted);
  ASSERT_TRUE(hosted);
  EXPECT_FALSE(hosted->return_documents);
  EXPECT_EQ(hosted->document_tokens_max, kDocumentTokensMax);
  EXPECT_EQ(hosted->tokens_max, kRankingTokensMax);
}

TEST(ParseRerank, NamesTheFieldAtFault) {
  const auto with = [](const std::string& more) { return R"({"model":"m",)" + more + "}"; };
  ExpectNamed({{with(R"("documents":["a"])"), "query", "missing_required_parameter"},
               {with(R"("query":"","documents":["a"])"), "query", "invalid_value"},
               {with(R"("query":["q"],"documents":["a"])"), "query", "invalid_type"},
               {with(R"("query":"q")"), "documents", "missing_required_parameter"},
               {with(R"("query":"q","documents":"a")"), "documents", "invalid_type"},
               {with(R"("query":"q","documents":[])"), "documents", "invalid_value"},
               {with(R"("query":"q","documents":["a",7])"), "documents[1]", "invalid_type"},
               {with(R"("query":"q","documents":["a",{"txt":"b"}])"), "documents[1]", "missing_required_parameter"},
               {with(R"("query":"q","documents":)" + Repeated("\"a\"", kDocumentsMax + 1)), "documents",
                "invalid_value"},
               {with(R"("query":"q","documents":["a"],"top_n":-1)"), "top_n", "invalid_value"},
               {with(R"("query":"q","documents":["a"],"return_documents":"no")"), "return_documents", "invalid_type"},
               {with(R"("query":"q","documents":["a"],"k":3)"), "k", "unknown_parameter"}},
              [](const std::string& body) { return ParseRerankRequest(body, RerankForm::kOpen); });
}

TEST(ParseScore, OneToManyAndPairs) {
  for (const char* body : {R"({"model":"m","text_1":"q","text_2":["a","b"]})",
                           R"({"model":"m","data_1":["q","q"],"data_2":["a","b"]})",
                           R"({"model":"m","queries":["q"],"documents":["a",{"text":"b"}]})"}) {
    const auto got = ParseScoreRequest(body);
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_THAT(got->pairs, ElementsAre(testing::Pair("q", "a"), testing::Pair("q", "b")));
  }
  const auto with = [](const std::string& more) { return R"({"model":"m",)" + more + "}"; };
  ExpectNamed({{with(R"("text_2":"a")"), "text_1", "missing_required_parameter"},
               {with(R"("text_1":"a")"), "text_2", "missing_required_parameter"},
               {with(R"("text_1":"a","data_2":"b")"), "data_1", "invalid_value"},
               {with(R"("text_1":["a","b"],"text_2":"c")"), "text_1", "invalid_value"},
               {with(R"("text_1":[],"text_2":"c")"), "text_1", "invalid_value"},
               {with(R"("text_1":"a","text_2":["",""])"), "text_2[0]", "invalid_value"}},
              ParseScoreRequest);
}

TEST(ParseTokenize, TextOrMessages) {
  const auto text = ParseTokenizeRequest(R"({"prompt":"hi","return_token_strs":true})");
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(text->text, "hi");
  EXPECT_TRUE(text->add_special_tokens && text->return_token_strings && !text->chat);
  const auto chat = ParseTokenizeRequest(
      R"({"model":"m","messages":[{"role":"user","content":"hi"}],"enable_thinking":false,)"
      R"("add_generation_prompt":false})");
  ASSERT_TRUE(chat) << chat.error().message;
  ASSERT_TRUE(chat->chat);
  EXPECT_EQ(chat->chat->messages.size(), 1u);
  EXPECT_EQ(chat->chat->template_variables.at("enable_thinking"), false);
  EXPECT_FALSE(chat->add_special_tokens || chat->add_generation_prompt);
  ExpectNamed({{"{}", "prompt", "missing_required_parameter"},
               {R"({"prompt":"a","messages":[]})", "prompt", "invalid_value"},
               {R"({"prompt":["a"]})", "prompt", "invalid_type"},
               {R"({"messages":[]})", "messages", "invalid_value"},
               {R"({"messages":[{"role":"robot","content":""}]})", "messages[0].role", "invalid_value"},
               {R"({"prompt":"a","add_special_tokens":1})", "add_special_tokens", "invalid_type"},
               {R"({"prompt":"a","continue_final_message":true})", "continue_final_message", "unsupported_value"}},
              ParseTokenizeRequest);
  const auto ids = ParseDetokenizeRequest(R"({"model":"m","tokens":[1,2]})");
  ASSERT_TRUE(ids);
  EXPECT_THAT(ids->tokens, ElementsAre(1, 2));
  ExpectNamed({{"{}", "tokens", "missing_required_parameter"},
               {R"({"tokens":"a"})", "tokens", "invalid_type"},
               {R"({"tokens":[-1]})", "tokens", "invalid_value"}},
              ParseDetokenizeRequest);
}

TEST(WriteValues, Bodies) {
  const ValuesHead head{"id-1", 7, "m\"", 12};
  const std::string usage = R"("usage":{"prompt_tokens":12,"total_tokens":12})";
  EXPECT_EQ(WriteEmbeddings(head, {{0.25f, -1.5f, 0.1f}, {1e-7f}}, false),
            R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.25,-1.5,0.1]},)"
            R"({"object":"embedding","index":1,"embedding":[1e-07]}],"model":"m\"",)" + usage + R"(,"id":"id-1"})");
  EXPECT_EQ(WriteRanking(head, {{1, 0.75}, {0, 0.5}}, nullptr),
            R"({"id":"id-1","object":"list","model":"m\"","results":[{"index":1,"relevance_score":0.75},)"
            R"({"index":0,"relevance_score":0.5}],)" + usage + "}");
  const std::vector<std::string> documents = {"a", "b\n"};
  EXPECT_EQ(json::parse(WriteRanking(head, {{1, 0.75}}, &documents)).at_pointer("/results/0/document/text"), "b\n");
  EXPECT_EQ(WriteScores(head, {0.5}), R"({"id":"id-1","object":"list","created":7,"model":"m\"","data":[)"
                                      R"({"index":0,"object":"score","score":0.5}],)" + usage + "}");
  EXPECT_EQ(WriteTokens({{1, 2}, {}, 100}),
            R"({"count":2,"max_model_len":100,"tokens":[1,2],"token_strs":null})");
  EXPECT_EQ(WriteTokens({{1}, {"a\""}, 100}),
            R"({"count":1,"max_model_len":100,"tokens":[1],"token_strs":["a\""]})");
  EXPECT_EQ(WriteTokens({{}, {}, 100}), R"({"count":0,"max_model_len":100,"tokens":[],"token_strs":null})");
  EXPECT_EQ(WriteText("a\"b"), R"({"prompt":"a\"b"})");
}

TEST(WriteValues, Base64IsLittleEndianFloat32) {
  const struct {
    std::vector<float> values;
    std::string text;
  } cases[] = {
      // struct.pack("<f", ...) and base64.b64encode of Python
      {{}, ""},
      {{1.f}, "AACAPw=="},
      {{1.f, -2.f}, "AACAPwAAAMA="},
      {{0.1f, 0.2f, 0.3f}, "zczMPc3MTD6amZk+"},
  };
  for (const auto& c : cases) {
    std::string out;
    AppendBase64(out, c.values);
    EXPECT_EQ(out, c.text);
  }
}

}  // namespace
}  // namespace yun::api::openai
