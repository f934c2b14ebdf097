// tokenizer.json and its configuration as GGUF's tokenizer.ggml.* metadata.
#pragma once
#include "base/result.h"
#include "formats/checkpoint/checkpoint.h"
#include "formats/gguf/writer.h"

namespace yun {

/// Adds model, pre-tokenizer, tokens, token types, merges and special ids. Ids that the tokenizer does not name, up to
/// the model's vocabulary, become unused tokens.
/// errors: kUnsupported (another kind of tokenizer, by name), kCorrupt (tokenizer.json and the place)
Status AddTokenizer(const TokenizerFiles& files, const ModelConfig& config, gguf::Writer& writer);

}  // namespace yun
