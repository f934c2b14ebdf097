// The one kind of Tokenizer there is, put together from its parts by from_json.cc and from_gguf.cc.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer/added_tokens.h"
#include "text/tokenizer/bpe.h"
#include "text/tokenizer/pretokenize.h"
#include "text/tokenizer/tokenizer.h"
#include "text/tokenizer/vocab.h"

namespace yun {

constexpr std::size_t kMaxAddedTokens = 1u << 16;
constexpr std::size_t kMaxAddedTokenBytes = 1024;

/// What a tokenizer is made of, as read from a file.
struct TokenizerParts {
  Vocab vocab;  // ordinary tokens and the added ones
  Bpe bpe;      // with its merges; not finished
  Bpe::Options options;
  pretokenize::PreTokenizer pre_tokenizer;
  bool nfc = false;
  std::vector<AddedToken> added;  // in order of their precedence
  TokenId bos_id = -1, eos_id = -1;
  bool add_bos = false;
  TokenId end_id = -1;
};

std::unique_ptr<Tokenizer> MakeTokenizer(TokenizerParts parts);

}  // namespace yun
