#include "text/tokenizer/tiny_tokenizer.h"

#include <string_view>
#include <utility>

#include "base/check.h"
#include "text/tokenizer/byte_level.h"
#include "text/tokenizer/pretokenize.h"

namespace yun {
namespace {

// In byte-level characters: \xC4\xA0 is the space, \xC4\x8A the newline; the last two join the first character of 你.
constexpr std::string_view kMerges[][2] = {
    {"t", "h"},
    {"i", "n"},
    {"th", "e"},
    {"\xC4\xA0", "the"},
    {"e", "r"},
    {"\xC4\xA0", "\xC4\xA0"},
    {"\xC4\xA0\xC4\xA0", "\xC4\xA0\xC4\xA0"},
    {"a", "a"},
    {"aa", "aa"},
    {"in", "g"},
    {"l", "l"},
    {"\xC4\x8A", "\xC4\x8A"},
    {"the", "n"},
    {"1", "2"},
    {"'", "s"},
    {"\xC3\xA4", "\xC2\xBD"},
    {"\xC3\xA4\xC2\xBD", "\xC5\x82"},  // U+0142 is the byte A0
};
constexpr std::string_view kAdded[] = {"<|start|>", "<|end|>", "<think>"};

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

GgufVocabulary TinyVocabulary(const std::string& pre) {
  GgufVocabulary out;
  out.model = "gpt2";
  out.pre = pre;
  for (int b = 0; b < 256; ++b) out.tokens.emplace_back(ByteLevelCharacter(static_cast<unsigned char>(b)));
  for (const auto& [left, right] : kMerges) {
    out.tokens.push_back(std::string(left) + std::string(right));
    out.merges.push_back(std::string(left) + " " + std::string(right));
  }
  out.token_types.assign(out.tokens.size(), 1);
  for (const std::string_view added : kAdded) {
    out.tokens.emplace_back(added);
    out.token_types.push_back(added == "<think>" ? 4 : 3);
  }
  return out;
}

std::unique_ptr<Tokenizer> TinyTokenizer(const std::string& pre) {
  auto tokenizer = Tokenizer::FromGguf(TinyVocabulary(pre));
  CHECK(tokenizer.has_value());
  return std::move(*tokenizer);
}

std::string TinyJson() {
  const GgufVocabulary vocabulary = TinyVocabulary("qwen2");
  std::string vocab, merges, added;
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    if (vocabulary.token_types[id] == 1) {
      vocab += (vocab.empty() ? "" : ",") + Quoted(vocabulary.tokens[id]) + ":" + std::to_string(id);
    } else {
      added += (added.empty() ? "" : ",") + std::string("{\"id\":") + std::to_string(id) +
               ",\"content\":" + Quoted(vocabulary.tokens[id]) +
               ",\"special\":" + (vocabulary.token_types[id] == 3 ? "true" : "false") + ",\"normalized\":false}";
    }
  }
  for (const auto& [left, right] : kMerges) {
    merges += (merges.empty() ? "[" : ",[") + Quoted(left) + "," + Quoted(right) + "]";
  }
  return "{\"version\":\"1.0\",\"added_tokens\":[" + added +
         "],\"normalizer\":{\"type\":\"NFC\"},"
         "\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":" +
         Quoted(pretokenize::PatternOf(pretokenize::Kind::kQwen2)) +
         "},\"behavior\":\"Isolated\",\"invert\":false},"
         "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"use_regex\":false}]},\"post_processor\":null,"
         "\"decoder\":null,\"model\":{\"type\":\"BPE\",\"vocab\":{" +
         vocab + "},\"merges\":[" + merges + "]}}";
}

}  // namespace yun
