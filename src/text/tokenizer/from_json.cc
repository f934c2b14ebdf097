// tokenizer.json (and tokenizer_config.json) -> Tokenizer. The file is outside input: every field is checked, and an
// error says which one and what it holds.
#include <simdjson.h>

#include <cctype>
#include <optional>
#include <string>
#include <utility>

#include "text/tokenizer/bpe_tokenizer.h"
#include "text/tokenizer/byte_level.h"
#include "text/unicode/utf8.h"

namespace yun {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kMaxJsonBytes = 256u << 20;  // the largest known tokenizer.json has some 30 MB
constexpr std::size_t kMaxConfigBytes = 16u << 20;
constexpr int kMaxSequenceDepth = 8;   // of Sequence in Sequence
constexpr std::size_t kMaxSteps = 16;  // of a pre-tokenizer
constexpr std::string_view kFile = "tokenizer.json";

Result<dom::element> Parse(dom::parser& parser, std::string_view text, std::string_view file, std::size_t limit) {
  if (text.size() > limit) return Fail(Code::kTooLarge, "{}: {} bytes; the limit is {}", file, text.size(), limit);
  dom::element root;
  if (const auto error = parser.parse(text.data(), text.size()).get(root)) {
    return Fail(Code::kCorrupt, "{}: not valid JSON: {}", file, simdjson::error_message(error));
  }
  if (!root.is_object()) return Fail(Code::kCorrupt, "{}: not a JSON object", file);
  return root;
}

/// A member, or none when absent or null.
std::optional<dom::element> Member(const dom::element& object, std::string_view key) {
  dom::element value;
  if (object[key].get(value) || value.is_null()) return std::nullopt;
  return value;
}

std::string TypeOf(const dom::element& object) {
  std::string_view type;
  if (!object.is_object() || object["type"].get(type)) return {};
  return std::string(type);
}

Result<bool> Flag(const dom::element& object, std::string_view key, bool otherwise, std::string_view place) {
  const auto value = Member(object, key);
  if (!value) return otherwise;
  bool flag;
  if (value->get(flag)) return Fail(Code::kCorrupt, "{}: {}.{} is not true or false", kFile, place, key);
  return flag;
}

Result<bool> ReadNormalizer(const dom::element& node, const std::string& place, int depth) {
  if (depth > kMaxSequenceDepth) return Fail(Code::kTooLarge, "{}: {} is nested too deep", kFile, place);
  const std::string type = TypeOf(node);
  if (type == "NFC") return true;
  if (type == "Sequence") {
    dom::array items;
    if (node["normalizers"].get(items)) return Fail(Code::kCorrupt, "{}: {}.normalizers is not a list", kFile, place);
    bool nfc = false;
    std::size_t i = 0;
    for (const dom::element item : items) {
      ASSIGN_OR_RETURN(const bool is, ReadNormalizer(item, fmt::format("{}.normalizers[{}]", place, i++), depth + 1));
      nfc |= is;
    }
    return nfc;
  }
  return Fail(Code::kUnsupported, "{}: {} is of type \"{}\"; NFC and Sequence are supported", kFile, place, type);
}

struct PreTokenizerReader {
  std::vector<pretokenize::Step> steps;
  bool byte_level = false;

  Status Add(pretokenize::Step step, const std::string& place) {
    if (steps.size() >= kMaxSteps) return Fail(Code::kTooLarge, "{}: {}: more than {} steps", kFile, place, kMaxSteps);
    steps.push_back(std::move(step));
    return {};
  }

