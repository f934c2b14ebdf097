#include "text/tokenizer/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <thread>

#include "text/tokenizer/byte_level.h"
#include "text/tokenizer/tiny_tokenizer.h"
#include "text/unicode/nfc.h"
#include "text/unicode/utf8.h"

namespace yun {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
namespace dom = simdjson::dom;

std::string FromHex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return out;
}

/// tests/tokenizer/data/golden.json: what the reference library says of one small model, dressed in several ways.
class Golden : public testing::Test {
 protected:
  void SetUp() override {
    const auto error = parser_.load(std::string(YUN_SOURCE_DIR) + "/tests/tokenizer/data/golden.json").get(root_);
    ASSERT_FALSE(error) << simdjson::error_message(error);
  }
  /// A variant's whole tokenizer.json; with `string_merges` in the older form "a b".
  std::string File(const dom::element& variant, bool string_merges) {
    std::string model =
        "{\"type\":\"BPE\",\"vocab\":" + simdjson::minify(root_["model"]["vocab"].value()) + ",\"merges\":[";
    bool first = true;
    for (const dom::element merge : dom::array(root_["model"]["merges"])) {
      if (!first) model += ',';
      first = false;
      const std::string left = simdjson::minify(merge.at(0).value()), right = simdjson::minify(merge.at(1).value());
      model += string_merges ? left.substr(0, left.size() - 1) + " " + right.substr(1) : "[" + left + "," + right + "]";
    }
    model += "]";
    for (const auto [key, value] : dom::object(variant["options"])) {
      model += ",\"" + std::string(key) + "\":" + simdjson::minify(value);
    }
    std::string rest = simdjson::minify(variant["tokenizer"].value());
    return rest.substr(0, rest.size() - 1) + ",\"model\":" + model + "}}";
  }
  std::string Input(std::size_t i) {
    const dom::element input = dom::array(root_["inputs"]).at(i);
    std::string_view text;
    if (!input["text"].get(text)) return std::string(text);
    return FromHex(input["hex"].get_string().value());
  }

  dom::parser parser_;
  dom::element root_;
};

TEST_F(Golden, IdsAndTextEqualTheReference) {
  for (const dom::element variant : dom::array(root_["variants"])) {
    const std::string name(variant["name"].get_string().value());
    for (const bool string_merges : {false, true}) {
      const auto tokenizer = Tokenizer::FromJson(File(variant, string_merges), "");
      ASSERT_TRUE(tokenizer) << name << ": " << tokenizer.error().message;
      std::size_t i = 0;
      for (const dom::element row : dom::array(variant["ids"])) {
        std::vector<TokenId> expected;
        for (const dom::element id : dom::array(row)) expected.push_back(static_cast<TokenId>(std::int64_t(id)));
        const std::string text = Input(i);
        EXPECT_EQ((*tokenizer)->Encode(text, true), expected) << name << ": " << text;
        std::string_view decoded;
        if (dom::array all; !variant["decoded"].get(all) && !all.at(i).get(decoded)) {
          EXPECT_EQ((*tokenizer)->Decode(expected, true), decoded) << name;
        }
        ++i;
      }
      EXPECT_GT(i, 60u);
    }
  }
}

TEST(Encode, ContentIsNotParsedForTokens) {
  const auto tokenizer = TinyTokenizer();
  const TokenId end = tokenizer->Find("<|end|>");
  ASSERT_GE(end, 0);
  EXPECT_TRUE(tokenizer->IsSpecial(end));
  EXPECT_EQ(tokenizer->Bytes(end), "<|end|>");
  EXPECT_THAT(tokenizer->Encode("<|end|>", true), ElementsAre(end));
  const auto plain = tokenizer->Encode("<|end|>", false);
  EXPECT_GT(plain.size(), 1u);
  EXPECT_EQ(tokenizer->Decode(plain, true), "<|end|>");
  EXPECT_EQ(tokenizer->Decode(std::vector<TokenId>{end}, true), "");
  EXPECT_EQ(tokenizer->Decode(std::vector<TokenId>{end}, false), "<|end|>");
}

