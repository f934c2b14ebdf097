#include "api/answer.h"

namespace yun::api {

void Choice::Add(const Piece& piece) {
  switch (piece.part) {
    case Part::kThinking:
      thinking += piece.text;
      break;
    case Part::kText:
      text += piece.text;
      logprobs.insert(logprobs.end(), piece.logprobs.begin(), piece.logprobs.end());
      break;
    case Part::kCallBegin:
      calls.push_back({piece.call_id, piece.text, {}});
      break;
    case Part::kCallArguments:
      calls.back().arguments += piece.text;
      break;
    case Part::kCallEnd:
      break;
  }
}

std::size_t CountCharacters(std::string_view bytes) {
  std::size_t count = 0;
  for (unsigned char c : bytes) count += (c & 0xc0) != 0x80;
  return count;
}

}  // namespace yun::api
