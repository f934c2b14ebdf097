// Hugging Face's config.json and generation_config.json to ModelConfig, with the meaning transformers gives each key.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "formats/checkpoint/checkpoint.h"

namespace yun {

constexpr std::size_t kMaxConfigBytes = 4u << 20;

struct HfConfig {
  ModelConfig config;
  bool tie_given = false;  // tie_word_embeddings was written; otherwise config.tied is the class's default, false
};

/// `file` and `generation_file` name the texts in errors; `generation_json` may be empty.
/// errors: kCorrupt (JSON, a missing or senseless key), kUnsupported (by name of the key), kTooLarge
Result<HfConfig> ParseHfConfig(std::string_view config_json, std::string_view file, std::string_view generation_json,
                               std::string_view generation_file);

/// tokenizer_config.json's chat_template: a string, or a list of named ones of which "default" is taken; empty if none.
/// errors: kCorrupt
Result<std::string> ChatTemplateOf(std::string_view tokenizer_config_json, std::string_view file);

/// sentence-transformers' 1_Pooling/config.json, in the old style (a boolean a mode) and the new ("pooling_mode").
/// errors: kCorrupt
Result<TextPooling> ParsePooling(std::string_view json, std::string_view file);

/// Hugging Face's tensor name to the canonical one ("" when there is none): "model.layers.0.mlp.up_proj.weight" is
/// "blk.0.ffn_up.weight". Names without the leading "model." (a bare body) are known too.
std::string CanonicalName(std::string_view hf_name);

}  // namespace yun
