#include "formats/checkpoint/gguf_tokenizer.h"

#include <simdjson.h>

#include <unordered_map>

namespace yun {
namespace {
namespace dom = simdjson::dom;

constexpr std::string_view kFile = "tokenizer.json";
enum TokenType : std::int32_t { kNormal = 1, kControl = 3, kUserDefined = 4, kUnused = 5 };

// The patterns by which published tokenizers split text, and GGUF's names for them.
constexpr std::pair<std::string_view, std::string_view> kPatterns[] = {
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|)"
     R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     "qwen2"},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}|)"
     R"( ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     "qwen35"},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)"
     R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     "llama-bpe"},
    {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", "gpt-2"},
};

struct PreTokenizer {
  std::string pattern;                                         // of a Split
  bool digits = false, byte_level = false, own_split = false;  // own_split: ByteLevel's built-in pattern
  std::string other;                                           // a type that is none of these
};

void Describe(const dom::element& node, PreTokenizer& out, int depth) {
  constexpr int kMaxNesting = 8;
  std::string_view type;
  if (node["type"].get(type) || depth > kMaxNesting) {
    out.other = "?";
    return;
  }
  if (type == "Sequence") {
    dom::array parts;
    if (node["pretokenizers"].get(parts))
      out.other = "?";
    else
      for (const dom::element part : parts) Describe(part, out, depth + 1);
  } else if (type == "Split") {
    std::string_view pattern;
    if (node["pattern"]["Regex"].get(pattern) || !out.pattern.empty()) out.other = "Split";
    out.pattern = pattern;
  } else if (type == "Digits") {
    bool individual = false;
    if (node["individual_digits"].get(individual) || !individual) out.other = "Digits";
    out.digits = true;
  } else if (type == "ByteLevel") {
    bool regex = true;
    out.byte_level = true;
    out.own_split = node["use_regex"].get(regex) || regex;  // the default
  } else {
    out.other = type;
  }
}

Result<std::string> PreTokenizerName(const dom::element& root) {
  PreTokenizer pre;
  dom::element node;
  if (root["pre_tokenizer"].get(node) || node.is_null())
    return Fail(Code::kUnsupported, "{}: it has no pre_tokenizer; byte-level BPE is supported", kFile);
  Describe(node, pre, 0);
  if (pre.other.empty() && pre.byte_level) {
    if (pre.digits && pre.own_split && pre.pattern.empty()) return std::string("smollm");
    if (!pre.digits && pre.own_split && pre.pattern.empty()) return std::string("gpt-2");
    if (!pre.digits && !pre.own_split)
      for (const auto& [pattern, name] : kPatterns)
        if (pre.pattern == pattern) return std::string(name);
  }
  return Fail(Code::kUnsupported, "{}: GGUF has no name for its pre_tokenizer ({})", kFile,
              !pre.other.empty() ? pre.other.substr(0, 40) : "an unknown pattern");
}

/// "bos_token": a text, or an object with "content".
std::string_view SpecialToken(const dom::element& config, std::string_view key) {
  std::string_view text;
  if (!config[key].get(text) || !config[key]["content"].get(text)) return text;
  return {};
}

/// The tokens that the post-processor puts around a text; empty: none.
struct Around {
  std::string_view first, last;
};

Around TokensAround(const dom::element& node, int depth) {
  constexpr int kMaxNesting = 8;
  std::string_view type;
  dom::array parts;
  Around out;
  if (depth > kMaxNesting || node["type"].get(type)) return out;
  if (type == "TemplateProcessing" && !node["single"].get(parts)) {
    bool text_seen = false, first = true;
    for (const dom::element part : parts) {
      std::string_view id;
      const bool special = !part["SpecialToken"]["id"].get(id);
      if (special && first) out.first = id;
      if (special && text_seen) out.last = id;
      text_seen |= !special;
      first = false;
    }
  }
  if (type == "Sequence" && !node["processors"].get(parts))
    for (const dom::element part : parts)
      if (out = TokensAround(part, depth + 1); !out.first.empty() || !out.last.empty()) return out;
  return out;
}

struct Vocabulary {
  std::vector<std::string> tokens;
  std::vector<std::int32_t> types;
  std::unordered_map<std::string, std::int32_t> ids;
};

Result<Vocabulary> ReadVocabulary(const dom::element& root, std::uint32_t size) {
  Vocabulary out;
  out.tokens.resize(size);
  out.types.assign(size, kUnused);
  const auto set = [&](std::string_view text, const dom::element& id_json, TokenType type) -> Status {
    std::uint64_t id = 0;
    if (id_json.get(id)) return Fail(Code::kCorrupt, "{}: the id of '{}' is not a number", kFile, text.substr(0, 60));
    if (id >= size)
      return Fail(Code::kCorrupt, "{}: token '{}' has id {}, but the model has {} tokens", kFile, text.substr(0, 60),
                  id, size);
    out.tokens[id] = text;
    out.types[id] = type;
    out.ids[std::string(text)] = static_cast<std::int32_t>(id);
    return {};
  };
  dom::object vocab;
  if (root["model"]["vocab"].get(vocab)) return Fail(Code::kCorrupt, "{}: model.vocab is missing", kFile);
  for (const auto& [text, id] : vocab) RETURN_IF_ERROR(set(text, id, kNormal));
  dom::array added;
  if (!root["added_tokens"].get(added)) {
    for (const dom::element token : added) {
      std::string_view text;
      dom::element id;
      bool special = false;
      if (token["content"].get(text) || token["id"].get(id))
        return Fail(Code::kCorrupt, "{}: an entry of added_tokens has no content or id", kFile);
      const bool control = !token["special"].get(special) && special;
      RETURN_IF_ERROR(set(text, id, control ? kControl : kUserDefined));
    }
  }
  for (std::uint32_t id = 0; id < size; ++id)
    if (out.types[id] == kUnused) out.tokens[id] = fmt::format("[PAD{}]", id);
  return out;
}

