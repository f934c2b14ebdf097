// A small whole tokenizer, for tests, fuzzing and benches: the 256 bytes, some merges, <|start|>, <|end|> and <think>.
#pragma once
#include <memory>
#include <string>

#include "text/tokenizer/tokenizer.h"

namespace yun {

GgufVocabulary TinyVocabulary(const std::string& pre);
std::unique_ptr<Tokenizer> TinyTokenizer(const std::string& pre = "qwen2");
/// As a tokenizer.json with Qwen2's regex and NFC.
std::string TinyJson();

}  // namespace yun
