// Any bytes as tokenizer.json and, after a zero byte, tokenizer_config.json: an error or a tokenizer that works.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "text/tokenizer/detokenizer.h"
#include "text/unicode/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yun;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t zero = all.find('\0');
  const std::string_view config = zero == std::string_view::npos ? std::string_view() : all.substr(zero + 1);
  const auto tokenizer = Tokenizer::FromJson(all.substr(0, zero), config);
  if (!tokenizer) {
    CHECK(!tokenizer.error().message.empty());
    return 0;
  }
  const auto in_range = [&](TokenId id) { return id >= 0 && id < (*tokenizer)->size(); };
  for (const bool parse : {false, true}) {
    Detokenizer stream(**tokenizer, {"stop", "o w"});
    for (const TokenId id :
         (*tokenizer)->Encode("the then  12 it's\r\n\n x\xCC\x81\xE4\xBD\xA0\xFF<|end|> hello", parse)) {
      CHECK(in_range(id));
      CHECK(unicode::IsValid(stream.Push(id)));
    }
    CHECK(unicode::IsValid(stream.Finish()));
  }
  CHECK((*tokenizer)->bos_id() == -1 || in_range((*tokenizer)->bos_id()));
  CHECK((*tokenizer)->eos_id() == -1 || in_range((*tokenizer)->eos_id()));
  CHECK((*tokenizer)->end_id() == -1 || in_range((*tokenizer)->end_id()));
  return 0;
}