Result<std::vector<std::string>> ReadMerges(const dom::element& root) {
  dom::array list;
  if (root["model"]["merges"].get(list)) return Fail(Code::kCorrupt, "{}: model.merges is missing", kFile);
  std::vector<std::string> merges;
  for (const dom::element merge : list) {
    std::string_view text, left, right;
    if (!merge.get(text)) {
      merges.emplace_back(text);
      continue;
    }
    if (merge.at(0).get(left) || merge.at(1).get(right))
      return Fail(Code::kCorrupt, "{}: model.merges[{}] is no pair", kFile, merges.size());
    if (left.find(' ') != left.npos || right.find(' ') != right.npos)
      return Fail(Code::kUnsupported, "{}: model.merges[{}] holds a space, which GGUF cannot say", kFile,
                  merges.size());
    merges.push_back(fmt::format("{} {}", left, right));
  }
  return merges;
}

Status ParseJson(const std::string& text, std::string_view file, dom::parser& parser, dom::element& root) {
  dom::object object;
  if (const auto error = parser.parse(text).get(root); error || root.get(object))
    return Fail(Code::kCorrupt, "{}: not a JSON object: {}", file, simdjson::error_message(error));
  return {};
}

}  // namespace

Status AddTokenizer(const TokenizerFiles& files, const ModelConfig& config, gguf::Writer& writer) {
  dom::parser parser, config_parser;
  dom::element root, settings;
  RETURN_IF_ERROR(ParseJson(files.tokenizer_json, kFile, parser, root));
  RETURN_IF_ERROR(ParseJson(files.tokenizer_config_json.empty() ? "{}" : files.tokenizer_config_json,
                            "tokenizer_config.json", config_parser, settings));
  std::string_view type;
  if (root["model"]["type"].get(type) || type != "BPE")
    return Fail(Code::kUnsupported, "{}: a tokenizer of type '{}' is not supported; byte-level BPE is", kFile,
                type.substr(0, 40));
  ASSIGN_OR_RETURN(const std::string pre, PreTokenizerName(root));
  ASSIGN_OR_RETURN(const Vocabulary vocabulary, ReadVocabulary(root, config.vocab));
  ASSIGN_OR_RETURN(const std::vector<std::string> merges, ReadMerges(root));
  writer.AddString("tokenizer.ggml.model", "gpt2");
  writer.AddString("tokenizer.ggml.pre", pre);
  writer.AddStrings("tokenizer.ggml.tokens", vocabulary.tokens);
  writer.AddInts("tokenizer.ggml.token_type", vocabulary.types);
  writer.AddStrings("tokenizer.ggml.merges", merges);

  const auto id_of = [&](std::string_view key) -> std::int32_t {
    const auto it = vocabulary.ids.find(std::string(SpecialToken(settings, key)));
    return it == vocabulary.ids.end() ? -1 : it->second;
  };
  const auto add_id = [&](const char* key, std::int32_t id) {
    if (id >= 0) writer.AddUint32(fmt::format("tokenizer.ggml.{}_token_id", key), static_cast<std::uint32_t>(id));
  };
  Around around;
  if (dom::element processor; !root["post_processor"].get(processor)) around = TokensAround(processor, 0);
  bool add_bos = false, add_eos = false;
  if (settings["add_bos_token"].get(add_bos))
    add_bos = !around.first.empty() && around.first == SpecialToken(settings, "bos_token");
  const std::int32_t bos = id_of("bos_token");
  std::int32_t eos = id_of("eos_token");
  if (eos < 0 && !config.eos_ids.empty()) eos = config.eos_ids.front();
  std::vector<std::int32_t> more_ends = config.eos_ids;
  // GGUF has one name for the token that ends an answer and the one behind a text: the latter takes it.
  if (const auto end = vocabulary.ids.find(std::string(around.last)); end != vocabulary.ids.end()) {
    if (eos >= 0 && eos != end->second) more_ends.insert(more_ends.begin(), eos);
    eos = end->second;
    add_eos = true;
  } else if (settings["add_eos_token"].get(add_eos)) {
    add_eos = false;
  }
  add_id("bos", bos >= 0 ? bos : config.bos_id);
  add_id("eos", eos);
  add_id("padding", id_of("pad_token"));
  add_id("unknown", id_of("unk_token"));
  // Every other id that ends an answer has a place of its own.
  const char* more[] = {"eot", "eom"};
  std::size_t used = 0;
  std::int32_t last = eos;
  for (const std::int32_t id : more_ends)
    if (id != eos && id != last && used < std::size(more)) add_id(more[used++], last = id);

  writer.AddBool("tokenizer.ggml.add_bos_token", add_bos);
  if (add_eos) writer.AddBool("tokenizer.ggml.add_eos_token", true);
  return {};
}

}  // namespace yun