  Status Read(const dom::element& node, const std::string& place, int depth) {
    using pretokenize::Kind;
    if (depth > kMaxSequenceDepth) return Fail(Code::kTooLarge, "{}: {} is nested too deep", kFile, place);
    const std::string type = TypeOf(node);
    if (byte_level && type != "Sequence") {
      return Fail(Code::kUnsupported, "{}: {}: a step after ByteLevel", kFile, place);
    }
    if (type == "Sequence") {
      dom::array items;
      if (node["pretokenizers"].get(items)) {
        return Fail(Code::kCorrupt, "{}: {}.pretokenizers is not a list", kFile, place);
      }
      std::size_t i = 0;
      for (const dom::element item : items) {
        RETURN_IF_ERROR(Read(item, fmt::format("{}.pretokenizers[{}]", place, i++), depth + 1));
      }
      return {};
    }
    if (type == "Split") return ReadSplit(node, place);
    if (type == "Digits") {
      ASSIGN_OR_RETURN(const bool individual, Flag(node, "individual_digits", false, place));
      return Add({individual ? Kind::kDigits : Kind::kDigitRuns, nullptr}, place);
    }
    if (type == "ByteLevel") {
      byte_level = true;
      ASSIGN_OR_RETURN(const bool prefix, Flag(node, "add_prefix_space", true, place));
      ASSIGN_OR_RETURN(const bool regex, Flag(node, "use_regex", true, place));
      if (prefix) RETURN_IF_ERROR(Add({Kind::kPrefixSpace, nullptr}, place));
      if (regex) RETURN_IF_ERROR(Add({Kind::kGpt2, nullptr}, place));
      return {};
    }
    return Fail(Code::kUnsupported, "{}: {} is of type \"{}\"; Sequence, Split, Digits and ByteLevel are supported",
                kFile, place, type);
  }

