// GGUF's tokenizer.ggml.* fields -> Tokenizer.
#include <string>
#include <utility>

#include "text/tokenizer/bpe_tokenizer.h"
#include "text/tokenizer/byte_level.h"
#include "text/unicode/utf8.h"

namespace yun {
namespace {

// tokenizer.ggml.token_type
constexpr std::int32_t kControl = 3, kUserDefined = 4, kUnused = 5;

struct Pre {
  std::string_view name;
  std::vector<pretokenize::Kind> steps;
  bool nfc;  // GGUF does not say: as in the family's own tokenizer.json
  bool ignore_merges;
};

const Pre* FindPre(std::string_view name) {
  using pretokenize::Kind;
  static const std::vector<Pre> all = {
      {"qwen2", {Kind::kQwen2}, true, false},
      {"qwen35", {Kind::kQwen35}, true, false},
      {"smollm", {Kind::kDigits, Kind::kGpt2}, false, false},
      {"gpt-2", {Kind::kGpt2}, false, false},
      {"llama-bpe", {Kind::kLlama3}, false, true},
      {"llama3", {Kind::kLlama3}, false, true},
  };
  for (const Pre& pre : all)
    if (pre.name == name) return &pre;
  return nullptr;
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> Tokenizer::FromGguf(GgufVocabulary vocabulary) {
  if (vocabulary.model != "gpt2") {
    return Fail(Code::kUnsupported, "tokenizer.ggml.model is \"{}\"; gpt2 (byte-level BPE) is supported",
                vocabulary.model);
  }
  const Pre* pre = FindPre(vocabulary.pre);
  if (pre == nullptr) {
    return Fail(Code::kUnsupported,
                "tokenizer.ggml.pre is \"{}\"; qwen2, qwen35, smollm, gpt-2, llama-bpe and llama3 are supported",
                vocabulary.pre);
  }
  if (vocabulary.tokens.empty()) return Fail(Code::kCorrupt, "tokenizer.ggml.tokens is empty or missing");
  if (!vocabulary.token_types.empty() && vocabulary.token_types.size() != vocabulary.tokens.size()) {
    return Fail(Code::kCorrupt, "tokenizer.ggml.token_type has {} entries, tokenizer.ggml.tokens {}",
                vocabulary.token_types.size(), vocabulary.tokens.size());
  }
  TokenizerParts parts;
  std::vector<AddedToken> others;
  for (std::size_t i = 0; i < vocabulary.tokens.size(); ++i) {
    const std::string& text = vocabulary.tokens[i];
    if (!unicode::IsValid(text)) return Fail(Code::kCorrupt, "tokenizer.ggml.tokens[{}] is not valid UTF-8", i);
    const std::int32_t type = vocabulary.token_types.empty() ? 1 : vocabulary.token_types[i];
    const bool added = type == kControl || type == kUserDefined;
    const auto bytes = added ? std::nullopt : FromByteLevel(text);
    auto set = parts.vocab.Set(static_cast<std::int64_t>(i), bytes ? std::string_view(*bytes) : text,
                               !added && type != kUnused);
    if (!set) return Wrap(std::move(set.error()), "tokenizer.ggml.tokens");
    if (!added || text.empty()) continue;
    if (text.size() > kMaxAddedTokenBytes) {
      return Fail(Code::kTooLarge, "tokenizer.ggml.tokens[{}]: an added token of {} bytes; the limit is {}", i,
                  text.size(), kMaxAddedTokenBytes);
    }
    if (parts.added.size() + others.size() >= kMaxAddedTokens) {
      return Fail(Code::kTooLarge, "tokenizer.ggml.token_type: more than {} added tokens", kMaxAddedTokens);
    }
    AddedToken token;
    token.id = static_cast<TokenId>(i);
    token.content = text;
    token.special = type == kControl;
    (token.special ? parts.added : others).push_back(std::move(token));
  }
  parts.added.insert(parts.added.end(), others.begin(), others.end());
  parts.vocab.Index();

  for (std::size_t i = 0; i < vocabulary.merges.size(); ++i) {
    const std::string& merge = vocabulary.merges[i];
    // A token may begin with a space in no byte-level vocabulary, so the first space after the first byte divides.
    const std::size_t space = merge.find(' ', 1);
    if (space == std::string::npos || !unicode::IsValid(merge)) {
      return Fail(Code::kCorrupt, "tokenizer.ggml.merges[{}] is not two tokens with a space between", i);
    }
    const std::string left = merge.substr(0, space), right = merge.substr(space + 1);
    const std::string left_bytes = FromByteLevel(left).value_or(left),
                      right_bytes = FromByteLevel(right).value_or(right);
    const TokenId a = parts.vocab.Find(left_bytes), b = parts.vocab.Find(right_bytes);
    const TokenId ab = parts.vocab.Find(left_bytes + right_bytes);
    if (a < 0 || b < 0 || ab < 0) {
      return Fail(Code::kCorrupt,
                  "tokenizer.ggml.merges[{}]: \"{}\" and \"{}\": one of the two, or both together, is no token", i,
                  left, right);
    }
    RETURN_IF_ERROR(parts.bpe.AddMerge(a, b, ab));
  }

  std::vector<pretokenize::Step> steps;
  for (const auto kind : pre->steps) steps.push_back({kind, nullptr});
  parts.pre_tokenizer = pretokenize::PreTokenizer(std::move(steps));
  parts.nfc = pre->nfc;
  parts.options.ignore_merges = pre->ignore_merges;
  const auto valid = [&](TokenId id) { return parts.vocab.Has(id) ? id : -1; };
  parts.bos_id = valid(vocabulary.bos_id);
  parts.eos_id = valid(vocabulary.eos_id);
  parts.add_bos = vocabulary.add_bos && parts.bos_id >= 0;
  if (vocabulary.add_eos) parts.end_id = parts.eos_id;
  return MakeTokenizer(std::move(parts));
}

}  // namespace yun
