#include "api/dashscope/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace yun::api::dashscope {
namespace {

using testing::ElementsAre;

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
  }
}

std::string Body(const std::string& input, const std::string& parameters = "{}") {
  return R"({"model":"m","input":)" + input + R"(,"parameters":)" + parameters + "}";
}

TEST(TextEmbedding, IsReadAsTheSdkWritesIt) {
  const std::string parameters = R"({"text_type":"query","dimension":64,"output_type":"dense","instruct":"I","x":1})";
  const auto got = ParseTextEmbedding(Body(R"({"texts":["a","b"]})", parameters));
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->model, "m");
  EXPECT_THAT(got->inputs, ElementsAre(Prompt("a"), Prompt("b")));
  EXPECT_EQ(got->dimensions, 64u);
  EXPECT_EQ(got->text_type, TextType::kQuery);
  EXPECT_EQ(got->instruct, "I");
  const auto one = ParseTextEmbedding(R"({"model":"m","input":{"texts":"a"}})");
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_EQ(one->text_type, TextType::kDocument) << "the hosted service's default";
  const std::string many = R"({"texts":["1","2","3","4","5","6","7","8","9","10","11"]})";
  ExpectNamed({{"{", "", "invalid_json"},
               {R"({"input":{"texts":"a"}})", "model", "missing_required_parameter"},
               {R"({"model":"m"})", "input", "missing_required_parameter"},
               {R"({"model":"m","input":"a"})", "input", "invalid_type"},
               {R"({"model":"m","input":{"texts":"a"},"parameters":[]})", "parameters", "invalid_type"},
               {Body("{}"), "texts", "missing_required_parameter"},
               {Body(R"({"texts":[]})"), "texts", "invalid_value"},
               {Body(many), "texts", "invalid_value"},
               {Body(R"({"texts":["a",7]})"), "texts[1]", "invalid_type"},
               {Body(R"({"texts":""})"), "texts", "invalid_value"},
               {Body(R"({"texts":{}})"), "texts", "invalid_type"},
               {Body(R"({"texts":"a"})", R"({"dimension":0})"), "dimension", "invalid_value"},
               {Body(R"({"texts":"a"})", R"({"output_type":"sparse"})"), "output_type", "unsupported_value"},
               {Body(R"({"texts":"a"})", R"({"text_type":"poem"})"), "text_type", "unsupported_value"},
               {Body(R"({"texts":"a"})", R"({"instruct":[]})"), "instruct", "invalid_type"}},
              ParseTextEmbedding);
}

TEST(TextRerank, IsReadAsTheSdkWritesIt) {
  const auto got = ParseTextRerank(
      Body(R"({"query":"q","documents":["a","b"]})", R"({"top_n":1,"return_documents":true,"instruct":"I"})"));
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->query, "q");
  EXPECT_THAT(got->documents, ElementsAre("a", "b"));
  EXPECT_EQ(got->top_n, 1u);
  EXPECT_TRUE(got->return_documents);
  EXPECT_EQ(got->document_tokens_max, kDocumentTokensMax);
  EXPECT_EQ(got->tokens_max, kRankingTokensMax);
  std::string many = R"({"query":"q","documents":["a")";
  for (std::size_t i = 0; i < kDocumentsMax; ++i) many += R"(,"a")";
  ExpectNamed({{Body(R"({"documents":["a"]})"), "query", "missing_required_parameter"},
               {Body(R"({"query":"","documents":["a"]})"), "query", "invalid_value"},
               {Body(R"({"query":"q"})"), "documents", "missing_required_parameter"},
               {Body(R"({"query":"q","documents":"a"})"), "documents", "invalid_type"},
               {Body(R"({"query":"q","documents":[]})"), "documents", "invalid_value"},
               {Body(many + "]}"), "documents", "invalid_value"},
               {Body(R"({"query":"q","documents":["a"]})", R"({"top_n":0})"), "top_n", "invalid_value"},
               {Body(R"({"query":"q","documents":["a"]})", R"({"return_documents":1})"), "return_documents",
                "invalid_type"}},
              ParseTextRerank);
}

TEST(TokenizerRequest, PromptOrMessages) {
  const auto prompt = ParseTokenizer(Body(R"({"prompt":"hi"})"));
  ASSERT_TRUE(prompt) << prompt.error().message;
  EXPECT_EQ(prompt->text, "hi");
  const auto chat = ParseTokenizer(Body(R"({"messages":[{"role":"user","content":[{"text":"a"},{"text":"b"}]}]})"));
  ASSERT_TRUE(chat) << chat.error().message;
  EXPECT_EQ(chat->chat->messages.at(0).at("content"), "a\nb");
  ExpectNamed({{Body("{}"), "prompt", "missing_required_parameter"},
               {Body(R"({"prompt":[]})"), "prompt", "invalid_type"},
               {Body(R"({"messages":[]})"), "messages", "invalid_value"},
               {Body(R"({"messages":[{"role":"x","content":""}]})"), "messages[0].role", "invalid_value"}},
              ParseTokenizer);
}

TEST(DashScopeValues, Bodies) {
  const ValuesHead head{"r", 7, "m", 12};
  const std::string end = R"(]},"usage":{"total_tokens":12,"input_tokens":12},"request_id":"r"})";
  EXPECT_EQ(WriteTextEmbedding(head, {{0.5f}, {-1}}),
            R"({"output":{"embeddings":[{"text_index":0,"embedding":[0.5]},{"text_index":1,"embedding":[-1]})" + end);
  const std::vector<std::string> documents = {"a", "b"};
  EXPECT_EQ(WriteTextRerank(head, {{1, 0.75}, {0, 0.5}}, &documents),
            R"({"output":{"results":[{"document":{"text":"b"},"index":1,"relevance_score":0.75},)"
            R"({"document":{"text":"a"},"index":0,"relevance_score":0.5})" + end);
  EXPECT_EQ(WriteTextRerank(head, {{1, 0.75}}, nullptr),
            R"({"output":{"results":[{"index":1,"relevance_score":0.75})" + end);
  EXPECT_EQ(WriteTokenizer({{1, 2}, {"a", "\""}, 100}, "r"),
            R"({"output":{"token_ids":[1,2],"tokens":["a","\""]},"usage":{"input_tokens":2},"request_id":"r"})");
}

}  // namespace
}  // namespace yun::api::dashscope