  Status ReadSplit(const dom::element& node, const std::string& place) {
    std::string_view behavior, pattern;
    if (node["behavior"].get(behavior)) return Fail(Code::kCorrupt, "{}: {}.behavior is not a text", kFile, place);
    ASSIGN_OR_RETURN(const bool invert, Flag(node, "invert", false, place));
    if (behavior != "Isolated" || invert) {
      return Fail(Code::kUnsupported, "{}: {}: Split with behavior \"{}\"{}; only Isolated is supported", kFile, place,
                  behavior, invert ? ", inverted" : "");
    }
    std::string regex;
    if (!node["pattern"]["Regex"].get(pattern)) {
      regex = std::string(pattern);
    } else if (!node["pattern"]["String"].get(pattern)) {
      for (const char c : pattern) {
        if (static_cast<unsigned char>(c) < 0x80 && !std::isalnum(static_cast<unsigned char>(c))) regex += '\\';
        regex += c;
      }
    } else {
      return Fail(Code::kCorrupt, "{}: {}.pattern holds neither Regex nor String", kFile, place);
    }
    auto step = pretokenize::StepOfPattern(regex);
    if (!step) return Wrap(std::move(step.error()), fmt::format("{}: {}", kFile, place));
    return Add(std::move(*step), place);
  }
};

Status ReadVocab(const dom::element& model, Vocab* vocab) {
  dom::object entries;
  if (model["vocab"].get(entries)) return Fail(Code::kCorrupt, "{}: model.vocab is not an object", kFile);
  for (const auto [key, value] : entries) {
    std::int64_t id;
    if (value.get(id)) return Fail(Code::kCorrupt, "{}: model.vocab: the id of \"{}\" is no integer", kFile, key);
    const auto bytes = FromByteLevel(key);
    if (auto set = vocab->Set(id, bytes ? std::string_view(*bytes) : key, true); !set) {
      return Wrap(std::move(set.error()), fmt::format("{}: model.vocab", kFile));
    }
  }
  if (vocab->size() == 0) return Fail(Code::kCorrupt, "{}: model.vocab is empty", kFile);
  vocab->Index();
  return {};
}

Status ReadMerges(const dom::element& model, const Vocab& vocab, Bpe* bpe) {
  dom::array merges;
  if (model["merges"].get(merges)) return Fail(Code::kCorrupt, "{}: model.merges is not a list", kFile);
  std::size_t i = 0;
  for (const dom::element merge : merges) {
    std::string_view left, right, both;
    if (!merge.get(both)) {
      const std::size_t space = both.find(' ');
      if (space == std::string_view::npos || both.find(' ', space + 1) != std::string_view::npos) {
        return Fail(Code::kCorrupt, "{}: model.merges[{}]: \"{}\" is not two tokens with a space between", kFile, i,
                    both);
      }
      left = both.substr(0, space);
      right = both.substr(space + 1);
    } else {
      dom::array pair;
      if (merge.get(pair) || pair.size() != 2 || pair.at(0).get(left) || pair.at(1).get(right)) {
        return Fail(Code::kCorrupt, "{}: model.merges[{}] is neither a text nor a pair of texts", kFile, i);
      }
    }
    const std::string left_bytes = FromByteLevel(left).value_or(std::string(left));
    const std::string right_bytes = FromByteLevel(right).value_or(std::string(right));
    const TokenId a = vocab.Find(left_bytes), b = vocab.Find(right_bytes), ab = vocab.Find(left_bytes + right_bytes);
    if (a < 0 || b < 0 || ab < 0) {
      return Fail(Code::kCorrupt,
                  "{}: model.merges[{}]: \"{}\" and \"{}\": one of the two, or both together, is no token", kFile, i,
                  left, right);
    }
    RETURN_IF_ERROR(bpe->AddMerge(a, b, ab));
    ++i;
  }
  return {};
}

/// Options of the BPE model that change ids and are not there must be refused, not passed over.
Status ReadModel(const dom::element& model, TokenizerParts* parts) {
  // Old files leave the type out.
  if (const std::string type = TypeOf(model); type != "BPE" && Member(model, "type")) {
    return Fail(Code::kUnsupported, "{}: model.type is \"{}\"; byte-level BPE is supported", kFile, type);
  }
  for (const std::string_view key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    std::string_view text;
    if (const auto value = Member(model, key); value && (value->get(text) || !text.empty())) {
      return Fail(Code::kUnsupported, "{}: model.{} is set", kFile, key);
    }
  }
  if (const auto dropout = Member(model, "dropout")) {
    double rate;
    if (dropout->get(rate) || rate != 0) return Fail(Code::kUnsupported, "{}: model.dropout is set", kFile);
  }
  ASSIGN_OR_RETURN(const bool byte_fallback, Flag(model, "byte_fallback", false, "model"));
  if (byte_fallback) {
    return Fail(Code::kUnsupported, "{}: model.byte_fallback: a SentencePiece-like BPE; byte-level BPE is supported",
                kFile);
  }
  ASSIGN_OR_RETURN(parts->options.ignore_merges, Flag(model, "ignore_merges", false, "model"));
  ASSIGN_OR_RETURN(parts->options.fuse_unknown, Flag(model, "fuse_unk", false, "model"));
  RETURN_IF_ERROR(ReadVocab(model, &parts->vocab));
  RETURN_IF_ERROR(ReadMerges(model, parts->vocab, &parts->bpe));
  if (const auto unknown = Member(model, "unk_token")) {
    std::string_view text;
    if (unknown->get(text)) return Fail(Code::kCorrupt, "{}: model.unk_token is not a text", kFile);
    parts->options.unknown = parts->vocab.Find(FromByteLevel(text).value_or(std::string(text)));
  }
  return {};
}

Status ReadAddedTokens(const dom::element& root, TokenizerParts* parts) {
  const auto list = Member(root, "added_tokens");
  if (!list) return {};
  dom::array items;
  if (list->get(items)) return Fail(Code::kCorrupt, "{}: added_tokens is not a list", kFile);
  std::vector<AddedToken> others;
  std::size_t i = 0;
  for (const dom::element item : items) {
    const std::string place = fmt::format("added_tokens[{}]", i++);
    if (i > kMaxAddedTokens) return Fail(Code::kTooLarge, "{}: more than {} added tokens", kFile, kMaxAddedTokens);
    AddedToken token;
    std::int64_t id;
    std::string_view content;
    if (!item.is_object() || item["id"].get(id) || item["content"].get(content)) {
      return Fail(Code::kCorrupt, "{}: {} lacks an integer id or a text content", kFile, place);
    }
    if (content.empty() || content.size() > kMaxAddedTokenBytes) {
      return Fail(Code::kCorrupt, "{}: {}.content has {} bytes; 1 to {} are allowed", kFile, place, content.size(),
                  kMaxAddedTokenBytes);
    }
    ASSIGN_OR_RETURN(token.special, Flag(item, "special", false, place));
    ASSIGN_OR_RETURN(token.normalized, Flag(item, "normalized", !token.special, place));
    ASSIGN_OR_RETURN(token.single_word, Flag(item, "single_word", false, place));
    ASSIGN_OR_RETURN(token.lstrip, Flag(item, "lstrip", false, place));
    ASSIGN_OR_RETURN(token.rstrip, Flag(item, "rstrip", false, place));
    token.content = std::string(content);
    // A token of the model's own vocabulary may be listed again; its id is the model's.
    const auto bytes = FromByteLevel(content);
    const TokenId known = parts->vocab.Find(bytes ? std::string_view(*bytes) : content);
    if (known >= 0) {
      token.id = known;
    } else {
      if (auto set = parts->vocab.Set(id, content, false); !set) {
        return Wrap(std::move(set.error()), fmt::format("{}: {}", kFile, place));
      }
      token.id = static_cast<TokenId>(id);
    }
    (token.special ? parts->added : others).push_back(std::move(token));
  }
  parts->added.insert(parts->added.end(), others.begin(), others.end());
  return {};
}

/// The special tokens that a TemplateProcessing puts around a text; empty: none.
struct Around {
  std::string first, last;
};

Around TokensAround(const dom::element& processor, int depth) {
  const std::string type = TypeOf(processor);
  dom::array items;
  if (type == "Sequence" && depth < kMaxSequenceDepth && !processor["processors"].get(items)) {
    for (const dom::element item : items) {
      Around found = TokensAround(item, depth + 1);
      if (!found.first.empty() || !found.last.empty()) return found;
    }
  }
  Around out;
  if (type != "TemplateProcessing" || processor["single"].get(items)) return out;
  bool text_seen = false, first = true;
  for (const dom::element item : items) {
    std::string_view id;
    const bool special = !item["SpecialToken"]["id"].get(id);
    if (special && first) out.first = id;
    if (special && text_seen) out.last = id;
    text_seen |= !special;
    first = false;
  }
  return out;
}

/// A token in tokenizer_config.json: a text, or an object with `content`.
std::string ConfigToken(const dom::element& config, std::string_view key) {
  std::string_view text;
  const auto value = Member(config, key);
  if (!value) return {};
  if (value->get(text) && (!value->is_object() || (*value)["content"].get(text))) return {};
  return std::string(text);
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> Tokenizer::FromJson(std::string_view tokenizer_json,
                                                       std::string_view tokenizer_config_json) {
  dom::parser parser;
  ASSIGN_OR_RETURN(const dom::element root, Parse(parser, tokenizer_json, kFile, kMaxJsonBytes));
  const auto model = Member(root, "model");
  if (!model || !model->is_object()) return Fail(Code::kCorrupt, "{}: no object \"model\"", kFile);

  TokenizerParts parts;
  if (const auto normalizer = Member(root, "normalizer")) {
    ASSIGN_OR_RETURN(parts.nfc, ReadNormalizer(*normalizer, "normalizer", 0));
  }
  PreTokenizerReader reader;
  if (const auto pre_tokenizer = Member(root, "pre_tokenizer")) {
    RETURN_IF_ERROR(reader.Read(*pre_tokenizer, "pre_tokenizer", 0));
  }
  if (!reader.byte_level) {
    return Fail(Code::kUnsupported, "{}: pre_tokenizer has no ByteLevel step; byte-level BPE is supported", kFile);
  }
  if (const auto decoder = Member(root, "decoder"); decoder && TypeOf(*decoder) != "ByteLevel") {
    return Fail(Code::kUnsupported, "{}: decoder is of type \"{}\"; ByteLevel is supported", kFile, TypeOf(*decoder));
  }
  parts.pre_tokenizer = pretokenize::PreTokenizer(std::move(reader.steps));
  RETURN_IF_ERROR(ReadModel(*model, &parts));
  RETURN_IF_ERROR(ReadAddedTokens(root, &parts));

  const auto find = [&](const std::string& text) {
    for (const AddedToken& token : parts.added)
      if (token.content == text) return token.id;
    return text.empty() ? TokenId{-1} : parts.vocab.Find(text);
  };
  if (const auto processor = Member(root, "post_processor")) {
    const Around around = TokensAround(*processor, 0);
    parts.bos_id = find(around.first);
    parts.add_bos = parts.bos_id >= 0;
    parts.end_id = find(around.last);
  }
  if (!tokenizer_config_json.empty()) {
    dom::parser config_parser;
    ASSIGN_OR_RETURN(const dom::element config,
                     Parse(config_parser, tokenizer_config_json, "tokenizer_config.json", kMaxConfigBytes));
    if (const TokenId bos = find(ConfigToken(config, "bos_token")); bos >= 0) parts.bos_id = bos;
    parts.eos_id = find(ConfigToken(config, "eos_token"));
    bool add_bos;
    if (!config["add_bos_token"].get(add_bos)) parts.add_bos = add_bos && parts.bos_id >= 0;
    if (bool add_eos; !config["add_eos_token"].get(add_eos) && add_eos) parts.end_id = parts.eos_id;
  }
  return MakeTokenizer(std::move(parts));
}

}  // namespace yun
