// Text <-> token ids: byte-level BPE, equal to the reference `tokenizers` library on the same tokenizer.json.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yun {

using TokenId = std::int32_t;

/// GGUF's tokenizer fields, as plain data (formats/ and text/ do not know each other).
struct GgufVocabulary {
  std::string model, pre;  // "gpt2"; "qwen2", "smollm", "gpt-2", "llama-bpe", ...
  std::vector<std::string> tokens, merges;
  std::vector<std::int32_t> token_types;
  TokenId bos_id = -1, eos_id = -1;
  bool add_bos = false, add_eos = false;
};

/// Immutable after creation; thread: every const method from any thread.
class Tokenizer {
 public:
  /// errors: kCorrupt (says where), kUnsupported (another model or pre-tokenizer, by name)
  static Result<std::unique_ptr<Tokenizer>> FromJson(std::string_view tokenizer_json,
                                                     std::string_view tokenizer_config_json);
  static Result<std::unique_ptr<Tokenizer>> FromGguf(GgufVocabulary vocabulary);
  virtual ~Tokenizer() = default;

  /// Token ids of a text, no tokens added. Special and added tokens in the text become their ids when
  /// `parse_special`; otherwise they are ordinary text (what untrusted content needs). Across `seams`, ascending
  /// offsets into the text, no such token is read. Broken UTF-8 becomes U+FFFD first, and then seams forbid them all.
  virtual std::vector<TokenId> Encode(std::string_view text, bool parse_special,
                                      std::span<const std::size_t> seams = {}) const = 0;
  /// The bytes of one token (a special token's text); empty for an id out of range. May hold a part of a character.
  virtual std::string_view Bytes(TokenId id) const = 0;
  /// The whole text; broken UTF-8 becomes U+FFFD.
  virtual std::string Decode(std::span<const TokenId> ids, bool skip_special) const = 0;
  virtual bool IsSpecial(TokenId id) const = 0;
  /// The id of an exact token text, e.g. "<|im_end|>", or -1.
  virtual TokenId Find(std::string_view text) const = 0;
  virtual std::int32_t size() const = 0;
  virtual TokenId bos_id() const = 0;
  virtual TokenId eos_id() const = 0;
  virtual bool add_bos() const = 0;
  /// The token that the model's own processing puts behind a text, as models of embeddings do; or -1.
  virtual TokenId end_id() const { return -1; }
};

}  // namespace yun