// With ignore_merges a piece that is a token as it stands is taken whole; a special token must not be reached so.
TEST(Encode, NoTokenIsReadAcrossASeam) {
  const auto tokenizer = TinyTokenizer();
  const TokenId end = tokenizer->Find("<|end|>"), think = tokenizer->Find("<think>");
  const auto joined = [&](std::string_view before, std::vector<TokenId> after) {
    auto ids = tokenizer->Encode(before, false);
    ids.insert(ids.end(), after.begin(), after.end());
    return ids;
  };
  const std::size_t within[] = {1, 9}, beside[] = {0, 7, 14};
  EXPECT_EQ(tokenizer->Encode("<|end|><|end|>", true, within), tokenizer->Encode("<|end|><|end|>", false));
  EXPECT_THAT(tokenizer->Encode("<|end|><|end|>", true, beside), ElementsAre(end, end));
  EXPECT_EQ(tokenizer->Encode("<|end|><think>", true, std::span(within, 1)), joined("<|end|>", {think}));
  // In broken text nothing is where the seams say.
  EXPECT_EQ(tokenizer->Encode("\xFF<|end|>", true, beside), tokenizer->Encode("\xFF<|end|>", false));

  // A token that is looked for after normalisation, which makes e and an accent one letter.
  std::string json = TinyJson();
  const std::string_view kPlain = "\"special\":true,\"normalized\":false";
  const std::size_t at = json.find(kPlain, json.find("<|end|>"));
  ASSERT_NE(at, std::string::npos);
  json.replace(at, kPlain.size(), "\"special\":true,\"normalized\":true");
  const auto normalized = *Tokenizer::FromJson(json, "{}");
  const std::string text = "e\xCC\x81<|end|>e\xCC\x81<|end|>";
  const std::size_t first[] = {4}, second[] = {14};
  const auto ids = [&](std::span<const std::size_t> seams) { return normalized->Encode(text, true, seams); };
  const auto letter = normalized->Encode("\xC3\xA9", false), spelt = normalized->Encode("\xC3\xA9<|end|>", false);
  std::vector<TokenId> want_second = letter;
  want_second.push_back(end);
  want_second.insert(want_second.end(), spelt.begin(), spelt.end());
  EXPECT_EQ(ids(second), want_second);
  std::vector<TokenId> want_first = normalized->Encode("\xC3\xA9<|end|>\xC3\xA9", false);
  want_first.push_back(end);
  EXPECT_EQ(ids(first), want_first);
  EXPECT_EQ(std::ranges::count(ids({}), end), 2);
}

TEST(Encode, IgnoreMergesDoesNotReachSpecialTokens) {
  for (const int type : {1, 3, 4}) {
    GgufVocabulary vocabulary = TinyVocabulary("llama3");
    vocabulary.tokens.push_back("secret");
    vocabulary.token_types.push_back(type);
    const auto id = static_cast<TokenId>(vocabulary.tokens.size() - 1);
    const auto tokenizer = Tokenizer::FromGguf(std::move(vocabulary));
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_THAT((*tokenizer)->Encode("secret", true), ElementsAre(id));
    EXPECT_EQ((*tokenizer)->Encode("secret", false) == std::vector<TokenId>{id}, type == 1) << type;
  }
}

TEST(Encode, IdsOutOfRange) {
  const auto tokenizer = TinyTokenizer();
  for (const TokenId id : {-1, -2147483647, tokenizer->size(), 2147483647}) {
    EXPECT_EQ(tokenizer->Bytes(id), "");
    EXPECT_FALSE(tokenizer->IsSpecial(id));
    EXPECT_EQ(tokenizer->Decode(std::vector<TokenId>{id}, false), "");
  }
  EXPECT_EQ(tokenizer->Find("no such token"), -1);
  EXPECT_EQ(tokenizer->Find(""), -1);
}

TEST(Encode, DecodeGivesTheTextBack) {
  std::mt19937 random(11);
  const std::string_view kPieces[] = {"the",
                                      " then",
                                      "  ",
                                      "\n",
                                      "123",
                                      "\xE4\xBD\xA0\xE5\xA5\xBD",
                                      "\xF0\x9F\x91\xA9\xE2\x80\x8D",
                                      "e\xCC\x81",
                                      "'s",
                                      "<|end|>",
                                      "<|",
                                      "\xFF",
                                      "\xE4\xBD",
                                      "x",
                                      "!",
                                      "\xC2\xA0"};
  for (const char* pre : {"qwen2", "qwen35", "smollm", "gpt-2", "llama3"}) {
    const auto tokenizer = TinyTokenizer(pre);
    const bool nfc = std::string_view(pre).starts_with("qwen");
    for (int round = 0; round < 300; ++round) {
      std::string text;
      for (int i = 0; i < 20; ++i) text += kPieces[random() % std::size(kPieces)];
      const std::string whole = unicode::ReplaceInvalid(text);
      for (const bool parse : {false, true}) {
        ASSERT_EQ(tokenizer->Decode(tokenizer->Encode(text, parse), false), nfc ? unicode::Nfc(whole) : whole);
      }
    }
  }
}

