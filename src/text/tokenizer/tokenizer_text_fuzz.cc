// Any bytes as text: pieces cover it, decoding gives it back, streaming gives what decoding gives.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "base/check.h"
#include "text/tokenizer/detokenizer.h"
#include "text/tokenizer/tiny_tokenizer.h"
#include "text/unicode/nfc.h"
#include "text/unicode/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yun;
  constexpr const char* kPre[] = {"qwen2", "qwen35", "smollm", "gpt-2", "llama3"};
  static const std::unique_ptr<Tokenizer> kTokenizers[] = {TinyTokenizer(kPre[0]), TinyTokenizer(kPre[1]),
                                                           TinyTokenizer(kPre[2]), TinyTokenizer(kPre[3]),
                                                           TinyTokenizer(kPre[4])};
  if (size < 2) return 0;
  // The first byte chooses a tokenizer, the second the length of a stop string at the text's start.
  const std::size_t which = data[0] % std::size(kTokenizers);
  const Tokenizer& tokenizer = *kTokenizers[which];
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string valid = unicode::ReplaceInvalid(text);
  CHECK(unicode::IsValid(valid));
  const std::string normal = which < 2 ? unicode::Nfc(valid) : valid;
  CHECK(unicode::IsValid(normal));
  CHECK(which >= 2 || unicode::Nfc(normal) == normal);

  for (const bool parse : {false, true}) {
    const auto ids = tokenizer.Encode(text, parse);
    const std::string whole = tokenizer.Decode(ids, false);
    CHECK(whole == normal);
    // No token is read across a seam.
    const std::size_t seams[] = {data[1] / std::size_t{8}};
    CHECK(tokenizer.Decode(tokenizer.Encode(text, parse, seams), false) == normal);
    const std::string stop = unicode::ReplaceInvalid(text.substr(0, data[1] % 8));
    Detokenizer stream(tokenizer, {stop, "the"}, false);
    std::string joined;
    for (const TokenId id : ids) {
      const std::string piece = stream.Push(id);
      CHECK(unicode::IsValid(piece));
      joined += piece;
    }
    joined += stream.Finish();
    const std::size_t cut = std::min(stop.empty() ? std::string::npos : whole.find(stop), whole.find("the"));
    CHECK(joined == whole.substr(0, cut));
  }
  return 0;
}