// Each of these is quadratic for a tokenizer that is not careful: hours, not seconds.
TEST(Encode, HostileTextStaysNearLinear) {
  constexpr std::size_t kBytes = 1'000'000;
  std::string marks = "a", mixed;
  while (marks.size() < kBytes) marks += "\xCC\xA3\xCC\x81";
  while (mixed.size() < kBytes) mixed += "theinth";
  const std::string texts[] = {std::string(kBytes, 'a'),
                               std::string(kBytes, ' '),
                               std::string(kBytes, '\n'),
                               std::string(kBytes, '<'),
                               std::string(kBytes, '\''),
                               std::string(kBytes, '\xFF'),
                               std::string(kBytes, '7'),
                               marks,
                               mixed};
  const auto start = std::chrono::steady_clock::now();
  for (const char* pre : {"qwen2", "smollm", "llama3"}) {
    const auto tokenizer = TinyTokenizer(pre);
    for (const std::string& text : texts) EXPECT_FALSE(tokenizer->Encode(text, true).empty());
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(240));
}

TEST(Encode, FromManyThreads) {
  const std::string text = "the then in there 123 <|end|> \xE4\xBD\xA0 it's\n\n  the end";
  std::vector<std::unique_ptr<Tokenizer>> tokenizers;
  std::vector<std::vector<TokenId>> expected;
  // More tokenizers than a thread keeps caches for: each in turn throws another's out.
  for (const char* pre : {"qwen2", "smollm", "gpt-2", "llama3", "qwen2", "smollm"}) {
    tokenizers.push_back(TinyTokenizer(pre));
    expected.push_back(tokenizers.back()->Encode(text, true));
  }
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (std::size_t i = 0; i < 120; ++i) {
        const std::size_t k = (i < 60 ? i : i / 10) % tokenizers.size();
        wrong += tokenizers[k]->Encode(text, true) != expected[k];
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Gguf, SaysWhatIsWrong) {
  const struct {
    void (*change)(GgufVocabulary&);
    Code code;
    const char* says;
  } kCases[] = {
      {[](GgufVocabulary& v) { v.model = "llama"; }, Code::kUnsupported, "tokenizer.ggml.model is \"llama\""},
      {[](GgufVocabulary& v) { v.pre = "tekken"; }, Code::kUnsupported, "tokenizer.ggml.pre is \"tekken\""},
      {[](GgufVocabulary& v) { v.tokens.clear(); }, Code::kCorrupt, "tokens is empty"},
      {[](GgufVocabulary& v) { v.token_types.pop_back(); }, Code::kCorrupt, "token_type has"},
      {[](GgufVocabulary& v) { v.tokens[3] = "\xFF"; }, Code::kCorrupt, "tokens[3] is not valid UTF-8"},
      {[](GgufVocabulary& v) { v.tokens[3] = std::string(100'000, 'x'); }, Code::kTooLarge, "token 3 has 100000 bytes"},
      {[](GgufVocabulary& v) { v.merges[1] = "th"; }, Code::kCorrupt, "merges[1]"},
      {[](GgufVocabulary& v) { v.merges[1] = "q z"; }, Code::kCorrupt, "merges[1]: \"q\" and \"z\""},
      {[](GgufVocabulary& v) { v.merges.push_back(""); }, Code::kCorrupt, "is not two tokens"},
  };
  for (const auto& c : kCases) {
    GgufVocabulary vocabulary = TinyVocabulary("qwen2");
    c.change(vocabulary);
    const auto tokenizer = Tokenizer::FromGguf(std::move(vocabulary));
    ASSERT_FALSE(tokenizer) << c.says;
    EXPECT_EQ(tokenizer.error().code, c.code) << tokenizer.error().message;
    EXPECT_THAT(tokenizer.error().message, HasSubstr(c.says));
  }
}

TEST(Gguf, SpecialIds) {
  GgufVocabulary vocabulary = TinyVocabulary("smollm");
  vocabulary.bos_id = 1;
  vocabulary.eos_id = 1'000'000;
  vocabulary.add_bos = true;
  const auto tokenizer = Tokenizer::FromGguf(std::move(vocabulary));
  ASSERT_TRUE(tokenizer);
  EXPECT_EQ((*tokenizer)->bos_id(), 1);
  EXPECT_EQ((*tokenizer)->eos_id(), -1);
  EXPECT_TRUE((*tokenizer)->add_bos());
}

TEST(Json, SaysWhatIsWrong) {
  const std::string good = TinyJson();
  ASSERT_TRUE(Tokenizer::FromJson(good, ""));
  const struct {
    const char *from, *to;
    Code code;
    const char* says;
  } kCases[] = {
      {"{\"version\"", "{\"version", Code::kCorrupt, "not valid JSON"},
      {"\"model\":", "\"modle\":", Code::kCorrupt, "no object \"model\""},
      {"\"BPE\"", "\"Unigram\"", Code::kUnsupported, "model.type is \"Unigram\""},
      {"{\"type\":\"NFC\"}", "{\"type\":\"Lowercase\"}", Code::kUnsupported, "normalizer is of type \"Lowercase\""},
      {"{\"type\":\"NFC\"}", "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFC\"},{\"type\":\"NFKC\"}]}",
       Code::kUnsupported, "normalizer.normalizers[1] is of type \"NFKC\""},
      {"\"Isolated\"", "\"Removed\"", Code::kUnsupported,
       "pre_tokenizer.pretokenizers[0]: Split with behavior \"Removed\""},
      {"\"Split\"", "\"Metaspace\"", Code::kUnsupported, "of type \"Metaspace\""},
      {"\"Regex\":\"", "\"Regex\":\"(", Code::kUnsupported, "pre-tokenizer pattern, character"},
      {"\"Regex\":\"", "\"Rex\":\"", Code::kCorrupt, "neither Regex nor String"},
      {"\"use_regex\":false", "\"use_regex\":0", Code::kCorrupt, "use_regex is not true or false"},
      {"\"type\":\"ByteLevel\"", "\"type\":\"Digits\"", Code::kUnsupported, "no ByteLevel step"},
      {"\"merges\":[", "\"merges\":[\"th\",", Code::kCorrupt, "model.merges[0]: \"th\""},
      {"\"merges\":[", "\"merges\":[[\"t\"],", Code::kCorrupt, "model.merges[0] is neither"},
      {"\"merges\":[", "\"merges\":[[\"q\",\"z\"],", Code::kCorrupt, "model.merges[0]: \"q\" and \"z\""},
      {"\"merges\":[", "\"merges\":[7,", Code::kCorrupt, "model.merges[0] is neither"},
      {"\"vocab\":{", "\"vocab\":{\"a2\":1.5,", Code::kCorrupt, "the id of \"a2\" is no integer"},
      {"\"vocab\":{", "\"vocab\":{\"a2\":-4,", Code::kCorrupt, "token id -4 is outside"},
      {"\"vocab\":{", "\"vocab\":{\"a2\":99999999999,", Code::kCorrupt, "token id 99999999999 is outside"},
      {"\"vocab\":{", "\"vocab\":{\"a2\":0,", Code::kCorrupt, "token id 0 is given to two tokens"},
      {"\"vocab\":{", "\"unk_token\":[],\"vocab\":{", Code::kCorrupt, "model.unk_token"},
      {"\"vocab\":{", "\"byte_fallback\":true,\"vocab\":{", Code::kUnsupported, "byte_fallback"},
      {"\"vocab\":{", "\"end_of_word_suffix\":\"</w>\",\"vocab\":{", Code::kUnsupported, "model.end_of_word_suffix"},
      {"\"vocab\":{", "\"dropout\":0.1,\"vocab\":{", Code::kUnsupported, "model.dropout"},
      {"\"added_tokens\":[", "\"added_tokens\":[{\"id\":0,\"content\":\"new\"},", Code::kCorrupt,
       "added_tokens[0]: token id 0 is given to two tokens"},
      {"\"added_tokens\":[", "\"added_tokens\":[{\"id\":9999,\"content\":\"\"},", Code::kCorrupt,
       "content has 0 bytes"},
      {"\"added_tokens\":[", "\"added_tokens\":[5,", Code::kCorrupt, "added_tokens[0] lacks"},
      {"\"decoder\":null", "\"decoder\":{\"type\":\"WordPiece\"}", Code::kUnsupported,
       "decoder is of type \"WordPiece\""},
  };
  for (const auto& c : kCases) {
    std::string text = good;
    const std::size_t at = text.find(c.from);
    ASSERT_NE(at, std::string::npos) << c.from;
    text.replace(at, std::string_view(c.from).size(), c.to);
    const auto tokenizer = Tokenizer::FromJson(text, "");
    ASSERT_FALSE(tokenizer) << c.to;
    EXPECT_EQ(tokenizer.error().code, c.code) << tokenizer.error().message;
    EXPECT_THAT(tokenizer.error().message, HasSubstr(c.says));
    EXPECT_THAT(tokenizer.error().message, HasSubstr("tokenizer.json"));
  }
}

TEST(Json, DeepAndLong) {
  std::string nested = "{\"type\":\"NFC\"}";
  for (int i = 0; i < 200; ++i) nested = "{\"type\":\"Sequence\",\"normalizers\":[" + nested + "]}";
  std::string text = TinyJson();
  text.replace(text.find("{\"type\":\"NFC\"}"), 14, nested);
  const auto deep = Tokenizer::FromJson(text, "");
  ASSERT_FALSE(deep);
  EXPECT_THAT(deep.error().message, HasSubstr("nested too deep"));
  EXPECT_FALSE(Tokenizer::FromJson(std::string(100'000, '['), ""));
  EXPECT_FALSE(Tokenizer::FromJson("", ""));
  const std::string good = TinyJson();
  for (std::size_t cut = 0; cut < good.size(); cut += 97) EXPECT_FALSE(Tokenizer::FromJson(good.substr(0, cut), ""));
}

TEST(Json, SpecialIdsFromTheConfigAndTheTemplate) {
  const struct {
    const char *processor, *config;
    const char *bos, *eos;
    bool add_bos;
    const char* end = "";
  } kCases[] = {
      {"null", "", "", "", false},
      {"null", R"({"bos_token":null,"eos_token":"<|end|>"})", "", "<|end|>", false},
      {"null", R"({"bos_token":{"content":"<|start|>"},"eos_token":"<|end|>","add_bos_token":true})", "<|start|>",
       "<|end|>", true},
      {R"({"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|start|>","type_id":0}},)"
       R"({"Sequence":{"id":"A","type_id":0}}]})",
       "", "<|start|>", "", true},
      {R"({"type":"Sequence","processors":[{"type":"ByteLevel"},)"
       R"({"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|start|>"}}]}]})",
       R"({"add_bos_token":false,"eos_token":"none such"})", "<|start|>", "", false},
      {R"({"type":"TemplateProcessing","single":[{"Sequence":{"id":"A"}},{"SpecialToken":{"id":"<|end|>"}}]})", "{}",
       "", "", false, "<|end|>"},
      {R"({"type":"Sequence","processors":[{"type":"ByteLevel"},{"type":"TemplateProcessing","single":[)"
       R"({"SpecialToken":{"id":"<|start|>"}},{"Sequence":{"id":"A"}},{"SpecialToken":{"id":"<|end|>"}}]}]})",
       "{}", "<|start|>", "", true, "<|end|>"},
      {"null", R"({"eos_token":"<|end|>","add_eos_token":true})", "", "<|end|>", false, "<|end|>"},
      {"null", R"({"eos_token":"<|end|>","add_eos_token":false})", "", "<|end|>", false},
  };
  for (const auto& c : kCases) {
    std::string text = TinyJson();
    const std::string_view key = "\"post_processor\":null";
    text.replace(text.find(key), key.size(), std::string("\"post_processor\":") + c.processor);
    const auto tokenizer = Tokenizer::FromJson(text, c.config);
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    const auto id = [&](const char* content) { return *content ? (*tokenizer)->Find(content) : -1; };
    EXPECT_EQ((*tokenizer)->bos_id(), id(c.bos)) << c.processor;
    EXPECT_EQ((*tokenizer)->eos_id(), id(c.eos)) << c.config;
    EXPECT_EQ((*tokenizer)->add_bos(), c.add_bos);
    EXPECT_EQ((*tokenizer)->end_id(), id(c.end)) << c.processor << c.config;
  }
  EXPECT_FALSE(Tokenizer::FromJson(TinyJson(), "{"));
}

}  // namespace
}  // namespace yun
